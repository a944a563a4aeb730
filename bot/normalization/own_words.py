"""Dictionary words as they were written, replaced before links, emoji and names are taken apart.

A step of ``reader``. A word matches within an address, a reference or an emoji only if it is the whole of it.
"""

import re
from bisect import bisect_right

from bot.normalization.draft import Draft
from bot.normalization.emoji import NAMED
from bot.normalization.links import REFERENCE, addresses
from bot.normalization.sanitize import enter
from bot.normalization.slang import plain

_MARKS = re.compile("[:/@<.]")
"""Characters of which every address, reference and emoji name contains one."""


def say(draft: Draft, written: str, said: str) -> str:
    """Insert the dictionary's replacement of a word; no later rule changes it."""
    return draft.put("dictionary", written, plain(enter(said)), keep=True)


def say_literally(draft: Draft) -> None:
    """Replace words that must match literally, before anything is done to the text."""
    says = draft.reading.says
    if says.literal is not None:
        draft.replace(says.literal, lambda match: say(draft, match[0], says.said_literally(match[0])))


def say_signs(draft: Draft) -> None:
    """Replace words with symbols in them, and emoji with names."""
    says = draft.reading.says
    if says.pattern is None:
        return
    if ":" in draft.text:
        draft.replace(NAMED, lambda match: _emoji(draft, match))
    if says.signs is None or not says.signs.search(draft.text):
        return
    parts = _parts(draft.text)
    starts = [start for start, _ in parts]
    last = ("", 0)

    def said(match: re.Match[str]) -> str:
        nonlocal last
        if _is_inside(parts, starts, *match.span()):
            return match[0]
        words = says.said(match[0])
        repeated = words == last[0] and not match.string[last[1] : match.start()].strip() and not _has_letter(match[0])
        last = words, match.end()
        return "" if repeated else say(draft, match[0], words)

    draft.replace(says.signs, said)


def _has_letter(word: str) -> bool:
    return any(map(str.isalnum, word))


def _emoji(draft: Draft, match: re.Match[str]) -> str:
    """Return the replacement of ``<:blob_fox:1>`` by its name, with or without the colons."""
    says, name = draft.reading.says, match[1] or match[2]
    for written in (name, f":{name}:", match[0]):
        if (words := says.whole(written)) is not None:
            return say(draft, match[0], words)
    return match[0]


def _parts(text: str) -> list[tuple[int, int]]:
    """Return the spans of addresses, references and named emoji, in order."""
    if not _MARKS.search(text):
        return []
    references = [match.span() for pattern in (REFERENCE, NAMED) for match in pattern.finditer(text)]
    return sorted([*addresses(text), *references])


def _is_inside(parts: list[tuple[int, int]], starts: list[int], begin: int, end: int) -> bool:
    """Return whether a match is a piece of one of the parts, or overlaps one."""
    low = bisect_right(starts, begin)
    if low and parts[low - 1][0] < begin < parts[low - 1][1]:
        return True
    if low and parts[low - 1][0] == begin and parts[low - 1][1] > end:
        return True
    high = bisect_right(starts, end - 1)
    return high > low and parts[high - 1][1] > end
