"""Context menu of a message: speak it, speak it in a chosen style, and for moderators: show who had it spoken.

A message chosen in a menu arrives with its text, whatever intents the bot has.
"""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import InputError
from bot.platforms.discord import responses, voice_message
from bot.platforms.discord.call.messages import chat_message
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.context import utterance_of
from bot.platforms.discord.panel import Buttons, Press, style_menu
from bot.platforms.discord.suggestions import preference_of, style_options
from bot.platforms.reading.messages import chosen_words
from bot.texts import say

_EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
_ANYBODY = app_commands.AppInstallationType(guild=True, user=True)
_IN_GUILDS = app_commands.AppCommandContext(guild=True)
_GUILDS = app_commands.AppInstallationType(guild=True)


class SpeakMessage(commands.Cog):
    """Three entries of a message's context menu."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._menus: tuple[app_commands.ContextMenu, ...] = (
            app_commands.ContextMenu(
                name=localized("discord.menu.speak"),
                callback=self.speak,
                allowed_contexts=_EVERYWHERE,
                allowed_installs=_ANYBODY,
            ),
            app_commands.ContextMenu(
                name=localized("discord.menu.speak_as"),
                callback=self.speak_as,
                allowed_contexts=_EVERYWHERE,
                allowed_installs=_ANYBODY,
            ),
            app_commands.default_permissions(manage_messages=True)(
                app_commands.ContextMenu(
                    name=localized("discord.menu.who"),
                    callback=self.who_said,
                    allowed_contexts=_IN_GUILDS,
                    allowed_installs=_GUILDS,
                )
            ),
        )

    async def cog_load(self) -> None:
        """Called by the library."""
        for menu in self._menus:
            self._bot.tree.add_command(menu)

    async def cog_unload(self) -> None:
        """Called by the library."""
        for menu in self._menus:
            self._bot.tree.remove_command(menu.name, type=menu.type)

    async def speak(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Speak a message as it is written; the person who chose it pays."""
        await voice_message.defer(interaction)
        locale = await self._bot.language_for(interaction)
        await responses.speak(interaction, utterance_of(interaction, chosen_words(chat_message(message), locale)))

    async def speak_as(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Ask for a style first. The text is kept for the menu as for a button."""
        await voice_message.defer(interaction, private=True)
        locale = await self._bot.language_for(interaction)
        requests, request = (
            self._bot.services.requests,
            utterance_of(interaction, chosen_words(chat_message(message), locale)),
        )
        speech = self._bot.services.speech
        explained = await speech.explain(request)  # refused now rather than after the choice
        price = 0 if speech.is_free(explained.provider) else explained.characters
        token = await requests.words.keep(request)
        if not token:
            raise InputError("words.not_kept")
        options = style_options(locale, await preference_of(interaction, requests))
        menu = style_menu(options, locale, Press("style", (token, "c")), characters=price)
        await voice_message.tell(interaction, say("discord.which_style", locale), Buttons(menu))

    async def who_said(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Name the account that had a message of ours spoken."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        if not interaction.permissions.manage_messages:
            raise InputError("discord.moderators_only")
        locale = await self._bot.language_for(interaction)
        words = self._bot.services.requests.words
        account = await words.said_by("discord", str(message.channel.id), str(message.id))
        if account is None:
            raise InputError("discord.nobody_known")
        await voice_message.tell(
            interaction, say("discord.who_said", locale, who=f"<@{account.id}>", account=account.id)
        )


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(SpeakMessage(bot))
