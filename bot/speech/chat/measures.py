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
    r"ago|left|later|late|early|earlier|more|remaining|to go|timer|break|wait|delay|cooldown|cd|queue|timeout|from now|max"
    r"|tops|nap|call|meeting|video|vid|clip|song|episode|before|until|till|already|straight|penalty|lag|each|intro|ads?"
)
_AFTER = {
    ("en", "m"): (
        (rf"\s?(?:{_TIME}|walk|drive|ride|old)\b", "min"),
        (
            r"\s?(?:away|tall|high|wide|deep|long|thick|from|below|above|under|up|down|distance|cables?|rope|cord|hdmi|lan"
            r"|ethernet|sprint|dash|race|pool|swim|tower|dive|radius|range|drop|fall|jump|wall|ladder|pole|behind|ahead"
            r"|apart|by \d|squared?|freestyle|butterfly|hurdles|relay|of (?:cable|rope|fabric|hose|wire))\b|\s?[x×]\s?\d",
            "m",
        ),
        (r",? ?(?:and )?\d{1,3} ?s\b", "min"),
    ),
    ("en", "s"): ((rf"\s?(?:{_TIME}|long|response|load)\b", "s"),),
    ("en", "g"): (
        (
            r"\s?(?:of (?!ram|memory|storage|space|data|swap|disk)|protein|carbs?|fat|sugar|fib(?:er|re)|salt|butter|flour|rice"
            r"|meat|chicken|beef|chocolate|cheese|coffee|tea|weed|gold|silver|creatine|caffeine|servings?|packets?|bars?"
            r"|bags?)\b",
            "g",
        ),
        (
            r"\s?(?:of (?:ram|memory|storage|space|data|swap|disk)|(?:hard |ssd |flash |thumb |usb )?(?:drives?|dis[ck]s?)"
            r"|hdds?|ssds?|hds?|ram|memory|storage|partitions?|cards?|sticks?|swap|files?|iso|images?|downloads?|free|space"
            r"|data|plan|quota|nvme|usb|vm)\b",
            "gb",
        ),
    ),
    ("zh", "m"): (
        (r"\s?(?:高|长|宽|深|远|外|处|跑|短跑|长跑|冲刺|栏|接力|自由泳|蛙泳|蝶泳|仰泳|的?距离|的?绳|的?线|开外|见方|水深)", "m"),
        (r"\s?(?:后|之后|以后|前|之前|内|之内|以内|钟|就|再|休息)", "min"),
    ),
    ("zh", "s"): ((r"\s?(?:后|之后|以后|前|之前|内|之内|以内|钟|就|延迟|冷却|视频|一次|左右)", "s"),),
    ("zh", "g"): (
        (r"\s?的?(?:糖|盐|面粉|大?米|[牛猪鸡羊鱼瘦]?肉|蛋白|黄?金|银|茶|咖啡|牛?奶|药|脂肪|碳水|油|鸡蛋|水果|蔬菜|巧克力)", "g"),
        (r"\s?的?(?:流量|内存|硬盘|空间|固态|显存|文件|存储|运存|运行|套餐|[uU]盘|电影|视频|资源|种子)", "gb"),
    ),
}  # fmt: skip
_BEFORE = {
    ("en", "m"): (
        (r"\d ?(?:h|hrs?|hours?),? ?(?:and )?$", "min"),
        (
            r"\b(?:walk(?:ed|ing)?|r[au]n|running|sw[ia]m|jump(?:ed)?|height|distance|depth|length|width|climb(?:ed)?|fell"
            r"|drop(?:ped)?|div(?:e|ed)|dove|radius|range|thr[oe]w|d[iu]g|crawl(?:ed)?|tall|altitude|elevation)"
            r"(?: of| is| was| about| around| for)? ?$",
            "m",
        ),
        (
            r"\b(?:in|for|within|after|every|last|past|next|wait(?:ed|ing)?|brb|gimme|give me|take|takes|took|needs?|another"
            r"|lasts?|afk|back in about|in (?:about|like|around)|for (?:about|like|around)|cooldown|timer|delay) ?$",
            "min",
        ),
    ),
    ("en", "s"): (
        (r"\d ?(?:m|mins?|minutes?),? ?(?:and )?$", "s"),
        (
            r"\b(?:in|within|wait(?:ed|ing)?|after|every|last|next|takes?|took|another|lasts?|cooldown|timer|delay|timeout"
            r"|in (?:about|like|around)|for(?: about| like| around)?|under) ?$",
            "s",
        ),
    ),
    ("en", "g"): (
        (r"\b(?:weigh(?:s|ed|ing)?|eat|ate|add|mix)(?: about| around| in)? ?$", "g"),
        (r"\b(?:ram|memory|disk|drive|storage|hdd?|ssd|swap|partition)(?: is| of|:)? ?$", "gb"),
    ),
    ("zh", "m"): (
        (r"(?:身高|[高长宽深跑走游跳离]|距离|海拔|水深|相距|大约高)了?(?:大?约|大概|差不多)? ?$", "m"),
        (r"(?:等|等我|等等|还有|还剩|再|再等|给我|过|[晚早睡花用聊]|迟到|提前|推迟|延迟|休息|只剩|剩|不到|大概等)了? ?$", "min"),
        (r"\d ?(?:h|小时),? ?$", "min"),
    ),
    ("zh", "s"): (
        (r"\d ?(?:m|分|分钟),? ?$", "s"),
        (r"(?:等|等我|还有|还剩|再|再等|给我|过|延迟|冷却|持续|只剩|剩|用时|不到|[快慢])了? ?$", "s"),
    ),
    ("zh", "g"): (
        (r"(?:净重|体重|重量?|[加放吃喝盐糖含]|蛋白质?|每天|克重)了?(?:大?约|大概)? ?$", "g"),
        (r"(?:流量|内存|硬盘|显存|固态|运存|[uU]盘)(?:有|是|才|还有|还剩|只有|只剩)? ?$", "gb"),
    ),
}  # fmt: skip
_COMPILED = {
    side: {key: [(re.compile(pattern, re.IGNORECASE), unit) for pattern, unit in rows] for key, rows in table.items()}
    for side, table in (("after", _AFTER), ("before", _BEFORE))
}
_THINGS = re.compile(
    r"[ -](?:drives?|dis[ck]s?|ssds?|hdds?|cards?|sticks?|files?|binary|binaries|downloads?|images?|videos?|monitors?"
    r"|screens?|phones?|batter(?:y|ies)|chargers?|adapters?|cables?|bags?|bottles?|boxe?s?|packs?|plates?|dumbbells?"
    r"|races?|runs?|walks?|hikes?|limits?|caps?|plans?|connections?|line|fib(?:er|re)|guns?|lens(?:es)?|bullets?|rounds?"
    r"|updates?|patch(?:es)?|partitions?|swap|modules?|models?|games?|folders?|archives?|zip|iso|pdf|text|attachments?"
    r"|radius|gap|hole|tunnels?|tower|wall|rope|pool|dash|sprint|timer|delay|cooldown|break|nap|clip|penalty)(?:[^\w-]|$)",
    re.IGNORECASE,
)
"""What is measured, behind the measure: ``a 60 megabyte binary``."""


def is_before_thing(text: str, place: int) -> bool:
    """Whether what is measured is named right behind it, so that English has the unit in the singular."""
    return bool(_THINGS.match(text, place, place + _LOOKED_AT))


def meant(number: str, letter: str, text: str, start: int, end: int, language: str) -> str | None:
    """The unit that a letter stands for; None where it is not told, or no unit at all."""
    key = (language, letter)
    if key not in _COMPILED["after"]:
        return letter
    if number.startswith("802.11"):
        return None
    before, after = text[max(0, start - _LOOKED_AT) : start], text[end : end + _LOOKED_AT]
    for context, found in ((after, _COMPILED["after"][key]), (before, _COMPILED["before"][key])):
        for pattern, unit in found:
            if (pattern.match if context is after else pattern.search)(context):
                return _network(number, unit)
    if letter == "s" and "." in number and language == "en":
        return "s"
    return None


def _network(number: str, unit: str) -> str | None:
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
