"""What a person likes: voice, style, language, favourites, and what was used last. The doors ask and set.

Every change is one transaction on the person's own row. Lists are short and stand in the row as JSON.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypedDict, Unpack

from sqlalchemy import Connection, Row, delete, select, update

from bot.errors import InputError
from bot.model import Account
from bot.store import bounds
from bot.store.database import Database
from bot.store.engine import insert_into
from bot.store.schema import preference

Kind = Literal["voice", "style"]

MOST_FAVOURITES = 25
"""Of each kind: as many as Discord shows in one list of choices."""
MOST_RECENT = 10
_LIMITS: dict[Kind, int] = {"voice": bounds.VOICE_CHARACTERS, "style": 48}
_FULL: dict[Kind, str] = {"voice": "favourite.voices_full", "style": "favourite.styles_full"}
_NEW: dict[str, Any] = {
    "voice": "",
    "style": "",
    "language": "",
    "favourite_voices": [],
    "favourite_styles": [],
    "recent_voices": [],
    "recent_styles": [],
    "nickname": "",
    "speed": "",
    "spoken_language": "",
    "opted_out": False,
}
NICKNAME_CHARACTERS = 64
SPEEDS = ("", "slow", "fast")


@dataclass(frozen=True, slots=True)
class Preference:
    """What is known of one account; empty where it never said."""

    voice: str = ""
    """A preset voice's id."""
    style: str = ""
    """One style or several, with commas."""
    language: str = ""
    """Language of the answers; empty: by the platform's locale."""
    favourite_voices: tuple[str, ...] = ()
    """In the order they were added."""
    favourite_styles: tuple[str, ...] = ()
    recent_voices: tuple[str, ...] = ()
    """Most recent first, each once."""
    recent_styles: tuple[str, ...] = ()
    nickname: str = ""
    """As it is spoken when messages are read aloud; empty: the name shown."""
    speed: str = ""
    """``slow``, ``fast`` or empty."""
    spoken_language: str = ""
    """Of messages that do not tell it themselves; empty: the place's."""
    opted_out: bool = False
    """Whether messages of this person are never read aloud."""


class PreferenceChanges(TypedDict, total=False):
    """What to change; an empty text goes back to the default, what is left out stays."""

    voice: str
    style: str
    language: str
    nickname: str
    speed: str
    spoken_language: str
    opted_out: bool


class Preferences:
    """One per process and database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, account: Account) -> Preference:
        """What an account prefers; defaults where nothing is stored. Raises StoreError."""
        return await self._database.read(partial(_get, scope=account.scope))

    async def set(self, account: Account, **changes: Unpack[PreferenceChanges]) -> None:
        """Change what is given, all or nothing.

        Raises InputError ``name.too_long``, ``language.unknown``, ``speed.unknown``; StoreError.
        """
        values = {name: _CHECKS[name](value) for name, value in changes.items()}
        if values:
            await self._database.write(partial(_set, scope=account.scope, values=values))

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
        await self._database.write(
            lambda connection: connection.execute(delete(preference).where(preference.c.account == account.scope))
        )


def _speed(name: str) -> str:
    if name not in SPEEDS:
        raise InputError("speed.unknown", speeds=SPEEDS[1:])
    return name


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "voice": lambda text: bounds.name(text, bounds.VOICE_CHARACTERS),
    "style": lambda text: bounds.name(text, bounds.STYLE_CHARACTERS),
    "language": bounds.language,
    "nickname": lambda text: bounds.name(text, NICKNAME_CHARACTERS),
    "speed": _speed,
    "spoken_language": bounds.language,
    "opted_out": bool,
}


def _fitting(given: Sequence[str], kind: Kind) -> list[str]:
    lines = [" ".join(bounds.well_formed(name).split()) for name in given]
    return [line for line in lines if 0 < len(line) <= _LIMITS[kind]]


def _get(connection: Connection, *, scope: str) -> Preference:
    row = connection.execute(select(preference).where(preference.c.account == scope)).first()
    return Preference() if row is None else _of(row)


def _of(row: Row[Any]) -> Preference:
    stored: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row._mapping.items()
    }
    del stored["account"]
    return Preference(**stored)


def _set(connection: Connection, *, scope: str, values: dict[str, Any]) -> None:
    row = insert_into(preference).values(account=scope, **(_NEW | values))
    connection.execute(row.on_conflict_do_update(index_elements=[preference.c.account], set_=values))


def _locked(connection: Connection, scope: str) -> Preference:
    """The row, made when missing, and nobody else's until the transaction ends."""
    connection.execute(insert_into(preference).values(account=scope, **_NEW).on_conflict_do_nothing())
    return _of(connection.execute(select(preference).where(preference.c.account == scope).with_for_update()).one())


def _used(connection: Connection, *, scope: str, voices: Sequence[str], styles: Sequence[str]) -> None:
    known = _locked(connection, scope)
    values = {
        "recent_voices": list(dict.fromkeys([*voices, *known.recent_voices]))[:MOST_RECENT],
        "recent_styles": list(dict.fromkeys([*styles, *known.recent_styles]))[:MOST_RECENT],
    }
    connection.execute(update(preference).where(preference.c.account == scope).values(values))


def _favourite(connection: Connection, *, scope: str, kind: Kind, name: str, on: bool) -> None:
    known = _locked(connection, scope)
    listed = known.favourite_voices if kind == "voice" else known.favourite_styles
    kept = [other for other in listed if on or other != name]
    if on and name not in kept:
        if len(kept) >= MOST_FAVOURITES:
            raise InputError(_FULL[kind], limit=MOST_FAVOURITES)
        kept.append(name)
    connection.execute(update(preference).where(preference.c.account == scope).values({f"favourite_{kind}s": kept}))
