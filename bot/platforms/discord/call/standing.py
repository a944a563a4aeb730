"""Who may command a call: people who sit in it, and moderators. Asked by ``cogs/reader.py`` and ``answer``."""

from typing import Any

import discord

from bot.errors import InputError
from bot.platforms.discord.call import rooms
from bot.platforms.discord.call.calls import Calls
from bot.platforms.discord.call.rooms import Room
from bot.platforms.discord.call.session import Session


def guild_of(interaction: discord.Interaction[Any]) -> discord.Guild:
    """The guild of a command, with the bot in it. Raises InputError ``call.only_in_servers``."""
    guild = interaction.guild
    if guild is None or not interaction.is_guild_integration():
        raise InputError("call.only_in_servers")
    return guild


def moderates(interaction: discord.Interaction[Any]) -> bool:
    """Whether somebody may decide over others' messages in a call."""
    rights = interaction.permissions
    return rights.manage_guild or rights.manage_messages or rights.move_members


def seat_of(interaction: discord.Interaction[Any]) -> Room:
    """The voice channel in which somebody sits. Raises InputError ``call.where``."""
    person = interaction.user
    seat = person.voice if isinstance(person, discord.Member) else None
    if seat is None or seat.channel is None:
        raise InputError("call.where")
    return seat.channel


def session_for(calls: Calls, interaction: discord.Interaction[Any]) -> Session:
    """The guild's call, for somebody who may command it. Raises InputError ``call.none``, ``call.not_in_it``."""
    session = calls.session(guild_of(interaction).id)
    room = session.link.room
    if not moderates(interaction) and (room is None or interaction.user.id not in room.voice_states):
        raise InputError("call.not_in_it")
    return session


def check_may_bring(calls: Calls, interaction: discord.Interaction[Any], room: Room) -> None:
    """Whether somebody may have the bot come into ``room``: not away from people who listen elsewhere.

    Raises InputError ``call.elsewhere``.
    """
    session = calls.sessions.get(room.guild.id)
    now = session.link.room if session is not None else None
    if now is None or now.id == room.id or moderates(interaction) or interaction.user.id in now.voice_states:
        return
    if rooms.people(now):
        raise InputError("call.elsewhere", channel=now.mention)
