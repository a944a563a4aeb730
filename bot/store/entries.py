"""Quota values, and the ledger's batches written in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, bindparam, case, select, update

from bot.errors import BotError, DuplicateError, QuotaError
from bot.store.database import insert_rows, packed, rows_of
from bot.store.schema import counter, ledger
from bot.windows import MINUTE, Moment, at

Metric = Literal["characters", "requests"]
Window = Literal["day", "minute"]
Meter = Literal["paid", "builtin"]
"""Which count: what paid providers speak, or what the built-in engine speaks free of charge."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``amount`` of ``metric`` in a ``window``."""

    metric: Metric
    amount: int
    window: Window
    """A day is a calendar day in the ledger's time zone; a minute is a sliding window."""


@dataclass(frozen=True, slots=True)
class Charge:
    """A scope that a hold is counted on, with its limits there; without limits it is only counted."""

    scope: str
    """``account:discord:42`` or ``space:discord:9``."""
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Quota set aside under a key until it is settled, or until its lease runs out."""

    key: str
    characters: int
    """Characters held now."""
    expires: datetime
    """Expiry of the lease (UTC), unless extended."""
    resumed: bool = False
    """Whether an earlier attempt under the same key was lost half-way."""


@dataclass(frozen=True, slots=True)
class ScopeUsage:
    """Today's use of a scope."""

    scope: str
    characters: int
    requests: int
    granted: int
    """Characters that an admin granted on top of the limit, for today."""
    resets: datetime
    """Start of the next day in the ledger's time zone."""

    def left(self, limit: int) -> int:
        """Return the characters that may still be held today under a limit."""
        return max(0, limit + self.granted - self.characters)


@dataclass(frozen=True, slots=True)
class Override:
    """Limits that replace the configured ones for an account, a space or everyone with a role."""

    scope: str
    """``account:discord:42``, ``space:discord:9``, ``role:discord:77``."""
    characters_per_day: int | None = None
    """None: this override does not set it."""
    requests_per_minute: int | None = None
    unlimited: bool = False
    """No limits at all; for admins."""
    cooldown: int | None = None
    """Seconds between two utterances, instead of the configured ones; not for a space, whose moderators set it."""

    def amount(self, limit: Limit) -> int | None:
        """Return the overriding amount of a limit, or None if it sets none."""
        if (limit.metric, limit.window) == ("characters", "day"):
            return self.characters_per_day
        if (limit.metric, limit.window) == ("requests", "minute"):
            return self.requests_per_minute
        return None


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A counter that differs from the sum of its rows."""

    scope: str
    meter: str
    window: str
    start: int
    """Milliseconds since 1970."""
    counted: tuple[int, int, int]
    """Characters, requests and grants in the counter."""
    summed: tuple[int, int, int]
    """The same by the ledger's rows."""


_OVERRIDABLE = (Limit("characters", -1, "day"), Limit("requests", -1, "minute"))
"""What an override may limit even if nothing is configured."""


def most_generous(limits: Sequence[Limit], overrides: Iterable[Override]) -> tuple[Limit, ...]:
    """Return a scope's limits: an override replaces the configured amount, even by a smaller one.

    If several overrides set the same limit, the largest amount counts; ``unlimited`` beats all.
    """
    applying = tuple(overrides)
    if any(override.unlimited for override in applying):
        return ()
    named = {(limit.metric, limit.window) for limit in limits}
    missing = (limit for limit in _OVERRIDABLE if (limit.metric, limit.window) not in named)
    added = tuple(_overridden(limit, applying) for limit in missing)
    return (*(_overridden(limit, applying) for limit in limits), *(limit for limit in added if limit.amount >= 0))


def _overridden(limit: Limit, overrides: Iterable[Override]) -> Limit:
    amounts = [amount for override in overrides if (amount := override.amount(limit)) is not None]
    return Limit(limit.metric, max(amounts), limit.window) if amounts else limit


_REFUSED = {
    ("account", "characters"): "quota.account_characters",
    ("account", "requests"): "quota.account_requests",
    ("space", "characters"): "quota.space_characters",
    ("space", "requests"): "quota.space_requests",
}
"""Codes of refusals, by the kind of scope and metric."""

CounterKey = tuple[str, str, str, int]
"""Scope, meter, window, start."""


