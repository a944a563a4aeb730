"""Command error handler: replies with one sentence, logs bugs.

Every cog raises its errors and leaves the answer to this one.
"""

import logging
from contextlib import suppress
from datetime import datetime
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BotError, CutOffError, DuplicateError, InputError, QuotaError
from bot.platforms import command_log
from bot.platforms.discord.client import NOT_DELIVERED, Bot
from bot.platforms.discord.context import account_of
from bot.platforms.discord.journal import command_of
from bot.platforms.discord.panel import Buttons, Press, free_voice
from bot.platforms.discord.voice_message import (
    TOKEN_GONE,
    TOO_LATE,
    TWICE,
    apologize,
    is_private,
    tell,
    was_for_everyone,
    withdraw,
)
from bot.platforms.requests import FREE
from bot.texts import in_chat, say

OLD_BUTTON = "discord.old_button"
_A_WHILE = 60.0
"""Seconds in which a channel is informed only once of late answers: a slow network would fill it otherwise."""

_REASONS = {
    10003: "discord.channel_gone",
    40005: "discord.too_large",
    50001: "discord.no_permission",
    50007: "discord.no_permission",
    50013: "discord.no_permission",
    50083: "discord.no_permission",
}
_STATUSES = {413: "discord.too_large", 429: "discord.slow_down"}
"""Sentences for Discord's refusals, by its code or else by the status."""

_log = logging.getLogger("mouthpiece.discord")


def cause_of(error: BaseException) -> BaseException:
    """Return the exception that the library wrapped."""
    while isinstance(error, app_commands.CommandInvokeError | app_commands.TransformerError) and error.__cause__:
        error = error.__cause__
    return error


def discord_time(moment: datetime) -> str:
    """Return a time that Discord shows in the reader's own time zone: ``2:00 AM (in 5 hours)``."""
    return f"{discord.utils.format_dt(moment, 't')} ({discord.utils.format_dt(moment, 'R')})"


def sentence(cause: BaseException, language: str) -> str:
    """Return the sentence for an error."""
    if isinstance(cause, BotError):
        return in_chat(cause, language, moment=discord_time)
    if isinstance(cause, app_commands.CommandOnCooldown):
        return say("guard.cooldown", language, seconds=int(cause.retry_after) + 1)
    return say(_code_of(cause), language)


def _code_of(cause: BaseException) -> str:
    """Return the code of a sentence without facts."""
    match cause:
        case app_commands.CheckFailure():
            return "discord.not_allowed"
        case app_commands.TransformerError(type=discord.AppCommandOptionType.channel):
            return "discord.channel_gone"  # deleted, hidden from the bot, or of another server
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return "discord.changed"
        case discord.HTTPException():
            return _REASONS.get(cause.code) or _STATUSES.get(cause.status, "discord.not_sent")
        case discord.RateLimited() | aiohttp.ClientError() | OSError():
            return "discord.not_sent"
        case _:
            return "discord.failed"


def _offer(interaction: discord.Interaction[Any], cause: BaseException, language: str) -> Buttons | None:
    """Return a button for the free voice, if it can speak what the quota refused."""
    token = str(cause.facts.get(FREE, "")) if isinstance(cause, QuotaError) else ""
    return free_voice(token, language, private=is_private(interaction)) if token else None


def cannot_be_answered(cause: BaseException) -> bool:
    """Return whether Discord no longer accepts an answer to this interaction."""
    return isinstance(cause, discord.HTTPException) and cause.code in (TOO_LATE, TWICE)


def press_of(interaction: discord.Interaction[Bot]) -> Press | None:
    """Return the pressed button or submitted modal; without a verb if it is none of ours; None for anything else."""
    if interaction.type not in (discord.InteractionType.component, discord.InteractionType.modal_submit):
        return None
    data: dict[str, Any] = dict(interaction.data or {})
    return Press.parse(str(data.get("custom_id", ""))) or Press("")


async def outdated(_interaction: discord.Interaction[Bot], _press: Press) -> None:
    """Raise InputError ``discord.old_button``: no handler knows this button."""
    raise InputError(OLD_BUTTON)


class Errors(commands.Cog):
    """Replaces the command tree's error handler while it is loaded."""

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
        """Answer an error, unless it is to be ignored."""
        cause = cause_of(error)
        if interaction.type is discord.InteractionType.autocomplete:
            return  # there is no way to answer
        name = interaction.command.qualified_name if interaction.command is not None else "a command"
        await self.answer(interaction, f"/{name}", cause)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Bot]) -> None:
        """Dispatch presses and submitted modals to their handlers in ``Bot.presses``."""
        press = press_of(interaction)
        if press is None or not await self._bot.admit(interaction):
            return
        try:
            await self._bot.presses.get(press.verb, outdated)(interaction, press)
        except Exception as error:  # noqa: BLE001  a border: the person has to be informed
            if isinstance(error, InputError) and error.code == OLD_BUTTON:
                _log.info("an outdated or forged button was pressed")
            await self.answer(interaction, f"button {press.verb}", error)

    async def answer(self, interaction: discord.Interaction[Any], name: str, cause: BaseException) -> None:
        """Inform the person, and log the error if it is a bug."""
        if (entry := command_log.current()) is not None:
            entry.failed(cause)
        if cannot_be_answered(cause):
            _log.warning("%s: an interaction came too late or twice; nothing was done", name)
            await self._apologize(interaction, cause)
            return
        if isinstance(cause, DuplicateError):
            if command_of(interaction) is None:
                await withdraw(interaction)
                return
            cause = CutOffError("cut_off.twice")  # no attempt is left
        if isinstance(cause, BotError) and not self._bot.flood.may_refuse(account_of(interaction), cause):
            await withdraw(interaction)
            return
        if not isinstance(cause, BotError | app_commands.AppCommandError):
            _log.error("%s failed unexpectedly", name, exc_info=cause)
        try:
            language = await self._bot.language_for(interaction)
            await tell(interaction, sentence(cause, language), _offer(interaction, cause, language))
        except NOT_DELIVERED as unheard:
            _log.warning("%s: the person could not be informed (%s)", name, type(unheard).__name__)
            if isinstance(unheard, discord.HTTPException) and unheard.code in TOKEN_GONE:
                await self._tell_in_channel(interaction, cause)

    async def _tell_in_channel(self, interaction: discord.Interaction[Any], cause: BaseException) -> None:
        """Inform the person publicly if the interaction's token has expired, without details of a refusal."""
        if command_of(interaction) is None:
            return
        language, who = await self._bot.language_for(interaction), interaction.user.mention
        words = f"-# {who}: {sentence(cause, language)}"
        if not isinstance(cause, CutOffError):
            words = say("discord.too_late", language, who=who)
        with suppress(*NOT_DELIVERED):
            await apologize(interaction, words)

    async def _apologize(self, interaction: discord.Interaction[Any], cause: BaseException) -> None:
        """Post in the channel that an answer came too late, unless the interaction was already acknowledged."""
        late = isinstance(cause, discord.HTTPException) and cause.code == TOO_LATE
        if late and was_for_everyone(interaction) and self._bot.once.first(("late", interaction.channel_id), _A_WHILE):
            language = await self._bot.language_for(interaction)
            with suppress(*NOT_DELIVERED):
                await apologize(interaction, say("discord.too_late", language, who=interaction.user.mention))


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Errors(bot))
