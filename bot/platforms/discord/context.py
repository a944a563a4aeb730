"""From a Discord interaction to a speech request: account, server, channel, roles and rights."""

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
    """Whoever did it."""
    return Account("discord", str(interaction.user.id))


def space_of(interaction: discord.Interaction[Any]) -> Space | None:
    """Return the guild; None in direct messages."""
    return Space("discord", str(interaction.guild_id)) if interaction.guild_id is not None else None


def moderated_space(interaction: discord.Interaction[Any]) -> Space:
    """Return the guild, for somebody who manages it. Raises InputError ``discord.moderators_only``."""
    space = space_of(interaction)
    if space is None or not manages(interaction):
        raise InputError("discord.moderators_only")
    return space


def manages(interaction: discord.Interaction[Any]) -> bool:
    """Return whether somebody manages the guild of the interaction, which has the bot or its commands."""
    in_guild = interaction.guild_id is not None and interaction.is_guild_integration()
    return in_guild and interaction.permissions.manage_guild


def roles_of(interaction: discord.Interaction[Any]) -> tuple[str, ...]:
    """Scopes of the person's roles, in a guild that has installed the bot or its commands."""
    person = interaction.user
    if not isinstance(person, discord.Member) or not interaction.is_guild_integration():
        return ()
    # Member.roles names only those that the bot knows: none where the guild has the commands alone.
    return tuple(role_scope(role_id) for role_id in person._roles)


def role_scope(role_id: int) -> str:
    """Return the name of a role in quotas and settings."""
    return f"role:discord:{role_id}"


def channel_of(interaction: discord.Interaction[Any]) -> str:
    """Return the id of the channel; for a thread or a forum post, of the channel it hangs on."""
    channel = interaction.channel
    found = channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
    return str(found) if found is not None else ""


def key_of(interaction: discord.Interaction[Any]) -> str:
    """Return the name of the wish: a second delivery bears the same."""
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
    """Return what was asked for, with who asked, where, and the roles that may change the quota.

    ``design`` describes a voice and goes before one that is named.
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
    """Return the same wish at the place of this interaction, whose rules hold for it."""
    return replace(
        utterance,
        space=space_of(interaction),
        roles=roles_of(interaction),
        manages=manages(interaction),
        channel=channel_of(interaction),
    )


MOST = 15
"""Names that are shown of a list."""


def listed(names: Sequence[str], most: int = MOST) -> Sequence[str]:
    """As many as fit a message, and how many more there are."""
    more = len(names) - most
    return [*names[:most], *([f"+ {more}"] if more > 0 else [])] or "–"


def role_named(entry: str, guild: discord.Guild | None, language: str) -> str:
    """Return a role by its scope, with what it is about where the entry says so (``singing@role:discord:77``)."""
    use = entry.rpartition("@")[0]
    shown = say("discord.role_gone", language) if role_is_gone(entry, guild) else f"<@&{_id_of(entry)}>"
    return f"{shown} ({say(codes.CHOICE[use], language)})" if use else shown


def channel_named(channel: str, guild: discord.Guild | None, language: str) -> str:
    """Return a channel by its id; it is no thread, which guilds do not list."""
    return say("discord.channel_unlisted", language) if is_unlisted(channel, guild) else f"<#{channel}>"


def role_is_gone(entry: str, guild: discord.Guild | None) -> bool:
    """Return whether it was deleted; False where the guild's roles are not known."""
    identity = whole(_id_of(entry))
    return guild is not None and _is_known(guild) and identity is not None and not guild.get_role(identity)


def is_unlisted(channel: str, guild: discord.Guild | None) -> bool:
    """Return whether a guild lists no such channel: it was deleted, or is hidden from the bot. False as for roles."""
    identity = whole(channel)
    return guild is not None and _is_known(guild) and identity is not None and not guild.get_channel(identity)


def _is_known(guild: discord.Guild) -> bool:
    """Where the bot is no member an interaction brings a guild without roles, which has @everyone otherwise."""
    return guild.get_role(guild.id) is not None


def _id_of(entry: str) -> str:
    return entry.rpartition(":")[2]
