"""Numbers, units, money, dates and times: spelled out if engines misread them."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from bot.normalization.draft import Draft
from bot.normalization.lexicon import NO_WORD_AFTER, NO_WORD_BEFORE
from bot.normalization.vocabulary import Vocabulary
from bot.patterns import linear

_LOOKED_AT = 24
"""Characters before and after a measure that are examined."""
_SPAN_PART = re.compile(r"(\d{1,4}) ?([dhms])")
_ORDER = "dhms"
_SPANS = {"d": "day", "h": "hour", "m": "minute", "s": "second"}

_TIME = (
    "ago|left|later|late|early|earlier|more|remaining|to go|timer|break|wait|delay|cooldown|cd|queue|timeout|from now"
    "|max|tops|nap|call|meeting|video|vid|clip|song|episode|before|until|till|already|straight|penalty|lag|each|intro"
    "|ads?"
)
_LENGTH = (
    "away|tall|high|wide|deep|long|thick|from|below|above|under|up|down|distance|cables?|rope|cord|hdmi|lan|ethernet"
    "|sprint|dash|race|pool|swim|tower|dive|radius|range|drop|fall|jump|wall|ladder|pole|behind|ahead|apart|by \\d"
    "|squared?|freestyle|butterfly|hurdles|relay|of (?:cable|rope|fabric|hose|wire)"
)
_MOVED = (
    "walk(?:ed|ing)?|r[au]n|running|sw[ia]m|jump(?:ed)?|height|distance|depth|length|width|climb(?:ed)?|fell|drop(?:ped)?"
    "|div(?:e|ed)|dove|radius|range|thr[oe]w|d[iu]g|crawl(?:ed)?|tall|altitude|elevation"
)
_WAITED = (
    "within|after|every|last|past|next|wait(?:ed|ing)?|brb|gimme|give me|takes?|took|needs?|another|lasts?|afk|cooldown"
    "|timer|delay|timeout|(?:in|for)(?: about| like| around)?"
)
_STORED = "ram|memory|storage|space|data|swap|disk"
_FOOD = (
    "protein|carbs?|fat|sugar|fib(?:er|re)|salt|butter|flour|rice|meat|chicken|beef|chocolate|cheese|coffee|tea|weed|gold"
    "|silver|creatine|caffeine|servings?|packets?|bars?|bags?"
)
_STORES = (
    "(?:hard |ssd |flash |thumb |usb )?(?:drives?|dis[ck]s?)|hdds?|ssds?|hds?|ram|memory|storage|partitions?|cards?"
    "|sticks?|swap|files?|iso|images?|downloads?|free|space|data|plan|quota|nvme|usb|vm"
)
_LENGTH_ZH = "高|长|宽|深|远|外|处|跑|短跑|长跑|冲刺|栏|接力|自由泳|蛙泳|蝶泳|仰泳|的?距离|的?绳|的?线|开外|见方|水深"
_AFTER_ZH = "后|之后|以后|前|之前|内|之内|以内|钟|就"
_WAITED_ZH = "等|等我|等等|还有|还剩|再|再等|给我|过|迟到|提前|推迟|延迟|休息|只剩|剩|不到|冷却|持续|用时"
_FOOD_ZH = "糖|盐|面粉|大?米|[牛猪鸡羊鱼瘦]?肉|蛋白|黄?金|银|茶|咖啡|牛?奶|药|脂肪|碳水|油|鸡蛋|水果|蔬菜|巧克力"
_STORED_ZH = "流量|内存|硬盘|空间|固态|显存|文件|存储|运存|运行|套餐|[uU]盘|电影|视频|资源|种子"

_BEHIND = {
    "en m": {
        "min": rf"\s?(?:{_TIME}|walk|drive|ride|old)\b|,? ?(?:and )?\d{{1,3}} ?s\b",
        "m": rf"\s?(?:{_LENGTH})\b|\s?[x×]\s?\d",
    },
    "en s": {"s": rf"\s?(?:{_TIME}|long|response|load)\b"},
    "en g": {"gb": rf"\s?(?:of (?:{_STORED})|{_STORES})\b", "g": rf"\s?(?:of |(?:{_FOOD})\b)"},
    "zh m": {"m": rf"\s?(?:{_LENGTH_ZH})", "min": rf"\s?(?:{_AFTER_ZH}|再|休息)"},
    "zh s": {"s": rf"\s?(?:{_AFTER_ZH}|延迟|冷却|视频|一次|左右)"},
    "zh g": {"g": rf"\s?的?(?:{_FOOD_ZH})", "gb": rf"\s?的?(?:{_STORED_ZH})"},
}
"""By language and letter: each unit and what follows it then. The first match counts."""
_BEFORE = {
    "en m": {
        "min": r"\d ?(?:h|hrs?|hours?),? ?(?:and )?$",
        "m": rf"\b(?:{_MOVED})(?: of| is| was| about| around| for)? ?$",
        "min ": rf"\b(?:{_WAITED}) ?$",
    },
    "en s": {"s": rf"\d ?(?:m|mins?|minutes?),? ?(?:and )?$|\b(?:{_WAITED}|under) ?$"},
    "en g": {
        "g": r"\b(?:weigh(?:s|ed|ing)?|eat|ate|add|mix)(?: about| around| in)? ?$",
        "gb": r"\b(?:ram|memory|disk|drive|storage|hdd?|ssd|swap|partition)(?: is| of|:)? ?$",
    },
    "zh m": {
        "m": r"(?:身高|[高长宽深跑走游跳离]|距离|海拔|水深|相距)了?(?:大?约|大概|差不多)? ?$",
        "min": rf"(?:{_WAITED_ZH}|[晚早睡花用聊])了? ?$|\d ?(?:h|小时),? ?$",
    },
    "zh s": {"s": rf"\d ?(?:m|分|分钟),? ?$|(?:{_WAITED_ZH}|[快慢])了? ?$"},
    "zh g": {
        "g": r"(?:净重|体重|重量?|[加放吃喝盐糖含]|蛋白质?|每天|克重)了?(?:大?约|大概)? ?$",
        "gb": r"(?:流量|内存|硬盘|显存|固态|运存|[uU]盘)(?:有|是|才|还有|还剩|只有|只剩)? ?$",
    },
}


_BEHIND_IT, _BEFORE_IT = (
    {
        key: [(re.compile(pattern, re.IGNORECASE), unit.strip()) for unit, pattern in units.items()]
        for key, units in table.items()
    }
    for table in (_BEHIND, _BEFORE)
)
_THINGS = re.compile(
    r"[ -](?:usb )?(?:drives?|thumbdrives?|dis[ck]s?|ssds?|hdds?|cards?|sticks?|files?|binary|binaries|downloads?"
    r"|images?|videos?|monitors?"
    r"|screens?|phones?|batter(?:y|ies)|chargers?|adapters?|cables?|bags?|bottles?|boxe?s?|packs?|plates?|dumbbells?"
    r"|races?|runs?|walks?|hikes?|limits?|caps?|plans?|connections?|line|fib(?:er|re)|guns?|lens(?:es)?|bullets?|rounds?"
    r"|updates?|patch(?:es)?|partitions?|swap|modules?|models?|games?|folders?|archives?|zip|iso|pdf|text|attachments?"
    r"|bulbs?|lamps?|psus?|radius|gap|hole|tunnels?|tower|wall|rope|pool|dash|sprint|timer|delay|cooldown|break|nap|clip"
    r"|penalty)(?:[^\w-]|$)",
    re.IGNORECASE,
)
"""Nouns after a measure: ``a 60 megabyte binary``."""


def is_before_thing(text: str, place: int) -> bool:
    """Return whether a noun follows the measure, so that English has the unit in the singular."""
    return bool(_THINGS.match(text, place, place + _LOOKED_AT))


def meant(number: str, letter: str, measure: re.Match[str], language: str) -> str | None:
    """Return the unit of a letter; None if unknown, or no unit at all."""
    key = f"{language} {letter}"
    if key not in _BEHIND_IT:
        return letter
    if number.startswith("802.11"):
        return None
    text, start, end = measure.string, measure.start(), measure.end()
    before, behind = text[max(0, start - _LOOKED_AT) : start], text[end : end + _LOOKED_AT]
    for pattern, unit in _BEHIND_IT[key]:
        if pattern.match(behind):
            return _size(number, unit)
    for pattern, unit in _BEFORE_IT[key]:
        if pattern.search(before):
            return _size(number, unit)
    return "s" if letter == "s" and "." in number and language == "en" else None


def _size(number: str, unit: str) -> str | None:
    """Return the unit of ``5g``; None with data or a plan, where it is a network."""
    return None if unit == "gb" and len(number) == 1 and number in "2345" else unit


def spoken_span(written: str, words: Vocabulary) -> str:
    """Return ``3h20m`` in words; unchanged if the parts are not in order."""
    parts = _SPAN_PART.findall(written)
    places = [_ORDER.index(unit) for _, unit in parts]
    if places != sorted(set(places)):
        return written
    said = [words.spans[_SPANS[unit]][1].format(count=count) for count, unit in parts]
    if words.language == "zh":
        return "".join(said)
    return " ".join(each[:-1] if each.startswith("1 ") else each for each in said)


_DIGIT = re.compile(
    r"\d[^\s.,!?:\d]|\d\s[^\W\d_]|\d\s?[^\w\s.,!?:，。！？]|\d{8}|\d\.\d{1,2}\.\d|[$€£¥￥₹₩₽₿~～≈<>=≤≥≠±^]\s?\d"
)
"""A digit next to something these rules know; ``20:40`` alone is not."""
_FREE = rf"(?<![.,:/-]){NO_WORD_BEFORE}"
"""Possible beginning of a number: in no word, and not within a longer number."""
_DATE = re.compile(r"(?<![\d./-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d/-]|\.\d)")
_RANGE = re.compile(_FREE + r"(?<!\+)(\d{1,4})\s?[-–~～]\s?(\d{1,4})(?![\d:/-]|[.,]\d)")
_TIMES = re.compile(_FREE + r"(?!0[xX])(\d{1,5})(?:[xX]|\s[xX]\s)(\d{1,5})" + NO_WORD_AFTER)
_FOLD = re.compile(_FREE + r"(\d{1,4})[xX](?!²)" + NO_WORD_AFTER)
_PER_SECOND = re.compile(r"(?<=[\d ][kKMGT][Bb])/[sS](?![A-Za-z])")
_STAMP = re.compile(
    r"(?<![\w-])\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9}+)?)?(?:Z|[+-]\d{2}:?\d{2})?(?![\w:])"
)
"""A timestamp as programs write it."""
_RATE = re.compile(
    r"(?<![\w.])(\d[\d.,]{0,8}+ ?[A-Za-z]{1,8}+)/(sec|second|min|minute|hr|hour|day|week|month|year)" + NO_WORD_AFTER
)
_BETWEEN = re.compile(r"(?<=\d)\s?([+×÷=*<>≤≥≠≈±])\s?(?=\d)")
_SAME_UNIT = re.compile(
    r"(?<=\d)(\s?(?:[^\W\d_]{1,3}+|[%％℃℉°]|°[CcFf]))\s?[-–~～]\s?(?=\d{1,6}+(?:\.\d{1,2}+)?\1" + NO_WORD_AFTER + ")"
)
"""``5%~10%``, ``5k-10k``: the same unit on both sides."""
_REACH = re.compile(r"(?<=[\d°%％℃℉元块岁米年月日号点分度人个斤时天千万])\s?[~～]\s?(?=[-−]?\d)")
"""A tilde after a number does not mean ``about``."""
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
"""A picture size."""
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
"""After a Chinese emotional word a tilde draws it out."""
_RUN = linear(
    r"(?<![\d.,])(?<!\d[a-f])(?<!\d[a-f]{2})(?<!\d[a-f]{3})\d{8,}+(?![.,]\d)",
    "begins where digits begin, and takes all of them at once",
)
_LAUGHTER = re.compile(r"23{2,}|5{3,}|6{3,}")
"""In Chinese; handled by ``slang``."""
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
"""Currency words after an amount with a currency symbol, by symbol; the last are currencies that share one."""
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
"""``5m views`` are not metres."""
_WAN = re.compile(_FREE + r"(\d{1,6}(?:\.\d{1,2})?)([wW])" + NO_WORD_AFTER)
_WATTS = re.compile(r"\s?(?:灯|瓦|功率|快充|充|电|适配|音箱|显卡|光|LED|led)")
_WATTS_BEFORE = ("功率", "充电", "快充", "瓦数", "电源")
_CROWD = re.compile(r"\s?(?:[+多粉人块元播赞字单次票股刀美条个]|观看|阅读|点击|订阅|用户|存款)")
_CROWD_BEFORE = tuple("薪资款金丝赚花卖亏")


def spell(draft: Draft) -> None:
    """Spell out measures, money, dates and other expressions with digits."""
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
    """Return ``2x`` spelled; a capital after a number is a model in Chinese text."""
    is_name = match[0][-1] == "X" if words.language == "zh" else match[1] == "1"
    return match[0] if is_name else words.say("fold", number=match[1])


def _date(match: re.Match[str], words: Vocabulary) -> str:
    try:
        day = date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return match[0]
    return words.say("date_year", year=day.year, month=words.months[day.month - 1], day=day.day)


def _range(match: re.Match[str], words: Vocabulary) -> str:
    """Return ``5-10`` as 5 to 10; ``3-1`` is a score, ``555-1234`` a telephone number."""
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
    """Return patterns for the currency before and after the amount."""
    return _money_patterns("".join(words.money))


def _paid(sign: str, amount: tuple[str, str | None], large: str | None, name: str | None, words: Vocabulary) -> str:
    """Return an amount with its currency once; ``name`` is what was written after it besides the symbol."""
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
    """Return ``5k``, ``1.5 million`` in words: thousands, millions … or 千, 万, 亿."""
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
    """Return ``w`` after a number as ten thousand in Chinese, except for lamps; ``W`` only with people or money."""
    before, behind = (
        match.string[max(0, match.start() - 4) : match.start()].rstrip(),
        match.string[match.end() : match.end() + 6],
    )
    if before.endswith(_WATTS_BEFORE) or _WATTS.match(behind):
        return match[0]
    is_count = match[2] == "w" or before.endswith(_CROWD_BEFORE) or _CROWD.match(behind)
    return f"{match[1]}万" if is_count else match[0]


def _mixed(match: re.Match[str], words: Vocabulary) -> str:
    """Return ``10½`` in words."""
    sign = match[2] or _FRACTIONS.get(match[3])
    if not sign:
        return match[0]
    return words.say("mixed", whole=match[1], part=words.signs[sign].replace("one ", "a ", 1))


@lru_cache(maxsize=2)
def _units_pattern(units: tuple[str, ...]) -> re.Pattern[str]:
    long = sorted((unit for unit in units if len(unit) > 1 or not unit.isascii()), key=len, reverse=True)
    # A single letter must touch its number, and be lower-case if it is ambiguous: 5G, 10K, 3D.
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
    """Return a pattern for a spoken unit followed by the same unit as written."""
    return _twice_pattern(tuple(dict.fromkeys(name for names in words.units.values() for name in names)))


def _once(match: re.Match[str], words: Vocabulary) -> str:
    """Return ``20℃度`` as 20 degrees once."""
    said, again = match[2], match[3].lower()
    same = any(said in names and again in map(str.lower, names) for names in words.units.values())
    return match[1] + said if same or (again in said.lower() and again in ("度", "degree", "degrees")) else match[0]


def _is_decade(number: str, match: re.Match[str]) -> bool:
    """Return whether ``90s`` are years."""
    if len(number) != 2 or number[-1] != "0":
        return False
    before = match.string[max(0, match.start() - 6) : match.start()].lower()
    return before.endswith(_DECADE_BEFORE) or bool(_DECADE_BEHIND.match(match.string, match.end()))


def _fraction(match: re.Match[str], words: Vocabulary) -> str:
    sign = _FRACTIONS.get(match[0])
    return words.signs[sign] if sign else match[0]


def _digits(run: str, words: Vocabulary) -> str:
    """Return digits one by one up to a length a person can follow; a round number as one."""
    if words.language == "zh" and _LAUGHTER.fullmatch(run):
        return run
    if len(run) <= _MOST_SPELLED:
        return run if run.endswith("00000") and run[0] != "0" else " ".join(run)
    return words.say("long_number", count=len(run))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEPS = (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
"""Seconds of each unit, with a year of 365.25 days."""
_ZH_PARTS = ((0, "凌晨"), (6, "早上"), (9, "上午"), (12, "中午"), (13, "下午"), (18, "晚上"))


def spoken_time(seconds: int, style: str, now: datetime, words: Vocabulary) -> str:
    """Return a time in one of Discord's seven styles (``t T d D f F R``), in the zone of ``now``."""
    try:
        moment = (_EPOCH + timedelta(seconds=seconds)).astimezone(now.tzinfo)
    except (OverflowError, ValueError, OSError):
        return words.say("time")
    if style == "R":
        return distance(moment - now, words)
    if style in "tT":
        return _clock(moment, words, seconds=style == "T")
    date = _spoken_date(moment, now, words)
    if style == "F":
        date = words.say("weekday", weekday=words.days[moment.weekday()], date=date)
    return date if style in "dD" else words.say("moment", day=date, clock=_clock(moment, words, seconds=False))


