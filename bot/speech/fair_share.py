"""Fair use of the built-in engine: how many seconds of speech one person may have made in a minute.

It costs no quota, but it takes the host's processor, which is everybody's. Kept in memory, for this process alone.
Called by the synthesis before each segment.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from bot.errors import BusyError
from bot.windows import Recent

_WINDOW = 60.0
"""Seconds."""


class FairShare:
    """Seconds of speech by person, in a window that slides."""

    def __init__(
        self,
        seconds_per_minute: float,
        *,
        longest_wait: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Set up; 0 seconds per minute is no limit. ``longest_wait`` in seconds."""
        self._limit = seconds_per_minute
        self._longest_wait = longest_wait
        self._clock = clock
        self._sleep = sleep
        self._made = Recent(_WINDOW, clock)
        """Seconds of speech, by person."""

    async def admit(self, person: str, seconds: float, *, wait: bool) -> None:
        """Count so many seconds of speech for a person, after waiting until they fit.

        A text longer than the limit is spoken when nothing else counts. Raises BusyError ``busy.share`` if it would
        take too long, or at once unless ``wait``.
        """
        if not self._limit or not person:
            return
        began = self._clock()
        while pause := self._made.wait(person, seconds, self._limit):
            left = began + self._longest_wait - self._clock()
            if not wait or pause > left:
                raise BusyError("busy.share", limit=round(self._limit), seconds=max(1, round(pause)))
            await self._sleep(pause)
        self._made.add(person, seconds)
