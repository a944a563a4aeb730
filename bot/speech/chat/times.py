"""Moments as people say them: ``in 5 minutes``, ``Tuesday, November 14, 2023 at 10:13 PM``. Used by ``references``."""

from datetime import UTC, datetime, timedelta

from bot.speech.chat.vocabulary import Vocabulary

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEPS = (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
"""Seconds of each, a year of 365.25 days."""
_ZH_PARTS = ((0, "凌晨"), (6, "早上"), (9, "上午"), (12, "中午"), (13, "下午"), (18, "晚上"))


def spoken_time(seconds: int, style: str, now: datetime, words: Vocabulary) -> str:
    """A moment in one of Discord's seven styles (``t T d D f F R``), as it is for listeners in the zone of ``now``."""
    try:
        moment = (_EPOCH + timedelta(seconds=seconds)).astimezone(now.tzinfo)
    except (OverflowError, ValueError, OSError):
        return words.say("time")
    if style == "R":
        return distance(moment - now, words)
    if style in "tT":
        return _clock(moment, words, seconds=style == "T")
    date = _date(moment, now, words)
    if style == "F":
        date = words.say("weekday", weekday=words.days[moment.weekday()], date=date)
    return date if style in "dD" else words.say("moment", day=date, clock=_clock(moment, words, seconds=False))


def distance(gap: timedelta, words: Vocabulary) -> str:
    """``in 5 minutes``, ``2 hours ago``: the largest whole unit."""
    seconds = round(gap.total_seconds())
    for unit, length in _STEPS:
        count = abs(seconds) // length
        if count:
            one, several = words.spans[unit]
            span = (one if count == 1 else several).format(count=count)
            return words.say("future" if seconds > 0 else "past", span=span)
    return words.say("present")


def duration(seconds: float, words: Vocabulary) -> str:
    """``2 minutes and 5 seconds``."""
    whole = max(1, round(seconds))
    parts = []
    for unit, length in _STEPS[3:]:
        count, whole = divmod(whole, length)
        if count:
            one, several = words.spans[unit]
            parts.append((one if count == 1 else several).format(count=count))
    return words.joined(parts) if words.language == "en" else "".join(parts)


def _date(moment: datetime, now: datetime, words: Vocabulary) -> str:
    """Without the year where it is this one."""
    name = "date" if moment.year == now.year else "date_year"
    return words.say(name, year=moment.year, month=words.months[moment.month - 1], day=moment.day)


def _clock(moment: datetime, words: Vocabulary, *, seconds: bool) -> str:
    if words.language == "en":
        tail = f":{moment.second:02}" if seconds else ""
        return f"{moment.hour % 12 or 12}:{moment.minute:02}{tail} {'PM' if moment.hour >= 12 else 'AM'}"
    part = next(name for hour, name in reversed(_ZH_PARTS) if moment.hour >= hour)
    hour = moment.hour - 12 if moment.hour > 12 else moment.hour
    minute = f"{moment.minute}分" if moment.minute or seconds else ""
    return f"{part}{hour}点{minute}" + (f"{moment.second}秒" if seconds else "")
