"""Telegram updates: polling or webhook, journaled before they are acknowledged, a bounded number at once."""

import asyncio
import contextlib
import hmac
import json
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn
from urllib.parse import urlsplit

from aiohttp import web
from telegram import Bot, Update
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from bot.errors import PlatformError, StoreError
from bot.model import Account
from bot.platforms.fairness import FloodGuard
from bot.platforms.requests import Accepted
from bot.store.commands import LONGEST_CONTENT
from bot.web import WebServer

_log = logging.getLogger(__name__)

# At a failure these two log what they received: messages of people.
for _name in ("telegram.ext.ExtBot", "telegram.request.BaseRequest"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

_REMEMBERED = 100
"""Updates that were passed over: until they are acknowledged they come again."""


class UpdateParser:
    """One for a way of receiving."""

    def __init__(self) -> None:
        self._passed: deque[int] = deque(maxlen=_REMEMBERED)

    def understood(self, raw: Any) -> dict[str, Any] | None:
        """Return an update as it came; without all but its id where that cannot be understood.

        None for what has no id.
        """
        update_id = raw.get("update_id") if isinstance(raw, dict) else None
        if not isinstance(update_id, int):
            return None
        try:
            Update.de_json(raw)
        except Exception as error:  # noqa: BLE001  a border: whatever a field does to the library stops nobody
            if update_id not in self._passed:
                self._passed.append(update_id)
                _log.error("update %d cannot be understood (%s) and is passed over", update_id, type(error).__name__)
            return {"update_id": update_id}
        return dict(raw)


class UpdatesRequest(HTTPXRequest):
    """The connection that updates are fetched by."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._parser = UpdateParser()

    def parse_json_payload(self, payload: bytes) -> dict[str, Any]:  # type: ignore[override]  # static in the library
        """Called by the library with each answer. Raises TelegramError for what is no JSON."""
        answer = super().parse_json_payload(payload)
        came = answer.get("result")
        if isinstance(came, list):
            answer["result"] = [self._parser.understood(raw) or raw for raw in came]
        return answer


PLACES = 64
"""Updates that are answered at the same time."""
MOST_ASIDE = 3 * PLACES
"""Updates that may wait without a place; more keep theirs."""


class UpdateSlots:
    """One for a bot."""

    def __init__(self, handle: Callable[[Update], Awaitable[None]]) -> None:
        """``handle`` answers one update and raises nothing."""
        self._handle = handle
        self._running: dict[asyncio.Task[None], Update] = {}
        self._aside: set[object] = set()
        self._left = asyncio.Event()

    @property
    def free(self) -> int:
        """Return how many more may be taken."""
        return max(0, PLACES - len(self._running) + len(self._aside))

    async def some_free(self) -> None:
        """Wait until there is a place."""
        while not self.free:
            self._left.clear()
            await self._left.wait()

    async def one_left(self, within: float) -> None:
        """Wait until an update was answered, ``within`` some seconds."""
        self._left.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._left.wait()

    @contextlib.contextmanager
    def without(self) -> Iterator[None]:
        """Let an update go without its place for a while; it has one again afterwards, be there a free one or not."""
        if len(self._aside) >= MOST_ASIDE:
            yield
            return
        waits = object()
        self._aside.add(waits)
        self._left.set()
        try:
            yield
        finally:
            self._aside.remove(waits)

    def answering(self, update_id: int) -> Update | None:
        """Return an update that is being answered."""
        return next((update for update in self._running.values() if update.update_id == update_id), None)

    def take(self, update: Update) -> None:
        """Answer an update from now on."""
        task = asyncio.create_task(self._answer(update))
        self._running[task] = update
        task.add_done_callback(self._let_go)

    async def drain(self, grace: float) -> list[Update]:
        """Let what was taken finish, ``grace`` seconds at most; returns what was cut off."""
        if not self._running:
            return []
        _, unfinished = await asyncio.wait(self._running, timeout=grace)
        late = [self._running[task] for task in unfinished]
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        return late

    async def _answer(self, update: Update) -> None:
        _PLACES.set(self)
        await self._handle(update)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._left.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("an update was not answered", exc_info=error)


_PLACES: ContextVar[UpdateSlots | None] = ContextVar("places", default=None)
"""Those of which this task has one."""


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Wait inside without a place; once for each update."""
    slots = _PLACES.get()
    with contextlib.nullcontext() if slots is None else slots.without():
        yield


_PLATFORM = "telegram"
KeyOf = Callable[[Update], str | None]
"""The key of a command; None for every other update."""


class Journal:
    """One for a bot."""

    def __init__(self, accepted: Accepted, bot: Bot, key_of: KeyOf) -> None:
        self._accepted = accepted
        self._bot = bot
        self._key_of = key_of

    async def accept(self, update: Update, raw: dict[str, Any] | None = None) -> bool:
        """Write an update down if it is a command; False for a command that was written down, or answered, before.

        ``raw``: as it came, where that is known. Raises StoreError: then Telegram is to keep it.
        """
        key = self._key_of(update)
        if key is None:
            return True
        content = json.dumps(raw or update.to_dict())
        if len(content) > LONGEST_CONTENT:  # no message that Telegram allows; refused, it would come again for a day
            _log.warning("an update is too long to be written down")
            return True
        return await self._accepted.accept(key, _PLATFORM, content)

    async def take_up(self, slots: UpdateSlots) -> None:
        """Answer what the last run wrote down and did not answer, as places become free. Raises nothing.

        Before that, remove its messages that show how far something is: nothing will change them any more.
        """
        for chat, message in await self._accepted.progress_left(_PLATFORM):
            try:
                await self._bot.delete_message(chat, int(message))
            except TelegramError as error:
                _log.info("a message of the last run was not removed (%s)", type(error).__name__)
            await self._accepted.progress_removed(_PLATFORM, chat, message)
        for left in await self._accepted.left(_PLATFORM):
            try:
                update = Update.de_json(json.loads(left.content), self._bot)
                known = self._key_of(update) == left.key
            except (ValueError, TypeError, LookupError, AttributeError, TelegramError):
                known = False
            if not known:
                _log.error("a command of the last run cannot be understood and is given up")
                await self._accepted.close(left.key)
                continue
            await slots.some_free()
            slots.take(update)


KINDS = ("message", "edited_message", "callback_query", "inline_query", "chosen_inline_result", "guest_message")
"""What Telegram is asked to send. It remembers this between runs, so all that is handled is named."""
_BATCH = 100
"""Most updates that one request may bring."""

_MOST_OPEN = 90
"""Updates that may be unacknowledged: of a batch there must be some left for what is new."""

_NO_UPDATES = (TelegramError, LookupError, TypeError, ValueError, AttributeError)
"""What a request for updates may end in. All but the first are answers that are none of Telegram's: what is an update
was looked at before."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Timings:
    """How long things may take, in seconds."""

    poll: int = 25
    """How long Telegram holds a request for updates back until there are some."""
    connect: float = 10.0
    read: float = 15.0
    """An answer to a small request; a poll has this on top."""
    upload_read: float = 30.0
    """An answer to a voice: a slow one does come, after the voice was shown."""
    upload_write: float = 60.0
    """A stalled piece of an upload."""
    action: float = 4.0
    """Between two signs that a voice is being recorded; Telegram shows each for 5 s."""
    pause_first: float = 1.0
    """After a failure of the network; doubled at each further one."""
    pause_most: float = 30.0
    flood_most: float = 60.0
    """Longest pause that Telegram may ask for before a message is given up."""
    gather: float = 1.0
    """Between a message that is to be read aloud and its voice, so that what follows at once can be said with it."""
    queue: float = 3.0
    """How long somebody waits before being told how many go before; then the number is looked at as often."""
    slow: float = 3.0
    """How long speaking takes until it is shown how far it is; then that is looked at as often."""
    typing: float = 0.4
    """How long somebody types nothing more until an inline query is looked at."""
    inline: float = 5.0
    """What the answer to an inline query may take; a later one is not taken."""
    turn: float = 300.0
    """How long a command waits for the ones that the same person sent before."""
    look_again: float = 0.3
    """Between two requests for updates while one is being answered."""
    acknowledge: float = 60.0
    """An update that is being answered for so long is written down and acknowledged."""
    farewell: float = 5.0
    """For each of the last requests when the bot stops."""


def seconds_of(error: RetryAfter) -> float:
    """Return the pause that Telegram asks for, and a tenth of a second for good measure."""
    asked = error.retry_after
    return 0.1 + (asked.total_seconds() if isinstance(asked, timedelta) else float(asked))


class Polling:
    """The updates of one bot. ``run`` until cancelled, then ``drain``."""

    def __init__(
        self,
        bot: Bot,
        slots: UpdateSlots,
        journal: Journal,
        *,
        timings: Timings,
        sleep: Sleep,
        on_conflict: Callable[[], None],
    ) -> None:
        """``on_conflict``: another process polls this bot, too."""
        self._bot = bot
        self._slots = slots
        self._journal = journal
        self._timings = timings
        self._sleep = sleep
        self._on_conflict = on_conflict
        self._offset = 0
        """One above the latest update taken."""
        self._acknowledged = 0
        """Where the last request began: all below is acknowledged."""
        self._open: dict[int, float] = {}
        """Updates that were taken and may come again, the oldest first, and when they were taken."""
        self._pause = 0.0
        self._conflict = False

    async def run(self, ready: asyncio.Event) -> NoReturn:
        """Fetch and hand out until cancelled; sets ``ready``.

        Raises PlatformError ``platform.token`` when the token is withdrawn.
        """
        ready.set()
        while True:
            await self._slots.some_free()
            await self._close()
            known = len(self._open)
            came = await self._fetch(min(_BATCH, known + self._slots.free), 0 if known else self._timings.poll)
            new = [update for update in came if update.update_id not in self._open]
            for update in new:
                self._open[update.update_id] = asyncio.get_running_loop().time()
                self._offset = update.update_id + 1
                self._slots.take(update)
            if self._open and not new:
                await self._slots.one_left(self._timings.look_again)

    async def _close(self) -> None:
        """Let go of updates that were answered, up to the first that is being answered; of too old or too many too."""
        overdue = asyncio.get_running_loop().time() - self._timings.acknowledge
        for update_id, taken in tuple(self._open.items()):
            if (update := self._slots.answering(update_id)) is not None:
                if taken > overdue and len(self._open) <= _MOST_OPEN:
                    return
                if not await self._written_down(update):
                    return
            del self._open[update_id]

    async def _written_down(self, update: Update) -> bool:
        """Return whether an update that is not answered yet may be acknowledged.

        Nobody would bring it to the next process.
        """
        try:
            await self._journal.accept(update)
        except StoreError as error:
            _log.warning("an update is left with telegram: %s", error.code)
            return False
        return True

    async def drain(self, grace: float) -> list[Update]:
        """Let what was taken finish, ``grace`` seconds at most, and acknowledge it; returns what was cut off."""
        late = await self._slots.drain(grace)
        for update in late:
            await self._written_down(update)
        if self._offset > self._acknowledged:
            # Not done in time: it all comes again, and the ledger knows what was spoken.
            try:
                async with asyncio.timeout(self._timings.farewell):
                    await self._bot.get_updates(offset=self._offset, limit=1, timeout=0, allowed_updates=KINDS)
            except (*_NO_UPDATES, TimeoutError) as error:
                _log.warning("the last updates were not acknowledged (%s)", type(error).__name__)
        return late

    async def _fetch(self, limit: int, hold: int) -> Sequence[Update]:
        """Return some updates, or none after a failure and a pause; a request without any is held back (seconds)."""
        self._acknowledged = next(iter(self._open), self._offset)
        try:
            updates = await self._bot.get_updates(
                offset=self._acknowledged, limit=limit, timeout=hold, allowed_updates=KINDS
            )
        except InvalidToken:
            raise PlatformError("platform.token", platform="telegram") from None  # its message holds the token
        except TimedOut:
            await self._rest("no answer in time")
        except RetryAfter as error:
            await self._sleep(min(seconds_of(error), self._timings.flood_most))
        except Conflict:
            if not self._conflict:
                self._conflict = True
                self._on_conflict()
            await self._rest("")
        except _NO_UPDATES as error:
            await self._rest(type(error).__name__)
        else:
            if self._pause and not self._conflict:
                _log.info("telegram answers again")
            self._pause, self._conflict = 0.0, False
            return updates
        return ()

    async def _rest(self, reason: str) -> None:
        """Pause, longer after each failure in a row; the first one is told to the log."""
        self._acknowledged = 0  # nobody knows whether the request arrived
        if not self._pause and reason:
            _log.warning("no updates from telegram (%s); trying on", reason)
        self._pause = min(self._timings.pause_most, self._pause * 2 or self._timings.pause_first)
        await self._sleep(self._pause)


_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_LARGEST = 1_000_000
"""Bytes of an update."""


class Webhook:
    """The updates of one bot. ``run`` until cancelled, then ``drain``."""

    def __init__(
        self,
        bot: Bot,
        slots: UpdateSlots,
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
        self._slots = slots
        self._server = server
        self._journal = journal
        self._flood = flood
        self._writing = 0
        """Updates that are being written down, each of which will need a place."""
        self._url = url
        self._secret = secret or secrets.token_urlsafe(32)
        self._timings = timings
        self._parser = UpdateParser()

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
        return await self._slots.drain(grace)

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
                raw = self._parser.understood(json.loads(await request.read()))
        except (ValueError, RecursionError, TimeoutError):
            raw = None
        if raw is None:
            return web.Response(status=400)
        if self._slots.free <= self._writing:
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
            self._slots.take(update)  # it will not be answered, so there is nothing to write down
            return web.Response()
        try:
            new = await self._journal.accept(update, raw)
        except StoreError as error:
            _log.warning("an update is left with telegram: %s", error.code)
            return web.Response(status=503, headers={"Retry-After": "1"})
        if new:
            self._slots.take(update)
        return web.Response()
