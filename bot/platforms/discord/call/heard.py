"""A Discord message as reading aloud hears it: who wrote it, where, in which roles, from which seat."""

import discord

from bot.model import Account, Space, Utterance
from bot.platforms.discord.call.message import answered_of, chat_message
from bot.platforms.discord.call.rooms import Room
from bot.platforms.discord.wish import role_scope
from bot.platforms.reading.heard import Heard, Readable
from bot.speech.chat.message import ChatMessage, Reading
from bot.store.bindings import Binding


def channel_of(message: discord.Message) -> str:
    """The id of the channel; for a thread, of the channel it hangs on."""
    channel = message.channel
    found = channel.parent_id if isinstance(channel, discord.Thread) else channel.id
    return str(found)


def key_of(message: discord.Message) -> str:
    """The name of the wish; an edited message is another one."""
    edited = message.edited_at
    return f"discord:message:{message.id}" + (f":{edited.timestamp():.0f}" if edited is not None else "")


def heard_of(message: discord.Message, room: Room | None, binding: Binding | None) -> Heard:
    """For the call in ``room``. The message is one of a guild."""
    guild, author = message.guild, message.author
    assert guild is not None, "direct messages are not read aloud"
    seat = room.voice_states.get(author.id) if room is not None else None
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
    """Return the id of a private thread, which not all who see its channel may read; empty for anything else."""
    return str(channel.id) if isinstance(channel, discord.Thread) and channel.is_private() else ""


def said(utterance: Utterance, name: str, thread: str = "") -> Readable:
    """Return what somebody commanded to be said as the queue of a call takes it: as it is, without a name before it.

    ``thread``: the private thread in which it was commanded.
    """
    assert utterance.account is not None, "whoever commands has an account"
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
