"""HTTP to a provider: one pooled client, bounded waits and answers, server-sent events, errors as ProviderError."""

import asyncio
import json
import math
import re
import ssl
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.errors import ConfigError, ErrorKind, ProviderError
from bot.providers.base import Timeouts

MAX_RETRY_AFTER = 60.0
"""Seconds. Longer demands of a provider are cut to this."""
_DETAIL = 300
"""Characters of a provider's words that are kept."""


def tidy(words: str, secret: str = "") -> str:
    """Return a provider's words on one line: without the key, control characters and everything past 300."""
    if secret:
        words = words.replace(secret, "***")
    words = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in words[: 4 * _DETAIL])
    return " ".join(words.split())[:_DETAIL]


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Return seconds of a Retry-After header (a number or a date), at most 60; None if it is unusable."""
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
    """Parse standard JSON. Raises ValueError, also for NaN, infinities and absurd nesting."""

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
        return ErrorKind.MODEL  # the address is another one; following it would send the key along
    if 500 <= status < 600:
        return ErrorKind.SERVER
    if 400 <= status < 500:
        return _KINDS_BY_STATUS.get(status, ErrorKind.INVALID)
    return None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A provider's refusal."""

    kind: ErrorKind
    words: str
    """Its own words, untidied; empty if it sent a web page or nothing."""


def read_refusal(status: int, body: bytes) -> Refusal:
    """Parse an error body: the inner code decides first, then the type, then the HTTP status.

    Understands the error envelope of OpenAI's and MiMo's services, FastAPI's ``detail``, and JSON after ``data:``.
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
    """Parse the inner error object, which may also come inside a 200."""
    said = str(error.get("type") or "").lower()
    code = str(error.get("code") or "")
    words = next((str(error[key]) for key in ("param", "message", "detail") if error.get(key)), "")
    inner = _kind_of_status(int(code)) if re.fullmatch(r"[3-5]\d\d", code) else _KINDS_BY_TYPE.get(code.lower())
    by_type = _KINDS_BY_TYPE.get(said)
    if by_type is ErrorKind.MODERATION:  # the service also relays 421 under other numbers
        return Refusal(by_type, words)
    return Refusal(inner or by_type or _kind_of_status(status) or ErrorKind.BAD_ANSWER, words)


def failure(provider: str, error: Exception, *, answering: bool = False) -> ProviderError:
    """Return an exception of httpx, a deadline or a socket as ProviderError. ``answering``: the answer had begun."""
    name = type(error).__name__  # its text may hold an address or a header, so it is dropped
    match error:
        case httpx.ConnectTimeout():
            kind = ErrorKind.CONNECTION
        case httpx.TimeoutException() | TimeoutError():
            kind = ErrorKind.TIMEOUT
        case httpx.DecodingError():
            kind = ErrorKind.BAD_ANSWER
        case httpx.LocalProtocolError() | httpx.InvalidURL() | httpx.CookieConflict() | httpx.UnsupportedProtocol():
            kind = ErrorKind.MODEL  # the address or the key is at fault, not the text: another provider may speak it
        case _:
            kind = ErrorKind.INCOMPLETE if answering else ErrorKind.CONNECTION
    return ProviderError(provider, kind, detail=name)


LARGE = 64 * 2**10
"""Bytes above which the sound is cut out, and limit of the rest."""
_SOUND = re.compile(rb'"(?:data|audio|delta)"\s*+:\s*+"([A-Za-z0-9+/=\\]{4096,}+)"')
CUT_OUT = "~"
"""Placeholder of the sound; not base64."""


class TooLargeError(ValueError):
    """The body has too much besides sound."""


def parse(data: bytes | bytearray, most_beside: int = LARGE) -> tuple[Any, bytes | None]:
    """Return the JSON value, and the base64 cut out of it at ``CUT_OUT``, if any.

    ``most_beside``: bytes besides the sound. Raises ValueError, TooLargeError.
    """
    sound = _SOUND.search(data) if len(data) > LARGE else None
    cut_out = None
    if sound is not None:
        cut_out = bytes(memoryview(data)[sound.start(1) : sound.end(1)]).replace(b"\\/", b"/")
        data = data[: sound.start(1)] + CUT_OUT.encode() + data[sound.end(1) :]
    if len(data) > most_beside:
        raise TooLargeError("far more JSON than sound")
    return parse_json(bytes(data)), cut_out


MAX_EVENT = 40 * 2**20
"""Bytes. A service in compatibility mode sends a whole recording of 2000 characters (37 MB) as one event."""
_MOST_LINES = 1000
"""Lines of one event: the small objects of more would take many times their bytes."""
_MOST_IDLE_LINES = 100_000
"""Consecutive lines without data. One a second is usual; endless ones are an attack on the CPU."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventTooLargeError(ValueError):
    """An event exceeds the limit."""


