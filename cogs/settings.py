"""``/settings``: a person's own voice, style, language and favourites, and how they are read aloud.

Loaded by name by the Discord platform. What moderators set for a server is in ``server.py``.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Literal, TypeVar

import discord
from discord import app_commands
from discord.ext import commands

from bot.platforms.desk import Desk
from bot.platforms.discord import voice_message
from bot.platforms.discord.choices import choices
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.suggestions import LONGEST, complete_voice, preference_of, suggest_styles
from bot.platforms.discord.wish import account_of
from bot.platforms.reading.settings import own_lines
from bot.store.preferences import NICKNAME_CHARACTERS, Kind, Preference
from bot.texts import codes, say

_T = TypeVar("_T")
NONE = "-"
"""Typed to go back to the default: Discord sends no empty option."""
Language = Literal["auto", "en", "zh"]
ReplyLanguage = Literal["auto", "en", "zh", "zh-Hant"]
Speed = Literal["slow", "usual", "fast"]
VoiceName = app_commands.Range[str, 1, LONGEST]
StyleNames = app_commands.Range[str, 1, LONGEST]
_OPTIONS = (
    "voice",
    "style",
    "language",
    "kind",
    "name",
    "keep",
    "cooldown",
    "words",
    "role",
    "rule",
    "what",
    "rest",
    "channel",
    "opened",
)
_ALOUD = ("nickname", "speed", "tongue", "readme")
_NAMES = {option: localized(codes.SETTINGS_NAME[option]) for option in _OPTIONS}
_WHAT = {option: localized(codes.SETTINGS[option]) for option in _OPTIONS} | {
    "name": localized("discord.settings.which")  # ``discord.settings.name`` is what the group is called
}


def rename(*options: str) -> Callable[[_T], _T]:
    """Name options in the languages of Discord's clients."""
    return app_commands.rename(**{option: _NAMES[option] for option in options})


def describe(*options: str) -> Callable[[_T], _T]:
    """Describe options."""
    return app_commands.describe(**{option: _WHAT[option] for option in options})


def own_settings(own: Preference, language: str) -> str:
    """What a person has set."""
    facts = {field.name: getattr(own, field.name) or "–" for field in fields(own)}
    del facts["language"]  # ``say`` has a language of its own
    facts["tongue"] = named_language(own.language, language)
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
        self._desk = bot.doors.desk

    @settings.command(
        name=localized("discord.settings.mine.name", "mine"), description=localized("discord.settings.mine")
    )
    @rename("voice", "style", "language")
    @describe("voice", "style", "language")
    @app_commands.choices(language=choices(ReplyLanguage))
    async def mine(
        self,
        interaction: discord.Interaction[Bot],
        *,
        voice: VoiceName | None = None,
        style: StyleNames | None = None,
        language: ReplyLanguage | None = None,
    ) -> None:
        """Set and show what a person likes."""
        await voice_message.defer(interaction, private=True)
        account = account_of(interaction)
        changes: dict[str, Any] = {
            "voice": await voice_named(self._desk, voice),
            "style": or_none(style),
            "language": language_of_choice(language),
        }
        await self._desk.preferences.set(account, **given(changes))
        own = await self._desk.preferences.get(account)
        await voice_message.tell(interaction, own_settings(own, await self._bot.language_for(interaction)))

    @settings.command(
        name=localized("discord.settings.favourite.name", "favourite"),
        description=localized("discord.settings.favourite"),
    )
    @rename("kind", "name", "keep")
    @describe("kind", "name", "keep")
    @app_commands.choices(kind=choices(Kind))
    async def favourite(
        self, interaction: discord.Interaction[Bot], kind: Kind, name: VoiceName, *, keep: bool = True
    ) -> None:
        """Add a favourite, or take it out."""
        await voice_message.defer(interaction, private=True)
        account = account_of(interaction)
        if keep and kind == "voice":
            name = await self._desk.saved.known(name)
        await self._desk.preferences.favourite(account, kind, name, keep)
        own = await self._desk.preferences.get(account)
        await voice_message.tell(interaction, own_settings(own, await self._bot.language_for(interaction)))

    @settings.command(
        name=localized("discord.settings.aloud.name", "aloud"), description=localized("discord.settings.aloud")
    )
    @app_commands.rename(**{key: localized(codes.ALOUD_NAME[key]) for key in _ALOUD})
    @app_commands.describe(**{key: localized(codes.ALOUD[key]) for key in _ALOUD})
    @app_commands.choices(speed=choices(Speed), tongue=choices(Language))
    async def aloud(
        self,
        interaction: discord.Interaction[Bot],
        *,
        nickname: app_commands.Range[str, 1, NICKNAME_CHARACTERS] | None = None,
        speed: Speed | None = None,
        tongue: Language | None = None,
        readme: bool | None = None,
    ) -> None:
        """Set and show how a person's messages are read aloud."""
        await voice_message.defer(interaction, private=True)
        account = account_of(interaction)
        changes: dict[str, Any] = {
            "nickname": or_none(nickname),
            "speed": "" if speed == "usual" else speed,
            "spoken_language": language_of_choice(tongue),
            "opted_out": None if readme is None else not readme,
        }
        await self._desk.preferences.set(account, **given(changes))
        own = await self._desk.preferences.get(account)
        await voice_message.tell(interaction, "\n".join(own_lines(own, await self._bot.language_for(interaction))))

    @settings.command(
        name=localized("discord.settings.forget.name", "forget"), description=localized("discord.settings.forget")
    )
    async def forget(self, interaction: discord.Interaction[Bot]) -> None:
        """Remove a person's settings, dictionary and kept words."""
        await voice_message.defer(interaction, private=True)
        account, tongue = account_of(interaction), await self._bot.language_for(interaction)
        await self._desk.preferences.forget(account)
        await self._desk.words.forget(account)
        await self._bot.doors.reader.dictionaries.forget(account)
        await voice_message.tell(interaction, say("discord.settings.forgotten", tongue))

    @mine.autocomplete("voice")
    async def _complete_voice(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        return await complete_voice(interaction, current)

    @mine.autocomplete("style")
    async def _complete_style(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        own = await preference_of(interaction, self._desk)
        return suggest_styles(current, await self._bot.language_for(interaction), own)

    @favourite.autocomplete("name")
    async def _complete_name(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        if interaction.namespace.kind == "style":
            own = await preference_of(interaction, self._desk)
            return suggest_styles(current, await self._bot.language_for(interaction), own)
        return await complete_voice(interaction, current)


def named_language(chosen: str, language: str) -> str:
    """A language, named in another one."""
    return say(codes.CHOICE[chosen], language) if chosen else "–"


async def voice_named(desk: Desk, name: str | None) -> str | None:
    """Return a voice that somebody could speak with. Raises InputError ``voice.unknown``."""
    name = or_none(name)
    return await desk.saved.known(name) if name else name


def given(options: dict[str, Any]) -> dict[str, Any]:
    """Those that were used."""
    return {name: value for name, value in options.items() if value is not None}


def or_none(text: str | None) -> str | None:
    """What was typed; empty to go back to the default."""
    return "" if text is not None and text.strip() == NONE else text


def language_of_choice(choice: ReplyLanguage | None) -> str | None:
    """Return the language to store; empty to go back to the default."""
    return "" if choice == "auto" else choice


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Settings(bot))
