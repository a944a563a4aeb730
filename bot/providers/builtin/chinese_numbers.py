"""Converts numbers in Chinese text to words. Called by ``mandarin``, in the worker process.

Units, money and durations of chat text are converted earlier; here every remaining number gets a reading, so that none
is dropped: amounts, decimals, years, dates, times of day, percentages, scores, long numbers.
"""

import re
import unicodedata
from collections.abc import Callable

from bot.patterns import linear

_FIGURES = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_MYRIADS = ("", "万", "亿", "万亿")
_LONGEST = 16
"""Digits of the largest amount read as one number; longer ones are read digit by digit."""
_COUNTED = """
个 只 条 张 本 位 次 天 周 年 小时 分钟 秒 块 元 点 件 辆 杯 瓶 碗 盘 份 双 对 套 台 部 间
家 座 棵 朵 颗 句 首 篇 页 步 口 名 种 样 米 公里 公斤 斤 克 岁 倍 遍 趟 场 顿 片 把 支 根
群 层 吨 升 英里 千 万 亿 半 代 回 声 盒 箱 袋 架 顶 门 道 段 排 行 户 集 章 局
"""
_MEASURES = tuple(_COUNTED.split())
"""Measure words, before which 2 is 两."""
_PLAIN = r"(?<!\d)(\d{1,3}(?:,\d{3}){1,5}+(?!\d)|\d{1,16}+)"
_FRACTION_PART = r"(\.\d{1,16}+)?+"
_LONG = linear(r"\d{17,}+", "begins where digits begin, and takes all of them at once")
_DATE = re.compile(r"(?<![\d./-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d/-]|\.\d)")
_YEAR = re.compile(r"(?<!\d)((?:1[5-9]|20)\d\d)(?=\s?年(?!级|多|以后))")
_TIME = re.compile(r"(?<![\d:])([01]?\d|2[0-4])[:：]([0-5]\d)(?:[:：]([0-5]\d))?(?![\d:])")
_SCORE = re.compile(r"(?<![\d:])(\d{1,3})[:：](\d{1,3})(?![\d:])")
_SHARE = re.compile(rf"([-−]?){_PLAIN}{_FRACTION_PART}([%‰])")
_MONEY = re.compile(rf"([¥￥$€£])\s?{_PLAIN}{_FRACTION_PART}")
_WARMTH = re.compile(rf"([-−]?){_PLAIN}{_FRACTION_PART}\s?(?:℃|°C|°c)")
_FRACTION = re.compile(r"(?<![\d/])(\d{1,3})/(\d{1,3})(?![\d/])")
_RANGE = re.compile(r"(?<![\d-])(\d{1,4}+(?:\.\d{1,2}+)?+)\s?[-–~～—]\s?(\d{1,4}+(?:\.\d{1,2}+)?+)(?![\d-])")
_VERSION = re.compile(r"(?<![\d.])\d{1,4}+(?:\.\d{1,4}+){2,5}+(?![\d.])")
_NUMBER = re.compile(rf"((?<![A-Za-z0-9])[-−])?{_PLAIN}{_FRACTION_PART}")
_CURRENCIES = {"¥": "元", "￥": "元", "$": "美元", "€": "欧元", "£": "英镑"}
_SIGNS = {
    "+": "加",
    "=": "等于",
    "×": "乘",
    "÷": "除以",
    "&": "和",
    "@": "艾特",
    "#": "井号",
    "%": "百分号",
    "°": "度",
    "℃": "摄氏度",
    "<": "小于",
    ">": "大于",
    "½": "二分之一",
    "¼": "四分之一",
    "¾": "四分之三",
    "¥": "元",
    "￥": "元",
    "$": "美元",
    "€": "欧元",
    "£": "英镑",
    "*": "星号",
    "/": "斜杠",
    "\\": "反斜杠",
    "_": "下划线",
    "~": "，",
    "～": "，",
}


def digits(text: str) -> str:
    """Return digits read one by one."""
    return "".join(_FIGURES[int(figure)] for figure in text)


