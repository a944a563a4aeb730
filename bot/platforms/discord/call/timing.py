"""Time as the voice call's parts see it: a test brings its own, so that nothing waits. Used by ``link`` and up."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

_T = TypeVar("_T")
_CLEARING = 1.0
"""Seconds that something broken off may take to clear up."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A clock in seconds, and a sleep by the same clock."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    wall: Callable[[], float] = time.time
    """Seconds since 1970: for what outlives the process."""

    async def within(self, seconds: float, work: Coroutine[Any, Any, _T]) -> _T:
        """What ``work`` returns or raises; TimeoutError when it takes longer, and it is cancelled."""
        task = asyncio.create_task(work)
        timer = asyncio.ensure_future(self._pass(seconds))
        try:
            await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            task.cancel()
            await asyncio.wait({task}, timeout=_CLEARING)
            raise TimeoutError
        finally:
            timer.cancel()
            if not task.done():
                task.cancel()
            task.add_done_callback(_forgotten)

    async def _pass(self, seconds: float) -> None:
        await self.sleep(seconds)


def _forgotten(task: asyncio.Task[Any]) -> None:
    """Nobody asks any more how it ended."""
    if not task.cancelled():
        task.exception()
