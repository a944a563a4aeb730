"""The updates that are being answered: each in a task of its own, no more at once than there are places.

Filled by ``polling.py`` or ``webhook.py``, emptied when the bot stops. A command that waits for another one of the same
person goes ``aside``, so that a few people who send much do not take every place.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar

from telegram import Update

_log = logging.getLogger(__name__)

PLACES = 64
"""Updates that are answered at the same time."""
MOST_ASIDE = 3 * PLACES
"""Updates that may wait without a place; more keep theirs."""


class Places:
    """One for a bot."""

    def __init__(self, handle: Callable[[Update], Awaitable[None]]) -> None:
        """``handle`` answers one update and raises nothing."""
        self._handle = handle
        self._running: dict[asyncio.Task[None], Update] = {}
        self._aside: set[object] = set()
        self._left = asyncio.Event()

    @property
    def free(self) -> int:
        """How many more may be taken."""
        return max(0, PLACES - len(self._running) + len(self._aside))

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

    @contextlib.contextmanager
    def without(self) -> Iterator[None]:
        """Let an update go without its place for a while; it has one again afterwards, be there a free one or not."""
        if len(self._aside) >= MOST_ASIDE:
            yield
            return
        waits = object()
        self._aside.add(waits)
        self._left.set()
        try:
            yield
        finally:
            self._aside.remove(waits)

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
        _PLACES.set(self)
        await self._handle(update)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._left.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("an update was not answered", exc_info=error)


_PLACES: ContextVar[Places | None] = ContextVar("places", default=None)
"""Those of which this task has one."""


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Wait inside without a place; once for each update."""
    places = _PLACES.get()
    with contextlib.nullcontext() if places is None else places.without():
        yield
