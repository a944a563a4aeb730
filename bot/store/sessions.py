"""Channels that are read aloud, and markers of voice calls so that a restarted bot rejoins."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, delete, select

from bot.errors import InputError
from bot.model import Space
from bot.store import setting_fields
from bot.store.database import Database, insert_into
from bot.store.schema import binding, session_marker
from bot.store.settings import LEAST_CHARACTERS, MOST_CHARACTERS, Recall

MOST_BINDINGS = 50
"""Maximum of one space."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A channel that is read aloud."""

    space: Space
    channel: str
    """A Discord channel's id, or a Telegram topic's; empty for a Telegram chat as a whole."""
    voice_channel: str = ""
    """Voice channel it is read in; empty on Telegram."""
    voice: str = ""
    """Voice for people without one of their own; empty: the space's."""
    style: str = ""
    max_characters: int = 0
    """Longest reading of a message there, in characters; 0: the space's."""


class Bindings:
    """The bound channels; one per process and database."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Set up; ``clock`` gives monotonic seconds, by which cached bindings expire."""
        self._database = database
        self._recall: Recall[tuple[Binding, ...]] = Recall(clock=clock)

    async def of(self, space: Space) -> tuple[Binding, ...]:
        """Return bindings in the order of their channels; another process' change arrives within 10 s.

        Raises StoreError.
        """
        return await self._recall.get(space.scope, lambda: self._database.read(partial(_of, space=space)))

    async def bind(self, bound: Binding) -> None:
        """Bind a channel, or change its binding.

        Raises InputError ``binding.full`` (limit), ``name.too_long``, ``reading.characters``; StoreError.
        """
        if bound.max_characters and not LEAST_CHARACTERS <= bound.max_characters <= MOST_CHARACTERS:
            raise InputError("reading.characters", least=LEAST_CHARACTERS, limit=MOST_CHARACTERS)
        values: dict[str, str | int] = {
            "voice_channel": setting_fields.bounded_name(bound.voice_channel, 80),
            "voice": setting_fields.bounded_name(bound.voice, setting_fields.VOICE_CHARACTERS),
            "style": setting_fields.bounded_name(bound.style, setting_fields.STYLE_CHARACTERS),
            "max_characters": bound.max_characters,
        }
        channel = setting_fields.bounded_name(bound.channel, 80)
        await self._write(bound.space, partial(_bind, space=bound.space, channel=channel, values=values))

    async def unbind(self, space: Space, channel: str) -> bool:
        """Unbind a channel. Return False if it was not bound. Raises StoreError."""
        gone = delete(binding).where(binding.c.space == space.scope, binding.c.channel == channel)
        return await self._write(space, lambda connection: connection.execute(gone).rowcount > 0)

    async def forget(self, space: Space) -> None:
        """Remove a space's bindings. Raises StoreError."""
        gone = delete(binding).where(binding.c.space == space.scope)
        await self._write(space, lambda connection: connection.execute(gone).rowcount > 0)

    def drop(self, scope: str) -> None:
        """Drop a space's cached bindings, because they were changed elsewhere."""
        self._recall.drop(scope)

    async def _write(self, space: Space, body: Callable[[Connection], bool]) -> bool:
        try:
            return await self._database.write(body)
        finally:
            self._recall.drop(space.scope)


def _of(connection: Connection, *, space: Space) -> tuple[Binding, ...]:
    rows = connection.execute(select(binding).where(binding.c.space == space.scope).order_by(binding.c.channel))
    return tuple(
        Binding(space, row.channel, row.voice_channel, row.voice, row.style, row.max_characters) for row in rows
    )


def _bind(connection: Connection, *, space: Space, channel: str, values: dict[str, str | int]) -> bool:
    others = [bound for bound in _of(connection, space=space) if bound.channel != channel]
    if len(others) >= MOST_BINDINGS:
        raise InputError("binding.full", limit=MOST_BINDINGS)
    row = insert_into(binding).values(space=space.scope, channel=channel, **values)
    connection.execute(row.on_conflict_do_update(index_elements=[binding.c.space, binding.c.channel], set_=values))
    return True


@dataclass(frozen=True, slots=True)
class Marker:
    """Marker of a running call."""

    space: Space
    voice_channel: str
    channels: tuple[str, ...]
    """Text channels that are read for this session only."""
    seen: int = 0
    """Milliseconds since 1970 of its last write; set by the store."""


class Markers:
    """The markers of running calls; one per process and database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, marker: Marker) -> None:
        """Record that a call is running now. Raises StoreError."""
        values = {
            "voice_channel": marker.voice_channel, "channels": list(marker.channels), "seen": self._database.now(),
        }  # fmt: skip
        row = insert_into(session_marker).values(space=marker.space.scope, **values)
        await self._database.write(
            lambda connection: connection.execute(
                row.on_conflict_do_update(index_elements=[session_marker.c.space], set_=values)
            )
        )

    async def drop(self, space: Space) -> None:
        """Remove the marker of an ended call. Raises StoreError."""
        gone = delete(session_marker).where(session_marker.c.space == space.scope)
        await self._database.write(lambda connection: connection.execute(gone))

    async def recent(self, platform: str, seconds: float) -> tuple[Marker, ...]:
        """Return the calls seen within the last ``seconds`` and remove older markers. Raises StoreError."""
        oldest = self._database.now() - round(seconds * 1000)
        body: Callable[[Connection], tuple[Marker, ...]] = partial(_recent, platform=platform, oldest=oldest)
        return await self._database.write(body)


def _recent(connection: Connection, *, platform: str, oldest: int) -> tuple[Marker, ...]:
    prefix = Space(platform, "").scope
    here = session_marker.c.space.startswith(prefix, autoescape=True)
    connection.execute(delete(session_marker).where(here, session_marker.c.seen < oldest))
    rows = connection.execute(select(session_marker).where(here).order_by(session_marker.c.seen))
    return tuple(
        Marker(Space(platform, row.space.removeprefix(prefix)), row.voice_channel, tuple(row.channels), row.seen)
        for row in rows
    )
