"""Text as the built-in engine speaks it: runs of one language each, and silences.

Called by the espeak provider. The script decides the language; characters without a script (digits, symbols, spaces)
follow their neighbour. Audio tags are dropped, pauses become silence; no tag is read out.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.text.language import SCRIPTS
from bot.text.markup import Piece, split_tags

LATIN = "en"
"""Latin script in a run; the voice decides which English it is."""

_NAMES = {"": LATIN, "zh": "cmn"}
_LANGUAGES = {script: _NAMES.get(language, language) for script, language in SCRIPTS.items()}
"""Script, as the first word of a character's Unicode name, to espeak-ng's language. Han is read as Mandarin even beside
kana: espeak-ng's Japanese names each Han character instead of reading it."""

_PAUSES = ("pause", "silence", "停顿", "沉默")
_LONG = 1.2
_SHORT = 0.25
_PAUSE = 0.6
_NOTHING = 0.2
"""Seconds of silence for a text with nothing to speak: an answer without sound would count as broken."""

_WORD = 32
"""Characters without a space. espeak-ng silently drops the rest of a word past 160 bytes or some 40 digits."""
_CLAUSE = 450
"""Sounds between two stops. Past 1000 by its own count, espeak-ng drops the rest of the clause."""
_LONG_WORD = re.compile(rf"(\S{{{_WORD}}})(?=\S)")

_STOPS = frozenset(",.;:!?…，。；：！？、—")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one language, or a silence."""

    text: str = ""
    language: str = ""
    """espeak-ng's language, or LATIN."""
    pause: bool = False
    """Whether the pause of its last punctuation mark is spoken: another run follows."""
    silence: float = 0.0
    """Seconds of silence; then there is no text."""


@lru_cache(maxsize=4096)
def _language(character: str) -> str:
    """Return the language of a letter; empty for characters without one."""
    if not unicodedata.category(character).startswith("L"):
        return ""
    words = unicodedata.name(character, "").replace("-", " ").split()
    if words and words[0] in ("FULLWIDTH", "HALFWIDTH"):
        words = words[1:]
    return _LANGUAGES.get(words[0], "") if words else ""


def _silence(tag: Piece) -> float:
    """Return the seconds of a pause tag; 0 for other tags."""
    if not any(word in tag.name for word in _PAUSES):
        return 0.0
    if "long" in tag.name or "长" in tag.name:
        return _LONG
    if "short" in tag.name or "短" in tag.name:
        return _SHORT
    return _PAUSE


def dropped_tags(text: str) -> tuple[str, ...]:
    """Return the dropped tags: those other than pauses."""
    return tuple(piece.text for piece in split_tags(text) if piece.tag and not _silence(piece))


def _stretches(text: str) -> Iterator[str | float]:
    """Yield the text between pauses, and the pauses in seconds. Other tags become a space."""
    words = ""
    for piece in split_tags(text):
        seconds = _silence(piece) if piece.tag else 0.0
        if seconds:
            yield words
            yield seconds
            words = ""
        else:
            words += " " if piece.tag else piece.text
    yield words


def _boundary(stretch: str, start: int, place: int) -> int:
    """Return the end of a run that began at ``start`` when the letter at ``place`` is of another language."""
    word = place
    while word > start and unicodedata.category(stretch[word - 1]) in ("Nd", "Nl", "No", "Sc", "Ps", "Pi"):
        word -= 1
    if word > start and stretch[word - 1].isspace():
        return word  # digits attached to the letter, detached from what precedes them: "Hello 2026年"
    end = place
    # An opening bracket or quotation mark belongs to what it opens.
    while end > start and unicodedata.category(stretch[end - 1]) in ("Ps", "Pi"):
        end -= 1
    return end


def _cut(stretch: str, language: str) -> tuple[list[tuple[str, str]], str]:
    """Return a stretch as (text, language) pairs, given the previous language; and its last language."""
    parts: list[tuple[str, str]] = []
    start = 0
    for place, character in enumerate(stretch):
        own = _language(character)
        if not own or own == language:
            continue
        end = _boundary(stretch, start, place)
        if end > start:
            parts.append((stretch[start:end], language))
        start, language = end, own
    if start < len(stretch):
        parts.append((stretch[start:], language))
    return parts, language


def _sounds(character: str, language: str) -> int:
    """Return roughly how many sounds a character has; rather too many."""
    if character in _STOPS or character.isspace():
        return 0
    if character.isdigit():
        return 6
    if character.isalpha():
        if language == LATIN:
            return 4 if character.isupper() else 1  # capitals may be spelled out
        return 4 if language in ("cmn", "ko") else 2
    return 10


def _clauses(text: str, language: str) -> list[str]:
    """Return a run cut wherever it has no stop for so long that the engine would lose its end.

    Preferably at a space.
    """
    text = _LONG_WORD.sub(r"\1 ", text)
    clauses: list[str] = []
    start = sounds = 0
    space = 0
    for place, character in enumerate(text):
        sounds = 0 if character in _STOPS else sounds + _sounds(character, language)
        if character.isspace():
            space = place
        if sounds > _CLAUSE:
            end = space if space > start else place
            clauses.append(text[start:end])
            start = end
            sounds = sum(_sounds(late, language) for late in text[end : place + 1])
    return [*clauses, text[start:]]


def _first_language(text: str, default: str) -> str:
    """Return the language of the first letter outside tags."""
    for piece in split_tags(text):
        if not piece.tag:
            for character in piece.text:
                if language := _language(character):
                    return language
    return default


def split_runs(text: str, default: str) -> list[Run]:
    """Return the text as runs and silences, at least one. ``default`` is the language of a text without letters."""
    language = _first_language(text, default)
    runs: list[Run] = []
    for stretch in _stretches(text):
        if isinstance(stretch, float):
            runs.append(Run(silence=stretch))
            continue
        parts, language = _cut(stretch, language)
        cut = [(clause, of) for part, of in parts for clause in _clauses(part.strip(), of)]
        spoken = [(part.strip(), of) for part, of in cut if part.strip()]
        for place, (part, of) in enumerate(spoken):
            followed = place + 1 < len(spoken)
            runs.append(Run(text=part, language=of, pause=followed and part[-1] in _STOPS))
    return runs or [Run(silence=_NOTHING)]
