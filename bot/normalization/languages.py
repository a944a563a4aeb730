"""Languages of a message's runs: those with a vocabulary, and those left to the engine. Used by ``reader``.

A run is a sentence or a line. Scripts identify Chinese, Japanese, Korean, Russian and others; Latin letters are told
apart by common words and accents. Runs without clues get the language of their neighbours, else of the place.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

FOREIGN = ""
"""The language of a run whose words are unchanged."""
TECHNICAL = "technical"
"""The language of an English run that a program reads or writes: only what is certain in it is rewritten."""
MARKS = {"en": "\ue000", "zh": "\ue001", FOREIGN: "\ue002", TECHNICAL: "\ue003"}
"""Private-use characters that mark the start of a run of another language."""
MARK = re.compile("[\ue000-\ue003]")
LANGUAGES = {mark: language for language, mark in MARKS.items()}
_MOST_WORDS = 60
"""Words of a run that are examined."""
_GOES_ON = re.compile(r" [-./~|>&$0-9]")
"""A stop before one of these ends no sentence: ``find . -name x``."""
_SENTENCE_END = re.compile(r"[.!?…]{1,99}(?=\s)|[。！？]{1,99}|\n")
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]{1,40}(?:['’][A-Za-z\u00c0-\u024f]{1,20})?")
_ELIDED = re.compile(r"(?:[cdjlmnst]|qu)['’][a-zà-ÿ]{2}")
"""``c'est``, ``l'eau``."""
_SMALL = re.compile("[a-z]+")
_UNUSUAL = re.compile("[^\x00-\x7f\u2000-\u206f\u3000-\u303f\u4e00-\u9fff\uff00-\uff65\U000f0000-\U0010ffff]")
"""Characters beyond ASCII that are neither Chinese nor punctuation nor ours."""
_JOINED = frozenset("_./\\@#:-+~$0123456789")
"""Characters that make a word part of a name, a path or a number."""
_CONTENT = re.compile(
    r"[\w.+-]{0,64}@[\w.-]{1,100}|\S{1,40}://\S{1,2000}|<[^<>\s]{1,200}>|[\ue004-\uf8ff\U000f0000-\U0010ffff]"
)
_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\uff66-\uff9d]")
_OTHER_LETTER = re.compile(
    "[\u0370-\u0373\u0376-\u03ff\u0400-\u052f\u0531-\u058f\u0590-\u05f4\u0620-\u064a\u066e-\u06d3\u0710-\u08ff"
    "\u0900-\u1cff\u1f00-\u1fff\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]"
)
_LETTERS_PER_HAN = 4
_FACES = frozenset("ωдДДшзεσοΘθᴗ益口ツノシ彡ლಠಥᴥ")
"""Letters used in faces."""
_LOANS, _WEAK = "loans", "weak"
"""In the table: English loans with accents; chat words, names and short loans, which are weak evidence."""


@lru_cache(maxsize=1)
def _words() -> dict[str, tuple[str, ...]]:
    """Return the languages of each common word, and the other lists it is in."""
    path = Path(__file__).with_name("common_words.toml")
    found: dict[str, tuple[str, ...]] = {}
    for language, words in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for word in words.split():
            found[word] = (*found.get(word, ()), language)
    return found


def is_common(word: str) -> bool:
    """Return whether a lower-case word is a common English one."""
    return "en" in _words().get(word, ())


@lru_cache(maxsize=1)
def _telling() -> frozenset[str]:
    """Return words that may be evidence for another language than English."""
    return frozenset(word for word, languages in _words().items() if "en" not in languages)


def mark(text: str, hint: str, evidence: Sequence[int] = ()) -> tuple[str, str]:
    """Return the language of the first run, and the text with a mark where a run of another one begins.

    ``hint``: the language of the place, for a text without clues. ``evidence``: offsets of what programs read.
    """
    is_hint_s = _is_hint_s(text, hint)
    if is_hint_s and not evidence:
        return hint, text
    runs = runs_of(text)
    found = [None] * len(runs) if is_hint_s else [_language(run, hint) for run in runs]
    said = next((language for language in found if language is not None), hint)
    languages = []
    for language in found:
        said = said if language is None else language
        languages.append(said)
    if evidence:
        technical = technical_runs(runs, evidence)
        languages = [
            TECHNICAL if place in technical and (language == "en" or (hint == "en" and run.isascii())) else language
            for place, (run, language) in enumerate(zip(runs, languages, strict=True))
        ]
    parts = []
    said = languages[0]
    for run, language in zip(runs, languages, strict=True):
        if language != said:
            parts.append(MARKS[language])
            said = language
        parts.append(run)
    return languages[0], "".join(parts)


def technical_runs(runs: Sequence[str], evidence: Sequence[int]) -> set[int]:
    """Return the numbers of the runs with evidence, and of those that go on after a stop within a command."""
    found: set[int] = set()
    begin = 0
    places = iter(evidence)
    place = next(places, None)
    for number, run in enumerate(runs):
        begin += len(run)
        while place is not None and place < begin:
            found.add(number)
            place = next(places, None)
    for number, run in enumerate(runs[1:], 1):
        if _GOES_ON.match(run) and not found.isdisjoint((number - 1, number)):
            found.update((number - 1, number))
    return found


def _is_hint_s(text: str, hint: str) -> bool:
    """Return whether nothing is evidence for another language than the place's: a fast path for most messages."""
    if not text.isascii() and _UNUSUAL.search(text):
        return False
    words = _SMALL.findall(text.lower())
    if hint == "en":
        return (text.isascii() or not _CHINESE.search(text)) and _telling().isdisjoint(words)
    return _words().keys().isdisjoint(words)


