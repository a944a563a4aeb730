"""The clip cache: finished voice messages in a SQLite file of their own, ``clips.db``.

Called by the synthesis core: before a provider is tried, and after a clip was made. Telegram's front end keeps its
``file_id`` here.

A cache may be lost, so the file is not forced to disk at each commit, is deleted when damaged, and none of its errors
reaches a person: an unreadable clip counts as missing, an unwritable one is not stored. It holds Ogg bytes and small
facts, never text: the key is a hash made by the caller.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)

from bot.errors import StoreError
from bot.store import database as engines
from bot.store import files
from bot.store.database import Clock, Transactions

log = logging.getLogger(__name__)

T = TypeVar("T")

FILE_NAME = "clips.db"
PRAGMAS = {
    # Before the first table is made, or it has no effect: clips are tens of kilobytes.
    "page_size": "8192",
    "synchronous": "NORMAL",
    "foreign_keys": "ON",
    "journal_size_limit": str(16 * 1024 * 1024),
}
EVICT_ROWS = 64
"""Clips removed per transaction, to hold the write lock only briefly."""
TOUCH_SECONDS = 3600
"""Resolution of the time of last use in seconds: a read seldom becomes a write."""

metadata = MetaData()

clip = Table(
    "clip_2",  # a new number when the columns change: the old table is then unknown and the file recreated
    metadata,
    Column("key", String(128), primary_key=True),
    Column("created", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
    Column("provider", String(80), nullable=False),
    Column("ogg", LargeBinary, nullable=False),  # last: the columns before it are read without its pages
)
Index("clip_2_used", clip.c.used, clip.c.size)
Index("clip_2_created", clip.c.created)

platform_file = Table(
    "platform_file_2",
    metadata,
    Column("key", ForeignKey(clip.c.key, ondelete="CASCADE"), primary_key=True),
    Column("platform", String(40), primary_key=True),
    Column("file_id", String(256), nullable=False),
)


@dataclass(frozen=True, slots=True)
class StoredClip:
    """A clip as it was stored."""

    ogg: bytes
    provider: str
    """The provider that spoke it."""


class ClipStore:
    """The clips on disk; one per process, several processes may share the file."""

    def __init__(self, data_dir: Path, *, max_bytes: int, max_age: float, clock: Clock) -> None:
        self.path = data_dir / FILE_NAME
        self._max_bytes = max_bytes
        self._max_age = round(max_age * 1000)
        self._clock = clock
        self._mending = asyncio.Lock()
        self._file = self._new_file()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        data_dir: Path,
        *,
        max_bytes: int = 512 * 1024 * 1024,
        max_age: float = 30 * 86400.0,
        clock: Clock = time.time,
    ) -> AsyncIterator[Self]:
        """Open the cache in an existing folder. ``max_age``: seconds after which clips expire. Raises nothing.

        If the file cannot be used at all, the cache stays empty and the log says why.
        """
        store = cls(data_dir, max_bytes=max_bytes, max_age=max_age, clock=clock)
        try:
            await store._guarded(store._create, None)
            yield store
        finally:
            await store._file.close()

    async def get(self, key: str) -> StoredClip | None:
        """Return the clip stored under a key, or None."""
        row = await self._guarded(partial(self._read, partial(_get, key=key)), None)
        if row is None:
            return None
        now = self._now()
        if row.created + self._max_age <= now:
            await self.delete(key)
            return None
        if row.used + TOUCH_SECONDS * 1000 <= now:
            await self._guarded(partial(self._write, partial(_touch, key=key, now=now)), None)
        return row.stored

    async def put(self, key: str, ogg: bytes, *, provider: str) -> None:
        """Store a clip, and evict the least recently used ones if there is too much.

        Raises ValueError for anything that is not Ogg.
        """
        if not ogg.startswith(b"OggS"):
            raise ValueError("only Ogg is kept")
        if len(ogg) > self._max_bytes:
            return
        now = self._now()
        values = {
            "key": key,
            "created": now,
            "used": now,
            "size": len(ogg),
            "provider": provider,
            "ogg": ogg,
        }
        excess = await self._guarded(partial(self._write, partial(_put, values=values)), 0) - self._max_bytes
        while excess > 0:
            evict = partial(_evict, excess=excess, spare=key)
            freed = await self._guarded(partial(self._write, evict), 0)
            if not freed:
                return
            excess -= freed

    async def delete(self, key: str) -> None:
        """Delete a clip and its platforms' file ids."""
        await self._guarded(partial(self._write, partial(_delete, key=key)), None)

    async def expire(self) -> int:
        """Remove expired clips and return how many. Called periodically."""
        total = 0
        oldest = self._now() - self._max_age
        while gone := await self._guarded(partial(self._write, partial(_expire, oldest=oldest)), 0):
            total += gone
        return total

    async def remember_file(self, key: str, platform: str, file_id: str) -> None:
        """Store a platform's file id of a clip; do nothing if the clip is not here."""
        values = {"key": key, "platform": platform, "file_id": file_id}
        await self._guarded(partial(self._write, partial(_remember, values=values)), None)

    async def file_id(self, key: str, platform: str) -> str | None:
        """Return a platform's file id of a clip, or None."""
        return await self._guarded(partial(self._read, partial(_file_id, key=key, platform=platform)), None)

    async def _write(self, body: Callable[[Connection], T]) -> T:
        return await self._file.write(body)

    async def _read(self, body: Callable[[Connection], T]) -> T:
        return await self._file.read(body)

    def _now(self) -> int:
        return int(self._clock() * 1000)

    def _new_file(self) -> Transactions:
        engine = engines.open_engine(self.path, pragmas=PRAGMAS)
        return Transactions(engine, self.path, self._clock, engines.BUSY_SECONDS)

    async def _create(self) -> None:
        try:
            await asyncio.to_thread(files.make_file, self.path)
        except OSError as error:
            raise engines.translate(error, self.path) from error
        await self._file.start()
        if not await self._file.write(_create):
            raise StoreError("store.corrupt", path=str(self.path))

    async def _guarded(self, action: Callable[[], Awaitable[T]], fallback: T) -> T:
        """Run an action; if the file is damaged recreate it and retry, otherwise return the fallback."""
        file = self._file
        try:
            return await action()
        except StoreError as error:
            log.warning("clips: %s", error.code)
            if error.code != "store.corrupt":
                return fallback
        try:
            await self._mend(file)
            return await action()
        except (StoreError, OSError) as error:
            log.warning("clips: cannot be recreated (%s)", type(error).__name__)
            return fallback

    async def _mend(self, damaged: Transactions) -> None:
        async with self._mending:
            if self._file is not damaged:
                return  # another task has done it
            await damaged.close()
            await asyncio.to_thread(_remove, self.path)
            self._file = self._new_file()
            await self._create()


