"""How messages are read aloud in a Discord guild or a Telegram chat: what moderators set. The reader obeys it."""

import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypedDict, Unpack, cast
from zoneinfo import available_timezones

from bot.errors import InputError
from bot.model import Space
from bot.store import bounds
from bot.store.database import Database
from bot.store.schema import reading_setting
from bot.store.settings_table import Lists, SettingsTable

MOST_ROLES = 50
MOST_IGNORED = 500
TEMPLATE_CHARACTERS = 80
PREFIX_CHARACTERS = 8
LEAST_CHARACTERS, MOST_CHARACTERS = 20, 2000
"""Bounds of the longest reading."""
LONGEST_ALONE = 3600
"""Seconds."""
DAY = 24 * 60
"""Minutes."""


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """The settings of one space; as here where nobody set any."""

    names: bool = True
    """Whether it is said who wrote a message."""
    name_template: str = ""
    """How it is said, with ``{name}`` in it; empty: as the language does."""
    language: str = ""
    """Of what is said for signs, and of texts too short to tell; empty: the space's, else the bot's."""
    skip_prefix: str = ""
    """A message that begins so is not read."""
    max_characters: int = 300
    """Longest reading of one message."""
    required_roles: tuple[str, ...] = ()
    """Scopes (``role:discord:77``) of those who are read; empty: everyone."""
    priority_roles: tuple[str, ...] = ()
    """Scopes of those who are read first."""
    blocked_roles: tuple[str, ...] = ()
    """Scopes of those who are not read, whatever else they hold."""
    ignored: tuple[str, ...] = ()
    """Scopes of accounts (``account:discord:42``) that are not read."""
    bots: bool = False
    """Whether other bots are read."""
    webhooks: bool = False
    in_call_only: bool = True
    """Whether an author has to sit in the call."""
    read_silent: bool = False
    """Whether messages sent without a notification are read."""
    skip_emoji: bool = False
    """Whether emoji and stickers are left out."""
    expand_slang: bool = True
    """``btw`` is read as ``by the way``."""
    laugh: bool = True
    """A laughing emoji becomes a laugh."""
    emphasis: bool = True
    """ALL CAPS are stressed."""
    whisper: bool = True
    """The word that stands for a spoiler is whispered."""
    actions: bool = True
    """``*sighs*`` becomes a sigh."""
    auto_join: bool = True
    """Whether the bot comes by itself when somebody in a call writes in a bound channel."""
    alone_seconds: int = 120
    """After so long alone it leaves; 0: it stays."""
    quiet_from: int = 0
    """Minutes after midnight, in the time zone: nothing is read from here …"""
    quiet_until: int = 0
    """… until here; the same twice: always read."""
    timezone: str = "UTC"
    """IANA name."""


class ReadingChanges(TypedDict, total=False):
    """Settings to change; those left out stay."""

    names: bool
    name_template: str
    language: str
    skip_prefix: str
    max_characters: int
    required_roles: Sequence[str]
    priority_roles: Sequence[str]
    blocked_roles: Sequence[str]
    ignored: Sequence[str]
    bots: bool
    webhooks: bool
    in_call_only: bool
    read_silent: bool
    skip_emoji: bool
    expand_slang: bool
    laugh: bool
    emphasis: bool
    whisper: bool
    actions: bool
    auto_join: bool
    alone_seconds: int
    quiet_from: int
    quiet_until: int
    timezone: str


class ReadingLists(TypedDict, total=False):
    """Entries of the settings that are lists."""

    required_roles: Sequence[str]
    priority_roles: Sequence[str]
    blocked_roles: Sequence[str]
    ignored: Sequence[str]


