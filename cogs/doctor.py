"""``/doctor``: the checks of ``mouthpiece doctor``, for a server."""

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.patterns import whole
from bot.platforms.discord import checks, voice_message
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.context import account_of, moderated_space
from bot.platforms.doctor import Finding
from bot.store.sessions import Binding

_MOST_CHANNELS = 10
"""Channels whose permissions are checked."""


class Doctor(commands.Cog):
    """The command."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    @app_commands.command(name=localized("discord.doctor.name"), description=localized("discord.doctor.description"))
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.default_permissions(manage_guild=True)
    async def doctor(self, interaction: discord.Interaction[Bot]) -> None:
        """Run every check and show what to do."""
        await voice_message.defer(interaction, private=True)
        space = moderated_space(interaction)
        language = await self._bot.language_for(interaction)
        bindings = await self._bot.services.reader.bindings.of(space)

        async def rights() -> Sequence[Finding]:
            channels = _channels(interaction, bindings)
            full = [
                checks.crowded(voice_channel)
                for voice_channel in channels
                if isinstance(voice_channel, discord.VoiceChannel)
            ]
            return [
                checks.content(self._bot),
                *checks.permissions(channels, language),
                *(finding for finding in full if finding is not None),
            ]

        findings = await self._bot.services.doctor.examine(
            account_of(interaction), space, more=[("permissions", rights)]
        )
        await voice_message.tell(interaction, "\n".join(each.sentence(language, brief=True) for each in findings))


def _channels(interaction: discord.Interaction[Bot], bindings: Sequence[Binding]) -> list[checks.Channel]:
    """Return the command's channel and every bound one."""
    guild = interaction.guild
    assert guild is not None, "the command is for servers"
    found: dict[int, checks.Channel] = {}
    if isinstance(interaction.channel, discord.abc.GuildChannel | discord.Thread):
        found[interaction.channel.id] = interaction.channel
    named = (whole(name) for bound in bindings for name in (bound.channel, bound.voice_channel))
    for identity in (each for each in named if each is not None):
        channel = guild.get_channel(identity)
        if channel is not None:
            found.setdefault(channel.id, channel)
    return list(found.values())[:_MOST_CHANNELS]


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Doctor(bot))
