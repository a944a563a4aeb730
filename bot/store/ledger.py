"""The quota ledger: hold, spend, release, exactly, for many tasks and several processes at once.

Called by the synthesis core around every utterance; by the command line and the quota commands for usage and
corrections.

What queues while a commit runs goes into the next transaction (see ``entries.py``), and with it what is noted of
deliveries (``deliveries.py``). A batch that would pass a limit
is rolled back whole and its entries are replayed one transaction each, in the order of their keys.

States of a row: ``held`` → ``spent`` | ``released`` by ``settle``, or ``unknown`` by ``reap`` when a process died
with a hold open. An unknown hold has been given back to the person; if nothing had been delivered
(``resumable``) the same key may be held once more.

How to settle so that a cancelled task cannot leave a hold behind::

    await ledger.hold(key, ...)
    try:
        spent = await synthesize()
    finally:
        await asyncio.shield(ledger.settle(key, characters=spent))
"""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from typing import Any, Self

from bot.errors import BotError, StoreError
from bot.store import audit, deliveries
from bot.store.database import Database
from bot.store.deliveries import AnyEntry, Mark
from bot.store.entries import (
    Charge,
    ExtendEntry,
    Hold,
    HoldEntry,
    LimitPassedError,
    Meter,
    Mismatch,
    Outcome,
    Override,
    ScopeUsage,
    SettleEntry,
)
from bot.store.schema import KEY_LENGTH, counter
from bot.windows import Calendar, Moment, Timeline

log = logging.getLogger(__name__)

BATCH = 256
"""Maximum of entries in one transaction."""


@dataclass(eq=False, slots=True)
class _Waiting:
    """A queued entry and the future of its caller."""

    entry: AnyEntry
    answer: asyncio.Future[Outcome]


