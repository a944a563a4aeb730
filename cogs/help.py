"""``/help``: an overview in a few lines."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.platforms.discord import voice_message
from bot.platforms.discord.client import Bot, localized
from bot.texts import codes, say

_MENUS = ("speak", "speak_as", "who", "explain", "why")
"""Our entries in a message's context menu."""


def words_of_help(language: str) -> str:
    """Return every command and every menu entry, below Discord's 2000 characters."""
    return say("discord.help", language, **{name: say(codes.MENU[name], language) for name in _MENUS})


class Help(commands.Cog):
    """The command."""

    @app_commands.command(
        name=localized("discord.help.name", "help"), description=localized("discord.help.description")
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def help(self, interaction: discord.Interaction[Bot]) -> None:
        """Show the overview."""
        await voice_message.defer(interaction, private=True)
        await voice_message.tell(interaction, words_of_help(await interaction.client.language_for(interaction)))


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Help())
