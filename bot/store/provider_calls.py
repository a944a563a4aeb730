"""Provider calls: what was asked of each provider, at what cost, and whether its own limits allow another call.

Called by the synthesis core's rate limiter before and after each request, and by ``quota show``. Rows and counters are
in ``mouthpiece.db``, so limits hold across processes and restarts.

A call is held with an estimate of its tokens and settled on its real usage. One whose lease expires unsettled no longer
counts as running, but stays charged: the provider has most likely done its work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update

from bot.store.audit import latest
from bot.store.database import Database, insert_into
from bot.store.schema import OPEN, provider_call, provider_counter, provider_pause
from bot.windows import DAY, MINUTE, Calendar, Moment, Timeline, at

Reason = Literal["pause", "concurrency", "rpm", "rpd", "tpm", "tpd"]

RETIRE_ROWS = 500
"""Rows dropped per transaction."""


@dataclass(frozen=True, slots=True)
class ProviderLimits:
    """A provider's limits; None means unlimited."""

    rpm: int | None = None
    """Requests in a minute (sliding)."""
    rpd: int | None = None
    """Requests in a day (calendar day, UTC)."""
    tpm: int | None = None
    """Tokens in a minute."""
    tpd: int | None = None
    """Tokens in a day."""
    max_concurrency: int | None = 1
    """Calls at the same time."""


@dataclass(frozen=True, slots=True)
class CallTotals:
    """A provider's calls of one day."""

    calls: int
    tokens: int
    failed: int
    estimated: int
    """Calls with estimated tokens: still running, lost, or not reported by the provider."""


class Full(Exception):  # noqa: N818 - a state to wait out, not a failure
    """A limit of the provider is reached."""

    def __init__(self, metric: Reason, retry_at: datetime) -> None:
        super().__init__(metric)
        self.metric = metric
        """The limit that is reached."""
        self.retry_at = retry_at
        """The earliest time to retry (UTC). For ``concurrency``: when the next lease ends at the latest."""


@dataclass(frozen=True, slots=True)
class _Call:
    id: str
    provider: str
    limits: ProviderLimits
    tokens: int
    lease: int


