"""Logs without secrets and without floods: one handler, installed by the command line before anything else runs.

User text is never given to a logger; the formatter guards against libraries that log what they send (httpx logs whole
URLs, and Telegram's hold the token). The handler writes a line that repeats a few times, then counts it.
"""

import copy
import logging
import re
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TextIO

_QUIET = ("httpx", "httpcore", "discord", "telegram", "telegram.ext", "aiosqlite", "alembic", "sqlalchemy")
"""Libraries whose INFO lines quote what is sent."""
_TOKEN_SHAPES = re.compile(
    r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}"  # Telegram, whose addresses put "bot" before it
    r"|\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"  # Discord
    r"|\b(?:sk|tp|ttp)-[A-Za-z0-9_-]{8,}"  # the speech service
)
_MASK = "[secret]"
_LONGEST_KNOWN = 300
"""Characters of a line that are kept to recognize its repetitions."""
_OWN_WORDS = re.compile(r"[A-Za-z ,]*")
"""Beginnings of asyncio's messages. After them come representations of tasks, results, exceptions and arguments, which
may quote what a person wrote.
"""


@dataclass(slots=True)
class Request:
    """A person's command; log lines carry its id until it is finished."""

    id: str
    open: bool = True


request: ContextVar[Request | None] = ContextVar("request", default=None)
"""The command this task answers."""


class Redactor(logging.Formatter):
    """Formats a record as one line (a traceback follows) with every secret masked."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self._secrets = tuple(secret for secret in secrets if len(secret) >= 4)

    def format(self, record: logging.LogRecord) -> str:
        """Return the formatted record; control characters of the message are escaped."""
        record = copy.copy(record)
        record.exc_text = None  # the traceback text cached by another handler would be used unmasked
        record.msg, record.args = _message(record), None
        return self.mask(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the name logging gives it
        """Return the first line."""
        record.message = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in record.message)
        line = super().formatMessage(record)
        asked = request.get()
        return f"{line} [{asked.id}]" if asked is not None and asked.open else line

    def formatException(self, ei: object) -> str:  # noqa: N802  the name logging gives it
        """Return the traceback without the exceptions' messages, which may quote what a person wrote."""
        error = ei[1] if isinstance(ei, tuple) else None
        lines: list[str] = []
        while isinstance(error, BaseException):
            frames = traceback.extract_tb(error.__traceback__)
            lines += [f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}' for frame in frames]
            lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)

    def mask(self, text: str) -> str:
        """Return text without known secrets and without anything shaped like one."""
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return _TOKEN_SHAPES.sub(_MASK, text)


@dataclass(slots=True)
class _Repeated:
    """A written line and the number of its repetitions, without its exception, whose frames keep much alive."""

    logger: str
    level: int
    message: str
    since: float
    written: int = 1
    held_back: int = 0


class LimitedHandler(logging.StreamHandler[TextIO]):
    """Writes identical lines a few times per period, then one line with their count.

    Lines are identical if they share logger, level, message and place of error; those with the same ``alike`` (given as
    ``extra``) count as identical whatever their facts. Memory is bounded: the oldest known line is dropped.
    """

    MOST = 5
    """Identical lines written per period."""
    PERIOD = 60.0
    """Seconds from the first line to the count."""
    KNOWN = 1000
    """Distinct lines that are remembered."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self._clock = clock
        self._lines: OrderedDict[object, _Repeated] = OrderedDict()  # in the order of their first occurrence
        self._alarm: threading.Timer | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or count it. Called under the handler's lock."""
        self._write_counts()
        try:
            key = _identity(record)
        except Exception:  # noqa: BLE001  a border: logging reports a record that cannot be formatted, and goes on
            self.handleError(record)
            return
        line = self._lines.get(key)
        if line is None:
            self._lines[key] = _Repeated(record.name, record.levelno, _message(record)[:_LONGEST_KNOWN], self._clock())
            if len(self._lines) > self.KNOWN:
                self._write_count(self._lines.popitem(last=False)[1])
        elif line.written < self.MOST:
            line.written += 1
        else:
            line.held_back += 1
            self._set_alarm()
            return
        super().emit(record)

    def close(self) -> None:
        """Write the pending counts."""
        with self.lock or threading.Lock():
            self._cancel_alarm()
            self._write_counts(all_of_them=True)
        super().close()

    def _write_counts(self, *, all_of_them: bool = False) -> None:
        now = self._clock()
        while self._lines:
            key, line = next(iter(self._lines.items()))
            if not all_of_them and now - line.since < self.PERIOD:
                return
            del self._lines[key]
            self._write_count(line)

    def _write_count(self, line: _Repeated) -> None:
        if line.held_back:
            times = f"{line.held_back:,} times" if line.held_back > 1 else "once"
            message = f"{line.message} … repeated {times}"
            super().emit(logging.LogRecord(line.logger, line.level, "", 0, message, None, None))

    def _set_alarm(self) -> None:
        """Schedule the counts for the end of the period, even if nothing else is logged."""
        if self._alarm is None:
            self._alarm = threading.Timer(self.PERIOD, self._ring)
            self._alarm.daemon = True
            self._alarm.start()

    def _cancel_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self) -> None:
        with self.lock or threading.Lock():
            self._alarm = None
            self._write_counts()
            if any(line.held_back for line in self._lines.values()):
                self._set_alarm()


def _message(record: logging.LogRecord) -> str:
    """Return a record's message; for asyncio only its own words, as in ``Redactor``."""
    if record.name != "asyncio":
        return record.getMessage()
    words = _OWN_WORDS.match(record.getMessage().partition("\n")[0])
    return words[0].strip() if words else ""


def _identity(record: logging.LogRecord) -> object:
    """Return what two identical lines have in common."""
    alike = getattr(record, "alike", None)
    said = hash(_message(record)) if alike is None else alike  # a hash, because texts may be long
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    place = None
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        place, trace = (trace.tb_frame.f_code, trace.tb_lineno), trace.tb_next
    return record.name, record.levelno, said, type(error), place and (place[0].co_filename, place[1])


def protect(secrets: Sequence[str], level: str = "info") -> None:
    """Send the log to standard error through the redactor, and silence libraries that log what they send."""
    handler = LimitedHandler(sys.stderr)
    handler.setFormatter(Redactor(secrets))
    root = logging.getLogger()
    for replaced in root.handlers:
        if isinstance(replaced, LimitedHandler):
            replaced.close()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
