"""Fair use of the built-in engine: how many seconds of speech one person may have made in a minute.

It costs no quota, but it takes the host's processor, which is everybody's. Kept in memory, for this process alone.
Called by the synthesis before each segment.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

from bot.errors import BusyError

_WINDOW = 60.0
"""Seconds."""
_MANY = 1000
"""People remembered before those whose minute is over are forgotten."""


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
        self._made: dict[str, deque[tuple[float, float]]] = {}
        """By person: when, and seconds of speech."""

    async def admit(self, person: str, seconds: float, *, wait: bool) -> None:
        """Count so many seconds of speech for a person, after waiting until they fit.

        A text longer than the limit is spoken when nothing else counts. Raises BusyError ``busy.share`` if it would
        take too long, or at once unless ``wait``.
        """
        if not self._limit or not person:
            return
        began = self._clock()
        while pause := self._pause(person, seconds):
            left = began + self._longest_wait - self._clock()
            if not wait or pause > left:
                raise BusyError("busy.share", limit=round(self._limit), seconds=max(1, round(pause)))
            await self._sleep(pause)
        if len(self._made) > _MANY:
            for known in [known for known in self._made if not self._recent(known)]:
                del self._made[known]
        self._made.setdefault(person, deque()).append((self._clock(), seconds))

    def _recent(self, person: str) -> deque[tuple[float, float]]:
        """Return what counts for a person now."""
        made = self._made.get(person, deque())
        while made and made[0][0] <= self._clock() - _WINDOW:
            made.popleft()
        return made

    def _pause(self, person: str, seconds: float) -> float:
        """Return the seconds until so much speech fits; 0 when it does."""
        made = self._recent(person)
        over = sum(length for _, length in made) + seconds - self._limit
        pause = 0.0
        for at, length in made:
            if over <= 0:
                break
            over -= length
            pause = max(0.001, at + _WINDOW - self._clock())
        return pause