class Ledger:
    """The quota ledger; one per process and database. ``async with Ledger.open(database) as ledger: ...``."""

    def __init__(
        self, database: Database, *, zone: tzinfo = UTC, kind: str = "bot", capacity: int = 1024, wait: float = 5.0
    ) -> None:
        """Set up; ``zone`` decides when a day begins, ``kind`` is the kind of process (``bot``, ``cli``).

        ``capacity`` bounds the number of waiting holds, ``wait`` (seconds) how long each of them waits.
        """
        self._database = database
        self._zone = zone
        self._kind = kind
        self._owner = f"{kind}:{uuid.uuid4().hex}"
        self._capacity = capacity
        self._wait = wait
        self._queue: deque[_Waiting] = deque()
        self._work = asyncio.Event()
        self._closing = False
        self._timeline = Timeline(Calendar(zone))
        self._worker: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database: Database, *, zone: tzinfo = UTC, kind: str = "bot", capacity: int = 1024, wait: float = 5.0
    ) -> AsyncIterator[Self]:
        """Open a started ledger, closed at the end. Raises StoreError."""
        ledger = cls(database, zone=zone, kind=kind, capacity=capacity, wait=wait)
        await ledger.start()
        try:
            yield ledger
        finally:
            await ledger.close()

    async def start(self) -> None:
        """Start the worker. Raises StoreError."""
        day, minute = await self._database.read(partial(audit.latest, counter))
        self._timeline = Timeline(Calendar(self._zone), day, minute)
        self._closing = False
        self._worker = asyncio.create_task(self._run(), name="ledger")

    async def close(self) -> None:
        """Write what is queued and stop; open holds stay until their lease expires."""
        self._closing = True
        self._work.set()
        if self._worker is not None:
            await self._worker
            self._worker = None

    # Around an utterance

    async def hold(
        self,
        key: str,
        *,
        charges: Sequence[Charge],
        characters: int,
        requests: int = 1,
        lease: float,
        meter: Meter = "paid",
        resumable: bool = True,
        again: bool = False,
    ) -> Hold:
        """Hold quota for ``lease`` seconds, on at most one account and one space.

        ``resumable``: whether the same key may be tried again if this process dies (nothing of it is heard before it is
        settled); ``again``: also after a failed attempt, for commands, which are recorded when finished. Raises
        QuotaError (``quota.account_characters``, ``quota.account_requests``, ``quota.space_characters``,
        ``quota.space_requests``), DuplicateError, StoreError. A cancelled caller holds nothing.
        """
        entry = _hold_entry(
            key,
            charges=charges,
            characters=characters,
            requests=requests,
            lease=lease,
            meter=meter,
            resumable=resumable,
            owner=self._owner,
            again=again,
        )
        if len(self._queue) >= self._capacity:
            raise StoreError("store.busy", path=str(self._database.path))
        outcome = await self._ask(entry)
        assert isinstance(outcome, Hold)
        return outcome

    async def settle(
        self, key: str, *, characters: int, asked: bool = False, command: str = "", clip: str = ""
    ) -> bool:
        """Charge ``characters`` (at most what was held) and release the rest; 0 releases all.

        The request is released with the characters, unless it was ``asked`` of a provider that refused it. ``clip``:
        the sound in the cache that is still to be delivered for ``command``; noted in the same transaction. The entry
        is queued before this first waits, so a caller cancelled from then on has settled all the same. Harmless when
        repeated. Return False if there was nothing of ours to settle: settled before, or taken over after the lease had
        expired. Raises StoreError: then the hold stays open and may be settled again.
        """
        if characters < 0:
            raise ValueError("characters must not be negative")
        return bool(await self._ask(SettleEntry(key, characters, self._owner, asked, command, clip)))

    async def extend(self, key: str, lease: float) -> bool:
        """Extend the hold to ``lease`` seconds from now. Return False if it is no longer ours. Raises StoreError."""
        return bool(await self._ask(ExtendEntry(key, _milliseconds(lease), self._owner)))

    async def enter(self, mark: Mark) -> Outcome:
        """Record a command's stage with the next transaction. Raises StoreError."""
        return await self._ask(mark)

    @property
    def database(self) -> Database:
        """The database of the ledger."""
        return self._database

    # Maintenance and corrections

    async def reap(self, *, owner: str | None = None) -> int:
        """Turn expired holds into ``unknown``, releasing their quota. Return how many. Raises StoreError.

        ``owner``: also all holds of other processes of this kind, for a process that knows it is the only one of its
        kind (``bot`` at the start, having locked the data folder).
        """
        body = partial(audit.reap, moment=self._moment(), kind=owner, survivor=self._owner)
        return await self._database.write(body)

    async def usage(self, scope: str, meter: Meter = "paid") -> ScopeUsage:
        """Return what a scope has used today. Raises StoreError."""
        return await self._database.read(partial(audit.usage, scope=scope, meter=meter, moment=self._moment()))

    async def grant(self, scope: str, characters: int, meter: Meter = "paid") -> None:
        """Grant a scope characters on top of its limit, for the current day. Raises StoreError."""
        await self._database.write(
            partial(
                audit.grant,
                scope=scope,
                characters=characters,
                meter=meter,
                moment=self._moment(),
                owner=self._owner,
            )
        )

    async def reset(self, scope: str, meter: Meter = "paid") -> None:
        """Reset a scope's day to nothing used and nothing granted. Raises StoreError."""
        await self._database.write(
            partial(audit.reset, scope=scope, meter=meter, moment=self._moment(), owner=self._owner)
        )

    async def set_override(self, override: Override) -> None:
        """Store an override; an empty one removes the stored one. Raises StoreError."""
        await self._database.write(partial(audit.set_override, override=override))

    async def change_override(self, scope: str, changes: Mapping[str, Any]) -> Override:
        """Change the limits that are named by their fields, in one step; the others stay. Raises StoreError."""
        return await self._database.write(partial(audit.change_override, scope=scope, changes=dict(changes)))

    async def overrides(self, scopes: Sequence[str]) -> list[Override]:
        """Return the overrides stored for any of these scopes. Raises StoreError."""
        return await self._database.read(partial(audit.overrides, scopes=tuple(scopes)))

    async def audit(self) -> list[Mismatch]:
        """Return counters that differ from the sum of their rows; normally none. Raises StoreError."""
        return await self._database.read(partial(audit.audit, minute=self._moment().minute))

    async def rebuild(self) -> int:
        """Set differing counters to the sum of their rows. Return how many. Raises StoreError."""
        return await self._database.write(partial(audit.rebuild, minute=self._moment().minute))

    async def retire(self, days: int = 35) -> int:
        """Drop rows and daily sums older than ``days``, and past minutes, a few at a time. Return how many.

        Raises StoreError.
        """
        total = 0
        while gone := await self._database.write(partial(audit.retire, moment=self._moment(), days=days)):
            total += gone
        return total

    # The queue

    def _moment(self) -> Moment:
        return self._timeline.moment(self._database.now())

    async def _ask(self, entry: AnyEntry) -> Outcome:
        if self._closing or self._worker is None:
            raise StoreError("store.closed", path=str(self._database.path))
        loop = asyncio.get_running_loop()
        waiting = _Waiting(entry, loop.create_future())
        self._queue.append(waiting)
        self._work.set()
        # A bare timer: asyncio.timeout would cost as much as the rest of a merged entry.
        timer = loop.call_later(self._wait, self._give_up, waiting)
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            self._forget(waiting)
            raise
        finally:
            timer.cancel()

    def _give_up(self, waiting: _Waiting) -> None:
        if not waiting.answer.done():
            waiting.answer.set_exception(StoreError("store.busy", path=str(self._database.path)))

    def _forget(self, waiting: _Waiting) -> None:
        """Release a hold that was granted while its caller was being cancelled."""
        answer = waiting.answer
        if not answer.done() or answer.cancelled() or answer.exception() is not None:
            return
        if isinstance(waiting.entry, HoldEntry):
            self._release(waiting.entry)

    def _release(self, entry: HoldEntry) -> None:
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_unheard)
        self._queue.append(_Waiting(SettleEntry(entry.key, 0, self._owner), answer))
        self._work.set()

    async def _run(self) -> None:
        while True:
            batch = self._next()
            if batch:
                await self._commit(batch)
            elif self._closing:
                return
            else:
                self._work.clear()
                await self._work.wait()

    def _next(self) -> list[_Waiting]:
        """Return the next entries, one per key; holds without a caller are dropped, settlements never."""
        batch: list[_Waiting] = []
        keys: set[str] = set()
        while self._queue and len(batch) < BATCH:
            waiting = self._queue[0]
            if isinstance(waiting.entry, HoldEntry) and waiting.answer.done():
                self._queue.popleft()
                continue
            if waiting.entry.key in keys:
                break
            keys.add(waiting.entry.key)
            batch.append(self._queue.popleft())
        return batch

    async def _commit(self, batch: list[_Waiting]) -> None:
        try:
            try:
                await self._write(batch)
            except LimitPassedError:
                await self._replay(batch)
        except BotError as error:
            self._fail(batch, error)
        except Exception:  # the worker is the border: one bad batch must not stop the ledger
            log.exception("ledger: a batch of %d failed", len(batch))
            self._fail(batch, StoreError("store.failed", path=str(self._database.path)))

    async def _replay(self, batch: list[_Waiting]) -> None:
        """Apply entries in one transaction each, in the order of their keys, so that two processes cannot deadlock."""
        waiting = sorted(batch, key=lambda item: item.entry.key)
        for index, item in enumerate(waiting):
            try:
                await self._write([item])
            except StoreError as error:
                # The next ones would each wait as long for the same lock.
                self._fail(waiting[index:], error)
                return
            except BotError as error:
                self._fail([item], error)

    async def _write(self, batch: list[_Waiting]) -> None:
        body = partial(deliveries.apply, entries=[item.entry for item in batch], moment=self._moment())
        for item, outcome in zip(batch, await self._database.write(body), strict=True):
            self._tell(item, outcome)

    def _tell(self, item: _Waiting, outcome: Outcome) -> None:
        if item.answer.done():
            # Its caller was cancelled or has given up waiting.
            if isinstance(outcome, Hold) and isinstance(item.entry, HoldEntry):
                self._release(item.entry)
        elif isinstance(outcome, BotError):
            item.answer.set_exception(outcome)
        else:
            item.answer.set_result(outcome)

    def _fail(self, batch: Sequence[_Waiting], error: BotError) -> None:
        for item in batch:
            if not item.answer.done():
                # One each: an exception raised in several tasks would collect all their tracebacks.
                item.answer.set_exception(type(error)(error.code, **error.facts))


