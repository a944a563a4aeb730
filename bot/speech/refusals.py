"""Tells the host when a provider refuses us, which people notice only as another voice. Used by ``chain.py``."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import ErrorKind
from bot.texts import codes, say

_log = logging.getLogger("mouthpiece")

EVERY = 3600.0
"""Seconds between two lines about one provider."""
_FOR_THE_HOST = frozenset({ErrorKind.AUTHENTICATION, ErrorKind.BALANCE, ErrorKind.FORBIDDEN, ErrorKind.MODEL})
"""What only the host can mend."""


@dataclass(frozen=True, slots=True)
class _Told:
    at: float
    kind: ErrorKind | None
    """None where a check at the start failed, which does not say why."""


class Refusals:
    """One for a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` gives seconds that never go back."""
        self._clock = clock
        self._told: dict[str, _Told] = {}

    def note(self, provider: str, kind: ErrorKind) -> None:
        """Log what only the host can mend, once an hour for each provider, or when it is something else than before."""
        if kind not in _FOR_THE_HOST:
            return
        told = self._told.get(provider)
        if told is not None and self._clock() - told.at < EVERY and told.kind in (None, kind):
            return
        self._told[provider] = _Told(self._clock(), kind)
        _log.warning("provider %s refuses us: %s (%s)", provider, say(codes.REASON.get(kind, kind), "en"), kind)

    def failed(self, provider: str, detail: str) -> None:
        """Log that the check at the start failed. ``detail``: why, for the host."""
        self._told[provider] = _Told(self._clock(), None)
        _log.warning("provider %s would not speak now: %s", provider, detail)
