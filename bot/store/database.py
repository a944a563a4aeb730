"""``mouthpiece.db``: engine, driver, opening, checking, migrating, backup and transactions."""

import asyncio
import errno
import json
import logging
import os
import sqlite3
import stat
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Self, TypeVar

import aiosqlite
from sqlalchemy import (
    Connection,
    String,
    Subquery,
    Table,
    bindparam,
    event,
    func,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import await_only

from bot.errors import StoreError
from bot.store import files
from bot.store.schema import HEAD, metadata


class Cursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor that holds none of the driver's between statements: those live in the driver's thread only."""

    __slots__ = ("_description", "_last", "_touched")

    def __init__(self, connection: "AdaptedConnection") -> None:
        self._adapt_connection = connection
        self._connection = connection._connection
        self._rows: deque[Any] = deque()
        self._description: Any = None
        self._touched = -1
        self._last: int | None = None

    @property
    def description(self) -> Any:
        """Columns of the result (DB-API); None for a statement without one."""
        return self._description

    @property
    def rowcount(self) -> int:
        """Number of changed rows (DB-API); -1 when unknown."""
        return self._touched

    @property
    def lastrowid(self) -> Any:
        """Row id of the last INSERT (DB-API)."""
        return self._last

    def execute(self, operation: Any, parameters: Any = None) -> Any:
        """Run a statement and fetch its rows."""
        bound: Sequence[Any] = parameters if parameters is not None else ()
        self._run(lambda cursor: cursor.execute(operation, bound))

    def executemany(self, operation: Any, seq_of_parameters: Any) -> Any:
        """Run a statement once for each set of parameters."""
        self._run(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    def _run(self, step: Callable[[sqlite3.Cursor], object]) -> None:
        driver: Any = self._connection
        try:
            answer = await_only(driver._execute(_in_thread, driver._conn, step))
        except Exception as error:  # noqa: BLE001 - SQLAlchemy's own border: it raises the error again, sorted
            self._adapt_connection._handle_exception(error)
        self._description, self._touched, self._last, self._rows = answer

    def close(self) -> None:
        """Discard the rows; the driver's cursor is closed already."""
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        pass


def _in_thread(
    connection: sqlite3.Connection, step: Callable[[sqlite3.Cursor], object]
) -> tuple[Any, int, int | None, deque[Any]]:
    cursor = connection.cursor()
    try:
        step(cursor)
        rows = deque(cursor.fetchall() if cursor.description else ())
        return cursor.description, cursor.rowcount, cursor.lastrowid, rows
    finally:
        cursor.close()


class AdaptedConnection(AsyncAdapt_aiosqlite_connection):
    """SQLAlchemy's adapter with the cursor above."""

    __slots__ = ()
    _cursor_cls = Cursor  # type: ignore[assignment]  # mypy takes the inherited one for the exact type


def connect(dbapi: Any, path: Path, busy_seconds: float) -> AdaptedConnection:
    """Return a new connection; called by SQLAlchemy's pool inside its greenlet. Raises sqlite3.Error."""
    return AdaptedConnection(dbapi, await_only(_connect(path, busy_seconds)))  # type: ignore[arg-type]


async def _connect(path: Path, busy_seconds: float) -> aiosqlite.Connection:
    # None: the sqlite3 module begins no transactions itself; the engine does.
    connection = aiosqlite.connect(path, isolation_level=None, timeout=busy_seconds)
    thread = connection._thread
    thread.daemon = True
    try:
        return await connection
    except BaseException:
        # Its thread still has a result for this loop, which may be closed a moment after a failed start.
        await asyncio.to_thread(thread.join)
        raise


BUSY_SECONDS = 1.5
"""Seconds that a statement waits for another process' lock: less than the 3 s Discord allows for an answer."""

PRAGMAS: Mapping[str, str] = {
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "secure_delete": "ON",
    "journal_size_limit": str(64 * 1024 * 1024),
}
"""FULL, because with a write-ahead log NORMAL may lose the last commits on power failure; secure_delete, because
deleted texts must not stay in the file.
"""

_CODES = {
    sqlite3.SQLITE_BUSY: "store.busy",
    sqlite3.SQLITE_LOCKED: "store.busy",
    sqlite3.SQLITE_FULL: "store.full",
    sqlite3.SQLITE_READONLY: "store.read_only",
    sqlite3.SQLITE_CANTOPEN: "store.read_only",
    sqlite3.SQLITE_PERM: "store.read_only",
    sqlite3.SQLITE_CORRUPT: "store.corrupt",
    sqlite3.SQLITE_NOTADB: "store.corrupt",
}
_SIGNS_OF_DAMAGE = ("Could not decode to UTF-8", "unsupported file format")
"""Beginnings of messages without an error code: a text that damage changed, and a header."""
_EXTENDED_CODES = {
    # The shared-memory file beside the log cannot grow.
    sqlite3.SQLITE_IOERR_SHMSIZE: "store.full",
    sqlite3.SQLITE_IOERR_SHMOPEN: "store.read_only",
}
_ERRNO_CODES = {
    errno.ENOSPC: "store.full",
    errno.EDQUOT: "store.full",
    errno.EROFS: "store.read_only",
    errno.EACCES: "store.read_only",
    errno.EPERM: "store.read_only",
    errno.ENOTDIR: "store.read_only",
    errno.EEXIST: "store.read_only",
}


def open_engine(path: Path, *, pragmas: Mapping[str, str] = PRAGMAS, busy_seconds: float = BUSY_SECONDS) -> AsyncEngine:
    """Return an engine on the SQLite file at ``path`` (created on first use; its folder must exist).

    A connection or engine with the execution option ``immediate=True`` takes the write lock when its transaction
    begins: one that reads first and writes later could not get it any more (SQLITE_BUSY at once).
    """
    # aiosqlite writes every statement's parameters to its log at DEBUG.
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    engine: AsyncEngine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        creator=lambda: connect(engine.dialect.dbapi, path, busy_seconds),
        hide_parameters=True,  # otherwise errors would carry account ids into logs
        pool_size=4,
        max_overflow=4,
        pool_timeout=busy_seconds,
        pool_reset_on_return=None,  # every transaction ends before its connection is returned
    )

    def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        try:
            cursor = connection.cursor()
            for name, value in pragmas.items():
                cursor.execute(f"PRAGMA {name} = {value}")
            cursor.close()
        except sqlite3.Error:
            connection.close()  # the pool does not know it yet
            raise

    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