@dataclass(frozen=True, slots=True)
class HoldEntry:
    """Set quota aside."""

    key: str
    account: str | None
    account_limits: tuple[Limit, ...]
    space: str | None
    space_limits: tuple[Limit, ...]
    characters: int
    requests: int
    lease: int
    """Milliseconds."""
    meter: str
    resumable: bool
    owner: str
    again: bool = False
    """Whether a failed attempt may be followed by another one."""

    def scopes(self) -> Iterable[tuple[str, tuple[Limit, ...]]]:
        """Yield each scope it counts on, with its limits there."""
        if self.account is not None:
            yield self.account, self.account_limits
        if self.space is not None:
            yield self.space, self.space_limits


@dataclass(frozen=True, slots=True)
class SettleEntry:
    """Charge what was synthesized, release the rest."""

    key: str
    characters: int
    owner: str
    asked: bool = False
    """Whether the request counts even if no character does."""
    command: str = ""
    clip: str = ""
    """The sound that is still to be delivered for the command; empty if there is none."""


@dataclass(frozen=True, slots=True)
class ExtendEntry:
    """Renew a lease."""

    key: str
    lease: int
    """Milliseconds."""
    owner: str


Entry = HoldEntry | SettleEntry | ExtendEntry
Outcome = Hold | bool | BotError
"""A hold, or whether there was anything to settle or extend, or the refusal."""


class LimitPassedError(Exception):
    """A batch of several entries would pass a limit; it is replayed one by one, invisibly to callers."""


@dataclass(slots=True)
class Deltas:
    """Changes of counters, summed by counter."""

    sums: dict[CounterKey, list[int]] = field(default_factory=dict)

    def add(self, key: CounterKey, characters: int, requests: int, granted: int = 0) -> None:
        """Add to one counter."""
        sums = self.sums.setdefault(key, [0, 0, 0])
        sums[0] += characters
        sums[1] += requests
        sums[2] += granted

    def add_row(self, row: Any, characters: int, requests: int, minute: int) -> None:
        """Add a ledger row to every counter it belongs to, except expired minutes."""
        for scope, bucket in ((row.account, row.account_minute), (row.space, row.space_minute)):
            if scope is None:
                continue
            self.add((scope, row.meter, "day", row.day), characters, requests)
            if bucket is not None and bucket >= minute - MINUTE:
                self.add((scope, row.meter, "minute", bucket), characters, requests)

    def write(self, connection: Connection) -> dict[CounterKey, tuple[int, int, int]]:
        """Write the changes in sorted order, so that two writers cannot deadlock.

        Returns the new values by counter: characters, requests, granted.
        """
        if not self.sums:
            return {}
        rows = [(*key, *sums) for key, sums in sorted(self.sums.items())]
        answer = connection.execute(_COUNT, packed(rows))
        return {(row[0], row[1], row[2], row[3]): (row[4], row[5], row[6]) for row in answer}


def apply(connection: Connection, entries: Sequence[Entry], moment: Moment) -> list[Outcome]:
    """Apply a batch. Return one outcome per entry, in order. Keys must differ within a batch.

    Raises LimitPassedError when the batch has several entries and passes a limit, QuotaError when it has one.
    """
    deltas = Deltas()
    outcomes: dict[str, Outcome] = {}
    holds = [entry for entry in entries if isinstance(entry, HoldEntry)]
    granted = _insert(connection, holds, moment, deltas, outcomes)
    _settle(connection, [e for e in entries if isinstance(e, SettleEntry)], moment, deltas, outcomes)
    _extend(connection, [e for e in entries if isinstance(e, ExtendEntry)], moment, outcomes)
    values = deltas.write(connection)
    for entry in granted:
        refusal = _passed(entry, values, moment)
        if refusal is not None:
            if len(entries) > 1:
                raise LimitPassedError
            raise refusal
    return [outcomes[entry.key] for entry in entries]


