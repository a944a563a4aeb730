"""A short memory of stored values, for what is asked at every utterance.

Used by the stores of settings, dictionaries, bindings and blocked accounts, and by Telegram's delivery.

A change by this process is seen at once (``drop``), one by another process when the memory is older than its limit.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

SECONDS = 10.0
"""How long a value is believed."""
MOST = 4096
"""Values kept; the oldest go first."""


class Recall(Generic[T]):
    """Values by key, each for a limited time."""

    def __init__(
        self, seconds: float = SECONDS, *, most: int = MOST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``clock``: seconds that never go back."""
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._kept: dict[str, tuple[float, T]] = {}
        self._changes = 0

    async def get(self, key: str, load: Callable[[], Awaitable[T]]) -> T:
        """The value of a key, read again when it is not remembered. Raises what ``load`` raises."""
        kept = self._kept.get(key)
        if kept is not None and self._clock() < kept[0]:
            return kept[1]
        began = self._changes
        value = await load()
        if began == self._changes:  # else this may be the value from before the change
            self._kept.pop(key, None)
            self._kept[key] = self._clock() + self._seconds, value
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        return value

    def drop(self, key: str) -> None:
        """Its stored value was changed."""
        self._changes += 1
        self._kept.pop(key, None)
