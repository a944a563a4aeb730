"""What every answer on Telegram works with. Built by ``client.py``, passed by ``handlers.py`` to each answer."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.errors import BusyError
from bot.model import Account
from bot.platforms.base import Doors
from bot.platforms.telegram.aloud import Aloud
from bot.platforms.telegram.delivery import Delivery
from bot.platforms.telegram.polling import Timings
from bot.platforms.telegram.rights import Rights
from bot.speech.turns import Waiting

WAITING = 3
"""Commands of one person that may wait while another one is spoken."""
_USUAL_SECONDS = 4.0
"""What a command is taken to last until one was seen."""
_NEWEST = 0.2
"""How much the newest one counts in the running mean."""


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    aboard: list[object] = field(default_factory=list)
    """Who is spoken, and who waits, in order."""


class Turns:
    """Lets everyone have one command spoken at a time, and some more wait."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._lines: dict[Account, _Line] = {}
        self._usual = _USUAL_SECONDS

    @asynccontextmanager
    async def turn(self, account: Account, waiting: Waiting) -> AsyncIterator[None]:
        """Wait for what the same person sent before; ``waiting`` tells how much. Raises BusyError ``busy.person``."""
        line = self._lines.setdefault(account, _Line())
        if len(line.aboard) > WAITING:
            raise BusyError("busy.person", limit=WAITING + 1)
        own = object()
        line.aboard.append(own)
        try:
            await self._acquire(line, own, waiting)
            began = time.monotonic()
            try:
                yield
            finally:
                self._usual += (time.monotonic() - began - self._usual) * _NEWEST
                line.lock.release()
        finally:
            line.aboard.remove(own)
            if not line.aboard:
                self._lines.pop(account, None)

    async def _acquire(self, line: _Line, own: object, waiting: Waiting) -> None:
        """What is under way does not count as one before, as in the queues of providers."""
        if line.lock.locked():
            waiting.begin(lambda: (line.aboard.index(own) - 1, line.aboard.index(own) * self._usual))
        try:
            async with asyncio.timeout(self._longest):
                await line.lock.acquire()
        except TimeoutError:
            raise BusyError("busy.person", limit=WAITING + 1) from None
        finally:
            waiting.end()


@dataclass(frozen=True, slots=True)
class Queued:
    """A command that may be cancelled until all of it is spoken."""

    account: Account
    task: asyncio.Task[object]
    waiting: Waiting
    chat_id: int
    """Where it was asked for."""


@dataclass(frozen=True, slots=True)
class Counter:
    """One for a bot."""

    doors: Doors
    delivery: Delivery
    turns: Turns
    timings: Timings
    aloud: Aloud
    rights: Rights
    waiting: dict[str, Queued] = field(default_factory=dict)
    """What is spoken or waits for it, by the name on its button; gone with its end."""