async def begin_log(engine: AsyncEngine, wait: float) -> None:
    """Switch the file to a write-ahead log, once and permanently. Raises what the driver raises.

    The switch needs exclusive access and does not wait for it, so it is retried for ``wait`` seconds: two processes may
    open a new file at the same time.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            async with engine.connect() as connection:
                bare = (await connection.get_raw_connection()).driver_connection
                assert bare is not None
                await bare.execute("PRAGMA journal_mode = WAL")  # below SQLAlchemy: not inside a transaction
                return
        except DRIVER_ERRORS as error:
            if _code(error) != "store.busy" or time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.02)


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def insert_into(table: Table) -> sqlite.Insert:
    """Return an INSERT that can say what to do on conflict (PostgreSQL's has the same methods)."""
    return sqlite.insert(table)


def rows_of(table: Table, names: Sequence[str]) -> Subquery:
    """Return a table made of one parameter, ``rows``, as built by ``packed``; column types are those of ``table``.

    With one parameter per value, binding them is most of what a batch of the ledger costs in SQLAlchemy. (On PostgreSQL
    ``jsonb_array_elements`` replaces ``json_each``.)
    """
    row = func.json_each(bindparam("rows", type_=String)).table_valued("value")
    values = [
        func.json_extract(row.c.value, literal_column(f"'$[{place}]'"), type_=table.c[name].type).label(name)
        for place, name in enumerate(names)
    ]
    # WHERE true: without it the parser takes the ON CONFLICT of an INSERT for a join's condition.
    return select(*values).where(literal_column("true")).subquery("given")


def insert_rows(table: Table, names: Sequence[str]) -> sqlite.Insert:
    """Return an INSERT of any number of rows passed as one parameter, ``rows``."""
    given = rows_of(table, names)
    return sqlite.insert(table).from_select(list(names), select(given).where(literal_column("true")))


def packed(rows: Sequence[Sequence[object]]) -> dict[str, str]:
    """Return the parameter of ``rows_of``: numbers, booleans, None, and text without control characters."""
    return {"rows": json.dumps(rows)}


def damage(connection: Connection) -> str | None:
    """Return what is wrong with the file's structure, or None if it is sound.

    Reads the whole file, but see ``faults``.
    """
    answer = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    return None if answer == "ok" else str(answer)


def faults(connection: Connection) -> list[str]:
    """Return what ``damage`` finds and which indexes do not match their tables, which takes far longer.

    The first few.
    """
    answers = connection.execute(text("PRAGMA integrity_check(20)")).scalars().all()
    return [str(answer) for answer in answers if answer != "ok"]


def rebuild_indexes(connection: Connection) -> None:
    """Rebuild every index from its table."""
    connection.execute(text("REINDEX"))


DRIVER_ERRORS = (SQLAlchemyError, sqlite3.Error, OSError, UnicodeDecodeError)
"""What ``translate`` accepts. A pragma that fails while a connection is made is not wrapped by SQLAlchemy; texts and
names made unreadable by damage fail to decode, in the driver or in its message.
"""


def translate(error: BaseException, path: Path) -> StoreError:
    """Return the StoreError for an exception of the driver, the pool or the file system.

    ``store.busy``, ``store.full``, ``store.read_only``, ``store.corrupt``, else ``store.failed``; fact: path.
    """
    return StoreError(_code(error), path=str(path))


def _code(error: BaseException) -> str:
    if isinstance(error, PoolTimeoutError):
        return "store.busy"
    if isinstance(error, OSError):
        return _ERRNO_CODES.get(error.errno or 0, "store.failed")
    if isinstance(error, UnicodeDecodeError):
        return "store.corrupt"
    cause = error.orig if isinstance(error, DBAPIError) else error
    if str(cause).startswith(_SIGNS_OF_DAMAGE):
        return "store.corrupt"
    extended = getattr(cause, "sqlite_errorcode", None)
    if not isinstance(extended, int):
        return "store.failed"
    # The low byte is the primary code.
    return _EXTENDED_CODES.get(extended) or _CODES.get(extended & 0xFF, "store.failed")


T = TypeVar("T")

Clock = Callable[[], float]
"""Seconds since 1970, UTC. Tests pass their own."""

FILE_NAME = "mouthpiece.db"
_LOG_SECONDS = 0.2
"""Seconds that emptying the log waits for other connections; they wait as long for it."""
_HEADER = 100
"""Bytes that every SQLite database begins with."""


class Transactions:
    """Runs transaction bodies, plain functions on a SQLAlchemy ``Connection``, one writer at a time.

    A transaction that has begun runs to its end even if its caller is cancelled, so it is always applied whole or not
    at all. Every driver error becomes a StoreError.
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
        """Prepare the file for simultaneous writers and readers. Raises StoreError."""
        try:
            await begin_log(self._engine, self._wait)
        except DRIVER_ERRORS as error:
            raise translate(error, self.path) from error

    def now(self) -> int:
        """Return milliseconds since 1970, UTC."""
        return int(self.clock() * 1000)

    async def write(self, body: Callable[[Connection], T]) -> T:
        """Run ``body`` in a transaction that holds the write lock; an exception rolls everything back.

        Raises StoreError: ``store.busy`` when the lock was not available in time, and those of ``translate``.
        """
        return await self._shielded(self._write(body))

    async def read(self, body: Callable[[Connection], T]) -> T:
        """Run ``body`` on one consistent view of the data. Raises StoreError."""
        return await self._shielded(self._run(self._engine, body))

    async def close(self) -> None:
        """Let current transactions finish, then close the connections. Later calls get a StoreError."""
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
            task.exception()  # a cancelled caller will not retrieve it

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
        except DRIVER_ERRORS as error:
            raise translate(error, self.path) from error


class Database(Transactions):
    """The main database: ledger, provider calls, preferences. Several processes may have it open at once."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        data_dir: Path,
        *,
        clock: Clock = time.time,
        wait: float = BUSY_SECONDS,
        check: bool = True,
    ) -> AsyncIterator[Self]:
        """Open the database in ``data_dir``; create or upgrade it if needed.

        ``wait`` is the longest wait for a lock in seconds. ``check`` reads the whole file for damage first. Files that
        others may read are restricted to their owner. Raises StoreError: ``store.corrupt``, ``store.empty``,
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
            raise translate(error, path) from error
        database = cls(open_engine(path, busy_seconds=wait), path, clock, wait)
        try:
            await database._prepare(check)
            yield database
        finally:
            await database.close()

    async def revision(self) -> str | None:
        """Return the file's migration, or None if it is empty."""
        return await self.read(_revision)

    async def faults(self) -> list[str]:
        """Return the first faults that a complete search finds, in SQLite's words. Raises StoreError."""
        return await self.read(faults)

    async def rebuild_indexes(self) -> None:
        """Rebuild indexes that do not match their tables. Raises StoreError."""
        await self.write(rebuild_indexes)

    async def empty_log(self) -> None:
        """Remove deleted data from the write-ahead log, too; later if others are reading.

        Raises StoreError.
        """
        try:
            await self._shielded(asyncio.to_thread(_empty_log, self.path))
        except DRIVER_ERRORS as error:
            raise translate(error, self.path) from error

    async def _prepare(self, check: bool) -> None:
        await self.start()
        if check and await self.read(damage) is not None:
            raise StoreError("store.corrupt", path=str(self.path))
        if await self.revision() is None:
            raise StoreError(await self.read(_what_instead), path=str(self.path))
        if await self.revision() != HEAD:
            await asyncio.to_thread(_upgrade, self.path, self._wait)
        if check and not await self.read(_is_complete):
            raise StoreError("store.corrupt", path=str(self.path))


