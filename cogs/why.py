"""Two entries of a message's context menu: why it was not read aloud, and what would be spoken of it."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.platforms.discord import voice_message
from bot.platforms.discord.call import calls
from bot.platforms.discord.call.calls import guild_of
from bot.platforms.discord.client import Bot, localized
from bot.platforms.reading.why import explanation, sentence


class Why(commands.Cog):
    """The entries."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._menus = tuple(
            app_commands.ContextMenu(
                name=localized(code),
                callback=callback,
                allowed_contexts=app_commands.AppCommandContext(guild=True),
                allowed_installs=app_commands.AppInstallationType(guild=True),
            )
            for code, callback in (("discord.menu.why", self.why_not), ("discord.menu.explain", self.explain))
        )

    async def cog_load(self) -> None:
        """Called by the library."""
        for menu in self._menus:
            self._bot.tree.add_command(menu)

    async def cog_unload(self) -> None:
        """Called by the library."""
        for menu in self._menus:
            self._bot.tree.remove_command(menu.name, type=menu.type)

    async def why_not(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Name the gate that stopped a message."""
        await voice_message.defer(interaction, private=True)
        guild_of(interaction)
        language = await self._bot.language_for(interaction)
        sees_content = self._bot.intents.message_content
        found = await calls.why(self._bot.calls, self._bot.services.reader, message, sees_content=sees_content)
        await voice_message.tell(interaction, sentence(found, language))

    async def explain(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Show what would be spoken, and which rules changed it."""
        await voice_message.defer(interaction, private=True)
        guild_of(interaction)
        language = await self._bot.language_for(interaction)
        explained = await calls.explain(self._bot.calls, self._bot.services.reader, message)
        lines = [sentence(explained.unread, language)] if explained.unread is not None else []
        lines += explanation(explained, language, discord.utils.escape_markdown)
        await voice_message.tell(interaction, "\n".join(lines))


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Why(bot))
