"""The ledger's maintenance: reaping, grants and resets, checking and repairing counters, dropping old rows."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
    update,
)

from bot.store.database import insert_into
from bot.store.entries import CounterKey, Deltas, Mismatch, Override, ScopeUsage
from bot.store.schema import HELD, counter, ledger, quota_override
from bot.windows import DAY, MINUTE, Moment, at


def latest(counters: Table, connection: Connection) -> tuple[int, int]:
    """Return the starts of the latest day and minute in a table of counters; 0 for none."""
    rows = connection.execute(select(counters.c.window, func.max(counters.c.start)).group_by(counters.c.window))
    found = {row[0]: row[1] for row in rows}
    return found.get("day", 0), found.get("minute", 0)


def reap(connection: Connection, *, moment: Moment, kind: str | None, survivor: str) -> int:
    """Release expired holds, and those of dead processes of a kind. Return how many."""
    lost = ledger.c.expires <= moment.now
    if kind is not None:
        lost = or_(lost, ledger.c.owner.startswith(f"{kind}:", autoescape=True) & (ledger.c.owner != survivor))
    rows = connection.execute(
        select(ledger).where(ledger.c.state == HELD, lost).order_by(ledger.c.key).with_for_update()
    ).all()
    deltas = Deltas()
    for row in rows:
        deltas.add_row(row, -row.characters, -row.requests, moment.minute)
        connection.execute(
            update(ledger)
            .where(ledger.c.key == row.key)
            .values(state="unknown", characters=0, requests=0, settled=moment.now)
        )
    deltas.write(connection)
    return len(rows)


def usage(connection: Connection, *, scope: str, meter: str, moment: Moment) -> ScopeUsage:
    """Return what a scope has used today."""
    row = _today(connection, scope, meter, moment)
    characters, requests, granted = row or (0, 0, 0)
    return ScopeUsage(scope, characters, requests, granted, at(moment.day_end, moment.zone))


def _today(connection: Connection, scope: str, meter: str, moment: Moment) -> tuple[int, int, int] | None:
    row = connection.execute(
        select(counter.c.characters, counter.c.requests, counter.c.granted)
        .where(
            counter.c.scope == scope,
            counter.c.meter == meter,
            counter.c.window == "day",
            counter.c.start == moment.day,
        )
        .with_for_update()
    ).first()
    return (row[0], row[1], row[2]) if row else None


def grant(connection: Connection, *, scope: str, characters: int, meter: str, moment: Moment, owner: str) -> None:
    """Insert a row that raises what a scope may use today."""
    _correct(connection, "granted", scope, amounts=(0, 0, characters), meter=meter, moment=moment, owner=owner)


def reset(connection: Connection, *, scope: str, meter: str, moment: Moment, owner: str) -> None:
    """Insert a row that cancels everything counted for a scope today, so that sums still match."""
    counted = _today(connection, scope, meter, moment)
    if counted and any(counted):
        back = (-counted[0], -counted[1], -counted[2])
        _correct(connection, "reset", scope, amounts=back, meter=meter, moment=moment, owner=owner)


def _correct(
    connection: Connection,
    state: str,
    scope: str,
    *,
    amounts: tuple[int, int, int],
    meter: str,
    moment: Moment,
    owner: str,
) -> None:
    is_space = scope.startswith("space:")
    row: dict[str, Any] = {
        "key": f"{state}:{uuid.uuid4().hex}",
        "state": state,
        "account": None if is_space else scope,
        "space": scope if is_space else None,
        "meter": meter,
        "day": moment.day,
        "asked_characters": 0,
        "asked_requests": 0,
        "characters": amounts[0],
        "requests": amounts[1],
        "granted": amounts[2],
        "owner": owner,
        "resumable": False,
        "created": moment.now,
        "expires": moment.now,
        "settled": moment.now,
    }
    connection.execute(insert(ledger), [row])
    deltas = Deltas()
    deltas.add((scope, meter, "day", moment.day), *amounts)
    deltas.write(connection)


def set_override(connection: Connection, *, override: Override) -> None:
    """Store or replace an override; remove an empty one."""
    connection.execute(quota_override.delete().where(quota_override.c.scope == override.scope))
    if override != Override(override.scope):
        values = {column.name: getattr(override, column.name) for column in quota_override.columns}
        connection.execute(insert_into(quota_override), [values])


def change_override(connection: Connection, *, scope: str, changes: Mapping[str, Any]) -> Override:
    """Change the named limits of an override, and return it; the others stay."""
    (held,) = overrides(connection, scopes=[scope]) or [Override(scope)]
    changed = replace(held, **changes)
    set_override(connection, override=changed)
    return changed


def overrides(connection: Connection, *, scopes: Sequence[str]) -> list[Override]:
    """Return the overrides stored for any of these scopes."""
    rows = connection.execute(
        select(quota_override).where(quota_override.c.scope.in_(scopes)).order_by(quota_override.c.scope)
    )
    return [Override(**row._mapping) for row in rows]


RETIRE_ROWS = 500
"""Rows dropped per transaction, and counters of either kind: few milliseconds under the write lock."""

_AMOUNTS = ("characters", "requests", "granted")
_KEY = (counter.c.scope, counter.c.meter, counter.c.window, counter.c.start)


def audit(connection: Connection, *, minute: int) -> list[Mismatch]:
    """Compare every daily counter, and the per-minute ones that still count at ``minute``, with their rows.

    The database compares; only differences are read.
    """
    first = minute - MINUTE
    counted = [(counter.c[name] - counter.c[f"folded_{name}"]).label(f"counted_{name}") for name in _AMOUNTS]
    nothing: list[ColumnElement[int]] = [literal_column("0").label(name) for name in _AMOUNTS]
    parts = [select(*_KEY, *counted, *nothing).where(or_(counter.c.window == "day", counter.c.start >= first))]
    rows = [ledger.c[name] for name in _AMOUNTS]
    for scope, bucket in ((ledger.c.account, ledger.c.account_minute), (ledger.c.space, ledger.c.space_minute)):
        parts += [
            select(scope, ledger.c.meter, literal("day"), ledger.c.day, *nothing, *rows).where(scope.is_not(None)),
            select(scope, ledger.c.meter, literal("minute"), bucket, *nothing, *rows).where(
                scope.is_not(None), bucket >= first
            ),
        ]
    both = union_all(*parts).subquery()
    key, amounts = list(both.c)[: len(_KEY)], [func.sum(column) for column in list(both.c)[len(_KEY) :]]
    pairs = zip(amounts[:3], amounts[3:], strict=True)
    differing = or_(*(counted != summed for counted, summed in pairs))
    found = connection.execute(select(*key, *amounts).group_by(*key).having(differing).order_by(*key))
    # PostgreSQL sums big integers into decimals.
    return [Mismatch(row[0], row[1], row[2], row[3], _three(row[4:7]), _three(row[7:])) for row in found]


def _three(amounts: Sequence[Any]) -> tuple[int, int, int]:
    characters, requests, granted = map(int, amounts)
    return characters, requests, granted


def rebuild(connection: Connection, *, minute: int) -> int:
    """Set differing counters to the sums of their rows. Return how many."""
    wrong = audit(connection, minute=minute)
    insert = insert_into(counter)
    statement = insert.on_conflict_do_update(
        index_elements=_KEY,
        set_={name: insert.excluded[name] + counter.c[f"folded_{name}"] for name in _AMOUNTS},
    )
    rows = [
        {"scope": item.scope, "meter": item.meter, "window": item.window, "start": item.start}
        | dict(zip(_AMOUNTS, item.summed, strict=True))
        for item in wrong
    ]
    if rows:
        connection.execute(statement, rows)
    return len(rows)


def retire(connection: Connection, *, moment: Moment, days: int) -> int:
    """Drop settled rows older than ``days`` and obsolete counters, some of each. Return how many.

    A row is folded into its daily counters, which then replace it; they are dropped with the last row of their day.
    Only the current day's counters are read. Minute counters are dropped when no window reaches them.
    """
    oldest = moment.day - days * DAY
    rows = connection.execute(
        select(ledger)
        .where(ledger.c.day < oldest, ledger.c.state != "held")
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
    empty = ~exists(select(ledger.c.key).where(ledger.c.day == counter.c.start))
    days_gone = _give_up(connection, "day", (counter.c.start < oldest) & empty)
    return len(rows) + days_gone + _give_up(connection, "minute", counter.c.start < moment.minute - 10 * MINUTE)


def _give_up(connection: Connection, window: str, old: ColumnElement[bool]) -> int:
    """Drop up to RETIRE_ROWS counters of a kind. Return how many."""
    chosen = select(*_KEY).where(counter.c.window == window, old).order_by(counter.c.start).limit(RETIRE_ROWS)
    return connection.execute(delete(counter).where(tuple_(*_KEY).in_(chosen))).rowcount
