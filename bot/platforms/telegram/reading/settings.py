"""``/reading``: how messages are read aloud, and whose are ignored."""

import asyncio

from telegram import MessageEntity, User

from bot import values
from bot.errors import InputError
from bot.model import Account, Space
from bot.patterns import is_id
from bot.platforms.reading.settings import OWN, PLACE, is_own, line_of, own_change, own_lines, place_change
from bot.platforms.telegram.context import TelegramContext
from bot.platforms.telegram.messages import Asked, account_of, admins_of, author_of, own_account
from bot.store.setting_fields import Setting
from bot.store.settings import ReadingSettings
from bot.texts import LANGUAGES, codes, say

_MOST_NAMED = 30
"""Ignored people whose names Telegram is asked for."""


async def ignore(context: TelegramContext, asked: Asked, space: Space, value: str, *, ignored: bool) -> None:
    """Ignore a person's messages, or read them again. Raises InputError ``telegram.reading.ignore_whom``."""
    readings = context.services.reader.readings
    before = await readings.get(space)
    account = await _meant(context, asked, before, value)
    if ignored:
        await readings.adjust(space, add={"ignored": [account.scope]})
        code = "telegram.reading.ignored"
    else:
        await readings.adjust(space, remove={"ignored": [account.scope]})
        code = "telegram.reading.unignored" if account.scope in before.ignored else "telegram.reading.was_read"
    await context.delivery.sentence(asked.message, say(code, asked.language))


async def ignored_line(context: TelegramContext, asked: Asked, settings: ReadingSettings) -> str:
    """Return the ignored people: by name if Telegram knows it, and by the number to undo it."""
    shown = [_shown(number, user) for number, user in await _people(context, asked, settings)]
    return f"{say('reading.ignored', asked.language)}: {', '.join(shown) or '–'}"


async def _meant(context: TelegramContext, asked: Asked, settings: ReadingSettings, value: str) -> Account:
    """Return the account of a number, a mention, a message replied to, or a name."""
    if is_id(value):
        return Account("telegram", value)
    mentioned = [each.user for each in asked.message.entities if each.type == MessageEntity.TEXT_MENTION]
    if mentioned and mentioned[0] is not None:
        return account_of(mentioned[0])
    message = asked.message.reply_to_message
    author = author_of(message) if message is not None and message.forum_topic_created is None else None
    if author is not None and not value.startswith("@"):
        return account_of(author)
    for number, user in await _people(context, asked, settings) if value else ():
        if user is not None and value.casefold() in _names(user):
            return Account("telegram", number)
    raise InputError("telegram.reading.ignore_whom")


async def _people(context: TelegramContext, asked: Asked, settings: ReadingSettings) -> list[tuple[str, User | None]]:
    """Return ids and users of the ignored people, as far as Telegram knows them."""
    numbers = [scope.rpartition(":")[2] for scope in settings.ignored]
    found = await asyncio.gather(
        *(context.rights.person(asked.message.chat_id, number) for number in numbers[:_MOST_NAMED])
    )
    return [*zip(numbers, found, strict=False), *((number, None) for number in numbers[_MOST_NAMED:])]


def _names(user: User) -> set[str]:
    return {user.full_name.casefold(), f"@{user.username}".casefold()}


def _shown(number: str, user: User | None) -> str:
    if user is None:
        return number
    return f"{user.full_name} ({', '.join(filter(None, (user.username and f'@{user.username}', number)))})"


_ALL: tuple[Setting, ...] = (*PLACE, *OWN)
_HERE = {each.key: each.telegram for each in _ALL if each.telegram is not None}
"""The others concern voice calls, or what Telegram does not report."""
_KEYS = {
    name.casefold(): each.key
    for each in _ALL
    if (sentences := each.telegram or each.discord) is not None
    for name in (each.key, *(say(sentences.name, language) for language in LANGUAGES))
} | {"朗读我": "readme", "独自时间": "alone"}
"""By every accepted name; the last two are from earlier versions."""
_IGNORE = {"ignore": True, "忽略": True, "unignore": False, "取消忽略": False}
_ADMINS = frozenset({"admins", "管理员", "管理員"})
_ROLES: dict[str, str] = {
    **dict.fromkeys(("required", "必须", "必須"), "required_roles"),
    **dict.fromkeys(("first", "优先", "優先"), "priority_roles"),
    **dict.fromkeys(("blocked", "屏蔽", "封鎖"), "blocked_roles"),
    **dict.fromkeys((values.NONE, "none", "无", "無"), ""),
}
"""Words for the administrators, the only role of a group, and the list each one puts them in."""
_LISTS = ("required_roles", "priority_roles", "blocked_roles")


