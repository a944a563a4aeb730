"""``/reading``: how messages are read aloud in a server, for people who manage it.

``bot/platforms/reading/settings.py`` parses the values, for both platforms.
"""

from collections.abc import Sequence
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot import values
from bot.errors import InputError
from bot.model import Account, Space
from bot.platforms.discord import voice_message
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.context import listed, moderated_space, role_is_gone, role_named, role_scope
from bot.platforms.discord.suggestions import choices
from bot.platforms.reading.settings import PLACE, place_change, place_lines, suggestions

_KEYS = [
    app_commands.Choice(name=localized(each.discord.name), value=each.key) for each in PLACE if each.discord is not None
]
"""Discord allows at most 25 choices; a test counts them."""
_SHOWN = 10
"""Roles of each list: three lists and all settings fit a message."""
Rule = Literal["required", "priority", "blocked", "none"]


class ReadingSettings(commands.Cog):
    """The group of commands."""

    reading = app_commands.Group(
        name=localized("discord.reading.name"),
        description=localized("discord.reading"),
        allowed_installs=app_commands.AppInstallationType(guild=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True),
        default_permissions=discord.Permissions(manage_guild=True),
    )

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._readings = bot.services.reader.readings

    @reading.command(name=localized("discord.reading.show.name"), description=localized("discord.reading.show"))
    async def show(self, interaction: discord.Interaction[Bot]) -> None:
        """Show all settings."""
        await voice_message.defer(interaction, private=True)
        await self._tell(interaction, moderated_space(interaction))

    @reading.command(name=localized("discord.reading.set.name"), description=localized("discord.reading.set"))
    @app_commands.rename(
        setting=localized("discord.reading.setting.name"), value=localized("discord.reading.value.name")
    )
    @app_commands.describe(setting=localized("discord.reading.setting"), value=localized("discord.reading.value"))
    @app_commands.choices(setting=_KEYS)
    async def change(
        self, interaction: discord.Interaction[Bot], setting: str, value: app_commands.Range[str, 1, 80]
    ) -> None:
        """Change one setting."""
        await voice_message.defer(interaction, private=True)
        space = moderated_space(interaction)
        await self._readings.set(space, **place_change(setting, value))
        await self._tell(interaction, space)

    @change.autocomplete("value")
    async def _complete_value(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        language, typed = await self._bot.language_for(interaction), current.casefold()
        named = {
            value: values.named(value, language) for value in suggestions(str(interaction.namespace.setting or ""))
        }
        return [
            app_commands.Choice(name=name, value=value)
            for value, name in named.items()
            if value.startswith(typed) or name.casefold().startswith(typed)
        ]

    @reading.command(name=localized("discord.reading.role.name"), description=localized("discord.reading.role"))
    @app_commands.rename(role=localized("discord.reading.who.name"), rule=localized("discord.reading.rule.name"))
    @app_commands.describe(role=localized("discord.reading.who"), rule=localized("discord.reading.rule"))
    @app_commands.choices(rule=choices(Rule))
    async def role(self, interaction: discord.Interaction[Bot], role: discord.Role, rule: Rule) -> None:
        """Set whether a role is read."""
        await voice_message.defer(interaction, private=True)
        space, scope, everyone = moderated_space(interaction), [role_scope(role.id)], role.is_default()
        if everyone and rule in ("blocked", "priority"):
            raise InputError("discord.everyone.unread" if rule == "blocked" else "discord.everyone.first")
        held = await self._readings.get(space)

        def going(entries: Sequence[str]) -> list[str]:
            return [*scope, *(each for each in entries if role_is_gone(each, interaction.guild))]

        required = held.required_roles if everyone else going(held.required_roles)  # all are read if there is none
        await self._readings.adjust(
            space,
            add={"required_roles": scope * (rule == "required" and not everyone),
                 "priority_roles": scope * (rule == "priority"), "blocked_roles": scope * (rule == "blocked")},
            remove={"required_roles": [*scope, *(required if rule == "required" else ())],
                    "priority_roles": going(held.priority_roles), "blocked_roles": going(held.blocked_roles)},
        )  # fmt: skip
        await self._tell(interaction, space)

    @reading.command(name=localized("discord.reading.ignore.name"), description=localized("discord.reading.ignore"))
    @app_commands.rename(
        person=localized("discord.reading.person.name"), ignored=localized("discord.reading.ignored.name")
    )
    @app_commands.describe(person=localized("discord.reading.person"), ignored=localized("discord.reading.ignored"))
    async def ignore(
        self, interaction: discord.Interaction[Bot], person: discord.User, *, ignored: bool = True
    ) -> None:
        """Set whether a person is read."""
        await voice_message.defer(interaction, private=True)
        space, scope = moderated_space(interaction), [Account("discord", str(person.id)).scope]
        await self._readings.adjust(space, add={"ignored": scope * ignored}, remove={"ignored": scope})
        await self._tell(interaction, space)

    async def _tell(self, interaction: discord.Interaction[Bot], space: Space) -> None:
        language = await self._bot.language_for(interaction)

        def named(roles: Sequence[str]) -> str:
            names = [role_named(each, interaction.guild, language) for each in roles]
            return ", ".join(listed(names, _SHOWN))

        lines = place_lines(await self._readings.get(space), language, named)
        await voice_message.tell(interaction, "\n".join(lines))


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(ReadingSettings(bot))
