"""What moderators set for a Discord guild or a Telegram chat. The doors show and change it, the guard obeys it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack, cast

from bot.errors import InputError
from bot.model import Space
from bot.store import bounds
from bot.store.database import Database
from bot.store.schema import space_setting
from bot.store.settings_table import Lists, SettingsTable

MOST_ROLES = 50
MOST_CHANNELS = 100
MOST_WORDS = 200
WORD_CHARACTERS = 64
LONGEST_COOLDOWN = 3600
"""Seconds."""
USES = ("singing", "instruction", "voices")
"""What roles may be allowed or refused apart from speaking at all: to sing, to say in a sentence how it is to be
said, and voices that are described or cloned."""


def for_use(use: str, role: str) -> str:
    """An entry of the lists of roles that is about one of ``USES`` alone; ``use`` empty: about speaking at all."""
    return f"{use}@{role}" if use else role


@dataclass(frozen=True, slots=True)
class SpaceSettings:
    """The settings of one space; as here where nobody set any."""

    default_voice: str = ""
    """For people without a voice of their own; empty: the bot's."""
    default_style: str = ""
    """One style or several, with commas."""
    language: str = ""
    """Language of what everyone there reads; empty: by the platform's locale."""
    show_words: bool = True
    """Whether the words are shown beside voice messages."""
    allowed_roles: tuple[str, ...] = ()
    """Scopes (``role:discord:77``) of those who may speak, or with a use (``singing@role:discord:77``) of those who
    may do that; none of a kind: everyone."""
    blocked_roles: tuple[str, ...] = ()
    """Scopes of those who may not, whatever else they hold."""
    channels: tuple[str, ...] = ()
    """Ids of the channels where people may speak; empty: all."""
    cooldown: int = 0
    """Seconds between two utterances of one person; 0: none."""
    role_cooldowns: Mapping[str, int] = field(default_factory=dict)
    """The same for those with a role, by its scope; who has several rests as long as the shortest says."""
    blocked_words: tuple[str, ...] = ()
    """What is not spoken there."""
    reply_context: bool = False
    """Whether the message that is answered may serve as context for the tone."""


class SpaceChanges(TypedDict, total=False):
    """Settings to change; those left out stay."""

    default_voice: str
    default_style: str
    language: str
    show_words: bool
    allowed_roles: Sequence[str]
    blocked_roles: Sequence[str]
    channels: Sequence[str]
    cooldown: int
    blocked_words: Sequence[str]
    reply_context: bool


class SpaceLists(TypedDict, total=False):
    """Entries of the settings that are lists."""

    allowed_roles: Sequence[str]
    blocked_roles: Sequence[str]
    channels: Sequence[str]
    blocked_words: Sequence[str]


class Spaces:
    """One per process and database."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: seconds that never go back, for how long settings are believed."""
        self._table = SettingsTable(database, space_setting, SpaceSettings(), _CHECKS, clock=clock)

    async def get(self, space: Space) -> SpaceSettings:
        """The settings that hold; another process' change arrives within 10 s. Raises StoreError."""
        return await self._table.get(space)

    async def set(self, space: Space, **changes: Unpack[SpaceChanges]) -> SpaceSettings:
        """Change the settings that are named, all or none; returns what holds now.

        Raises InputError ``name.too_long``, ``language.unknown``, ``space.roles_full``, ``space.channels_full``,
        ``space.words_full``, ``space.word_empty``, ``space.word_too_long``, ``space.cooldown`` (each with limit);
        StoreError.
        """
        return await self._table.set(space, changes)

    async def adjust(
        self, space: Space, *, add: SpaceLists | None = None, remove: SpaceLists | None = None
    ) -> SpaceSettings:
        """Put entries into lists and take others out, in one step, whoever else changes them. Raises as ``set``."""
        return await self._table.adjust(space, cast("Lists", add or {}), cast("Lists", remove or {}))

    async def rest(self, space: Space, role: str, seconds: int | None) -> SpaceSettings:
        """Give those with a role (its scope) a cooldown of their own; None takes it away.

        Raises InputError ``space.cooldown``, ``space.roles_full``, ``name.too_long``; StoreError.
        """

        def rests(held: SpaceSettings) -> dict[str, dict[str, int]]:
            others = {scope: rest for scope, rest in held.role_cooldowns.items() if scope != role}
            return {"role_cooldowns": others | ({} if seconds is None else {role: seconds})}

        return await self._table.change(space, rests)

    async def forget(self, space: Space) -> None:
        """Back to the defaults; nothing of the space stays stored here. Raises StoreError."""
        await self._table.forget(space)

    def drop(self, scope: str) -> None:
        """What is stored of a space was changed elsewhere."""
        self._table.drop(scope)


def _roles(scopes: Sequence[str]) -> list[str]:
    return list(bounds.names(scopes, bounds.SCOPE_CHARACTERS, most=MOST_ROLES, too_many="space.roles_full"))


def _channels(ids: Sequence[str]) -> list[str]:
    return list(bounds.names(ids, bounds.SCOPE_CHARACTERS, most=MOST_CHANNELS, too_many="space.channels_full"))


def _cooldown(seconds: int) -> int:
    if not 0 <= seconds <= LONGEST_COOLDOWN:
        raise InputError("space.cooldown", limit=LONGEST_COOLDOWN)
    return seconds


def _rests(by_role: Mapping[str, int]) -> dict[str, int]:
    return {role: _cooldown(by_role[role]) for role in _roles(tuple(by_role))}


def _words(given: Sequence[str]) -> list[str]:
    """Each once. A word without a visible sign would be found everywhere, or nowhere."""
    kept: list[str] = []
    for word in given:
        line = " ".join(bounds.well_formed(word).split())
        if not any(sign.isprintable() and not sign.isspace() for sign in line):
            raise InputError("space.word_empty")
        if len(line) > WORD_CHARACTERS:
            raise InputError("space.word_too_long", limit=WORD_CHARACTERS)
        if line not in kept:
            kept.append(line)
        if len(kept) > MOST_WORDS:
            raise InputError("space.words_full", limit=MOST_WORDS)
    return kept


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "default_voice": lambda text: bounds.name(text, bounds.VOICE_CHARACTERS),
    "default_style": lambda text: bounds.name(text, bounds.STYLE_CHARACTERS),
    "language": bounds.language,
    "show_words": bool,
    "allowed_roles": _roles,
    "blocked_roles": _roles,
    "channels": _channels,
    "cooldown": _cooldown,
    "role_cooldowns": _rests,
    "blocked_words": _words,
    "reply_context": bool,
}
