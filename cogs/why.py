"""Two entries of a message's context menu: why it was not read aloud, and what would be spoken of it."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.platforms.discord import voice_message
from bot.platforms.discord.call import calls
from bot.platforms.discord.call.calls import guild_of
from bot.platforms.discord.client import Bot, localized
from bot.platforms.reading.messages import Explained, Unread
from bot.texts import codes, say

_MOST_RULES = 15
_MOST = 1900
"""Characters of all lines, above which further changes are only counted."""
_CHARACTERS = 1000
"""Characters of the spoken text, escapes included."""
_SHOWN = 100
"""Characters of each side of a change."""


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
        await voice_message.tell(interaction, _sentence(found, language))

    async def explain(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Show what would be spoken, and which rules changed it."""
        await voice_message.defer(interaction, private=True)
        guild_of(interaction)
        language = await self._bot.language_for(interaction)
        explained = await calls.explain(self._bot.calls, self._bot.services.reader, message)
        await voice_message.tell(interaction, shown(explained, language))


def shown(explained: Explained, language: str) -> str:
    """Return what stops it, the text, each change with its rule: in one message, whatever was written."""
    words = _cut(explained.text, _CHARACTERS)
    lines = [_sentence(explained.unread, language)] if explained.unread is not None else []
    lines.append(say("reading.would_say" if words else "reading.would_say_nothing", language, said=words))
    for number, each in enumerate(explained.rules):
        code = "explain.rule" if each.after else "explain.rule_out"
        before, after = _cut(each.before, _SHOWN), _cut(each.after, _SHOWN)
        line = say(code, language, rule=say(codes.RULE[each.rule], language), before=before, after=after)
        if number == _MOST_RULES or sum(map(len, lines)) + len(lines) + len(line) > _MOST:
            lines.append(say("reading.more_rules", language, count=len(explained.rules) - number))
            break
        lines.append(line)
    return "\n".join(lines)


def _sentence(unread: Unread, language: str) -> str:
    return say(unread.code, language, **dict(unread.facts))


def _cut(text: str, most: int) -> str:
    """Return a text on one line, escaped for Discord, cut between two characters."""
    line = " ".join(text.split())
    shown = discord.utils.escape_markdown(line)
    while len(shown) > most:
        line = line[: min(len(line) - 1, most * len(line) // len(shown))]
        shown = discord.utils.escape_markdown(line) + "…"
    return shown


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Why(bot))
