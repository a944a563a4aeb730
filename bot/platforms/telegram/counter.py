"""What every answer on Telegram works with. Built by ``client.py``, passed by ``handlers.py`` to each answer."""

import asyncio
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

WAITING = 3
"""Commands of one person that may wait while another one is spoken."""


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    aboard: int = 0


class Turns:
    """Lets everyone have one command spoken at a time, and some more wait."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._lines: dict[Account, _Line] = {}

    @asynccontextmanager
    async def turn(self, account: Account) -> AsyncIterator[None]:
        """Wait for what the same person sent before. Raises BusyError ``busy.person``."""
        line = self._lines.setdefault(account, _Line())
        if line.aboard > WAITING:
            raise BusyError("busy.person", limit=WAITING + 1)
        line.aboard += 1
        try:
            try:
                async with asyncio.timeout(self._longest):
                    await line.lock.acquire()
            except TimeoutError:
                raise BusyError("busy.person", limit=WAITING + 1) from None
            try:
                yield
            finally:
                line.lock.release()
        finally:
            line.aboard -= 1
            if not line.aboard:
                self._lines.pop(account, None)


@dataclass(frozen=True, slots=True)
class Counter:
    """One for a bot."""

    doors: Doors
    delivery: Delivery
    turns: Turns
    timings: Timings
    aloud: Aloud
    rights: Rights
    waiting: dict[str, tuple[Account, asyncio.Task[object]]] = field(default_factory=dict)
    """What is being spoken and can be cancelled, by the name on its button; gone with its end."""
