"""What the tests of voice calls share: a clock that stands until it is told to go on."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.platforms.discord.call.link import JOIN_LIMIT, STAGE_LIMIT, Timing

_TURNS = 20
"""Turns that other tasks get after a sleeper woke."""
_STEP, _LONG = 0.05, 3.0
"""Seconds; after so many of them the steps are longer."""
_JOINING = {JOIN_LIMIT, STAGE_LIMIT}
"""Limits of what real sockets do: while one runs, the steps stay short, or it would end before they have a chance."""


@dataclass(slots=True)
class StillClock:
    """Time for the parts of a call. Real sockets go on while it stands."""

    now: float = 1000.0
    _sleepers: list[tuple[float, int, asyncio.Future[None]]] = field(default_factory=list)
    _joining: set[asyncio.Future[None]] = field(default_factory=set)
    _order: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def timing(self) -> Timing:
        return Timing(clock=lambda: self.now, sleep=self.sleep, wall=lambda: 1_700_000_000 + self.now)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), woken))
        if seconds in _JOINING:
            self._joining.add(woken)
            woken.add_done_callback(self._joining.discard)
        await woken

    def asleep(self, seconds: float) -> bool:
        """Whether somebody sleeps who wakes so many seconds from here."""
        return any(abs(at - self.now - seconds) < 1e-6 and not woken.done() for at, _, woken in self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking whoever is due on the way, in order."""
        end = self.now + seconds
        while self._sleepers and self._sleepers[0][0] <= end + 1e-9:
            at, _, woken = heapq.heappop(self._sleepers)
            self.now = max(self.now, at)
            if not woken.done():
                woken.set_result(None)
                for _turn in range(_TURNS):
                    await asyncio.sleep(0)
        self.now = end

    async def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        """Let little steps of time pass, with turns for real sockets in between, until a condition holds."""
        begin, end = self.now, self.now + seconds
        while not condition():
            assert self.now < end, "it did not come about in time"
            await self.advance(_STEP if self.now - begin < _LONG else 2 * _STEP if self._joining else 5 * _STEP)
            await asyncio.sleep(_STEP / 5)