@dataclass(frozen=True, slots=True)
class _Found:
    stored: StoredClip
    created: int
    used: int


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _create(connection: Connection) -> bool:
    """Create the tables. Return False if the file holds other ones, those of another version."""
    if not metadata.tables.keys() >= set(inspect(connection).get_table_names()):
        return False
    metadata.create_all(connection)
    return True


def _get(connection: Connection, *, key: str) -> _Found | None:
    row = connection.execute(select(clip).where(clip.c.key == key)).first()
    if row is None:
        return None
    return _Found(StoredClip(row.ogg, row.provider), row.created, row.used)


def _touch(connection: Connection, *, key: str, now: int) -> None:
    connection.execute(update(clip).where(clip.c.key == key).values(used=now))


def _put(connection: Connection, *, values: dict[str, object]) -> int:
    """Insert or replace a clip, dropping a replaced one's file ids. Return the bytes of all clips."""
    _delete(connection, key=str(values["key"]))
    connection.execute(insert(clip), [values])
    return _size(connection)


def _delete(connection: Connection, *, key: str) -> None:
    connection.execute(delete(clip).where(clip.c.key == key))


def _size(connection: Connection) -> int:
    # The index on (used, size) alone answers this.
    return int(connection.execute(select(func.coalesce(func.sum(clip.c.size), 0))).scalar_one())


def _evict(connection: Connection, *, excess: int, spare: str) -> int:
    """Remove the least recently used clips, a batch at most. Return the bytes freed."""
    oldest = select(clip.c.key, clip.c.size).where(clip.c.key != spare).order_by(clip.c.used, clip.c.key)
    keys, freed = [], 0
    for key, size in connection.execute(oldest.limit(EVICT_ROWS)):
        if freed >= excess:
            break
        keys.append(key)
        freed += size
    connection.execute(delete(clip).where(clip.c.key.in_(keys)))
    return freed


def _expire(connection: Connection, *, oldest: int) -> int:
    old = select(clip.c.key).where(clip.c.created <= oldest).order_by(clip.c.created).limit(EVICT_ROWS)
    keys = connection.execute(old).scalars().all()
    connection.execute(delete(clip).where(clip.c.key.in_(keys)))
    return len(keys)


def _remember(connection: Connection, *, values: dict[str, str]) -> None:
    if connection.execute(select(clip.c.key).where(clip.c.key == values["key"])).first() is None:
        return
    statement = engines.insert_into(platform_file)
    replace = statement.on_conflict_do_update(
        index_elements=[platform_file.c.key, platform_file.c.platform],
        set_={"file_id": statement.excluded.file_id},
    )
    connection.execute(replace, [values])


def _file_id(connection: Connection, *, key: str, platform: str) -> str | None:
    found = connection.execute(
        select(platform_file.c.file_id).where(platform_file.c.key == key, platform_file.c.platform == platform)
    ).scalar()
    return str(found) if found is not None else None
