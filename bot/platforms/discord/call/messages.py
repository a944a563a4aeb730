"""Discord messages as values for reading aloud: author, channel, roles, presence and text."""

from collections.abc import Iterable

import discord

from bot.model import Account, Space, Utterance
from bot.normalization.extras import kind_of
from bot.normalization.message import Attachment, AttachmentKind, ChatMessage, Poll, Reading
from bot.platforms.discord.call.link import CallChannel
from bot.platforms.discord.context import role_scope
from bot.platforms.reading.messages import Heard, Readable
from bot.store.sessions import Binding

_SPEECH = (discord.MessageType.default, discord.MessageType.reply)
"""The other types are Discord's own: someone joined, a message was pinned."""


def is_speech(message: discord.Message) -> bool:
    """Return whether a person wrote it."""
    return message.type in _SPEECH


def has_content(message: discord.Message) -> bool:
    """Return whether Discord let us see any content. Without the intent everything is empty."""
    seen = (message.content, message.attachments, message.stickers, message.poll, message.message_snapshots)
    return any(seen) or bool(message.embeds)


def chat_message(message: discord.Message) -> ChatMessage:
    """Return everything in it that can be read aloud."""
    forwarded = message.message_snapshots[0] if message.message_snapshots else None
    shown = forwarded or message
    guild = message.guild
    return ChatMessage(
        text=shown.content,
        author=message.author.display_name,
        reply_to=None if forwarded else _answered(message),
        forwarded_from="" if forwarded else None,  # Discord does not reveal the author
        attachments=tuple(_attachments(shown.attachments)),
        stickers=tuple(sticker.name for sticker in shown.stickers),
        poll=_poll(message.poll) if message.poll is not None else None,
        users={str(user.id): user.display_name for user in message.mentions},
        roles={str(role.id): role.name for role in message.role_mentions},
        channels={str(channel.id): channel.name for channel in message.channel_mentions} if guild else {},
        silent=message.flags.suppress_notifications,
    )


def _answered(message: discord.Message) -> str | None:
    """Return the name of the author replied to; empty if that message cannot be seen."""
    if message.type is not discord.MessageType.reply:
        return None
    answered = answered_of(message)
    return answered.display_name if answered is not None else ""


def answered_of(message: discord.Message) -> discord.User | discord.Member | None:
    """Return the author of the message replied to; None if there is none, or it cannot be seen."""
    if message.type is not discord.MessageType.reply or message.message_snapshots:
        return None
    answered = message.reference.resolved if message.reference is not None else None
    return answered.author if isinstance(answered, discord.Message) else None


def _attachments(files: Iterable[discord.Attachment]) -> Iterable[Attachment]:
    for file in files:
        if file.is_voice_message():
            yield Attachment(AttachmentKind.VOICE, seconds=file.duration)
        else:
            yield Attachment(kind_of(file.filename, file.content_type or ""))


def _poll(poll: discord.Poll) -> Poll:
    return Poll(str(poll.question), tuple(answer.text for answer in poll.answers))


def channel_of(message: discord.Message) -> str:
    """Return the id of the channel; for a thread, of its parent channel."""
    channel = message.channel
    found = channel.parent_id if isinstance(channel, discord.Thread) else channel.id
    return str(found)


def key_of(message: discord.Message) -> str:
    """Return the request's key; an edited message has a new one."""
    edited = message.edited_at
    return f"discord:message:{message.id}" + (f":{edited.timestamp():.0f}" if edited is not None else "")


def heard_of(message: discord.Message, voice_channel: CallChannel | None, binding: Binding | None) -> Heard:
    """Return a guild's message for the call in a voice channel."""
    guild, author = message.guild, message.author
    assert guild is not None, "direct messages are not read aloud"
    seat = voice_channel.voice_states.get(author.id) if voice_channel is not None else None
    roles = author.roles if isinstance(author, discord.Member) else []
    return Heard(
        message=chat_message(message),
        id=str(message.id),
        key=key_of(message),
        account=Account("discord", str(author.id)),
        space=Space("discord", str(guild.id)),
        channel=channel_of(message),
        thread=private_thread(message.channel),
        manages=isinstance(author, discord.Member) and author.guild_permissions.manage_guild,
        roles=tuple(role_scope(role.id) for role in roles if not role.is_default()),
        is_bot=author.bot,
        is_webhook=message.webhook_id is not None,
        in_call=seat is not None,
        muted=seat is not None and seat.mute,
        voice=binding.voice if binding is not None else "",
        style=binding.style if binding is not None else "",
        max_characters=binding.max_characters if binding is not None else 0,
        answered=Account("discord", str(answered.id)) if (answered := answered_of(message)) is not None else None,
    )


def private_thread(channel: object) -> str:
    """Return the id of a private thread, which not everyone in its channel may read; otherwise empty."""
    return str(channel.id) if isinstance(channel, discord.Thread) and channel.is_private() else ""


def said(utterance: Utterance, name: str, thread: str = "") -> Readable:
    """Return a commanded text for a call's queue: unchanged, without the author's name.

    ``thread``: the private thread of the command.
    """
    assert utterance.account is not None, "commands have an account"
    assert utterance.space is not None, "a call is one of a guild"
    heard = Heard(
        message=ChatMessage(text=utterance.text, author=name),
        id=utterance.key,
        key=utterance.key,
        account=utterance.account,
        space=utterance.space,
        channel=utterance.channel,
        thread=thread,
        roles=utterance.roles,
        manages=utterance.manages,
    )
    return Readable(heard, utterance, Reading(), "")
