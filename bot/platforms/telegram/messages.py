"""Telegram messages as values: requests to the bot, and the content of group messages."""

import asyncio
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import accumulate
from typing import Any

from telegram import (
    CallbackQuery,
    Chat,
    Message,
    MessageEntity,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
    Update,
    User,
)
from telegram.constants import ChatType

from bot import texts
from bot.errors import InputError
from bot.model import Account, Space
from bot.normalization.extras import kind_of
from bot.normalization.message import Attachment, AttachmentKind, ChatMessage, Mark, Poll, Span
from bot.platforms.reading.messages import Heard
from bot.platforms.requests import AcceptedCommand
from bot.store.sessions import Binding

_BELOW = re.compile(r"/[a-z0-9_]{1,32}+(?:@[a-z0-9_]{1,32}+)?(?!\S)", re.ASCII | re.IGNORECASE)
GENERAL = "1"
"""The topic of messages without one in a forum; Telegram's own clients call it so."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A message for the bot, or a button pressed under a message of the bot."""

    message: Message
    """The message to reply to."""
    key: str
    """The same for a second delivery of the update."""
    line: str
    """The text after the command; the data of a pressed button."""
    account: Account
    """The paying account, whose settings apply."""
    space: Space | None
    """None in private."""
    locale: str | None
    """The person's language as reported by Telegram: ``en`` or ``zh``; None if unknown."""
    language: str
    """Reply language."""
    channel: str = ""
    """The topic of a forum; empty outside of forums."""
    author: Account | None = None
    """The channel a person writes as; its account is shared with all other channels of the group."""
    query: CallbackQuery | None = None
    """The pressed button."""
    command: AcceptedCommand | None = None
    """Its journal record; None while it is not answered."""
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the pressed button was answered, which is possible once."""


def admins_of(space: Space) -> str:
    """Return the role of a group's administrators, for its rules and for the host's quotas.

    ``role:telegram:-100123``.
    """
    return f"role:telegram:{space.id}"


def payer_of(message: Message, identity: User | Chat) -> tuple[Account, Account | None]:
    """Return the paying account for what ``identity`` writes, and the author if others pay with it.

    All administrators who write as the group are the group. All who write as a channel are one account of the group:
    anybody can have any number of channels, which must not each have a quota, a cooldown or a block of its own.
    """
    writer = Account("telegram", str(identity.id))
    if isinstance(identity, User) or identity.id == message.chat_id:
        return writer, None
    return Space("telegram", str(message.chat_id)).channel_senders, writer


def own_account(asked: Asked) -> Account:
    """Return the account whose own settings may be changed.

    Raises InputError ``telegram.channel_settings`` for a channel.
    """
    if asked.author is not None:
        raise InputError("telegram.channel_settings")
    return asked.account


def read(update: Update, otherwise: str) -> Asked | None:
    """Return who asks, where, and for what. ``otherwise``: the language if the person's is unknown.

    None for bots, for posts that Telegram forwards from a channel, for commands that somebody forwards, for what came
    through an inline bot (ours above all: it was a choice, not a command), and for buttons under messages that are too
    old to be identified. Edited messages, posts of channels and other updates are none of these.
    """
    if update.callback_query is not None:
        return _pressed(update.callback_query, otherwise)
    message = update.message
    return _written(message, update.update_id, otherwise) if message is not None else None


def read_guest(update: Update, otherwise: str) -> Asked | None:
    """Return the same for a guest chat; None for what cannot be answered."""
    message = update.guest_message
    if message is None or not message.guest_query_id:
        return None
    return _written(message, update.update_id, otherwise)


def _written(message: Message, update_id: int, otherwise: str) -> Asked | None:
    if message.is_automatic_forward or message.via_bot is not None:
        return None
    if message.forward_origin is not None and command_of(message):
        return None
    person, stands_for = message.from_user, message.sender_chat
    # An admin who writes as the group, or a person as a channel, is that chat; the user is then Telegram's own bot.
    if stands_for is None and (person is None or person.is_bot):
        return None
    identity = stands_for or person
    assert identity is not None
    account, author = payer_of(message, identity)
    return Asked(
        message=message,
        key=f"telegram:update:{update_id}",
        line=_after_command(message),
        account=account,
        author=author,
        **_surroundings(message, person, otherwise),
    )


def _pressed(query: CallbackQuery, otherwise: str) -> Asked | None:
    message = query.message
    if query.from_user.is_bot or not isinstance(message, Message):
        return None
    return Asked(
        message=message,
        key=f"telegram:callback:{query.id}",
        line=query.data or "",
        account=Account("telegram", str(query.from_user.id)),
        query=query,
        **_surroundings(message, query.from_user, otherwise),
    )


def _surroundings(message: Message, person: User | None, otherwise: str) -> dict[str, Any]:
    code = person.language_code if person else None
    in_private = message.chat.type == ChatType.PRIVATE
    return {
        "space": None if in_private else Space("telegram", str(message.chat_id)),
        "locale": texts.language(code) if code else None,
        "language": texts.language(code, otherwise),
        "channel": topic_of(message),
    }


def topic_of(message: Message) -> str:
    """Return the topic of a message; empty outside of forums."""
    # Outside of topics the thread of a message is a chain of replies.
    if message.is_topic_message:
        return str(message.message_thread_id)
    return GENERAL if message.chat.is_forum else ""


def command_of(message: Message) -> str:
    """Return the command a message or caption begins with, as in ``/say@mouthpiece_bot``.

    Empty if there is none.
    """
    for entity in message.entities:
        if entity.type == entity.BOT_COMMAND and entity.offset == 0:
            # A command is ASCII, so its length in UTF-16 units is that in characters.
            return (message.text or "")[: entity.length]
    found = _BELOW.match(message.caption or "")  # if Telegram marks none
    return found[0] if found is not None else ""


def _after_command(message: Message) -> str:
    """Return the text after a command at the start, line breaks included."""
    return (message.text or message.caption or "")[len(command_of(message)) :]


_MARKS = {
    MessageEntity.SPOILER: Mark.SPOILER,
    MessageEntity.CODE: Mark.CODE,
    MessageEntity.PRE: Mark.CODE_BLOCK,
    MessageEntity.TEXT_LINK: Mark.LINK,
}


def id_of(message: Message) -> str:
    """Return an id unique on Telegram, whose message ids are unique per chat."""
    return f"{message.chat_id}:{message.message_id}"


def author_of(message: Message) -> User | Chat | None:
    """Return the author: a person, or the group or channel they write as. None for service messages."""
    return message.sender_chat or message.from_user


def name_of(author: User | Chat | None) -> str:
    """Return the name as the chat shows it."""
    if author is None:
        return ""
    return author.full_name if isinstance(author, User) else (author.title or author.full_name or "")


def account_of(author: User | Chat) -> Account:
    """Return the account that other people's settings refer to; who pays is another matter."""
    return Account("telegram", str(author.id))


