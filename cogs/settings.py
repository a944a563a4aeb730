"""``/settings``: a person's own voice, style, language and favourites; for moderators those of the server.

Loaded by name by the Discord platform. The guard of the waist obeys what moderators set; here it is only asked for.
"""

import asyncio
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Literal, TypeVar

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import InputError, StoreError
from bot.model import Space
from bot.platforms.discord import voice_message
from bot.platforms.discord.choices import choices
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.forms import entries_of, list_form
from bot.platforms.discord.listed import channel_named, listed, role_is_gone, role_named
from bot.platforms.discord.panel import Press
from bot.platforms.discord.suggestions import LONGEST, complete_voice, preference_of, suggest_styles
from bot.platforms.discord.wish import account_of, channel_of, moderated_space, role_scope
from bot.platforms.reading.settings import own_lines
from bot.store.preferences import NICKNAME_CHARACTERS, Kind, Preference
from bot.store.spaces import LONGEST_COOLDOWN, SpaceSettings, for_use
from bot.texts import say

_T = TypeVar("_T")
_PATIENCE = 1.0
"""Seconds that settings may take before a form is opened."""
NONE = "-"
"""Typed to go back to the default: Discord sends no empty option."""
AS_EVERYONE = -1
"""Seconds that take a role's own cooldown away."""
Language = Literal["auto", "en", "zh"]
Speed = Literal["slow", "usual", "fast"]
Rule = Literal["allowed", "blocked", "neither"]
Opened = Literal["open", "closed", "everywhere"]
What = Literal["speaking", "singing", "instruction", "voices"]
VoiceName = app_commands.Range[str, 1, LONGEST]
StyleNames = app_commands.Range[str, 1, LONGEST]
AnyChannel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel
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
_NAMES = {option: localized(f"discord.settings.{option}.name") for option in _OPTIONS}
_WHAT = {option: localized(f"discord.settings.{option}") for option in _OPTIONS} | {
    "name": localized("discord.settings.which")  # ``discord.settings.name`` is what the group is called
}


def _rename(*options: str) -> Callable[[_T], _T]:
    return app_commands.rename(**{option: _NAMES[option] for option in options})


def _describe(*options: str) -> Callable[[_T], _T]:
    return app_commands.describe(**{option: _WHAT[option] for option in options})


def own_settings(own: Preference, language: str) -> str:
    """What a person has set."""
    facts = {field.name: getattr(own, field.name) or "–" for field in fields(own)}
    del facts["language"]  # ``say`` has a language of its own
    facts["tongue"] = _tongue(own.language, language)
    return say("discord.settings.mine_are", language, **facts)


