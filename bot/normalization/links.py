"""Links spoken by the name of their site, and Discord's references in angle brackets by name."""

import re
from collections.abc import Mapping

from bot.normalization.draft import INSERTS, Draft
from bot.normalization.languages import is_common
from bot.normalization.lexicon import NO_WORD_AFTER, NO_WORD_BEFORE
from bot.normalization.mentions import said_name, spoken_name
from bot.normalization.message import ChatMessage
from bot.normalization.numbers import spoken_time
from bot.normalization.slang import is_chat_word, is_smash
from bot.normalization.technical import begins_command, is_technical, is_verbatim
from bot.patterns import linear

REFERENCE = re.compile(
    r"<(?:@!?(?P<user>\d{1,25}+)|@&(?P<role>\d{1,25}+)|#(?P<channel>\d{1,25}+)"
    r"|t:(?P<time>-?\d{1,18}+)(?::(?P<style>[tTdDfFR]))?"
    r"|/(?P<command>[^:<>\n]{1,100}+):\d{1,25}+|id:(?P<place>[a-z-]{1,20}+)(?::\d{1,25}+)?)>"
)
_AT = re.compile(r"(?<![\w.@/+-])@(?P<name>[^\W\d](?:[\w-]|\.(?=\w)){0,63})")
_TAG = re.compile(r"(?<![\w&#])#(?:(?P<number>\d{1,9})(?!\w)|(?P<name>\w{1,60}+(?:-\w{1,30}+){0,5}+)#?)")
_OF_A_FILE = re.compile(r" ?[:=(]\w")
"""Behind a word with a hash sign: a line of a file that a program shall not read."""
_REDDIT = re.compile(NO_WORD_BEFORE + r"(?<![/.])/?([ur])/([A-Za-z0-9_]{2,21})(?!/)" + NO_WORD_AFTER)
_LETTERS = re.compile(NO_WORD_BEFORE + r"(?<![/.'’])([a-z])/([a-z]{1,12})(?![/'’])" + NO_WORD_AFTER)
_CASHTAG = re.compile(NO_WORD_BEFORE + r"(?<![$/])\$([A-Z]{1,6})(?![$/\\])" + NO_WORD_AFTER)
_PASSED_ON = re.compile(r"(?<!:)//(?=@)")
"""Words of a forwarded post before each person who forwarded it."""
_ALL = {"everyone": "everyone", "here": "here", "all": "everyone", "所有人": "everyone", "全体成员": "everyone"}


def refer(draft: Draft, message: ChatMessage) -> None:
    """Replace each reference in angle brackets by its name."""
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
    """Return ``the general channel``, or ``a channel`` if its name is unknown."""
    name = said_name(channels.get(identity, ""), draft.reading.says)
    return draft.words.say("named_channel", name=name) if name else draft.words.say("channel")


def call(draft: Draft) -> None:
    """Say names after an at sign, tags after a hash or dollar sign, and letters beside a slash."""
    if "@" in draft.text:
        if "//@" in draft.text:
            draft.text = _PASSED_ON.sub(draft.words.phrases["pause"], draft.text)
        draft.change(_AT, "mention", lambda match: f" {_called(draft, match['name'])} ")
    if "#" in draft.text:
        draft.in_runs(_say_tags)
    if "$" in draft.text:
        draft.replace(_CASHTAG, lambda match: _cashtag(draft, match))
    if "/" in draft.text:
        draft.change(_REDDIT, "place", lambda match: _reddit(draft, match))
        draft.in_runs(_say_letters)


def _say_tags(draft: Draft) -> None:
    """Say ``#off-topic``, ``#5``; a number stays if there is no word for it."""
    if draft.verbatim:
        return
    draft.change(_TAG, "hashtag", lambda match: _hashed(draft, match))


def _hashed(draft: Draft, match: re.Match[str]) -> str:
    """Say a tag; after a root prompt a command follows."""
    if match["number"]:
        return match[0] if draft.foreign else f" {_tagged(draft, match)} "
    is_line = _OF_A_FILE.match(match.string, match.end()) and is_technical(draft, match.string, match.start())
    is_command = match.string[match.end() : match.end() + 1] == " " and begins_command(
        match.string, match.start("name")
    )
    if is_line or is_command:
        return match["name"]
    return f" {_tagged(draft, match)} "


def _cashtag(draft: Draft, match: re.Match[str]) -> str:
    """Say the letters of a share; in a command it is a variable and stays."""
    if is_verbatim(draft, match.string, match.start()):
        return match[0]
    return draft.put("hashtag", match[0], match[1], keep=True)


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
    """Return words for ``r/funny``, a forum of Reddit, and ``u/spez``, a user there."""
    phrase = "reddit_forum" if match[1] == "r" else "reddit_user"
    return f" {draft.words.say(phrase, name=spoken_name(match[2]))} " if spoken_name(match[2]) else match[0]


