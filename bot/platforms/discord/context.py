"""From a Discord interaction to a speech request: account, server, channel, roles and permissions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.errors import InputError
from bot.model import Account, Space, Utterance, Voice
from bot.patterns import whole
from bot.text import styles
from bot.texts import codes, say


def account_of(interaction: discord.Interaction[Any]) -> Account:
    """Return the account of the person."""
    return Account("discord", str(interaction.user.id))


def space_of(interaction: discord.Interaction[Any]) -> Space | None:
    """Return the guild; None in direct messages."""
    return Space("discord", str(interaction.guild_id)) if interaction.guild_id is not None else None


def moderated_space(interaction: discord.Interaction[Any]) -> Space:
    """Return the guild, if the person manages it. Raises InputError ``discord.moderators_only``."""
    space = space_of(interaction)
    if space is None or not manages(interaction):
        raise InputError("discord.moderators_only")
    return space


def manages(interaction: discord.Interaction[Any]) -> bool:
    """Return whether the person manages the interaction's guild, which has the bot or its commands."""
    in_guild = interaction.guild_id is not None and interaction.is_guild_integration()
    return in_guild and interaction.permissions.manage_guild


def roles_of(interaction: discord.Interaction[Any]) -> tuple[str, ...]:
    """Return the scopes of the person's roles, in a guild that has installed the bot or its commands."""
    person = interaction.user
    if not isinstance(person, discord.Member) or not interaction.is_guild_integration():
        return ()
    # Member.roles has only roles the bot knows: none if the guild has installed the commands alone.
    return tuple(role_scope(role_id) for role_id in person._roles)


def role_scope(role_id: int) -> str:
    """Return a role's scope in quotas and settings."""
    return f"role:discord:{role_id}"


def channel_of(interaction: discord.Interaction[Any]) -> str:
    """Return the id of the channel; for a thread or a forum post, of its parent channel."""
    channel = interaction.channel
    found = channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
    return str(found) if found is not None else ""


def key_of(interaction: discord.Interaction[Any]) -> str:
    """Return the request's key: a second delivery has the same one."""
    return f"discord:interaction:{interaction.id}"


def utterance_of(
    interaction: discord.Interaction[Any],
    text: str,
    style: str = "",
    voice: str = "",
    instruction: str = "",
    *,
    design: str = "",
) -> Utterance:
    """Return the requested utterance, with account, place, and the roles that may change the quota.

    ``design`` describes a voice and takes precedence over a named one.
    """
    return here(
        interaction,
        Utterance(
            text,
            key=key_of(interaction),
            account=account_of(interaction),
            styles=styles.parse(style),
            voice=Voice.typed(voice.strip(), design.strip()),
            instruction=instruction,
        ),
    )


def here(interaction: discord.Interaction[Any], utterance: Utterance) -> Utterance:
    """Return the same request at the place of this interaction, whose rules apply."""
    return replace(
        utterance,
        space=space_of(interaction),
        roles=roles_of(interaction),
        manages=manages(interaction),
        channel=channel_of(interaction),
    )


MOST = 15
"""Names of a list that are shown."""


def listed(names: Sequence[str], most: int = MOST) -> Sequence[str]:
    """Return as many names as fit a message, and the number of further ones."""
    more = len(names) - most
    return [*names[:most], *([f"+ {more}"] if more > 0 else [])] or "–"


def role_named(entry: str, guild: discord.Guild | None, language: str) -> str:
    """Return a role by its scope, with its use if the entry has one (``singing@role:discord:77``)."""
    use = entry.rpartition("@")[0]
    shown = say("discord.role_gone", language) if role_is_gone(entry, guild) else f"<@&{_id_of(entry)}>"
    return f"{shown} ({say(codes.CHOICE[use], language)})" if use else shown


def channel_named(channel: str, guild: discord.Guild | None, language: str) -> str:
    """Return a channel by its id; never a thread, which guilds do not list."""
    return say("discord.channel_unlisted", language) if is_unlisted(channel, guild) else f"<#{channel}>"


def role_is_gone(entry: str, guild: discord.Guild | None) -> bool:
    """Return whether it was deleted; False if the guild's roles are not known."""
    identity = whole(_id_of(entry))
    return guild is not None and _is_known(guild) and identity is not None and not guild.get_role(identity)


def is_unlisted(channel: str, guild: discord.Guild | None) -> bool:
    """Return whether a guild lists no such channel: deleted, or hidden from the bot. False as for roles."""
    identity = whole(channel)
    return guild is not None and _is_known(guild) and identity is not None and not guild.get_channel(identity)


def _is_known(guild: discord.Guild) -> bool:
    """Return whether a guild's roles are known: if the bot is no member, interactions bring a guild without roles."""
    return guild.get_role(guild.id) is not None


def _id_of(entry: str) -> str:
    return entry.rpartition(":")[2]
