"""``/settings`` on Telegram: a person's own in private, the group's in a group, where administrators change them.

A group setting is typed, ``/settings cooldown 5``, or switched by a button (``buttons.py`` calls ``press_group``),
which says what it switches to: pressed by two people, or delivered twice, it does so once.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from telegram import InlineKeyboardMarkup

from bot import texts
from bot.digits import whole
from bot.errors import InputError
from bot.model import Space
from bot.platforms.reading.settings import NONE, Kind, is_on, typed, value_named
from bot.platforms.telegram import choices, keyboard, read_aloud
from bot.platforms.telegram import settings_pages as pages
from bot.platforms.telegram.aloud import WHOLE
from bot.platforms.telegram.asking import Asked, admins_of
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.keyboard import Choice
from bot.store.spaces import SpaceChanges, SpaceLists, SpaceSettings


async def settings(counter: Counter, asked: Asked) -> None:
    """Show what is set; ``/settings KEY`` shows one thing, ``/settings KEY VALUE`` changes it. Raises InputError."""
    name, _, value = asked.line.strip().partition(" ")
    if asked.space is None:
        await _own(counter, asked, name, value.strip())
        return
    key, value = _key(name, _KEYS, asked.language) if name else "", value.strip()
    if key and not value and key != _EVERYWHERE:
        shown = _lines(asked.space, await counter.doors.desk.spaces.get(asked.space), asked.language)
        await counter.delivery.sentence(asked.message, shown[_SHOWN_WITH.get(key, key)])
        return
    if key:
        await _allow(counter, asked)
        await _change(counter, asked, asked.space, key, value)
    text, buttons = await group(counter, asked, asked.space)
    await counter.delivery.sentence(asked.message, text, keyboard=buttons)


async def _own(counter: Counter, asked: Asked, name: str, value: str) -> None:
    """In private."""
    preferences = counter.doors.desk.preferences
    key = _key(name, _OWN_KEYS, asked.language) if name else ""
    if key in _ELSEWHERE:
        await _ELSEWHERE[key](counter, replace(asked, line=value))
    elif key == _FORGET:
        await preferences.forget(asked.account)
        await counter.doors.desk.words.forget(asked.account)
        await counter.doors.reader.dictionaries.forget(asked.account)
        await counter.delivery.sentence(asked.message, texts.say("telegram.settings.forgotten", asked.language))
    elif key and value:
        await preferences.set(asked.account, language=typed(value, Kind.LANGUAGE))
        chosen = await counter.doors.desk.language(asked.account, None, asked.locale, counter.doors.language)
        await counter.delivery.sentence(asked.message, texts.say("telegram.language.set", chosen))
    else:
        text, buttons = await own(counter, asked)
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
    languages = keyboard.choices("l", offered, kept.language)
    values: dict[str, object] = {"voice": kept.voice or "–", "style": kept.style or "–"}
    rows = [*pages.openers(pages.OWN, values, asked.language), *languages.inline_keyboard]
    read = _switch("readme", not kept.opted_out, asked.language)
    return text, InlineKeyboardMarkup([*rows, *keyboard.choices("p", [read], "", per_row=1).inline_keyboard])


async def group(counter: Counter, asked: Asked, space: Space) -> tuple[str, InlineKeyboardMarkup]:
    """A group's settings, and buttons for what is on or off."""
    kept = await counter.doors.desk.spaces.get(space)
    text = "\n".join(
        (
            texts.say("telegram.settings.group", asked.language),
            *_lines(space, kept, asked.language).values(),
            *([texts.say("telegram.settings.exempt", asked.language)] if kept.allowed_roles or kept.channels else []),
            "",
            texts.say("telegram.settings.usage", asked.language),
        )
    )
    switches = {"words": kept.show_words, "context": kept.reply_context, "admins": _for_admins(space, kept)}
    if asked.channel:
        switches["here"] = asked.channel in kept.channels
    bound = {each.channel for each in await counter.doors.reader.bindings.of(space)}
    switches[_READ] = WHOLE in bound or asked.channel in bound
    offered = [_switch(name, on, asked.language) for name, on in switches.items()]
    values: dict[str, object] = {
        "voice": kept.default_voice or "–",
        "style": kept.default_style or "–",
        "language": value_named(kept.language or NONE, asked.language),
        "cooldown": kept.cooldown,
    }
    rows = keyboard.choices("g", offered, "", per_row=1).inline_keyboard
    return text, InlineKeyboardMarkup([*rows, *pages.openers(pages.SHARED, values, asked.language)])


def _switch(name: str, on: bool, language: str) -> Choice:
    shown = f"{'☑' if on else '☐'} {texts.say(f'telegram.switch.{name}', language)}"
    return Choice(shown, f"{name}:{'off' if on else 'on'}")


def _lines(space: Space, kept: SpaceSettings, language: str) -> dict[str, str]:
    """What is set for a group, a line for each thing."""
    values: dict[str, dict[str, object]] = {
        "voice": {"value": kept.default_voice or "–"},
        "style": {"value": kept.default_style or "–"},
        "language": {"value": value_named(kept.language or NONE, language)},
        "cooldown": {"value": kept.cooldown, "rest": _rest_of_admins(space, kept)},
        "words": {"value": kept.show_words},
        "context": {"value": kept.reply_context},
        "block": {"value": len(kept.blocked_words)},
        "admins": {"value": _for_admins(space, kept)},
        "here": {"value": len(kept.channels) or "–"},
    }
    return {key: texts.say(f"telegram.settings.{key}", language, **facts) for key, facts in values.items()}