def _apart(draft: Draft, match: re.Match[str]) -> str:
    """Return ``k/d`` spelled: a letter beside a slash is no chat word by itself; ``w/friends`` has one."""
    if match[0] == "w/o":
        return match[0]
    if draft.reading.expand_slang and (known := draft.words.slang.get(match[0])):
        return known
    first, second = match[1], match[2]
    if first == "w" and len(second) > 1:
        return f"w/ {second}"
    return f"{first.upper()} {second.upper() if len(second) == 1 else second}"


def _say_letters(draft: Draft) -> None:
    if not draft.foreign and not draft.verbatim:
        draft.change(_LETTERS, "slang", lambda match: _apart(draft, match))


def _named(draft: Draft, written: str, names: Mapping[str, str], identity: str, otherwise: str) -> str:
    name = said_name(names.get(identity, ""), draft.reading.says)
    return draft.put("mention", written, name or otherwise, keep=bool(name))


def _channel(draft: Draft, written: str, channels: Mapping[str, str], identity: str) -> str:
    return draft.put("mention", written, channel_words(draft, channels, identity), keep=identity in channels)


_STOP = '\\s<>"`，。！？、；：（）【】「」『』《》\u3400-\u4dbf\u4e00-\u9fff' + INSERTS
_BARE = (
    "com|org|net|io|gg|tv|me|cn|dev|app|be|de|uk|fr|jp|it|ly|co|eu|ru|to|im|xyz|info|edu|gov|us|ca|au|nl|se|ch|at|link"
)
"""Domains that count without a scheme, if a path follows."""
_PLAIN = (
    "mailto|tel|sms|magnet|spotify|steam|data|urn|xmpp|sips?|skype|geo|bitcoin|ethereum|viber|facetime|intent"
    "|ms-[a-z-]{1,30}"
)
"""Schemes without slashes."""
_URL = (
    rf"(?:(?<![A-Za-z0-9+.-])[A-Za-z0-9][A-Za-z0-9+.-]{{1,20}}://[^{_STOP}]++"
    rf"|(?<![\w@.-])www\.[^{_STOP}]{{3,}}+"
    rf"|(?<![\w@.:/-])(?:{_PLAIN}):(?=[A-Za-z0-9+/?])(?![^{_STOP}]{{1,64}}@)[^{_STOP}]{{2,}}+"
    rf"|(?<![\w@./:-])[A-Za-z0-9-]{{1,63}}+(?:\.[A-Za-z0-9-]{{1,63}}+){{0,3}}\.(?:{_BARE})/[^{_STOP}]*+)"
)
_LINKS = linear(
    rf"<?{_URL}>?(?:\s{{1,4}}+<?{_URL}>?){{0,99}}",
    "what precedes the signs of an address is bounded; those are taken at once, and nothing after them is required",
    re.IGNORECASE,
)
_ADDRESS = linear(_URL, "what precedes the signs of an address is bounded; those are taken at once", re.IGNORECASE)
_MARKDOWN = linear(
    r"!?+\[(?P<text>[^\[\]\n]{1,300}+)\]\(\s?+<?+(?:[A-Za-z][A-Za-z0-9+.-]{1,20}+://|mailto:|/)[^\s()<>]{0,1000}+"
    r"(?:\([^\s()<>]{0,200}+\)[^\s()<>]{0,200}+)?+>?+(?:\s{1,3}+[\"'][^\"'\n]{0,200}+[\"'])?+\s?\)",
    "a bracket begins each try and a parenthesis every part of it: parts of two tries overlap once at most",
)
_MAIL = re.compile(
    r"(?<![A-Za-z0-9_.%+/-])<?+(?:mailto:)?+[A-Za-z0-9_.%+-]{1,64}+@[A-Za-z0-9-]{1,63}+(?:\.[A-Za-z0-9-]{1,63}+){0,4}\.[A-Za-z]{2,24}+"
    r"(?:\?\w[^\s<>]{0,500}+)?+>?+(?![A-Za-z0-9_@])"
)
_PATH = re.compile(
    r"(?<![A-Za-z0-9_/.:~@<\\&])(?:#!(?=/))?+"
    r"(?:(?:~|\.{1,2})(?:/(?:[A-Za-z0-9_@%*+-]|[.](?=[A-Za-z0-9_])|\\ ){1,64}+){1,20}+/?"
    r"|(?!/[ru]/)(?:/(?:[A-Za-z0-9_@%*~+-]|[.](?=[A-Za-z0-9_])|\\ ){1,64}+){2,20}+/?"
    r"|(?:(?:[A-Za-z0-9_-]|[.](?=[A-Za-z0-9_])){1,64}+/){1,20}+[A-Za-z0-9_-]{1,64}+\.[A-Za-z]{1,5}(?![A-Za-z0-9_/])"
    r"|(?:[A-Za-z0-9_-]{1,32}+\\){2,20}+[A-Za-z0-9_-]{1,64}+"
    r"|[A-Za-z]:(?:\\(?:[A-Za-z0-9_%-]|[.](?=[A-Za-z0-9_])){1,64}+){1,20}+)"
)
_STAR_WITHIN = re.compile(r"(?<=[A-Za-z0-9])\*(?=[A-Za-z0-9])")
_STAR_BEHIND = re.compile(r"(?<=[A-Za-z0-9])\*")
_REMOTE = re.compile(r"(?<![\w.])(?:ssh|scp|sftp|mosh)(?: -[A-Za-z]{1,4}+)?+ $")
_CORRECTION = re.compile(r"(?<!\S)s/[^/\s]{1,40}+/[^/\s]{0,40}+/?+g?(?!\S)")
"""``s/was/is/``: a substitution command, which people use to correct their own words."""
_SUBSTITUTED = re.compile(r"\$[({]([^(){}\n]{1,60}+)[)}]")
"""``$(uname -r)``: shell substitution."""
_TWO_LETTERS = re.compile(r"(?<![\w&])([A-Za-z])&([A-Za-z])(?![\w&;])")
"""``r&b``: not chat words."""
_AT_WITHIN = re.compile(r"(?<![\w@.-])[A-Za-z]{1,32}+@[a-z]{2,32}+(?:-[a-z]{1,32}+)?+(?![\w@.-])")
_BEHIND_COMMAND = re.compile(r"(?<=(?<!\w)(?:cd|ls|rm|vi) )[A-Za-z0-9_.-]{1,64}+/[A-Za-z0-9_./-]{0,200}+")
_GLUED = re.compile(r"[A-Za-z0-9.]{0,16}[A-Za-z0-9](?=https?://)", re.IGNORECASE)
"""``herehttps://``: a word attached to an address."""
_HOST = re.compile(r"(?:(?:https?|wss?|ftps?)://(?:[^/@\s]{1,100}+@)?+)?+([^/:?#\s]{1,253}+)", re.IGNORECASE)
_DISCORD = re.compile(
    r"https?+://(?:\w{1,10}+\.)?discord(?:app)?+\.com/channels/(?:\d{1,25}+|@me)/(\d{1,25}+)(/\d{1,25}+)?"
)
_INVITE = re.compile(r"(?:https?://)?(?:discord\.gg/|(?:\w{1,10}\.)?discord(?:app)?\.com/invite/)[\w-]", re.IGNORECASE)
_GIF = re.compile(r"\.gif(?:\?|$)|://(?:\w{1,10}\.)?(?:tenor|giphy)\.com/", re.IGNORECASE)
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "gov", "ac", "edu", "or", "ne", "go"})
_HOSTS_OF_MANY = frozenset(
    ["github.io", "gitlab.io", "blogspot.com", "netlify.app", "vercel.app", "pages.dev", "web.app", "herokuapp.com",
     "wordpress.com", "tumblr.com", "itch.io", "neocities.org", "substack.com", "fandom.com"]
)  # fmt: skip
"""Domains below which each site belongs to somebody else."""
_CLOSING = {")": "(", "]": "[", "}": "{"}
_SHORTEST, _SHORTEST_BELOW = 4, 3
"""Letters of a name that is said: of a site, and of one below a domain of many. Shorter ones are words and letters."""
_SAYABLE = re.compile(
    r"(?=.{0,83}[aeiouy])(?!.{0,83}[^aeiouy-]{4})(?!.{0,83}([a-z])\1\1)[a-z]{2,20}+(?:-[a-z]{2,20}+){0,3}"
)


