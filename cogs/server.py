"""``/server``: the settings of a server. Discord hides it from everybody but moderators.

The synthesis core's policy obeys them; ``/settings`` is a person's own.
"""

import asyncio
from typing import Any, Literal

import discord
from cachetools import FIFOCache
from discord import app_commands
from discord.ext import commands

from bot.errors import InputError, StoreError
from bot.model import Space
from bot.platforms.discord import voice_message
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.commands import entries_of, list_form
from bot.platforms.discord.context import (
    channel_named,
    channel_of,
    listed,
    moderated_space,
    role_is_gone,
    role_named,
    role_scope,
)
from bot.platforms.discord.options import changes_of, suggest, takes
from bot.platforms.discord.panel import Press
from bot.platforms.discord.suggestions import choices
from bot.store.setting_fields import settings_of
from bot.store.settings import LONGEST_COOLDOWN, SpaceSettings, for_use
from bot.texts import say
from cogs.settings import describe, rename

_MOST_FORMS = 256
"""Forms of blocked words whose words are remembered; who fills in one of more replaces the whole list."""
_PATIENCE = 1.0
"""Seconds that loading settings may take before a modal is opened."""
AS_EVERYONE = -1
"""Seconds that reset a role's own cooldown."""
_SETTINGS = tuple(each for each in settings_of(SpaceSettings) if each.group == "server")
Rule = Literal["allowed", "blocked", "neither"]
Opened = Literal["open", "closed", "everywhere"]
What = Literal["speaking", "singing", "instruction", "voices"]
AnyChannel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel


def server_settings(shared: SpaceSettings, language: str, guild: discord.Guild | None = None) -> str:
    """Return the server's settings; ``guild`` knows deleted roles and channels.

    Blocked words are only counted.
    """

    def named(entry: str) -> str:
        return role_named(entry, guild, language)

    facts = {each.blank: each.shown(shared, language) for each in settings_of(SpaceSettings) if each.blank}
    facts |= {
        "rests": listed([f"{named(scope)} {seconds} s" for scope, seconds in shared.role_cooldowns.items()]),
        "allowed": listed([*map(named, shared.allowed_roles)]),
        "blocked": listed([*map(named, shared.blocked_roles)]),
        "channels": listed([channel_named(channel, guild, language) for channel in shared.channels]),
    }
    return say("discord.settings.server_are", language, **facts)


