"""Telegram: logs in, receives updates, stops in order. Built by ``app.py``; the commands are in ``handlers.py``.

python-telegram-bot's ``run_polling`` wants a loop of its own, so its parts are driven by hand here; updates are
received by ``updates.py``, which leaves with Telegram what cannot be handled.
"""

import asyncio
import logging
import os
import re
import ssl
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import httpx
from telegram import Update, User
from telegram.error import InvalidToken, TelegramError
from telegram.ext import AIORateLimiter, Application, ApplicationBuilder, ExtBot
from telegram.request import HTTPXRequest

from bot import texts
from bot.config import EndpointsConfig, TelegramConfig
from bot.errors import ConfigError, PlatformError
from bot.platforms.base import Services
from bot.platforms.doctor import Finding, State, found
from bot.platforms.fairness import FloodGuard, PersonalQueues
from bot.platforms.requests import answer_answered, answer_begins, upload_answered, upload_begins
from bot.platforms.telegram.context import TelegramContext
from bot.platforms.telegram.delivery import Delivery, Rights, Traffic
from bot.platforms.telegram.handlers import register, set_menus
from bot.platforms.telegram.messages import read
from bot.platforms.telegram.reading.groups import Aloud
from bot.platforms.telegram.updates import (
    PLACES,
    Polling,
    Sleep,
    Timings,
    UpdateJournal,
    UpdateSlots,
    UpdatesRequest,
    Webhook,
)
from bot.web import WebServer

_log = logging.getLogger(__name__)

# The library's next version uses timedelta for durations; without this it warns at each of them.
os.environ.setdefault("PTB_TIMEDELTA", "true")

_OFFICIAL = "https://api.telegram.org"
_TOKEN = re.compile(r"[\w:-]{3,200}", re.ASCII)
"""Characters allowed in an address. Telegram decides whether a token is valid."""
_SENTENCES = {"sendMessage", "editMessageText", "answerCallbackQuery", "sendDocument"}
"""API methods that answer a command without sound."""
_NO_MESSAGES = {"sendChatAction", "getChatMember", "getChat"}
_App = Application[Any, Any, Any, Any, Any, Any]


def _is_sentence(request: httpx.Request) -> bool:
    return request.url.path.rpartition("/")[2] in _SENTENCES


async def _leaving(request: httpx.Request) -> None:
    await upload_begins()
    if _is_sentence(request):
        await answer_begins()


async def _answered(response: httpx.Response) -> None:
    await upload_answered(response.status_code)
    if _is_sentence(response.request):
        await answer_answered(response.status_code)


class Limiter(AIORateLimiter):
    """Obeys Telegram's limits: 30 messages a second, 20 a minute in a group. It does not retry.

    Requests that put no message into a group are not counted there: "recording" indicators would delay the voices.
    """

    def __init__(self, traffic: Traffic) -> None:
        """Set up; ``traffic`` is notified of everything that is sent."""
        super().__init__()
        self._traffic = traffic

    async def process_request(self, *args: Any, **kwargs: Any) -> Any:
        """Called by the library for each request."""
        if kwargs.get("endpoint") in _NO_MESSAGES:
            return await kwargs["callback"](*kwargs["args"], **kwargs["kwargs"])
        chat_id = kwargs["data"].get("chat_id")
        if isinstance(chat_id, int):
            self._traffic.note(chat_id)
        return await super().process_request(*args, **kwargs)


