"""Logs without secrets: a filter on every handler, installed by the command line before anything else runs.

User text is never given to a logger; this guards against libraries that log what they send (httpx logs whole URLs,
and Telegram's hold the token).
"""

import copy
import logging
import re
import sys
import traceback
from collections.abc import Sequence

_QUIET = ("httpx", "httpcore", "discord", "telegram", "telegram.ext", "aiosqlite", "alembic", "sqlalchemy")
"""Libraries whose INFO says what is sent."""
_TOKEN_SHAPES = re.compile(
    r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}"  # Telegram, whose addresses put "bot" before it
    r"|\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"  # Discord
    r"|\b(?:sk|tp|ttp)-[A-Za-z0-9_-]{8,}"  # the speech service
)
_MASK = "[secret]"
_OWN_WORDS = re.compile(r"[A-Za-z ,]*")
"""What asyncio's messages begin with. Behind it stand tasks, results, exceptions and arguments as they show themselves,
which may quote what a person wrote."""


class Redactor(logging.Formatter):
    """Formats a record on one line (a traceback follows on its own) with every secret masked."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self._secrets = tuple(secret for secret in secrets if len(secret) >= 4)

    def format(self, record: logging.LogRecord) -> str:
        """The record as written: control characters of the message are shown, not obeyed."""
        record = copy.copy(record)
        record.exc_text = None  # another handler's words for the traceback would be taken over unmasked
        if record.name == "asyncio":
            words = _OWN_WORDS.match(record.getMessage().partition("\n")[0])
            record.msg, record.args = (words[0].strip() if words else ""), None
        return self.mask(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the name logging gives it
        """The first line."""
        record.message = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in record.message)
        return super().formatMessage(record)

    def formatException(self, ei: object) -> str:  # noqa: N802  the name logging gives it
        """Where it happened and the kinds of error, without their messages: those may quote what a person wrote."""
        error = ei[1] if isinstance(ei, tuple) else None
        lines: list[str] = []
        while isinstance(error, BaseException):
            frames = traceback.extract_tb(error.__traceback__)
            lines += [f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}' for frame in frames]
            lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)

    def mask(self, text: str) -> str:
        """Text without the secrets we know and without what is shaped like one."""
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return _TOKEN_SHAPES.sub(_MASK, text)


def protect(secrets: Sequence[str], level: str = "info") -> None:
    """Send the log to standard error through the redactor, and quiet the libraries that log what they send."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redactor(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
