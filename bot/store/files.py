"""Files of the data folder: owner-only permissions, written whole or not at all, and the lock of the running bot."""

import logging
import os
import sqlite3
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bot.errors import StoreError

_log = logging.getLogger(__name__)

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
_OTHERS = 0o077
"""Permission bits of group and others."""
_OURS = ("mouthpiece.db", "clips.db", "run.lock", "discord-commands.json", ".mouthpiece.", "demo")
"""Prefix of our files' names."""
_NEW = ".mouthpiece.new."
_FORSAKEN = 600.0
"""Seconds after which an unfinished file belongs to a dead process."""
_MOST_ENTRIES = 1000
"""Entries of a folder that are examined."""
_HAS_RIGHTS = os.name == "posix"


def make_folder(folder: Path) -> None:
    """Create a folder that only its owner may enter; leave an existing one unchanged. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)


def make_file(path: Path) -> None:
    """Create an empty file that only its owner may read; leave an existing one unchanged. Raises OSError."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, following no link. Raises OSError."""
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), PRIVATE_FILE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def make_whole(path: Path, fill: Callable[[Path], None]) -> None:
    """Write a file under a temporary name, and rename it once ``fill`` has written everything.

    If another process was faster, its file stays. Raises OSError and whatever ``fill`` raises.
    """
    _remove_forsaken(path.parent)
    handle, name = tempfile.mkstemp(prefix=_NEW, dir=path.parent)  # readable by its owner alone
    os.close(handle)
    unfinished = Path(name)
    try:
        fill(unfinished)
        _sync(unfinished)
        _publish(unfinished, path)
        _sync(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _publish(unfinished: Path, path: Path) -> None:
    """Give a file its name unless that is taken; never replace a file."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        with suppress(FileExistsError):
            if not path.exists():
                unfinished.rename(path)


def _sync(path: Path) -> None:
    """Flush a file or folder to disk, if the system can."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove_forsaken(folder: Path) -> None:
    """Remove unfinished files of killed processes."""
    with suppress(OSError):
        for path in folder.glob(f"{_NEW}*"):
            if time.time() - path.lstat().st_mtime > _FORSAKEN:
                path.unlink(missing_ok=True)


def wide(folder: Path) -> list[Path]:
    """Return the folder and our files in it that group or others may use. Raises nothing expected."""
    if not _HAS_RIGHTS:
        return []
    return [path for path in (folder, *_ours(folder)) if _is_wide(path)]


def narrow(folder: Path) -> None:
    """Remove permissions of group and others from our files, and from the folder if it is ours alone.

    Raises nothing expected. A folder shared with other files is its owner's business: ``wide`` reports it.
    """
    if not _HAS_RIGHTS:
        return
    for path in wide(folder):
        if path == folder and not _is_ours_alone(folder):
            continue
        try:
            _narrow(path)
        except OSError as error:
            _log.warning(
                "others may read %s, and its permissions cannot be changed (%s)", path.name, type(error).__name__
            )
        else:
            level = logging.DEBUG if path == folder else logging.WARNING  # a folder created beforehand is normal
            _log.log(level, "others could read %s; now only its owner can", path.name)


def _narrow(path: Path) -> None:
    """Restrict the path itself, following no link and opening no device for long. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        os.fchmod(handle, stat.S_IMODE(os.fstat(handle).st_mode) & ~_OTHERS)
    finally:
        os.close(handle)


def _ours(folder: Path) -> Iterator[Path]:
    """Yield our files in a folder: by their names, and copies of the database by their content."""
    for path in _entries(folder):
        with suppress(OSError):
            if not stat.S_ISREG(path.lstat().st_mode):
                continue
            if path.name.startswith(_OURS) or (_is_wide(path) and _is_backup(path)):
                yield path


def _entries(folder: Path) -> list[Path]:
    found: list[Path] = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found.append(Path(entry.path))
            if len(found) == _MOST_ENTRIES:
                break
    return found


def _is_ours_alone(folder: Path) -> bool:
    return all(path.name.startswith(_OURS) or _is_backup(path) for path in _entries(folder))


def _is_wide(path: Path) -> bool:
    """Return whether group or others have any permission; a link counts as its target."""
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except OSError:
        return False


def _is_backup(path: Path) -> bool:
    """Return whether a file is a copy of our database."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with path.open("rb") as file:
            if file.read(16) != b"SQLite format 3\0":
                return False
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE name IN ('alembic_version', 'ledger')")
            return len(names.fetchall()) == 2
    except (OSError, sqlite3.Error, UnicodeDecodeError):
        return False


try:
    import fcntl
except ImportError:  # Windows has none: a second run is not noticed there
    fcntl = None  # type: ignore[assignment]

FILE_NAME = "run.lock"
_THROUGH_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""A link or a pipe planted at the lock's path must be neither written to nor waited for."""


def check_lock(folder: Path) -> None:
    """Raise StoreError if nobody could take the lock: ``store.lock_link``, ``store.read_only``."""
    os.close(_open(folder))


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Lock the folder for the life of the process; the system releases the lock even after kill -9.

    Raises StoreError ``store.in_use`` (path, process id) if another run holds it, ``store.lock_link`` for a lock file
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
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:  # the content would end up in another file
        os.close(handle)
        raise StoreError("store.lock_link", path=str(path))
    return handle
