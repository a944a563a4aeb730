"""Roles and channels that moderators named, as they are shown to them: by name, and as deleted where they are gone.

What is deleted stays in their lists: were it taken out of one that says who may speak, everybody might. A channel
that is not listed stays in any case: it may be hidden from the bot alone.
"""

from collections.abc import Sequence

import discord

from bot.digits import whole
from bot.texts import codes, say

MOST = 15
"""Names that are shown of a list."""


def listed(names: Sequence[str], most: int = MOST) -> Sequence[str]:
    """As many as fit a message, and how many more there are."""
    more = len(names) - most
    return [*names[:most], *([f"+ {more}"] if more > 0 else [])] or "–"


def role_named(entry: str, guild: discord.Guild | None, language: str) -> str:
    """A role by its scope, with what it is about where the entry says so (``singing@role:discord:77``)."""
    use = entry.rpartition("@")[0]
    shown = say("discord.role_gone", language) if role_is_gone(entry, guild) else f"<@&{_id_of(entry)}>"
    return f"{shown} ({say(codes.CHOICE[use], language)})" if use else shown


def channel_named(channel: str, guild: discord.Guild | None, language: str) -> str:
    """A channel by its id; it is no thread, which guilds do not list."""
    return say("discord.channel_unlisted", language) if is_unlisted(channel, guild) else f"<#{channel}>"


def role_is_gone(entry: str, guild: discord.Guild | None) -> bool:
    """Whether it was deleted; False where the guild's roles are not known."""
    identity = whole(_id_of(entry))
    return guild is not None and _is_known(guild) and identity is not None and not guild.get_role(identity)


def is_unlisted(channel: str, guild: discord.Guild | None) -> bool:
    """Whether a guild lists no such channel: it was deleted, or is hidden from the bot. False as for roles."""
    identity = whole(channel)
    return guild is not None and _is_known(guild) and identity is not None and not guild.get_channel(identity)


def _is_known(guild: discord.Guild) -> bool:
    """Where the bot is no member an interaction brings a guild without roles, which has @everyone otherwise."""
    return guild.get_role(guild.id) is not None


def _id_of(entry: str) -> str:
    return entry.rpartition(":")[2]