def link(draft: Draft, message: ChatMessage) -> None:
    """Name links and e-mail addresses; the text of a Markdown link is read instead of its address."""
    text = draft.text
    if "](" in text:
        draft.change(_MARKDOWN, "link", lambda match: match["text"])
    if ":" in text or "/" in text or "www." in text.casefold():
        draft.replace(_LINKS, lambda match: _links(draft, message, match[0]))
    if "@" in text:
        draft.replace(_MAIL, lambda match: _mail(draft, match))


def _mail(draft: Draft, match: re.Match[str]) -> str:
    """Name an e-mail address; after ``ssh`` it is an account on a computer and stays."""
    if _REMOTE.search(match.string[max(0, match.start() - 24) : match.start()]):
        return draft.keep(match[0])
    return draft.put("mail", match[0], draft.words.say("mail"))


def addresses(text: str) -> list[tuple[int, int]]:
    """Return the spans of links and e-mail addresses, without trailing punctuation."""
    found: list[tuple[int, int]] = []
    if ":" in text or "/" in text or "www." in text.casefold():
        links = _ADDRESS.finditer(text)
        found.extend((match.start(), match.start() + len(_trimmed(match[0])[0])) for match in links)
    if "@" in text:
        for match in _MAIL.finditer(text):
            inner = match[0].removeprefix("<")
            begin = match.end() - len(inner)
            found.append((begin, begin + len(inner.rstrip(">"))))
    return found


