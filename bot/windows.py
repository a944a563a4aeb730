"""Time windows: calendar days in a zone, sliding minutes in a database, sliding sums in memory.

Pure arithmetic. The people's ledger (``store/ledger.py``) and the providers' limits (``store/provider_calls.py``) share
it and nothing else: after a crash the person is refunded and the provider still charged. Points in time are
milliseconds since 1970, in memory monotonic seconds.
"""

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

MINUTE = 60_000
DAY = 86_400_000


def at(milliseconds: int, zone: tzinfo = UTC) -> datetime:
    """Return a point in time as an aware datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, zone)


class Calendar:
    """Calendar days in a time zone. A day has 23 or 25 hours when clocks change."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        self.zone = zone
        self._day = (0, 0)

    def day(self, now: int) -> tuple[int, int]:
        """Return start and end of the day of ``now``."""
        start, end = self._day
        if not start <= now < end:
            today = at(now, self.zone).date()
            start, end = self._midnight(today), self._midnight(today + timedelta(days=1))
            self._day = start, end
        return start, end

    def _midnight(self, day: date) -> int:
        # If midnight is skipped on that day (clocks go from 0:00 to 1:00), Python reads it with the offset before the
        # jump, which is the exact instant of the jump: the start of that day.
        return round(datetime.combine(day, time(), self.zone).timestamp() * 1000)


class Timeline:
    """Turns a clock that an administrator may set back into windows that never go back.

    A used-up day stays used up when the clock jumps from just after midnight to just before it: the latest day seen is
    kept as long as it is the next one. A clock that was further ahead was wrong, and its days are not kept. For
    minutes, time continues from where it was at the jump, at the clock's pace.
    """

    def __init__(self, calendar: Calendar, latest_day: int = 0, latest_minute: int = 0) -> None:
        """Set up; ``latest_…`` are the latest window starts of an earlier run; 0 for none."""
        self.calendar = calendar
        self._day = latest_day
        self._steady = latest_minute
        self._shift = 0

    def moment(self, now: int) -> "Moment":
        """Return the windows to count in at ``now`` on the wall clock."""
        day, end = self.day(now)
        return Moment(now, day, end, self.steady(now), self.calendar.zone)

    def day(self, now: int) -> tuple[int, int]:
        """Return start and end of the day to count in at ``now`` on the wall clock."""
        start, end = self.calendar.day(now)
        if start < self._day <= end:
            return self.calendar.day(self._day)
        self._day = start
        return start, end

    def steady(self, now: int) -> int:
        """Return a time for sliding windows that never goes back (unless the clock had been a day ahead)."""
        moment = now + self._shift
        if moment < self._steady:
            gap = self._steady - moment
            self._shift = self._shift + gap if gap <= DAY else 0
            moment = now + self._shift
        elif self._shift and now >= self._steady:
            # The clock was corrected.
            self._shift, moment = 0, now
        self._steady = moment
        return moment


@dataclass(frozen=True, slots=True)
class Moment:
    """The windows that a transaction counts in."""

    now: int
    """Wall clock."""
    day: int
    day_end: int
    steady: int
    """The base of sliding minutes; never goes back."""
    zone: tzinfo = UTC
    """The zone of its days."""

    @property
    def minute(self) -> int:
        """Start of the current bucket."""
        return sliding(self.steady)[0]

    def used(self, previous: int, current: int) -> int:
        """Return the use of the last minute, by the counts of the previous and the current bucket."""
        return weighted(previous, current, sliding(self.steady)[2])

    def frees_at(self, previous: int, current: int, *, asked: int, limit: int) -> int:
        """Return when ``asked`` more fits into a minute, on the wall clock."""
        return frees_at(self.steady, previous, current, asked=asked, limit=limit) + self.now - self.steady


def sliding(now: int, width: int = MINUTE) -> tuple[int, int, int]:
    """Return the starts of the current and previous buckets, and the part of the latter that counts (0 to width)."""
    start = now - now % width
    return start, start - width, width - (now - start)


def weighted(previous: int, current: int, remaining: int, width: int = MINUTE) -> int:
    """Return the use of the last ``width``: the previous bucket counts by the share still inside the window.

    Rounded up. A fixed window would let twice the limit pass around a bucket's edge.
    """
    return current - (-previous * remaining // width)


def frees_at(now: int, previous: int, current: int, *, asked: int, limit: int, width: int = MINUTE) -> int:
    """Return when ``asked`` more fits under ``limit`` in a sliding window, if there are no other requests.

    If it can never fit, return when the window is empty.
    """
    start, _, _ = sliding(now, width)
    for bucket, fading, fixed in ((start, previous, current), (start + width, current, 0)):
        capacity = limit - fixed - asked
        if capacity >= 0:
            remaining = width if fading <= capacity else capacity * width // fading
            return max(now, bucket + width - remaining)
    return start + 2 * width


_MOST_COUNTED = 10_000
"""Counts of one key; the oldest are dropped first."""


class Recent:
    """Sums of the last so many seconds by key, in memory. Keys without any are forgotten."""

    def __init__(self, seconds: float, clock: Callable[[], float], *, most: int = 10_000) -> None:
        """Set up; ``clock`` gives monotonic seconds. Beyond ``most`` keys those counted longest ago are forgotten."""
        self._seconds = seconds
        self._clock = clock
        self._most = most
        self._counted: dict[Hashable, deque[tuple[float, float]]] = {}
        """When and how much; the key that was counted last comes last."""

    def __len__(self) -> int:
        return len(self._counted)

    def add(self, key: Hashable, amount: float = 1.0) -> None:
        """Count for a key."""
        counted = self._counted.pop(key, None) or deque(maxlen=_MOST_COUNTED)
        counted.append((self._clock(), amount))
        self._counted[key] = counted
        oldest = next(iter(self._counted))
        while len(self._counted) > self._most or not self._current(oldest):
            del self._counted[oldest]
            oldest = next(iter(self._counted))

    def sum(self, key: Hashable) -> float:
        """Return what counts for a key now."""
        return sum(amount for _, amount in self._current(key))

    def wait(self, key: Hashable, amount: float, limit: float) -> float:
        """Return the seconds until so much more fits under a limit; 0 when it does, or when nothing counts."""
        counted, now = self._current(key), self._clock()
        over, pause = sum(each for _, each in counted) + amount - limit, 0.0
        for moment, each in counted:
            if over <= 0:
                break
            over -= each
            pause = max(0.001, moment + self._seconds - now)
        return pause

    def _current(self, key: Hashable) -> deque[tuple[float, float]]:
        counted = self._counted.get(key, deque())
        since = self._clock() - self._seconds
        while counted and counted[0][0] <= since:
            counted.popleft()
        return counted
