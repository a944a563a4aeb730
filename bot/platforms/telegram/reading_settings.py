"""``/reading``: how messages are read aloud. A person's own settings anywhere, a group's by its administrators.

What may be typed stands in ``bot/platforms/reading/settings.py``, for both platforms; keys in either language.
"""

from bot import values
from bot.errors import InputError
from bot.model import Space
from bot.platforms.reading.settings import OWN, PLACE, is_own, line_of, own_change, own_lines, place_change
from bot.platforms.telegram.asking import Asked, admins_of, own_account
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.ignoring import ignore, ignored_line
from bot.store.setting import Setting
from bot.texts import LANGUAGES, codes, say

_ALL: tuple[Setting, ...] = (*PLACE, *OWN)
_HERE = {each.key: each.telegram for each in _ALL if each.telegram is not None}
"""The others are of voice calls, or of what Telegram does not tell."""
_KEYS = {
    name.casefold(): each.key
    for each in _ALL
    if (sentences := each.telegram or each.discord) is not None
    for name in (each.key, *(say(sentences.name, language) for language in LANGUAGES))
} | {"朗读我": "readme", "独自时间": "alone"}
"""By every name that may be typed; the last two are names of earlier versions."""
_IGNORE = {"ignore": True, "忽略": True, "unignore": False, "取消忽略": False}
_ADMINS = frozenset({"admins", "管理员", "管理員"})
_ROLES: dict[str, str] = {
    **dict.fromkeys(("required", "必须", "必須"), "required_roles"),
    **dict.fromkeys(("first", "优先", "優先"), "priority_roles"),
    **dict.fromkeys(("blocked", "屏蔽", "封鎖"), "blocked_roles"),
    **dict.fromkeys((values.NONE, "none", "无", "無"), ""),
}
"""What may be typed for the administrators, the only role that a group has, and the list that they are in then."""
_LISTS = ("required_roles", "priority_roles", "blocked_roles")


async def reading(counter: Counter, asked: Asked) -> None:
    """Show what is set; ``/reading KEY VALUE`` changes it. Raises InputError, StoreError."""
    typed, _, value = asked.line.strip().partition(" ")
    value = value.strip()
    if typed.casefold() in _IGNORE:
        space = _group(asked)
        await _allow(counter, asked)
        await ignore(counter, asked, space, value, ignored=_IGNORE[typed.casefold()])
    elif typed.casefold() in _ADMINS:
        await _rank(counter, asked, value)
    elif not typed:
        await _show(counter, asked)
    else:
        await _set(counter, asked, _key(typed, asked), value)


async def _show(counter: Counter, asked: Asked) -> None:
    """A group's settings there, a person's own in private."""
    if asked.space is None:
        lines = list((await _own(counter, asked)).values())
        lines.append(say("telegram.reading.usage", asked.language))
    else:
        settings = await counter.doors.reader.readings.get(asked.space)
        lines = [*(await _place(counter, asked, asked.space)).values(), await ignored_line(counter, asked, settings)]
        lines.append(say("telegram.reading.usage.group", asked.language))
    await counter.delivery.sentence(asked.message, "\n".join(lines))


async def _set(counter: Counter, asked: Asked, key: str, value: str) -> None:
    if is_own(key):
        if value:
            await counter.doors.desk.preferences.set(own_account(asked), **own_change(key, value, asked.language))
        line = (await _own(counter, asked))[key]
    else:
        space = _group(asked)
        if value:
            await _allow(counter, asked)
            await counter.doors.reader.readings.set(space, **place_change(key, value, asked.language))
        line = (await _place(counter, asked, space))[key]
    await counter.delivery.sentence(asked.message, line)


async def _rank(counter: Counter, asked: Asked, value: str) -> None:
    """Read administrators alone, or before others, or not at all."""
    space = _group(asked)
    if value:
        await _allow(counter, asked)
        if value.casefold() not in _ROLES:
            raise InputError("telegram.reading.wanted_admins")
        wanted, scopes = _ROLES[value.casefold()], [admins_of(space)]
        remove = {field: scopes for field in _LISTS if field != wanted}
        await counter.doors.reader.readings.adjust(space, add={wanted: scopes} if wanted else {}, remove=remove)
    line = (await _place(counter, asked, space))["admins"]
    await counter.delivery.sentence(asked.message, line)


def _key(typed: str, asked: Asked) -> str:
    """Raises InputError ``reading.unknown``, ``telegram.reading.call_only``."""
    key = _KEYS.get(typed.casefold())
    if key is not None and key not in _HERE:
        raise InputError("telegram.reading.call_only", key=typed)
    if key is None:
        known = OWN if asked.space is None else _ALL
        names = [say(each.telegram.name, asked.language) for each in known if each.telegram is not None]
        raise InputError("reading.unknown", keys=(*names, *(["admins", "ignore", "unignore"] if asked.space else [])))
    return key


def _group(asked: Asked) -> Space:
    """Raises InputError ``telegram.groups_only``."""
    if asked.space is None:
        raise InputError("telegram.groups_only")
    return asked.space


async def _allow(counter: Counter, asked: Asked) -> None:
    """Let an administrator pass. Raises InputError ``telegram.admins_only``."""
    if not await counter.delivery.is_admin(asked):
        raise InputError("telegram.admins_only")


async def _own(counter: Counter, asked: Asked) -> dict[str, str]:
    """A line for each of a person's own settings, by key."""
    own = await counter.doors.desk.preferences.get(asked.account)
    return dict(zip((each.key for each in OWN), own_lines(own, asked.language), strict=True))


async def _place(counter: Counter, asked: Asked, space: Space) -> dict[str, str]:
    """The same of a group, whose only role is that of administrators."""
    settings = await counter.doors.reader.readings.get(space)
    lines = {
        each.key: line_of(each, settings, asked.language, each.telegram.about)
        for each in PLACE
        if each.telegram is not None
    }
    rank = next((each for each in _LISTS if admins_of(space) in getattr(settings, each)), "no_role")
    admins = say("telegram.reading.admins", asked.language, rank=say(codes.TELEGRAM_RANK[rank], asked.language))
    return lines | {"admins": admins}