def server_settings(shared: SpaceSettings, language: str, guild: discord.Guild | None = None) -> str:
    """What moderators have set; ``guild`` knows which roles and channels are gone. Blocked words are only counted."""

    def named(entry: str) -> str:
        return role_named(entry, guild, language)

    return say(
        "discord.settings.server_are",
        language,
        voice=shared.default_voice or "–",
        style=shared.default_style or "–",
        tongue=_tongue(shared.language, language),
        cooldown=shared.cooldown,
        rests=listed([f"{named(scope)} {seconds} s" for scope, seconds in shared.role_cooldowns.items()]),
        shown=shared.show_words,
        allowed=listed([*map(named, shared.allowed_roles)]),
        blocked=listed([*map(named, shared.blocked_roles)]),
        channels=listed([channel_named(channel, guild, language) for channel in shared.channels]),
        count=len(shared.blocked_words),
    )


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

    async def cog_load(self) -> None:
        """Called by the library."""
        self._bot.presses["blocked"] = self.words_filled_in

    async def cog_unload(self) -> None:
        """Called by the library."""
        self._bot.presses.pop("blocked", None)

    @settings.command(
        name=localized("discord.settings.mine.name", "mine"), description=localized("discord.settings.mine")
    )
    @_rename("voice", "style", "language")
    @_describe("voice", "style", "language")
    @app_commands.choices(language=choices(Language))
    async def mine(
        self,
        interaction: discord.Interaction[Bot],
        *,
        voice: VoiceName | None = None,
        style: StyleNames | None = None,
        language: Language | None = None,
    ) -> None:
        """Set and show what a person likes."""
        await voice_message.defer(interaction, private=True)
        account = account_of(interaction)
        changes: dict[str, Any] = {
            "voice": await self._voice(voice),
            "style": _or_none(style),
            "language": _language(language),
        }
        await self._desk.preferences.set(account, **_given(changes))
        own = await self._desk.preferences.get(account)
        await voice_message.tell(interaction, own_settings(own, await self._bot.language_for(interaction)))

    @settings.command(
        name=localized("discord.settings.favourite.name", "favourite"),
        description=localized("discord.settings.favourite"),
    )
    @_rename("kind", "name", "keep")
    @_describe("kind", "name", "keep")
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
    @app_commands.rename(**{key: localized(f"reading.{key}.name") for key in _ALOUD})
    @app_commands.describe(**{key: localized(f"reading.{key}") for key in _ALOUD})
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
            "nickname": _or_none(nickname),
            "speed": "" if speed == "usual" else speed,
            "spoken_language": _language(tongue),
            "opted_out": None if readme is None else not readme,
        }
        await self._desk.preferences.set(account, **_given(changes))
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

    @settings.command(
        name=localized("discord.settings.server.name", "server"), description=localized("discord.settings.server")
    )
    @_rename("voice", "style", "language", "cooldown", "words")
    @_describe("voice", "style", "language", "cooldown", "words")
    @app_commands.choices(language=choices(Language))
    async def server(
        self,
        interaction: discord.Interaction[Bot],
        *,
        voice: VoiceName | None = None,
        style: StyleNames | None = None,
        language: Language | None = None,
        cooldown: app_commands.Range[int, 0, LONGEST_COOLDOWN] | None = None,
        words: bool | None = None,
    ) -> None:
        """Set and show what holds in a server."""
        await voice_message.defer(interaction, private=True)
        space = moderated_space(interaction)
        changes: dict[str, Any] = {
            "default_voice": await self._voice(voice),
            "default_style": _or_none(style),
            "language": _language(language),
            "cooldown": cooldown,
            "show_words": words,
        }
        await self._change(interaction, space, **_given(changes))

    @settings.command(
        name=localized("discord.settings.role.name", "role"), description=localized("discord.settings.roles")
    )
    @_rename("role", "rule", "what", "rest")
    @_describe("role", "rule", "what", "rest")
    @app_commands.choices(rule=choices(Rule), what=choices(What))
    async def role(
        self,
        interaction: discord.Interaction[Bot],
        role: discord.Role,
        *,
        rule: Rule | None = None,
        what: What = "speaking",
        rest: app_commands.Range[int, AS_EVERYONE, LONGEST_COOLDOWN] | None = None,
    ) -> None:
        """Say whether a role may speak, or do what else there is to allow, and how long it rests in between."""
        await voice_message.defer(interaction, private=True)
        space = moderated_space(interaction)
        if role.is_default() and (rule == "blocked" or rest not in (None, AS_EVERYONE)):
            raise InputError("discord.everyone.blocked" if rule == "blocked" else "discord.everyone.rest")
        if rest is not None:
            await self._rest(interaction, space, role_scope(role.id), None if rest == AS_EVERYONE else rest)
        if rule is not None:
            await self._rule(interaction, space, role, rule, "" if what == "speaking" else what)
        await self._show(interaction, await self._desk.spaces.get(space), limits=True)

    async def _rest(self, interaction: discord.Interaction[Bot], space: Space, scope: str, seconds: int | None) -> None:
        """How long a role rests; deleted ones, which nobody can take out otherwise, go."""
        spaces = self._desk.spaces
        gone = [each for each in (await spaces.get(space)).role_cooldowns if role_is_gone(each, interaction.guild)]
        for each in gone:
            await spaces.rest(space, each, None)
        await spaces.rest(space, scope, seconds)

    async def _rule(
        self, interaction: discord.Interaction[Bot], space: Space, role: discord.Role, rule: Rule, use: str
    ) -> None:
        """What a role may; ``@everyone`` allowed leaves no other one named for this use, so that all may.

        Deleted ones go only where that lets nobody in: a blocked one, or an allowed one beside which another stands.
        """
        held, guild, everyone = await self._desk.spaces.get(space), interaction.guild, role.is_default()
        entry = for_use(use, role_scope(role.id))
        beside = [each for each in held.allowed_roles if rule == "allowed" and each.rpartition("@")[0] == use]
        allowed = [each for each in beside if everyone or role_is_gone(each, guild)]
        blocked = [each for each in held.blocked_roles if role_is_gone(each, guild)]
        await self._desk.spaces.adjust(
            space,
            add={
                "allowed_roles": [entry] * (rule == "allowed" and not everyone),
                "blocked_roles": [entry] * (rule == "blocked"),
            },
            remove={"allowed_roles": [entry, *allowed], "blocked_roles": [entry, *blocked]},
        )

    @settings.command(
        name=localized("discord.settings.channel.name", "channel"), description=localized("discord.settings.channels")
    )
    @_rename("opened", "channel")
    @_describe("opened", "channel")
    @app_commands.choices(opened=choices(Opened))
    async def channel(
        self, interaction: discord.Interaction[Bot], opened: Opened, channel: AnyChannel | None = None
    ) -> None:
        """Say whether people may speak in a channel, or that they may everywhere."""
        await voice_message.defer(interaction, private=True)
        space = moderated_space(interaction)
        spaces, named = self._desk.spaces, [str(channel.id) if channel is not None else channel_of(interaction)]
        if opened == "everywhere":
            kept = await spaces.set(space, channels=())
        elif opened == "open":
            kept = await spaces.adjust(space, add={"channels": named})
        else:
            kept = await spaces.adjust(space, remove={"channels": named})
        await self._show(interaction, kept, limits=True)

    @settings.command(
        name=localized("discord.settings.blocklist.name", "blocklist"),
        description=localized("discord.settings.blocklist"),
    )
    async def blocklist(self, interaction: discord.Interaction[Bot]) -> None:
        """Open the form of words that are not spoken here."""
        space = moderated_space(interaction)
        try:
            async with asyncio.timeout(_PATIENCE):
                shared = await self._desk.spaces.get(space)
        except TimeoutError:  # a form is a first answer, and that is due within three seconds
            raise StoreError("store.busy") from None
        tongue = await self._bot.language_for(interaction)
        title, label = say("discord.settings.blocklist", tongue), say("discord.settings.word_a_line", tongue)
        await interaction.response.send_modal(list_form(title, label, Press("blocked"), shared.blocked_words))

    async def words_filled_in(self, interaction: discord.Interaction[Bot], press: Press) -> None:
        """Take in the form, from somebody who still manages the server now. Raises InputError."""
        if press.facts or interaction.type is not discord.InteractionType.modal_submit:
            raise InputError("discord.old_button")  # pressed as a button it has no fields: it would empty the list
        await voice_message.defer(interaction, private=True)
        space = moderated_space(interaction)
        await self._change(interaction, space, blocked_words=entries_of(dict(interaction.data or {})))

    async def _change(self, interaction: discord.Interaction[Bot], space: Space, **changes: Any) -> None:
        """Change what is named and show what holds now."""
        await self._show(interaction, await self._desk.spaces.set(space, **changes))

    async def _show(
        self, interaction: discord.Interaction[Bot], shared: SpaceSettings, *, limits: bool = False
    ) -> None:
        """Show what holds now; ``limits``: who may speak was changed, so say who may in any case."""
        language = await self._bot.language_for(interaction)
        lines = [server_settings(shared, language, interaction.guild)]
        if limits and (shared.allowed_roles or shared.blocked_roles or shared.channels):
            lines.append(say("discord.settings.exempt", language))
        await voice_message.tell(interaction, "\n".join(lines))

    async def _voice(self, name: str | None) -> str | None:
        """A voice that somebody could speak with. Raises InputError ``voice.unknown``."""
        name = _or_none(name)
        return await self._desk.saved.known(name) if name else name

    @mine.autocomplete("voice")
    @server.autocomplete("voice")
    async def _complete_voice(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        return await complete_voice(interaction, current)

    @mine.autocomplete("style")
    @server.autocomplete("style")
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


def _tongue(chosen: str, language: str) -> str:
    """A language, named in another one."""
    return say(f"discord.choice.{chosen}", language) if chosen else "–"


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Those that were used."""
    return {name: value for name, value in options.items() if value is not None}


def _or_none(text: str | None) -> str | None:
    """What was typed; empty to go back to the default."""
    return "" if text is not None and text.strip() == NONE else text


def _language(choice: Language | None) -> str | None:
    return "" if choice == "auto" else choice


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Settings(bot))
