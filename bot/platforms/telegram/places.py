"""The updates that are being answered: each in a task of its own, no more at once than there are places.

Filled by ``polling.py`` or ``webhook.py``, emptied when the bot stops.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from telegram import Update

_log = logging.getLogger(__name__)

PLACES = 64
"""Updates that are answered at the same time."""


class Places:
    """One for a bot."""

    def __init__(self, handle: Callable[[Update], Awaitable[None]]) -> None:
        """``handle`` answers one update and raises nothing."""
        self._handle = handle
        self._running: dict[asyncio.Task[None], Update] = {}
        self._left = asyncio.Event()

    @property
    def free(self) -> int:
        """How many more may be taken."""
        return PLACES - len(self._running)

    async def some_free(self) -> None:
        """Wait until there is a place."""
        while not self.free:
            self._left.clear()
            await self._left.wait()

    async def one_left(self, within: float) -> None:
        """Wait until an update was answered, ``within`` some seconds."""
        self._left.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._left.wait()

    def answering(self, update_id: int) -> Update | None:
        """Return an update that is being answered."""
        return next((update for update in self._running.values() if update.update_id == update_id), None)

    def take(self, update: Update) -> None:
        """Answer an update from now on."""
        task = asyncio.create_task(self._answer(update))
        self._running[task] = update
        task.add_done_callback(self._let_go)

    async def drain(self, grace: float) -> list[Update]:
        """Let what was taken finish, ``grace`` seconds at most; returns what was cut off."""
        if not self._running:
            return []
        _, unfinished = await asyncio.wait(self._running, timeout=grace)
        late = [self._running[task] for task in unfinished]
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        return late

    async def _answer(self, update: Update) -> None:
        await self._handle(update)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._left.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("an update was not answered", exc_info=error)
