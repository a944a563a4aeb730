"""Every sentence a person can read, by language: returns the sentence for a code and its facts.

Used by every front end.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Literal

from bot.errors import BotError
from bot.model import Note
from bot.texts import codes, en, zh, zh_hant

TRADITIONAL = "zh-Hant"
"""Traditional Chinese; ``zh`` is Simplified Chinese."""
LANGUAGES = {"en": en.SENTENCES, "zh": zh.SENTENCES, TRADITIONAL: zh_hant.SENTENCES}
"""Sentences by code, by language. A test checks that all have the same codes and the same placeholders."""
NAMES = {"en": "English", "zh": "中文", TRADITIONAL: "繁體中文"}
"""Languages under their own names."""
_TRADITIONAL_TAGS = frozenset({"hant", "tw", "hk", "mo"})


_OPTIONAL = {"hint": "suggestion", "words": "detail", "listed": "voices"}
"""Placeholders for a whole clause, and the fact that the clause is about."""


def language(locale: str | None, otherwise: str = "en") -> str:
    """Return the reply language for a locale such as ``zh-TW`` or ``en-GB``."""
    if not locale:
        return otherwise
    main, *tags = locale.casefold().replace("_", "-").split("-")
    if main != "zh":
        return "en"
    return TRADITIONAL if "hans" not in tags and _TRADITIONAL_TAGS.intersection(tags) else "zh"


def spoken(language: str) -> Literal["en", "zh"]:
    """Return the language to read aloud in for a person who reads ``language``."""
    return "zh" if is_chinese(language) else "en"


def is_chinese(language: str) -> bool:
    """Return whether a language is written in Chinese characters."""
    return language in ("zh", TRADITIONAL)


def say(code: str, language: str, **facts: object) -> str:
    """Return the sentence of a code; the code itself if there is none."""
    template = LANGUAGES.get(language, en.SENTENCES).get(code) or en.SENTENCES.get(code, code)
    shown = _Facts({name: _shown(fact, language) for name, fact in facts.items()})
    for blank, fact in _OPTIONAL.items():  # a separate clause, left out if the fact is empty
        shown[blank] = say(blank, language, **{fact: facts[fact]}) if facts.get(fact) and code != blank else ""
    return template.format_map(shown)


def of_error(error: BotError, language: str, moment: Callable[[datetime], str] | None = None) -> str:
    """Return the sentence about an expected failure. A fact may be a failure itself.

    ``moment``: the front end's format of a time, if it has its own.
    """
    facts = error.facts
    for name, fact in facts.items():
        if isinstance(fact, BotError):
            facts = facts | {name: of_error(fact, language, moment)}
        elif isinstance(fact, datetime) and moment is not None:
            facts = facts | {name: moment(fact)}
    return " ".join(say(error.code, language, **facts).split())


def in_chat(error: BotError, language: str, moment: Callable[[datetime], str] | None = None) -> str:
    """Return ``of_error`` for people other than the host: file names without their folder."""
    path = error.facts.get("path")
    if path is not None:
        error = BotError(error.code, **{**error.facts, "path": PurePath(str(path)).name})
    return of_error(error, language, moment)


def of_note(note: Note, language: str) -> str:
    """Return the sentence for a note."""
    facts = dict(note.facts)
    if "reason" in facts:
        facts["reason"] = say(codes.REASON.get(str(facts["reason"]), str(facts["reason"])), language)
    return say(note.code, language, **facts)


def of_provider(name: str, language: str) -> str:
    """Return a provider's usual name, such as ``MiMo``; otherwise its configured name."""
    return LANGUAGES.get(language, en.SENTENCES).get(codes.PROVIDER_NAME.get(name, ""), name)


def of_voice(description: str, language: str) -> str:
    """Return the description of a voice, part by part: ``female, lively``. Unknown parts are unchanged."""
    parts = [part.strip() for part in description.split(",") if part.strip()]
    words = [re.sub(r"\W+", "_", part.casefold()).strip("_") for part in parts]
    known = LANGUAGES.get(language, en.SENTENCES)
    return ("、" if is_chinese(language) else ", ").join(
        known.get(codes.VOICE.get(word, ""), part) for word, part in zip(words, parts, strict=True)
    )


class _Facts(dict[str, str]):
    """Facts of a sentence; an unfilled placeholder shows as an ellipsis."""

    def __missing__(self, key: str) -> str:
        return "…"


def _shown(fact: object, language: str) -> str:
    if isinstance(fact, datetime):
        return _moment(fact, language)
    if isinstance(fact, bool):
        return say("yes" if fact else "no", language)
    if isinstance(fact, int):
        return f"{fact:,}"
    if isinstance(fact, float):
        return f"{fact:,.1f}"
    if isinstance(fact, Iterable) and not isinstance(fact, str | bytes):
        return ("、" if is_chinese(language) else ", ").join(str(part) for part in fact)
    return str(fact)[:500]


def _moment(moment: datetime, language: str) -> str:
    """Return ``00:00 UTC, in 5 h 12 min``."""
    seconds = max(0, int((moment - datetime.now(UTC)).total_seconds()))
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours:
        span = say("time.hours", language, hours=hours, minutes=minutes)
    elif minutes:
        span = say("time.minutes", language, minutes=minutes)
    else:
        span = say("time.seconds", language, seconds=seconds)
    return say("time.moment", language, clock=moment.strftime("%H:%M %Z"), span=span)
