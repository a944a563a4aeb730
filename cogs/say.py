"""``/say`` and ``/sing``: text in, voice message out."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.platforms.base import Services
from bot.platforms.discord import responses, voice_message
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.context import utterance_of
from bot.platforms.discord.suggestions import LONGEST, complete_voice, preference_of, suggest_styles
from bot.text.styles import SINGING

CALL = "call"
"""The choice of where: in the voice call."""
LONGEST_TEXT = 4000
LONGEST_INSTRUCTION = 1000
Text = app_commands.Range[str, 1, LONGEST_TEXT]
Style = app_commands.Range[str, 0, 200]
VoiceName = app_commands.Range[str, 0, LONGEST]
Design = app_commands.Range[str, 0, 500]
Instruction = app_commands.Range[str, 0, LONGEST_INSTRUCTION]


class Say(commands.Cog):
    """The commands and their suggestions."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(name=localized("discord.say.name", "say"), description=localized("discord.say.description"))
    @app_commands.rename(
        text=localized("discord.say.text.name", "text"),
        style=localized("discord.say.style.name", "style"),
        voice=localized("discord.say.voice.name", "voice"),
        design=localized("discord.say.design.name", "design"),
        instruction=localized("discord.say.instruction.name", "instruction"),
        private=localized("discord.say.private.name", "private"),
        where=localized("discord.say.where.name", "where"),
    )
    @app_commands.describe(
        text=localized("discord.say.text"),
        style=localized("discord.say.style"),
        voice=localized("discord.say.voice"),
        design=localized("discord.say.design"),
        instruction=localized("discord.say.instruction"),
        private=localized("discord.say.private"),
        where=localized("discord.say.where"),
    )
    @app_commands.choices(
        where=[
            app_commands.Choice(name=localized("discord.say.where.here"), value="here"),
            app_commands.Choice(name=localized("discord.say.where.call"), value=CALL),
        ]
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def say(
        self,
        interaction: discord.Interaction[Bot],
        text: Text,
        *,
        style: Style = "",
        voice: VoiceName = "",
        instruction: Instruction = "",
        design: Design = "",
        private: bool = False,
        where: str = "here",
    ) -> None:
        """Speak a text. Errors are raised: cogs/errors.py answers."""
        in_call = where == CALL
        await voice_message.defer(interaction, private=private or in_call)
        request = utterance_of(interaction, text, style, voice, instruction, design=design)
        if in_call:
            await responses.say_in_call(interaction, request)
        else:
            await responses.speak(interaction, request, private=private)

    @app_commands.command(
        name=localized("discord.sing.name", "sing"), description=localized("discord.sing.description")
    )
    @app_commands.rename(
        text=localized("discord.say.text.name", "text"),
        voice=localized("discord.say.voice.name", "voice"),
        private=localized("discord.say.private.name", "private"),
    )
    @app_commands.describe(
        text=localized("discord.sing.text"),
        voice=localized("discord.say.voice"),
        private=localized("discord.say.private"),
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def sing(
        self, interaction: discord.Interaction[Bot], text: Text, *, voice: VoiceName = "", private: bool = False
    ) -> None:
        """Sing a text."""
        await voice_message.defer(interaction, private=private)
        await responses.speak(interaction, utterance_of(interaction, text, SINGING, voice), private=private)

    @say.autocomplete("style")
    async def _complete_style(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        own = await preference_of(interaction, self._services.requests)
        return suggest_styles(current, await interaction.client.language_for(interaction), own)

    @say.autocomplete("voice")
    @sing.autocomplete("voice")
    async def _complete_voice(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        return await complete_voice(interaction, current)


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Say(bot.services))