class Server(commands.Cog):
    """The group of commands."""

    server = app_commands.Group(
        name=localized("discord.server.name", "server"),
        description=localized("discord.server.description"),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        default_permissions=discord.Permissions(manage_guild=True),
    )

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._requests = bot.services.requests
        self._forms: FIFOCache[tuple[int, str], tuple[str, ...]] = FIFOCache(_MOST_FORMS)

    async def cog_load(self) -> None:
        """Called by the library."""
        self._bot.presses["blocked"] = self.words_filled_in

    async def cog_unload(self) -> None:
        """Called by the library."""
        self._bot.presses.pop("blocked", None)

    @server.command(
        name=localized("discord.settings.name", "settings"), description=localized("discord.settings.server")
    )
    @takes(_SETTINGS)
    async def settings(self, interaction: discord.Interaction[Bot], **options: Any) -> None:
        """Set and show the server's settings."""
        await voice_message.defer(interaction, private=True)
        space = moderated_space(interaction)
        await self._change(interaction, space, **await changes_of(self._requests, _SETTINGS, options))

    suggest(settings, _SETTINGS)

    @server.command(
        name=localized("discord.settings.role.name", "role"), description=localized("discord.settings.roles")
    )
    @rename("role", "rule", "what", "rest")
    @describe("role", "rule", "what", "rest")
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
        """Set whether a role may speak, or use a feature, and its cooldown."""
        await voice_message.defer(interaction, private=True)
        space = moderated_space(interaction)
        if role.is_default() and (rule == "blocked" or rest not in (None, AS_EVERYONE)):
            raise InputError("discord.everyone.blocked" if rule == "blocked" else "discord.everyone.rest")
        if rest is not None:
            await self._rest(interaction, space, role_scope(role.id), None if rest == AS_EVERYONE else rest)
        if rule is not None:
            await self._rule(interaction, space, role, rule, "" if what == "speaking" else what)
        await self._show(interaction, await self._requests.spaces.get(space), limits=True)

    async def _rest(self, interaction: discord.Interaction[Bot], space: Space, scope: str, seconds: int | None) -> None:
        """Set a role's cooldown and remove deleted roles, which nobody can remove otherwise."""
        spaces = self._requests.spaces
        gone = [each for each in (await spaces.get(space)).role_cooldowns if role_is_gone(each, interaction.guild)]
        for each in gone:
            await spaces.rest(space, each, None)
        await spaces.rest(space, scope, seconds)

    async def _rule(
        self, interaction: discord.Interaction[Bot], space: Space, role: discord.Role, rule: Rule, use: str
    ) -> None:
        """Set what a role may do; allowing ``@everyone`` removes all other roles of this use, so that all may.

        Deleted ones are removed only if that lets nobody in: a blocked one, or one of several allowed ones.
        """
        held, guild, everyone = await self._requests.spaces.get(space), interaction.guild, role.is_default()
        entry = for_use(use, role_scope(role.id))
        beside = [each for each in held.allowed_roles if rule == "allowed" and each.rpartition("@")[0] == use]
        allowed = [each for each in beside if everyone or role_is_gone(each, guild)]
        blocked = [each for each in held.blocked_roles if role_is_gone(each, guild)]
        await self._requests.spaces.adjust(
            space,
            add={
                "allowed_roles": [entry] * (rule == "allowed" and not everyone),
                "blocked_roles": [entry] * (rule == "blocked"),
            },
            remove={"allowed_roles": [entry, *allowed], "blocked_roles": [entry, *blocked]},
        )

    @server.command(
        name=localized("discord.settings.channel.name", "channel"), description=localized("discord.settings.channels")
    )
    @rename("opened", "channel")
    @describe("opened", "channel")
    @app_commands.choices(opened=choices(Opened))
    async def channel(
        self, interaction: discord.Interaction[Bot], opened: Opened, channel: AnyChannel | None = None
    ) -> None:
        """Set whether people may speak in a channel, or everywhere."""
        await voice_message.defer(interaction, private=True)
        space = moderated_space(interaction)
        spaces, named = self._requests.spaces, [str(channel.id) if channel is not None else channel_of(interaction)]
        if opened == "everywhere":
            kept = await spaces.set(space, channels=())
        elif opened == "open":
            kept = await spaces.adjust(space, add={"channels": named})
        else:
            kept = await spaces.adjust(space, remove={"channels": named})
        await self._show(interaction, kept, limits=True)

    @server.command(
        name=localized("discord.settings.blocklist.name", "blocklist"),
        description=localized("discord.settings.blocklist"),
    )
    async def blocklist(self, interaction: discord.Interaction[Bot]) -> None:
        """Open the modal of blocked words."""
        space = moderated_space(interaction)
        try:
            async with asyncio.timeout(_PATIENCE):
                shared = await self._requests.spaces.get(space)
        except TimeoutError:  # a modal is a first answer, due within three seconds
            raise StoreError("store.busy") from None
        locale = await self._bot.language_for(interaction)
        title, label = say("discord.settings.blocklist", locale), say("discord.settings.word_a_line", locale)
        self._forms[interaction.user.id, space.scope] = shared.blocked_words
        await interaction.response.send_modal(list_form(title, label, Press("blocked"), shared.blocked_words))

    async def words_filled_in(self, interaction: discord.Interaction[Bot], press: Press) -> None:
        """Save the submitted modal, if the person still manages the server. Raises InputError.

        Another moderator's changes while it was open stay, unless the bot was restarted in between.
        """
        if press.facts or interaction.type is not discord.InteractionType.modal_submit:
            raise InputError("discord.old_button")  # pressed as a button it has no fields: it would empty the list
        await voice_message.defer(interaction, private=True)
        space = moderated_space(interaction)
        typed = [" ".join(word.split()) for word in entries_of(dict(interaction.data or {}))]
        shown = self._forms.pop((interaction.user.id, space.scope), None)
        if shown is None:
            await self._change(interaction, space, blocked_words=typed)
            return
        kept = await self._requests.spaces.adjust(
            space,
            add={"blocked_words": [word for word in typed if word not in shown]},
            remove={"blocked_words": [word for word in shown if word not in typed]},
        )
        await self._show(interaction, kept)

    async def _change(self, interaction: discord.Interaction[Bot], space: Space, **changes: Any) -> None:
        """Apply changes and show the settings."""
        await self._show(interaction, await self._requests.spaces.set(space, **changes))

    async def _show(
        self, interaction: discord.Interaction[Bot], shared: SpaceSettings, *, limits: bool = False
    ) -> None:
        """Show the settings; ``limits``: who may speak was changed, so always include that."""
        language = await self._bot.language_for(interaction)
        lines = [server_settings(shared, language, interaction.guild)]
        if limits and (shared.allowed_roles or shared.blocked_roles or shared.channels):
            lines.append(say("discord.settings.exempt", language))
        await voice_message.tell(interaction, "\n".join(lines))


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Server(bot))
