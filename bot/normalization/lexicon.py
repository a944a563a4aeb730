"""Word lists of people: the pronunciation dictionary and the block list. Made by ``Reading``.

Whole words, ignoring case, the longest first. Words of unspaced scripts match anywhere. A list becomes one regular
expression in the shape of a trie, so that its length costs next to nothing.

Besides words the dictionary accepts patterns, which moderators write. They use RE2, so their time is linear in the
text; the cost per character is bounded, too, by the size of the compiled program.
"""

import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import re2

from bot.errors import InputError

_MOST_ENTRIES = 5000
_LONGEST_KEY = 64
_LONGEST_VALUE = 200
_UNSPACED_SIGNS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, kana, Han: no blanks between words."""
NO_WORD_BEFORE = rf"(?<![^\W{_UNSPACED_SIGNS}])"
"""Possible beginning of a word in an expression: not after a letter or digit of a spaced script."""
NO_WORD_AFTER = rf"(?![^\W{_UNSPACED_SIGNS}])"
_UNSAYABLE = re.compile(r"[\[\]()（）【】<>*{}&\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff\x00-\x1f\x7f]")

MOST_PATTERNS = 50
"""Patterns of one dictionary; more are ignored."""
_MOST_GROUPS = 9
_PATTERN_CHARACTERS = 128
_STATES = 250
r"""Steps of a pattern; ``\w{20}`` has twenty. All patterns together may have ``_ALL_STATES``: a text made to hurt them
costs about 15 ns for each state and character.
"""
_ALL_STATES = 1_200
_PROGRAM = 8_000
r"""The same after letters beyond ASCII are expanded to bytes: ``\pL`` alone takes 1 200."""
_MEMORY = 1 << 20
"""Bytes for one compiled pattern."""
_SET_MEMORY = 8 << 20
_LONGEST_SEARCHED = 2000
"""Characters of a message in which patterns are searched."""
_MOST_FINDS = 200
_REFERENCE = re.compile(r"\\([1-9])")
_MASKED = re.compile("[\ue000-\uf8ff\ud800-\udfff\U000f0000-\U0010ffff]")
"""Inserts and unencodable characters. A line break, which no pattern matches, replaces them."""
_PROBES = ("", "a", "a b", "1.", "好", "a\n")

_RUNS = re.compile(r"(.)\1{0,63}")
_BORDER = rf"(?-i:{NO_WORD_AFTER}|(?<![^\W{_UNSPACED_SIGNS}]))"
"""Not in the middle of a word: the characters on both sides do not belong to one word."""
_ALIKE = {sign: sign + chr(ord(sign) + 0xFEE0) for sign in string.punctuation}
_ALIKE |= {"'": "'’‘ʼ＇", '"': '"“”„＂', "-": "-‐‑–—−－", "~": "~～〜"}
"""Signs that keyboards write in one another's place."""
_STRAIGHT = str.maketrans({sign: plain for plain, signs in _ALIKE.items() for sign in signs})
_SHADES = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
"""Skin tones and variations of an emoji, which share one name."""
_OF_SHADES = "[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?"
_SAME_LETTERS = str.maketrans("ſıς", "siσ")
"""Letters that match each other ignoring case."""

_Tree = dict[str, "_Tree"]
_END = ""


def _fold(word: str) -> str:
    plain = _SHADES.sub("", unicodedata.normalize("NFC", word[:_LONGEST_KEY])).translate(_STRAIGHT)
    return " ".join(plain.lower().translate(_SAME_LETTERS).split())


def _compile(words: Iterable[list[str]]) -> re.Pattern[str] | None:
    """Return one expression for all words, each given as the expressions of its characters; None for no words."""
    root: _Tree = {}
    for signs in words:
        node = root
        for sign in signs:
            node = node.setdefault(sign, {})
        node[_END] = {}
    if not root:
        return None
    # Linear: from one position each word can match in one way, and words are at most ``_LONGEST_KEY`` long.
    return re.compile(f"{_BORDER}{_expression(root)}{_BORDER}", re.IGNORECASE)


def _expression(node: _Tree) -> str:
    """Return the trie as an expression that prefers longer words. Depth is at most ``_LONGEST_KEY``."""
    branches = [sign + _expression(below) for sign, below in node.items() if sign != _END]
    if not branches:
        return ""
    return f"(?:{'|'.join(branches)})" + ("?" if _END in node else "")


