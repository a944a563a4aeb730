"""Regular expressions and digits for outside text, each linear in the length of the text."""

import re

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