def amount(text: str) -> str:
    """Return a number in words: tens, hundreds, thousands, in groups of four digits."""
    figures = text.lstrip("0")
    if not figures:
        return "零"
    if len(figures) > _LONGEST:
        return digits(text)
    groups = [figures[max(0, end - 4) : end] for end in range(len(figures), 0, -4)]
    words = ""
    gap = False  # a zero precedes what follows
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place].lstrip("0")
        if not group:
            gap = gap or bool(words)
            continue
        if words and (gap or len(group) < 4):
            words += "零"
        words += _group(group) + _MYRIADS[place]
        gap = False
    if words.startswith("一十"):
        words = words[1:]
    return words


def _group(figures: str) -> str:
    """Return up to four digits in words, without leading zeros."""
    words = ""
    for place, figure in enumerate(figures):
        unit = len(figures) - place - 1
        if figure != "0":
            spoken = "两" if figure == "2" and unit == 3 else _FIGURES[int(figure)]
            words += spoken + _UNITS[unit]
        elif figures[place + 1 :].strip("0") and not words.endswith("零"):
            words += "零"
    return words


def _counted(whole: str, fraction: str | None, after: str = "") -> str:
    """Return a number with its decimals; ``after`` is the following text, which decides between 二 and 两."""
    plain = whole.replace(",", "")
    if fraction:
        return f"{amount(plain)}点{digits(fraction[1:])}"
    if len(plain) > 1 and plain[0] == "0":
        return digits(plain)
    if _is_telephone(plain):
        return digits(plain).replace("一", "幺")
    if len(plain) > 8 and "," not in whole and plain[-4:] != "0000":
        return digits(plain)
    if plain == "2" and _is_measured(after):
        return "两"
    words = amount(plain)
    return "两" + words[1:] if words.startswith("二") and words[1:2] in ("万", "亿") else words


def _is_telephone(figures: str) -> bool:
    return len(figures) == 11 and figures[0] == "1" and figures[1] in "3456789"


def _is_measured(after: str) -> bool:
    """Return whether a measure word follows: ``2个`` is 两个, ``2月`` and ``2号`` are not."""
    return after.lstrip().startswith(_MEASURES)


def _time(match: re.Match[str]) -> str:
    hour, minute, second = match[1], match[2], match[3]
    words = ("两" if int(hour) == 2 else amount(hour)) + "点"
    if minute != "00" or second:
        words += (digits(minute) if minute[0] == "0" else amount(minute)) + "分"
    if second:
        words += (digits(second) if second[0] == "0" else amount(second)) + "秒"
    return words


def _number(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 1) : match.start()]
    after = "" if before == "第" else match.string[match.end() : match.end() + 4]
    return ("负" if match[1] else "") + _counted(match[2], match[3], after)


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_LONG, lambda match: digits(match[0])),
    (_DATE, lambda match: f"{digits(match[1])}年{amount(match[3])}月{amount(match[4])}日"),
    (_YEAR, lambda match: digits(match[1])),
    (_TIME, _time),
    (_SCORE, lambda match: f"{amount(match[1])}比{amount(match[2])}"),
    (
        _SHARE,
        lambda match: (
            ("负" if match[1] else "") + ("千分之" if match[4] == "‰" else "百分之") + _counted(match[2], match[3])
        ),
    ),
    (_MONEY, lambda match: _counted(match[2], match[3], "元") + _CURRENCIES[match[1]]),
    (_WARMTH, lambda match: ("零下" if match[1] else "") + _counted(match[2], match[3]) + "摄氏度"),
    (_FRACTION, lambda match: f"{amount(match[2])}分之{amount(match[1])}"),
    (_RANGE, lambda match: f"{match[1]}到{match[2]}"),
    (_VERSION, lambda match: "点".join(map(amount, match[0].split(".")))),
    (_NUMBER, _number),
)


def spell(text: str) -> str:
    """Return a text with every number and number symbol in words."""
    text = "".join(
        str(unicodedata.digit(sign)) if sign.isdigit() and unicodedata.category(sign) == "Nd" else sign
        for sign in text.replace("．", ".").replace("％", "%")
    )
    for pattern, reading in _RULES:
        text = pattern.sub(reading, text)
    return "".join(_sign(sign) for sign in text)


def _sign(sign: str) -> str:
    if sign in _SIGNS:
        return _SIGNS[sign]
    value = unicodedata.numeric(sign, None) if unicodedata.category(sign) in ("No", "Nl") else None
    return amount(str(int(value))) if value is not None and value == int(value) and value >= 0 else sign
