"""A message of a Discord channel in the words of reading aloud. Used by ``calls`` for everything that people write."""

from collections.abc import Iterable

import discord

from bot.speech.chat.extras import kind_of
from bot.speech.chat.message import Attachment, ChatMessage, Kind, Poll

_SPEECH = (discord.MessageType.default, discord.MessageType.reply)
"""The others are Discord's own: somebody joined, a message was pinned."""


def is_speech(message: discord.Message) -> bool:
    """Whether somebody said something in it."""
    return message.type in _SPEECH


def has_content(message: discord.Message) -> bool:
    """Whether Discord let us see anything of it. Without the intent everything is empty."""
    seen = (message.content, message.attachments, message.stickers, message.poll, message.message_snapshots)
    return any(seen) or bool(message.embeds)


def chat_message(message: discord.Message) -> ChatMessage:
    """Everything of it that can be read aloud."""
    forwarded = message.message_snapshots[0] if message.message_snapshots else None
    shown = forwarded or message
    guild = message.guild
    return ChatMessage(
        text=shown.content,
        author=message.author.display_name,
        reply_to=None if forwarded else _answered(message),
        forwarded_from="" if forwarded else None,  # Discord does not say who wrote it
        attachments=tuple(_attachments(shown.attachments)),
        stickers=tuple(sticker.name for sticker in shown.stickers),
        poll=_poll(message.poll) if message.poll is not None else None,
        users={str(user.id): user.display_name for user in message.mentions},
        roles={str(role.id): role.name for role in message.role_mentions},
        channels={str(channel.id): channel.name for channel in message.channel_mentions} if guild else {},
        silent=message.flags.suppress_notifications,
    )


def _answered(message: discord.Message) -> str | None:
    """The name of whoever is answered; empty where the answered message cannot be seen."""
    if message.type is not discord.MessageType.reply:
        return None
    answered = answered_of(message)
    return answered.display_name if answered is not None else ""


def answered_of(message: discord.Message) -> discord.User | discord.Member | None:
    """Who wrote the answered message; None where there is none, or it cannot be seen."""
    if message.type is not discord.MessageType.reply or message.message_snapshots:
        return None
    answered = message.reference.resolved if message.reference is not None else None
    return answered.author if isinstance(answered, discord.Message) else None


def _attachments(files: Iterable[discord.Attachment]) -> Iterable[Attachment]:
    for file in files:
        if file.is_voice_message():
            yield Attachment(Kind.VOICE, seconds=file.duration)
        else:
            yield Attachment(kind_of(file.filename, file.content_type or ""))


def _poll(poll: discord.Poll) -> Poll:
    return Poll(str(poll.question), tuple(answer.text for answer in poll.answers))
