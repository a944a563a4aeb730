"""Spoken names of people, roles, channels and emoji. Used wherever a rule speaks a name."""

import re
import unicodedata

from bot.normalization.letters import unstyle
from bot.normalization.lexicon import Dictionary
from bot.patterns import normal_form
from bot.text.markup import INVISIBLE

_SEPARATORS = re.compile(r"[_\-.~|/\\·•:+=]+")
_JOINT = re.compile(r"(?<=[a-z])(?<!\b[a-z])(?=[A-Z][a-z])")
"""``SamGreen``: a capital that begins a word after a small letter, but not ``iPhone``."""
_FRAME = re.compile(r"^[xX]{1,2} (.{1,60}) [xX]{1,2}$")
_TAIL = re.compile(r"(?<=[^\W\d])\s?\d{4,64}$")
"""A number that only makes a name unique."""
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2,64}|[\u0334-\u0338\u20d0-\u20ff]"
)
"""Stacked marks, and strokes through a letter. Single accents and Indic vowels belong to a name."""
_NUMBER = re.compile(r"\d[\d ]{4,64}")
"""Digits alone, too many to be a name."""
_LONGEST = 64
_SAID = 40


def spoken_name(name: str) -> str:
    """Return a name as words: no decoration, separators or styled letters; empty if nothing can be spoken."""
    if name.isalpha() and name.isascii() and len(name) <= _SAID:
        return _JOINT.sub(" ", name)
    name = name[:_LONGEST].encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    name = unstyle(INVISIBLE.sub("", name))
    name = _MARKS.sub("", INVISIBLE.sub("", normal_form("NFKC", name)))
    name = "".join(map(_said, _SEPARATORS.sub(" ", name)))
    name = _JOINT.sub(" ", name)
    name = " ".join("".join(sign for sign in name if sign.isprintable()).split())
    if framed := _FRAME.match(name):
        name = framed[1]
    name = _TAIL.sub("", name)[:_SAID].strip("'’ ")
    return name if any(sign.isalnum() for sign in name) and not _NUMBER.fullmatch(name) else ""


def said_name(name: str, says: Dictionary) -> str:
    """Return a name as words, with the dictionary's replacements of all or parts of it."""
    own = says.whole(name)
    return says.within(spoken_name(name)) if own is None else own


def _said(sign: str) -> str:
    """Return a letter, a digit or a mark; a blank for anything else."""
    return sign if sign.isalnum() or sign in "'’" or unicodedata.category(sign)[0] == "M" else " "