def _unheard(answer: asyncio.Future[Outcome]) -> None:
    """Ignore a failed release of an abandoned hold, which has no caller; the reaper releases it."""
    error = answer.exception()
    if isinstance(error, BotError):
        log.warning("ledger: an abandoned hold stays until its lease runs out (%s)", error.code)


def _hold_entry(
    key: str,
    *,
    charges: Sequence[Charge],
    characters: int,
    requests: int,
    lease: float,
    meter: str,
    resumable: bool,
    owner: str,
    again: bool,
) -> HoldEntry:
    if not 0 < len(key) <= KEY_LENGTH or characters < 0 or requests < 0 or lease <= 0:
        raise ValueError("a hold needs a key, a lease and amounts that are not negative")
    if not all(text.isprintable() for text in (key, *(charge.scope for charge in charges))):
        raise ValueError("a hold's names have no control characters")
    account, space = _of(charges, "account:"), _of(charges, "space:")
    if len(charges) != (account is not None) + (space is not None):
        raise ValueError("a hold is charged to at most one account and one space")
    return HoldEntry(
        key=key,
        account=account.scope if account else None,
        account_limits=account.limits if account else (),
        space=space.scope if space else None,
        space_limits=space.limits if space else (),
        characters=characters,
        requests=requests,
        lease=_milliseconds(lease),
        meter=meter,
        resumable=resumable,
        owner=owner,
        again=again,
    )


def _of(charges: Sequence[Charge], prefix: str) -> Charge | None:
    found = [charge for charge in charges if charge.scope.startswith(prefix)]
    return found[0] if len(found) == 1 else None


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
