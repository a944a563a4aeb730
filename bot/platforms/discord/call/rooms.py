"""Whether the bot may go into a voice channel and be heard there, named before it tries; who is in it.

Used by ``link`` before joining and by ``calls``.
"""

import discord

from bot.errors import InputError

Room = discord.VoiceChannel | discord.StageChannel
RIGHTS = frozenset({"call.no_view", "call.no_connect", "call.no_speak"})
"""Codes of what ``check`` raises for want of a right."""


def check(room: Room) -> None:
    """Raises InputError: ``call.no_view``, ``call.no_connect``, ``call.no_speak``, ``call.full``.

    A full channel answers nothing at all, so that joining it would only end with the time allowed for it.
    """
    rights = room.permissions_for(room.guild.me)
    if not rights.view_channel:
        raise InputError("call.no_view", channel=room.mention)
    if not rights.connect:
        raise InputError("call.no_connect", channel=room.mention)
    if not rights.speak and isinstance(room, discord.VoiceChannel):  # on a stage a moderator grants it
        raise InputError("call.no_speak", channel=room.mention)
    if 0 < room.user_limit <= len(others(room)) and not rights.move_members:
        raise InputError("call.full", channel=room.mention, limit=room.user_limit)


def lacks_right(room: Room | None) -> bool:
    """Whether the bot may not go there, or not speak there."""
    try:
        if room is not None:
            check(room)
    except InputError as error:
        return error.code in RIGHTS
    return False


def others(room: Room) -> list[int]:
    """Ids of everybody in it but the bot."""
    return [member for member in room.voice_states if member != room.guild.me.id]


def people(room: Room) -> list[discord.Member]:
    """The people in it. Bots do not listen."""
    return [member for member in room.members if not member.bot]
