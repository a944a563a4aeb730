"""What a provider's refusals and a broken connection mean, in our own kinds of failure.

Called by ``wire`` and by the providers that speak HTTP. Sources: the error tables of MiMo (reference, 8), OpenAI's
envelope, FastAPI's ``detail``, and httpx's tree of exceptions.
"""

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.errors import ErrorKind, ProviderError

MAX_RETRY_AFTER = 60.0
"""Seconds. What a provider asks beyond it is not believed."""
_DETAIL = 300
"""Characters of a provider's words that are kept."""


def tidy(words: str, secret: str = "") -> str:
    """A provider's words, fit for one line: without the key, control characters and everything past 300."""
    if secret:
        words = words.replace(secret, "***")
    words = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in words[: 4 * _DETAIL])
    return " ".join(words.split())[:_DETAIL]


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds from a Retry-After header (a number or a date), at most 60; None where it says nothing usable."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    if math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def parse_json(data: bytes | str) -> Any:
    """JSON as the standard has it. Raises ValueError, also for NaN, infinities and absurd nesting."""

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is not JSON")

    try:
        return json.loads(data, parse_constant=refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


_KINDS_BY_TYPE: Mapping[str, ErrorKind] = {
    "content_filter": ErrorKind.MODERATION,
    "invalid_key": ErrorKind.AUTHENTICATION,
    "authentication_error": ErrorKind.AUTHENTICATION,
    "insufficient_balance": ErrorKind.BALANCE,
    "insufficient_quota": ErrorKind.BALANCE,
    "illegal_access": ErrorKind.FORBIDDEN,
    "permission_error": ErrorKind.FORBIDDEN,
    "limitation": ErrorKind.RATE_LIMIT,
    "rate_limit_error": ErrorKind.RATE_LIMIT,
    "invalid_request_error": ErrorKind.INVALID,
    "server_error": ErrorKind.SERVER,
}
_KINDS_BY_STATUS: Mapping[int, ErrorKind] = {
    401: ErrorKind.AUTHENTICATION,
    402: ErrorKind.BALANCE,
    403: ErrorKind.FORBIDDEN,
    404: ErrorKind.MODEL,
    405: ErrorKind.MODEL,
    408: ErrorKind.SERVER,
    409: ErrorKind.SERVER,
    421: ErrorKind.MODERATION,
    425: ErrorKind.SERVER,
    429: ErrorKind.RATE_LIMIT,
}


def _kind_of_status(status: int) -> ErrorKind | None:
    if 300 <= status < 400:
        return ErrorKind.MODEL  # the address is another one; going there would carry the key along
    if 500 <= status < 600:
        return ErrorKind.SERVER
    if 400 <= status < 500:
        return _KINDS_BY_STATUS.get(status, ErrorKind.INVALID)
    return None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a provider said instead of an answer."""

    kind: ErrorKind
    words: str
    """Its own, untidied; empty where it sent a web page or nothing."""


def read_refusal(status: int, body: bytes) -> Refusal:
    """Make sense of an error body: the inner code decides first, then the type, then the HTTP status.

    Takes the error envelope of OpenAI's and MiMo's services, FastAPI's ``detail``, and JSON behind ``data:``.
    """
    try:
        answer = parse_json(body.strip().removeprefix(b"data:"))
    except ValueError:
        answer = None
    error = answer.get("error", answer.get("detail", answer)) if isinstance(answer, dict) else None
    if isinstance(error, str):
        error = {"message": error}
    if not isinstance(error, dict):
        kind = _kind_of_status(status) or ErrorKind.BAD_ANSWER
        return Refusal(kind, "")
    return read_error(status, error)


def read_error(status: int, error: Mapping[str, Any]) -> Refusal:
    """The same for the inner error object, which may also come inside a 200."""
    said = str(error.get("type") or "").lower()
    code = str(error.get("code") or "")
    words = next((str(error[key]) for key in ("param", "message", "detail") if error.get(key)), "")
    inner = _kind_of_status(int(code)) if re.fullmatch(r"[3-5]\d\d", code) else _KINDS_BY_TYPE.get(code.lower())
    by_type = _KINDS_BY_TYPE.get(said)
    if by_type is ErrorKind.MODERATION:  # the service relays 421 under other numbers too
        return Refusal(by_type, words)
    return Refusal(inner or by_type or _kind_of_status(status) or ErrorKind.BAD_ANSWER, words)


def failure(provider: str, error: Exception, *, answering: bool = False) -> ProviderError:
    """An exception of httpx, of a deadline or of a socket as ours. ``answering``: the answer had begun."""
    name = type(error).__name__  # its text may hold an address or a header, so it stays out
    match error:
        case httpx.ConnectTimeout():
            kind = ErrorKind.CONNECTION
        case httpx.TimeoutException() | TimeoutError():
            kind = ErrorKind.TIMEOUT
        case httpx.DecodingError():
            kind = ErrorKind.BAD_ANSWER
        case httpx.LocalProtocolError() | httpx.InvalidURL() | httpx.CookieConflict() | httpx.UnsupportedProtocol():
            kind = ErrorKind.MODEL  # the address or the key is at fault, not the text: somebody else may speak it
        case _:
            kind = ErrorKind.INCOMPLETE if answering else ErrorKind.CONNECTION
    return ProviderError(provider, kind, detail=name)