def is_there(path: Path) -> bool:
    """Return whether the file may be a database; False if there is none and one can be created.

    An empty file is refused: to use it as a new database would lose quotas and blocks. Blocks; raises OSError, and
    StoreError ``store.no_file``, ``store.empty``, ``store.orphan_log``.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:  # it would be replayed into the new database, or deleted
            raise StoreError("store.orphan_log", path=str(path), log=str(log)) from None
        return False
    if not stat.S_ISREG(found.st_mode):
        raise StoreError("store.no_file", path=str(path))
    if found.st_size < _HEADER:  # SQLite would treat a file of one byte as an empty one, too, and write to it
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
    """Return the code for a database without a revision: it is empty, someone else's, or lost its revision."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return "store.empty"
    return "store.corrupt" if tables & {*metadata.tables, "alembic_version"} else "store.foreign"


def _is_complete(connection: Connection) -> bool:
    """Return whether every table has its columns: a check of the pages does not notice missing tables."""
    query = "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
    there = {tuple(row) for row in connection.execute(text(query))}
    return {(table.name, column.name) for table in metadata.sorted_tables for column in table.c} <= there


def _upgrade(path: Path, wait: float) -> None:
    # Alembic takes a quarter of a second to import and is needed once per version.
    from alembic.util import CommandError  # noqa: PLC0415 - see above

    from bot.store.migrations.upgrade import upgrade  # noqa: PLC0415 - see above

    async def run() -> None:
        engine = open_engine(path, busy_seconds=wait)
        try:
            async with engine.execution_options(immediate=True).connect() as connection:
                await connection.run_sync(upgrade, str(path))
        except DRIVER_ERRORS as error:
            raise translate(error, path) from error
        except CommandError as error:  # the file names unknown revisions, or several
            raise StoreError("store.corrupt", path=str(path)) from error
        finally:
            await engine.dispose()

    asyncio.run(run())


