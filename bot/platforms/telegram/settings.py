"""``/settings`` on Telegram: a person's own in private, the group's in a group, where administrators change them.

A group setting is typed, ``/settings cooldown 5``, or switched by a button (``buttons.py`` calls ``press_group``),
which says what it switches to: pressed by two people, or delivered twice, it does so once. What can be set is in
``bot/store/spaces.py``; the entries of its lists have commands of their own here.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from telegram import InlineKeyboardMarkup

from bot import texts, values
from bot.errors import InputError
from bot.model import Space
from bot.platforms.telegram import choices, keyboard, read_aloud
from bot.platforms.telegram import settings_pages as pages
from bot.platforms.telegram.aloud import WHOLE
from bot.platforms.telegram.asking import Asked, admins_of
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.keyboard import Choice
from bot.platforms.telegram.settings_pages import SHARED_SETTINGS, shown
from bot.store.preferences import Preference
from bot.store.setting import Setting, Switch, Texts, Voice, settings_of
from bot.store.settings_table import Lists
from bot.store.spaces import SpaceSettings


async def settings(counter: Counter, asked: Asked) -> None:
    """Show what is set; ``/settings KEY`` shows one thing, ``/settings KEY VALUE`` changes it. Raises InputError."""
    name, _, value = asked.line.strip().partition(" ")
    if asked.space is None:
        await _own(counter, asked, name, value.strip())
        return
    key, value = _key(name, _KEYS, asked.language) if name else "", value.strip()
    if key and not value and key != _EVERYWHERE:
        lines = _lines(asked.space, await counter.doors.desk.spaces.get(asked.space), asked.language)
        await counter.delivery.sentence(asked.message, lines[_SHOWN_WITH.get(key, key)])
        return
    if key:
        await _allow(counter, asked)
        await _change(counter, asked, asked.space, key, value)
    text, buttons = await group(counter, asked, asked.space)
    await counter.delivery.sentence(asked.message, text, keyboard=buttons)


async def _own(counter: Counter, asked: Asked, name: str, value: str) -> None:
    """In private."""
    preferences = counter.doors.desk.preferences
    key = _key(name, (*_OWN, _FORGET), asked.language) if name else ""
    if key in _ELSEWHERE:
        await _ELSEWHERE[key](counter, replace(asked, line=value))
    elif key == _FORGET:
        await preferences.forget(asked.account)
        await counter.doors.desk.words.forget(asked.account)
        await counter.doors.reader.dictionaries.forget(asked.account)
        await counter.delivery.sentence(asked.message, texts.say("telegram.settings.forgotten", asked.language))
    elif key and value:
        await preferences.set(asked.account, **_OWN[key].change(name, value))
        chosen = await counter.doors.desk.language(asked.account, None, asked.locale, counter.doors.language)
        await counter.delivery.sentence(asked.message, texts.say("telegram.language.set", chosen))
    else:
        text, buttons = await own(counter, asked)
        await counter.delivery.sentence(asked.message, text, keyboard=buttons)


async def own(counter: Counter, asked: Asked) -> tuple[str, InlineKeyboardMarkup]:
    """A person's settings, and buttons for the language."""
    kept = await counter.doors.desk.preferences.get(asked.account)
    text = texts.say("telegram.settings", asked.language, voice=kept.voice or "–", style=kept.style or "–")
    kind = _OWN["language"].kind
    offered = [Choice(texts.say("telegram.automatic", asked.language), ""), *pages.words(kind, asked.language)]
    languages = keyboard.choices("l", offered, kept.language)
    rows = [*pages.openers(pages.OWN, kept, asked.language), *languages.inline_keyboard]
    read = _switch("readme", "telegram.switch.readme", not kept.opted_out, asked.language)
    return text, InlineKeyboardMarkup([*rows, *keyboard.choices("p", [read], "", per_row=1).inline_keyboard])


async def group(counter: Counter, asked: Asked, space: Space) -> tuple[str, InlineKeyboardMarkup]:
    """A group's settings, and buttons for what is on or off."""
    kept, language = await counter.doors.desk.spaces.get(space), asked.language
    text = "\n".join(
        (
            texts.say("telegram.settings.group", language),
            *_lines(space, kept, language).values(),
            *([texts.say("telegram.settings.exempt", language)] if kept.allowed_roles or kept.channels else []),
            "",
            texts.say("telegram.settings.usage", language),
        )
    )
    offered = [
        _switch(each.key, each.telegram.button, bool(each.shown(kept, language)), language)
        for each in SHARED_SETTINGS.values()
        if each.telegram is not None and isinstance(each.kind, Switch)
    ]
    bound = {each.channel for each in await counter.doors.reader.bindings.of(space)}
    lists = {"admins": _for_admins(space, kept)} | ({"here": asked.channel in kept.channels} if asked.channel else {})
    for name, on in (lists | {_READ: WHOLE in bound or asked.channel in bound}).items():
        offered.append(_switch(name, _SWITCHED[name], on, language))
    rows = keyboard.choices("g", offered, "", per_row=1).inline_keyboard
    return text, InlineKeyboardMarkup([*rows, *pages.openers(pages.SHARED, kept, language)])


