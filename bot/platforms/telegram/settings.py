"""``/settings`` on Telegram: a person's own in private, the group's in a group, where administrators change them.

A group setting is typed, ``/settings cooldown 5``, or switched by a button (``buttons.py`` calls ``press_group``),
which says what it switches to: pressed by two people, or delivered twice, it does so once.
"""

from collections.abc import Callable

from telegram import InlineKeyboardMarkup

from bot import texts
from bot.errors import InputError
from bot.model import Space
from bot.platforms.reading.settings import NONE, Kind, is_on, typed
from bot.platforms.telegram import choices, keyboard
from bot.platforms.telegram.asking import Asked, admins_of
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.keyboard import Choice
from bot.store.spaces import SpaceChanges, SpaceLists, SpaceSettings


async def settings(counter: Counter, asked: Asked) -> None:
    """Show what is set; ``/settings KEY VALUE`` changes it in a group, ``/settings forget`` in private."""
    if asked.space is None and asked.line.strip().casefold() in _FORGET:
        await counter.doors.desk.preferences.forget(asked.account)
        await counter.doors.desk.words.forget(asked.account)
        await counter.doors.reader.dictionaries.forget(asked.account)
        await counter.delivery.sentence(asked.message, texts.say("telegram.settings.forgotten", asked.language))
        return
    if asked.space is None:
        text, buttons = await own(counter, asked)
        await counter.delivery.sentence(asked.message, text, keyboard=buttons)
        return
    name, _, value = asked.line.strip().partition(" ")
    if name:
        await _allow(counter, asked)
        key, value = _key(name, asked.language), value.strip()
        if value or key == _EVERYWHERE:  # without a value it is shown, as all of them are
            await _change(counter, asked, asked.space, key, value)
    text, buttons = await group(counter, asked, asked.space)
    await counter.delivery.sentence(asked.message, text, keyboard=buttons)


async def own(counter: Counter, asked: Asked) -> tuple[str, InlineKeyboardMarkup]:
    """A person's settings, and buttons for the language."""
    kept = await counter.doors.desk.preferences.get(asked.account)
    text = texts.say("telegram.settings", asked.language, voice=kept.voice or "–", style=kept.style or "–")
    offered = [
        Choice(texts.say("telegram.automatic", asked.language), ""),
        Choice("English", "en"),
        Choice("中文", "zh"),
    ]
    return text, keyboard.choices("l", offered, kept.language)


async def group(counter: Counter, asked: Asked, space: Space) -> tuple[str, InlineKeyboardMarkup]:
    """A group's settings, and buttons for what is on or off."""
    kept = await counter.doors.desk.spaces.get(space)
    text = texts.say(
        "telegram.settings.group",
        asked.language,
        voice=kept.default_voice or "–",
        style=kept.default_style or "–",
        tongue=kept.language or "–",
        cooldown=kept.cooldown,
        rest=_rest_of_admins(space, kept),
        shown=kept.show_words,
        context=kept.reply_context,
        blocked=len(kept.blocked_words),
        admins=_for_admins(space, kept),
        topics=len(kept.channels) or "–",
    )
    switches = {"words": kept.show_words, "context": kept.reply_context, "admins": _for_admins(space, kept)}
    if asked.channel:
        switches["here"] = asked.channel in kept.channels
    offered = [
        Choice(
            f"{'☑' if on else '☐'} {texts.say(f'telegram.switch.{name}', asked.language)}",
            f"{name}:{'off' if on else 'on'}",
        )
        for name, on in switches.items()
    ]
    return text, keyboard.choices("g", offered, "", per_row=1)


async def press_group(counter: Counter, asked: Asked) -> None:
    """``g:words:on``: switch one thing of a group. Raises InputError ``telegram.admins_only``."""
    _, name, value = asked.line.split(":", 2) if asked.line.count(":") == 2 else ("", "", "")
    if asked.space is None or name not in _SWITCHES:
        return
    await _allow(counter, asked)
    await _change(counter, asked, asked.space, name, value)
    await counter.delivery.toast(asked)
    text, buttons = await group(counter, asked, asked.space)
    await counter.delivery.change(asked.message, text, buttons)