def _sign(sign: str) -> str:
    if sign in _ALIKE:
        return f"[{re.escape(_ALIKE[sign])}]"
    if sign == "\u20e3":
        return "\ufe0f?\u20e3"
    if unicodedata.category(sign) == "So":
        return re.escape(sign) + _OF_SHADES
    return r"\s{1,8}" if sign == " " else re.escape(sign)


def _signs(word: str) -> list[str]:
    """Return a word as the expressions of its characters. An emoji does not match within a longer one."""
    signs = list(map(_sign, word))
    if unicodedata.category(word[0]) == "So":
        signs[0] = rf"(?<!\u200d){signs[0]}"
    if unicodedata.category(word[-1]) == "So":
        signs[-1] += r"(?!\u200d)"
    return signs


def _run(run: str) -> str:
    """Return a run of one character, which may be longer than in the list."""
    return re.escape(run[0]) + f"{{{len(run)},{len(run) + 24}}}+" if run[0].isalpha() else "".join(map(_sign, run))


def check_pattern(written: str, others: int = 0) -> None:
    """Refuse an invalid pattern. ``others``: the number of the dictionary's other patterns.

    Raises InputError ``dictionary.pattern`` (problem), ``dictionary.pattern_empty``, ``dictionary.pattern_groups``
    (limit), ``dictionary.pattern_too_costly``, ``dictionary.patterns_full`` (limit).
    """
    if others >= MOST_PATTERNS:
        raise InputError("dictionary.patterns_full", limit=MOST_PATTERNS)
    if len(written) > _PATTERN_CHARACTERS:
        raise InputError("dictionary.pattern_too_costly")
    try:
        pattern = re2.compile(written, _options())
        states = _states(written)
    except UnicodeEncodeError:
        raise InputError("dictionary.pattern", problem="encoding") from None
    except re2.error as error:
        problem = error.args[0].decode("utf-8", "replace") if error.args else ""
        if "too large" in problem or "repetition size" in problem:
            raise InputError("dictionary.pattern_too_costly") from None
        raise InputError("dictionary.pattern", problem=problem) from None
    if states > _STATES or pattern.programsize > _PROGRAM:
        raise InputError("dictionary.pattern_too_costly")
    if pattern.groups > _MOST_GROUPS:
        raise InputError("dictionary.pattern_groups", limit=_MOST_GROUPS)
    if any(match.start() == match.end() for probe in _PROBES for match in pattern.finditer(probe)):
        raise InputError("dictionary.pattern_empty")


def check_patterns(patterns: Iterable[str]) -> None:
    """Refuse patterns that together have too many steps, of which some would be ignored. Each was checked before.

    Raises InputError ``dictionary.patterns_too_costly``.
    """
    if sum(map(_states, patterns)) > _ALL_STATES:
        raise InputError("dictionary.patterns_too_costly")


def _options(*, memory: int = _MEMORY, latin: bool = False) -> re2.Options:
    """Return options: ignoring case, no match across lines, no output. ``latin``: a letter is one byte."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = memory
    options.never_nl = True
    options.case_sensitive = False
    if latin:
        options.encoding = re2.Options.Encoding.LATIN1
    return options


def _states(written: str) -> int:
    """Return a pattern's number of steps, as if every letter were a single byte. Raises re2.error."""
    narrow = bytes(ord(sign) if sign.isascii() else ord("x") for sign in written)
    return int(re2.compile(narrow, _options(latin=True)).programsize)


def _is_compiled(patterns: re2.Set) -> bool:
    """Return whether the patterns fit into one automaton."""
    try:
        patterns.Compile()
    except re2.error:
        return False
    return True


def _masked(text: str) -> str:
    return _MASKED.sub("\n", text[:_LONGEST_SEARCHED])


def _filled(said: str, match: Any) -> str:
    """Return what is said for a find, its groups put in."""
    groups = match.groups()

    def group(reference: re.Match[str]) -> str:
        number = int(reference[1])
        return (groups[number - 1] or "") if number <= len(groups) else ""

    return _sayable(_REFERENCE.sub(group, said[:_LONGEST_VALUE]))


def _sayable(said: str) -> str:
    return " ".join(_UNSAYABLE.sub(" ", said[:_LONGEST_VALUE]).split())


