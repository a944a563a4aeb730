"""What providers refuse is in the log: at once, and then once an hour."""

import pytest

from bot.errors import ErrorKind
from bot.speech.fallback import EVERY, Refusals


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_refusal_is_told_once_an_hour_for_each_provider(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    refusals = Refusals(clock)
    for minute in range(150):
        clock.now = minute * 60.0
        for provider in ("mimo", "other"):
            refusals.note(provider, ErrorKind.AUTHENTICATION)
    assert caplog.messages == [
        f"provider {provider} refuses requests: key rejected (authentication)"
        for _ in range(3)
        for provider in ("mimo", "other")
    ]
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    refusals.note("mimo", ErrorKind.BALANCE)
    assert caplog.messages[-1] == "provider mimo refuses requests: out of credit (balance)", "another reason is news"


@pytest.mark.parametrize("kind", sorted(set(ErrorKind) - {"authentication", "balance", "forbidden", "model"}))
def test_what_mends_itself_is_not_told(caplog: pytest.LogCaptureFixture, kind: ErrorKind) -> None:
    Refusals().note("mimo", kind)
    assert caplog.messages == []


def test_what_the_check_at_the_start_told_is_not_told_again_within_the_hour(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    refusals = Refusals(clock)
    refusals.failed("mimo", "It does not accept the key: HTTP 401.")
    refusals.note("mimo", ErrorKind.AUTHENTICATION)
    assert len(caplog.messages) == 1
    clock.now = EVERY
    refusals.note("mimo", ErrorKind.AUTHENTICATION)
    assert len(caplog.messages) == 2
