"""``mouthpiece.db``: opening, checking, migrating, and running transactions on it.

Called by ``bot.app`` (opens it once) and by every other file of ``bot/store`` (runs its transactions here).
"""

import asyncio
import sqlite3
import stat
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.errors import StoreError
from bot.store import engine as engines
from bot.store import files
from bot.store.schema import HEAD, metadata

T = TypeVar("T")

Clock = Callable[[], float]
"""Seconds since 1970, UTC. Tests give their own."""

FILE_NAME = "mouthpiece.db"
_LOG_SECONDS = 0.2
"""How long emptying the log waits for others; they wait as long for it."""
_HEADER = 100
"""Bytes that every database begins with."""


class Transactions:
    """Runs transaction bodies, plain functions on a SQLAlchemy ``Connection``, one writer at a time.

    A transaction that has begun runs to its end even when its caller is cancelled, so the outcome is always
    one of two: all of it or nothing. Every driver error leaves as a StoreError.
    """

    def __init__(self, engine: AsyncEngine, path: Path, clock: Clock, wait: float) -> None:
        self.path = path
        self.clock = clock
        self._engine = engine
        self._writing = engine.execution_options(immediate=True)
        self._turn = asyncio.Lock()
        self._wait = wait
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def start(self) -> None:
        """Make the file ready for writers and readers at the same time. Raises StoreError."""
        try:
            await engines.begin_log(self._engine, self._wait)
        except engines.DRIVER_ERRORS as error:
            raise engines.translate(error, self.path) from error

    def now(self) -> int:
        """Milliseconds since 1970, UTC."""
        return int(self.clock() * 1000)

    async def write(self, body: Callable[[Connection], T]) -> T:
        """Run ``body`` in a transaction that holds the write lock; what it raises rolls everything back.

        Raises StoreError: ``store.busy`` when the lock was not to be had in time, and what ``translate`` makes.
        """
        return await self._shielded(self._write(body))

    async def read(self, body: Callable[[Connection], T]) -> T:
        """Run ``body`` on one consistent view of the data. Raises StoreError."""
        return await self._shielded(self._run(self._engine, body))

    async def close(self) -> None:
        """Let transactions under way end, then close the connections. Whoever comes later gets a StoreError."""
        while self._running:
            await asyncio.wait(set(self._running))
        self._closed = True  # the engine would open new connections, which nobody closes
        await self._engine.dispose()

    async def _shielded(self, work: Coroutine[Any, Any, T]) -> T:
        if self._closed:
            work.close()
            raise StoreError("store.failed", path=str(self.path))
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: "asyncio.Task[T]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # a caller that was cancelled will not fetch it

    async def _write(self, body: Callable[[Connection], T]) -> T:
        try:
            async with asyncio.timeout(self._wait):
                await self._turn.acquire()
        except TimeoutError:
            raise StoreError("store.busy", path=str(self.path)) from None
        try:
            return await self._run(self._writing, body)
        finally:
            self._turn.release()

    async def _run(self, engine: AsyncEngine, body: Callable[[Connection], T]) -> T:
        def transaction(connection: Connection) -> T:
            with connection.begin():
                return body(connection)

        try:
            async with engine.connect() as connection:
                return await connection.run_sync(transaction)
        except engines.DRIVER_ERRORS as error:
            raise engines.translate(error, self.path) from error


