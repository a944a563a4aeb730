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

# On failure these two log what they received: messages of people.
for _name in ("telegram.ext.ExtBot", "telegram.request.BaseRequest"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

_REMEMBERED = 100
"""Skipped updates that are remembered: until they are acknowledged they come again."""


class UpdateParser:
    """Parses updates; one per way of receiving."""

    def __init__(self) -> None:
        self._passed: deque[int] = deque(maxlen=_REMEMBERED)

    def understood(self, raw: Any) -> dict[str, Any] | None:
        """Return an update as it came, reduced to its id if it cannot be parsed; None without an id."""
        update_id = raw.get("update_id") if isinstance(raw, dict) else None
        if not isinstance(update_id, int):
            return None
        try:
            Update.de_json(raw)
        except Exception as error:  # noqa: BLE001  a border: whatever a field does to the library stops nobody
            if update_id not in self._passed:
                self._passed.append(update_id)
                _log.error("update %d cannot be parsed (%s) and is skipped", update_id, type(error).__name__)
            return {"update_id": update_id}
        return dict(raw)


class UpdatesRequest(HTTPXRequest):
    """The connection for polling."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._parser = UpdateParser()

    def parse_json_payload(self, payload: bytes) -> dict[str, Any]:  # type: ignore[override]  # static in the library
        """Called by the library with each response. Raises TelegramError for invalid JSON."""
        answer = super().parse_json_payload(payload)
        came = answer.get("result")
        if isinstance(came, list):
            answer["result"] = [self._parser.understood(raw) or raw for raw in came]
        return answer


PLACES = 64
"""Simultaneous updates."""
MOST_ASIDE = 3 * PLACES
"""Updates that may wait without a slot; further ones keep theirs."""


class UpdateSlots:
    """The slots of a bot's updates."""

    def __init__(self, handle: Callable[[Update], Awaitable[None]]) -> None:
        """Set up; ``handle`` answers one update and raises nothing."""
        self._handle = handle
        self._running: dict[asyncio.Task[None], Update] = {}
        self._aside: set[object] = set()
        self._left = asyncio.Event()

    @property
    def free(self) -> int:
        """The number of free slots."""
        return max(0, PLACES - len(self._running) + len(self._aside))

    async def some_free(self) -> None:
        """Wait until there is a free slot."""
        while not self.free:
            self._left.clear()
            await self._left.wait()

    async def one_left(self, within: float) -> None:
        """Wait until an update was answered, at most ``within`` seconds."""
        self._left.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._left.wait()

    @contextlib.contextmanager
    def without(self) -> Iterator[None]:
        """Release an update's slot for a while; afterwards it has one again, even if none is free."""
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
        """Start answering an update."""
        task = asyncio.create_task(self._answer(update))
        self._running[task] = update
        task.add_done_callback(self._let_go)

    async def drain(self, grace: float) -> list[Update]:
        """Let current updates finish, ``grace`` seconds at most. Return those that were cut off."""
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
            _log.error("an update was not handled", exc_info=error)


_PLACES: ContextVar[UpdateSlots | None] = ContextVar("places", default=None)
"""The slots object of which this task has one."""


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Wait inside without a slot; once per update."""
    slots = _PLACES.get()
    with contextlib.nullcontext() if slots is None else slots.without():
        yield


_PLATFORM = "telegram"
KeyOf = Callable[[Update], str | None]
"""The key of a command; None for every other update."""


class UpdateJournal:
    """The journal of a bot."""

    def __init__(self, accepted: Accepted, bot: Bot, key_of: KeyOf) -> None:
        self._accepted = accepted
        self._bot = bot
        self._key_of = key_of

    async def accept(self, update: Update, raw: dict[str, Any] | None = None) -> bool:
        """Record an update if it is a command. Return False for one that was recorded, or answered, before.

        ``raw``: as it came, if known. Raises StoreError: then Telegram is to keep it.
        """
        key = self._key_of(update)
        if key is None:
            return True
        content = json.dumps(raw or update.to_dict())
        if len(content) > LONGEST_CONTENT:  # larger than any Telegram message; refused, it would come again for a day
            _log.warning("an update is too long to be recorded")
            return True
        return await self._accepted.accept(key, _PLATFORM, content)

    async def take_up(self, slots: UpdateSlots) -> None:
        """Answer what the last run recorded and did not answer, as slots become free. Raises nothing.

        Before that, remove its progress messages, which nothing will update any more.
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
                _log.error("a command of the last run cannot be parsed and is dropped")
                await self._accepted.close(left.key)
                continue
            await slots.some_free()
            slots.take(update)


KINDS = ("message", "edited_message", "callback_query", "inline_query", "chosen_inline_result", "guest_message")
"""Update types to request. Telegram remembers this between runs, so all that are handled are named."""
_BATCH = 100
"""Updates that one request may return."""

_MOST_OPEN = 90
"""Updates that may be unacknowledged: each batch needs capacity for new ones."""

_NO_UPDATES = (TelegramError, LookupError, TypeError, ValueError, AttributeError)
"""Exceptions of a polling request. All but the first mean a malformed response: updates were parsed before."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Timings:
    """Durations in seconds."""

    poll: int = 25
    """Long-polling time of a request for updates."""
    connect: float = 10.0
    read: float = 15.0
    """Response to a small request; a poll adds this to its own."""
    upload_read: float = 30.0
    """Response to a voice: a slow one does come, after the voice was shown."""
    upload_write: float = 60.0
    """A stalled piece of an upload."""
    action: float = 4.0
    """Between two "recording" indicators; Telegram shows each for 5 s."""
    pause_first: float = 1.0
    """After a network failure; doubled at each further one."""
    pause_most: float = 30.0
    flood_most: float = 60.0
    """Longest pause demanded by Telegram before a message is given up."""
    gather: float = 1.0
    """Between a message that is read aloud and its voice, so that further ones can be included."""
    queue: float = 3.0
    """Waiting time before the queue position is shown, and between its updates."""
    slow: float = 3.0
    """Speaking time before progress is shown, and between its updates."""
    typing: float = 0.4
    """Pause in typing after which an inline query is answered."""
    inline: float = 5.0
    """Limit of the answer to an inline query; later ones are not accepted."""
    turn: float = 300.0
    """How long a command waits for the same person's earlier ones."""
    look_again: float = 0.3
    """Between two polling requests while an update is being answered."""
    acknowledge: float = 60.0
    """After this an update being answered is recorded and acknowledged."""
    farewell: float = 5.0
    """For each of the last requests at shutdown."""


def seconds_of(error: RetryAfter) -> float:
    """Return the pause that Telegram demands, plus a tenth of a second."""
    asked = error.retry_after
    return 0.1 + (asked.total_seconds() if isinstance(asked, timedelta) else float(asked))


class Polling:
    """Receives a bot's updates by polling. ``run`` until cancelled, then ``drain``."""

    def __init__(
        self,
        bot: Bot,
        slots: UpdateSlots,
        journal: UpdateJournal,
        *,
        timings: Timings,
        sleep: Sleep,
        on_conflict: Callable[[], None],
    ) -> None:
        """Set up; ``on_conflict`` is called if another process polls this bot, too."""
        self._bot = bot
        self._slots = slots
        self._journal = journal
        self._timings = timings
        self._sleep = sleep
        self._on_conflict = on_conflict
        self._offset = 0
        """One above the latest update received."""
        self._acknowledged = 0
        """Offset of the last request: all below is acknowledged."""
        self._open: dict[int, float] = {}
        """Updates that were received and may come again, the oldest first, with the time they were received."""
        self._pause = 0.0
        self._conflict = False

    async def run(self, ready: asyncio.Event) -> NoReturn:
        """Fetch and dispatch updates until cancelled; sets ``ready``.

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
        """Drop answered updates, up to the first unanswered one; also those too old or too many."""
        overdue = asyncio.get_running_loop().time() - self._timings.acknowledge
        for update_id, taken in tuple(self._open.items()):
            if (update := self._slots.answering(update_id)) is not None:
                if taken > overdue and len(self._open) <= _MOST_OPEN:
                    return
                if not await self._written_down(update):
                    return
            del self._open[update_id]

    async def _written_down(self, update: Update) -> bool:
        """Return whether an unanswered update is recorded and may be acknowledged.

        Otherwise the next process would not get it.
        """
        try:
            await self._journal.accept(update)
        except StoreError as error:
            _log.warning("an update is left with telegram: %s", error.code)
            return False
        return True

    async def drain(self, grace: float) -> list[Update]:
        """Let current updates finish, ``grace`` seconds at most, and acknowledge them.

        Return those that were cut off.
        """
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
        """Return some updates, or none after a failure and a pause; an empty response is held back (seconds)."""
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
                _log.info("telegram responds again")
            self._pause, self._conflict = 0.0, False
            return updates
        return ()

    async def _rest(self, reason: str) -> None:
        """Pause, longer after each consecutive failure; the first one is logged."""
        self._acknowledged = 0  # it is unknown whether the request arrived
        if not self._pause and reason:
            _log.warning("no updates from telegram (%s); retrying", reason)
        self._pause = min(self._timings.pause_most, self._pause * 2 or self._timings.pause_first)
        await self._sleep(self._pause)


_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_LARGEST = 1_000_000
"""Bytes of an update."""


class Webhook:
    """Receives a bot's updates by webhook. ``run`` until cancelled, then ``drain``."""

    def __init__(
        self,
        bot: Bot,
        slots: UpdateSlots,
        server: WebServer,
        journal: UpdateJournal,
        flood: FloodGuard,
        *,
        url: str,
        secret: str,
        timings: Timings,
    ) -> None:
        """Set up; ``url`` is our public address, its path our route. ``secret``: empty generates one for this run."""
        self._bot = bot
        self._slots = slots
        self._server = server
        self._journal = journal
        self._flood = flood
        self._writing = 0
        """Updates that are being recorded, each of which will need a slot."""
        self._url = url
        self._secret = secret or secrets.token_urlsafe(32)
        self._timings = timings
        self._parser = UpdateParser()

    async def _begin(self) -> None:
        """Register the webhook. Raises PlatformError ``platform.unreachable``, ``platform.token``."""
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
            _log.warning("telegram rejected the webhook: %s", why)
            raise PlatformError("platform.unreachable", platform="telegram") from None

    async def run(self, ready: asyncio.Event) -> NoReturn:
        """Receive updates until cancelled; sets ``ready`` once Telegram knows the address.

        Raises ConfigError ``web.address``, ``web.route``; PlatformError.
        """
        async with self._server.route("POST", urlsplit(self._url).path or "/", self._take):
            await self._begin()
            ready.set()
            while True:
                await asyncio.Event().wait()

    async def drain(self, grace: float) -> list[Update]:
        """Let current updates finish; what comes now is delivered again to the next run."""
        return await self._slots.drain(grace)

    async def _take(self, request: web.Request) -> web.Response:
        given = request.headers.get(_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._secret.encode()):
            _log.info(
                "a webhook request without our secret was refused, from %s", request.remote, extra={"alike": "secret"}
            )
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
        """Record an update so that it outlives this process, or leave it with Telegram."""
        person = update.effective_user
        if person is not None and self._flood.is_over(Account("telegram", str(person.id))):
            self._slots.take(update)  # it will not be answered, so there is nothing to record
            return web.Response()
        try:
            new = await self._journal.accept(update, raw)
        except StoreError as error:
            _log.warning("an update is left with telegram: %s", error.code)
            return web.Response(status=503, headers={"Retry-After": "1"})
        if new:
            self._slots.take(update)
        return web.Response()
