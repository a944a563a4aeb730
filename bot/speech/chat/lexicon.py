"""Word lists of people: the dictionary (said otherwise) and the blocklist (not said). Made by ``Reading``.

Whole words, whatever their case, the longest first. Words of scripts that write without spaces match anywhere. Plain
words only; a list becomes one expression in the shape of a tree, so that its length costs next to nothing.
"""

import re
import unicodedata
from collections.abc import Iterable

_MOST_ENTRIES = 5000
_LONGEST_KEY = 64
_LONGEST_VALUE = 200
_UNSPACED_SIGNS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, kana, Han: no blanks between words."""
NO_WORD_BEFORE = rf"(?<![^\W{_UNSPACED_SIGNS}])"
"""Where a word may begin, in an expression: not behind a letter or digit of a script that writes with blanks."""
NO_WORD_AFTER = rf"(?![^\W{_UNSPACED_SIGNS}])"
_UNSAYABLE = re.compile(r"[\[\]()（）【】<>*{}&\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff\x00-\x1f\x7f]")

_RUNS = re.compile(r"(.)\1{0,63}")
_BORDER = rf"(?-i:{NO_WORD_AFTER}|(?<![^\W{_UNSPACED_SIGNS}]))"
"""Not in the middle of a word: what stands on one side or the other is none of its letters."""

_Tree = dict[str, "_Tree"]
_END = ""


def _fold(word: str) -> str:
    return " ".join(unicodedata.normalize("NFC", word[:_LONGEST_KEY]).lower().split())


def _compile(words: Iterable[list[str]]) -> re.Pattern[str] | None:
    """One expression for all words, each given as the expressions of its signs; None for no words."""
    root: _Tree = {}
    for signs in words:
        node = root
        for sign in signs:
            node = node.setdefault(sign, {})
        node[_END] = {}
    return re.compile(f"{_BORDER}{_expression(root)}{_BORDER}", re.IGNORECASE) if root else None


def _expression(node: _Tree) -> str:
    """The tree as an expression that prefers longer words. Depth is at most ``_LONGEST_KEY``."""
    branches = [sign + _expression(below) for sign, below in node.items() if sign != _END]
    if not branches:
        return ""
    return f"(?:{'|'.join(branches)})" + ("?" if _END in node else "")


def _sign(sign: str) -> str:
    return r"\s{1,8}" if sign == " " else re.escape(sign)


def _run(run: str) -> str:
    """A run of one sign, which may be longer than in the list."""
    return re.escape(run[0]) + f"{{{len(run)},{len(run) + 24}}}" if run[0].isalpha() else "".join(map(_sign, run))


class Dictionary:
    """Words as written and as they are to be said."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self._said: dict[str, str] = {}
        for written, said in list(entries)[:_MOST_ENTRIES]:
            if key := _fold(written):
                self._said[key] = " ".join(_UNSAYABLE.sub(" ", said[:_LONGEST_VALUE]).split())
        self.pattern = _compile([_sign(sign) for sign in word] for word in self._said)
        """Finds its words; None when there are none."""

    def said(self, found: str) -> str:
        """What is said for a word that the pattern found."""
        return self._said.get(" ".join(found.lower().split()), found)


class Blocklist:
    """Words that are not said, stretched spellings (``baaad``) included."""

    def __init__(self, words: Iterable[str]) -> None:
        keys = [key for key in map(_fold, list(words)[:_MOST_ENTRIES]) if key]
        self.pattern = _compile([_run(run[0]) for run in _RUNS.finditer(key)] for key in keys)
        """Finds its words; None when there are none."""
