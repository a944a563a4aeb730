"""In which language the signs of a message are named: that of its words. Used by the reader and the command line."""

import re
from itertools import islice

from bot.patterns import linear
from bot.speech.chat.emoticons import WORDS
from bot.speech.chat.message import Language
from bot.speech.chat.reader import VOCABULARIES
from bot.speech.chat.slang import is_chat_word
from bot.speech.language import language_of

_NO_WORDS = linear(
    r"\S{1,40}://\S{1,2000}|<[^<>\s]{1,200}>|```[\s\S]*?```|www\.\S{1,2000}|[\w.+-]{0,64}+@[\w.-]{1,100}"
    r"|:[a-z][a-z0-9_+-]{1,31}:",
    "a search for the end of code that fails has seen that there is none; all others are bounded",
)
"""Addresses, references, names and code: their letters are of no language."""
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{1,64}(?:['’][A-Za-z]{1,20})?")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_MOST_LOOKED_AT = 200
"""Words; more tell nothing else."""
_LEAST_WORDS = 3
_LEAST_LETTERS = 12
_ENGLISH = frozenset(
    re.findall(
        r"\S+",
        "a about am an and are at because but can can't could did do does doesn't don't for from go had has have he "
        "hello help here his how i i'll i'm if in is isn't it it's just know let's like me my not of on or our please "
        "she should some that that's the their them there they think this to was we were what what's when where which "
        "who why will with would you you're your",
    )
)
"""Of these a single one makes a text English; Chinese chats do not borrow them alone."""


def tongue(text: str, otherwise: Language) -> Language:
    """That of a text's words; ``otherwise`` where they are none, too few to tell, or chat words of that language."""
    words = _NO_WORDS.sub(" ", text)
    if _HAN.search(words):
        return "zh" if language_of(words) == "zh" else "en"
    if otherwise == "en":
        return otherwise
    found = [match[0].replace("’", "'") for match in islice(_WORD.finditer(words), _MOST_LOOKED_AT)]
    known = VOCABULARIES[otherwise]
    rest = [word for word in found if word not in WORDS and not is_chat_word(word, known)]
    if not _ENGLISH.isdisjoint(map(str.casefold, rest)):
        return "en"
    is_short = len(rest) < _LEAST_WORDS or sum(map(len, rest)) < _LEAST_LETTERS
    return otherwise if is_short else "en"