class Dictionary:
    """Written words and their replacements."""

    def __init__(
        self,
        entries: Iterable[tuple[str, str]],
        patterns: Iterable[tuple[str, str]] = (),
        same: Callable[[str], str] = str,
    ) -> None:
        """Set up; ``same`` normalizes the words as it does the text before the lookup."""
        self._said: dict[str, str] = {}
        self._unchanged: dict[str, str] = {}
        for written, said in list(entries)[:_MOST_ENTRIES]:
            key, literal = _fold(same(written)), _fold(written)
            if key and (key == literal or not key.isdecimal() or literal.isdecimal()):
                self._said[key] = _sayable(said)
            elif literal:
                self._unchanged[literal] = _sayable(said)
        self._same = same
        self.patterns = _patterns(tuple(patterns))
        self.pattern = _compile(map(_signs, self._said))
        """Matches its words; None if there are none."""
        self.signs = _compile(_signs(word) for word in self._said if not _is_words(word))
        """Matches those with symbols or digits, which other rules would take apart."""
        self.literal = _compile(map(_signs, self._unchanged))
        """Matches those that normalization would change into another word, such as a digit in a circle."""

    def said(self, found: str) -> str:
        """Return the replacement of a word matched by ``pattern``."""
        return self._said.get(_fold(found), found)

    def said_literally(self, found: str) -> str:
        """Return the replacement of a word matched by ``literal``."""
        return self._unchanged.get(_fold(found), found)

    def whole(self, written: str) -> str | None:
        """Return the replacement of a whole name or word; None if there is none."""
        return self._said.get(_fold(self._same(written)))

    def within(self, text: str) -> str:
        """Return a text of plain words with its replacements."""
        if self.pattern is None:
            return text
        return " ".join(self.pattern.sub(lambda match: self.said(match[0]), text).split())


def _is_words(key: str) -> bool:
    """Return whether it is letters, blanks and apostrophes only: no rule for symbols changes it."""
    return all(sign.isalpha() or sign in " '" for sign in key)


@lru_cache(maxsize=32)
def _patterns(entries: tuple[tuple[str, str], ...]) -> "Patterns":
    """Return a place's patterns, shared by all authors' dictionaries there. They take megabytes."""
    return Patterns(entries)


class Patterns:
    """Patterns and their replacements, in order. Those that ``check_pattern`` would refuse are ignored."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self._entries: list[tuple[Any, str]] = []
        self._set = re2.Set.SearchSet(_options(memory=_SET_MEMORY))
        capacity = _ALL_STATES
        for written, said in list(entries)[:MOST_PATTERNS]:
            try:
                check_pattern(written)
                states = _states(written)
                if states > capacity:
                    continue
                self._set.Add(written)
            except (InputError, re2.error):
                continue
            capacity -= states
            self._entries.append((re2.compile(written, _options()), said))
        self._is_set = bool(self._entries) and _is_compiled(self._set)

    def __bool__(self) -> bool:
        return bool(self._entries)

    def found_in(self, text: str) -> bool:
        """Return whether any of them matches."""
        return bool(self._entries) and next(self._found(_masked(text)), None) is not None

    def rewrite(self, text: str, put: Callable[[str, str], str]) -> str:
        r"""Return the text with each match replaced by what ``put`` returns for it and its replacement.

        ``\1`` to ``\9`` in a replacement are groups of the pattern. Private-use characters, which are earlier inserts,
        are never part of a match. At most ``_MOST_FINDS`` matches are made, within the first ``_LONGEST_SEARCHED``
        characters.
        """
        finds = _MOST_FINDS
        for number in list(self._found(_masked(text))) if self._entries else ():
            pattern, said = self._entries[number]
            parts: list[str] = []
            start = 0
            for match in pattern.finditer(_masked(text)):
                if match.end() == match.start():
                    continue
                if not finds:
                    break
                finds -= 1
                parts += text[start : match.start()], put(text[match.start() : match.end()], _filled(said, match))
                start = match.end()
            text = "".join((*parts, text[start:]))
        return text

    def _found(self, masked: str) -> Iterator[int]:
        """Yield the indexes of the patterns that match, in order."""
        if self._is_set:
            yield from sorted(self._set.Match(masked) or ())
        else:
            yield from (number for number, (pattern, _) in enumerate(self._entries) if pattern.search(masked))


class Blocklist:
    """Blocked words, stretched spellings (``baaad``) included."""

    def __init__(self, words: Iterable[str]) -> None:
        keys = [key for key in map(_fold, list(words)[:_MOST_ENTRIES]) if key]
        self.pattern = _compile([_run(run[0]) for run in _RUNS.finditer(key)] for key in keys)
        """Matches its words; None if there are none."""