class EventReader:
    """Turns chunks, cut anywhere, into the data of events. Linear in the bytes, whatever the cuts."""

    def __init__(self, limit: int = MAX_EVENT) -> None:
        self._limit = limit
        self._line = bytearray()
        """The incomplete line; in one buffer, since a peer may send it byte by byte."""
        self._data: list[bytearray] = []
        self._size = 0
        self._idle = 0
        self._after_cr = False
        self._first_line = True

    def feed(self, chunk: bytes) -> Iterator[bytearray]:
        """Yield the data of each event completed by this chunk. Raises EventTooLargeError."""
        if not chunk:
            return
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        for piece in chunk.splitlines(keepends=True):
            self._size += len(piece)
            if self._size > self._limit:
                raise EventTooLargeError(f"an event of more than {self._limit} bytes")
            if not piece.endswith((b"\n", b"\r")):
                self._line += piece
                continue
            self._line += piece.rstrip(b"\r\n")
            line, self._line = self._line, bytearray()
            yield from self._end_line(line)

    def finish(self) -> Iterator[bytearray]:
        """Yield the last event, if the stream ended before its blank line."""
        line, self._line = self._line, bytearray()
        if line:
            yield from self._end_line(line)
        yield from self._end_line(bytearray())

    def _end_line(self, line: bytearray) -> Iterator[bytearray]:
        if self._first_line:
            if line.startswith(_BYTE_ORDER_MARK):
                del line[: len(_BYTE_ORDER_MARK)]
            self._first_line = False
        if line.startswith(b"data:") or line == b"data":
            del line[: 6 if line[5:6] == b" " else 5]
            self._data.append(line)
            self._idle = 0
            if len(self._data) > _MOST_LINES:
                raise EventTooLargeError(f"an event of more than {_MOST_LINES} lines")
        elif not line and self._data:
            data, self._data, self._size = self._data, [], 0
            yield data[0] if len(data) == 1 else bytearray(b"\n").join(data)
        else:
            self._idle += 1
            if self._idle > _MOST_IDLE_LINES:
                raise EventTooLargeError(f"more than {_MOST_IDLE_LINES} lines without data")
            if not self._data:
                self._size = 0  # comments and unused fields only count towards the limit


async def events(chunks: AsyncIterable[bytes], limit: int = MAX_EVENT) -> AsyncGenerator[tuple[bytearray, bool], None]:
    """Yield each event's data, and whether its end was seen. Raises EventTooLargeError and what the chunks raise."""
    reader = EventReader(limit)
    async for chunk in chunks:
        for event in reader.feed(chunk):
            yield event, True
    for event in reader.finish():
        yield event, False


MAX_ANSWER = 40 * 2**20
"""Bytes of an answer held in memory: a slow recording of 2000 characters is 37 MB of JSON."""
MAX_ERROR_BODY = 64 * 2**10
"""Bytes of a refusal that are read."""
REFUSAL_SECONDS = 5.0
"""Seconds to wait for the words of a refusal; its status says enough."""
_KNOWN_ENDS = ("/chat/completions", "/audio/speech", "/audio/voices", "/models", "/v1")


