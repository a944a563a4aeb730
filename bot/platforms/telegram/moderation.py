"""``/who``: what a Telegram group's administrators ask below a voice message. Registered in ``handlers.py``."""

from bot import texts
from bot.digits import is_whole
from bot.errors import InputError
from bot.model import Account
from bot.platforms.telegram.asking import Asked
from bot.platforms.telegram.counter import Counter


async def who(counter: Counter, asked: Asked) -> None:
    """Say who had a voice message spoken, to everyone in the group: so never who an anonymous administrator is.

    Raises InputError ``telegram.admins_only``, StoreError.
    """
    voice = asked.message.reply_to_message
    if asked.space is None or voice is None:
        await counter.delivery.sentence(asked.message, texts.say("telegram.who.usage", asked.language))
        return
    if not await counter.delivery.is_admin(asked):
        raise InputError("telegram.admins_only")
    account = await counter.doors.desk.words.said_by("telegram", asked.space.id, str(voice.message_id))
    await counter.delivery.sentence(asked.message, await _answer(counter, asked, account))


async def _answer(counter: Counter, asked: Asked, account: Account | None) -> str:
    if account is None:
        return texts.say("telegram.who.unknown", asked.language)
    person = await counter.rights.person(asked.message.chat_id, account.id)
    if person is None and (is_whole(account.id) or account.id == str(asked.message.chat_id)):
        return texts.say("telegram.who.hidden", asked.language)
    name = person.full_name if person is not None else "–"
    return texts.say("telegram.who.said", asked.language, name=name, account=account.id)
