"""Numbers, units, money, dates: spelled where an engine misreads them, left alone where it reads them well.

Left: plain numbers, decimals, times of day, percentages, ordinals, years. A step of ``reader``.
"""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from bot.patterns import linear
from bot.speech.chat.draft import Draft
from bot.speech.chat.lexicon import NO_WORD_AFTER, NO_WORD_BEFORE
from bot.speech.chat.measures import is_before_thing, meant, spoken_span
from bot.speech.chat.vocabulary import Vocabulary

_DIGIT = re.compile(
    r"\d[^\s.,!?:\d]|\d\s[^\W\d_]|\d\s?[^\w\s.,!?:，。！？]|\d{8}|\d\.\d{1,2}\.\d|[$€£¥￥₹₩₽₿~～≈<>=≤≥≠±^]\s?\d"
)
"""A digit next to something that these rules know; ``20:40`` alone is none of their business."""
_FREE = rf"(?<![.,:/-]){NO_WORD_BEFORE}"
"""Where a number begins: in no word, and not within a longer figure."""
_DATE = re.compile(r"(?<![\d./-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d/-]|\.\d)")
_RANGE = re.compile(_FREE + r"(?<!\+)(\d{1,4})\s?[-–~～]\s?(\d{1,4})(?![\d:/-]|[.,]\d)")
_TIMES = re.compile(_FREE + r"(?!0[xX])(\d{1,5})(?:[xX]|\s[xX]\s)(\d{1,5})" + NO_WORD_AFTER)
_FOLD = re.compile(_FREE + r"(\d{1,4})[xX](?!²)" + NO_WORD_AFTER)
_PER_SECOND = re.compile(r"(?<=[\d ][kKMGT][Bb])/[sS](?![A-Za-z])")
_STAMP = re.compile(
    r"(?<![\w-])\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9}+)?)?(?:Z|[+-]\d{2}:?\d{2})?(?![\w:])"
)
"""A time as programs write it."""
_RATE = re.compile(
    r"(?<![\w.])(\d[\d.,]{0,8}+ ?[A-Za-z]{1,8}+)/(sec|second|min|minute|hr|hour|day|week|month|year)" + NO_WORD_AFTER
)
_BETWEEN = re.compile(r"(?<=\d)\s?([+×÷=*<>≤≥≠≈±])\s?(?=\d)")
_SAME_UNIT = re.compile(
    r"(?<=\d)(\s?(?:[^\W\d_]{1,3}+|[%％℃℉°]|°[CcFf]))\s?[-–~～]\s?(?=\d{1,6}+(?:\.\d{1,2}+)?\1" + NO_WORD_AFTER + ")"
)
"""``5%~10%``, ``5k-10k``: the same unit on either side."""
_REACH = re.compile(r"(?<=[\d°%％℃℉元块岁米年月日号点分度人个斤时天千万])\s?[~～]\s?(?=[-−]?\d)")
"""A wave behind a figure is no ``about``."""
_SAME_SIGN = re.compile(r"([$€£¥￥])(\d[\d,.]{0,12}+[kKmMbBwW万亿]?+)\s?[-–~～]\s?(?=\1\d)")
_CLOCKS = re.compile(_FREE + r"(\d{1,2}:\d{2})\s?[-–~～]\s?(?=\d{1,2}:\d{2}(?![\d:-]))")
_WEEK = re.compile(r"((周|星期|礼拜)[一二三四五六日天])\s?[-–—~～]\s?(?=(?:\2)?[一二三四五六日天])")
_PER = re.compile(
    r"(?<=[\d€$£¥元块刀万千个次k])/"
    rf"(?:(mo|month|yr|year|wk|week|day|hr|hour|h|min|person|kg){NO_WORD_AFTER}|(?=[月年天周日人小个次斤晚位]))"
)
_PERIODS = {
    "mo": "month",
    "yr": "year",
    "wk": "week",
    "hr": "hour",
    "h": "hour",
    "min": "minute",
    "sec": "second",
    "kg": "kilogram",
}
_SHARP = re.compile(
    _FREE
    + r"([248])k(?=\s?(?:(?i:videos?|monitors?|tvs?|screens?|resolution|displays?|movies?|quality|cameras?|footage|hdr"
    r"|ultra|60(?:fps|hz)?|uhd)\b|视频|屏|分辨率|画质|显示|电视|超清|高清|片源|电影|直播|摄像))"
)
"""A size of pictures."""
_POWER = re.compile(r"(?<![\w^])(\w{1,12})\^(\d{1,4}|[a-z])(?![\w^])")
_COMPARED = re.compile(r"(?<![^\s(（,，。\u3400-\u9fff])(>=|<=|[<>≤≥≈≠±])\s?(?=\d)")
_FRACTION = re.compile(_FREE + r"([123])/([234])(?![/.,:]\d|/)" + NO_WORD_AFTER)
_MIXED = re.compile(_FREE + r"(\d{1,3})(?:\s?([½¼¾⅓⅔])| ([123]/[234])(?![/.,:]\d|/))" + NO_WORD_AFTER)
_DECADE = re.compile(r"(?<!\w)['’‘](\d0)s" + NO_WORD_AFTER)
_DECADES = {
    "00": "two thousands", "10": "tens", "20": "twenties", "30": "thirties", "40": "forties", "50": "fifties",
    "60": "sixties", "70": "seventies", "80": "eighties", "90": "nineties",
}  # fmt: skip
_DECADE_BEFORE = ("he ", "early ", "late ", "mid ")
_DECADE_BEHIND = re.compile(r" (?:music|songs?|kids?|babies|movies?|shows?|style|rock|pop|hits|cartoons?)\b")
_FRACTIONS = {"1/2": "½", "1/4": "¼", "3/4": "¾", "1/3": "⅓", "2/3": "⅔"}
_ALWAYS = re.compile(_FREE + r"24/7(?!/)" + NO_WORD_AFTER)
_THOUSAND = re.compile(_FREE + r"(\d{1,3}(?:\.\d)?)k" + NO_WORD_AFTER)
_SPAN = re.compile(_FREE + r"(?<![+])\d{1,4}+ ?+[dhm](?: ?+\d{1,4}+ ?+[hms]){1,3}" + NO_WORD_AFTER)
"""``3h20m``, ``2d 5h``."""
_ABOUT = re.compile(
    NO_WORD_BEFORE + r"(?<!about )(?<![~啊哦喔噢呀吧呢嘛啦哈了的吗嗯呵哟嘿嘻呜哇诶欸咯喽哒滴])[~～≈](?=\d)"
)
"""Behind a Chinese word of feeling a wave draws it out."""
_RUN = linear(
    r"(?<![\d.,])(?<!\d[a-f])(?<!\d[a-f]{2})(?<!\d[a-f]{3})\d{8,}+(?![.,]\d)",
    "begins where digits begin, and takes all of them at once",
)
_LAUGHTER = re.compile(r"23{2,}|5{3,}|6{3,}")
"""In Chinese; ``slang`` says them."""
_MOST_SPELLED = 15
_AMOUNT = r"(\d{1,12}+(?:,\d{3}){0,4}+)(?:\.(\d{1,2}+))?+"
_CENTS = {"$": "cents", "€": "cents", "£": "pence"}
_CENT = {"$": "cent", "€": "cent", "£": "penny"}
_SAID_MONEY = {
    "$": ("dollar", "dollars", "us dollars", "buck", "bucks", "usd", "美元", "美金", "美刀", "刀"),
    "€": ("euro", "euros", "eur", "欧元", "欧"),
    "£": ("pound", "pounds", "quid", "gbp", "英镑", "镑"),
    "¥": ("yuan", "rmb", "cny", "元人民币", "块人民币", "人民币", "元钱", "块钱", "元", "块", "圆"),
    "₹": ("rupee", "rupees", "inr", "卢比"),
    "₩": ("won", "krw", "韩元"),
    "₽": ("rouble", "roubles", "ruble", "rubles", "rub", "卢布"),
    "₿": ("bitcoin", "bitcoins", "btc", "比特币"),
    "": (
        "yen", "jpy", "cad", "aud", "nzd", "hkd", "sgd", "twd", "ntd", "mxn", "日元", "日圆", "日币", "円",
        "加元", "加币", "澳元", "澳币", "港元", "港币", "台币", "新台币", "新元", "新币",
    ),
}  # fmt: skip
"""What people write behind an amount that has a sign already, by sign; the last are currencies that share one."""
_MONEY_SIGN = {name: sign for sign, names in _SAID_MONEY.items() for name in names}
_MONEY_NAME = (
    rf"(?:\s?((?i:{'|'.join(sorted((n for n in _MONEY_SIGN if n.isascii()), key=len, reverse=True))}){NO_WORD_AFTER}"
    rf"|{'|'.join(sorted((n for n in _MONEY_SIGN if not n.isascii()), key=len, reverse=True))}))?"
)
_PERCENT = re.compile(r"(百分之\s?\d{1,6}(?:\.\d{1,4})?)\s?[%％]")
_LARGE = {
    "k": "thousand", "m": "million", "mn": "million", "mil": "million", "b": "billion", "bn": "billion",
    "t": "trillion", "tn": "trillion", "w": "万",
}  # fmt: skip
_FACTORS = {"thousand": 10**3, "万": 10**4, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SCALES_EN = (("trillion", 10**12), ("billion", 10**9), ("million", 10**6), ("thousand", 10**3))
_SCALES_ZH = (("万亿", 10**12), ("亿", 10**8), ("万", 10**4), ("千", 10**3))
_SPELLED_LARGE = (
    rf"((?i:k|mn?|bn?|tn?|w){NO_WORD_AFTER}"
    rf"|\s?(?:k|mn?|bn?|(?i:thousand|million|billion|trillion)|万|亿|千){NO_WORD_AFTER})?"
)
_COUNTED = re.compile(
    _FREE
    + r"(\d{1,4}+(?:\.\d{1,2}+)?+)\s?+((?i:k|mn?|mil|bn?))(?=\s?(?:(?i:views?|subs?|subscribers?|followers?|people|ppl"
    r"|downloads?|users?|likes?|plays|players?|streams?|copies|dollars|bucks|euros|hits|visits|visitors|sales|members"
    r"|points|tokens|params|parameters|records|messages|msgs|requests|years)\b|粉|播放|观看|订阅|用户|人|点赞|赞|下载|阅读|次))"
)
"""``5m views`` are no metres."""
_WAN = re.compile(_FREE + r"(\d{1,6}(?:\.\d{1,2})?)([wW])" + NO_WORD_AFTER)
_WATTS = re.compile(r"\s?(?:灯|瓦|功率|快充|充|电|适配|音箱|显卡|光|LED|led)")
_WATTS_BEFORE = ("功率", "充电", "快充", "瓦数", "电源")
_CROWD = re.compile(r"\s?(?:[+多粉人块元播赞字单次票股刀美条个]|观看|阅读|点击|订阅|用户|存款)")
_CROWD_BEFORE = tuple("薪资款金丝赚花卖亏")


def spell(draft: Draft) -> None:
    """Spell what stands with digits."""
    words = draft.words
    if words.language == "zh":
        draft.change(_WEEK, "number", lambda match: words.say("range", low=match[1], high=""))
        draft.change(_PERCENT, "number", lambda match: match[1])
    if not _DIGIT.search(draft.text):
        return
    if "/s" in draft.text or "/S" in draft.text:
        draft.change(_PER_SECOND, "number", lambda _: words.say("per_second"))
    if "T" in draft.text:
        draft.text = _STAMP.sub(lambda match: draft.keep(match[0]), draft.text)
    draft.change(_DATE, "date", lambda match: _date(match, words))
    draft.change(_DECADE, "number", lambda match: words.say("decade", number=match[1], name=_DECADES[match[1]]))
    draft.change(_SAME_SIGN, "number", lambda match: words.say("range", low=match[1] + match[2], high=""))
    draft.change(_CLOCKS, "number", lambda match: words.say("range", low=match[1], high=""))
    draft.change(_PER, "number", lambda match: words.say("per", unit=_PERIODS.get(match[1] or "", match[1] or "")))
    if words.language == "en" and "/" in draft.text:
        draft.change(_RATE, "number", lambda match: match[1] + words.say("per", unit=_PERIODS.get(match[2], match[2])))
    draft.change(_SHARP, "number", lambda match: f"{match[1]}K")
    draft.change(_POWER, "number", lambda match: words.say("power", base=match[1], exponent=match[2]))
    draft.change(_COMPARED, "number", lambda match: words.apart(words.signs[match[1]]))
    draft.change(_SAME_UNIT, "number", lambda match: words.say("range", low=match[1], high=""))
    draft.change(_RANGE, "number", lambda match: _range(match, words))
    before, behind = _money(words)
    draft.change(before, "money", lambda match: _paid(match[1], (match[2], match[3]), match[4], match[5], words))
    draft.change(behind, "money", lambda match: _paid(match[4], (match[1], match[2]), match[3], match[5], words))
    draft.change(_COUNTED, "number", lambda match: _large(match[1], match[2], words))
    if words.language == "zh":
        draft.change(_WAN, "number", _wan)
    draft.change(_REACH, "number", lambda _: words.say("range", low="", high=""))
    draft.change(_SPAN, "unit", lambda match: spoken_span(match[0], words))
    spelled = draft.text
    draft.change(_units(words), "unit", lambda match: _measured(match, words))
    if draft.text is not spelled:
        draft.text = _twice(words).sub(lambda match: _once(match, words), draft.text)
    draft.change(_THOUSAND, "number", lambda match: _large(match[1], "k", words))
    draft.change(_MIXED, "number", lambda match: _mixed(match, words))
    draft.change(_TIMES, "number", lambda match: words.say("by", left=match[1], right=match[2]))
    draft.change(_FOLD, "number", lambda match: _fold(match, words))
    draft.change(_ALWAYS, "number", lambda _: words.say("always"))
    draft.change(_FRACTION, "number", lambda match: _fraction(match, words))
    draft.change(_BETWEEN, "number", lambda match: words.apart(words.signs[match[1]]))
    draft.change(_ABOUT, "number", lambda _: words.say("about", number=""))
    draft.change(_RUN, "digits", lambda match: _digits(match[0], words))


def _fold(match: re.Match[str], words: Vocabulary) -> str:
    """``2x``; a capital behind a number is a model where people write Chinese."""
    is_name = match[0][-1] == "X" if words.language == "zh" else match[1] == "1"
    return match[0] if is_name else words.say("fold", number=match[1])


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
        re.compile(rf"{NO_WORD_BEFORE}([{re.escape(signs)}])\s?{_AMOUNT}(?!\d|[.,]\d){_SPELLED_LARGE}{_MONEY_NAME}"),
        re.compile(
            rf"{_FREE}{_AMOUNT}{_SPELLED_LARGE}\s?([{re.escape(signs)}])(?![{re.escape(signs)}]){NO_WORD_AFTER}{_MONEY_NAME}"
        ),
    )


