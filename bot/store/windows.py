"""When windows begin and end: calendar days in a time zone, sliding minutes, and a clock that may jump.

Called by the ledger and by the provider's counters. All instants are integer milliseconds since 1970, UTC.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

MINUTE = 60_000
DAY = 86_400_000


def at(milliseconds: int, zone: tzinfo = UTC) -> datetime:
    """An instant as an aware datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, zone)


class Calendar:
    """Calendar days in a zone. A day has 23 or 25 hours where clocks are changed."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        self.zone = zone
        self._day = (0, 0)

    def day(self, now: int) -> tuple[int, int]:
        """Start and end of the day that ``now`` lies in."""
        start, end = self._day
        if not start <= now < end:
            today = at(now, self.zone).date()
            start, end = self._midnight(today), self._midnight(today + timedelta(days=1))
            self._day = start, end
        return start, end

    def _midnight(self, day: date) -> int:
        # Where midnight is skipped on that day (clocks go from 0:00 to 1:00), Python reads it with the offset
        # before the jump, which names the very instant of the jump: where that day begins.
        return round(datetime.combine(day, time(), self.zone).timestamp() * 1000)


class Timeline:
    """Turns a clock that an administrator may set back into windows that never go back.

    A person's used-up day stays used up when the clock jumps from just after midnight to just before it: the
    latest day seen is kept as long as it is the next one. A clock that was ahead by more was wrong, and its days
    are not kept. For minutes, time goes on from where it was at the jump, at the clock's pace.
    """

    def __init__(self, calendar: Calendar, latest_day: int = 0, latest_minute: int = 0) -> None:
        """``latest_…``: the latest window starts known from an earlier run; 0 for none."""
        self.calendar = calendar
        self._day = latest_day
        self._steady = latest_minute
        self._shift = 0

    def day(self, now: int) -> tuple[int, int]:
        """Start and end of the day to count in at ``now`` on the wall clock."""
        start, end = self.calendar.day(now)
        if start < self._day <= end:
            return self.calendar.day(self._day)
        self._day = start
        return start, end

    def steady(self, now: int) -> int:
        """An instant that does not go back (unless the clock had been a day ahead), for sliding windows."""
        moment = now + self._shift
        if moment < self._steady:
            gap = self._steady - moment
            self._shift = self._shift + gap if gap <= DAY else 0
            moment = now + self._shift
        elif self._shift and now >= self._steady:
            # The clock was put right again.
            self._shift, moment = 0, now
        self._steady = moment
        return moment


def sliding(now: int, width: int = MINUTE) -> tuple[int, int, int]:
    """Start of the present bucket, start of the one before, and what part of that one counts still (0 to width)."""
    start = now - now % width
    return start, start - width, width - (now - start)


def weighted(previous: int, current: int, remaining: int, width: int = MINUTE) -> int:
    """Use in the last ``width``: the previous bucket counts by the share of it that the window still covers.

    Rounded up. A fixed window would let twice the limit pass around a bucket's edge.
    """
    return current - (-previous * remaining // width)


def frees_at(now: int, previous: int, current: int, *, asked: int, limit: int, width: int = MINUTE) -> int:
    """When ``asked`` more fits under ``limit`` in a sliding window, if nobody else comes.

    Where it can never fit, when the window is empty.
    """
    start, _, _ = sliding(now, width)
    for bucket, fading, fixed in ((start, previous, current), (start + width, current, 0)):
        room = limit - fixed - asked
        if room >= 0:
            remaining = width if fading <= room else room * width // fading
            return max(now, bucket + width - remaining)
    return start + 2 * width
