"""``/quota``: today's use and rest, also of the server's share."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.platforms.base import Services
from bot.platforms.discord import voice_message
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.context import account_of, roles_of, space_of
from bot.platforms.requests import shares


class Quota(commands.Cog):
    """The command."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(
        name=localized("discord.quota.name", "quota"), description=localized("discord.quota.description")
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def quota(self, interaction: discord.Interaction[Bot]) -> None:
        """Show what the person, and the server, have left."""
        await voice_message.defer(interaction, private=True)
        locale = await interaction.client.language_for(interaction)
        shown = await shares(
            self._services.speech,
            account_of(interaction),
            roles_of(interaction),
            space_of(interaction),
            language=locale,
            moment=lambda time: discord.utils.format_dt(time, "R"),  # shown in the reader's own time
        )
        blocks = ("\n".join(filter(None, (f"**{share.title}**", share.bar, share.words))) for share in shown)
        await voice_message.tell(interaction, "\n".join(blocks))


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Quota(bot.services))
