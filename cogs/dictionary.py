"""``/dictionary``: pronunciation of words, for oneself and, for people who manage a server, for everyone."""

import asyncio
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import InputError
from bot.model import Account, Space
from bot.platforms.discord import voice_message
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.context import account_of, moderated_space
from bot.platforms.discord.panel import Buttons, Press, button
from bot.platforms.discord.suggestions import choices
from bot.platforms.reading.dictionary import (
    MOST_BYTES,
    Format,
    Import,
    Imports,
    Lexicon,
    dead_words,
    imported,
    needs_question,
    question,
    warning,
)
from bot.store.dictionary import PATTERN_CHARACTERS, SAID_CHARACTERS
from bot.texts import codes, say
from cogs.panel import facts_of

Whose = Literal["mine", "server"]
_PRESS = "import"
_ANSWERS = ("yes", "no")
SILENCE = "-"
"""Typed for nothing: Discord sends no empty option."""


def _named(*options: str) -> dict[str, app_commands.locale_str]:
    return {option: localized(codes.DICTIONARY_NAME[option]) for option in options}


def _described(*options: str) -> dict[str, app_commands.locale_str]:
    return {option: localized(codes.DICTIONARY[option]) for option in options}


def owner_of(interaction: discord.Interaction[Bot], whose: Whose) -> Account | Space:
    """Return whose dictionary is meant. Raises InputError ``discord.moderators_only``."""
    return moderated_space(interaction) if whose == "server" else account_of(interaction)


class Dictionary(commands.Cog):
    """The group of commands."""

    dictionary = app_commands.Group(
        name=localized("dictionary.group.name"),
        description=localized("dictionary.group"),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
    )

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._lexicon = Lexicon(bot.services.reader.dictionaries)
        self._imports = Imports()

    async def cog_load(self) -> None:
        """Register the handler of its buttons."""
        self._bot.presses[_PRESS] = self.answered

    async def cog_unload(self) -> None:
        """Unregister it."""
        self._bot.presses.pop(_PRESS, None)

    @dictionary.command(name=localized("dictionary.add.name"), description=localized("dictionary.add"))
    @app_commands.rename(**_named("written", "said", "whose", "pattern"))
    @app_commands.describe(**_described("written", "said", "whose", "pattern"))
    @app_commands.choices(whose=choices(Whose))
    async def add(
        self,
        interaction: discord.Interaction[Bot],
        written: app_commands.Range[str, 1, PATTERN_CHARACTERS],
        said: app_commands.Range[str, 1, SAID_CHARACTERS],
        *,
        whose: Whose = "mine",
        pattern: bool = False,
    ) -> None:
        """Add an entry."""
        await voice_message.defer(interaction, private=True)
        language = await self._bot.language_for(interaction)
        words = "" if said.strip() == SILENCE else said
        entry = await self._lexicon.add(owner_of(interaction, whose), written, words, pattern=pattern)
        added = say("dictionary.added", language, written=entry.written, said=entry.said or "–")
        dead = warning(await asyncio.to_thread(dead_words, [entry]), language)
        await voice_message.tell(interaction, "\n".join([added, *dead]))

    @dictionary.command(name=localized("dictionary.remove.name"), description=localized("dictionary.remove"))
    @app_commands.rename(**_named("written", "whose"))
    @app_commands.describe(**_described("written", "whose"))
    @app_commands.choices(whose=choices(Whose))
    async def remove(
        self,
        interaction: discord.Interaction[Bot],
        written: app_commands.Range[str, 1, PATTERN_CHARACTERS],
        *,
        whose: Whose = "mine",
    ) -> None:
        """Remove an entry."""
        await voice_message.defer(interaction, private=True)
        language = await self._bot.language_for(interaction)
        await self._lexicon.remove(owner_of(interaction, whose), written)
        await voice_message.tell(interaction, say("dictionary.removed", language, written=written))

    @dictionary.command(name=localized("dictionary.list.name"), description=localized("dictionary.list"))
    @app_commands.rename(**_named("whose"))
    @app_commands.describe(**_described("whose"))
    @app_commands.choices(whose=choices(Whose))
    async def entries(self, interaction: discord.Interaction[Bot], *, whose: Whose = "mine") -> None:
        """Show the entries."""
        await voice_message.defer(interaction, private=True)
        language = await self._bot.language_for(interaction)
        lines = await self._lexicon.lines(owner_of(interaction, whose), language)
        await voice_message.tell(interaction, lines)

    @dictionary.command(name=localized("dictionary.export.name"), description=localized("dictionary.export"))
    @app_commands.rename(**_named("whose", "format"))
    @app_commands.describe(**_described("whose", "format"))
    @app_commands.choices(whose=choices(Whose), format=choices(Format))
    async def export(
        self,
        interaction: discord.Interaction[Bot],
        *,
        whose: Whose = "mine",
        format: Format = "json",  # noqa: A002  it is what people type
    ) -> None:
        """Send the entries as a file."""
        await voice_message.defer(interaction, private=True)
        data = await self._lexicon.exported(owner_of(interaction, whose), format)
        await voice_message.hand_over(interaction, data, f"dictionary.{format}", "")

    @dictionary.command(name=localized("dictionary.import.name"), description=localized("dictionary.import"))
    @app_commands.rename(**_named("file", "whose", "keep"))
    @app_commands.describe(**_described("file", "whose", "keep"))
    @app_commands.choices(whose=choices(Whose))
    async def load(
        self,
        interaction: discord.Interaction[Bot],
        file: discord.Attachment,
        *,
        whose: Whose = "mine",
        keep: bool = True,
    ) -> None:
        """Import a file."""
        await voice_message.defer(interaction, private=True)
        language, owner = await self._bot.language_for(interaction), owner_of(interaction, whose)
        data = await file.read() if file.size <= MOST_BYTES else bytes(MOST_BYTES + 1)
        found = await self._lexicon.understood(owner, data, file.filename, keep=keep)
        if needs_question(found, keep=keep):
            token = self._imports.ask(Import(account_of(interaction), owner, found, keep))
            answers = Buttons(
                *(button(codes.DICTIONARY_ANSWER[word], language, Press(_PRESS, (word, token))) for word in _ANSWERS)
            )
            shown = discord.utils.escape_mentions(question(found, language, keep=keep))
            await voice_message.tell(interaction, shown, answers)
            return
        await self._take_in(interaction, Import(account_of(interaction), owner, found, keep), language)

    async def answered(self, interaction: discord.Interaction[Bot], press: Press) -> None:
        """Import a file, or not, as its owner decides."""
        word, token = facts_of(press, 2)
        if word not in _ANSWERS:
            raise InputError("discord.old_button")
        await voice_message.defer(interaction, private=True)
        language = await self._bot.language_for(interaction)
        waiting = self._imports.answer(token, account_of(interaction))
        if isinstance(waiting.owner, Space) and moderated_space(interaction) != waiting.owner:
            raise InputError("dictionary.ask_gone")
        if word == "no":
            await voice_message.tell(interaction, say("dictionary.not_imported", language))
        else:
            await self._take_in(interaction, waiting, language)

    async def _take_in(self, interaction: discord.Interaction[Bot], waiting: Import, language: str) -> None:
        await self._lexicon.take_in(waiting.owner, waiting.found, keep=waiting.keep)
        shown = discord.utils.escape_mentions(imported(waiting.found, language))
        await voice_message.tell(interaction, shown)


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Dictionary(bot))
