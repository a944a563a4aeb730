"""What moderators set for a Discord guild or a Telegram chat. The doors show and change it, the guard obeys it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import InputError
from bot.model import Space
from bot.store import bounds
from bot.store.database import Database
from bot.store.schema import space_setting
from bot.store.setting import Checked, Language, Names, Seconds, Style, Switch, Texts, Voice, setting
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
_ROLES = Names(MOST_ROLES, "space.roles_full")


def for_use(use: str, role: str) -> str:
    """An entry of the lists of roles that is about one of ``USES`` alone; ``use`` empty: about speaking at all."""
    return f"{use}@{role}" if use else role


def _rests(by_role: Mapping[str, int]) -> dict[str, int]:
    cooldown = Seconds(0, LONGEST_COOLDOWN, "space.cooldown")
    return {role: cooldown.check(by_role[role]) for role in _ROLES.check(tuple(by_role))}


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


@dataclass(frozen=True, slots=True)
class SpaceSettings:
    """The settings of one space, which those who manage it set; as here where nobody set any."""

    default_voice: str = setting(
        "",
        Voice(),
        "voice",
        group="server",
        blank="voice",
        discord=Texts("discord.settings.voice.name", "discord.settings.voice"),
        telegram=Texts("telegram.setting.voice", "telegram.settings.voice", "telegram.open.voice"),
    )
    """For people without a voice of their own; empty: the bot's."""
    default_style: str = setting(
        "",
        Style(),
        "style",
        group="server",
        blank="style",
        discord=Texts("discord.settings.style.name", "discord.settings.style"),
        telegram=Texts("telegram.setting.style", "telegram.settings.style", "telegram.open.style"),
    )
    """One style or several, with commas."""
    language: str = setting(
        "",
        Language(),
        "language",
        group="server",
        blank="tongue",
        discord=Texts("discord.settings.language.name", "discord.settings.language"),
        telegram=Texts("telegram.setting.language", "telegram.settings.language", "telegram.open.language"),
    )
    """Language of what everyone there reads; empty: by the platform's locale."""
    show_words: bool = setting(
        True,
        Switch(),
        "words",
        group="server",
        blank="shown",
        discord=Texts("discord.settings.words.name", "discord.settings.words"),
        telegram=Texts("telegram.setting.words", "telegram.settings.words", "telegram.switch.words"),
    )
    """Whether the words are shown beside voice messages."""
    allowed_roles: tuple[str, ...] = setting((), _ROLES, blank="allowed")
    """Scopes (``role:discord:77``) of those who may speak, or with a use (``singing@role:discord:77``) of those who
    may do that; none of a kind: everyone."""
    blocked_roles: tuple[str, ...] = setting((), _ROLES, blank="blocked")
    """Scopes of those who may not, whatever else they hold."""
    channels: tuple[str, ...] = setting((), Names(MOST_CHANNELS, "space.channels_full"), blank="channels")
    """Ids of the channels where people may speak; empty: all."""
    cooldown: int = setting(
        0,
        Seconds(0, LONGEST_COOLDOWN, "space.cooldown"),
        "cooldown",
        group="server",
        blank="cooldown",
        discord=Texts("discord.settings.cooldown.name", "discord.settings.cooldown"),
        telegram=Texts("telegram.setting.cooldown", "telegram.settings.cooldown", "telegram.open.cooldown"),
    )
    """Seconds between two utterances of one person; 0: none."""
    role_cooldowns: Mapping[str, int] = setting({}, Checked(_rests), blank="rests")
    """The same for those with a role, by its scope; who has several rests as long as the shortest says."""
    blocked_words: tuple[str, ...] = setting((), Checked(_words), blank="count")
    """What is not spoken there."""
    reply_context: bool = setting(
        False,
        Switch(),
        "context",
        telegram=Texts("telegram.setting.context", "telegram.settings.context", "telegram.switch.context"),
    )
    """Whether the message that is answered may serve as context for the tone."""


class Spaces:
    """One per process and database."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: seconds that never go back, for how long settings are believed."""
        self._table = SettingsTable(database, space_setting, SpaceSettings, clock=clock)

    async def get(self, space: Space) -> SpaceSettings:
        """The settings that hold; another process' change arrives within 10 s. Raises StoreError."""
        return await self._table.get(space)

    async def set(self, space: Space, **changes: Any) -> SpaceSettings:
        """Change the settings that are named by their fields, all or none; returns what holds now. None unsets one.

        Raises InputError ``name.too_long``, ``language.unknown``, ``space.roles_full``, ``space.channels_full``,
        ``space.words_full``, ``space.word_empty``, ``space.word_too_long``, ``space.cooldown`` (each with limit);
        StoreError.
        """
        return await self._table.set(space, changes)

    async def adjust(self, space: Space, *, add: Lists | None = None, remove: Lists | None = None) -> SpaceSettings:
        """Put entries into lists and take others out, in one step, whoever else changes them. Raises as ``set``."""
        return await self._table.adjust(space, add or {}, remove or {})

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
