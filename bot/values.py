"""Values as people type them: on or off, numbers, seconds, hours of a day, words for a value.

One parser for Discord, Telegram and the command line, in both languages. ``name`` is the setting as the person calls
it; the refusal of an invalid value names it.
"""

import re
from collections.abc import Mapping

from bot.errors import InputError
from bot.patterns import whole
from bot.texts import TRADITIONAL, say

NONE = "-"
"""Typed to return to the default …"""
_NONES = frozenset({NONE, "–", "—"})
"""… also as it is shown, and as some keyboards write it."""
_ON = frozenset({"on", "yes", "true", "1", "开", "開", "开始", "開始", "是", "好"})
_OFF = frozenset({"off", "no", "false", "0", "关", "關", "停", "停止", "否", "不"})
_HOURS = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)\s{0,4}[-–—~至到]\s{0,4}([01]?\d|2[0-3])[:：]([0-5]\d)")
_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: " "}
"""Letters and digits of a Chinese keyboard. (NFKC would also read a footnote's digit.)"""
_UNITS = {
    "": 1,
    "s": 1,
    "sec": 1,
    "秒": 1,
    "m": 60,
    "min": 60,
    "分": 60,
    "分钟": 60,
    "分鐘": 60,
    "h": 3600,
    "小时": 3600,
    "小時": 3600,
}
_SECONDS = re.compile(r"(?P<number>[0-9]{1,9})\s{0,4}(?P<unit>[a-z秒分钟鐘小时時]{0,3})")
_SIMPLIFIED = ("中文", "chinese", "简体中文", "簡體中文", "simplified chinese", "zh-hans", "zh-cn")
_TRADITIONAL = ("繁體中文", "繁体中文", "繁體", "繁体", "traditional chinese", "zh-hant", "zh-tw", "zh-hk")
SPOKEN_WORDS: Mapping[str, str] = {
    **dict.fromkeys((*_SIMPLIFIED, *_TRADITIONAL), "zh"),
    "英文": "en",
    "英语": "en",
    "英語": "en",
    "english": "en",
    "auto": NONE,
    "自动": NONE,
    "自動": NONE,
}
"""Languages to read aloud in."""
LANGUAGE_WORDS: Mapping[str, str] = {**SPOKEN_WORDS, **dict.fromkeys(_TRADITIONAL, TRADITIONAL)}
"""Languages to answer in: written Chinese has two scripts."""
_NAMED = {
    NONE: "reading.value.auto",
    "on": "reading.value.on",
    "off": "reading.value.off",
    "en": "reading.value.en",
    "zh": "reading.value.zh",
    TRADITIONAL: "reading.value.zh-Hant",
    "slow": "reading.value.slow",
    "fast": "reading.value.fast",
}
SPEED_WORDS: Mapping[str, str] = {"慢": "slow", "慢速": "slow", "快": "fast", "快速": "fast"}


def is_none(typed: str) -> bool:
    """Return whether a text is the sign for the default."""
    return typed.strip() in _NONES


def text(typed: str, words: Mapping[str, str] | None = None) -> str:
    """Return the value of a typed text, by ``words`` if it is one; empty for the sign for the default."""
    value = (words or {}).get(typed.strip().casefold(), typed.strip())
    return "" if is_none(value) else value


def on_or_off(typed: str) -> bool | None:
    """Return the value of a typed switch; None for another word."""
    word = typed.strip().casefold()
    return word in _ON if word in _ON | _OFF else None


def switch(name: str, typed: str) -> bool:
    """Return the value of a typed switch. Raises InputError ``reading.wanted.switch``."""
    found = on_or_off(typed)
    if found is None:
        raise InputError("reading.wanted.switch", key=name)
    return found


def number(name: str, typed: str) -> int:
    """Return a whole number of at most six digits. Raises InputError ``reading.wanted.number``."""
    found = whole(typed.translate(_WIDE).strip(), 6)
    if found is None:
        raise InputError("reading.wanted.number", key=name)
    return found


def seconds(name: str, typed: str) -> int:
    """Return a duration in seconds: ``90``, ``90 s``, ``2 min``, ``1h``.

    Raises InputError ``telegram.settings.number``, which names no setting.
    """
    del name
    found = _SECONDS.fullmatch(typed.translate(_WIDE).strip().casefold())
    unit = _UNITS.get(found["unit"]) if found is not None else None
    if found is None or unit is None:
        raise InputError("telegram.settings.number")
    return int(found["number"]) * unit


def hours(name: str, typed: str) -> tuple[int, int]:
    """Return a span of the day in minutes after midnight, two zeros for none.

    Raises InputError ``reading.wanted.hours``.
    """
    if typed.strip().casefold() in _OFF | _NONES:
        return 0, 0
    found = _HOURS.fullmatch(typed.strip())
    if found is None:
        raise InputError("reading.wanted.hours", key=name)
    first, second, third, fourth = map(int, found.groups())
    return first * 60 + second, third * 60 + fourth


def named(value: str, language: str) -> str:
    """Return a value in a language if it is a known word, otherwise unchanged."""
    code = _NAMED.get(NONE if value in _NONES else value)
    return value if code is None else say(code, language)
