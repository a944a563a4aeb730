"""Whose name is said before a message: again when somebody else writes, or after a while. One for each session."""

from collections.abc import Callable

SECONDS = 60.0
"""After so long a listener may have forgotten who is speaking."""


class NameMemory:
    """Who was read last."""

    def __init__(self, clock: Callable[[], float], seconds: float = SECONDS) -> None:
        """``clock``: seconds that never go back."""
        self._clock = clock
        self._seconds = seconds
        self._last = ""
        self._at = 0.0

    def says(self, who: str) -> bool:
        """Whether the name has to be said before this person's next message, which is then taken as read."""
        now = self._clock()
        fresh = who == self._last and now - self._at < self._seconds
        self._last, self._at = who, now
        return not fresh
