"""The one file that knows which database engine is behind SQLAlchemy: pragmas, locks, upserts, error codes.

Called by ``database.py`` and ``clips.py``; the transaction bodies use ``insert_into``. Everything else in
``bot/store`` is plain SQLAlchemy Core, so that a second engine needs changes here only.
"""

import asyncio
import errno
import json
import logging
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, String, Subquery, Table, bindparam, event, func, literal_column, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import StoreError
from bot.store import driver

BUSY_SECONDS = 1.5
"""How long a statement waits for another process' lock: below the 3 s in which Discord wants an answer."""

PRAGMAS: Mapping[str, str] = {
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "secure_delete": "ON",
    "journal_size_limit": str(64 * 1024 * 1024),
}
"""FULL, because with a write-ahead log NORMAL may lose the last commits when power fails; secure_delete, because words
that are given up must not stay in the file."""

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
"""Beginnings of messages that have no code of their own: a text that damage changed, and a header."""
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
    """An engine on the SQLite file at ``path`` (made on first use; its folder must be there).

    A connection or engine with the execution option ``immediate=True`` takes the write lock when its
    transaction begins: one that reads first and writes later could not get it any more (SQLITE_BUSY at once).
    """
    # aiosqlite writes every statement's parameters to its log at DEBUG.
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    engine: AsyncEngine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        creator=lambda: driver.connect(engine.dialect.dbapi, path, busy_seconds),
        hide_parameters=True,  # or the text of an error would carry account ids into logs
        pool_size=4,
        max_overflow=4,
        pool_timeout=busy_seconds,
        pool_reset_on_return=None,  # every transaction here ends before its connection goes back
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
    """Switch the file to a write-ahead log, once; it stays so. Raises what the driver raises.

    The switch needs the file for itself and does not wait for it, so it is tried again for ``wait`` seconds: two
    processes may open a new file at the same time.
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
    """An INSERT that can say what to do on conflict (PostgreSQL's has the same methods)."""
    return sqlite.insert(table)


def rows_of(table: Table, names: Sequence[str]) -> Subquery:
    """A table made of one parameter, ``rows``, that ``packed`` fills; its columns have the types of ``table``'s.

    With a parameter per value, SQLAlchemy's work on those is most of what a batch of the ledger costs. (On PostgreSQL
    ``jsonb_array_elements`` takes the place of ``json_each``.)
    """
    row = func.json_each(bindparam("rows", type_=String)).table_valued("value")
    values = [
        func.json_extract(row.c.value, literal_column(f"'$[{place}]'"), type_=table.c[name].type).label(name)
        for place, name in enumerate(names)
    ]
    # WHERE true: without it the parser takes the ON CONFLICT of an INSERT for a join's condition.
    return select(*values).where(literal_column("true")).subquery("given")


def insert_rows(table: Table, names: Sequence[str]) -> sqlite.Insert:
    """An INSERT of any number of rows that travel in one parameter, ``rows``."""
    given = rows_of(table, names)
    return sqlite.insert(table).from_select(list(names), select(given).where(literal_column("true")))


def packed(rows: Sequence[Sequence[object]]) -> dict[str, str]:
    """The parameter of ``rows_of``: numbers, booleans, None, and text without control characters."""
    return {"rows": json.dumps(rows)}


def damage(connection: Connection) -> str | None:
    """What is wrong with the file's structure; None when it is sound. Reads the whole file, but see ``faults``."""
    answer = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    return None if answer == "ok" else str(answer)


def faults(connection: Connection) -> list[str]:
    """What ``damage`` finds, and where an index does not fit its table, which takes far longer; the first few."""
    answers = connection.execute(text("PRAGMA integrity_check(20)")).scalars().all()
    return [str(answer) for answer in answers if answer != "ok"]


def rebuild_indexes(connection: Connection) -> None:
    """Build every index anew from its table."""
    connection.execute(text("REINDEX"))


DRIVER_ERRORS = (SQLAlchemyError, sqlite3.Error, OSError, UnicodeDecodeError)
"""What ``translate`` takes. A pragma that fails while a connection is made is not wrapped by SQLAlchemy; texts and
names that damage made unreadable fail to decode, in the driver or in its message."""


def translate(error: BaseException, path: Path) -> StoreError:
    """The StoreError for whatever a driver, the pool or the file system raised.

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