async def reading(context: TelegramContext, asked: Asked) -> None:
    """Show the settings; ``/reading KEY VALUE`` changes one. Raises InputError, StoreError."""
    typed, _, value = asked.line.strip().partition(" ")
    value = value.strip()
    if typed.casefold() in _IGNORE:
        space = _group(asked)
        await context.delivery.check_admin(asked)
        await ignore(context, asked, space, value, ignored=_IGNORE[typed.casefold()])
    elif typed.casefold() in _ADMINS:
        await _rank(context, asked, value)
    elif not typed:
        await _show(context, asked)
    else:
        await _set(context, asked, _key(typed, asked), value)


async def _show(context: TelegramContext, asked: Asked) -> None:
    """Show a group's settings there, a person's own in private."""
    if asked.space is None:
        lines = list((await _own(context, asked)).values())
        lines.append(say("telegram.reading.usage", asked.language))
    else:
        settings = await context.services.reader.readings.get(asked.space)
        lines = [*(await _place(context, asked, asked.space)).values(), await ignored_line(context, asked, settings)]
        lines.append(say("telegram.reading.usage.group", asked.language))
    await context.delivery.sentence(asked.message, "\n".join(lines))


async def _set(context: TelegramContext, asked: Asked, key: str, value: str) -> None:
    if is_own(key):
        if value:
            await context.services.requests.preferences.set(
                own_account(asked), **own_change(key, value, asked.language)
            )
        line = (await _own(context, asked))[key]
    else:
        space = _group(asked)
        if value:
            await context.delivery.check_admin(asked)
            await context.services.reader.readings.set(space, **place_change(key, value, asked.language))
        line = (await _place(context, asked, space))[key]
    await context.delivery.sentence(asked.message, line)


async def _rank(context: TelegramContext, asked: Asked, value: str) -> None:
    """Read administrators alone, or before others, or not at all."""
    space = _group(asked)
    if value:
        await context.delivery.check_admin(asked)
        if value.casefold() not in _ROLES:
            raise InputError("telegram.reading.wanted_admins")
        wanted, scopes = _ROLES[value.casefold()], [admins_of(space)]
        remove = {field: scopes for field in _LISTS if field != wanted}
        await context.services.reader.readings.adjust(space, add={wanted: scopes} if wanted else {}, remove=remove)
    line = (await _place(context, asked, space))["admins"]
    await context.delivery.sentence(asked.message, line)


def _key(typed: str, asked: Asked) -> str:
    """Return the key of a typed name. Raises InputError ``reading.unknown``, ``telegram.reading.call_only``."""
    key = _KEYS.get(typed.casefold())
    if key is not None and key not in _HERE:
        raise InputError("telegram.reading.call_only", key=typed)
    if key is None:
        known = OWN if asked.space is None else _ALL
        names = [say(each.telegram.name, asked.language) for each in known if each.telegram is not None]
        raise InputError("reading.unknown", keys=(*names, *(["admins", "ignore", "unignore"] if asked.space else [])))
    return key


def _group(asked: Asked) -> Space:
    """Return the group. Raises InputError ``telegram.groups_only``."""
    if asked.space is None:
        raise InputError("telegram.groups_only")
    return asked.space


async def _own(context: TelegramContext, asked: Asked) -> dict[str, str]:
    """Return a line for each of a person's own settings, by key."""
    own = await context.services.requests.preferences.get(asked.account)
    return dict(zip((each.key for each in OWN), own_lines(own, asked.language), strict=True))


async def _place(context: TelegramContext, asked: Asked, space: Space) -> dict[str, str]:
    """Return the same for a group, whose only role is that of administrators."""
    settings = await context.services.reader.readings.get(space)
    lines = {
        each.key: line_of(each, settings, asked.language, each.telegram.about)
        for each in PLACE
        if each.telegram is not None
    }
    rank = next((each for each in _LISTS if admins_of(space) in getattr(settings, each)), "no_role")
    admins = say("telegram.reading.admins", asked.language, rank=say(codes.TELEGRAM_RANK[rank], asked.language))
    return lines | {"admins": admins}
