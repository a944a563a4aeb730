"""What people may set, made storable and held to a size. Called by the stores of preferences, spaces and words.

Lone surrogates and null bytes go (not every engine takes them); what is too long is refused, never cut silently.
"""

from collections.abc import Sequence

from bot.errors import InputError
from bot.texts import LANGUAGES

VOICE_CHARACTERS = 96
"""Longest voice id."""
STYLE_CHARACTERS = 200
"""Longest default style: several names with commas."""
SCOPE_CHARACTERS = 128
"""Longest role scope or channel id."""


def well_formed(text: str) -> str:
    """The text without signs that cannot be written as UTF-8 and without null bytes."""
    return text.encode("utf-8", "ignore").decode("utf-8").replace("\x00", "")


def name(text: str, limit: int) -> str:
    """One line, single-spaced; may be empty. Raises InputError ``name.too_long`` (limit: characters)."""
    line = " ".join(well_formed(text).split())
    if len(line) > limit:
        raise InputError("name.too_long", limit=limit)
    return line


def names(given: Sequence[str], limit: int, *, most: int, too_many: str) -> tuple[str, ...]:
    """Names in their order, each once, empty ones left out. Raises InputError ``name.too_long`` or ``too_many``."""
    kept = tuple(dict.fromkeys(line for text in given if (line := name(text, limit))))
    if len(kept) > most:
        raise InputError(too_many, limit=most)
    return kept


def language(code: str) -> str:
    """A language that there are sentences in, or nothing. Raises InputError ``language.unknown`` (languages)."""
    if code and code not in LANGUAGES:
        raise InputError("language.unknown", languages=tuple(LANGUAGES))
    return code
