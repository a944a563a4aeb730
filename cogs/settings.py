"""``/settings``: a person's own voice, style, language and favourites, and how they are read aloud.

Moderators set a server's settings in ``server.py``.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import discord
from discord import app_commands
from discord.ext import commands

from bot.platforms.discord import voice_message
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.context import account_of
from bot.platforms.discord.options import changes_of, suggest, takes
from bot.platforms.discord.suggestions import LONGEST, choices, complete_style, complete_voice
from bot.platforms.reading.settings import own_lines
from bot.store.setting_fields import settings_of
from bot.store.settings import FavouriteKind, Preference
from bot.texts import codes, say

_T = TypeVar("_T")
VoiceName = app_commands.Range[str, 1, LONGEST]
_SETTINGS = settings_of(Preference)
_MINE = tuple(each for each in _SETTINGS if each.group == "mine")
_ALOUD = tuple(each for each in _SETTINGS if each.group == "aloud")
_OPTIONS = ("kind", "name", "keep", "role", "rule", "what", "rest", "channel", "opened")
_NAMES = {option: localized(codes.SETTINGS_NAME[option]) for option in _OPTIONS}
_WHAT = {option: localized(codes.SETTINGS[option]) for option in _OPTIONS} | {
    "name": localized("discord.settings.which")  # ``discord.settings.name`` is the name of the group
}


def rename(*options: str) -> Callable[[_T], _T]:
    """Name options in the languages of Discord's clients."""
    return app_commands.rename(**{option: _NAMES[option] for option in options})


def describe(*options: str) -> Callable[[_T], _T]:
    """Describe options."""
    return app_commands.describe(**{option: _WHAT[option] for option in options})


def own_settings(own: Preference, language: str) -> str:
    """Return a person's settings."""
    facts = {each.blank: each.shown(own, language) for each in _SETTINGS if each.blank}
    return say("discord.settings.mine_are", language, **facts)


class Settings(commands.Cog):
    """The group of commands."""

    settings = app_commands.Group(
        name=localized("discord.settings.name", "settings"),
        description=localized("discord.settings.description"),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
    )

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._requests = bot.services.requests

    @settings.command(
        name=localized("discord.settings.mine.name", "mine"), description=localized("discord.settings.mine")
    )
    @takes(_MINE)
    async def mine(self, interaction: discord.Interaction[Bot], **options: Any) -> None:
        """Set and show a person's settings."""
        await voice_message.defer(interaction, private=True)
        account = account_of(interaction)
        await self._requests.preferences.set(account, **await changes_of(self._requests, _MINE, options))
        own = await self._requests.preferences.get(account)
        await voice_message.tell(interaction, own_settings(own, await self._bot.language_for(interaction)))

    suggest(mine, _MINE)

    @settings.command(
        name=localized("discord.settings.favourite.name", "favourite"),
        description=localized("discord.settings.favourite"),
    )
    @rename("kind", "name", "keep")
    @describe("kind", "name", "keep")
    @app_commands.choices(kind=choices(FavouriteKind))
    async def favourite(
        self, interaction: discord.Interaction[Bot], kind: FavouriteKind, name: VoiceName, *, keep: bool = True
    ) -> None:
        """Add or remove a favourite."""
        await voice_message.defer(interaction, private=True)
        account = account_of(interaction)
        if keep and kind == "voice":
            name = await self._requests.saved.known(name)
        await self._requests.preferences.favourite(account, kind, name, keep)
        own = await self._requests.preferences.get(account)
        await voice_message.tell(interaction, own_settings(own, await self._bot.language_for(interaction)))

    @settings.command(
        name=localized("discord.settings.aloud.name", "aloud"), description=localized("discord.settings.aloud")
    )
    @takes(_ALOUD)
    async def aloud(self, interaction: discord.Interaction[Bot], **options: Any) -> None:
        """Set and show how a person's messages are read aloud."""
        await voice_message.defer(interaction, private=True)
        account = account_of(interaction)
        await self._requests.preferences.set(account, **await changes_of(self._requests, _ALOUD, options))
        own = await self._requests.preferences.get(account)
        await voice_message.tell(interaction, "\n".join(own_lines(own, await self._bot.language_for(interaction))))

    @settings.command(
        name=localized("discord.settings.forget.name", "forget"), description=localized("discord.settings.forget")
    )
    async def forget(self, interaction: discord.Interaction[Bot]) -> None:
        """Remove a person's settings, dictionary and kept texts."""
        await voice_message.defer(interaction, private=True)
        account, tongue = account_of(interaction), await self._bot.language_for(interaction)
        await self._requests.preferences.forget(account)
        await self._requests.words.forget(account)
        await self._bot.services.reader.dictionaries.forget(account)
        await voice_message.tell(interaction, say("discord.settings.forgotten", tongue))

    @favourite.autocomplete("name")
    async def _complete_name(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        if interaction.namespace.kind == "style":
            return await complete_style(interaction, current)
        return await complete_voice(interaction, current)


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Settings(bot))