def _switch(name: str, code: str, on: bool, language: str) -> Choice:
    return Choice(f"{'☑' if on else '☐'} {texts.say(code, language)}", f"{name}:{'off' if on else 'on'}")


def _lines(space: Space, kept: SpaceSettings, language: str) -> dict[str, str]:
    """What is set for a group, a line for each thing."""
    lists: dict[str, object] = {
        "block": len(kept.blocked_words),
        "admins": _for_admins(space, kept),
        "here": len(kept.channels) or "–",
    }
    rest = _rest_of_admins(space, kept)
    return {
        each.key: texts.say(each.telegram.about, language, value=shown(each, kept, language), rest=rest)
        for each in SHARED_SETTINGS.values()
        if each.telegram is not None
    } | {key: texts.say(_LISTS[key].about, language, value=value) for key, value in lists.items()}


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
            text, buttons = pages.shared_page(counter, asked, kept, pages.SHARED[name])
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


def _typed(separated: str) -> list[str]:
    return [word for word in (part.strip() for part in separated.replace("，", ",").split(",")) if word]


def _topic(asked: Asked) -> list[str]:
    if not asked.channel:
        raise InputError("telegram.settings.no_topics")
    return [asked.channel]


_EVERYWHERE = "everywhere"
"""All topics; the only one that needs no value."""
_ENTRIES: dict[str, Callable[[str, str, Asked, Space], tuple[Lists, bool]]] = {
    "block": lambda value, _, __, ___: ({"blocked_words": _typed(value)}, True),
    "unblock": lambda value, _, __, ___: ({"blocked_words": _typed(value)}, False),
    "admins": lambda value, name, _, space: ({"allowed_roles": [admins_of(space)]}, values.switch(name, value)),
    "here": lambda value, name, asked, _: ({"channels": _topic(asked)}, values.switch(name, value)),
}
"""Entries of lists, and whether they go in or out."""
_REST_OF_ADMINS = "admins_cooldown"
_FORGET = "forget"
_READ = "read"
_LISTS = {
    _REST_OF_ADMINS: Texts("telegram.setting.admins_cooldown"),
    "block": Texts("telegram.setting.block", "telegram.settings.block"),
    "unblock": Texts("telegram.setting.unblock"),
    "admins": Texts("telegram.setting.admins", "telegram.settings.admins"),
    "here": Texts("telegram.setting.here", "telegram.settings.here"),
    _EVERYWHERE: Texts("telegram.setting.everywhere"),
}
"""Sentences about the entries of lists."""
_SWITCHED = {"admins": "telegram.switch.admins", "here": "telegram.switch.here", _READ: "telegram.switch.read"}
_SHOWN_WITH = {_REST_OF_ADMINS: "cooldown", "unblock": "block"}
_KEYS = (*SHARED_SETTINGS, *_LISTS)
_ELSEWHERE = {"voice": choices.voice, "style": choices.style}
"""What a person sets by a command of its own, too."""
_OWN: dict[str, Setting] = {each.key: each for each in settings_of(Preference) if each.group == "mine"}
_CODES = {
    **{each.key: each.telegram.name for each in SHARED_SETTINGS.values() if each.telegram is not None},
    **{each.key: each.telegram.name for each in _OWN.values() if each.telegram is not None},
    **{key: sentences.name for key, sentences in _LISTS.items()},
    _FORGET: "telegram.setting.forget",
}
_NAMES = {texts.say(code, language): key for language in texts.LANGUAGES for key, code in _CODES.items()}
"""What may be typed for each, in any language."""
_TAKES = {
    **dict.fromkeys(_SWITCHED, "on|off"),
    **{each.key: pages.form_of(each.kind) for each in SHARED_SETTINGS.values()},
}
GROUP_FORM = "g:(?:" + "|".join(f"{key}:(?:{value})" for key, value in _TAKES.items()) + ")"
"""What the buttons of a group carry."""


def _key(name: str, keys: Sequence[str], language: str) -> str:
    """Raises InputError ``telegram.settings.unknown``, ``telegram.groups_only``."""
    key = _NAMES.get(name.casefold(), "")
    if key in keys:
        return key
    if key in _KEYS:
        raise InputError("telegram.groups_only")
    raise InputError("telegram.settings.unknown", keys=tuple(texts.say(_CODES[each], language) for each in keys))


async def _change(counter: Counter, asked: Asked, space: Space, key: str, value: str) -> None:
    """Change what is typed behind ``/settings`` in a group. Raises InputError."""
    spaces, name = counter.doors.desk.spaces, texts.say(_CODES[key], asked.language)
    if key in SHARED_SETTINGS:
        setting = SHARED_SETTINGS[key]
        if isinstance(setting.kind, Voice) and not values.is_none(value):
            value = await counter.doors.desk.saved.known(value)
        await spaces.set(space, **setting.change(name, value))
    elif key == _REST_OF_ADMINS:
        seconds = None if values.is_none(value) else values.seconds(name, value)
        await spaces.rest(space, admins_of(space), seconds)
    elif key == _EVERYWHERE:
        await spaces.set(space, channels=())
    else:
        entries, wanted = _ENTRIES[key](value, name, asked, space)
        await (spaces.adjust(space, add=entries) if wanted else spaces.adjust(space, remove=entries))
