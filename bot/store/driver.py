"""aiosqlite under SQLAlchemy with one message to the driver's thread per statement. Called by ``engine.py``.

SQLAlchemy's own adapter sends four (make a cursor, execute, fetch, close), each a wait for the thread and two turns of
the event loop: most of what a short transaction costs. Rows are fetched at once here as there.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor
from sqlalchemy.util import await_only


class Cursor(AsyncAdapt_aiosqlite_cursor):
    """Holds no cursor of the driver between statements: each statement's lives in the driver's thread only."""

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
        """Columns of the answer (DB-API); None for a statement without one."""
        return self._description

    @property
    def rowcount(self) -> int:
        """Rows changed (DB-API); -1 when not known."""
        return self._touched

    @property
    def lastrowid(self) -> Any:
        """Of the last INSERT (DB-API)."""
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
        """Forget the rows; the driver's cursor is closed already."""
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
    """A new connection; called by SQLAlchemy's pool inside its greenlet. Raises sqlite3.Error."""
    return AdaptedConnection(dbapi, await_only(_connect(path, busy_seconds)))  # type: ignore[arg-type]


async def _connect(path: Path, busy_seconds: float) -> aiosqlite.Connection:
    # None: the sqlite3 module begins no transactions of its own; the engine does.
    connection = aiosqlite.connect(path, isolation_level=None, timeout=busy_seconds)
    thread = connection._thread
    thread.daemon = True
    try:
        return await connection
    except BaseException:
        # Its thread still has an answer for this loop, which may be closed a moment after a failed start.
        await asyncio.to_thread(thread.join)
        raise