class ProviderCalls:
    """The calls of all providers; one per process and database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # A day that has begun stays begun when the clock is set back, as in the ledger; None until known.
        self._timeline: Timeline | None = None

    async def hold(self, call_id: str, provider: str, limits: ProviderLimits, tokens: int, lease: float = 15.0) -> None:
        """Count a call that is about to be made and let it run for ``lease`` seconds (``extend`` it while it runs).

        ``tokens`` is an estimate of its total cost. A call bigger than a token limit passes when the window is empty,
        since otherwise it never could. Raises Full, StoreError.
        """
        call = _Call(call_id, provider, limits, tokens, round(lease * 1000))
        moment = await self._moment()
        await self._database.write(partial(_hold, call=call, moment=moment))

    async def extend(self, call_id: str, lease: float = 15.0) -> None:
        """Extend a running call to ``lease`` seconds from now. Raises StoreError."""
        expires = self._database.now() + round(lease * 1000)
        await self._database.write(partial(_extend, call_id=call_id, expires=expires))

    async def settle(
        self, call_id: str, *, prompt_tokens: int, completion_tokens: int, estimated: bool, ok: bool
    ) -> None:
        """Close a call and correct the counters to its real cost. Harmless when repeated. Raises StoreError.

        The cost is counted in the windows that the call was held in.
        """
        moment = await self._moment()
        usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "estimated": estimated}
        await self._database.write(partial(_settle, call_id=call_id, usage=usage, ok=ok, moment=moment))

    async def reap(self, prefix: str) -> None:
        """Release the slots of open calls whose ids have this prefix: their process is dead. They stay charged."""
        await self._database.write(partial(_reap, prefix=prefix, now=self._database.now()))

    async def pause(self, provider: str, until: datetime) -> None:
        """Pause calls to a provider until ``until`` (as its 429 demands); a longer earlier pause stays."""
        await self._database.write(partial(_pause, provider=provider, until=round(until.timestamp() * 1000)))

    async def totals(self, provider: str, day: date | None = None) -> CallTotals:
        """Return the calls of a provider on a day (UTC); None is today. Raises StoreError."""
        start = (await self._moment()).day
        if day is not None:
            start = round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
        return await self._database.read(partial(_totals, provider=provider, start=start))

    async def retire(self, days: int = 35) -> int:
        """Drop calls older than ``days``, a few at a time, keeping daily totals. Return how many. Raises StoreError."""
        total = 0
        moment = await self._moment()
        while gone := await self._database.write(partial(_retire, moment=moment, days=days)):
            total += gone
        return total

    async def _moment(self) -> Moment:
        if self._timeline is None:
            found = await self._database.read(partial(latest, provider_counter))
            self._timeline = Timeline(Calendar(UTC), *found)
        return self._timeline.moment(self._database.now())


def _hold(connection: Connection, *, call: _Call, moment: Moment) -> None:
    # First the counters: writing them locks the provider's rows against other processes on every engine.
    counters = _count(connection, call, moment)
    refusal = (
        _paused(connection, call, moment)
        or _running(connection, call, moment)
        or next(_passed(call, counters, moment), None)
    )
    if refusal is not None:
        raise refusal
    row: dict[str, Any] = {
        "call_id": call.id,
        "provider": call.provider,
        "state": "open",
        "day": moment.day,
        "minute": moment.minute,
        "tokens": call.tokens,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "estimated": True,
        "started": moment.now,
        "expires": moment.now + call.lease,
    }
    connection.execute(insert(provider_call), [row])


def _count(connection: Connection, call: _Call, moment: Moment) -> dict[str, tuple[int, int]]:
    """Count the call. Return calls and tokens, itself included, by window: day, minute, and the minute before."""
    windows = [("day", moment.day, 1), ("minute", moment.minute - MINUTE, 0), ("minute", moment.minute, 1)]
    rows = [
        {
            "provider": call.provider,
            "window": window,
            "start": start,
            "calls": share,
            "tokens": share * call.tokens,
            "estimated": share,
            "failed": 0,
        }
        for window, start, share in windows
    ]
    answer = {(row.window, row.start): (row.calls, row.tokens) for row in connection.execute(_COUNT, rows)}
    return {
        "day": answer["day", moment.day],
        "minute": answer["minute", moment.minute],
        "before": answer["minute", moment.minute - MINUTE],
    }


def _paused(connection: Connection, call: _Call, moment: Moment) -> Full | None:
    until = connection.execute(
        select(provider_pause.c.until).where(provider_pause.c.provider == call.provider)
    ).scalar()
    return Full("pause", at(until)) if until is not None and until > moment.now else None


def _running(connection: Connection, call: _Call, moment: Moment) -> Full | None:
    if call.limits.max_concurrency is None:
        return None
    count, soonest = connection.execute(
        select(func.count(), func.min(provider_call.c.expires)).where(
            provider_call.c.state == OPEN,
            provider_call.c.provider == call.provider,
            provider_call.c.expires > moment.now,
        )
    ).one()
    if count < call.limits.max_concurrency:
        return None
    return Full("concurrency", at(soonest if soonest is not None else moment.now + call.lease))


def _passed(call: _Call, counters: dict[str, tuple[int, int]], moment: Moment) -> Iterator[Full]:
    limits = call.limits
    per_minute: tuple[tuple[Reason, int | None, int], ...] = (("rpm", limits.rpm, 0), ("tpm", limits.tpm, 1))
    per_day: tuple[tuple[Reason, int | None, int], ...] = (("rpd", limits.rpd, 0), ("tpd", limits.tpd, 1))
    for metric, limit, which in per_day:
        asked = call.tokens if which else 1
        used = counters["day"][which] - asked
        if limit is not None and used + asked > limit and (used > 0 or not which):
            yield Full(metric, at(moment.day_end))
    for metric, limit, which in per_minute:
        asked = call.tokens if which else 1
        before, current = counters["before"][which], counters["minute"][which] - asked
        used = moment.used(before, current)
        if limit is not None and used + asked > limit and (used > 0 or not which):
            yield Full(metric, at(moment.frees_at(before, current, asked=asked, limit=limit)))


def _extend(connection: Connection, *, call_id: str, expires: int) -> None:
    running = (provider_call.c.call_id == call_id) & (provider_call.c.state == OPEN)
    connection.execute(update(provider_call).where(running).values(expires=expires))


def _reap(connection: Connection, *, prefix: str, now: int) -> None:
    theirs = (provider_call.c.state == OPEN) & provider_call.c.call_id.startswith(prefix, autoescape=True)
    connection.execute(update(provider_call).where(theirs, provider_call.c.expires > now).values(expires=now))


def _settle(connection: Connection, *, call_id: str, usage: dict[str, Any], ok: bool, moment: Moment) -> None:
    row = connection.execute(select(provider_call).where(provider_call.c.call_id == call_id).with_for_update()).first()
    if row is None or row.state != "open":
        return
    tokens = usage["prompt_tokens"] + usage["completion_tokens"]
    connection.execute(
        update(provider_call)
        .where(provider_call.c.call_id == call_id)
        .values(state="ok" if ok else "failed", tokens=tokens, settled=moment.now, **usage)
    )
    change = {"tokens": tokens - row.tokens, "estimated": int(usage["estimated"]) - 1, "failed": int(not ok)}
    windows = [("day", row.day)]
    if row.minute >= moment.minute - MINUTE:
        windows.append(("minute", row.minute))
    connection.execute(_CORRECT, [{"p": row.provider, "w": window, "s": start} | change for window, start in windows])


def _pause(connection: Connection, *, provider: str, until: int) -> None:
    values = insert_into(provider_pause)
    later = case((values.excluded.until > provider_pause.c.until, values.excluded.until), else_=provider_pause.c.until)
    statement = values.on_conflict_do_update(index_elements=[provider_pause.c.provider], set_={"until": later})
    connection.execute(statement, [{"provider": provider, "until": until}])


def _totals(connection: Connection, *, provider: str, start: int) -> CallTotals:
    columns = provider_counter.c
    row = connection.execute(
        select(columns.calls, columns.tokens, columns.failed, columns.estimated).where(
            columns.provider == provider, columns.window == "day", columns.start == start
        )
    ).first()
    return CallTotals(*row) if row is not None else CallTotals(0, 0, 0, 0)


def _retire(connection: Connection, *, moment: Moment, days: int) -> int:
    stale = (provider_counter.c.window == "minute") & (provider_counter.c.start < moment.minute - 10 * MINUTE)
    connection.execute(delete(provider_counter).where(stale))
    old = (
        select(provider_call.c.call_id)
        .where(provider_call.c.day < moment.day - days * DAY)
        .order_by(provider_call.c.day)
        .limit(RETIRE_ROWS)
    )
    keys = connection.execute(old).scalars().all()
    if keys:
        connection.execute(delete(provider_call).where(provider_call.c.call_id.in_(keys)))
    return len(keys)


_count_row = insert_into(provider_counter)
_COUNTER_KEY = (provider_counter.c.provider, provider_counter.c.window, provider_counter.c.start)
_COUNTED = (provider_counter.c.calls, provider_counter.c.tokens, provider_counter.c.estimated)
_COUNT = _count_row.on_conflict_do_update(
    index_elements=_COUNTER_KEY,
    set_={column.name: column + _count_row.excluded[column.name] for column in _COUNTED},
).returning(provider_counter.c.window, provider_counter.c.start, *_COUNTED)
_CORRECT = (
    update(provider_counter)
    .where(
        provider_counter.c.provider == bindparam("p"),
        provider_counter.c.window == bindparam("w"),
        provider_counter.c.start == bindparam("s"),
    )
    .values({name: provider_counter.c[name] + bindparam(name) for name in ("tokens", "estimated", "failed")})
)
