"""Circuit breakers: when a provider is left alone, and when it is tried again."""

import pytest

from bot.errors import ErrorKind, ProviderError
from bot.speech.fallback import Breaker


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


def _open(breaker: Breaker) -> bool:
    """Asked again each time: it changes with the clock."""
    return breaker.open


def _error(kind: ErrorKind) -> ProviderError:
    return ProviderError("p", kind)


def test_three_failures_in_a_row_open_it(clock: _Clock) -> None:
    breaker = Breaker(clock)
    for _ in range(2):
        breaker.failed(_error(ErrorKind.SERVER))
    assert not _open(breaker)
    breaker.failed(_error(ErrorKind.TIMEOUT))
    assert _open(breaker)
    assert breaker.last is not None
    assert breaker.last.kind is ErrorKind.TIMEOUT


def test_after_its_rest_one_failure_is_enough_and_a_success_closes_it(clock: _Clock) -> None:
    breaker = Breaker(clock, rest=30)
    for _ in range(3):
        breaker.failed(_error(ErrorKind.SERVER))
    clock.now = 31
    assert not _open(breaker)
    breaker.failed(_error(ErrorKind.SERVER))
    assert _open(breaker)
    clock.now = 62
    breaker.succeeded()
    breaker.failed(_error(ErrorKind.SERVER))
    assert not _open(breaker)


def test_a_wrong_key_opens_it_at_once_and_for_longer(clock: _Clock) -> None:
    breaker = Breaker(clock, rest=30, long_rest=300)
    breaker.failed(_error(ErrorKind.AUTHENTICATION))
    clock.now = 200
    assert _open(breaker)
    clock.now = 301
    assert not _open(breaker)


@pytest.mark.parametrize("kind", [ErrorKind.INVALID, ErrorKind.MODERATION, ErrorKind.BUDGET, ErrorKind.RATE_LIMIT])
def test_what_says_nothing_of_its_health_is_ignored(clock: _Clock, kind: ErrorKind) -> None:
    breaker = Breaker(clock)
    for _ in range(10):
        breaker.failed(_error(kind))
    assert not _open(breaker)
