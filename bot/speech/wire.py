"""HTTP to a provider: one pooled client, bounded waits, bounded answers, and every failure as a ProviderError.

Called by the providers that speak HTTP. It knows neither bodies nor dialects; redirects are never followed, so that a
key goes to the configured host only.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from urllib.parse import urlsplit

import httpx

from bot.errors import ConfigError, ErrorKind, ProviderError
from bot.speech.refusal import Refusal, failure, read_refusal, retry_after
from bot.speech.timeouts import Timeouts

MAX_ANSWER = 40 * 2**20
"""Bytes of an answer that is held as a whole: a slow recording of 2000 characters is 37 MB of JSON."""
MAX_ERROR_BODY = 64 * 2**10
"""Bytes of a refusal that are read."""
REFUSAL_SECONDS = 5.0
"""How long the words of a refusal are waited for; its status says enough."""
_KNOWN_ENDS = ("/chat/completions", "/audio/speech", "/audio/voices", "/models", "/v1")


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


class _WaitBudget:
    """Seconds we may wait on the peer; our own work does not count. Sound that comes adds its own length.

    So a stream may fall behind real time by as much as the first sound may take, and nothing but sound keeps it alive.
    """

    def __init__(self, seconds: float) -> None:
        self.left = seconds
        self._has_sound = False

    @asynccontextmanager
    async def wait(self) -> AsyncIterator[None]:
        """Wait inside. Raises TimeoutError when nothing is left."""
        clock = asyncio.get_running_loop().time
        start = clock()
        try:
            async with asyncio.timeout(max(0.0, self.left)):
                yield
        finally:
            self.left -= clock() - start

    def add_sound(self, seconds: float, allowance: float) -> None:
        """Count sound that came; from the first on, waiting may exceed it by ``allowance`` seconds."""
        if not self._has_sound:
            self._has_sound = True
            self.left = allowance
        self.left += seconds


_WIRE_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict, OSError)


class Answer:
    """An HTTP answer whose body has not been read."""

    def __init__(self, provider: str, response: httpx.Response, budget: _WaitBudget, first_audio: float) -> None:
        self._provider = provider
        self._response = response
        self._budget = budget
        self._first_audio = first_audio

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
        """Whether the body was begun before its length was known."""
        return "content-length" not in self._response.headers

    def add_sound(self, seconds: float) -> None:
        """Count sound that came out of this answer: the next wait may be as much longer."""
        self._budget.add_sound(seconds, self._first_audio)

    def expect_sound(self) -> None:
        """Wait for the first sound as for that of a stream."""
        self.hurry(self._first_audio)

    async def chunks(self, limit: int = MAX_ANSWER) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes. Raises ProviderError: too slow, broken off, too large, packed."""
        encoding = self._response.headers.get("content-encoding", "").strip().lower()
        if encoding not in {"", "identity"}:
            # We ask for none. A few kilobytes can unpack to gigabytes, and sound in base64 gains little.
            raise ProviderError(self._provider, ErrorKind.BAD_ANSWER, detail=f"a body packed as {encoding[:20]}")
        size = 0
        # httpx promises an iterator only; it is a generator, and closing it here keeps its end out of the collector.
        async with aclosing(self._response.aiter_raw()) as source:  # type: ignore[type-var]
            while True:
                try:
                    async with self._budget.wait():
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
        """What an answer that is not ok says. Raises nothing: a body that cannot be read leaves the status."""
        self.hurry(REFUSAL_SECONDS)
        try:
            body = await self.read(MAX_ERROR_BODY)
        except ProviderError:
            body = bytearray()
        return read_refusal(self.status, bytes(body))

    def hurry(self, seconds: float) -> None:
        """Wait no longer than this for what is left of the body."""
        self._budget.left = min(self._budget.left, seconds)


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
        within: float,
        idle: float | None = None,
    ) -> AsyncIterator[Answer]:
        """Send a request and hand over the answer when its head is there.

        ``within``: seconds of waiting in all, to which sound adds its own length. ``idle``: seconds between two reads,
        as many as in all when None. Raises ProviderError.
        """
        client = await self._open()
        limits = self._timeouts
        budget = _WaitBudget(within)
        phases = httpx.Timeout(
            connect=limits.connect,
            write=limits.write,
            read=None if idle is None else idle,
            pool=within,
        )
        headers = {"content-type": "application/json"} if content is not None else {}
        try:
            request = client.build_request(method, self._root + path, content=content, headers=headers, timeout=phases)
            async with budget.wait():
                response = await client.send(request, stream=True)
        except _WIRE_ERRORS as error:
            raise failure(self._provider, error) from None
        try:
            yield Answer(self._provider, response, budget, limits.first_audio)
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Give the connections back."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
