"""A circuit breaker for each provider: one that keeps failing is left alone for a while. Used by the waist."""

from collections.abc import Callable

from bot.errors import ErrorKind, ProviderError

_BROKEN = frozenset(
    {ErrorKind.SERVER, ErrorKind.CONNECTION, ErrorKind.TIMEOUT, ErrorKind.BAD_ANSWER, ErrorKind.INCOMPLETE}
)
_REFUSED = frozenset({ErrorKind.AUTHENTICATION, ErrorKind.BALANCE, ErrorKind.FORBIDDEN, ErrorKind.MODEL})


class Breaker:
    """Closed: requests pass. Open: they do not. After the rest they pass again; one failure opens it anew."""

    def __init__(
        self, clock: Callable[[], float], *, failures: int = 3, rest: float = 30.0, long_rest: float = 300.0
    ) -> None:
        """``clock`` gives monotonic seconds; ``long_rest`` is for what only the host can mend (a wrong key)."""
        self._clock = clock
        self._most = failures
        self._rest = rest
        self._long_rest = long_rest
        self._failures = 0
        self._open_until = 0.0
        self.last: ProviderError | None = None
        """Why it opened."""

    @property
    def open(self) -> bool:
        """Whether requests should go elsewhere now."""
        return self._clock() < self._open_until

    def succeeded(self) -> None:
        """A request worked."""
        self._failures = 0
        self._open_until = 0.0
        self.last = None

    def failed(self, error: ProviderError) -> None:
        """A request failed. What says nothing of the provider's health (a refused text, a limit of ours) is ignored."""
        if error.kind in _REFUSED:
            self._open_until = self._clock() + self._long_rest
        elif error.kind in _BROKEN:
            self._failures += 1
            if self._failures < self._most:
                return
            self._failures = self._most - 1  # one more failure after the rest opens it again
            self._open_until = self._clock() + self._rest
        else:
            return
        self.last = error
