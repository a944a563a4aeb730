"""Words of people's dictionary as they were written: said before links, emoji and names are made of their signs.

A step of ``reader``. A word is found within an address, a reference or an emoji only when it is the whole of it.
"""

import re
from bisect import bisect_right

from bot.normalization.draft import Draft
from bot.normalization.emoji import NAMED
from bot.normalization.links import REFERENCE, addresses
from bot.normalization.sanitize import enter
from bot.normalization.slang import plain

_MARKS = re.compile("[:/@<.]")
"""In every address, reference and name of an emoji there is one of these."""


def say(draft: Draft, written: str, said: str) -> str:
    """Put what the dictionary says for a word in its place; no later rule changes it."""
    return draft.put("dictionary", written, plain(enter(said)), keep=True)


def say_literally(draft: Draft) -> None:
    """Say those words that are only themselves before anything is done to the text."""
    says = draft.reading.says
    if says.literal is not None:
        draft.replace(says.literal, lambda match: say(draft, match[0], says.said_literally(match[0])))


def say_signs(draft: Draft) -> None:
    """Say words with signs in them, and emoji that have a name of their own, by that name."""
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
    """``<:blob_fox:1>`` by its name, with or without the colons."""
    says, name = draft.reading.says, match[1] or match[2]
    for written in (name, f":{name}:", match[0]):
        if (words := says.whole(written)) is not None:
            return say(draft, match[0], words)
    return match[0]


def _parts(text: str) -> list[tuple[int, int]]:
    """Where addresses, references and named emoji stand, in order."""
    if not _MARKS.search(text):
        return []
    references = [match.span() for pattern in (REFERENCE, NAMED) for match in pattern.finditer(text)]
    return sorted([*addresses(text), *references])


def _is_inside(parts: list[tuple[int, int]], starts: list[int], begin: int, end: int) -> bool:
    """Return whether a find is a piece of one of the parts, or holds a piece of one."""
    low = bisect_right(starts, begin)
    if low and parts[low - 1][0] < begin < parts[low - 1][1]:
        return True
    if low and parts[low - 1][0] == begin and parts[low - 1][1] > end:
        return True
    high = bisect_right(starts, end - 1)
    return high > low and parts[high - 1][1] > end
