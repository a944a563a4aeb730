"""What is told once and not again for a while: why a voice message came as a file, that an answer came too late.

One for a connection (``Bot.once``). It lives in memory: after a restart everything may be told anew.
"""

import time
from collections.abc import Callable, Hashable

DAY = 86_400.0
"""Seconds."""
_MOST = 10_000
"""Things that are remembered; those told longest ago go first."""


class Once:
    """Remembers what was told when."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: seconds that never go back."""
        self._clock = clock
        self._told: dict[Hashable, float] = {}

    def first(self, what: Hashable, seconds: float = DAY) -> bool:
        """Whether it was not told within the last ``seconds``; it counts as told from then on."""
        now = self._clock()
        before = self._told.get(what)
        if before is not None and now - before < seconds:
            return False
        self._told.pop(what, None)
        self._told[what] = now
        if len(self._told) > _MOST:
            del self._told[next(iter(self._told))]
        return True