def keep_paths(draft: Draft) -> None:
    """Leave whole file paths to the engine."""
    if "$" in draft.text:
        draft.change(_SUBSTITUTED, "sign", lambda match: _substituted(draft, match[1]))
    if "&" in draft.text:
        both = draft.words.signs["&"]
        draft.replace(
            _TWO_LETTERS, lambda match: draft.put("sign", match[0], f"{match[1]} {both} {match[2]}", keep=True)
        )
    if "@" in draft.text:
        draft.replace(_AT_WITHIN, lambda match: draft.keep(match[0]))
    if "/" in draft.text or "\\" in draft.text:
        draft.replace(_CORRECTION, lambda match: draft.keep(match[0]))
        draft.replace(_BEHIND_COMMAND, lambda match: draft.keep(match[0]))
        star = draft.words.say("star")
        draft.replace(_PATH, lambda match: draft.keep(_written(match[0], star)))


def _substituted(draft: Draft, inside: str) -> str:
    """Return what a shell puts something in the place of; an expression such as ``x%.jpg`` is no word of a person."""
    return inside if " " in inside or not inside.isascii() or inside.replace("_", "").isalnum() else draft.keep(inside)


def _written(path: str, star: str) -> str:
    """Return a path without shell characters, and with a word for wildcards."""
    path = path.removeprefix("#!").replace("\\ ", " ").replace("**", "*")
    path = _STAR_WITHIN.sub(f" {star} ", path)
    path = _STAR_BEHIND.sub(f" {star}", path)
    return path.replace("*", star)


def _links(draft: Draft, message: ChatMessage, found: str) -> str:
    """Return one link, or several consecutive ones as their number; text after an address stays."""
    if glued := _GLUED.match(found):
        return f"{glued[0]} {_links(draft, message, found[glued.end() :])}"
    found, rest = _trimmed(found)
    several = found.split()
    if len(several) > 1:
        return draft.put("link", found, draft.words.say("links", count=len(several))) + rest
    return draft.put("link", found, _words(draft, message, found.strip("<>"))) + rest


def _trimmed(found: str) -> tuple[str, str]:
    """Return an address without trailing punctuation, and that punctuation."""
    end = len(found)
    too_many = {closing: found.count(closing) - found.count(opening) for closing, opening in _CLOSING.items()}
    while end > 1:
        last = found[end - 1]
        if last in too_many:
            too_many[last] -= 1
        if last not in ".,!?;:'*_~|…" and too_many.get(last, -1) < 0:
            break
        end -= 1
    return found[:end], found[end:]


def _words(draft: Draft, message: ChatMessage, address: str) -> str:
    words = draft.words
    if place := _DISCORD.match(address):
        return words.say("message_link") if place[2] else channel_words(draft, message.channels, place[1])
    if _INVITE.match(address):
        return words.say("invite")
    if _GIF.search(address):
        return words.say("gif")
    scheme, _, _ = address.casefold().partition(":")
    if scheme in {"tel", "sms", "facetime"}:
        return words.say("phone")
    name = words.sites.get(scheme, "") or _site(draft, address)
    return words.say("link_to", name=name) if name else words.say("link")


def _site(draft: Draft, address: str) -> str:
    """Return the name of a web site; empty if it has none to be spoken."""
    if re.match(r"(?!https?:|wss?:|ftps?:)[a-z][a-z0-9+-]{1,20}:", address, re.IGNORECASE):
        return ""
    host = _HOST.match(address)
    labels = host[1].casefold().strip(".").split(".") if host else []
    if len(labels) < 2 or labels[-1].isdigit():
        return ""
    sites = draft.words.sites
    if known := next(
        filter(None, (sites.get(".".join(labels[at:])) for at in range(max(0, len(labels) - 4), len(labels) - 1))), ""
    ):
        return known
    is_country = len(labels[-1]) == 2 or labels[-1] == "com"
    third = len(labels) > 2 and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == 2
    third = third or (len(labels) > 2 and ".".join(labels[-2:]) in _HOSTS_OF_MANY)
    main = labels[-3 if third else -2]
    if known := sites.get(f"{main}.*", "") if is_country else "":
        return known
    if (
        len(main) < (_SHORTEST_BELOW if third else _SHORTEST)
        or is_common(main)
        or not _SAYABLE.fullmatch(main)
        or any(is_chat_word(p, draft.words) or is_smash(p) for p in main.split("-"))
    ):
        return ""
    return main.replace("-", " ")
