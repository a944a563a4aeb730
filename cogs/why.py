"""Two entries of a message's menu: why it was not read aloud, and what would be said of it. Loaded by name."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.platforms.discord import voice_message
from bot.platforms.discord.call import why
from bot.platforms.discord.client import Bot, localized
from bot.platforms.reading.heard import Explained, Unread
from bot.texts import say

_MOST_RULES = 15
_CHARACTERS = 700
"""Of the words that would be said."""
_SHOWN = 60
"""Characters of each change."""


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
        language = await self._bot.language_for(interaction)
        sees_content = self._bot.intents.message_content
        found = await why.why(self._bot.calls, self._bot.doors.reader, message, sees_content=sees_content)
        await voice_message.tell(interaction, _sentence(found, language))

    async def explain(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Show what would be said, and which rules did it."""
        await voice_message.defer(interaction, private=True)
        language = await self._bot.language_for(interaction)
        explained = await why.explain(self._bot.calls, self._bot.doors.reader, message)
        await voice_message.tell(interaction, shown(explained, language))


def shown(explained: Explained, language: str) -> str:
    """The words, each change with its rule, and what stands in the way."""
    words = discord.utils.escape_markdown(_cut(explained.text, _CHARACTERS))
    lines = [say("reading.would_say", language, said=words) if words else say("reading.would_say_nothing", language)]
    for each in explained.rules[:_MOST_RULES]:
        code = "explain.rule" if each.after else "explain.rule_out"
        before, after = (discord.utils.escape_markdown(_cut(part, _SHOWN)) for part in (each.before, each.after))
        lines.append(say(code, language, rule=say(f"rule.{each.rule}", language), before=before, after=after))
    if explained.unread is not None:
        lines.append(_sentence(explained.unread, language))
    return "\n".join(lines)


def _sentence(unread: Unread, language: str) -> str:
    return say(unread.code, language, **dict(unread.facts))


def _cut(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}…"


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Why(bot))
