"""The last stop of whatever goes wrong in a Discord command: one sentence for the person, one log entry if it is ours.

Loaded by name by the Discord platform; every command door raises and leaves the answering to it.
"""

import logging
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BotError, DuplicateError
from bot.platforms.discord.client import NOT_DELIVERED, Bot, language_of
from bot.platforms.discord.voice_message import tell, withdraw
from bot.texts import of_error, say

TOO_LATE, TWICE = 10062, 40060
"""Discord's codes for an interaction that cannot be answered: it ran out, or somebody else answered."""

_log = logging.getLogger("mouthpiece.discord")


def cause_of(error: BaseException) -> BaseException:
    """What the library wrapped."""
    while isinstance(error, app_commands.CommandInvokeError | app_commands.TransformerError) and error.__cause__:
        error = error.__cause__
    return error


def sentence(cause: BaseException, language: str) -> str:
    """What to tell the person."""
    match cause:
        case BotError():
            return of_error(cause, language)
        case app_commands.CommandOnCooldown():
            return say("discord.cooldown", language, seconds=int(cause.retry_after) + 1)
        case app_commands.CheckFailure():
            return say("discord.not_allowed", language)
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return say("discord.changed", language)
        case discord.HTTPException() | discord.RateLimited() | aiohttp.ClientError() | OSError():
            return say("discord.not_sent", language)
        case _:
            return say("discord.failed", language)


def cannot_be_answered(cause: BaseException) -> bool:
    """Whether Discord no longer takes an answer to this interaction."""
    return isinstance(cause, discord.HTTPException) and cause.code in (TOO_LATE, TWICE)


class Errors(commands.Cog):
    """Takes over the command tree's error handler while it is loaded."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._before = bot.tree.on_error

    async def cog_load(self) -> None:
        """Called by the library."""
        self._bot.tree.error(self.on_command_error)

    async def cog_unload(self) -> None:
        """Called by the library."""
        self._bot.tree.error(self._before)

    async def on_command_error(
        self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /
    ) -> None:
        """Answer an error, unless it is to be met with silence."""
        cause = cause_of(error)
        if interaction.type is discord.InteractionType.autocomplete:
            return  # there is nowhere to put a sentence
        name = interaction.command.qualified_name if interaction.command is not None else "a command"
        if cannot_be_answered(cause):
            _log.warning("/%s: an interaction came too late or twice; nothing was done", name)
            return
        if isinstance(cause, DuplicateError):
            await withdraw(interaction)
            return
        if not isinstance(cause, BotError | app_commands.AppCommandError):
            _log.error("/%s broke off", name, exc_info=cause)
        try:
            await tell(interaction, sentence(cause, language_of(interaction, self._bot.doors.language)))
        except NOT_DELIVERED as unheard:
            _log.warning("/%s: the person could not be told (%s)", name, type(unheard).__name__)


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Errors(bot))
