"""``/reading ignore`` and ``unignore``: whose messages are not read in a Telegram group.

Called by ``reading_settings.py``. Telegram tells a bot who somebody is by their number alone, so ``@name`` finds those
who are ignored already.
"""

import asyncio

from telegram import MessageEntity, User

from bot.digits import is_id
from bot.errors import InputError
from bot.model import Account, Space
from bot.platforms.telegram.asking import Asked
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.heard import account_of, author_of
from bot.store.readings import ReadingSettings
from bot.texts import say

_MOST_NAMED = 30
"""Of those who are ignored, for whose names Telegram is asked."""


async def ignore(counter: Counter, asked: Asked, space: Space, value: str, *, ignored: bool) -> None:
    """Do not read whoever is meant, or read them again. Raises InputError ``telegram.reading.ignore_whom``."""
    readings = counter.doors.reader.readings
    before = await readings.get(space)
    account = await _meant(counter, asked, before, value)
    if ignored:
        await readings.adjust(space, add={"ignored": [account.scope]})
        code = "telegram.reading.ignored"
    else:
        await readings.adjust(space, remove={"ignored": [account.scope]})
        code = "telegram.reading.unignored" if account.scope in before.ignored else "telegram.reading.was_read"
    await counter.delivery.sentence(asked.message, say(code, asked.language))


async def ignored_line(counter: Counter, asked: Asked, settings: ReadingSettings) -> str:
    """Who is ignored: by name where Telegram knows it, and by the number to take back."""
    shown = [_shown(number, user) for number, user in await _people(counter, asked, settings)]
    return f"{say('reading.ignored', asked.language)}: {', '.join(shown) or '–'}"


async def _meant(counter: Counter, asked: Asked, settings: ReadingSettings, value: str) -> Account:
    """Whom a number, a mention, an answered message or a name stands for."""
    if is_id(value):
        return Account("telegram", value)
    mentioned = [each.user for each in asked.message.entities if each.type == MessageEntity.TEXT_MENTION]
    if mentioned and mentioned[0] is not None:
        return account_of(mentioned[0])
    message = asked.message.reply_to_message
    author = author_of(message) if message is not None and message.forum_topic_created is None else None
    if author is not None and not value.startswith("@"):
        return account_of(author)
    for number, user in await _people(counter, asked, settings) if value else ():
        if user is not None and value.casefold() in _names(user):
            return Account("telegram", number)
    raise InputError("telegram.reading.ignore_whom")


async def _people(counter: Counter, asked: Asked, settings: ReadingSettings) -> list[tuple[str, User | None]]:
    """Numbers of those who are ignored, and who they are as far as Telegram says it."""
    numbers = [scope.rpartition(":")[2] for scope in settings.ignored]
    found = await asyncio.gather(
        *(counter.rights.person(asked.message.chat_id, number) for number in numbers[:_MOST_NAMED])
    )
    return [*zip(numbers, found, strict=False), *((number, None) for number in numbers[_MOST_NAMED:])]


def _names(user: User) -> set[str]:
    return {user.full_name.casefold(), f"@{user.username}".casefold()}


def _shown(number: str, user: User | None) -> str:
    if user is None:
        return number
    return f"{user.full_name} ({', '.join(filter(None, (user.username and f'@{user.username}', number)))})"
