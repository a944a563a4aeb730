"""What a Discord interaction says of who wants something spoken, where, and with which rights.

Called by every command door and button of Discord.
"""

from dataclasses import replace
from typing import Any

import discord

from bot.errors import InputError
from bot.model import Account, Space, Utterance, Voice
from bot.speech import styles


def account_of(interaction: discord.Interaction[Any]) -> Account:
    """Whoever did it."""
    return Account("discord", str(interaction.user.id))


def space_of(interaction: discord.Interaction[Any]) -> Space | None:
    """The guild; None in direct messages."""
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
    """The name of a role in quotas and settings."""
    return f"role:discord:{role_id}"


def channel_of(interaction: discord.Interaction[Any]) -> str:
    """The id of the channel; for a thread or a forum post, of the channel it hangs on."""
    channel = interaction.channel
    found = channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
    return str(found) if found is not None else ""


def key_of(interaction: discord.Interaction[Any]) -> str:
    """The name of the wish: a second delivery bears the same."""
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
    """What was asked for, with who asked, where, and the roles that may change the quota.

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
    """The same wish at the place of this interaction, whose rules hold for it."""
    return replace(
        utterance,
        space=space_of(interaction),
        roles=roles_of(interaction),
        manages=manages(interaction),
        channel=channel_of(interaction),
    )
