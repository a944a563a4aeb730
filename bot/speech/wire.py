"""HTTP to a provider: one pooled client, bounded waits, bounded answers, and every failure as a ProviderError.

Called by the providers that speak HTTP. It knows neither bodies nor dialects; redirects are never followed, so that a
key goes to the configured host only.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from bot.errors import ConfigError, ErrorKind, ProviderError
from bot.speech.refusal import Refusal, failure, read_refusal, retry_after

MAX_ANSWER = 96 * 2**20
"""Bytes of an unpacked answer: a recording of 2000 characters is 34 MB of JSON."""
MAX_ERROR_BODY = 64 * 2**10
"""Bytes of a refusal that are read."""
REFUSAL_SECONDS = 5.0
"""How long the words of a refusal are waited for; its status says enough."""
_KNOWN_ENDS = ("/chat/completions", "/audio/speech", "/audio/voices", "/models", "/v1")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each phase of a request."""

    connect: float = 10.0
    write: float = 30.0
    idle: float = 30.0
    """Between two reads of a streamed answer."""
    total: float = 180.0
    """All waiting for one request together; time the listener takes between two pieces does not count."""


def service_root(provider: str, base_url: str) -> str:
    """The address without ``/v1`` and what follows it, from any form people paste. Raises ConfigError."""
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
    """Whether it can travel in a header: visible ASCII."""
    return bool(re.fullmatch(r"[\x21-\x7e]+", text))


def is_plain_text_abroad(root: str) -> bool:
    """Whether a key would leave this machine unencrypted."""
    parts = urlsplit(root)
    return parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}


class _Patience:
    """A purse of seconds spent by waiting; what happens between two waits is free."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds
        """Seconds."""

    @asynccontextmanager
    async def wait(self) -> AsyncIterator[None]:
        """Wait inside. Raises TimeoutError when the purse is empty."""
        clock = asyncio.get_running_loop().time
        start = clock()
        try:
            async with asyncio.timeout(max(0.0, self.left)):
                yield
        finally:
            self.left -= clock() - start


_WIRE_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict, OSError)


class Answer:
    """An HTTP answer whose body has not been read."""

    def __init__(self, provider: str, response: httpx.Response, patience: _Patience) -> None:
        self._provider = provider
        self._response = response
        self._patience = patience

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status_code

    @property
    def ok(self) -> bool:
        """Whether it is an answer and not a refusal."""
        return self._response.is_success

    @property
    def media_type(self) -> str:
        """Lower case, without parameters."""
        media_type: str = self._response.headers.get("content-type", "")
        return media_type.partition(";")[0].strip().lower()

    @property
    def retry_after(self) -> float | None:
        """Seconds the service asks to wait."""
        return retry_after(self._response.headers.get("retry-after"))

    async def chunks(self, limit: int = MAX_ANSWER) -> AsyncGenerator[bytes, None]:
        """The unpacked body as it comes. Raises ProviderError: too slow, broken off, too large."""
        size = 0
        # httpx promises an iterator only; it is a generator, and closing it here keeps its end out of the collector.
        async with aclosing(self._response.aiter_bytes()) as source:  # type: ignore[type-var]
            while True:
                try:
                    async with self._patience.wait():
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

    async def read(self, limit: int = MAX_ANSWER) -> bytes:
        """The whole body. Raises ProviderError as ``chunks`` does."""
        async with aclosing(self.chunks(limit)) as chunks:
            return b"".join([chunk async for chunk in chunks])

    async def refusal(self) -> Refusal:
        """What an answer that is not ok says. Raises nothing: a body that cannot be read leaves the status."""
        self.hurry(REFUSAL_SECONDS)
        try:
            body = await self.read(MAX_ERROR_BODY)
        except ProviderError:
            body = b""
        return read_refusal(self.status, body)

    def hurry(self, seconds: float) -> None:
        """Wait no longer than this for what is left of the body."""
        self._patience.left = min(self._patience.left, seconds)


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
        """The public authorities and, where configured, one of our own. Slow: reads certificate files."""
        if self._root.startswith("http:"):
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # not used, trusts nobody, costs nothing
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
        except (ImportError, ValueError):  # what httpx raises for a proxy in the environment that it cannot use
            raise ConfigError("provider.bad_proxy", provider=self._provider) from None

    def _client_trusting(self, trust: ssl.SSLContext) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers={"accept-encoding": "identity", **self._headers},
            verify=trust,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=8, keepalive_expiry=30.0),
            # A service on this machine is never asked through a proxy of the environment.
            mounts={f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")},
        )

    @asynccontextmanager
    async def ask(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        *,
        idle: float | None = None,
        total: float | None = None,
    ) -> AsyncIterator[Answer]:
        """Send a request and hand over the answer when its head is there.

        idle: seconds between two reads, the configured total when None. Raises ProviderError.
        """
        client = await self._open()
        limits = self._timeouts
        patience = _Patience(limits.total if total is None else total)
        phases = httpx.Timeout(
            connect=limits.connect,
            write=limits.write,
            read=limits.total if idle is None else idle,
            pool=limits.total,
        )
        headers = {"content-type": "application/json"} if content is not None else {}
        try:
            request = client.build_request(method, self._root + path, content=content, headers=headers, timeout=phases)
            async with patience.wait():
                response = await client.send(request, stream=True)
        except _WIRE_ERRORS as error:
            raise failure(self._provider, error) from None
        try:
            yield Answer(self._provider, response, patience)
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Give the connections back."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
