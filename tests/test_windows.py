"""Calendar days in zones, sliding minutes, and clocks that jump."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.windows import DAY, MINUTE, Calendar, Recent, Timeline, at, frees_at, sliding, weighted

HOUR = 3_600_000


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "moment", "start", "hours"),
    [
        ("UTC", "2026-11-21T12:00:00+00:00", "2026-11-21T00:00:00+00:00", 24),
        ("Europe/Berlin", "2026-03-29T12:00:00+02:00", "2026-03-29T00:00:00+01:00", 23),
        ("Europe/Berlin", "2026-10-25T12:00:00+01:00", "2026-10-25T00:00:00+02:00", 25),
        ("Europe/Berlin", "2026-10-25T23:59:59+01:00", "2026-10-25T00:00:00+02:00", 25),
        ("America/New_York", "2026-03-08T01:00:00-05:00", "2026-03-08T00:00:00-05:00", 23),
        ("Asia/Shanghai", "2026-11-21T00:00:00+08:00", "2026-11-21T00:00:00+08:00", 24),
        # Midnight does not exist: the day begins at one o'clock.
        ("America/Santiago", "2026-09-06T12:00:00-03:00", "2026-09-06T01:00:00-03:00", 23),
        # Midnight comes twice: the first one counts.
        ("America/Havana", "2026-11-01T12:00:00-05:00", "2026-11-01T00:00:00-04:00", 25),
    ],
)
def test_days_follow_the_clocks_on_the_wall(zone: str, moment: str, start: str, hours: int) -> None:
    day, end = Calendar(ZoneInfo(zone)).day(_ms(moment))
    assert at(day) == datetime.fromisoformat(start)
    assert end - day == hours * HOUR


@given(
    st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "America/Santiago", "Australia/Lord_Howe"]),
    st.integers(_ms("2020-01-01T00:00:00+00:00"), _ms("2030-01-01T00:00:00+00:00")),
)
def test_days_have_no_gaps_and_no_overlaps(zone: str, now: int) -> None:
    calendar = Calendar(ZoneInfo(zone))
    start, end = calendar.day(now)
    assert start <= now < end
    assert calendar.day(start) == (start, end)
    assert calendar.day(end - 1) == (start, end)
    assert calendar.day(end)[0] == end


def test_a_day_stays_when_the_clock_goes_back_over_midnight() -> None:
    midnight = _ms("2026-11-21T00:00:00+00:00")
    timeline = Timeline(Calendar(UTC))
    assert timeline.day(midnight + 5)[0] == midnight
    assert timeline.day(midnight - HOUR) == (midnight, midnight + DAY)
    assert timeline.day(midnight + DAY)[0] == midnight + DAY


def test_a_day_known_from_an_earlier_run_stays() -> None:
    midnight = _ms("2026-11-21T00:00:00+00:00")
    timeline = Timeline(Calendar(UTC), latest_day=midnight)
    assert timeline.day(midnight - HOUR)[0] == midnight


def test_a_clock_that_was_far_ahead_does_not_shut_people_out() -> None:
    midnight = _ms("2026-11-21T00:00:00+00:00")
    timeline = Timeline(Calendar(UTC), latest_day=midnight + 400 * DAY, latest_minute=midnight + 400 * DAY)
    assert timeline.day(midnight + HOUR)[0] == midnight
    assert timeline.steady(midnight + HOUR) == midnight + HOUR


def test_steady_time_goes_on_at_the_clocks_pace_after_a_jump_back() -> None:
    timeline = Timeline(Calendar(UTC))
    assert timeline.steady(10 * HOUR) == 10 * HOUR
    assert timeline.steady(9 * HOUR) == 10 * HOUR
    assert timeline.steady(9 * HOUR + 500) == 10 * HOUR + 500
    assert timeline.steady(8 * HOUR) == 10 * HOUR + 500
    assert timeline.steady(11 * HOUR) == 11 * HOUR
    assert timeline.steady(11 * HOUR + 1) == 11 * HOUR + 1


@given(st.lists(st.integers(-2 * HOUR, 2 * HOUR), min_size=1, max_size=50))
def test_steady_time_never_goes_back(jumps: list[int]) -> None:
    timeline, now, seen = Timeline(Calendar(UTC)), 1000 * HOUR, 0
    for jump in jumps:
        now += jump
        moment = timeline.steady(now)
        assert moment >= max(seen, now)
        seen = moment


@given(
    st.integers(0, 10**13),
    st.integers(0, 500),
    st.integers(0, 500),
    st.integers(1, 200),
    st.integers(1, 500),
)
def test_the_time_promised_is_the_first_that_fits(
    now: int, previous: int, current: int, asked: int, limit: int
) -> None:
    def used(moment: int) -> int:
        start, _, remaining = sliding(moment)
        passed = (start - sliding(now)[0]) // MINUTE
        before, now_used = ((previous, current), (current, 0), (0, 0))[min(passed, 2)]
        return weighted(before, now_used, remaining)

    moment = frees_at(now, previous, current, asked=asked, limit=limit)
    assert now <= moment <= now + 2 * MINUTE
    if asked <= limit:
        assert used(moment) + asked <= limit
        assert moment == now or used(moment - 1) + asked > limit


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(
    counted=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 20)), max_size=20),
    amount=st.integers(1, 30),
    limit=st.integers(1, 60),
)
def test_what_is_waited_for_then_fits(counted: list[tuple[int, int]], amount: int, limit: int) -> None:
    clock = Clock()
    recent = Recent(60.0, clock)
    known: list[tuple[float, int]] = []
    for pause, size in counted:
        clock.now += pause
        recent.add("ada", size)
        recent.add("bo", 1)
        known.append((clock.now, size))
    assert recent.sum("ada") == sum(size for when, size in known if when > clock.now - 60)
    pause_now = recent.wait("ada", amount, limit)
    if pause_now:
        clock.now += pause_now - 0.5
        assert recent.sum("ada") + amount > limit, "not a moment too late"
        clock.now += 0.5
    assert recent.sum("ada") + amount <= limit or not recent.sum("ada")
    assert recent.wait("ada", amount, limit) == 0


def test_keys_are_forgotten_in_time_and_in_number() -> None:
    clock = Clock()
    recent = Recent(60.0, clock, most=3)
    for key in "abcad":
        recent.add(key)
    assert [recent.sum(key) for key in "abcd"] == [2, 0, 1, 1], "the one that was counted longest ago"
    assert len(recent) == 3
    clock.now += 60
    assert recent.sum("a") == 0
    recent.add("e")
    assert len(recent) == 1
