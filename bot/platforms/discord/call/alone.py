"""Leaving a call in which nobody listens any more, after a while. Used by ``calls``."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.platforms.discord.call import rooms
from bot.platforms.discord.call.session import Session
from bot.platforms.discord.call.timing import Timing

ASK_AGAIN = 60.0
"""Seconds between two looks whether a call that stays for ever is still to do so."""


class Alone:
    """Timers, by the id of the guild. One for a connection to Discord."""

    def __init__(
        self,
        seconds: Callable[[Session], Awaitable[float]],
        leave: Callable[[Session], Awaitable[None]],
        timing: Timing,
    ) -> None:
        """``seconds``: how long a call may stay so; 0 is for ever. ``leave`` is called then."""
        self._seconds = seconds
        self._leave = leave
        self._timing = timing
        self._timers: dict[str, asyncio.Task[None]] = {}

    def look(self, session: Session) -> None:
        """Somebody came or went: begin to wait, or wait no longer."""
        guild_id, room = session.space.id, session.link.room
        if room is None or rooms.people(room):
            self.forget(guild_id)
        elif guild_id not in self._timers:
            self._timers[guild_id] = asyncio.create_task(self._wait(session))

    def forget(self, guild_id: str) -> None:
        """Wait no longer."""
        timer = self._timers.pop(guild_id, None)
        if timer is not None and timer is not asyncio.current_task():
            timer.cancel()

    def close(self) -> None:
        """Wait nowhere any more."""
        for guild_id in list(self._timers):
            self.forget(guild_id)

    async def _wait(self, session: Session) -> None:
        while not (seconds := await self._seconds(session)):
            await self._timing.sleep(ASK_AGAIN)
        await self._timing.sleep(seconds)
        await self._leave(session)
