"""What a single letter behind a number measures: minutes or metres, seconds or a model, grams or gigabytes.

What stands around it decides; where nothing does, it is left as written. Used by ``numbers``.
"""

import re

from bot.speech.chat.vocabulary import Vocabulary

_LOOKED_AT = 24
"""Characters before and behind a measure that are looked at."""
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
"""By language and letter: each unit and what stands behind it then. The first that is found counts."""
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
    r"[ -](?:drives?|dis[ck]s?|ssds?|hdds?|cards?|sticks?|files?|binary|binaries|downloads?|images?|videos?|monitors?"
    r"|screens?|phones?|batter(?:y|ies)|chargers?|adapters?|cables?|bags?|bottles?|boxe?s?|packs?|plates?|dumbbells?"
    r"|races?|runs?|walks?|hikes?|limits?|caps?|plans?|connections?|line|fib(?:er|re)|guns?|lens(?:es)?|bullets?|rounds?"
    r"|updates?|patch(?:es)?|partitions?|swap|modules?|models?|games?|folders?|archives?|zip|iso|pdf|text|attachments?"
    r"|bulbs?|lamps?|psus?|radius|gap|hole|tunnels?|tower|wall|rope|pool|dash|sprint|timer|delay|cooldown|break|nap|clip"
    r"|penalty)(?:[^\w-]|$)",
    re.IGNORECASE,
)
"""What is measured, behind the measure: ``a 60 megabyte binary``."""


def is_before_thing(text: str, place: int) -> bool:
    """Whether what is measured is named right behind it, so that English has the unit in the singular."""
    return bool(_THINGS.match(text, place, place + _LOOKED_AT))


def meant(number: str, letter: str, measure: re.Match[str], language: str) -> str | None:
    """The unit that a letter stands for; None where it is not told, or no unit at all."""
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
    """``5g`` with data or a plan is a network, no size."""
    return None if unit == "gb" and len(number) == 1 and number in "2345" else unit


def spoken_span(written: str, words: Vocabulary) -> str:
    """``3h20m`` in words; as written where the parts are in no order."""
    parts = _SPAN_PART.findall(written)
    places = [_ORDER.index(unit) for _, unit in parts]
    if places != sorted(set(places)):
        return written
    said = [words.spans[_SPANS[unit]][1].format(count=count) for count, unit in parts]
    if words.language == "zh":
        return "".join(said)
    return " ".join(each[:-1] if each.startswith("1 ") else each for each in said)
