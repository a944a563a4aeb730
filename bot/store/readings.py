"""How messages are read aloud in a Discord guild or a Telegram chat: what moderators set. The reader obeys it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.model import Space
from bot.store.database import Database
from bot.store.schema import reading_setting
from bot.store.setting import (
    Hours,
    Names,
    Number,
    Seconds,
    SpokenLanguage,
    Switch,
    Template,
    Text,
    Texts,
    Zone,
    setting,
)
from bot.store.settings_table import Lists, SettingsTable

MOST_ROLES = 50
MOST_IGNORED = 500
TEMPLATE_CHARACTERS = 80
PREFIX_CHARACTERS = 8
LEAST_CHARACTERS, MOST_CHARACTERS = 20, 2000
"""Bounds of the longest reading."""
LONGEST_ALONE = 3600
"""Seconds."""
_ROLES = Names(MOST_ROLES, "space.roles_full")


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """The settings of one space, which those who manage it set; as here where nobody set any."""

    names: bool = setting(True, Switch(), "names", both=Texts("reading.names.name", "reading.names"))
    """Whether it is said who wrote a message."""
    name_template: str = setting(
        "", Template(TEMPLATE_CHARACTERS), "template", both=Texts("reading.template.name", "reading.template")
    )
    """How it is said, with ``{name}`` in it; empty: as the language does."""
    language: str = setting("", SpokenLanguage(), "language", both=Texts("reading.language.name", "reading.language"))
    """Of what is said for signs, and of texts too short to tell; empty: the space's, else the bot's."""
    max_characters: int = setting(
        300,
        Number(LEAST_CHARACTERS, MOST_CHARACTERS, "reading.characters"),
        "length",
        both=Texts("reading.length.name", "reading.length"),
    )
    """Longest reading of one message."""
    skip_prefix: str = setting(
        "", Text(PREFIX_CHARACTERS), "prefix", both=Texts("reading.prefix.name", "reading.prefix")
    )
    """A message that begins so is not read."""
    in_call_only: bool = setting(
        True, Switch(inverted=True), "everyone", discord=Texts("reading.everyone.name", "reading.everyone")
    )
    """Whether an author has to sit in the call."""
    bots: bool = setting(False, Switch(), "bots", both=Texts("reading.bots.name", "reading.bots"))
    """Whether other bots are read."""
    webhooks: bool = setting(
        False,
        Switch(),
        "webhooks",
        discord=Texts("reading.webhooks.name", "reading.webhooks"),
        telegram=Texts("reading.webhooks.name", "telegram.reading.webhooks"),
    )
    read_silent: bool = setting(False, Switch(), "silent", discord=Texts("reading.silent.name", "reading.silent"))
    """Whether messages sent without a notification are read."""
    skip_emoji: bool = setting(False, Switch(inverted=True), "emoji", both=Texts("reading.emoji.name", "reading.emoji"))
    """Whether emoji and stickers are left out."""
    expand_slang: bool = setting(True, Switch(), "slang", both=Texts("reading.slang.name", "reading.slang"))
    """``btw`` is read as ``by the way``."""
    laugh: bool = setting(True, Switch(), "laugh", both=Texts("reading.laugh.name", "reading.laugh"))
    """A laughing emoji becomes a laugh."""
    emphasis: bool = setting(True, Switch(), "emphasis", both=Texts("reading.emphasis.name", "reading.emphasis"))
    """ALL CAPS are stressed."""
    whisper: bool = setting(True, Switch(), "whisper", both=Texts("reading.whisper.name", "reading.whisper"))
    """The word that stands for a spoiler is whispered."""
    actions: bool = setting(True, Switch(), "actions", both=Texts("reading.actions.name", "reading.actions"))
    """``*sighs*`` becomes a sigh."""
    auto_join: bool = setting(True, Switch(), "come", discord=Texts("reading.come.name", "reading.come"))
    """Whether the bot comes by itself when somebody in a call writes in a bound channel."""
    alone_seconds: int = setting(
        120,
        Seconds(0, LONGEST_ALONE, "reading.bad_alone"),
        "alone",
        discord=Texts("reading.alone.name", "reading.alone"),
    )
    """After so long alone it leaves; 0: it stays."""
    quiet_from: int = setting(0, Hours("quiet_until"), "quiet", both=Texts("reading.quiet.name", "reading.quiet"))
    """Minutes after midnight, in the time zone: nothing is read from here …"""
    quiet_until: int = setting(0, Hours())
    """… until here; the same twice: always read."""
    timezone: str = setting("UTC", Zone(), "timezone", both=Texts("reading.timezone.name", "reading.timezone"))
    """IANA name."""
    required_roles: tuple[str, ...] = setting((), _ROLES, both=Texts("", "reading.required_roles"))
    """Scopes (``role:discord:77``) of those who are read; empty: everyone."""
    priority_roles: tuple[str, ...] = setting((), _ROLES, both=Texts("", "reading.priority_roles"))
    """Scopes of those who are read first."""
    blocked_roles: tuple[str, ...] = setting((), _ROLES, both=Texts("", "reading.blocked_roles"))
    """Scopes of those who are not read, whatever else they hold."""
    ignored: tuple[str, ...] = setting(
        (), Names(MOST_IGNORED, "reading.ignored_full"), both=Texts("", "reading.ignored")
    )
    """Scopes of accounts (``account:discord:42``) that are not read."""


class Readings:
    """One per process and database."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: seconds that never go back, for how long settings are believed."""
        self._table = SettingsTable(database, reading_setting, ReadingSettings, clock=clock)

    async def get(self, space: Space) -> ReadingSettings:
        """The settings that hold; another process' change arrives within 10 s. Raises StoreError."""
        return await self._table.get(space)

    async def set(self, space: Space, **changes: Any) -> ReadingSettings:
        """Change the settings that are named by their fields, all or none; returns what holds now. None unsets one.

        Raises InputError ``name.too_long``, ``language.unknown``, ``reading.bad_template``, ``reading.characters``,
        ``reading.bad_alone``, ``reading.bad_hour``, ``reading.zone``, ``space.roles_full``, ``reading.ignored_full``;
        StoreError.
        """
        return await self._table.set(space, changes)

    async def adjust(self, space: Space, *, add: Lists | None = None, remove: Lists | None = None) -> ReadingSettings:
        """Put entries into lists and take others out, in one step, whoever else changes them. Raises as ``set``."""
        return await self._table.adjust(space, add or {}, remove or {})

    async def forget(self, space: Space) -> None:
        """Back to the defaults. Raises StoreError."""
        await self._table.forget(space)

    def drop(self, scope: str) -> None:
        """What is stored of a space was changed elsewhere."""
        self._table.drop(scope)
