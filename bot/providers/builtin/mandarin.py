"""Chinese text to the symbols of the speech model: numbers, words, readings, tone sandhi. Runs in the worker process.

Single readings and a dictionary of words come from pypinyin; compounds, neutral tones and word-dependent readings are
in ``mandarin_words.toml``; tone changes in context are rules here.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from bot.patterns import linear
from bot.providers.builtin.chinese_numbers import spell
from bot.providers.builtin.mandarin_symbols import UnknownSyllableError, symbols

_HAN = linear(
    r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]++",
    "begins where Han characters begin, and takes all of them at once",
)
_SYLLABLE = re.compile(r"[a-zü]{1,7}[1-5]")
_UNREADABLE = "mou3"
"""Read for a character without a known reading: "some"."""
_LONGEST_WORD = 8
_SIGNS = {
    "，": ",", ",": ",", "、": ",", "。": ".", ".": ".", "｡": ".",
    "！": "!", "!": "!", "？": "?", "?": "?", "；": ";", ";": ";", "：": ":",
    ":": ":", "…": "…", "—": "—", "–": "—", "「": "“", "」": "”", "『": "“", "』": "”", "“": "“", "”": "”",
    "（": "(", "(": "(", "）": ")", ")": ")", "《": "“", "》": "”", "【": "(", "】": ")", "\n": ".",
}  # fmt: skip
_FIGURES = "零一二三四五六七八九十幺点第"
_COUNTING = frozenset("零一二三四五六七八九十百千万亿两幺")
_PLACES = "月号日楼班级等"
"""After these no tone of 一 changes: 一月, 一号."""
_REFERENTS = frozenset("我你他她它您咱谁们")
_ADVERBIAL = "然速快真细心极兴"
"""Words with these endings become adverbs with 地."""
_NOTABLE = "名原巨专專土编編显顯"
"""Characters before 著 with which it means to write or to be known."""
_TRIED = frozenset("看试听说想问走坐等猜聊玩尝找写歇逛聚读数查改讲谈学练笑")
"""Verbs that are doubled to do something briefly: 看看."""
_ENTITLING = frozenset("阿小老大")


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its syllables, in pinyin with the tone as a digit at the end."""

    text: str
    syllables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Lexicon:
    words: frozenset[str]
    readings: Mapping[str, tuple[str, ...]]
    neutral: frozenset[str]
    full: frozenset[str]
    sons: frozenset[str]


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    from pypinyin.phrases_dict import phrases_dict  # noqa: PLC0415  an extra, loaded by the worker process alone

    table = tomllib.loads((Path(__file__).parent / "mandarin_words.toml").read_text(encoding="utf-8"))
    readings = {}
    for entry in f"{table['readings']}|{table['singles']}".replace("\n", "|").split("|"):
        if entry.strip():
            word, spelling = entry.split()
            readings[word] = tuple(_SYLLABLE.findall(spelling))
    neutral, full, common, sons = (frozenset(table[name].split()) for name in ("neutral", "full", "common", "sons"))
    words = neutral | full | common | sons | readings.keys() | phrases_dict.keys()
    return _Lexicon(frozenset(words), readings, neutral, full, sons)


def to_symbols(text: str) -> str:
    """Return a text in the model's symbols. Everything but Han and stops is dropped; numbers are spelled out."""
    text = spell(text)
    parts: list[str] = []
    end = 0
    for match in _HAN.finditer(text):
        parts.extend(_stops(text[end : match.start()]))
        spoken = " ".join("".join(map(_symbols, word.syllables)) for word in read(match[0]))
        parts.append(spoken if not parts or parts[-1].endswith(("“", "(")) else " " + spoken)
        end = match.end()
    parts.extend(_stops(text[end:]))
    return "".join(parts).strip()


def _stops(text: str) -> Iterator[str]:
    for sign in text:
        if stop := _SIGNS.get(sign):
            yield f" {stop}" if stop in "“(—" else stop


def _symbols(syllable: str) -> str:
    try:
        return symbols(syllable)
    except UnknownSyllableError:
        return symbols(_UNREADABLE)


