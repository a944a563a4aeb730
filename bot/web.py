"""The bot's HTTP server: webhook and health routes, deadlines for head and body, and a cap on connections."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from enum import Enum
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from bot.errors import ConfigError

if sys.platform != "win32":
    import resource

_log = logging.getLogger("mouthpiece.web")

HEAD_SECONDS = 10.0
"""Seconds for the head of a request, from the connection or from its first byte."""
BODY_SECONDS = 10.0
"""Seconds for its body, from the end of the head."""
_IDLE_SECONDS = 75.0
"""Seconds that an idle connection is kept open for another request."""
_LINGER_SECONDS = 2.0
"""Seconds for which the rest of an unneeded body is read, so that the answer arrives."""
_MOST, _FEWEST = 1000, 16
PER_ADDRESS = 100
"""Connections that one address is always allowed."""

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Proxies = Collection[Network]

_OF_THE_CLIENT = (HttpProcessingError, web.RequestPayloadError, ConnectionError)
"""Errors caused by the client or the network."""


class State(Enum):
    """What a connection is doing."""

    HEAD = "head"
    BUSY = "busy"
    IDLE = "idle"


def most_connections() -> int:
    """Return the maximum of connections: half of the files this process may open, at most 1000."""
    if sys.platform == "win32":
        return _MOST // 2
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _MOST if limit == resource.RLIM_INFINITY else max(_FEWEST, min(_MOST, limit // 2))


def networks(names: Collection[str]) -> tuple[Network, ...]:
    """Parse addresses and networks such as ``127.0.0.1`` and ``10.0.0.0/8``. Raises ValueError."""
    return tuple(ip_network(name.strip(), strict=False) for name in names)


def address_of(text: object) -> Address | None:
    """Return an IP address, an IPv4-mapped IPv6 one as IPv4; None for anything else."""
    try:
        found = ip_address(str(text).partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def is_proxy(address: Address | None, proxies: Proxies) -> bool:
    """Return whether an address is a configured proxy."""
    return address is not None and any(address.version == each.version and address in each for each in proxies)


class Connection(web.RequestHandler):
    """One connection. The library speaks HTTP; this adds deadlines and keeps broken requests out of the log."""

    def __init__(self, server: web.Server, connections: "Connections", **options: Any) -> None:
        super().__init__(server, **options)
        self.state: State | None = None
        """None before it is accepted and after it is given up."""
        self.address: Address | None = None
        self._connections = connections
        self._request: web.BaseRequest | None = None
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def receiving(self) -> bool:
        """Return whether the body of its request is still arriving."""
        return self._request is not None and not self._request.content.is_eof()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept the connection, or close it at once if there is no capacity."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self.address = address_of(peer[0]) if isinstance(peer, tuple) else None
        if self._connections.take(self):
            self._limit(HEAD_SECONDS)
        else:
            self.give_up()

    def data_received(self, data: bytes) -> None:
        """Start the deadline of a head with the first byte after a request."""
        if self.state is State.IDLE and data:
            self._connections.move(self, State.HEAD)
            self._limit(HEAD_SECONDS)
        super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._connections.move(self, None)
        self._limit(None)
        super().connection_lost(exc)

    def begin(self, request: web.BaseRequest) -> None:
        """Note that the head of a request has arrived."""
        self._request = request
        if self.state is not None:
            self._connections.move(self, State.BUSY)
            self._limit(BODY_SECONDS)

    def end(self) -> None:
        """Note that the request was answered."""
        self._request = None
        self._limit(None)
        if self.state is not None:
            self._connections.move(self, State.IDLE)

    def give_up(self) -> None:
        """Close without waiting for what is still to be sent."""
        self._connections.move(self, None)
        self._limit(None)
        transport = self.transport
        self.force_close()
        if transport is not None:
            transport.abort()

    def _limit(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = asyncio.get_running_loop().call_later(seconds, self._late) if seconds is not None else None

    def _late(self) -> None:
        self._deadline = None
        if self.state is State.BUSY and not self.receiving:
            return  # the whole request has arrived, and answering may take as long as it takes
        _log.info("a request did not arrive in time, from %s", self.address, extra={"alike": "late"})
        self.give_up()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer an unparsable request with 400 without quoting it; leave the rest to the library."""
        if not isinstance(exc, _OF_THE_CLIENT):
            return super().handle_error(request, status, exc, message)
        kind = type(exc).__name__
        _log.info("a malformed request was refused (%s), from %s", kind, self.address, extra={"alike": "malformed"})
        answer = web.Response(status=400)
        answer.force_close()
        return answer


