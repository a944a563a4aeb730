"""Fetches updates from Telegram, as many as there are places for. Used by ``client.py``.

Telegram is the queue: no more updates are fetched than there are free places, and an update is acknowledged once it was
answered. So what was not answered when the bot stops, or is killed, is still there when it comes back, and the ledger
knows what was spoken. To acknowledge an update is to ask for those above it; while one is being answered, those above
come along with it again, and a request is answered at once. Then requests are made now and then instead of held back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut

from bot.errors import PlatformError, StoreError
from bot.platforms.telegram.journal import Journal
from bot.platforms.telegram.places import Places

_log = logging.getLogger(__name__)

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
    """The pause that Telegram asks for, and a tenth of a second for good measure."""
    asked = error.retry_after
    return 0.1 + (asked.total_seconds() if isinstance(asked, timedelta) else float(asked))


class Polling:
    """The updates of one bot. ``run`` until cancelled, then ``drain``."""

    def __init__(
        self,
        bot: Bot,
        places: Places,
        journal: Journal,
        *,
        timings: Timings,
        sleep: Sleep,
        on_conflict: Callable[[], None],
    ) -> None:
        """``on_conflict``: another process polls this bot, too."""
        self._bot = bot
        self._places = places
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
            await self._places.some_free()
            await self._close()
            known = len(self._open)
            came = await self._fetch(min(_BATCH, known + self._places.free), 0 if known else self._timings.poll)
            new = [update for update in came if update.update_id not in self._open]
            for update in new:
                self._open[update.update_id] = asyncio.get_running_loop().time()
                self._offset = update.update_id + 1
                self._places.take(update)
            if self._open and not new:
                await self._places.one_left(self._timings.look_again)

    async def _close(self) -> None:
        """Let go of updates that were answered, up to the first that is being answered; of too old or too many too."""
        overdue = asyncio.get_running_loop().time() - self._timings.acknowledge
        for update_id, taken in tuple(self._open.items()):
            if (update := self._places.answering(update_id)) is not None:
                if taken > overdue and len(self._open) <= _MOST_OPEN:
                    return
                if not await self._written_down(update):
                    return
            del self._open[update_id]

    async def _written_down(self, update: Update) -> bool:
        """Whether an update that is not answered yet may be acknowledged: nobody would bring it to the next process."""
        try:
            await self._journal.accept(update)
        except StoreError as error:
            _log.warning("an update is left with telegram: %s", error.code)
            return False
        return True

    async def drain(self, grace: float) -> list[Update]:
        """Let what was taken finish, ``grace`` seconds at most, and acknowledge it; returns what was cut off."""
        late = await self._places.drain(grace)
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
        """Some updates, or none after a failure and a pause; a request without any is held back (seconds)."""
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
