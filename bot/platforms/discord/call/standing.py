"""Who may command a call: people who sit in it, and moderators who may enter it themselves; and what they may see.

Asked by ``cogs/reader.py``, ``cogs/setup.py`` and ``answer``.
"""

from typing import Any

import discord

from bot.digits import whole
from bot.errors import InputError
from bot.platforms.discord.call import rooms
from bot.platforms.discord.call.calls import Calls
from bot.platforms.discord.call.rooms import Room
from bot.platforms.discord.call.session import Session
from bot.platforms.discord.wish import account_of
from bot.platforms.reading.heard import Heard


def guild_of(interaction: discord.Interaction[Any]) -> discord.Guild:
    """The guild of a command, with the bot in it. Raises InputError ``call.only_in_servers``."""
    guild = interaction.guild
    if guild is None or not interaction.is_guild_integration():
        raise InputError("call.only_in_servers")
    return guild


def moderates(interaction: discord.Interaction[Any], room: Room | None) -> bool:
    """Return whether somebody may decide over others in a call.

    What they may do in the channel of the command is not asked: one channel may give Manage Messages to everybody.
    """
    if interaction.permissions.manage_guild:  # no channel can give that
        return True
    rights = rights_in(interaction, room) if room is not None else discord.Permissions.none()
    return rights.manage_messages or rights.move_members


def rights_in(
    interaction: discord.Interaction[Any], channel: discord.abc.GuildChannel | discord.Thread
) -> discord.Permissions:
    """Return what somebody may do in a channel of the guild: what Discord says, and what the bot knows, agree on."""
    if interaction.channel_id == channel.id:
        return interaction.permissions
    person = interaction.user
    if not isinstance(person, discord.Member):
        return discord.Permissions.none()
    known = channel.permissions_for(person)
    data: dict[str, Any] = dict(interaction.data or {})
    told = data.get("resolved", {}).get("channels", {}).get(str(channel.id), {}).get("permissions")
    return known if told is None else discord.Permissions(known.value & int(told))


def may_see(interaction: discord.Interaction[Any], heard: Heard) -> bool:
    """Return whether somebody may read a message: their own, or one of a channel that they see."""
    if heard.account == account_of(interaction) or (heard.thread and heard.thread == str(interaction.channel_id)):
        return True
    channel = guild_of(interaction).get_channel(whole(heard.channel) or 0)
    if channel is None:
        return False
    rights = rights_in(interaction, channel)
    if heard.thread:  # who is in a private thread is not known here
        return rights.view_channel and rights.manage_threads
    hidden = isinstance(channel, discord.VoiceChannel | discord.StageChannel) and not rights.connect
    return rights.view_channel and not hidden


def check_may_enter(interaction: discord.Interaction[Any], room: Room) -> None:
    """Let those pass who sit in a voice channel or could go there themselves.

    Raises InputError ``call.you_no_view``, ``call.you_no_connect``.
    """
    if interaction.user.id in room.voice_states:
        return
    rights = rights_in(interaction, room)
    if not rights.view_channel:
        raise InputError("call.you_no_view")
    if not rights.connect:
        raise InputError("call.you_no_connect", channel=room.mention)


def seat_of(interaction: discord.Interaction[Any]) -> Room:
    """The voice channel in which somebody sits. Raises InputError ``call.where``."""
    person = interaction.user
    seat = person.voice if isinstance(person, discord.Member) else None
    if seat is None or seat.channel is None:
        raise InputError("call.where")
    return seat.channel


def session_for(calls: Calls, interaction: discord.Interaction[Any]) -> Session:
    """Return the guild's call, for somebody who may command it.

    Raises InputError ``call.none``, ``call.not_in_it``, and as ``check_may_enter``.
    """
    session = calls.session(guild_of(interaction).id)
    room = session.link.room
    if not _sits_in(interaction, room) and not moderates(interaction, room):
        raise InputError("call.not_in_it")
    if room is not None:
        check_may_enter(interaction, room)
    return session


def check_may_bring(calls: Calls, interaction: discord.Interaction[Any], room: Room) -> None:
    """Let somebody have the bot come into ``room``, where they may go: not into or out of a call of others.

    Raises InputError ``call.elsewhere``, ``call.not_in_it``, and as ``check_may_enter``.
    """
    check_may_enter(interaction, room)
    session = calls.sessions.get(room.guild.id)
    now = session.link.room if session is not None else None
    if now is None or _sits_in(interaction, now) or not rooms.people(now):
        return
    if not moderates(interaction, now):
        raise InputError("call.not_in_it" if now.id == room.id else "call.elsewhere", channel=now.mention)
    check_may_enter(interaction, now)


def _sits_in(interaction: discord.Interaction[Any], room: Room | None) -> bool:
    return room is not None and interaction.user.id in room.voice_states