def service_root(provider: str, base_url: str) -> str:
    """Return the address without ``/v1`` and what follows it, from any form people paste. Raises ConfigError."""
    try:
        parts = urlsplit(base_url.strip())
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port)
    except ValueError:
        raise ConfigError("provider.bad_url", provider=provider) from None
    if not usable:
        raise ConfigError("provider.bad_url", provider=provider)
    path = parts.path.rstrip("/")
    for end in _KNOWN_ENDS:
        path = path.removesuffix(end).rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def is_key(text: str) -> bool:
    """Return whether a key can be sent in a header: visible ASCII."""
    return bool(re.fullmatch(r"[\x21-\x7e]+", text))


def check_key(provider: str, key: str, *, required: bool) -> None:
    """Raise ConfigError if no request can be sent with a key: ``provider.no_key``, ``provider.bad_key``."""
    if is_key(key) or not (key or required):
        return
    variable = f"MOUTHPIECE_PROVIDERS__{provider.upper().replace('-', '_')}__API_KEY"
    raise ConfigError("provider.bad_key" if key else "provider.no_key", provider=provider, variable=variable)


def is_plain_text_abroad(root: str) -> bool:
    """Return whether a key would leave this machine unencrypted."""
    parts = urlsplit(root)
    return parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}


class _WaitBudget:
    """Total seconds we may wait on the peer; our own work does not count. Received sound adds its own length.

    So a stream may fall behind real time by as much as the first sound may take, and only sound keeps it alive.
    """

    def __init__(self, seconds: float) -> None:
        self.left = seconds
        self._has_sound = False

    @asynccontextmanager
    async def wait(self) -> AsyncIterator[None]:
        """Wait inside. Raises TimeoutError when the budget is used up."""
        clock = asyncio.get_running_loop().time
        start = clock()
        try:
            async with asyncio.timeout(max(0.0, self.left)):
                yield
        finally:
            self.left -= clock() - start

    def add_sound(self, seconds: float, allowance: float) -> None:
        """Count received sound; from the first on, waiting may exceed it by ``allowance`` seconds."""
        if not self._has_sound:
            self._has_sound = True
            self.left = allowance
        self.left += seconds


_WIRE_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict, OSError)


class HttpAnswer:
    """An HTTP answer whose body has not been read."""

    def __init__(self, provider: str, response: httpx.Response, limiter: _WaitBudget, first_audio: float) -> None:
        self._provider = provider
        self._response = response
        self._limiter = limiter
        self._first_audio = first_audio

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status_code

    @property
    def ok(self) -> bool:
        """Return whether it is a success."""
        return self._response.is_success

    @property
    def media_type(self) -> str:
        """Lower case, without parameters."""
        media_type: str = self._response.headers.get("content-type", "")
        return media_type.partition(";")[0].strip().lower()

    @property
    def rate(self) -> int | None:
        """Hertz, if the media type names them, as ``audio/L16; rate=16000`` does."""
        found = re.search(r"\brate=(\d{4,6})\b", self._response.headers.get("content-type", ""))
        return int(found[1]) if found else None

    @property
    def retry_after(self) -> float | None:
        """Seconds the service asks to wait."""
        return retry_after(self._response.headers.get("retry-after"))

    @property
    def is_streamed(self) -> bool:
        """Return whether the body began before its length was known."""
        return "content-length" not in self._response.headers

    def add_sound(self, seconds: float) -> None:
        """Count sound decoded from this answer: the next wait may be longer by that."""
        self._limiter.add_sound(seconds, self._first_audio)

    def expect_sound(self) -> None:
        """Wait for the first sound as for a stream's."""
        self.hurry(self._first_audio)

    async def chunks(self, limit: int = MAX_ANSWER) -> AsyncGenerator[bytes, None]:
        """Yield the body as it arrives. Raises ProviderError: too slow, broken off, too large, compressed."""
        encoding = self._response.headers.get("content-encoding", "").strip().lower()
        if encoding not in {"", "identity"}:
            # We ask for none. A few kilobytes can unpack to gigabytes, and base64 sound gains little.
            raise ProviderError(self._provider, ErrorKind.BAD_ANSWER, detail=f"a body packed as {encoding[:20]}")
        size = 0
        # httpx promises an iterator only; it is a generator, and closing it here keeps its end out of the collector.
        async with aclosing(self._response.aiter_raw()) as source:  # type: ignore[type-var]
            while True:
                try:
                    async with self._limiter.wait():
                        chunk = await anext(source, None)
                except _WIRE_ERRORS as error:
                    raise failure(self._provider, error, answering=True) from None
                if chunk is None:
                    return
                size += len(chunk)
                if size > limit:
                    detail = f"an answer of more than {limit} bytes"
                    raise ProviderError(self._provider, ErrorKind.BAD_ANSWER, detail=detail)
                yield chunk

    async def read(self, limit: int = MAX_ANSWER) -> bytearray:
        """Return the whole body, held once. Raises ProviderError as ``chunks`` does."""
        body = bytearray()
        async with aclosing(self.chunks(limit)) as chunks:
            async for chunk in chunks:
                body += chunk
        return body

    async def refusal(self) -> Refusal:
        """Return the refusal in an unsuccessful answer. Raises nothing: an unreadable body leaves the status."""
        self.hurry(REFUSAL_SECONDS)
        try:
            body = await self.read(MAX_ERROR_BODY)
        except ProviderError:
            body = bytearray()
        return read_refusal(self.status, bytes(body))

    def hurry(self, seconds: float) -> None:
        """Limit the wait for the rest of the body."""
        self._limiter.left = min(self._limiter.left, seconds)