def is_speech(message: Message, bot_id: int) -> bool:
    """Return whether a person wrote it or said something with it: not the bot itself, nor Telegram ("joined")."""
    author = author_of(message)
    ours = (author, message.via_bot)  # a voice chosen from this bot speaks for itself
    if author is None or any(each is not None and each.id == bot_id for each in ours):
        return False
    shown = chat_message(message)
    return bool(shown.text or shown.attachments or shown.stickers or shown.poll)


def heard_of(message: Message, binding: Binding | None, roles: tuple[str, ...] = ()) -> Heard:
    """Return a message that ``is_speech`` as a value. Automatic posts of the group's channel count as webhooks."""
    author = author_of(message)
    assert author is not None, "what nobody wrote is not read"
    identity = id_of(message)
    account, writer = payer_of(message, author)
    return Heard(
        message=chat_message(message),
        id=identity,
        key=f"telegram:read:{identity}",  # an edited message has the same: it is charged once
        account=account,
        author=writer,
        manages=bool(roles),
        space=Space("telegram", str(message.chat_id)),
        channel=topic_of(message),
        roles=roles,
        is_bot=isinstance(author, User) and author.is_bot,
        is_webhook=bool(message.is_automatic_forward),
        voice=binding.voice if binding is not None else "",
        style=binding.style if binding is not None else "",
        max_characters=binding.max_characters if binding is not None else 0,
        answered=_answered_account(message),
    )


