"""What is known of a guild beside its call: whose turn it is, whether the bot comes by itself. Used by ``calls``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.errors import BusyError

MOST_WAITING = 100
"""Events of one guild that may wait for an earlier one, such as a joining."""


@dataclass(slots=True)
class GuildState:
    """One for a guild."""

    stay_out_until: float = float("-inf")
    """When the bot may come by itself again."""
    refused: str = ""
    """Why joining by ourselves failed the last time."""
    waiting: int = 0
    """Events under way, and such that wait for them."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def turn(self, *, always: bool = False) -> AsyncIterator[None]:
        """One after the other, in the order of asking. Raises BusyError where many wait, but not with ``always``."""
        if self.waiting >= MOST_WAITING and not always:
            raise BusyError("call.busy")
        self.waiting += 1
        try:
            async with self._lock:
                yield
        finally:
            self.waiting -= 1
