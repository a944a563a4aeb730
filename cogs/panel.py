"""The buttons of the private panel: again, another style, as a file, delete, cancel.

Presses arrive through ``Bot.presses``; errors are raised and answered by ``cogs/errors.py``. The text of a button is
kept for a day; after that a sentence says so.
"""

import asyncio
from dataclasses import replace
from typing import Any

import discord
from discord.ext import commands

from bot.errors import InputError
from bot.model import Utterance
from bot.patterns import whole
from bot.platforms import command_log
from bot.platforms.discord import responses, voice_message
from bot.platforms.discord.client import Bot
from bot.platforms.discord.context import account_of, channel_of, here, key_of, roles_of
from bot.platforms.discord.journal import command_of
from bot.platforms.discord.panel import Buttons, Press, button, ids_of_text
from bot.platforms.discord.responses import FORMATS
from bot.platforms.discord.suggestions import LONGEST
from bot.speech.sink import Recording
from bot.store.words import KeptWords
from bot.text import styles
from bot.texts import say

_PRIVATE = "p"
_WAYS = (_PRIVATE, "c")
_HIDDEN = 50001
"""Discord's code for a channel the bot may not view: there it cannot even delete its own answer to a command."""


class Panel(commands.Cog):
    """Handles presses while it is loaded."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._verbs = {
            "again": self.again,
            "free": self.free,
            "style": self.other_style,
            "files": self.offer_files,
            "file": self.as_file,
            "delete": self.delete,
            "cancel": self.cancel,
        }

    async def cog_load(self) -> None:
        """Called by the library."""
        self._bot.presses.update(self._verbs)

    async def cog_unload(self) -> None:
        """Called by the library."""
        for verb in self._verbs:
            self._bot.presses.pop(verb, None)

    async def again(self, interaction: discord.Interaction[Bot], press: Press) -> None:
        """Speak another take of the same text."""
        await self._speak(interaction, press, None)

    async def free(self, interaction: discord.Interaction[Bot], press: Press) -> None:
        """Speak with the free voice what the quota refused."""
        token, private = _token_of(press)
        await voice_message.defer(interaction, private=private)
        requests, account = self._bot.services.requests, account_of(interaction)
        with requests.presses.alone(account, token, press.verb):
            utterance = await requests.free(token, key_of(interaction), account)
            await responses.speak(interaction, here(interaction, utterance), private=private)

    async def other_style(self, interaction: discord.Interaction[Bot], press: Press) -> None:
        """Speak the same text in the chosen style."""
        await self._speak(interaction, press, styles.parse(chosen(interaction)))

    async def _speak(self, interaction: discord.Interaction[Bot], press: Press, wanted: tuple[str, ...] | None) -> None:
        token, private = _token_of(press)
        await voice_message.defer(interaction, private=private)
        requests, account = self._bot.services.requests, account_of(interaction)
        if private:
            await self._own_words(interaction, token)
        with requests.presses.alone(account, token, press.verb, *(wanted or ())):
            utterance = await requests.again(
                token,
                key_of(interaction),
                account,
                styles=wanted,
                roles=roles_of(interaction),
                channel=channel_of(interaction),
            )
            await responses.speak(interaction, here(interaction, utterance), private=private)

    async def offer_files(self, interaction: discord.Interaction[Bot], press: Press) -> None:
        """Ask for the file format."""
        token, _ = _token_of(press)
        await voice_message.defer(interaction, private=True)
        await self._own_words(interaction, token)
        locale = await self._bot.language_for(interaction)
        choice = Buttons(
            *(button("discord.file", locale, Press("file", (token, form)), facts={"kind": form}) for form in FORMATS)
        )
        await voice_message.tell(interaction, say("discord.which_file", locale), choice)

    async def as_file(self, interaction: discord.Interaction[Bot], press: Press) -> None:
        """Send the clip as a private file, without a cooldown while it is cached; otherwise speak it again."""
        token, form = facts_of(press, 2)
        write = FORMATS.get(form)
        if write is None:
            raise InputError("discord.old_button")
        await voice_message.defer(interaction, private=True)
        locale = await self._bot.language_for(interaction)
        speech, request = self._bot.services.speech, await self._same(interaction, token)
        clip, charged = await speech.shelved(request, Recording()), 0
        command = command_of(interaction)
        if clip is None:
            if command is not None:
                request = replace(request, command=command.key, owed=command.owed)
            receipt = await speech.speak(request, Recording())
            command_log.spoke(receipt)
            clip, charged = receipt.clip, receipt.paid
        data = await asyncio.to_thread(write, clip)
        if len(data) > voice_message.size_limit(interaction):
            raise InputError("discord.file_too_large", kind=form)
        code = "discord.spoken" if charged else "discord.spoken_free"
        words = say(code, locale, seconds=clip.seconds, characters=charged)
        await voice_message.hand_over(interaction, data, f"speech.{form}", words)
        if command is not None:
            await command.delivered()

    async def _same(self, interaction: discord.Interaction[Bot], token: str) -> Utterance:
        """Return the same take of the same text, so that it is found in the cache."""
        kept = await self._own_words(interaction, token)
        return here(interaction, kept.utterance(key_of(interaction), account_of(interaction)))

    async def _own_words(self, interaction: discord.Interaction[Bot], token: str) -> KeptWords:
        """Return the text of a private button. Raises InputError ``words.gone``, ``discord.not_yours``."""
        kept = await self._bot.services.requests.words.get(token)
        if kept is None:
            raise InputError("words.gone")
        if kept.account != account_of(interaction):
            raise InputError("discord.not_yours")
        return kept

    async def delete(self, interaction: discord.Interaction[Bot], press: Press) -> None:
        """Delete the voice message and its line, for its owner and for moderators."""
        try:
            ids = ids_of_text(*facts_of(press, 1))
        except ValueError:
            raise InputError("discord.old_button") from None
        await interaction.response.defer(ephemeral=True, thinking=True)
        locale = await self._bot.language_for(interaction)
        known = await self._check_owner(interaction, ids)
        removed = [await self._remove(interaction, message_id) for message_id in ids]
        if not (known or any(removed)):  # there never was a message of ours with these ids
            raise InputError("discord.old_button")
        await interaction.edit_original_response(content=say("discord.deleted", locale))

    async def _remove(self, interaction: discord.Interaction[Bot], message_id: int) -> bool:
        """Delete a message. Return False if it is already gone. Raises InputError ``discord.cannot_delete``."""
        channel_id = interaction.channel_id
        assert channel_id is not None, "a press comes from a channel"
        guest = voice_message.way_of(interaction) is voice_message.Way.RESPONSE
        remove = self._bot.responses.of(message_id)
        try:
            if not guest:
                try:
                    await self._bot.http.delete_message(channel_id, message_id)
                except discord.Forbidden as error:
                    if error.code != _HIDDEN or remove is None:
                        raise
                    await remove()
            elif remove is not None:
                await remove()
            else:
                raise InputError("discord.cannot_delete")
        except discord.HTTPException as error:
            if error.code in voice_message.TOKEN_GONE:
                raise InputError("discord.cannot_delete") from error
            if error.status != 404:  # someone was faster
                raise
            return False
        return True

    async def _check_owner(self, interaction: discord.Interaction[Bot], ids: list[int]) -> bool:
        """Return whether the owner of any of the messages is known. Raises InputError ``discord.not_yours``."""
        words, channel = self._bot.services.requests.words, str(interaction.channel_id)
        owners = [await words.said_by("discord", channel, str(message_id)) for message_id in ids]
        moderates = interaction.permissions.manage_messages and interaction.guild_id is not None
        if not moderates and any(owner != account_of(interaction) for owner in owners):
            raise InputError("discord.not_yours")
        return any(owner is not None for owner in owners)

    async def cancel(self, interaction: discord.Interaction[Bot], press: Press) -> None:
        """Cancel a command that waits or is being spoken, for its owner and for moderators."""
        (name,) = facts_of(press, 1)
        number = whole(name)
        locale = await self._bot.language_for(interaction)
        may_all = interaction.guild_id is not None and interaction.permissions.manage_messages
        moderated = interaction.channel_id if may_all else None
        if number is None or not await self._bot.queue.cancel(number, interaction.user.id, moderates=moderated):
            raise InputError("waiting.over")
        await interaction.response.edit_message(content=say("waiting.cancelled", locale), view=None)


def _token_of(press: Press) -> tuple[str, bool]:
    """Return the token of the text, and whether the answer is private. Raises InputError as ``facts_of``."""
    token, way = facts_of(press, 2)
    if way not in _WAYS:
        raise InputError("discord.old_button")
    return token, way == _PRIVATE


def facts_of(press: Press, count: int) -> tuple[str, ...]:
    """Return the facts of a button. Raises InputError for a malformed one."""
    if len(press.facts) != count:
        raise InputError("discord.old_button")
    return press.facts


def chosen(interaction: discord.Interaction[Any]) -> str:
    """Return the choice of a menu. Raises InputError for a press without one, or one the menu does not offer."""
    data: dict[str, Any] = dict(interaction.data or {})
    values = data.get("values") or []
    if not isinstance(values, list) or not values or not 0 < len(str(values[0])) <= LONGEST:
        raise InputError("discord.old_button")
    return str(values[0])


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Panel(bot))
