"""Numbers, units, money, dates: spelled where an engine misreads them, left alone where it reads them well.

Left: plain numbers, decimals, times of day, percentages, ordinals, years. A step of ``reader``.
"""

import re
from datetime import date
from functools import lru_cache

from bot.speech.chat.draft import Draft
from bot.speech.chat.lexicon import NO_WORD_AFTER, NO_WORD_BEFORE
from bot.speech.chat.vocabulary import Vocabulary

_DIGIT = re.compile(r"\d[^\s.,!?:]|\d\s[^\W\d_]|\d\s?[^\w\s.,!?:，。！？]|[$€£¥￥₹₩₽₿~～≈]\s?\d")
"""A digit next to something that these rules know; ``20:40`` alone is none of their business."""
_FREE = rf"(?<![.,:/-]){NO_WORD_BEFORE}"
"""Where a number begins: in no word, and not within a longer figure."""
_DATE = re.compile(r"(?<![\d./-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d/-]|\.\d)")
_RANGE = re.compile(_FREE + r"(?<!\+)(\d{1,4})\s?[-–~～]\s?(\d{1,4})(?![\d:/-]|[.,]\d)")
_TIMES = re.compile(_FREE + r"(\d{1,5})\s?[xX]\s?(\d{1,5})" + NO_WORD_AFTER)
_FOLD = re.compile(_FREE + r"(\d{1,4})[xX](?!²)" + NO_WORD_AFTER)
_BETWEEN = re.compile(r"(?<=\d)\s?([+×÷=*<>≤≥≠≈±])\s?(?=\d)")
_FRACTION = re.compile(_FREE + r"([123])/([234])(?![/.,:]\d|/)" + NO_WORD_AFTER)
_FRACTIONS = {"1/2": "½", "1/4": "¼", "3/4": "¾", "1/3": "⅓", "2/3": "⅔"}
_ALWAYS = re.compile(_FREE + r"24/7(?!/)" + NO_WORD_AFTER)
_THOUSAND = re.compile(_FREE + r"(\d{1,3}(?:\.\d)?)k" + NO_WORD_AFTER)
_ABOUT = re.compile(NO_WORD_BEFORE + r"(?<!~)[~～≈](?=\d)")
_RUN = re.compile(r"(?<![\d.,])\d{8,10000}(?![\d]|[.,]\d)")
_MOST_SPELLED = 15
_AMOUNT = r"(\d{1,12}(?:,\d{3}){0,4})(?:\.(\d{1,2}))?"
_LARGE = {"k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion"}
_SCALES_ZH = {
    "k": "千", "thousand": "千", "m": "百万", "mn": "百万", "million": "百万",
    "b": "十亿", "bn": "十亿", "billion": "十亿",
}  # fmt: skip
_SPELLED_LARGE = rf"(?:\s?(k|mn?|bn?|thousand|million|billion|万|亿|千){NO_WORD_AFTER})?"


def spell(draft: Draft) -> None:
    """Spell what stands with digits."""
    if not _DIGIT.search(draft.text):
        return
    words = draft.words
    draft.change(_DATE, "date", lambda match: _date(match, words))
    draft.change(_RANGE, "number", lambda match: _range(match, words))
    before, behind = _money(words)
    draft.change(before, "money", lambda match: _paid(match[1], (match[2], match[3]), match[4], words))
    draft.change(behind, "money", lambda match: _paid(match[3], (match[1], match[2]), None, words))
    draft.change(_units(words), "unit", lambda match: _measured(match, words))
    draft.change(_THOUSAND, "number", lambda match: words.say("thousand", number=match[1]))
    draft.change(_TIMES, "number", lambda match: words.say("by", left=match[1], right=match[2]))
    draft.change(_FOLD, "number", lambda match: words.say("fold", number=match[1]))
    draft.change(_ALWAYS, "number", lambda _: words.say("always"))
    draft.change(_FRACTION, "number", lambda match: _fraction(match, words))
    draft.change(_BETWEEN, "number", lambda match: words.apart(words.signs[match[1]]))
    draft.change(_ABOUT, "number", lambda _: words.say("about", number=""))
    draft.change(_RUN, "digits", lambda match: _digits(match[0], words))


def _date(match: re.Match[str], words: Vocabulary) -> str:
    try:
        day = date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return match[0]
    return words.say("date_year", year=day.year, month=words.months[day.month - 1], day=day.day)


def _range(match: re.Match[str], words: Vocabulary) -> str:
    """``5-10`` goes from 5 to 10; ``3-1`` is a result, ``555-1234`` a telephone number."""
    low, high = match[1], match[2]
    longer = len(high) - len(low)
    if int(low) >= int(high) or longer not in {0, 1, 2} or (len(low), len(high)) == (3, 4) or high[0] == "0" != high:
        return match[0]
    return words.say("range", low=low, high=high)


@lru_cache(maxsize=2)
def _money_patterns(signs: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    return (
        re.compile(rf"{NO_WORD_BEFORE}([{re.escape(signs)}])\s?{_AMOUNT}(?!\d|[.,]\d){_SPELLED_LARGE}"),
        re.compile(rf"{_FREE}{_AMOUNT}\s?([{re.escape(signs)}])(?![{re.escape(signs)}]){NO_WORD_AFTER}"),
    )


def _money(words: Vocabulary) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The sign before the amount, and behind it."""
    return _money_patterns("".join(words.money))


def _paid(sign: str, amount: tuple[str, str | None], large: str | None, words: Vocabulary) -> str:
    one, several = words.money[sign]
    whole, cents = amount
    number = f"{whole}.{cents}" if cents else whole
    if words.language == "zh":
        return f"{number}{_SCALES_ZH.get(large or '', large or '')}{several}"
    if large:
        return f"{number} {_LARGE.get(large, large)} {several}"
    unit = one if whole == "1" else several
    return words.say("cents", whole=whole, unit=unit, cents=cents) if cents and int(cents) else f"{whole} {unit}"


@lru_cache(maxsize=2)
def _units_pattern(units: tuple[str, ...]) -> re.Pattern[str]:
    long = sorted((unit for unit in units if len(unit) > 1 or not unit.isascii()), key=len, reverse=True)
    # A single letter must touch its number, and be small where it would be something else: 5G, 10K, 3D.
    joined = "|".join(re.escape(unit) for unit in long)
    letters = "".join(unit for unit in units if len(unit) == 1 and unit.isascii())
    return re.compile(
        rf"{_FREE}(\d{{1,12}}(?:[.,]\d{{1,6}}){{0,4}})(?:\s?((?i:{joined}))|([{letters}VW]))(?![²³/'’°]){NO_WORD_AFTER}"
    )


def _units(words: Vocabulary) -> re.Pattern[str]:
    return _units_pattern(tuple(words.units))


def _measured(match: re.Match[str], words: Vocabulary) -> str:
    number, sign = match[1], (match[2] or match[3]).lower()
    if sign == "s" and (len(number) == 4 or (number[-1] == "0" and match.string[: match.start()].endswith("he "))):
        return match[0]  # the 1990s, the 90s
    one, several = words.units[sign]
    unit = one if number == "1" else several
    return number + unit if words.language == "zh" else f"{number} {unit}"


def _fraction(match: re.Match[str], words: Vocabulary) -> str:
    sign = _FRACTIONS.get(match[0])
    return words.signs[sign] if sign else match[0]


def _digits(run: str, words: Vocabulary) -> str:
    """Figure by figure up to a length a person can follow; a round number is one."""
    if len(run) <= _MOST_SPELLED:
        return run if run.endswith("00000") and run[0] != "0" else " ".join(run)
    return words.say("long_number", count=len(run))
