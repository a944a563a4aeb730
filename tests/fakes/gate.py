"""A gate that stand-ins put before what a test wants to hold back."""

import asyncio


class Gate:
    """Withholds answers until it is open."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        """Set when a request stands before it."""
        self._opened = asyncio.Event()

    def open(self) -> None:
        """Let everything through from now on."""
        self._opened.set()

    async def passed(self) -> None:
        """Stand before it until it is open."""
        self.reached.set()
        await self._opened.wait()
