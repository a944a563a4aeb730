"""A dictionary's file between the question and the answer, and how what was understood is shown. Of both platforms."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.errors import InputError
from bot.model import Account, Space
from bot.platforms.reading.dictionary_file import Understood
from bot.speech.chat.message import ChatMessage, Delivery, Reading
from bot.speech.clean import clean_message
from bot.store.dictionaries import Entry
from bot.texts import say

_MOST_WAITING = 50
"""Files of all people that wait for an answer; the oldest goes first."""
_WAITS = 15 * 60.0
"""Seconds until a question is void."""
_MOST_NAMED = 5
_LONGEST_SHOWN = 60
"""Characters of a word, or of what is said for it, in a preview."""


@dataclass(frozen=True, slots=True)
class Import:
    """A file that waits for a yes."""

    account: Account
    """Who asked, and alone may answer."""
    owner: Account | Space
    found: Understood
    keep: bool
    """Whether what is there stays."""


class Imports:
    """Those that wait, in memory: after a restart the file is imported again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: seconds that never go back."""
        self._clock = clock
        self._waiting: dict[str, tuple[float, Import]] = {}

    def ask(self, waiting: Import) -> str:
        """Keep a file; returns the name that its buttons carry."""
        while len(self._waiting) >= _MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        token = secrets.token_urlsafe(9)
        self._waiting[token] = (self._clock(), waiting)
        return token

    def answer(self, token: str, account: Account) -> Import:
        """Take a file whose question is answered.

        Raises InputError ``dictionary.ask_gone``, ``dictionary.ask_others`` for anybody but who asked.
        """
        since, waiting = self._waiting.get(token, (0.0, None))
        if waiting is None or self._clock() - since > _WAITS:
            self._waiting.pop(token, None)
            raise InputError("dictionary.ask_gone")
        if waiting.account != account:
            raise InputError("dictionary.ask_others")
        del self._waiting[token]
        return waiting


def needs_question(found: Understood, *, keep: bool) -> bool:
    """Whether somebody should look before it is imported: something was guessed, or all would be lost for nothing."""
    return bool(found.doubts) or not (found.entries or keep)


def question(found: Understood, language: str, *, keep: bool) -> str:
    """The preview, what was guessed, and whether to go on."""
    code = "dictionary.ask" if keep else "dictionary.ask_replace"
    return "\n".join([preview(found, language), say(code, language, count=len(found.entries))])


def imported(found: Understood, language: str) -> str:
    """How many there were, and the first of them."""
    head = say("dictionary.imported", language, count=len(found.entries))
    lines = [preview(found, language)] if found.entries else []
    return "\n".join([head, *lines, *warning(found.dead, language)])


def warning(dead: Sequence[str], language: str) -> list[str]:
    """A line about words that are never found; none where there are none."""
    if not dead:
        return []
    words = ", ".join(map(_short, dead[:_MOST_NAMED])) + (" …" if len(dead) > _MOST_NAMED else "")
    return [say("dictionary.dead", language, words=words)]


def dead_words(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Words that no message can hold by the time they are looked up: tried with a message of the word alone."""
    return tuple(entry.written for entry in entries if not entry.pattern and not _is_found(entry.written))


def _is_found(written: str) -> bool:
    for language in ("en", "zh"):
        reading = Reading(
            "zh" if language == "zh" else "en",
            dictionary=((written, "said"),),
            delivery=Delivery.off(),
            max_characters=10_000,
        )
        if any(each.rule == "dictionary" for each in clean_message(ChatMessage(written), reading).rules):
            return True
    return False


def preview(found: Understood, language: str) -> str:
    """The first entries as they were understood, and what was guessed."""
    lines = [say("dictionary.preview", language)]
    for entry in found.preview:
        code = "dictionary.line_pattern" if entry.pattern else "dictionary.line"
        lines.append(say(code, language, written=_short(entry.written), said=_short(entry.said) or "–"))
    if not found.entries:
        lines.append(say("dictionary.preview_none", language))
    if found.more:
        lines.append(say("dictionary.preview_more", language, count=found.more))
    if found.doubts:
        doubts = " ".join(say(doubt.code, language, **dict(doubt.facts)) for doubt in found.doubts)
        lines.append(say("dictionary.doubt", language, doubts=doubts))
    return "\n".join(lines)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
