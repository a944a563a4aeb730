"""Finds a moderator's blocked words in a text. Used by the guard.

Words are found whole, in any case and width, whatever invisible signs stand between their letters. In scripts that put
no spaces between words (Chinese above all) a word is found anywhere. Linear in the length of the text.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from bot.speech.markup import INVISIBLE

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Chinese, Japanese; and Korean, whose words take endings."""
_END = ""
"""The key in a node that says: an entry ends here. No sign is empty, so it stands in nobody's way."""

_Node = dict[str, Any]


def folded(text: str) -> str:
    """The form in which texts and entries are compared: NFKC, without case, without what cannot be seen."""
    plain = unicodedata.normalize("NFKC", INVISIBLE.sub("", text))
    plain = unicodedata.normalize("NFKC", INVISIBLE.sub("", plain).casefold())
    return " ".join(plain.split())


class Blocklist:
    """The entries of one space, as a tree of signs: at each place of a text one walk finds whatever begins there."""

    def __init__(self, words: Iterable[str]) -> None:
        self._root: _Node = {}
        for word in words:
            self._add(folded(word))

    def __bool__(self) -> bool:
        """Whether anything is blocked at all."""
        return bool(self._root)

    def found_in(self, *texts: str) -> bool:
        """Whether any entry stands in one of the texts."""
        return any(self._found(folded(text)) for text in texts)

    def _found(self, text: str) -> bool:
        return any(sign in self._root and self._begins(text, place) for place, sign in enumerate(text))

    def _add(self, word: str) -> None:
        if not word:
            return
        node = self._root
        for sign in word:
            node = node.setdefault(sign, {})
        node[_END] = _UNSPACED.search(word) is not None  # whether it counts inside a longer word, too

    def _begins(self, text: str, start: int) -> bool:
        node = self._root
        inside = _inside_word(text, start)
        for place in range(start, len(text)):
            found: _Node | None = node.get(text[place])
            if found is None:
                return False
            node = found
            anywhere = node.get(_END)
            if anywhere or (anywhere is False and not inside and not _inside_word(text, place + 1)):
                return True
        return False


def _inside_word(text: str, place: int) -> bool:
    """Whether the signs on both sides of a place belong to one word."""
    return 0 < place < len(text) and _of_word(text[place - 1]) and _of_word(text[place])


def _of_word(sign: str) -> bool:
    """Letters, digits and the vowel signs of Indian scripts; not accents piled on a letter, nor unspaced scripts."""
    if sign.isalnum():
        return _UNSPACED.match(sign) is None
    return unicodedata.category(sign)[0] == "M" and not "\u0300" <= sign <= "\u036f"


@lru_cache(maxsize=256)
def blocklist(words: tuple[str, ...]) -> Blocklist:
    """The list of these words; the latest ones are kept ready."""
    return Blocklist(words)
