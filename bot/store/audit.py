"""Proving and repairing the counters, and giving up old rows. Transaction bodies, called by ``ledger.py``."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select, update

from bot.store.engine import insert_into
from bot.store.entries import CounterKey, Moment
from bot.store.quota import Mismatch
from bot.store.schema import counter, ledger
from bot.store.windows import DAY, MINUTE

RETIRE_ROWS = 500
"""Rows given up per transaction: few milliseconds under the write lock."""

Amounts = tuple[int, int, int]
_NONE: Amounts = (0, 0, 0)


def audit(connection: Connection, *, minute: int) -> list[Mismatch]:
    """Compare every daily counter, and the per-minute ones that still count at ``minute``, with their rows."""
    summed = _sums(connection, minute)
    counted = _counters(connection, minute)
    return [
        Mismatch(*key, counted.get(key, _NONE), summed.get(key, _NONE))
        for key in sorted(summed.keys() | counted.keys())
        if counted.get(key, _NONE) != summed.get(key, _NONE)
    ]


def rebuild(connection: Connection, *, minute: int) -> int:
    """Set the counters that differ to the sums of their rows; how many."""
    wrong = audit(connection, minute=minute)
    names = ("characters", "requests", "granted")
    insert = insert_into(counter)
    statement = insert.on_conflict_do_update(
        index_elements=[counter.c.scope, counter.c.meter, counter.c.window, counter.c.start],
        set_={name: insert.excluded[name] for name in names},
    )
    rows = [
        {"scope": item.scope, "meter": item.meter, "window": item.window, "start": item.start}
        | dict(zip(names, item.summed, strict=True))
        for item in wrong
    ]
    if rows:
        connection.execute(statement, rows)
    return len(rows)


def retire(connection: Connection, *, moment: Moment, days: int) -> int:
    """Fold up to RETIRE_ROWS settled rows that are older than ``days`` into their daily counters; how many.

    Minute counters that no window can see any more go as well.
    """
    stale = (counter.c.window == "minute") & (counter.c.start < moment.minute - 10 * MINUTE)
    connection.execute(delete(counter).where(stale))
    rows = connection.execute(
        select(ledger)
        .where(ledger.c.day < moment.day - days * DAY, ledger.c.state != "held")
        .order_by(ledger.c.day, ledger.c.key)
        .limit(RETIRE_ROWS)
        .with_for_update()
    ).all()
    folded: dict[CounterKey, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        for scope in (row.account, row.space):
            if scope is not None:
                sums = folded[scope, row.meter, "day", row.day]
                sums[0] += row.characters
                sums[1] += row.requests
                sums[2] += row.granted
    for key, sums in sorted(folded.items()):
        connection.execute(
            update(counter)
            .where(
                counter.c.scope == key[0],
                counter.c.meter == key[1],
                counter.c.window == key[2],
                counter.c.start == key[3],
            )
            .values(
                folded_characters=counter.c.folded_characters + sums[0],
                folded_requests=counter.c.folded_requests + sums[1],
                folded_granted=counter.c.folded_granted + sums[2],
            )
        )
    if rows:
        connection.execute(delete(ledger).where(ledger.c.key.in_([row.key for row in rows])))
    return len(rows)


def _counters(connection: Connection, minute: int) -> dict[CounterKey, Amounts]:
    seen = (counter.c.window == "day") | (counter.c.start >= minute - MINUTE)
    rows = connection.execute(select(counter).where(seen))
    return {
        (row.scope, row.meter, row.window, row.start): (
            row.characters - row.folded_characters,
            row.requests - row.folded_requests,
            row.granted - row.folded_granted,
        )
        for row in rows
    }


def _sums(connection: Connection, minute: int) -> dict[CounterKey, Amounts]:
    sums: dict[CounterKey, Amounts] = {}
    for window, statement in _groups(minute):
        for scope, meter, start, characters, requests, granted in connection.execute(statement):
            # PostgreSQL sums big integers into decimals.
            sums[scope, meter, window, start] = (int(characters), int(requests), int(granted))
    return sums


def _groups(minute: int) -> list[tuple[str, Select[*tuple[Any, ...]]]]:
    groups: list[tuple[str, Select[*tuple[Any, ...]]]] = []
    for scope, bucket in ((ledger.c.account, ledger.c.account_minute), (ledger.c.space, ledger.c.space_minute)):
        for window, start in (("day", ledger.c.day), ("minute", bucket)):
            statement = (
                select(
                    scope,
                    ledger.c.meter,
                    start,
                    func.sum(ledger.c.characters),
                    func.sum(ledger.c.requests),
                    func.sum(ledger.c.granted),
                )
                .where(scope.is_not(None))
                .group_by(scope, ledger.c.meter, start)
            )
            if window == "minute":
                statement = statement.where(start >= minute - MINUTE)
            groups.append((window, statement))
    return groups