def _insert(
    connection: Connection,
    holds: list[HoldEntry],
    moment: Moment,
    deltas: Deltas,
    outcomes: dict[str, Outcome],
) -> list[HoldEntry]:
    """Insert rows for new keys and take over rows of resumable keys. Return the entries to be checked."""
    if not holds:
        return []
    rows = [_row(entry, moment) for entry in sorted(holds, key=lambda entry: entry.key)]
    new = set(connection.execute(_INSERT, packed(rows)).scalars())
    known = [entry.key for entry in holds if entry.key not in new]
    before = _rows(connection, known)
    granted = []
    for entry in holds:
        resumed = entry.key not in new
        if resumed and not _take_over(connection, entry, before[entry.key], moment, deltas):
            outcomes[entry.key] = DuplicateError("utterance.duplicate", state=before[entry.key].state)
            continue
        _count(entry, moment, deltas)
        outcomes[entry.key] = Hold(entry.key, entry.characters, at(moment.now + entry.lease), resumed)
        granted.append(entry)
    return granted


def _row(entry: HoldEntry, moment: Moment) -> tuple[Any, ...]:
    """Return an entry's values in the order of the table's columns."""
    return (
        entry.key,
        "held",
        entry.account,
        entry.space,
        entry.meter,
        moment.day,
        moment.minute if _per_minute(entry.account_limits) else None,
        moment.minute if _per_minute(entry.space_limits) else None,
        entry.characters,
        entry.requests,
        entry.characters,
        entry.requests,
        0,
        entry.owner,
        entry.resumable,
        moment.now,
        moment.now + entry.lease,
        None,
    )


def _per_minute(limits: Iterable[Limit]) -> bool:
    return any(limit.window == "minute" for limit in limits)


def _rows(connection: Connection, keys: Sequence[str]) -> dict[str, Row[Any]]:
    if not keys:
        return {}
    return {row.key: row for row in connection.execute(_SELECT, {"keys": list(keys)})}


def _take_over(connection: Connection, entry: HoldEntry, row: Row[Any], moment: Moment, deltas: Deltas) -> bool:
    """Reuse a lost key's row for a new attempt. Return False if the key was spoken, is being spoken, or may not resume.

    With ``again`` this includes a command's released row: its attempt failed and the process died before the person was
    informed.
    """
    lost = row.state == "unknown" or (row.state == "held" and row.expires <= moment.now)
    if not (lost or (entry.again and row.state == "released")) or not row.resumable:
        return False
    deltas.add_row(row, -row.characters, -row.requests, moment.minute)
    # Once only: a message that crashes the process each time must not do so for ever.
    changed = dict(zip(_LEDGER_NAMES, _row(entry, moment), strict=True)) | {"resumable": False}
    connection.execute(update(ledger).where(ledger.c.key == entry.key).values(changed))
    return True


def _count(entry: HoldEntry, moment: Moment, deltas: Deltas) -> None:
    for scope, limits in entry.scopes():
        deltas.add((scope, entry.meter, "day", moment.day), entry.characters, entry.requests)
        if _per_minute(limits):
            deltas.add((scope, entry.meter, "minute", moment.minute), entry.characters, entry.requests)
            # Adds nothing; makes the upsert also return and lock the previous bucket.
            deltas.add((scope, entry.meter, "minute", moment.minute - MINUTE), 0, 0)


def _settle(
    connection: Connection,
    entries: Sequence[SettleEntry],
    moment: Moment,
    deltas: Deltas,
    outcomes: dict[str, Outcome],
) -> None:
    """Settle the rows that we hold in one statement; rows it does not match are looked at one by one."""
    if not entries:
        return
    rows = [(e.key, e.characters, e.owner, int(e.asked)) for e in sorted(entries, key=lambda entry: entry.key)]
    settled = {row.key: row for row in connection.execute(_SETTLE, packed(rows) | {"now": moment.now})}
    for row in settled.values():
        # A held row counts the requested amount.
        deltas.add_row(row, row.characters - row.asked_characters, row.requests - row.asked_requests, moment.minute)
    rest = [entry for entry in entries if entry.key not in settled]
    found = _rows(connection, [entry.key for entry in rest])
    outcomes |= dict.fromkeys(settled, True)
    outcomes |= {entry.key: _settle_late(connection, entry, found.get(entry.key), moment, deltas) for entry in rest}