class Readings:
    """One per process and database."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: seconds that never go back, for how long settings are believed."""
        self._table = SettingsTable(database, reading_setting, ReadingSettings(), _CHECKS, clock=clock)

    async def get(self, space: Space) -> ReadingSettings:
        """The settings that hold; another process' change arrives within 10 s. Raises StoreError."""
        return await self._table.get(space)

    async def set(self, space: Space, **changes: Unpack[ReadingChanges]) -> ReadingSettings:
        """Change the settings that are named, all or none; returns what holds now.

        Raises InputError ``name.too_long``, ``language.unknown``, ``reading.bad_template``, ``reading.characters``,
        ``reading.bad_alone``, ``reading.bad_hour``, ``reading.zone``, ``space.roles_full``, ``reading.ignored_full``;
        StoreError.
        """
        return await self._table.set(space, changes)

    async def adjust(
        self, space: Space, *, add: ReadingLists | None = None, remove: ReadingLists | None = None
    ) -> ReadingSettings:
        """Put entries into lists and take others out, in one step, whoever else changes them. Raises as ``set``."""
        return await self._table.adjust(space, cast("Lists", add or {}), cast("Lists", remove or {}))

    async def forget(self, space: Space) -> None:
        """Back to the defaults. Raises StoreError."""
        await self._table.forget(space)

    def drop(self, scope: str) -> None:
        """What is stored of a space was changed elsewhere."""
        self._table.drop(scope)


def _template(text: str) -> str:
    line = bounds.name(text, TEMPLATE_CHARACTERS)
    if line and (
        line.count("{name}") != 1 or line.replace("{name}", "").count("{") or "}" in line.replace("{name}", "")
    ):
        raise InputError("reading.bad_template")
    return line


def _roles(scopes: Sequence[str]) -> list[str]:
    return list(bounds.names(scopes, bounds.SCOPE_CHARACTERS, most=MOST_ROLES, too_many="space.roles_full"))


def _ignored(scopes: Sequence[str]) -> list[str]:
    return list(bounds.names(scopes, bounds.SCOPE_CHARACTERS, most=MOST_IGNORED, too_many="reading.ignored_full"))


def _within(least: int, most: int, code: str) -> Callable[[int], int]:
    def check(number: int) -> int:
        if not least <= number <= most:
            raise InputError(code, least=least, limit=most)
        return number

    return check


def _zone(typed: str) -> str:
    """The name as the list of time zones writes it; ``UTC+8`` is its ``Etc/GMT-8``, for which west counts up."""
    name = unicodedata.normalize("NFKC", typed).strip()
    if not name:
        return ReadingSettings().timezone
    if offset := _OFFSET.fullmatch(name):
        hours, sign = int(offset["hours"]), "-" if offset["sign"] == "+" else "+"
        name = f"Etc/GMT{sign}{hours}" if hours else "UTC"
    found = _zones().get("_".join(name.split()).casefold())
    if found is None:
        raise InputError("reading.zone")
    return found


@cache
def _zones() -> dict[str, str]:
    """Names of time zones by what they are in small letters."""
    return {name.casefold(): name for name in available_timezones()}


_OFFSET = re.compile(r"(?:UTC|GMT)\s{0,4}(?P<sign>[+-])\s{0,4}(?P<hours>[01]?\d)(?::?00)?", re.IGNORECASE | re.ASCII)
_quiet = _within(0, DAY - 1, "reading.bad_hour")
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "names": bool,
    "name_template": _template,
    "language": bounds.language,
    "skip_prefix": lambda text: bounds.name(text, PREFIX_CHARACTERS),
    "max_characters": _within(LEAST_CHARACTERS, MOST_CHARACTERS, "reading.characters"),
    "required_roles": _roles,
    "priority_roles": _roles,
    "blocked_roles": _roles,
    "ignored": _ignored,
    "bots": bool,
    "webhooks": bool,
    "in_call_only": bool,
    "read_silent": bool,
    "skip_emoji": bool,
    "expand_slang": bool,
    "laugh": bool,
    "emphasis": bool,
    "whisper": bool,
    "actions": bool,
    "auto_join": bool,
    "alone_seconds": _within(0, LONGEST_ALONE, "reading.bad_alone"),
    "quiet_from": _quiet,
    "quiet_until": _quiet,
    "timezone": _zone,
}
