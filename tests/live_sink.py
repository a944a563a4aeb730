"""A live sink for tests of the synthesis core."""

import asyncio
from collections.abc import Sequence


class Listener:
    """Remembers what it got and can be waited on."""

    live = True
    max_bytes: int | None = None

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.heard = asyncio.Event()
        self.wants_more = asyncio.Event()
        """Cleared, it wants no further segment for now."""
        self.wants_more.set()

    async def write(self, packets: Sequence[bytes]) -> None:
        self.packets += packets
        if packets:
            self.heard.set()

    async def ready(self) -> None:
        await self.wants_more.wait()
