"""How long speech of a text should be, and whether a recording is too short for its text.

MiMo cuts long text silently and says ``stop``; length is the only sign. Called by the waist after each segment (to
split and ask again) and by providers for estimates. Rates: MiMo reads 3.5 to 5.5 Chinese characters a second
(measurements in the reference, 9); letters of alphabets are taken at 10 to 18 a second, slow to hurried English.
"""

import unicodedata

from bot.speech.markup import split_tags

_IDEOGRAPHS_PER_SECOND = (3.5, 5.5)
_LETTERS_PER_SECOND = (10.0, 18.0)
_IDEOGRAPHS_USUAL, _LETTERS_USUAL, _DIGITS_USUAL = 4.5, 14.0, 1.8
"""A second, as a rule. A digit is a word: espeak-ng takes 0.58 s for each of a long number."""
_MOST_OVER = 300.0
"""Seconds that a recording may last longer than slow speech: of a long text ten times that would fill the memory."""
_ENOUGH_TEXT = 100
"""Characters. Below it a short recording proves nothing."""
_ALWAYS_BELIEVED = 60.0
"""Seconds that speech of any text may last."""


def _count(text: str) -> tuple[int, int]:
    """Wide letters (Chinese, Japanese, Korean) and others, digits and vowel signs among them; audio tags left out."""
    wide = narrow = 0
    for piece in split_tags(text):
        if piece.tag:
            continue
        for character in piece.text:
            if unicodedata.category(character)[0] not in "LNM":
                continue
            if unicodedata.east_asian_width(character) in "WF":
                wide += 1
            else:
                narrow += 1
    return wide, narrow


def expected_seconds(text: str) -> tuple[float, float]:
    """Seconds that speaking the text takes: hurried, and slowly."""
    wide, narrow = _count(text)
    low = wide / _IDEOGRAPHS_PER_SECOND[1] + narrow / _LETTERS_PER_SECOND[1]
    high = wide / _IDEOGRAPHS_PER_SECOND[0] + narrow / _LETTERS_PER_SECOND[0]
    return low, high


def likely_seconds(text: str) -> float:
    """Return the seconds that speaking the text usually takes, spelled numbers included."""
    wide, narrow = _count(text)
    digits = sum(character.isdecimal() for character in text)
    return wide / _IDEOGRAPHS_USUAL + max(0, narrow - digits) / _LETTERS_USUAL + digits / _DIGITS_USUAL


def looks_truncated(text: str, seconds: float) -> bool:
    """Whether a recording of so many seconds can only hold a part of the text: under half the hurried length."""
    return len(text) >= _ENOUGH_TEXT and seconds < expected_seconds(text)[0] / 2


def longest_seconds(text: str) -> float:
    """Return the seconds beyond which a recording is not of this text: ten times slow speech, within bounds."""
    slow = max(expected_seconds(text)[1], likely_seconds(text))
    return min(max(_ALWAYS_BELIEVED, 10 * slow), slow + _MOST_OVER)
