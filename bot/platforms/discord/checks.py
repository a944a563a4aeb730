"""Discord's own checks for the doctor: permissions, channel by channel, and whether messages can be read.

Used by ``/doctor`` and ``/setup``.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import discord

from bot.errors import InputError
from bot.platforms.discord.call.link import CallChannel, check
from bot.platforms.doctor import Finding, State, found
from bot.texts import codes, say

if TYPE_CHECKING:
    from bot.platforms.discord.client import Bot

IN_TEXT = ("view_channel", "send_messages", "send_voice_messages", "attach_files")
IN_VOICE = ("view_channel", "connect", "speak")
ON_STAGE = ("view_channel", "connect", "request_to_speak")
Channel = discord.abc.GuildChannel | discord.Thread


def missing(channel: Channel) -> tuple[str, ...]:
    """Return the names of permissions that the bot needs in a channel and lacks."""
    rights = channel.permissions_for(channel.guild.me)
    needed: Sequence[str] = IN_TEXT
    if isinstance(channel, discord.VoiceChannel):
        needed = IN_VOICE
    elif isinstance(channel, discord.StageChannel):
        needed = ON_STAGE
    elif isinstance(channel, discord.Thread):
        needed = ("view_channel", "send_messages_in_threads", *IN_TEXT[2:])
    return tuple(name for name in needed if not getattr(rights, name))


def permissions(channels: Iterable[Channel], language: str) -> list[Finding]:
    """Return one finding for each channel."""
    findings = []
    for channel in channels:
        names = missing(channel)
        listed = [say(codes.PERMISSION.get(name, name), language) for name in names]
        if names:
            where = channel.mention
            findings.append(found("permissions", State.BAD, "doctor.permissions.missing", channel=where, names=listed))
        else:
            findings.append(found("permissions", State.GOOD, "doctor.permissions", channel=channel.mention))
    return findings


def crowded(voice_channel: CallChannel) -> Finding | None:
    """Return a finding for a voice channel the bot could not join because it is full."""
    try:
        check(voice_channel)
    except InputError as error:
        return found("permissions", State.BAD, error.code, **error.facts) if error.code == "call.full" else None
    return None


def content(bot: "Bot") -> Finding:
    """Return whether messages can be read aloud at all, and what is missing otherwise."""
    if bot.intents.message_content:
        return found("discord", State.GOOD, "doctor.discord.content")
    if bot.content_refused:
        return found("discord", State.WARNING, "doctor.discord.content.off")
    return found("discord", State.WARNING, "doctor.discord.content.not_asked")