async def press_group(counter: Counter, asked: Asked) -> None:
    """``g:words:on``, ``g:voice:Mia``: change one thing of a group.

    Raises InputError ``telegram.admins_only``, ``telegram.old_button``.
    """
    name, value = asked.line.split(":", 2)[1:]
    if asked.space is None:
        raise InputError(keyboard.OLD_BUTTON)
    await _allow(counter, asked)
    if name == _READ:
        everywhere = any(each.channel == WHOLE for each in await counter.doors.reader.bindings.of(asked.space))
        await read_aloud.read(counter, replace(asked, line=f"{value} all" if everywhere else value))
    else:
        style = keyboard.style_of(value) if name == "style" else None
        await _change(counter, asked, asked.space, name, style.label(asked.language) if style is not None else value)
    await counter.delivery.toast(asked)
    text, buttons = await group(counter, asked, asked.space)
    await counter.delivery.change(asked.message, text, buttons)


async def press_open(counter: Counter, asked: Asked) -> None:
    """``o:voice``: show the values to choose from; ``o:back``: show all settings. In a group, to administrators.

    Raises InputError ``telegram.admins_only``, ``telegram.old_button``.
    """
    name = asked.line.partition(":")[2]
    if name not in (*(pages.OWN if asked.space is None else pages.SHARED), pages.BACK):
        raise InputError(keyboard.OLD_BUTTON)
    if asked.space is not None:
        await _allow(counter, asked)
        kept = await counter.doors.desk.spaces.get(asked.space)
        if name == pages.BACK:
            text, buttons = await group(counter, asked, asked.space)
        else:
            text, buttons = pages.shared_page(counter, asked, kept, name)
    else:
        text, buttons = await (own(counter, asked) if name == pages.BACK else pages.own_page(counter, asked, name))
    await counter.delivery.toast(asked)
    await counter.delivery.change(asked.message, text, buttons)


async def press_own(counter: Counter, asked: Asked) -> None:
    """``p:readme:off``: switch if a person's messages are read aloud."""
    await counter.doors.desk.preferences.set(asked.account, opted_out=asked.line.endswith(":off"))
    await counter.delivery.toast(asked)
    if asked.space is None:
        text, buttons = await own(counter, asked)
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
    number = whole(value, 9)
    if number is None:
        raise InputError("telegram.settings.number")
    return number


def _typed(separated: str) -> list[str]:
    return [word for word in (part.strip() for part in separated.replace("，", ",").split(",")) if word]


def _topic(asked: Asked) -> list[str]:
    if not asked.channel:
        raise InputError("telegram.settings.no_topics")
    return [asked.channel]


_VALUES: dict[str, Callable[[str, str], SpaceChanges]] = {
    "voice": lambda value, _: {"default_voice": typed(value)},
    "style": lambda value, _: {"default_style": typed(value)},
    "language": lambda value, _: {"language": typed(value, Kind.LANGUAGE)},
    "cooldown": lambda value, _: {"cooldown": _number(typed(value) or "0")},
    "words": lambda value, name: {"show_words": is_on(name, value)},
    "context": lambda value, name: {"reply_context": is_on(name, value)},
}
"""What a value changes; by its name it is refused."""
_EVERYWHERE = "everywhere"
"""All topics; the only one that needs no value."""
_ENTRIES: dict[str, Callable[[str, str, Asked, Space], tuple[SpaceLists, bool]]] = {
    "block": lambda value, _, __, ___: ({"blocked_words": _typed(value)}, True),
    "unblock": lambda value, _, __, ___: ({"blocked_words": _typed(value)}, False),
    "admins": lambda value, name, _, space: ({"allowed_roles": [admins_of(space)]}, is_on(name, value)),
    "here": lambda value, name, asked, _: ({"channels": _topic(asked)}, is_on(name, value)),
}
"""Entries of lists, and whether they go in or out."""
_REST_OF_ADMINS = "admins_cooldown"
_FORGET = "forget"
_READ = "read"
SWITCHES = ("words", "context", "admins", "here", _READ)
_SHOWN_WITH = {_REST_OF_ADMINS: "cooldown", "unblock": "block"}
_KEYS = (*_VALUES, _REST_OF_ADMINS, *_ENTRIES, _EVERYWHERE)
_ELSEWHERE = {"voice": choices.voice, "style": choices.style}
"""What a person sets by a command of its own, too."""
_OWN_KEYS = (*_ELSEWHERE, "language", _FORGET)
_NAMES = {
    texts.say(f"telegram.setting.{key}", language): key for language in texts.LANGUAGES for key in (*_KEYS, _FORGET)
}
"""What may be typed for each, in either language."""


def _key(name: str, keys: Sequence[str], language: str) -> str:
    """Raises InputError ``telegram.settings.unknown``, ``telegram.groups_only``."""
    key = _NAMES.get(name.casefold(), "")
    if key in keys:
        return key
    if key in _KEYS:
        raise InputError("telegram.groups_only")
    raise InputError(
        "telegram.settings.unknown", keys=tuple(texts.say(f"telegram.setting.{each}", language) for each in keys)
    )


async def _change(counter: Counter, asked: Asked, space: Space, key: str, value: str) -> None:
    """Change what is typed behind ``/settings`` in a group. Raises InputError."""
    spaces, name = counter.doors.desk.spaces, texts.say(f"telegram.setting.{key}", asked.language)
    if key == "voice" and typed(value):
        value = await counter.doors.desk.saved.known(value)
    if key in _VALUES:
        await spaces.set(space, **_VALUES[key](value, name))
    elif key == _REST_OF_ADMINS:
        await spaces.rest(space, admins_of(space), _number(value) if typed(value) else None)
    elif key == _EVERYWHERE:
        await spaces.set(space, channels=())
    else:
        entries, wanted = _ENTRIES[key](value, name, asked, space)
        await (spaces.adjust(space, add=entries) if wanted else spaces.adjust(space, remove=entries))
