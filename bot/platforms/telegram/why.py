"""``/why``, ``/explain`` and ``/doctor`` on Telegram."""

from collections.abc import Sequence
from functools import partial

from telegram import Message

from bot import texts
from bot.errors import InputError
from bot.platforms.doctor import Finding, State, found
from bot.platforms.reading import why as reading
from bot.platforms.reading.messages import Unread
from bot.platforms.telegram.context import TelegramContext
from bot.platforms.telegram.messages import Asked, command_of, id_of, is_speech
from bot.texts import codes


async def why(context: TelegramContext, asked: Asked) -> None:
    """Name the gate that stopped a message."""
    message = await _asked_about(context, asked)
    if message is not None:
        now, held = partial(_now, context, message), "unread.waiting" if context.aloud.waits(message) else ""
        unread = await reading.reason(context.services.reader.outcomes, id_of(message), now, held=held)
        await context.delivery.sentence(asked.message, sentence(unread, asked.language))


async def explain(context: TelegramContext, asked: Asked) -> None:
    """Show what would be spoken, and which rules changed it."""
    message = await _asked_about(context, asked)
    if message is not None:
        await context.delivery.sentence(asked.message, await _explained(context, message, asked.language))


def sentence(unread: Unread, language: str) -> str:
    """Return the sentence for a reason on Telegram."""
    return reading.sentence(unread, language, codes.TELEGRAM_UNREAD)


async def _asked_about(context: TelegramContext, asked: Asked) -> Message | None:
    """Return the message replied to; None, after a hint, if it is none of a group."""
    message = asked.message.reply_to_message
    if asked.space is None or message is None or message.forum_topic_created is not None:
        await context.delivery.sentence(asked.message, texts.say("telegram.why.usage", asked.language))
        return None
    return message


async def _now(context: TelegramContext, message: Message) -> Unread | None:
    """Return what would stop the message if it came now. Raises StoreError."""
    if not is_speech(message, message.get_bot().id):
        return Unread("unread.not_speech")
    if command_of(message):
        return Unread("unread.command")
    binding = await context.aloud.binding_of(message)
    if binding is None:
        return Unread("unread.not_read_here")
    if await context.rights.sees_messages(message.chat_id) is False:
        return Unread("unread.no_content")
    return await context.services.reader.refusal(await context.aloud.heard(message, binding))


async def _explained(context: TelegramContext, message: Message, language: str) -> str:
    """Return the spoken text, each change with its rule, and what stops it. Raises StoreError."""
    if not is_speech(message, message.get_bot().id):
        return sentence(Unread("unread.not_speech"), language)
    if command_of(message):
        return sentence(Unread("unread.command"), language)
    heard = await context.aloud.heard(message, await context.aloud.binding_of(message))
    explained = await context.services.reader.explain(heard)
    lines = reading.explanation(explained, language)
    if explained.unread is not None:
        lines.append(sentence(explained.unread, language))
    return "\n".join(lines)


async def doctor(context: TelegramContext, asked: Asked) -> None:
    """Run every check and show what to do. Raises InputError ``telegram.groups_only``, ``telegram.admins_only``."""
    if asked.space is None:
        raise InputError("telegram.groups_only")
    await context.delivery.check_admin(asked)
    rights = partial(_rights, context, asked.message.chat_id)
    findings = await context.services.doctor.examine(asked.account, asked.space, more=[("telegram", rights)])
    lines = (each.sentence(asked.language, brief=True) for each in findings)
    await context.delivery.sentence(asked.message, "\n".join(lines))


async def _rights(context: TelegramContext, chat_id: int) -> Sequence[Finding]:
    """Return whether the bot sees the group's messages, and may send voices there."""
    return (
        _finding("doctor.telegram.groups", await context.rights.sees_messages(chat_id)),
        _finding("telegram.doctor.voices", await context.rights.may_send_voices(chat_id)),
    )


def _finding(code: str, good: bool | None) -> Finding:
    """Return one line; a warning if Telegram did not answer."""
    if good is None:
        return found("telegram", State.BAD, "telegram.doctor.silent")
    return found("telegram", State.GOOD if good else State.WARNING, code if good else codes.OFF[code])
