"""Notes that a call lives, so that the next start can take it up. Used by ``calls``.

A store that fails costs no call.
"""

import logging
from collections.abc import Callable, Iterable, Sequence

from bot.errors import StoreError
from bot.model import Space
from bot.platforms.discord.call.session import Session
from bot.platforms.discord.call.timing import Timing
from bot.store.markers import Marker, Markers

RENEW = 60.0
"""Seconds between two notes of the same call."""
YOUNG = 600.0
"""Seconds after which a call that broke off is not taken up again."""

_log = logging.getLogger("mouthpiece.discord")


class Marks:
    """One for a connection to Discord."""

    def __init__(self, markers: Markers, timing: Timing) -> None:
        self._markers = markers
        self._timing = timing

    async def put(self, session: Session) -> None:
        """The call lives, there where it is."""
        room = session.link.room
        if room is None:
            return
        marker = Marker(session.space, str(room.id), tuple(session.channels))
        try:
            await self._markers.put(marker)
        except StoreError as error:
            _log.warning("a call could not be noted: %s", error.code)

    async def drop(self, space: Space) -> None:
        """The call is over."""
        try:
            await self._markers.drop(space)
        except StoreError as error:
            _log.warning("the note of a call could not be removed: %s", error.code)

    async def recent(self) -> Sequence[Marker]:
        """Calls that broke off a short time ago."""
        try:
            return await self._markers.recent("discord", YOUNG)
        except StoreError as error:
            _log.warning("calls could not be taken up again: %s", error.code)
            return ()

    async def renew(self, living: Callable[[], Iterable[Session]]) -> None:
        """Note again and again what lives. Never returns."""
        while True:
            await self._timing.sleep(RENEW)
            for session in list(living()):
                await self.put(session)