class Wire:
    """The connections to one provider. The client is made in the loop that first needs it."""

    def __init__(
        self, provider: str, root: str, headers: Mapping[str, str], *, timeouts: Timeouts, ca_file: str = ""
    ) -> None:
        self._provider = provider
        self._root = root
        self._headers = dict(headers)
        self._timeouts = timeouts
        self._ca_file = ca_file
        self._client: httpx.AsyncClient | None = None
        self._opening: asyncio.Lock | None = None

    def _trust(self) -> ssl.SSLContext:
        """Return the public certificate authorities and the configured one. Slow: reads certificate files."""
        if self._root.startswith("http:"):
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # unused, trusts nobody, costs nothing
        context = httpx.create_ssl_context()
        if self._ca_file:
            context.load_verify_locations(cafile=self._ca_file)
        return context

    async def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            self._opening = self._opening or asyncio.Lock()
            async with self._opening:
                if self._client is None:
                    self._client = await self._make_client()
        return self._client

    async def _make_client(self) -> httpx.AsyncClient:
        try:
            trust = await asyncio.to_thread(self._trust)
        except OSError:
            raise ConfigError("provider.bad_ca_file", provider=self._provider, path=self._ca_file) from None
        try:
            return self._client_trusting(trust)
        except (ImportError, ValueError):  # raised by httpx for an unusable proxy in the environment
            raise ConfigError("provider.bad_proxy", provider=self._provider) from None

    def _client_trusting(self, trust: ssl.SSLContext) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers={"accept-encoding": "identity", **self._headers},
            verify=trust,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=8, keepalive_expiry=30.0),
            # A service on this machine is never reached through a proxy of the environment.
            mounts={f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")},
        )

    @asynccontextmanager
    async def ask(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        *,
        within: float,
        idle: float | None = None,
    ) -> AsyncIterator[HttpAnswer]:
        """Send a request and yield the answer when its head has arrived.

        ``within``: seconds of waiting in all, to which sound adds its own length. ``idle``: seconds between two reads,
        as many as in all when None. Raises ProviderError.
        """
        client = await self._open()
        limits = self._timeouts
        limiter = _WaitBudget(within)
        phases = httpx.Timeout(
            connect=limits.connect,
            write=limits.write,
            read=None if idle is None else idle,
            pool=within,
        )
        headers = {"content-type": "application/json"} if content is not None else {}
        try:
            request = client.build_request(method, self._root + path, content=content, headers=headers, timeout=phases)
            async with limiter.wait():
                response = await client.send(request, stream=True)
        except _WIRE_ERRORS as error:
            raise failure(self._provider, error) from None
        try:
            yield HttpAnswer(self._provider, response, limiter, limits.first_audio)
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
