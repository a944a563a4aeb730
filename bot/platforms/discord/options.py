"""Options of a command made from the settings it changes: names, types, bounds, choices and suggestions.

Used by the commands for settings of ``bot/store``: a setting added there becomes an option here.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from discord import app_commands

from bot import values
from bot.platforms.discord.client import localized
from bot.platforms.discord.suggestions import LONGEST, choices, complete_style, complete_voice
from bot.platforms.requests import Requests
from bot.store.setting_fields import Number, Setting, Style, Switch, Text, Voice, Word


def takes(settings: Sequence[Setting]) -> Callable[..., Any]:
    """Add an option for each setting, by its key, to a command whose callback takes ``**options``."""

    def with_options(callback: Any) -> Any:
        before = [
            each
            for each in inspect.signature(callback).parameters.values()
            if each.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        added = [
            inspect.Parameter(each.key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_annotation(each))
            for each in settings
        ]
        callback.__signature__ = inspect.Signature([*before, *added])
        texts = {each.key: each.discord for each in settings if each.discord is not None}
        app_commands.rename(**{key: localized(each.name) for key, each in texts.items()})(callback)
        app_commands.describe(**{key: localized(each.about) for key, each in texts.items()})(callback)
        words = {each.key: choices(each.kind.choices) for each in settings if isinstance(each.kind, Word)}
        app_commands.choices(**words)(callback)
        return callback

    return with_options


def suggest(command: app_commands.Command[Any, ..., Any], settings: Sequence[Setting]) -> None:
    """Suggest voices and styles while they are typed."""
    for each in settings:
        if isinstance(each.kind, Voice):
            command.autocomplete(each.key)(complete_voice)
        elif isinstance(each.kind, Style):
            command.autocomplete(each.key)(complete_style)


async def changes_of(requests: Requests, settings: Sequence[Setting], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes made by the used options, by field. Raises InputError ``voice.unknown``."""
    used = {each: options[each.key] for each in settings if options.get(each.key) is not None}
    return {each.field: await _change(requests, each, value) for each, value in used.items()}


async def _change(requests: Requests, setting: Setting, value: Any) -> Any:
    match setting.kind:
        case Voice() if not values.is_none(value):
            return await requests.saved.known(value)
        case Text() if values.is_none(value):  # Discord sends no empty option
            return ""
        case Word(unset=unset) if value == unset:
            return ""
        case Switch(inverted=inverted):
            return value is not inverted
        case _:
            return value


def _annotation(setting: Setting) -> Any:
    match setting.kind:
        case Switch():
            return bool | None
        case Number(least=least, most=most):
            return app_commands.Range[int, least, most] | None
        case Voice() | Style():
            return app_commands.Range[str, 1, LONGEST] | None
        case Text(limit=limit):
            return app_commands.Range[str, 1, limit] | None
        case _:
            return str | None
