"""One running bot for a data folder. Taken by ``app.serve``; the command line beside it takes none."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import StoreError

try:
    import fcntl
except ImportError:  # Windows has none: there a second run is not noticed
    fcntl = None  # type: ignore[assignment]

FILE_NAME = "run.lock"
_THROUGH_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""A link, or a pipe, that somebody put in the lock's place must not be written to, nor waited for."""


def check_lock(folder: Path) -> None:
    """Raise StoreError where the lock could not be taken by anyone: ``store.lock_link``, ``store.read_only``."""
    os.close(_open(folder))


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the folder as long as the process lives, kill -9 included: the system frees the lock.

    Raises StoreError ``store.in_use`` (path, process id) when another run holds it, ``store.lock_link`` for a lock file
    that leads elsewhere, ``store.read_only``.
    """
    handle = _open(folder)
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


def _open(folder: Path) -> int:
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | _THROUGH_NO_LINK, 0o600)
    except OSError as error:
        if path.is_symlink():
            raise StoreError("store.lock_link", path=str(path)) from error
        raise StoreError("store.read_only", path=str(folder)) from error
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:  # what is written would end up in another file
        os.close(handle)
        raise StoreError("store.lock_link", path=str(path))
    return handle
