"""New databases without the work of making each: one of every kind is made for a run, tests get copies.

What is copied was made by the code itself; the tests of that code make their own.
"""

import asyncio
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from bot.store.clips import FILE_NAME as CLIPS
from bot.store.clips import ClipStore
from bot.store.database import FILE_NAME, Database

Prepare = Callable[[Path], Path]
"""Puts new databases into a folder, which may be missing, unless there are some. Returns the folder."""


def make(template: Path) -> Prepare:
    """Make the databases of a run in a folder. Returns what copies them."""

    async def made() -> None:
        async with Database.open(template), ClipStore.open(template):
            pass

    maker = threading.Thread(target=lambda: asyncio.run(made()))  # the loop of a test is none of its business
    maker.start()
    maker.join()

    def prepare(folder: Path) -> Path:
        if not (folder / FILE_NAME).exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in (FILE_NAME, CLIPS):
                shutil.copy(template / name, folder / name)
        return folder

    return prepare
