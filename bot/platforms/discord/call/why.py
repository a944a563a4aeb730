"""Why a message was not read, to the person who asks: what was remembered of it, else what would stop it now.

Used by ``cogs/why.py``.
"""

from collections.abc import Sequence

import discord

from bot.model import Space
from bot.platforms.discord.call.calls import Calls
from bot.platforms.discord.call.heard import channel_of, heard_of
from bot.platforms.discord.call.message import has_content, is_speech
from bot.platforms.discord.call.rooms import Room
from bot.platforms.reading.heard import Explained, Unread
from bot.platforms.reading.reader import Reader
from bot.store.bindings import Binding

_HELD = {"muted": "unread.no_speak", "paused": "unread.paused"}
"""Why a session is silent, as a gate."""


async def why(calls: Calls, reader: Reader, message: discord.Message, *, sees_content: bool) -> Unread:
    """The exact gate; ``unread.read`` and ``unread.waiting`` where there is none. Raises StoreError.

    ``sees_content``: whether the bot asked for the message-content intent.

    The message comes out of a menu, so that its words are there whatever intents the bot has; its author's roles are
    known while they sit in a call.
    """
    session = calls.sessions.get(message.guild.id) if message.guild is not None else None
    if session is not None and session.waits(str(message.id)):
        return Unread(next((code for reason, code in _HELD.items() if session.held(reason)), "unread.waiting"))
    outcome = reader.outcomes.get(str(message.id))
    if outcome == "read":
        return Unread("unread.read")
    if outcome is not None:
        return outcome
    return await _now(calls, reader, message, sees_content=sees_content) or Unread("unread.unknown")


async def explain(calls: Calls, reader: Reader, message: discord.Message) -> Explained:
    """What would be said of a message. Raises StoreError."""
    room, binding, _ = await _place(calls, reader, message)
    return await reader.explain(heard_of(message, room, binding))


async def _now(calls: Calls, reader: Reader, message: discord.Message, *, sees_content: bool) -> Unread | None:
    """What would stop the message if it came at this moment."""
    guild = message.guild
    if guild is None or not is_speech(message) or message.author.id == guild.me.id:
        return Unread("unread.not_speech")
    room, binding, is_read = await _place(calls, reader, message)
    if not is_read:
        return Unread("unread.not_read_here")
    if room is None:
        return Unread("unread.no_session")
    if binding is not None and binding.voice_channel not in ("", str(room.id)):
        return Unread("unread.not_bound")
    if not sees_content or not has_content(message):
        return Unread("unread.no_content")
    judged = await reader.judge(heard_of(message, room, binding))
    return judged if isinstance(judged, Unread) else None


async def _place(calls: Calls, reader: Reader, message: discord.Message) -> tuple[Room | None, Binding | None, bool]:
    """The call of the guild, how the channel is bound, and whether it is read at all."""
    assert message.guild is not None, "the menus are for servers"
    session = calls.sessions.get(message.guild.id)
    channel = channel_of(message)
    bindings: Sequence[Binding] = await reader.bindings.of(Space("discord", str(message.guild.id)))
    binding = next((each for each in bindings if each.channel == channel), None)
    is_read = binding is not None or (session is not None and session.reads(channel))
    return (session.link.room if session is not None else None), binding, is_read
