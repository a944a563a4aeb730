"""How long people rest between two utterances: everywhere by the host's rule, in a space by its moderators'.

Made and asked by the guard. Lives in memory: a restart ends every rest.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping

from bot.errors import InputError

EVERYWHERE = ""
"""The place of the host's rule."""
_MOST_RESTING = 10_000
"""Rests that are remembered; the earliest go first."""


class Cooldowns:
    """One for a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: in seconds, never going back."""
        self._clock = clock
        self._last: dict[tuple[str, str], tuple[float, str]] = {}

    def begin(self, key: str, person: str, seconds: Mapping[str, int]) -> None:
        """Let a wish pass and begin its person's rests. ``seconds``: by place; 0 is none.

        The same key again passes. Raises InputError ``guard.cooldown`` (seconds, of the longest rest that is left).
        """
        rests = [(person, place) for place, length in seconds.items() if length]
        if any(self._last.get(rest, (0.0, None))[1] == key for rest in rests):
            return
        now = self._clock()
        left = max((self._last.get(rest, (-math.inf, ""))[0] + seconds[rest[1]] - now for rest in rests), default=0.0)
        if left > 0:
            raise InputError("guard.cooldown", seconds=math.ceil(left))
        for rest in rests:
            self._last.pop(rest, None)
            self._last[rest] = now, key
        while len(self._last) > _MOST_RESTING:
            del self._last[next(iter(self._last))]

    def end(self, key: str, person: str, places: Iterable[str]) -> None:
        """Nothing came of a wish: its person need not rest after it."""
        for place in places:
            if self._last.get((person, place), (0.0, None))[1] == key:
                del self._last[person, place]
