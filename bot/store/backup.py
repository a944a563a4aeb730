"""A whole copy of the database, taken while others read and write it. Called by ``mouthpiece db backup``."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from bot.errors import StoreError
from bot.store import engine as engines
from bot.store.database import is_there


def back_up(source: Path, target: Path, *, busy_seconds: float = engines.BUSY_SECONDS) -> int:
    """Write one consistent view of the database ``source`` into a new file ``target``: whole, or not at all; its bytes.

    The copy has no journal: what people wrote a moment ago, and tokens, are nothing to keep or to take up later.

    A copy of the file alone would lack what still stands in its write-ahead log, and may be torn. The source is not
    brought up to date: the copy is the way back from an update. Blocks: run it in a thread. Raises StoreError:
    ``backup.nothing``, ``backup.exists``, ``backup.folder``, ``output.write``, and what ``is_there`` and ``translate``
    raise or make.
    """
    try:
        if not is_there(source):
            raise StoreError("backup.nothing", path=str(source))
    except OSError as error:
        raise engines.translate(error, source) from error
    try:
        if target.exists() or target.is_symlink():
            raise StoreError("backup.exists", path=str(target))
        if not target.parent.is_dir():
            raise StoreError("backup.folder", path=str(target.parent))
        # Only its owner may read it, as the data folder; VACUUM INTO takes an empty file.
        handle, name = tempfile.mkstemp(prefix=".mouthpiece.", dir=target.parent)
    except OSError as error:
        raise StoreError("output.write", path=str(target), problem=error.strerror or "") from error
    unfinished = Path(name)
    try:
        # rw: a source that has gone meanwhile must not be made anew.
        address = f"{source.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, timeout=busy_seconds, uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (name,))
        _clear_journal(name)
        os.fsync(handle)
        unfinished.replace(target)
        return os.fstat(handle).st_size
    except sqlite3.Error as error:
        raise engines.translate(error, target if _of_target(error) else source) from error
    except OSError as error:
        raise engines.translate(error, target) from error
    finally:
        os.close(handle)
        unfinished.unlink(missing_ok=True)


def _clear_journal(name: str) -> None:
    """Take the commands that are being answered out of a copy, and their words out of its pages."""
    with closing(sqlite3.connect(name, isolation_level=None)) as copy:
        if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'journal'").fetchone() is None:
            return  # of an earlier version
        copy.execute("PRAGMA journal_mode = MEMORY")
        copy.execute("PRAGMA secure_delete = ON")
        copy.execute("DELETE FROM journal")


def _of_target(error: sqlite3.Error) -> bool:
    """Whether it is about what is written: of the source everything else is told, its damage and its locks."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code == sqlite3.SQLITE_IOERR_WRITE or code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY)
