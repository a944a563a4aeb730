"""In which language the signs of a message are named: that of its words. Used by the reader and the command line."""

import re

from bot.speech.chat.message import Language
from bot.speech.language import language_of

_NO_WORDS = re.compile(r"\S{1,40}://\S{1,2000}|<[^<>\s]{1,200}>|```[\s\S]{0,10000}?```")
"""Addresses, references and code: their letters are of no language."""


def tongue(text: str, otherwise: Language) -> Language:
    """That of a text's words; ``otherwise`` where it has none."""
    words = _NO_WORDS.sub(" ", text)
    if not any(map(str.isalpha, words)):
        return otherwise
    return "zh" if language_of(words) == "zh" else "en"
