"""``/help``: what there is, in a few lines. Loaded by name by the Discord platform."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.platforms.discord import voice_message
from bot.platforms.discord.client import Bot, localized
from bot.texts import say


class Help(commands.Cog):
    """The command."""

    @app_commands.command(
        name=localized("discord.help.name", "help"), description=localized("discord.help.description")
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def help(self, interaction: discord.Interaction[Bot]) -> None:
        """Tell who asks."""
        await voice_message.defer(interaction, private=True)
        await voice_message.tell(interaction, say("discord.help", await interaction.client.language_for(interaction)))


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Help())