def runs_of(text: str) -> list[str]:
    """Return sentences and lines; joined they are the text again. A mark must end a run, never begin a line."""
    ends = [match.end() if match[0] != "\n" else match.start() for match in _SENTENCE_END.finditer(text)]
    if not ends:
        return [text]
    borders = [0, *(end for end in ends if 0 < end < len(text)), len(text)]
    return [text[start:end] for start, end in pairwise(borders) if start < end]


def _language(run: str, hint: str) -> str | None:
    """Return the language of a run; None without clues."""
    if not run.isascii():
        plain = _CONTENT.sub(" ", run)
        if (by_script := _by_script(plain)) is not None:
            return by_script
    else:
        plain = _CONTENT.sub(" ", run) if "@" in run or "/" in run or "<" in run else run
    return _by_words(plain, hint)


def _by_script(run: str) -> str | None:
    """Return ``zh``, ``FOREIGN``, or None if the run is mostly Latin letters."""
    han, kana = len(_CHINESE.findall(run)), sum(sign not in _FACES for sign in _KANA.findall(run))
    others = sum(sign not in _FACES for sign in _OTHER_LETTER.findall(run))
    if not han and not kana and not others:
        return None
    latin = sum(map(len, _WORD.findall(run)))
    if kana > 1 and kana * 3 >= han and (kana + han) * _LETTERS_PER_HAN >= latin:
        return FOREIGN
    if others > 1 and others >= han * _LETTERS_PER_HAN and others * 2 >= latin:
        return FOREIGN
    return "zh" if han and han * _LETTERS_PER_HAN >= latin else None


def _by_words(run: str, hint: str) -> str | None:
    """Return the language by the words in Latin letters."""
    table = _words()
    votes: defaultdict[str, float] = defaultdict(float)
    accents = 0.0
    seen: set[str] = set()
    for match in _WORD.finditer(run):
        if len(seen) >= _MOST_WORDS:
            break
        word = match[0].lower().replace("’", "'")
        if (
            word in seen
            or run[match.start() - 1 : match.start()] in _JOINED
            or run[match.end() : match.end() + 1] == "_"
        ):
            continue
        seen.add(word)
        languages = table.get(word)
        if languages is None:
            if _ELIDED.match(word):
                votes["fr"] += 1
            elif not word.isascii():
                accents += 0.5 if match[0][0].isupper() else 1.0
            continue
        weight = 0.5 if _WEAK in languages else 1.0
        for language in languages:
            votes[language] += weight
    votes[_LOANS] = votes[_WEAK] = 0
    english = votes.pop("en", 0)
    other = max(votes.values(), default=0) + accents
    if other > english and (other >= 1.5 or (other >= 1 and len(seen) <= 4)):
        return FOREIGN
    if english > other and (hint == "en" or english >= 2):
        return "en"
    return None
