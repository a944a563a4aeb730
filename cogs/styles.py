"""``/styles``: the recommended styles, section by section."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.platforms.discord import voice_message
from bot.platforms.discord.client import Bot, localized
from bot.text.styles import CATALOGUE, StyleType
from bot.texts import codes, say


def sections(language: str) -> str:
    """Return every section in a line or two, below Discord's 2000 characters."""
    lines = [say("discord.styles.intro", language)]
    for kind in StyleType:
        names = [style.label(language) for style in CATALOGUE if style.type is kind]
        lines.append(f"**{say(codes.STYLE_SECTION[kind.name.lower()], language)}**\n{' · '.join(names)}")
    return "\n".join(lines)


class Styles(commands.Cog):
    """The command."""

    @app_commands.command(
        name=localized("discord.styles.name", "styles"), description=localized("discord.styles.description")
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def styles(self, interaction: discord.Interaction[Bot]) -> None:
        """Show them."""
        await voice_message.defer(interaction, private=True)
        await voice_message.tell(interaction, sections(await interaction.client.language_for(interaction)))


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Styles())