def read(text: str) -> list[Word]:
    """Return the words of Han text with their syllables as spoken in context."""
    words = [Word(word, _reading(word)) for word in _words(text)]
    words = _in_context(words)
    after = [*(word.text for word in words[1:]), ""]
    words = _with_erhua([_neutralized(word, following) for word, following in zip(words, after, strict=True)])
    return _third_tones(_one_and_not(words))


def _words(text: str) -> list[str]:
    """Return the fewest words that make up a text."""
    known = _lexicon().words
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(text) + 1):
        # Single characters cost a little more, and of two ways the one with the longer last word wins.
        best.append(
            min(
                (best[start][0] + (1.05 if end - start == 1 else 1.0), start)
                for start in range(max(0, end - _LONGEST_WORD), end)
                if end - start == 1 or text[start:end] in known
            )
        )
    cuts, end = [], len(text)
    while end:
        start = best[end][1]
        cuts.append(text[start:end])
        end = start
    return _joined(cuts[::-1])


def _joined(cuts: list[str]) -> list[str]:
    """Join doubled characters (慢慢) and the digits of a number, four at a time, into words."""
    words: list[str] = []
    for cut in cuts:
        last = words[-1] if words else ""
        doubled = cut == last and len(cut) == 1 and cut not in _COUNTING
        counted = set(cut) <= _COUNTING and set(last) <= _COUNTING and last and len(last + cut) <= 4
        if doubled or counted:
            words[-1] += cut
        else:
            words.append(cut)
    return words