def _money(words: Vocabulary) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The sign before the amount, and behind it."""
    return _money_patterns("".join(words.money))


def _paid(sign: str, amount: tuple[str, str | None], large: str | None, name: str | None, words: Vocabulary) -> str:
    """An amount with its currency, once: ``name`` is what was written behind it beside the sign."""
    one, several = words.money[sign]
    if name and _MONEY_SIGN[name.lower()] not in (sign, "¥" if sign == "￥" else sign):
        one = several = name  # yen, Canadian dollars
    whole, cents = amount
    number = f"{whole}.{cents}" if cents else whole
    if words.language == "zh":
        return (_large(number, large, words) if large else number) + several
    if large:
        return f"{_large(number, large, words)} {several}"
    unit = one if whole == "1" else several
    few = int(cents.ljust(2, "0")) if cents else 0
    if few and whole == "0" and sign in _CENTS:
        return f"{few} {_CENTS[sign] if few > 1 else _CENT[sign]}"
    return words.say("cents", whole=whole, unit=unit, cents=few) if few else f"{whole} {unit}"


def _large(number: str, written: str, words: Vocabulary) -> str:
    """``5k``, ``1.5 million`` as people count: in thousands, millions … or in 千, 万, 亿."""
    scale = written.strip().lower()
    scale = _LARGE.get(scale, scale)
    own = _SCALES_ZH if words.language == "zh" else _SCALES_EN
    if scale not in _FACTORS or any(scale == name for name, _ in own):
        return f"{number}{scale}" if words.language == "zh" else f"{number} {scale}"
    value = Decimal(number.replace(",", "")) * _FACTORS[scale]
    name, size = next((each for each in own if value >= each[1]), ("", 1))
    counted = f"{(value / size).normalize():f}"
    return f"{counted}{name}" if words.language == "zh" else f"{counted} {name}".rstrip()


def _wan(match: re.Match[str]) -> str:
    """In Chinese chat ``w`` is ten thousand, but for lamps and chargers; ``W`` only where people or money are."""
    before, behind = (
        match.string[max(0, match.start() - 4) : match.start()].rstrip(),
        match.string[match.end() : match.end() + 6],
    )
    if before.endswith(_WATTS_BEFORE) or _WATTS.match(behind):
        return match[0]
    is_count = match[2] == "w" or before.endswith(_CROWD_BEFORE) or _CROWD.match(behind)
    return f"{match[1]}万" if is_count else match[0]


def _mixed(match: re.Match[str], words: Vocabulary) -> str:
    """``10½``."""
    sign = match[2] or _FRACTIONS.get(match[3])
    if not sign:
        return match[0]
    return words.say("mixed", whole=match[1], part=words.signs[sign].replace("one ", "a ", 1))


@lru_cache(maxsize=2)
def _units_pattern(units: tuple[str, ...]) -> re.Pattern[str]:
    long = sorted((unit for unit in units if len(unit) > 1 or not unit.isascii()), key=len, reverse=True)
    # A single letter must touch its number, and be small where it would be something else: 5G, 10K, 3D.
    joined = "|".join(re.escape(unit) for unit in long)
    letters = "".join(unit for unit in units if len(unit) == 1 and unit.isascii())
    return re.compile(
        rf"(?:(?<![^\s(（:：,，、\u3400-\u9fff])([-−–])|{_FREE})(\d{{1,12}}+(?:[.,]\d{{1,6}}+){{0,4}}+)(?:\s?((?i:{joined}))|([{letters}VW]))(?![²³/'’°]){NO_WORD_AFTER}"
    )


def _units(words: Vocabulary) -> re.Pattern[str]:
    return _units_pattern(tuple(words.units))


def _measured(match: re.Match[str], words: Vocabulary) -> str:
    number, sign = match[2], (match[3] or match[4]).lower()
    if sign == "s" and (len(number) == 4 or _is_decade(number, match)):
        return match[0]  # the 1990s, the 90s
    if match[4]:
        told = meant(number, sign, match, words.language)
        if told is None:
            return match[0]
        sign = told
    below = ""
    if match[1]:
        is_warmth = sign[0] in "°℃℉"
        if not is_warmth and match.string[max(0, match.start() - 1) : match.start()] not in ("", " ", "\n"):
            return match[0]
        below = words.say("below" if is_warmth else "minus")
    one, several = words.units[sign]
    unit = one if number == "1" or is_before_thing(match.string, match.end()) else several
    return below + (number + unit if words.language == "zh" else f"{number} {unit}")


@lru_cache(maxsize=2)
def _twice_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    each = "|".join(sorted(names, key=len, reverse=True))
    return re.compile(rf"(\d\s?+)((?>{each}))\s?+((?i:{each}|摄氏|度|degrees?)){NO_WORD_AFTER}")


def _twice(words: Vocabulary) -> re.Pattern[str]:
    """A unit said, and the unit behind it as it was written once more."""
    return _twice_pattern(tuple(dict.fromkeys(name for names in words.units.values() for name in names)))


def _once(match: re.Match[str], words: Vocabulary) -> str:
    """``20℃度`` is 20 degrees once."""
    said, again = match[2], match[3].lower()
    same = any(said in names and again in map(str.lower, names) for names in words.units.values())
    return match[1] + said if same or (again in said.lower() and again in ("度", "degree", "degrees")) else match[0]


def _is_decade(number: str, match: re.Match[str]) -> bool:
    """Whether ``90s`` are years."""
    if len(number) != 2 or number[-1] != "0":
        return False
    before = match.string[max(0, match.start() - 6) : match.start()].lower()
    return before.endswith(_DECADE_BEFORE) or bool(_DECADE_BEHIND.match(match.string, match.end()))


def _fraction(match: re.Match[str], words: Vocabulary) -> str:
    sign = _FRACTIONS.get(match[0])
    return words.signs[sign] if sign else match[0]


def _digits(run: str, words: Vocabulary) -> str:
    """Figure by figure up to a length a person can follow; a round number is one."""
    if words.language == "zh" and _LAUGHTER.fullmatch(run):
        return run
    if len(run) <= _MOST_SPELLED:
        return run if run.endswith("00000") and run[0] != "0" else " ".join(run)
    return words.say("long_number", count=len(run))
