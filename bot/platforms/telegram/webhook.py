"""Takes updates that Telegram brings to a route of the HTTP server. Used by ``client.py`` in the place of polling.

An update is taken, and Telegram told so, as soon as there is a place for it and, if it is a command, it was written
down: Telegram will not bring it again to a process that comes after this one. Else Telegram brings it again later.
"""

import asyncio
import hmac
import json
import logging
import secrets
from typing import Any, NoReturn
from urllib.parse import urlsplit

from aiohttp import web
from telegram import Bot, Update
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from bot.errors import PlatformError, StoreError
from bot.model import Account
from bot.platforms.fairness import FloodGuard
from bot.platforms.telegram.journal import Journal
from bot.platforms.telegram.places import PLACES, Places
from bot.platforms.telegram.polling import KINDS, Timings
from bot.platforms.telegram.updates import Sieve
from bot.web import WebServer

_log = logging.getLogger(__name__)

_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_LARGEST = 1_000_000
"""Bytes of an update."""


class Webhook:
    """The updates of one bot. ``run`` until cancelled, then ``drain``."""

    def __init__(
        self,
        bot: Bot,
        places: Places,
        server: WebServer,
        journal: Journal,
        flood: FloodGuard,
        *,
        url: str,
        secret: str,
        timings: Timings,
    ) -> None:
        """``url``: where Telegram finds us; its path is our route. ``secret``: empty makes one for this run."""
        self._bot = bot
        self._places = places
        self._server = server
        self._journal = journal
        self._flood = flood
        self._writing = 0
        """Updates that are being written down, each of which will need a place."""
        self._url = url
        self._secret = secret or secrets.token_urlsafe(32)
        self._timings = timings
        self._sieve = Sieve()

    async def _begin(self) -> None:
        """Tell Telegram where to bring updates. Raises PlatformError ``platform.unreachable``, ``platform.token``."""
        try:
            await self._bot.set_webhook(
                self._url, secret_token=self._secret, allowed_updates=KINDS, max_connections=PLACES
            )
        except InvalidToken:
            raise PlatformError("platform.token", platform="telegram") from None
        except RetryAfter:
            raise PlatformError("platform.unreachable", platform="telegram") from None
        except TelegramError as error:
            why = error.message if isinstance(error, BadRequest) else type(error).__name__
            _log.warning("telegram did not take the webhook: %s", why)
            raise PlatformError("platform.unreachable", platform="telegram") from None

    async def run(self, ready: asyncio.Event) -> NoReturn:
        """Take what is brought until cancelled; sets ``ready`` once Telegram knows.

        Raises ConfigError ``web.address``, ``web.route``; PlatformError.
        """
        async with self._server.route("POST", urlsplit(self._url).path or "/", self._take):
            await self._begin()
            ready.set()
            while True:
                await asyncio.Event().wait()

    async def drain(self, grace: float) -> list[Update]:
        """Let what was taken finish; what comes now is brought again to the next run."""
        return await self._places.drain(grace)

    async def _take(self, request: web.Request) -> web.Response:
        given = request.headers.get(_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._secret.encode()):
            _log.info("a delivery without our secret was refused, from %s", request.remote, extra={"alike": "secret"})
            return web.Response(status=403)
        if request.content_type != "application/json":
            return web.Response(status=415)
        if (request.content_length or 0) > _LARGEST:
            return web.Response(status=413)
        try:
            async with asyncio.timeout(self._timings.read):
                raw = self._sieve.understood(json.loads(await request.read()))
        except (ValueError, RecursionError, TimeoutError):
            raw = None
        if raw is None:
            return web.Response(status=400)
        if self._places.free <= self._writing:
            return web.Response(status=503, headers={"Retry-After": "1"})
        self._writing += 1
        try:
            return await self._written_down(Update.de_json(raw, self._bot), raw)
        finally:
            self._writing -= 1

    async def _written_down(self, update: Update, raw: dict[str, Any]) -> web.Response:
        """Take an update that outlives this process, or leave it with Telegram."""
        person = update.effective_user
        if person is not None and self._flood.is_over(Account("telegram", str(person.id))):
            self._places.take(update)  # it will not be answered, so there is nothing to write down
            return web.Response()
        try:
            new = await self._journal.accept(update, raw)
        except StoreError as error:
            _log.warning("an update is left with telegram: %s", error.code)
            return web.Response(status=503, headers={"Retry-After": "1"})
        if new:
            self._places.take(update)
        return web.Response()
