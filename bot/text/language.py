"""Language detection: the language of a text, and the positions where it changes.

Used by the synthesis core and by providers.

Scripts go first: Chinese, Japanese, Korean, Russian and others are recognized by their letters. Languages in Latin
letters are told apart by py3langid, whose model takes 0.8 s to load and 75 MB to keep; it is loaded when a call begins
or a text first needs it, and only if some provider speaks several of those languages. Short texts cannot be classified
reliably (measured on chat lines, tests/test_language.py), so they get the language of the person or the place.
"""

import asyncio
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from bot.text.markup import split_tags

LATIN = frozenset(
    ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "no", "fi", "tr", "cs", "hu", "ro", "vi", "id", "ca")
)
"""Languages in Latin letters that are told apart."""
SCRIPTS = {
    "LATIN": "",
    "CJK": "zh",
    "IDEOGRAPHIC": "zh",
    "BOPOMOFO": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CYRILLIC": "ru",
    "GREEK": "el",
    "ARABIC": "ar",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "ORIYA": "or",
    "SINHALA": "si",
    "THAI": "th",
    "MYANMAR": "my",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "ETHIOPIC": "am",
    "CHEROKEE": "chr",
}
"""Script, as the first word of a letter's Unicode name, to the usual language of its texts; "" is any."""
_DENSE = {"zh": 4, "ja": 4, "ko": 3}
"""Letters that one character of these carries about as much as."""
_ENOUGH = {"": 1 / 3, "zh": 1 / 4, "ja": 1 / 4, "ko": 1 / 4}
"""Weight of one Latin word, or of one character of these, towards 1, at which a run is more than a loan word. Others: a
half.
"""
_LONG_TEXT = 1000
"""Characters above which looking at each takes milliseconds."""
_SURE = 0.9
_LEAST_WORDS = 3
_LEAST_LETTERS = 12
_ENGLISH = frozenset(
    re.findall(
        r"[\w']+",
        "the and you are that this what with your they will just there here please hello would could should because "
        "know think people don't it's i'm that's what's you're let's haven't isn't won't",
    )
)
"""Words that none of the other languages uses: with them the model is not needed."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_LETTER = re.compile(r"[^\W\d_]")
_LETTERS_PER_HAN = 4
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+(?:['’][A-Za-z\u00c0-\u024f\u1e00-\u1eff]+)*")
_SENTENCE = re.compile(r"[^.!?。！？…\n]+[.!?。！？…\n]*|[.!?。！？…\n]+")
_LOADING = threading.Lock()
_OPENS = "([{（【「『“‘«\"'¿¡$€£#@"


def language_of(text: str) -> str:
    """Return ``zh`` if at least half of the text is Chinese characters, else ``en``."""
    han = len(_HAN.findall(text))
    letters = len(_LETTER.findall(text)) - han
    return "zh" if han and han * _LETTERS_PER_HAN >= letters else "en"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a text, in one language."""

    start: int
    """In characters."""
    end: int
    language: str


async def load() -> None:
    """Load the model off the event loop, so that no text has to wait for it; once per process."""
    await asyncio.to_thread(_model)


def tells_apart(among: Collection[str]) -> bool:
    """Return whether these languages need the model: those with their own scripts are recognized without it."""
    return len(LATIN.intersection(among)) > 1


async def detect(text: str, among: Collection[str], fallback: str = "") -> str:
    """Run ``identify`` off the event loop."""
    if len(text) > _LONG_TEXT or _asks_the_model(text, among):
        return await asyncio.to_thread(identify, text, among, fallback)
    return identify(text, among, fallback)


async def detect_stretches(text: str, among: Collection[str], fallback: str = "") -> tuple[Stretch, ...]:
    """Run ``stretches`` off the event loop."""
    if len(text) > _LONG_TEXT or any(_asks_the_model(match[0], among) for match in _SENTENCE.finditer(text)):
        return await asyncio.to_thread(stretches, text, among, fallback)
    return stretches(text, among, fallback)


def identify(text: str, among: Collection[str], fallback: str = "") -> str:
    """Return the language of a whole text, ``en`` by default.

    ``among``: possible languages of Latin letters, those that some provider can speak. ``fallback``: the language of
    the person or the place, for texts too short or uncertain.
    """
    plain = _untagged(text)
    weights = Counter[str]()
    for run in _runs(plain):
        weights[run.script] += run.letters * _DENSE.get(run.script, 1)
    script = max(weights, key=lambda found: (weights[found], bool(found)), default="")
    return script or _latin(plain, among, fallback)


def stretches(text: str, among: Collection[str], fallback: str = "") -> tuple[Stretch, ...]:
    """Return the text in parts of one language each, in order and without gaps.

    A part has at least a few words: one or two foreign words belong to their sentence. Arguments as for ``identify``.
    """
    plain = _untagged(text)
    anchors: list[Stretch] = []
    for sentence in _SENTENCE.finditer(plain):
        runs = list(_runs(sentence[0]))
        found = _anchors(runs)
        for run in found:
            start, end = sentence.start() + run.start, sentence.start() + run.end
            anchors.append(Stretch(start, end, run.script or _sure(plain[start:end], among)))
        if runs and anchors and not found:
            anchors[-1] = replace(anchors[-1], end=sentence.start() + runs[-1].end)
    if not anchors:
        return (Stretch(0, len(text), identify(text, among, fallback)),)
    common = _common_latin(plain, anchors, among, fallback)
    named = [Stretch(one.start, one.end, one.language or common) for one in anchors]
    parts: list[Stretch] = []
    begin = 0
    for before, after in pairwise(named):
        if before.language != after.language:
            border = _border(plain, before.end, after.start)
            parts.append(Stretch(begin, border, before.language))
            begin = border
    return (*parts, Stretch(begin, len(text), named[-1].language))


