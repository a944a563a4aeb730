"""Settings of reading aloud as people type and read them, made from their models for both platforms.

Moderators set a place's, people their own; ``/reading`` on Telegram and on Discord parse and show them here, so that
both accept and refuse the same.
"""

from collections.abc import Callable, Sequence
from typing import Any

from bot.errors import InputError
from bot.store.setting_fields import Setting, Who, settings_of
from bot.store.settings import Preference, ReadingSettings
from bot.texts import say

PLACE = tuple(each for each in settings_of(ReadingSettings) if each.key)
"""Settings of moderators."""
OWN = tuple(each for each in settings_of(Preference) if each.group == "aloud")
"""Settings of a person."""
_PEOPLE = "ignored"
_LISTS = tuple(each for each in settings_of(ReadingSettings) if each.discord is not None and not each.key)
_PLACE, _OWN = {each.key: each for each in PLACE}, {each.key: each for each in OWN}


def is_own(key: str) -> bool:
    """Return whether a key is one of a person's own settings."""
    return key in _OWN and _OWN[key].who is Who.PERSON


def place_change(key: str, value: str, language: str = "en") -> dict[str, Any]:
    """Return the changes of a place's typed setting; ``language``: of the name in a refusal.

    Raises InputError ``reading.unknown``, and what its kind raises.
    """
    return _change(_PLACE, key, value, language)


def own_change(key: str, value: str, language: str = "en") -> dict[str, Any]:
    """Return the changes of a person's own typed setting."""
    return _change(_OWN, key, value, language)


def place_lines(
    settings: ReadingSettings, language: str, roles: Callable[[Sequence[str]], str] | None = None
) -> list[str]:
    """Return a place's settings, a line each; of lists the number, or what ``roles`` gives."""
    lines = [line_of(each, settings, language) for each in PLACE]
    for each in _LISTS:
        entries: Sequence[str] = getattr(settings, each.field)
        named = roles is not None and each.field != _PEOPLE
        shown = roles(entries) if roles is not None and named else each.shown(settings, language)
        assert each.discord is not None
        lines.append(f"{say(each.discord.about, language)}: {shown}")
    return lines


def own_lines(own: Preference, language: str) -> list[str]:
    """Return a person's settings, a line each."""
    return [line_of(each, own, language) for each in OWN]


def line_of(setting: Setting, settings: object, language: str, about: str = "") -> str:
    """Return a setting's value after its description: by the code ``about``, else as on Discord."""
    shown = setting.shown(settings, language)
    if isinstance(shown, bool):
        shown = say("yes" if shown else "no", language)
    assert setting.discord is not None
    return f"{say(about or setting.discord.about, language)} ({setting.key}): {shown}"


def suggestions(key: str) -> tuple[str, ...]:
    """Return the possible values of a setting if there are few, else an example."""
    setting = (_PLACE | _OWN).get(key)
    return setting.kind.offered() if setting is not None else ()


def _change(table: dict[str, Setting], key: str, value: str, language: str) -> dict[str, Any]:
    setting = table.get(key)
    if setting is None or setting.discord is None:
        raise InputError("reading.unknown", keys=tuple(table))
    return setting.change(say(setting.discord.name, language), value)
