"""``/settings`` on Telegram: a person's own in private, the group's in a group, where administrators change them.

A group setting is typed, ``/settings cooldown 5``, or switched by a button (``buttons.py`` calls ``press_group``).
"""

from collections.abc import Callable

from telegram import InlineKeyboardMarkup

from bot import texts
from bot.errors import InputError
from bot.model import Space
from bot.platforms.telegram import choices, keyboard
from bot.platforms.telegram.asking import Asked
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.keyboard import Choice
from bot.store.spaces import SpaceChanges, SpaceSettings


async def settings(counter: Counter, asked: Asked) -> None:
    """Show what is set, with buttons; in a group ``/settings KEY VALUE`` changes it."""
    if asked.space is None:
        text, buttons = await own(counter, asked)
        await counter.delivery.sentence(asked.message, text, keyboard=buttons)
        return
    key, _, value = asked.line.strip().partition(" ")
    if key:
        await _allow(counter, asked)
        await counter.doors.desk.spaces.set(asked.space, **await _change(counter, asked, key.casefold(), value.strip()))
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
        cooldown=kept.cooldown,
        shown=kept.show_words,
        context=kept.reply_context,
        blocked=len(kept.blocked_words),
    )
    switches = [
        Choice(texts.say("telegram.switch.words", asked.language), "words"),
        Choice(texts.say("telegram.switch.context", asked.language), "context"),
    ]
    return text, keyboard.choices("g", switches, "")


async def press_group(counter: Counter, asked: Asked) -> None:
    """Switch one thing of a group on or off. Raises InputError ``telegram.admins_only``."""
    name = asked.line.partition(":")[2]
    if asked.space is None or name not in _SWITCHES:
        return
    await _allow(counter, asked)
    kept = await counter.doors.desk.spaces.get(asked.space)
    await counter.doors.desk.spaces.set(asked.space, **_SWITCHES[name](kept))
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
    if asked.account.id == str(asked.message.chat_id):
        return
    if not await counter.delivery.is_admin(asked.message.chat_id, int(asked.account.id)):
        raise InputError("telegram.admins_only")


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise InputError("telegram.settings.number")
    return int(value)


def _is_on(value: str) -> bool:
    return value.casefold() in {"on", "yes", "1", "true", "开", "是"}


def _typed(separated: str) -> list[str]:
    return [word for word in (part.strip() for part in separated.replace("，", ",").split(",")) if word]


_SETTINGS: dict[str, Callable[[str, SpaceSettings], SpaceChanges]] = {
    "voice": lambda value, _: {"default_voice": value},
    "style": lambda value, _: {"default_style": value},
    "language": lambda value, _: {"language": value},
    "cooldown": lambda value, _: {"cooldown": _number(value)},
    "words": lambda value, _: {"show_words": _is_on(value)},
    "context": lambda value, _: {"reply_context": _is_on(value)},
    "block": lambda value, kept: {"blocked_words": [*kept.blocked_words, *_typed(value)]},
    "unblock": lambda value, kept: {"blocked_words": [w for w in kept.blocked_words if w not in _typed(value)]},
}
"""What may be typed behind ``/settings`` in a group."""
_SWITCHES: dict[str, Callable[[SpaceSettings], SpaceChanges]] = {
    "words": lambda kept: {"show_words": not kept.show_words},
    "context": lambda kept: {"reply_context": not kept.reply_context},
}


async def _change(counter: Counter, asked: Asked, key: str, value: str) -> SpaceChanges:
    if key not in _SETTINGS:
        raise InputError("telegram.settings.unknown", keys=tuple(_SETTINGS))
    assert asked.space is not None
    if key == "voice" and value:
        value = choices.known_voice(counter, value)
    return _SETTINGS[key](value, await counter.doors.desk.spaces.get(asked.space))