def back_up(source: Path, target: Path, *, busy_seconds: float = BUSY_SECONDS) -> int:
    """Copy the database ``source`` into a new file ``target``, consistently, whole or not at all. Return its bytes.

    The copy has no journal: recent texts and tokens must be neither kept nor resumed later. A copy of the file alone
    would lack what is still in its write-ahead log, and may be torn. The source is not upgraded: the copy is the way
    back from an update. Blocks: run it in a thread. Raises StoreError: ``backup.nothing``, ``backup.exists``,
    ``backup.folder``, ``output.write``, and those of ``is_there`` and ``translate``.
    """
    try:
        if not is_there(source):
            raise StoreError("backup.nothing", path=str(source))
    except OSError as error:
        raise translate(error, source) from error
    try:
        if target.exists() or target.is_symlink():
            raise StoreError("backup.exists", path=str(target))
        if not target.parent.is_dir():
            raise StoreError("backup.folder", path=str(target.parent))
        # Only its owner may read it, like the data folder; VACUUM INTO accepts an empty file.
        handle, name = tempfile.mkstemp(prefix=".mouthpiece.", dir=target.parent)
    except OSError as error:
        raise StoreError("output.write", path=str(target), problem=error.strerror or "") from error
    unfinished = Path(name)
    try:
        # rw: a source that was deleted meanwhile must not be recreated.
        address = f"{source.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, timeout=busy_seconds, uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (name,))
        _clear_journal(name)
        os.fsync(handle)
        unfinished.replace(target)
        return os.fstat(handle).st_size
    except sqlite3.Error as error:
        raise translate(error, target if _of_target(error) else source) from error
    except OSError as error:
        raise translate(error, target) from error
    finally:
        os.close(handle)
        unfinished.unlink(missing_ok=True)


def _clear_journal(name: str) -> None:
    """Delete unanswered commands from a copy, and their texts from its pages."""
    with closing(sqlite3.connect(name, isolation_level=None)) as copy:
        if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'journal'").fetchone() is None:
            return  # of an earlier version
        copy.execute("PRAGMA journal_mode = MEMORY")
        copy.execute("PRAGMA secure_delete = ON")
        copy.execute("DELETE FROM journal")


def _of_target(error: sqlite3.Error) -> bool:
    """Return whether an error concerns the written file; other errors, of damage and locks, concern the source."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code == sqlite3.SQLITE_IOERR_WRITE or code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY)
