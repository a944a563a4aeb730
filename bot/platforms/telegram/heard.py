"""A message of a Telegram group in the words of reading aloud: what it says, and who wrote it where.

Used by ``aloud.py`` for everything that people write, and by ``/why`` and ``/explain`` for the message asked about.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate

from telegram import (
    Chat,
    Message,
    MessageEntity,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
    User,
)

from bot.model import Account, Space
from bot.platforms.reading.heard import Heard
from bot.platforms.telegram.asking import payer_of, topic_of
from bot.speech.chat.extras import kind_of
from bot.speech.chat.message import Attachment, ChatMessage, Kind, Mark, Poll, Span
from bot.store.bindings import Binding

_MARKS = {
    MessageEntity.SPOILER: Mark.SPOILER,
    MessageEntity.CODE: Mark.CODE,
    MessageEntity.PRE: Mark.CODE_BLOCK,
    MessageEntity.TEXT_LINK: Mark.LINK,
}


def id_of(message: Message) -> str:
    """Unique on Telegram, whose own numbers are so in one chat."""
    return f"{message.chat_id}:{message.message_id}"


def author_of(message: Message) -> User | Chat | None:
    """A person; or the group or channel as which somebody writes. None for what nobody wrote."""
    return message.sender_chat or message.from_user


def name_of(author: User | Chat | None) -> str:
    """As the chat shows it."""
    if author is None:
        return ""
    return author.full_name if isinstance(author, User) else (author.title or author.full_name or "")


def account_of(author: User | Chat) -> Account:
    """Return whom settings of others are about; who pays is another matter."""
    return Account("telegram", str(author.id))


def is_speech(message: Message, bot_id: int) -> bool:
    """Whether somebody wrote it, or said something with it: not the bot itself, nor Telegram (somebody joined)."""
    author = author_of(message)
    ours = (author, message.via_bot)  # a voice that somebody chose from this bot speaks for itself
    if author is None or any(each is not None and each.id == bot_id for each in ours):
        return False
    shown = chat_message(message)
    return bool(shown.text or shown.attachments or shown.stickers or shown.poll)


def heard_of(message: Message, binding: Binding | None, roles: tuple[str, ...] = ()) -> Heard:
    """For a message that ``is_speech``. Posts that come from the group's channel by themselves count as webhooks."""
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
    """Everything of it that can be read aloud."""
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
    """Two messages of an album as one: Telegram sends a message for each picture, and shows them together."""
    words = first if first.text else more
    return replace(first, text=words.text, spans=words.spans, attachments=first.attachments + more.attachments)


def spans_of(text: str, entities: Sequence[MessageEntity]) -> tuple[Span, ...]:
    """The marks of a text, in code points. What overlaps a spoiler is left out: nothing may uncover a part of it."""
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
    """The name of whoever is answered; empty where nobody knows it."""
    answered = message.reply_to_message
    if answered is not None:
        # In a topic everything answers the message that opened it.
        return None if answered.forum_topic_created else name_of(author_of(answered))
    return _origin(message.external_reply.origin) if message.external_reply is not None else None


def _answered_account(message: Message) -> Account | None:
    """Of whoever is answered, where that is known."""
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
    """Telegram sends one thing with a message; an album is a message for each."""
    timed = (
        (message.voice, Kind.VOICE),
        (message.video_note, Kind.VIDEO_NOTE),
        (message.audio, Kind.AUDIO),
        (message.animation, Kind.GIF),
        (message.video, Kind.VIDEO),
    )
    for thing, kind in timed:
        if thing is not None:
            tells_length = kind in (Kind.VOICE, Kind.VIDEO_NOTE)
            return [Attachment(kind, seconds=_seconds(thing.duration) if tells_length else None)]
    if message.document is not None:
        return [Attachment(kind_of(message.document.file_name or "", message.document.mime_type or ""))]
    if message.photo or message.paid_media is not None:
        return [Attachment(Kind.IMAGE)]
    if message.contact is not None:
        return [Attachment(Kind.CONTACT)]
    return [Attachment(Kind.PLACE)] if message.location is not None or message.venue is not None else []


def _seconds(duration: int | timedelta) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)


def _poll(message: Message) -> Poll | None:
    poll = message.poll
    return Poll(poll.question, tuple(option.text for option in poll.options)) if poll is not None else None
