"""Settings of reading aloud as people type and read them, made from their models for both platforms.

A place's settings are set by moderators, a person's by that person; ``/reading`` on Telegram and on Discord parse and
show them here, so that both take and refuse the same.
"""

from collections.abc import Callable, Sequence
from typing import Any

from bot.errors import InputError
from bot.store.setting_fields import Setting, settings_of
from bot.store.settings import Preference, ReadingSettings
from bot.texts import say

PLACE = tuple(each for each in settings_of(ReadingSettings) if each.key)
"""What moderators set."""
OWN = tuple(each for each in settings_of(Preference) if each.group == "aloud")
"""What a person sets."""
_PEOPLE = "ignored"
_LISTS = tuple(each for each in settings_of(ReadingSettings) if each.discord is not None and not each.key)
_PLACE, _OWN = {each.key: each for each in PLACE}, {each.key: each for each in OWN}


def is_own(key: str) -> bool:
    """Return True for the key of a person's own setting."""
    return key in _OWN


def place_change(key: str, value: str, language: str = "en") -> dict[str, Any]:
    """Return what a typed setting of a place changes; ``language``: of the name by which a value is refused.

    Raises InputError ``reading.unknown``, and what its kind raises.
    """
    return _change(_PLACE, key, value, language)


def own_change(key: str, value: str, language: str = "en") -> dict[str, Any]:
    """Return the same for a person's own."""
    return _change(_OWN, key, value, language)


def place_lines(
    settings: ReadingSettings, language: str, roles: Callable[[Sequence[str]], str] | None = None
) -> list[str]:
    """Return everything that is set for a place, a line each; of lists the number, or what ``roles`` says."""
    lines = [line_of(each, settings, language) for each in PLACE]
    for each in _LISTS:
        entries: Sequence[str] = getattr(settings, each.field)
        named = roles is not None and each.field != _PEOPLE
        shown = roles(entries) if roles is not None and named else each.shown(settings, language)
        assert each.discord is not None
        lines.append(f"{say(each.discord.about, language)}: {shown}")
    return lines


def own_lines(own: Preference, language: str) -> list[str]:
    """Return the same for a person."""
    return [line_of(each, own, language) for each in OWN]


def line_of(setting: Setting, settings: object, language: str, about: str = "") -> str:
    """Return what is set, behind what it is: by the code ``about``, else as on Discord."""
    shown = setting.shown(settings, language)
    if isinstance(shown, bool):
        shown = say("yes" if shown else "no", language)
    assert setting.discord is not None
    return f"{say(about or setting.discord.about, language)} ({setting.key}): {shown}"


def suggestions(key: str) -> tuple[str, ...]:
    """Return what can be typed for a setting, where that is a short list; else an example."""
    setting = (_PLACE | _OWN).get(key)
    return setting.kind.offered() if setting is not None else ()


def _change(table: dict[str, Setting], key: str, value: str, language: str) -> dict[str, Any]:
    setting = table.get(key)
    if setting is None or setting.discord is None:
        raise InputError("reading.unknown", keys=tuple(table))
    return setting.change(say(setting.discord.name, language), value)
