"""What a person likes: voice, style, language, favourites, and what was used last. The doors ask and set.

Every change is one transaction on the rows that it names, see ``settings_table.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from sqlalchemy import Connection

from bot.errors import InputError
from bot.model import Account
from bot.store import bounds
from bot.store.database import Database
from bot.store.schema import preference
from bot.store.setting import Kept, Language, SpokenLanguage, Style, Switch, Text, Texts, Voice, Word, setting
from bot.store.settings_table import Rows
from bot.values import SPEED_WORDS

Kind = Literal["voice", "style"]

MOST_FAVOURITES = 25
"""Of each kind: as many as Discord shows in one list of choices."""
MOST_RECENT = 10
_LIMITS: dict[Kind, int] = {"voice": bounds.VOICE_CHARACTERS, "style": 48}
_FAVOURITES: dict[Kind, str] = {"voice": "favourite_voices", "style": "favourite_styles"}
_FULL: dict[Kind, str] = {"voice": "favourite.voices_full", "style": "favourite.styles_full"}
NICKNAME_CHARACTERS = 64
SPEEDS = ("slow", "fast")


@dataclass(frozen=True, slots=True)
class Preference:
    """What is known of one account, as the person set it; empty where they never said."""

    voice: str = setting(
        "",
        Voice(),
        "voice",
        group="mine",
        blank="voice",
        discord=Texts("discord.settings.voice.name", "discord.settings.voice"),
        telegram=Texts("telegram.setting.voice", button="telegram.open.voice"),
    )
    """A preset voice's id."""
    style: str = setting(
        "",
        Style(),
        "style",
        group="mine",
        blank="style",
        discord=Texts("discord.settings.style.name", "discord.settings.style"),
        telegram=Texts("telegram.setting.style", button="telegram.open.style"),
    )
    """One style or several, with commas."""
    language: str = setting(
        "",
        Language(),
        "language",
        group="mine",
        blank="tongue",
        discord=Texts("discord.settings.language.name", "discord.settings.language"),
        telegram=Texts("telegram.setting.language"),
    )
    """Language of the answers; empty: by the platform's locale."""
    favourite_voices: tuple[str, ...] = setting((), Kept(), blank="favourite_voices")
    """In the order they were added."""
    favourite_styles: tuple[str, ...] = setting((), Kept(), blank="favourite_styles")
    recent_voices: tuple[str, ...] = setting((), Kept(), blank="recent_voices")
    """Most recent first, each once."""
    recent_styles: tuple[str, ...] = setting((), Kept(), blank="recent_styles")
    nickname: str = setting(
        "",
        Text(NICKNAME_CHARACTERS),
        "nickname",
        group="aloud",
        both=Texts("reading.nickname.name", "reading.nickname"),
    )
    """As it is spoken when messages are read aloud; empty: the name shown."""
    speed: str = setting(
        "",
        Word(SPEEDS, "speed.unknown", "speeds", SPEED_WORDS, "usual"),
        "speed",
        group="aloud",
        both=Texts("reading.speed.name", "reading.speed"),
    )
    """``slow``, ``fast`` or empty."""
    spoken_language: str = setting(
        "",
        SpokenLanguage(),
        "tongue",
        group="aloud",
        both=Texts("reading.tongue.name", "reading.tongue"),
    )
    """Of messages that do not tell it themselves; empty: the place's."""
    opted_out: bool = setting(
        False,
        Switch(inverted=True),
        "readme",
        group="aloud",
        both=Texts("reading.readme.name", "reading.readme"),
    )
    """Whether messages of this person are never read aloud."""


_ROWS = Rows(preference, Preference)


class Preferences:
    """One per process and database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, account: Account) -> Preference:
        """What an account prefers; defaults where nothing is stored. Raises StoreError."""
        return await self._database.read(partial(_ROWS.get, owner=account.scope))

    async def set(self, account: Account, **changes: Any) -> None:
        """Change what is given by field, all or nothing; an empty text and None go back to the default.

        Raises InputError ``name.too_long``, ``language.unknown``, ``speed.unknown``; StoreError.
        """
        checked = _ROWS.check(changes)
        if checked:
            await self._database.write(partial(_ROWS.put, owner=account.scope, changes=checked))

    async def used(self, account: Account, voice: str, styles: Sequence[str]) -> None:
        """Remember what an utterance was spoken with: a voice's id and names of the catalogue, never free text.

        Names too long to be either are passed over. Raises StoreError.
        """
        voices = _fitting([voice], "voice")
        named = _fitting(styles, "style")
        if voices or named:
            await self._database.write(partial(_used, scope=account.scope, voices=voices, styles=named))

    async def favourite(self, account: Account, kind: Kind, name: str, on: bool) -> None:
        """Add a voice or a style to the favourites, or take it out. Harmless when repeated.

        Raises InputError ``favourite.voices_full``, ``favourite.styles_full`` (limit), ``name.empty``,
        ``name.too_long``; StoreError.
        """
        line = bounds.name(name, _LIMITS[kind])
        if not line:
            raise InputError("name.empty")
        await self._database.write(partial(_favourite, scope=account.scope, kind=kind, name=line, on=on))

    async def forget(self, account: Account) -> None:
        """Remove all that is stored here of an account. Raises StoreError."""
        await self._database.write(partial(_ROWS.forget, owner=account.scope))


def _fitting(given: Sequence[str], kind: Kind) -> list[str]:
    lines = [" ".join(bounds.well_formed(name).split()) for name in given]
    return [line for line in lines if 0 < len(line) <= _LIMITS[kind]]


def _used(connection: Connection, *, scope: str, voices: Sequence[str], styles: Sequence[str]) -> None:
    known = _ROWS.get(connection, scope)
    lately = {
        "recent_voices": list(dict.fromkeys([*voices, *known.recent_voices]))[:MOST_RECENT],
        "recent_styles": list(dict.fromkeys([*styles, *known.recent_styles]))[:MOST_RECENT],
    }
    _ROWS.put(connection, scope, {name: kept for name, kept in lately.items() if kept != list(getattr(known, name))})


def _favourite(connection: Connection, *, scope: str, kind: Kind, name: str, on: bool) -> None:
    known = _ROWS.get(connection, scope)
    listed = known.favourite_voices if kind == "voice" else known.favourite_styles
    kept = [other for other in listed if on or other != name]
    if on and name not in kept:
        if len(kept) >= MOST_FAVOURITES:
            raise InputError(_FULL[kind], limit=MOST_FAVOURITES)
        kept.append(name)
    _ROWS.put(connection, scope, {_FAVOURITES[kind]: kept})
