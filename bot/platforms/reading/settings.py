"""Settings of reading aloud as people type and read them: one table for both platforms.

A place's settings are set by moderators, a person's by that person; ``/reading`` on Telegram and on Discord parse and
show them here, so that both take and refuse the same.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from bot.digits import whole
from bot.errors import InputError
from bot.store.preferences import SPEEDS, Preference, PreferenceChanges
from bot.store.readings import ReadingChanges, ReadingSettings
from bot.texts import LANGUAGES, say

_ON = frozenset({"on", "yes", "true", "1", "开", "是", "好"})
_OFF = frozenset({"off", "no", "false", "0", "关", "否", "不"})
NONE = "-"
"""Typed to go back to the default …"""
_NONES = frozenset({NONE, "–", "—"})
"""… also as it is shown, and as some keyboards write it."""
_HOURS = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)\s{0,4}[-–—~至到]\s{0,4}([01]?\d|2[0-3])[:：]([0-5]\d)")
_OFFSET = re.compile(r"Etc/GMT([+-])(\d{1,2})")
_SIGNS = {"+": "-", "-": "+"}
"""In the list of time zones west counts up."""


class Kind(StrEnum):
    """What may be typed for a setting."""

    SWITCH = "switch"
    NUMBER = "number"
    TEXT = "text"
    LANGUAGE = "language"
    HOURS = "hours"
    SPEED = "speed"


_WORDS = {
    Kind.SPEED: {"慢": "slow", "慢速": "slow", "快": "fast", "快速": "fast"},
    Kind.LANGUAGE: {
        "中文": "zh",
        "chinese": "zh",
        "英文": "en",
        "英语": "en",
        "english": "en",
        "auto": NONE,
        "自动": NONE,
    },
}
"""What else may be typed for a value."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table."""

    key: str
    """As it is typed; ``reading.<key>`` is its description, ``reading.<key>.name`` its name."""
    field: str
    kind: Kind
    inverted: bool = False
    """Whether on means that the field is False."""


PLACE = (
    Setting("names", "names", Kind.SWITCH),
    Setting("template", "name_template", Kind.TEXT),
    Setting("language", "language", Kind.LANGUAGE),
    Setting("length", "max_characters", Kind.NUMBER),
    Setting("prefix", "skip_prefix", Kind.TEXT),
    Setting("everyone", "in_call_only", Kind.SWITCH, inverted=True),
    Setting("bots", "bots", Kind.SWITCH),
    Setting("webhooks", "webhooks", Kind.SWITCH),
    Setting("silent", "read_silent", Kind.SWITCH),
    Setting("emoji", "skip_emoji", Kind.SWITCH, inverted=True),
    Setting("slang", "expand_slang", Kind.SWITCH),
    Setting("laugh", "laugh", Kind.SWITCH),
    Setting("emphasis", "emphasis", Kind.SWITCH),
    Setting("whisper", "whisper", Kind.SWITCH),
    Setting("actions", "actions", Kind.SWITCH),
    Setting("come", "auto_join", Kind.SWITCH),
    Setting("alone", "alone_seconds", Kind.NUMBER),
    Setting("quiet", "quiet_from", Kind.HOURS),
    Setting("timezone", "timezone", Kind.TEXT),
)
"""What moderators set."""
OWN = (
    Setting("nickname", "nickname", Kind.TEXT),
    Setting("speed", "speed", Kind.SPEED),
    Setting("tongue", "spoken_language", Kind.LANGUAGE),
    Setting("readme", "opted_out", Kind.SWITCH, inverted=True),
)
"""What a person sets."""
_PEOPLE = "ignored"
_LISTS = ("required_roles", "priority_roles", "blocked_roles", _PEOPLE)
_USUAL, _OWN_USUAL = ReadingSettings(), Preference()
_PLACE, _OWN = {each.key: each for each in PLACE}, {each.key: each for each in OWN}


def is_own(key: str) -> bool:
    """Whether a key is one of a person's own."""
    return key in _OWN


def place_change(key: str, value: str, language: str = "en") -> ReadingChanges:
    """What a typed setting of a place means; ``language``: of the name by which a value is refused.

    Raises InputError ``reading.unknown``, ``reading.wanted.<kind>``.
    """
    setting, value = _found(_PLACE, key), value.strip()
    if setting.kind is Kind.HOURS:
        begins, ends = _hours(_name(setting, language), value)
        return {"quiet_from": begins, "quiet_until": ends}
    return cast("ReadingChanges", {setting.field: _parsed(setting, value, _USUAL, language)})