class TelegramPlatform:
    """One bot on Telegram."""

    name = "telegram"

    def __init__(
        self,
        config: TelegramConfig,
        endpoints: EndpointsConfig,
        services: Services,
        *,
        web: WebServer | None = None,
        timings: Timings | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set up; ``web`` serves a configured webhook.

        Tests set ``timings``, ``sleep`` (imposed pauses) and its ``clock``.
        """
        self._token = config.token.get_secret_value().strip()
        self._root = (config.api_url.strip() or _OFFICIAL).rstrip("/").removesuffix("/bot")
        self._suffix = "/test" if config.test_environment else ""
        self._webhook = (config.webhook_url.strip(), config.webhook_secret.get_secret_value().strip())
        self._web = web
        self._ca_file = endpoints.ca_file
        self._services = services
        self._timings = timings or Timings()
        self._sleep = sleep
        self._clock = clock
        self._traffic = Traffic(clock)
        self._stop = asyncio.Event()
        self._closed = asyncio.Event()
        self._closed.set()
        self._grace = 0.0

    async def run(self, ready: asyncio.Event) -> None:
        """Log in and serve until ``stop``. Raises PlatformError, ConfigError for an unreadable ``ca_file``."""
        if not _TOKEN.fullmatch(self._token):
            raise PlatformError("platform.token", platform=self.name)
        self._closed.clear()
        try:
            requests = await asyncio.to_thread(self._requests)
            try:
                await self._serve(self._bot(*requests), ready)
            finally:
                for request in requests:
                    await request.shutdown()
        finally:
            self._closed.set()

    async def username(self) -> str:
        """Return the bot's name, without ``@``. Raises PlatformError, ConfigError."""
        return (await self._me()).username or ""

    async def _me(self) -> User:
        """Ask Telegram who the bot is. Raises PlatformError, ConfigError."""
        if not _TOKEN.fullmatch(self._token):
            raise PlatformError("platform.token", platform=self.name)
        requests = await asyncio.to_thread(self._requests)
        try:
            return await self._bot(*requests).get_me()
        except InvalidToken:
            raise PlatformError("platform.token", platform=self.name) from None
        except TelegramError:
            raise PlatformError("platform.unreachable", platform=self.name) from None
        finally:
            for request in requests:
                await request.shutdown()

    async def examine(self) -> Sequence[Finding]:
        """Return whether the token is valid, and whether group messages can be read.

        Raises PlatformError, ConfigError.
        """
        me = await self._me()
        reads = bool(me.can_read_all_group_messages)
        return (
            found("telegram", State.GOOD, "doctor.telegram", name=me.username or me.first_name),
            found(
                "telegram",
                State.GOOD if reads else State.WARNING,
                "doctor.telegram.groups" if reads else "doctor.telegram.groups.off",
            ),
        )

    async def stop(self, grace: float) -> None:
        """Accept no more commands, let speech finish (``grace`` seconds at most), close. Idempotent."""
        self._grace = grace
        self._stop.set()
        await self._closed.wait()

    async def _serve(self, bot: ExtBot[Any], ready: asyncio.Event) -> None:
        application: _App = ApplicationBuilder().bot(bot).updater(None).build()
        delivery = Delivery(bot, self._services.speech, timings=self._timings, sleep=self._sleep, clock=self._clock)
        turns = PersonalQueues(self._timings.turn)
        flood = FloodGuard(self._clock)
        aloud = Aloud(
            self._services, delivery, self._traffic, timings=self._timings, clock=self._clock, sleep=self._sleep
        )
        context = TelegramContext(self._services, delivery, turns, flood, self._timings, aloud, Rights(bot))
        key_of = register(application, context, self._clock)
        journal = UpdateJournal(self._services.accepted, bot, key_of)
        slots = UpdateSlots(application.process_update)
        receiver = self._receiver(bot, slots, journal, flood)
        try:
            await self._until_stop(self._log_in(application))
            if not self._stop.is_set():
                taking_up = asyncio.create_task(journal.take_up(slots))
                try:
                    await self._until_stop(receiver.run(ready))
                finally:
                    taking_up.cancel()
                    await asyncio.gather(taking_up, return_exceptions=True)
        finally:
            cut_off, _ = await asyncio.gather(receiver.drain(self._grace), aloud.close(self._grace))
            await asyncio.gather(*(self._excuse(update, delivery) for update in cut_off))
            await application.shutdown()

    def _receiver(
        self, bot: ExtBot[Any], slots: UpdateSlots, journal: UpdateJournal, flood: FloodGuard
    ) -> Polling | Webhook:
        url, secret = self._webhook
        if url and self._web is not None:
            return Webhook(bot, slots, self._web, journal, flood, url=url, secret=secret, timings=self._timings)
        return Polling(
            bot,
            slots,
            journal,
            timings=self._timings,
            sleep=self._sleep,
            on_conflict=lambda: _log.error("%s", texts.say("telegram.conflict", self._services.language)),
        )

    async def _until_stop(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something until it is done or the bot stops. Raises what it raises."""
        task = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
        finally:
            for each in (task, stopping):
                each.cancel()
            await asyncio.gather(task, stopping, return_exceptions=True)

    async def _log_in(self, application: _App) -> None:
        """Check the token, remove an earlier webhook, set the menus. Raises PlatformError."""
        try:
            await application.initialize()
            if not self._webhook[0]:
                await application.bot.delete_webhook(drop_pending_updates=False)
        except InvalidToken:
            raise PlatformError("platform.token", platform=self.name) from None  # its message holds the token
        except TelegramError as error:
            _log.debug("login failed (%s)", type(error).__name__)
            raise PlatformError("platform.unreachable", platform=self.name) from None
        await set_menus(application.bot)

    async def _excuse(self, update: Update, delivery: Delivery) -> None:
        """Inform a person whose command was cut off when the bot stopped."""
        asked = read(update, self._services.language)
        if asked is None:
            return
        try:
            async with asyncio.timeout(self._timings.farewell):
                await delivery.sentence(asked.message, texts.say("telegram.cut", asked.language))
        except TimeoutError:
            _log.warning("a person could not be informed that a command was cut off")
        await self._services.accepted.close(asked.key)

    def _bot(self, request: HTTPXRequest, polling: HTTPXRequest) -> ExtBot[Any]:
        return ExtBot(
            self._token,
            base_url=f"{self._root}/bot{{token}}{self._suffix}",
            base_file_url=f"{self._root}/file/bot{{token}}{self._suffix}",
            request=request,
            get_updates_request=polling,
            rate_limiter=Limiter(self._traffic),
        )

    def _requests(self) -> tuple[HTTPXRequest, UpdatesRequest]:
        """Return the connections for calls and for polling. Slow: reads certificate files. Raises ConfigError."""
        client: dict[str, Any] = {"verify": self._trust()}
        if not self._root.startswith(_OFFICIAL):
            client["trust_env"] = False  # a self-hosted server is not reached through a proxy
        times: dict[str, Any] = {
            "connect_timeout": self._timings.connect,
            "read_timeout": self._timings.read,
            "write_timeout": self._timings.read,
            "pool_timeout": self._timings.connect,
            "httpx_kwargs": client,
        }
        polling = UpdatesRequest(connection_pool_size=2, **times)
        times["httpx_kwargs"] = client | {"event_hooks": {"request": [_leaving], "response": [_answered]}}
        # A command needs two: one for the voice, one for the "recording" indicator.
        return HTTPXRequest(connection_pool_size=2 * PLACES, **times), polling

    def _trust(self) -> ssl.SSLContext:
        """Return the public certificate authorities and the configured one."""
        if self._root.startswith("http:"):
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # unused, trusts nobody, costs nothing
        context = httpx.create_ssl_context()
        if self._ca_file:
            try:
                context.load_verify_locations(cafile=self._ca_file)
            except (OSError, ssl.SSLError):
                raise ConfigError("platform.bad_ca_file", platform=self.name, path=self._ca_file) from None
        return context
