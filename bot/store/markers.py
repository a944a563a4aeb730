"""Which voice calls are under way, so that a bot that was restarted comes back. Written while a session lives."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, delete, select

from bot.model import Space
from bot.store.database import Database
from bot.store.engine import insert_into
from bot.store.schema import session_marker


@dataclass(frozen=True, slots=True)
class Marker:
    """One call."""

    space: Space
    voice_channel: str
    channels: tuple[str, ...]
    """Text channels that are read for this session alone."""
    seen: int = 0
    """Milliseconds since 1970 when it was written last; filled in by the store."""


class Markers:
    """One per process and database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, marker: Marker) -> None:
        """Write down that a call is under way at this moment. Raises StoreError."""
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
        """The call is over. Raises StoreError."""
        gone = delete(session_marker).where(session_marker.c.space == space.scope)
        await self._database.write(lambda connection: connection.execute(gone))

    async def recent(self, platform: str, seconds: float) -> tuple[Marker, ...]:
        """Calls that were under way within the last ``seconds``; older marks are removed. Raises StoreError."""
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
