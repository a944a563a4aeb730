"""The one HTTP server of the bot: routes come from whoever needs one, and it listens as long as there are any.

Built by ``app.py``; Telegram's webhook hands it a route.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.errors import ConfigError

_log = logging.getLogger(__name__)

BODY = 1_000_000
"""Bytes that a request may bring; more is refused with 413."""
_GRACE = 2.0
"""Seconds that requests under way may take at the end."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WebServer:
    """One for a process."""

    def __init__(self, host: str, port: int) -> None:
        """``port`` 0 takes a free one."""
        self._host = host
        self._port = port
        self._routes: dict[tuple[str, str], Handler] = {}
        self._runner: web.AppRunner | None = None
        self._turn = asyncio.Lock()
        """Opening and closing take turns: whoever has a route finds the port open."""

    @property
    def root(self) -> str:
        """Scheme, host and port; to be asked while it listens."""
        return f"http://{self._host}:{self._port}"

    @asynccontextmanager
    async def route(self, method: str, path: str, handler: Handler) -> AsyncIterator[None]:
        """Serve a route; the first one opens the port, the last one closes it.

        Raises ConfigError ``web.address`` where the port cannot be had, ``web.route`` for a route that is taken.
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
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._close()
            raise ConfigError(
                "web.address", host=self._host, port=str(self._port), problem=type(error).__name__
            ) from None
        self._port = self._runner.addresses[0][1]
        _log.info("listening on %s", self.root)

    async def _close(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        handler = self._routes.get((request.method, request.path))
        if handler is not None:
            return await handler(request)
        known = [method for method, path in self._routes if path == request.path]
        if known:
            raise web.HTTPMethodNotAllowed(request.method, known)
        raise web.HTTPNotFound
