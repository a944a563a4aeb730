"""Numbers in text that comes from outside: plain ASCII digits, or none at all.

``str.isdigit`` also accepts signs such as ``²`` and digits of other scripts, on which ``int`` raises or which it reads.
Used wherever an id or an amount arrives as text: buttons, commands, options of the command line.
"""

import re

_DIGITS = re.compile(r"[0-9]{1,20}")
"""A snowflake or a Telegram id has at most 20."""
_ID = re.compile(r"-?[0-9]{1,20}")


def whole(text: str, most: int = 20) -> int | None:
    """Return the number written with at most ``most`` ASCII digits; None for anything else, signs included."""
    return int(text) if len(text) <= most and _DIGITS.fullmatch(text) else None


def is_whole(text: str) -> bool:
    """Return whether a text is nothing but 1 to 20 ASCII digits."""
    return _DIGITS.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """Return whether a text is an id as chat platforms write them: digits, after a minus for a Telegram group."""
    return _ID.fullmatch(text) is not None