class _Group:
    """Connections by state, the oldest first: all of them, or those of one address."""

    def __init__(self) -> None:
        self._members: dict[State, dict[Connection, None]] = {state: {} for state in State}

    def __len__(self) -> int:
        return sum(map(len, self._members.values()))

    def move(self, connection: Connection, before: State | None, after: State | None) -> None:
        if before is not None:
            self._members[before].pop(connection, None)
        if after is not None:
            self._members[after][connection] = None

    def free_capacity(self, most: int) -> bool:
        """Close the oldest connections until there are fewer than ``most``. Return False if all are answering."""
        while len(self) >= most:
            unfinished = (each for each in self._members[State.BUSY] if each.receiving)
            oldest = next(iter(self._members[State.HEAD]), None) or next(iter(self._members[State.IDLE]), None)
            if (oldest := oldest or next(unfinished, None)) is None:
                return False
            oldest.give_up()
        return True


class Connections:
    """All connections of one server."""

    def __init__(self, *, most: int | None = None, per_address: int | None = None, proxies: Proxies = ()) -> None:
        """Set up; ``most`` in all and ``per_address`` except for ``proxies``; None: by the limits of this process."""
        self.most = most if most is not None else most_connections()
        self._per_address = per_address if per_address is not None else max(PER_ADDRESS, self.most // 2)
        self._proxies = proxies
        self._all = _Group()
        self._by_address: dict[object, _Group] = {}

    def __len__(self) -> int:
        return len(self._all)

    def factory(self, server: web.Server) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(
            server,
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,
            keepalive_timeout=_IDLE_SECONDS,
            lingering_time=_LINGER_SECONDS,
            auto_decompress=False,  # a small body must not expand into a large one
        )

    def take(self, connection: Connection) -> bool:
        """Count a new connection, closing an older one if needed. Return False if none can be closed."""
        group = self._group(connection)
        if len(self) >= self.most or (group is not None and len(group) >= self._per_address):
            _log.warning("too many connections: each new one closes the oldest without a request")
        if group is not None and not group.free_capacity(self._per_address):
            return False
        if not self._all.free_capacity(self.most):
            return False
        self.move(connection, State.HEAD)
        return True

    def move(self, connection: Connection, state: State | None) -> None:
        """Note a connection's state; None: it is closed."""
        before, connection.state = connection.state, state
        if before is None and state is None:
            return
        self._all.move(connection, before, state)
        group = self._group(connection)
        if group is None:
            return
        group.move(connection, before, state)
        key = _key(connection.address)
        if len(group):
            self._by_address[key] = group
        else:
            self._by_address.pop(key, None)

    def _group(self, connection: Connection) -> _Group | None:
        """Return the connections of the same address; None for a proxy, which has many clients."""
        if is_proxy(connection.address, self._proxies):
            return None
        return self._by_address.get(_key(connection.address), _Group())


def _key(address: Address | None) -> object:
    """Return what counts as one address: for IPv6 the network of one customer."""
    return ip_network((address, 64), strict=False) if isinstance(address, IPv6Address) else address


BODY = 1_000_000
"""Bytes of a request's body; more is refused with 413."""
_GRACE = 2.0
"""Seconds that requests in progress may take at shutdown."""
_MOST_HOPS = 20
"""Proxies in a row that are followed."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WebServer:
    """The bot's HTTP server; one per process."""

    def __init__(self, host: str, port: int, *, proxies: Proxies = (), connections: Connections | None = None) -> None:
        """Set up; ``port`` 0 takes a free one. ``proxies``: addresses whose forwarded headers are trusted."""
        self._host = host
        self._port = port
        self._proxies = proxies
        self._connections = connections if connections is not None else Connections(proxies=proxies)
        self._routes: dict[tuple[str, str], Handler] = {}
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self._turn = asyncio.Lock()
        """Serializes opening and closing, so that a route is only served on an open port."""

    @property
    def root(self) -> str:
        """Scheme, host and port; only valid while it listens."""
        return f"http://{self._host}:{self._port}"

    @asynccontextmanager
    async def route(self, method: str, path: str, handler: Handler) -> AsyncIterator[None]:
        """Serve a route; the first one opens the port, the last one closes it.

        ``remote`` of a request is the client's address, also behind a configured proxy. Raises ConfigError
        ``web.address`` if the port is not available, ``web.route`` for a duplicate route.
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
        backlog = max(8, min(128, self._connections.most // 4))  # these are accepted before the first is counted
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
    """Return the client: the nearest address that is not a configured proxy. Other senders' headers are not trusted.

    ``X-Forwarded-For`` goes first: most proxies write it, and pass on a ``Forwarded`` that a client invented.
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
    """Return the address in one element of a ``Forwarded`` header (RFC 7239); empty if it is hidden."""
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