class Database(Transactions):
    """The main database: ledger, provider calls, preferences. Several processes may have it open at once."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        data_dir: Path,
        *,
        clock: Clock = time.time,
        wait: float = engines.BUSY_SECONDS,
        check: bool = True,
    ) -> AsyncIterator[Self]:
        """Open the database in ``data_dir``; make it or bring it up to date where needed.

        ``wait`` is the longest wait for a lock in seconds. ``check`` reads the whole file for damage first.
        Files that others may read are narrowed. Raises StoreError: ``store.corrupt``, ``store.empty``,
        ``store.foreign``, ``store.no_file``, ``store.orphan_log``, ``store.newer``, ``store.read_only``,
        ``store.full``, ``store.busy``.
        """
        path = data_dir / FILE_NAME
        try:
            await asyncio.to_thread(files.make_folder, data_dir)
            await asyncio.to_thread(files.narrow, data_dir)
            if not await asyncio.to_thread(is_there, path):
                await asyncio.to_thread(files.make_whole, path, lambda unfinished: _upgrade(unfinished, wait))
        except OSError as error:
            raise engines.translate(error, path) from error
        database = cls(engines.open_engine(path, busy_seconds=wait), path, clock, wait)
        try:
            await database._prepare(check)
            yield database
        finally:
            await database.close()

    async def revision(self) -> str | None:
        """The migration the file is at; None when it is empty."""
        return await self.read(_revision)

    async def faults(self) -> list[str]:
        """What a search of everything finds, in the engine's words; the first few. Raises StoreError."""
        return await self.read(engines.faults)

    async def rebuild_indexes(self) -> None:
        """Mend indexes that do not fit their tables. Raises StoreError."""
        await self.write(engines.rebuild_indexes)

    async def empty_log(self) -> None:
        """Have what was deleted be in the write-ahead log no more either; later where others are reading.

        Raises StoreError.
        """
        try:
            await self._shielded(asyncio.to_thread(_empty_log, self.path))
        except engines.DRIVER_ERRORS as error:
            raise engines.translate(error, self.path) from error

    async def _prepare(self, check: bool) -> None:
        await self.start()
        if check and await self.read(engines.damage) is not None:
            raise StoreError("store.corrupt", path=str(self.path))
        if await self.revision() is None:
            raise StoreError(await self.read(_what_instead), path=str(self.path))
        if await self.revision() != HEAD:
            await asyncio.to_thread(_upgrade, self.path, self._wait)
        if check and not await self.read(_is_complete):
            raise StoreError("store.corrupt", path=str(self.path))


def is_there(path: Path) -> bool:
    """Return True for a file that may be a database, False where there is none and one can be made.

    An empty file is refused: to take it for a new database would forget quotas and blocks. Blocks; raises OSError, and
    StoreError ``store.no_file``, ``store.empty``, ``store.orphan_log``.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:  # it would be played into the new database, or thrown away
            raise StoreError("store.orphan_log", path=str(path), log=str(log)) from None
        return False
    if not stat.S_ISREG(found.st_mode):
        raise StoreError("store.no_file", path=str(path))
    if found.st_size < _HEADER:  # SQLite would take a file of one byte for an empty one, too, and write to it
        raise StoreError("store.corrupt" if found.st_size else "store.empty", path=str(path))
    return True


def _empty_log(path: Path) -> None:
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or not log.stat().st_size:
        return
    address = f"{path.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, timeout=_LOG_SECONDS, uri=True)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(revision) if revision is not None else None


def _what_instead(connection: Connection) -> str:
    """Return the code for a database without a revision: nothing is in it, or what is not ours, or it lost that."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return "store.empty"
    return "store.corrupt" if tables & {*metadata.tables, "alembic_version"} else "store.foreign"


def _is_complete(connection: Connection) -> bool:
    """Return True where every table has its columns: a check of the pages does not miss what is not listed."""
    query = "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
    there = {tuple(row) for row in connection.execute(text(query))}
    return {(table.name, column.name) for table in metadata.sorted_tables for column in table.c} <= there


def _upgrade(path: Path, wait: float) -> None:
    # Alembic takes a quarter of a second to import and is needed once per version.
    from alembic.util import CommandError  # noqa: PLC0415 - see above

    from bot.store.migrations.upgrade import upgrade  # noqa: PLC0415 - see above

    async def run() -> None:
        engine = engines.open_engine(path, busy_seconds=wait)
        try:
            async with engine.execution_options(immediate=True).connect() as connection:
                await connection.run_sync(upgrade, str(path))
        except engines.DRIVER_ERRORS as error:
            raise engines.translate(error, path) from error
        except CommandError as error:  # the revisions that the file names are none of ours, or several
            raise StoreError("store.corrupt", path=str(path)) from error
        finally:
            await engine.dispose()

    asyncio.run(run())
