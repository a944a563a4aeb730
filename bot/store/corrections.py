"""What the ledger does rarely: reaping, usage, grants, resets, overrides.

Transaction bodies, called by ``ledger.py``.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from bot.store.engine import insert_into
from bot.store.entries import Deltas, Moment
from bot.store.quota import Override, ScopeUsage
from bot.store.schema import HELD, counter, ledger, quota_override


def latest(connection: Connection) -> tuple[int, int]:
    """Starts of the latest day and the latest minute that anything is counted in; 0 for none."""
    rows = connection.execute(select(counter.c.window, func.max(counter.c.start)).group_by(counter.c.window))
    found = {row[0]: row[1] for row in rows}
    return found.get("day", 0), found.get("minute", 0)


def reap(connection: Connection, *, moment: Moment, kind: str | None, survivor: str) -> int:
    """Give back the holds whose lease ran out, and those of dead processes of a kind; how many."""
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
    """What a scope has used today."""
    row = _today(connection, scope, meter, moment)
    characters, requests, granted = row or (0, 0, 0)
    return ScopeUsage(scope, characters, requests, granted, moment.resets(moment.day_end))


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
    """Write a row that raises what a scope may use today."""
    _correct(connection, "granted", scope, amounts=(0, 0, characters), meter=meter, moment=moment, owner=owner)


def reset(connection: Connection, *, scope: str, meter: str, moment: Moment, owner: str) -> None:
    """Write a row that takes back all that is counted on a scope today, so that sums still match."""
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
    """Store or replace an override; remove it when it says nothing."""
    connection.execute(quota_override.delete().where(quota_override.c.scope == override.scope))
    if override != Override(override.scope):
        values = {column.name: getattr(override, column.name) for column in quota_override.columns}
        connection.execute(insert_into(quota_override), [values])


def overrides(connection: Connection, *, scopes: Sequence[str]) -> list[Override]:
    """The overrides stored for any of these scopes."""
    rows = connection.execute(
        select(quota_override).where(quota_override.c.scope.in_(scopes)).order_by(quota_override.c.scope)
    )
    return [Override(**row._mapping) for row in rows]