def distance(gap: timedelta, words: Vocabulary) -> str:
    """Return ``in 5 minutes``, ``2 hours ago``: the largest whole unit."""
    seconds = round(gap.total_seconds())
    for unit, length in _STEPS:
        count = abs(seconds) // length
        if count:
            one, several = words.spans[unit]
            span = (one if count == 1 else several).format(count=count)
            return words.say("future" if seconds > 0 else "past", span=span)
    return words.say("present")


def duration(seconds: float, words: Vocabulary) -> str:
    """Return ``2 minutes and 5 seconds``."""
    whole = max(1, round(seconds))
    parts = []
    for unit, length in _STEPS[3:]:
        count, whole = divmod(whole, length)
        if count:
            one, several = words.spans[unit]
            parts.append((one if count == 1 else several).format(count=count))
    return words.joined(parts) if words.language == "en" else "".join(parts)


def _spoken_date(moment: datetime, now: datetime, words: Vocabulary) -> str:
    """Return the date, without the current year."""
    name = "date" if moment.year == now.year else "date_year"
    return words.say(name, year=moment.year, month=words.months[moment.month - 1], day=moment.day)


def _clock(moment: datetime, words: Vocabulary, *, seconds: bool) -> str:
    if words.language == "en":
        tail = f":{moment.second:02}" if seconds else ""
        return f"{moment.hour % 12 or 12}:{moment.minute:02}{tail} {'PM' if moment.hour >= 12 else 'AM'}"
    part = next(name for hour, name in reversed(_ZH_PARTS) if moment.hour >= hour)
    hour = moment.hour - 12 if moment.hour > 12 else moment.hour
    minute = f"{moment.minute}分" if moment.minute or seconds else ""
    return f"{part}{hour}点{minute}" + (f"{moment.second}秒" if seconds else "")
