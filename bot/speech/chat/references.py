"""Discord's references in angle brackets, and names behind an at sign: who and what is meant, said by name.

``<@1>``, ``<@&1>``, ``<#1>``, ``<t:0:R>``, ``</say:1>``, ``<id:guide>``, ``@name``, ``#tag``. A step of ``reader``.
"""

import re
from collections.abc import Mapping

from bot.speech.chat.draft import Draft
from bot.speech.chat.lexicon import NO_WORD_AFTER, NO_WORD_BEFORE
from bot.speech.chat.message import ChatMessage
from bot.speech.chat.names import said_name, spoken_name
from bot.speech.chat.technical import begins_command
from bot.speech.chat.times import spoken_time

REFERENCE = re.compile(
    r"<(?:@!?(?P<user>\d{1,25}+)|@&(?P<role>\d{1,25}+)|#(?P<channel>\d{1,25}+)"
    r"|t:(?P<time>-?\d{1,18}+)(?::(?P<style>[tTdDfFR]))?"
    r"|/(?P<command>[^:<>\n]{1,100}+):\d{1,25}+|id:(?P<place>[a-z-]{1,20}+)(?::\d{1,25}+)?)>"
)
_AT = re.compile(r"(?<![\w.@/+-])@(?P<name>[^\W\d](?:[\w-]|\.(?=\w)){0,63})")
_TAG = re.compile(r"(?<![\w&#])#(?:(?P<number>\d{1,9})(?!\w)|(?P<name>\w{1,60}+(?:-\w{1,30}+){0,5}+)#?)")
_REDDIT = re.compile(NO_WORD_BEFORE + r"(?<![/.])/?([ur])/([A-Za-z0-9_]{2,21})(?!/)" + NO_WORD_AFTER)
_LETTERS = re.compile(NO_WORD_BEFORE + r"(?<![/.'’])([a-z])/([a-z]{1,12})(?![/'’])" + NO_WORD_AFTER)
_CASHTAG = re.compile(NO_WORD_BEFORE + r"(?<![$/])\$([A-Z]{1,6})(?![$/\\])" + NO_WORD_AFTER)
_PASSED_ON = re.compile(r"(?<!:)//(?=@)")
"""What a post that is passed on says before each who did."""
_ALL = {"everyone": "everyone", "here": "here", "all": "everyone", "所有人": "everyone", "全体成员": "everyone"}


def refer(draft: Draft, message: ChatMessage) -> None:
    """Say what each reference in angle brackets stands for."""
    if "<" not in draft.text:
        return
    say = draft.words.say

    def said(match: re.Match[str]) -> str:
        if match["user"]:
            return _named(draft, match[0], message.users, match["user"], say("someone"))
        if match["role"]:
            return _named(draft, match[0], message.roles, match["role"], say("role"))
        if match["channel"]:
            return _channel(draft, match[0], message.channels, match["channel"])
        if match["time"]:
            words = spoken_time(int(match["time"]), match["style"] or "f", draft.reading.moment(), draft.words)
            return draft.put("time", match[0], words)
        if match["command"]:
            words = say("command", name=spoken_name(match["command"]))
            draft.note("command", match[0], words)
            return f" {words} "
        words = draft.words.places.get(match["place"], spoken_name(match["place"]))
        return draft.put("place", match[0], words)

    draft.replace(REFERENCE, said)


def channel_words(draft: Draft, channels: Mapping[str, str], identity: str) -> str:
    """``the general channel``, or ``a channel`` where its name is not known."""
    name = said_name(channels.get(identity, ""), draft.reading.says)
    return draft.words.say("named_channel", name=name) if name else draft.words.say("channel")


def call(draft: Draft) -> None:
    """Say names behind an at sign, tags behind a hash sign or a dollar, and letters beside a slash."""
    if "@" in draft.text:
        if "//@" in draft.text:
            draft.text = _PASSED_ON.sub(draft.words.phrases["pause"], draft.text)
        draft.change(_AT, "mention", lambda match: f" {_called(draft, match['name'])} ")
    if "#" in draft.text:
        draft.in_runs(_say_tags)
    if "$" in draft.text:
        draft.replace(_CASHTAG, lambda match: draft.put("hashtag", match[0], match[1], keep=True))
    if "/" in draft.text:
        draft.change(_REDDIT, "place", lambda match: _reddit(draft, match))
        draft.in_runs(_say_letters)


def _say_tags(draft: Draft) -> None:
    """``#off-topic``, ``#5``; a number is left where we have no word for it."""
    draft.change(_TAG, "hashtag", lambda match: _hashed(draft, match))


def _hashed(draft: Draft, match: re.Match[str]) -> str:
    """Say a tag; behind the prompt of an administrator a command follows."""
    if match["number"]:
        return match[0] if draft.foreign else f" {_tagged(draft, match)} "
    if begins_command(match.string, match.start("name")):
        return match["name"]
    return f" {_tagged(draft, match)} "


def _called(draft: Draft, name: str) -> str:
    if phrase := _ALL.get(name.casefold()):
        return draft.words.say(phrase)
    return said_name(name, draft.reading.says)


def _tagged(draft: Draft, match: re.Match[str]) -> str:
    if match["number"]:
        return draft.words.say("number", number=match["number"])
    name = spoken_name(match["name"]) or match["name"].strip("_")
    return draft.words.say("hashtag", name=draft.keep(name) if "-" in match["name"] else name)


def _reddit(draft: Draft, match: re.Match[str]) -> str:
    """``r/funny``: a forum of Reddit; ``u/spez``: somebody there."""
    phrase = "reddit_forum" if match[1] == "r" else "reddit_user"
    return f" {draft.words.say(phrase, name=spoken_name(match[2]))} " if spoken_name(match[2]) else match[0]


def _apart(draft: Draft, match: re.Match[str]) -> str:
    """``k/d``: a letter beside a slash is no chat word by itself; ``w/friends`` has one."""
    if match[0] == "w/o":
        return match[0]
    if draft.reading.expand_slang and (known := draft.words.slang.get(match[0])):
        return known
    first, second = match[1], match[2]
    if first == "w" and len(second) > 1:
        return f"w/ {second}"
    return f"{first.upper()} {second.upper() if len(second) == 1 else second}"


def _say_letters(draft: Draft) -> None:
    if not draft.foreign:
        draft.change(_LETTERS, "slang", lambda match: _apart(draft, match))


def _named(draft: Draft, written: str, names: Mapping[str, str], identity: str, otherwise: str) -> str:
    name = said_name(names.get(identity, ""), draft.reading.says)
    return draft.put("mention", written, name or otherwise, keep=bool(name))


def _channel(draft: Draft, written: str, channels: Mapping[str, str], identity: str) -> str:
    return draft.put("mention", written, channel_words(draft, channels, identity), keep=identity in channels)