async def press_language(counter: Counter, asked: Asked) -> None:
    """Choose the language of the answers."""
    await counter.doors.desk.preferences.set(asked.account, language=asked.line.partition(":")[2])
    chosen = await counter.doors.desk.language(asked.account, asked.space, asked.locale, counter.doors.language)
    await counter.delivery.toast(asked, texts.say("telegram.language.set", chosen))


async def _allow(counter: Counter, asked: Asked) -> None:
    """Let an administrator pass, and whoever writes as the group itself. Raises InputError ``telegram.admins_only``."""
    if not await counter.delivery.is_admin(asked):
        raise InputError("telegram.admins_only")


def _for_admins(space: Space, kept: SpaceSettings) -> bool:
    return admins_of(space) in kept.allowed_roles


def _rest_of_admins(space: Space, kept: SpaceSettings) -> int | str:
    return kept.role_cooldowns.get(admins_of(space), "–")


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise InputError("telegram.settings.number")
    return int(value)


def _typed(separated: str) -> list[str]:
    return [word for word in (part.strip() for part in separated.replace("，", ",").split(",")) if word]


def _topic(asked: Asked) -> list[str]:
    if not asked.channel:
        raise InputError("telegram.settings.no_topics")
    return [asked.channel]


_VALUES: dict[str, Callable[[str], SpaceChanges]] = {
    "voice": lambda value: {"default_voice": typed(value)},
    "style": lambda value: {"default_style": typed(value)},
    "language": lambda value: {"language": typed(value, Kind.LANGUAGE)},
    "cooldown": lambda value: {"cooldown": _number(typed(value) or "0")},
    "words": lambda value: {"show_words": is_on("words", value)},
    "context": lambda value: {"reply_context": is_on("context", value)},
}
_EVERYWHERE = "everywhere"
"""All topics; the only one that needs no value."""
_ENTRIES: dict[str, Callable[[str, Asked, Space], tuple[SpaceLists, bool]]] = {
    "block": lambda value, _, __: ({"blocked_words": _typed(value)}, True),
    "unblock": lambda value, _, __: ({"blocked_words": _typed(value)}, False),
    "admins": lambda value, _, space: ({"allowed_roles": [admins_of(space)]}, is_on("admins", value)),
    "here": lambda value, asked, _: ({"channels": _topic(asked)}, is_on("here", value)),
}
"""Entries of lists, and whether they go in or out."""
_REST_OF_ADMINS = "admins_cooldown"
_SWITCHES = ("words", "context", "admins", "here")
_KEYS = (*_VALUES, _REST_OF_ADMINS, *_ENTRIES, _EVERYWHERE)
_NAMES = {texts.say(f"telegram.setting.{key}", language): key for language in texts.LANGUAGES for key in _KEYS}
"""What may be typed for each, in either language."""
_FORGET = frozenset(texts.say("telegram.setting.forget", language) for language in texts.LANGUAGES)


def _key(name: str, language: str) -> str:
    """Raises InputError ``telegram.settings.unknown``."""
    key = _NAMES.get(name.casefold())
    if key is None:
        raise InputError(
            "telegram.settings.unknown", keys=tuple(texts.say(f"telegram.setting.{each}", language) for each in _KEYS)
        )
    return key


async def _change(counter: Counter, asked: Asked, space: Space, key: str, value: str) -> None:
    """Change what is typed behind ``/settings`` in a group. Raises InputError."""
    spaces = counter.doors.desk.spaces
    if key == "voice" and typed(value):
        value = choices.known_voice(counter, value)
    if key in _VALUES:
        await spaces.set(space, **_VALUES[key](value))
    elif key == _REST_OF_ADMINS:
        await spaces.rest(space, admins_of(space), _number(value) if value not in {NONE, "–"} else None)
    elif key == _EVERYWHERE:
        await spaces.set(space, channels=())
    else:
        entries, wanted = _ENTRIES[key](value, asked, space)
        await (spaces.adjust(space, add=entries) if wanted else spaces.adjust(space, remove=entries))