@lru_cache(maxsize=8192)
def _reading(word: str) -> tuple[str, ...]:
    """Return the syllables of a word in isolation."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  see above

    own = _lexicon().readings.get(word)
    if own:
        return own
    found = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, errors=lambda _: _UNREADABLE)
    return tuple(found) if len(found) == len(word) else tuple(_reading(sign)[0] for sign in word)


def _in_context(words: list[Word]) -> list[Word]:
    """Choose readings that depend on the neighbours: 得, 地, 了, 长, 还, 一 between two equal verbs."""
    changed = list(words)
    for place, word in enumerate(words):
        before = words[place - 1].text if place else ""
        after = words[place + 1].text if place + 1 < len(words) else ""
        if reading := _beside(word.text, before, after):
            changed[place] = replace(word, syllables=(reading,))
    return changed


def _beside(word: str, before: str, after: str) -> str:
    """Return the reading of a single character between two words; empty if they do not change it."""
    rules = {
        "得": ("dei3", not before or before[-1] in _REFERENTS),
        "地": ("de5", after != "" and len(before) > 1 and (before[-1] == before[-2] or before[-1] in _ADVERBIAL)),
        "了": ("liao3", before == "不"),
        "长": ("zhang3", after[:1] in ("得", "了", "出", "着")),
        "还": ("huan2", after[:1] in tuple("你我他她清") and before[-1:] in ("", "没", "来", "要", "会")),
        "一": ("yi5", before == after and before not in ("", "周", "第")),
        "不": ("bu5", before == after != ""),
        "著": ("zhe5", before != "" and before[-1] not in _NOTABLE and after[:1] not in ("名", "作", "者")),
    }
    reading, holds = rules.get("还" if word == "還" else word, ("", False))
    return reading if holds else ""


def _neutralized(word: Word, after: str) -> Word:
    """Give the last syllable a neutral tone, if the word has one there."""
    lexicon = _lexicon()
    text = word.text
    if len(text) < 2 or text in lexicon.full:
        return word
    repeated = len(text) == 2 and text[0] == text[1] and text[0] in _TRIED and after not in ("地", "的")
    if text in lexicon.neutral or text[-1] in "们們" or repeated:
        return replace(word, syllables=(*word.syllables[:-1], word.syllables[-1][:-1] + "5"))
    if len(text) == 3 and text[1] == "不":
        return replace(word, syllables=(word.syllables[0], "bu5", word.syllables[2]))
    return word


def _with_erhua(words: list[Word]) -> list[Word]:
    """Turn a non-syllabic 儿 into an r on the syllable before."""
    joined: list[Word] = []
    for word in words:
        text, syllables = word.text, list(word.syllables)
        if text in ("儿", "兒") and joined and joined[-1].text[-1] not in _ENTITLING:
            last = joined[-1]
            joined[-1] = Word(last.text + text, (*last.syllables[:-1], _rhotic(last.syllables[-1])))
            continue
        if len(text) > 1 and text[-1] in "儿兒" and text not in _lexicon().sons and len(syllables) == len(text):
            syllables[-2:] = [_rhotic(syllables[-2])]
        joined.append(replace(word, syllables=tuple(syllables)))
    return joined


def _rhotic(syllable: str) -> str:
    return f"{syllable[:-1]}r{syllable[-1]}" if not syllable.startswith("er") else syllable


def _one_and_not(words: list[Word]) -> list[Word]:
    """Give 一 and 不 the tone that what follows demands."""
    text = "".join(word.text for word in words)
    if "一" not in text and "不" not in text:
        return words
    flat = [syllable for word in words for syllable in word.syllables]
    if len(flat) != len(text):  # an r joined two characters: count by words
        return [_changed_within(word, words[place + 1 : place + 2]) for place, word in enumerate(words)]
    changed = [_tone_of(text, flat, place) for place in range(len(flat))]
    return _regrouped(words, changed)


def _changed_within(word: Word, after: list[Word]) -> Word:
    following = after[0] if after else Word("", ())
    if len(word.text) != len(word.syllables):
        return word
    text, flat = word.text + following.text[:1], [*word.syllables, *following.syllables[:1]]
    return replace(word, syllables=tuple(_tone_of(text, flat, place) for place in range(len(word.syllables))))


def _tone_of(text: str, flat: list[str], place: int) -> str:
    sign, syllable = text[place], flat[place]
    follows = flat[place + 1][-1] if place + 1 < len(flat) else ""
    if sign == "不" and syllable == "bu4":
        return "bu2" if follows == "4" else syllable
    if sign != "一" or syllable[-1] == "5" or not syllable.startswith("yi"):
        return syllable
    before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    counts = (before and before in _FIGURES + "期周初") or (after and (after in _FIGURES[:-2] or after in _PLACES))
    if not follows or counts:
        return "yi1"
    # 个 has a fourth tone beneath its neutral one.
    return "yi2" if follows == "4" or after in ("个", "個") else "yi4"


def _regrouped(words: list[Word], flat: list[str]) -> list[Word]:
    start, grouped = 0, []
    for word in words:
        grouped.append(replace(word, syllables=tuple(flat[start : start + len(word.syllables)])))
        start += len(word.syllables)
    return grouped


def _third_tones(words: list[Word]) -> list[Word]:
    """Raise a third tone before another one, within a foot: a word, or short words spoken together."""
    flat = [syllable for word in words for syllable in word.syllables]
    start = 0
    for foot in _feet(words):
        parts = [len(word.syllables) for word in foot]
        end = start + sum(parts)
        if parts == [4]:  # by twos
            _rise(flat, start, start + 2)
            _rise(flat, start + 2, end)
        elif parts == [1, 2]:  # the word changes by itself first, and the rest decides: 我|很好 is 3 2 3
            _rise(flat, start + 1, end)
            _rise(flat, start, start + 2)
        else:
            _rise(flat, start, end)
        start = end
    return _regrouped(words, flat)


def _rise(flat: list[str], start: int, end: int) -> None:
    original = [syllable[-1] for syllable in flat[start:end]]
    for offset in range(len(original) - 1):
        if original[offset] == "3" == original[offset + 1]:
            flat[start + offset] = flat[start + offset][:-1] + "2"


def _feet(words: list[Word]) -> list[list[Word]]:
    """Return words in pairs: short ones together; a single one joins the word after it.

    Or at the end the one before.
    """
    feet: list[list[Word]] = []
    place = 0
    while place < len(words):
        word = words[place]
        following = words[place + 1] if place + 1 < len(words) else None
        if len(word.syllables) > 1 or following is None:
            if following is None and feet and len(word.syllables) == 1 and sum(len(w.syllables) for w in feet[-1]) <= 2:
                feet[-1].append(word)
            else:
                feet.append([word])
            place += 1
            continue
        if len(following.syllables) <= 2:
            feet.append([word, following])
            place += 2
        else:
            feet.append([word])
            place += 1
    return feet