def _settle_late(
    connection: Connection, entry: SettleEntry, row: Row[Any] | None, moment: Moment, deltas: Deltas
) -> bool:
    """Charge what was synthesized after all if the reaper had released it.

    Return False if there is nothing of ours: never held, settled before, or taken over by another attempt.
    """
    if row is None or row.state != "unknown" or row.owner != entry.owner:
        return False
    spent = min(entry.characters, row.asked_characters)
    requests = row.asked_requests if spent or entry.asked else 0
    deltas.add_row(row, spent, requests, moment.minute)
    connection.execute(
        update(ledger)
        .where(ledger.c.key == entry.key)
        .values(state="spent" if spent else "released", characters=spent, requests=requests, settled=moment.now)
    )
    return True


def _extend(
    connection: Connection, entries: Sequence[ExtendEntry], moment: Moment, outcomes: dict[str, Outcome]
) -> None:
    rows = _rows(connection, [entry.key for entry in entries])
    for entry in sorted(entries, key=lambda entry: entry.key):
        row = rows.get(entry.key)
        outcomes[entry.key] = ours = row is not None and row.state == "held" and row.owner == entry.owner
        if ours:
            expires = moment.now + entry.lease
            connection.execute(update(ledger).where(ledger.c.key == entry.key).values(expires=expires))


def _passed(entry: HoldEntry, values: dict[CounterKey, tuple[int, int, int]], moment: Moment) -> QuotaError | None:
    for scope, limits in entry.scopes():
        for limit in limits:
            refusal = _check(entry, scope, limit, values, moment)
            if refusal is not None:
                return refusal
    return None


def _check(
    entry: HoldEntry,
    scope: str,
    limit: Limit,
    values: dict[CounterKey, tuple[int, int, int]],
    moment: Moment,
) -> QuotaError | None:
    which = 0 if limit.metric == "characters" else 1
    asked = entry.characters if limit.metric == "characters" else entry.requests
    if not asked:
        return None
    current = values[scope, entry.meter, limit.window, moment.day if limit.window == "day" else moment.minute]
    if limit.window == "day":
        allowed = limit.amount + (current[2] if limit.metric == "characters" else 0)
        used, resets = current[which], moment.day_end
    else:
        previous = values[scope, entry.meter, "minute", moment.minute - MINUTE][which]
        allowed, used = limit.amount, moment.used(previous, current[which])
        resets = moment.frees_at(previous, current[which] - asked, asked=asked, limit=limit.amount)
    if used <= allowed:
        return None
    kind = "account" if scope == entry.account else "space"
    return QuotaError(
        _REFUSED[kind, limit.metric],
        scope=scope,
        metric=limit.metric,
        window=limit.window,
        limit=allowed,
        left=max(0, allowed - used + asked),
        asked=asked,
        resets=at(resets, moment.zone),
    )


_COUNTED = (counter.c.characters, counter.c.requests, counter.c.granted)
_COUNTER_KEY = (counter.c.scope, counter.c.meter, counter.c.window, counter.c.start)
_count_row = insert_rows(counter, [column.name for column in (*_COUNTER_KEY, *_COUNTED)])
_COUNT = _count_row.on_conflict_do_update(
    index_elements=_COUNTER_KEY,
    set_={column.name: column + _count_row.excluded[column.name] for column in _COUNTED},
).returning(*_COUNTER_KEY, *_COUNTED)
_LEDGER_NAMES = [column.name for column in ledger.columns]
_INSERT = (
    insert_rows(ledger, _LEDGER_NAMES).on_conflict_do_nothing(index_elements=[ledger.c.key]).returning(ledger.c.key)
)
_SELECT = (
    select(ledger).where(ledger.c.key.in_(bindparam("keys", expanding=True))).order_by(ledger.c.key).with_for_update()
)
_given = rows_of(ledger, ("key", "characters", "owner", "requests"))
_spent = case((_given.c.characters < ledger.c.asked_characters, _given.c.characters), else_=ledger.c.asked_characters)
_SETTLE = (
    update(ledger)
    .where(ledger.c.key == _given.c.key, ledger.c.state == "held", ledger.c.owner == _given.c.owner)
    .values(
        state=case((_spent > 0, "spent"), else_="released"),
        characters=_spent,
        requests=case(((_spent > 0) | (_given.c.requests > 0), ledger.c.asked_requests), else_=0),
        settled=bindparam("now"),
    )
    .returning(ledger)
)