def chat_message(message: Message) -> ChatMessage:
    """Return everything in it that can be read aloud."""
    text = message.text or message.caption or ""
    forwarded = None if message.is_automatic_forward else _forwarded(message)
    return ChatMessage(
        text=text,
        platform="telegram",
        author=name_of(author_of(message)),
        reply_to=_answered(message) if forwarded is None else None,
        forwarded_from=forwarded,
        attachments=tuple(_attachments(message)),
        stickers=tuple(each.emoji for each in (message.sticker, message.dice) if each is not None and each.emoji),
        poll=_poll(message),
        spans=spans_of(text, message.entities or message.caption_entities),
    )


def of_one_album(first: ChatMessage, more: ChatMessage) -> ChatMessage:
    """Return two messages of an album as one: Telegram sends one per picture, and shows them together."""
    words = first if first.text else more
    return replace(first, text=words.text, spans=words.spans, attachments=first.attachments + more.attachments)


def spans_of(text: str, entities: Sequence[MessageEntity]) -> tuple[Span, ...]:
    """Return the formatting of a text, in code points.

    Formatting that overlaps a spoiler is left out: nothing may reveal a part of it.
    """
    at = None if text.isascii() else [0, *accumulate(2 if ord(sign) > 0xFFFF else 1 for sign in text)]

    def place(offset: int) -> int:
        return offset if at is None else bisect_left(at, offset)

    spans = [
        Span(_MARKS[kind], place(entity.offset), place(entity.offset + entity.length), entity.language or "")
        for entity in entities
        if (kind := entity.type) in _MARKS
    ]
    spoilers = [span for span in spans if span.mark is Mark.SPOILER]
    clear = [
        span
        for span in spans
        if span.mark is not Mark.SPOILER
        and not any(span.start < spoiler.end and spoiler.start < span.end for spoiler in spoilers)
    ]
    return (*spoilers, *clear)


def _answered(message: Message) -> str | None:
    """Return the name of the author replied to; empty if unknown."""
    answered = message.reply_to_message
    if answered is not None:
        # In a topic everything answers the message that opened it.
        return None if answered.forum_topic_created else name_of(author_of(answered))
    return _origin(message.external_reply.origin) if message.external_reply is not None else None


def _answered_account(message: Message) -> Account | None:
    """Return the account replied to, if known."""
    answered, elsewhere = message.reply_to_message, message.external_reply
    if answered is not None:
        author = author_of(answered)
    else:
        origin = elsewhere.origin if elsewhere is not None else None
        author = origin.sender_user if isinstance(origin, MessageOriginUser) else None
    return account_of(author) if author is not None else None


def _forwarded(message: Message) -> str | None:
    return _origin(message.forward_origin) if message.forward_origin is not None else None


def _origin(origin: object) -> str:
    match origin:
        case MessageOriginUser():
            return origin.sender_user.full_name
        case MessageOriginHiddenUser():
            return origin.sender_user_name
        case MessageOriginChat():
            return name_of(origin.sender_chat)
        case MessageOriginChannel():
            return name_of(origin.chat)
        case _:
            return ""


def _attachments(message: Message) -> list[Attachment]:
    """Return a message's attachment: Telegram sends one per message, an album as several messages."""
    timed = (
        (message.voice, AttachmentKind.VOICE),
        (message.video_note, AttachmentKind.VIDEO_NOTE),
        (message.audio, AttachmentKind.AUDIO),
        (message.animation, AttachmentKind.GIF),
        (message.video, AttachmentKind.VIDEO),
    )
    for thing, kind in timed:
        if thing is not None:
            tells_length = kind in (AttachmentKind.VOICE, AttachmentKind.VIDEO_NOTE)
            return [Attachment(kind, seconds=_seconds(thing.duration) if tells_length else None)]
    if message.document is not None:
        return [Attachment(kind_of(message.document.file_name or "", message.document.mime_type or ""))]
    if message.photo or message.paid_media is not None:
        return [Attachment(AttachmentKind.IMAGE)]
    if message.contact is not None:
        return [Attachment(AttachmentKind.CONTACT)]
    return [Attachment(AttachmentKind.PLACE)] if message.location is not None or message.venue is not None else []


def _seconds(duration: int | timedelta) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)


def _poll(message: Message) -> Poll | None:
    poll = message.poll
    return Poll(poll.question, tuple(option.text for option in poll.options)) if poll is not None else None
