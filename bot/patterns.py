"""Regular expressions and digits for outside text, each linear in the length of the text."""

import re
import unicodedata
from functools import cache
from typing import Literal

_DIGITS = re.compile(r"[0-9]{1,20}")
"""A snowflake or a Telegram id has at most 20."""
_ID = re.compile(r"-?[0-9]{1,20}")


def whole(text: str, most: int = 20) -> int | None:
    """Return the number written with at most ``most`` ASCII digits; None for anything else, including a sign."""
    return int(text) if len(text) <= most and _DIGITS.fullmatch(text) else None


def is_whole(text: str) -> bool:
    """Return whether a text is nothing but 1 to 20 ASCII digits."""
    return _DIGITS.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """Return whether a text is a platform id: digits, after a minus for a Telegram group."""
    return _ID.fullmatch(text) is not None


PROVED: dict[tuple[str, int], str] = {}
"""The reason, by expression and flags."""


def linear(expression: str, because: str, flags: int = 0) -> re.Pattern[str]:
    """Compile an expression and record the reason why its time is linear."""
    pattern = re.compile(expression, flags)
    PROVED[pattern.pattern, pattern.flags] = because
    return pattern


@cache
def _crowded() -> re.Pattern[str]:
    """Compile, when first needed (7 ms): more than 30 combining marks in a row."""
    marks = "".join(sign for sign in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(sign))
    return linear(f"([{marks}]{{30}})[{marks}]++", "the count is fixed, and the rest is taken at once")


def normal_form(form: Literal["NFC", "NFD", "NFKC"], text: str) -> str:
    """Return text in a Unicode normal form, with at most 30 combining marks in a row (UAX #15, stream-safe text).

    Marks are sorted by insertion when they are normalized, which takes time in the square of their number.
    """
    if text.isascii():
        return text
    return unicodedata.normalize(form, _crowded().sub(r"\1", text) if len(text) > 30 else text)