@dataclass(slots=True)
class _Run:
    """Letters of one script, with the characters between them."""

    start: int
    end: int
    script: str
    """The script's language; empty for Latin letters."""
    letters: int
    size: float
    """From 1 on it is more than a loan word."""


@lru_cache(maxsize=8192)
def _script(letter: str) -> str:
    """Return the language of a letter's script, empty for Latin; letters of other scripts count as Latin."""
    words = unicodedata.name(letter, "").replace("-", " ").split()
    if words and words[0] in ("FULLWIDTH", "HALFWIDTH"):
        words = words[1:]
    return SCRIPTS.get(words[0], "") if words else ""


def _untagged(text: str) -> str:
    """Return the text with its audio tags blanked, every other character in place."""
    return "".join(" " * len(piece.text) if piece.tag else piece.text for piece in split_tags(text))


def _runs(sentence: str) -> Iterator[_Run]:
    """Yield runs of one script. Han beside kana is Japanese, but it takes two kana: one is found in Chinese chats."""
    if sentence.isascii():
        words = list(_WORD.finditer(sentence))
        if words:
            letters = sum(len(word[0]) for word in words)
            yield _Run(words[0].start(), words[-1].end(), "", letters, len(words) * _ENOUGH[""])
        return
    kana = sum("\u3041" <= sign <= "\u30fa" for sign in sentence)
    last: _Run | None = None
    for word in _WORD.finditer(sentence):
        for place, letter in enumerate(word[0], word.start()):
            script = _script(letter)
            script = "ja" if script in ("zh", "ja") and kana > 1 else "zh" if script == "ja" else script
            first = place == word.start() or script != (last.script if last else None)
            size = _ENOUGH[script] if script in _DENSE else _ENOUGH.get(script, 0.5) * first
            if last is None or last.script != script:
                if last is not None:
                    yield last
                last = _Run(place, place + 1, script, 1, size)
            else:
                last.end, last.letters, last.size = place + 1, last.letters + 1, last.size + size
    if last is not None:
        yield last


def _anchors(runs: list[_Run]) -> list[_Run]:
    """Return the runs that are more than loan words, each with adjacent loan words."""
    if not any(run.size >= 1 for run in runs):
        if sum(run.size for run in runs) < 1:
            return []
        sums = Counter[str]()
        for run in runs:
            sums[run.script] += run.letters * _DENSE.get(run.script, 1)
        most = max(sums, key=lambda script: (sums[script], bool(script)))
        return [replace(runs[0], end=runs[-1].end, script=most)]
    anchors: list[_Run] = []
    for run in runs:
        if run.size >= 1 and not (anchors and anchors[-1].script == run.script):
            anchors.append(replace(run, start=run.start if anchors else runs[0].start))
        elif anchors:
            anchors[-1].end = run.end
    return anchors


def _border(text: str, start: int, end: int) -> int:
    """Return the end of a language: after its punctuation; blanks, tags and opening brackets belong to what follows."""
    place = start
    while place < end and not text[place].isspace():
        place += 1
    if place < end:
        return place
    while place > start and text[place - 1] in _OPENS:
        place -= 1
    return place


def _common_latin(text: str, anchors: list[Stretch], among: Collection[str], fallback: str) -> str:
    """Return the language of Latin runs that are too short on their own."""
    known = Counter[str]()
    for one in anchors:
        if one.language in LATIN:
            known[one.language] += one.end - one.start
    if known:
        return known.most_common(1)[0][0]
    latin = " ".join(text[one.start : one.end] for one in anchors if not one.language)
    others = any(one.language for one in anchors)
    return _latin(latin, among, fallback if not others or fallback in LATIN else "")


def _latin(text: str, among: Collection[str], fallback: str) -> str:
    """Return the detected language of words in Latin letters, or the fallback if they are too few."""
    if found := _sure(text, among):
        return found
    if _is_short(text):
        return fallback or "en"
    return fallback if fallback in LATIN else "en"


def _sure(text: str, among: Collection[str]) -> str:
    """Return the certain language of words in Latin letters; empty if there is doubt."""
    if _is_short(text):
        return ""
    if not _asks_the_model(text, among):
        return "en"
    scores = {code: score for code, score in _model().rank(text) if code in among}
    best = max(scores, key=lambda code: scores[code])
    return best if scores[best] >= _SURE * sum(scores.values()) else ""


def _is_short(text: str) -> bool:
    """Return whether there is too little text in Latin letters to detect the language."""
    words = _LATIN_WORD.findall(text)
    return len(words) < _LEAST_WORDS or sum(map(len, words)) < _LEAST_LETTERS


def _asks_the_model(text: str, among: Collection[str]) -> bool:
    """Return whether the model is needed: several languages, enough words, and not plainly English."""
    if not tells_apart(among) or _is_short(text):
        return False
    words = [word.casefold().replace("’", "'") for word in _LATIN_WORD.findall(text)]
    english = len(_ENGLISH.intersection(words)) if "en" in among else 0
    return not (english and english * 6 >= len(words) and all(map(str.isascii, words)))


def _model() -> Any:
    """Return the identifier, loaded once per process. Takes 0.8 s: never on the event loop."""
    with _LOADING:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  numpy and the model are heavy

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(LATIN)
    return model
