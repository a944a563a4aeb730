"""A whole copy of the database, taken while others read and write it. Called by ``mouthpiece db backup``."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from bot.errors import StoreError
from bot.store import engine as engines


def back_up(source: Path, target: Path, *, busy_seconds: float = engines.BUSY_SECONDS) -> int:
    """Write one consistent view of the database ``source`` into a new file ``target``: whole, or not at all; its bytes.

    A copy of the file alone would lack what still stands in its write-ahead log, and may be torn. Blocks: run it in a
    thread. Raises StoreError: ``backup.exists``, ``backup.folder``, ``output.write``, and what ``translate`` makes.
    """
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
        with closing(sqlite3.connect(source, timeout=busy_seconds)) as connection:
            connection.execute("VACUUM INTO ?", (name,))
        os.fsync(handle)
        unfinished.replace(target)
        return os.fstat(handle).st_size
    except engines.DRIVER_ERRORS as error:
        raise engines.translate(error, target) from error
    finally:
        os.close(handle)
        unfinished.unlink(missing_ok=True)
