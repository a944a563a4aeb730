"""One running bot for a data folder. Taken by ``app.serve``; the command line beside it takes none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import StoreError

try:
    import fcntl
except ImportError:  # Windows has none: there a second run is not noticed
    fcntl = None  # type: ignore[assignment]

FILE_NAME = "run.lock"


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the folder as long as the process lives, kill -9 included: the system frees the lock.

    Raises StoreError ``store.in_use`` (path, process id) when another run holds it, ``store.read_only``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError("store.read_only", path=str(folder)) from error
    try:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                holder = os.read(handle, 32).decode("ascii", "ignore").strip() or "?"
                raise StoreError("store.in_use", path=str(folder), process=holder) from None
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
