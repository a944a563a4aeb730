"""The one HTTP server of the bot: routes come from whoever needs one, and it listens as long as there are any.

Built by ``app.py``; Telegram's webhook hands it a route. ``connections.py`` bounds what reaches it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web

from bot.connections import Address, Connection, Connections, Proxies, address_of, is_proxy
from bot.errors import ConfigError

_log = logging.getLogger(__name__)

BODY = 1_000_000
"""Bytes that a request may bring; more is refused with 413."""
_GRACE = 2.0
"""Seconds that requests under way may take at the end."""
_MOST_HOPS = 20
"""Proxies in a row that are looked at."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WebServer:
    """One for a process."""

    def __init__(self, host: str, port: int, *, proxies: Proxies = (), connections: Connections | None = None) -> None:
        """``port`` 0 takes a free one. ``proxies``: addresses whose forwarded headers are believed."""
        self._host = host
        self._port = port
        self._proxies = proxies
        self._connections = connections if connections is not None else Connections(proxies=proxies)
        self._routes: dict[tuple[str, str], Handler] = {}
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self._turn = asyncio.Lock()
        """Opening and closing take turns: whoever has a route finds the port open."""

    @property
    def root(self) -> str:
        """Scheme, host and port; to be asked while it listens."""
        return f"http://{self._host}:{self._port}"

    @asynccontextmanager
    async def route(self, method: str, path: str, handler: Handler) -> AsyncIterator[None]:
        """Serve a route; the first one opens the port, the last one closes it.

        ``remote`` of a request is the client's address, also behind a configured proxy. Raises ConfigError
        ``web.address`` where the port cannot be had, ``web.route`` for a route that is taken.
        """
        key = (method, path)
        if key in self._routes:
            raise ConfigError("web.route", path=path)
        self._routes[key] = handler
        try:
            async with self._turn:
                await self._open()
            yield
        finally:
            del self._routes[key]
            async with self._turn:
                if not self._routes:
                    await self._close()

    async def _open(self) -> None:
        if self._runner is not None:
            return
        application = web.Application(client_max_size=BODY)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GRACE)
        await self._runner.setup()
        assert self._runner.server is not None
        connect = partial(self._connections.factory, self._runner.server)
        backlog = max(8, min(128, self._connections.most // 4))  # so many are accepted before the first is counted
        try:
            loop = asyncio.get_running_loop()
            self._listener = await loop.create_server(connect, self._host, self._port, backlog=backlog)
        except OSError as error:
            await self._close()
            raise ConfigError(
                "web.address", host=self._host, port=str(self._port), problem=type(error).__name__
            ) from None
        self._port = self._listener.sockets[0].getsockname()[1]
        _log.info("listening on %s", self.root)

    async def _close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection), "made by the factory above"
        connection.begin(request)
        try:
            return await self._answer(request, connection.address)
        finally:
            connection.end()

    async def _answer(self, request: web.Request, peer: Address | None) -> web.StreamResponse:
        handler = self._routes.get((request.method, request.path))
        if handler is not None:
            client = client_of(request, peer, self._proxies)
            return await handler(request.clone(remote=str(client)) if client is not None else request)
        known = [method for method, path in self._routes if path == request.path]
        if known:
            raise web.HTTPMethodNotAllowed(request.method, known)
        raise web.HTTPNotFound


def client_of(request: web.BaseRequest, peer: Address | None, proxies: Proxies) -> Address | None:
    """Return who asks: the nearest address that is no configured proxy. Headers of anyone else are not believed.

    ``X-Forwarded-For`` goes first: most proxies write it, and hand on a ``Forwarded`` that a client made up.
    """
    if not is_proxy(peer, proxies):
        return peer
    hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
    if hops == [""]:
        hops = [_forwarded_for(element) for element in ",".join(request.headers.getall("Forwarded", ())).split(",")]
    client = peer
    for hop in hops[: -_MOST_HOPS - 1 : -1]:
        address = address_of(_without_port(hop.strip()))
        if address is None:
            break
        client = address
        if not is_proxy(address, proxies):
            break
    return client


def _forwarded_for(element: str) -> str:
    """Return the address in one element of a ``Forwarded`` header (RFC 7239); empty where it is hidden."""
    for pair in element.split(";"):
        name, _, value = pair.partition("=")
        if name.strip().casefold() == "for":
            return value.strip().strip('"')
    return ""


def _without_port(hop: str) -> str:
    """Return ``192.0.2.1`` for ``192.0.2.1:80`` and ``2001:db8::1`` for ``[2001:db8::1]:80``."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