def own_change(key: str, value: str, language: str = "en") -> PreferenceChanges:
    """The same for a person's own."""
    setting = _found(_OWN, key)
    return cast("PreferenceChanges", {setting.field: _parsed(setting, value.strip(), _OWN_USUAL, language)})


def place_lines(
    settings: ReadingSettings, language: str, roles: Callable[[Sequence[str]], str] | None = None
) -> list[str]:
    """Everything that is set for a place, a line each: ``names: yes``; of lists the number, or what ``roles`` says."""

    def shown(field: str) -> object:
        entries: Sequence[str] = getattr(settings, field)
        return roles(entries) if roles is not None and field != _PEOPLE else len(entries) or "–"

    return [
        *(_line(each, settings, language) for each in PLACE),
        *(f"{say(f'reading.{field}', language)}: {shown(field)}" for field in _LISTS),
    ]


def own_lines(own: Preference, language: str) -> list[str]:
    """The same for a person."""
    return [_line(each, own, language) for each in OWN]


def suggestions(key: str) -> tuple[str, ...]:
    """What can be typed for a setting, where that is a short list; else an example."""
    setting = (_PLACE | _OWN).get(key)
    match setting.kind if setting is not None else None:
        case Kind.SWITCH:
            return ("on", "off")
        case Kind.LANGUAGE:
            return (*LANGUAGES, NONE)
        case Kind.SPEED:
            return (*SPEEDS[1:], NONE)
        case Kind.HOURS:
            return ("22:00-07:00", "off")
        case _:
            return ()


def value_named(value: str, language: str) -> str:
    """A value in a language, where it is a word of ours."""
    code = f"reading.value.{'auto' if value in _NONES else value}"
    return say(code, language) if code in LANGUAGES[language] else value


def _found(table: dict[str, Setting], key: str) -> Setting:
    if key not in table:
        raise InputError("reading.unknown", keys=tuple(table))
    return table[key]


def _name(setting: Setting, language: str) -> str:
    return say(f"reading.{setting.key}.name", language)


def _parsed(setting: Setting, value: str, usual: object, language: str) -> Any:
    if value in _NONES:
        return getattr(usual, setting.field)
    parse: dict[Kind, Callable[[str, str], Any]] = {Kind.SWITCH: is_on, Kind.NUMBER: _number}
    if setting.kind in parse:
        found = parse[setting.kind](_name(setting, language), value)
        return not found if setting.inverted else found
    return typed(value, setting.kind)


def typed(value: str, kind: Kind = Kind.TEXT) -> str:
    """What a typed text stands for; empty for the sign that goes back to the default."""
    value = _WORDS.get(kind, {}).get(value.casefold(), value)
    return "" if value in _NONES else value


def is_on(key: str, value: str) -> bool:
    """What a typed switch means. Raises InputError ``reading.wanted.switch``."""
    word = value.casefold()
    if word in _ON or word in _OFF:
        return word in _ON
    raise InputError("reading.wanted.switch", key=key)


def _number(key: str, value: str) -> int:
    number = whole(unicodedata.normalize("NFKC", value), 6)
    if number is None:
        raise InputError("reading.wanted.number", key=key)
    return number


def _hours(key: str, value: str) -> tuple[int, int]:
    if value.strip().casefold() in _OFF | _NONES:
        return 0, 0
    found = _HOURS.fullmatch(value.strip())
    if found is None:
        raise InputError("reading.wanted.hours", key=key)
    first, second, third, fourth = map(int, found.groups())
    return first * 60 + second, third * 60 + fourth


def _line(setting: Setting, settings: ReadingSettings | Preference, language: str) -> str:
    value = getattr(settings, setting.field)
    if isinstance(settings, ReadingSettings) and setting.kind is Kind.HOURS:
        begins, ends = settings.quiet_from, settings.quiet_until
        shown = f"{_clock(begins)}-{_clock(ends)}" if begins != ends else "–"
    elif isinstance(value, bool):
        shown = say("yes" if value is not setting.inverted else "no", language)
    elif setting.kind in (Kind.LANGUAGE, Kind.SPEED) and value:
        shown = value_named(value, language)
    elif setting.key == "timezone":
        shown = _OFFSET.sub(lambda zone: f"UTC{_SIGNS[zone[1]]}{zone[2]}", value)
    else:
        shown = str(value) if value != "" else "–"
    return f"{say(f'reading.{setting.key}', language)} ({setting.key}): {shown}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
