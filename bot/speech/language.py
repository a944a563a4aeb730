"""Which language a text is to be spoken in, by its script. Used by providers (voices, tags) and by the waist."""

import re

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_LETTER = re.compile(r"[^\W\d_]")
_LETTERS_PER_HAN = 4
"""A Chinese sign carries about as much as a short English word, so it outweighs this many letters."""


def language_of(text: str) -> str:
    """``zh`` where Chinese signs carry at least half of the text, else ``en``."""
    han = len(_HAN.findall(text))
    letters = len(_LETTER.findall(text)) - han
    return "zh" if han and han * _LETTERS_PER_HAN >= letters else "en"
