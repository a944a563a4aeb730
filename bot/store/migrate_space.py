"""Moves a space's data to another id, when a Telegram group becomes a supergroup.

Called by ``bot/platforms/telegram/migration.py``. Data under the new id stays; what was moved is gone from the old one,
so a second call moves nothing. The record of who had which message spoken stays: message ids start again.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Column, Connection, Row, Table, delete, func, insert, select, update

from bot.model import Account, Space
from bot.store.database import Database, insert_into
from bot.store.dictionary import MOST_PATTERNS, MOST_SHARED
from bot.store.schema import (
    binding,
    blocked_account,
    counter,
    dictionary_entry,
    ledger,
    preference,
    quota_override,
    reading_setting,
    space_setting,
    words,
)

_AMOUNTS = ("characters", "requests", "granted", "folded_characters", "folded_requests", "folded_granted")
_SCOPED: tuple[tuple[Table, str], ...] = (
    (quota_override, "scope"),
    (binding, "space"),
    (preference, "account"),
    (blocked_account, "account"),
)
"""Tables whose rows get the new name if it has none yet."""
_NAMED: tuple[tuple[Table, str], ...] = (
    (ledger, "account"),
    (ledger, "space"),
    (words, "account"),
    (words, "space"),
)
"""Columns that hold the owner of a row."""


class Remembers(Protocol):
    """A store with a cache of its own."""

    def drop(self, scope: str) -> None:
        """Drop a space's cached values, because they were changed elsewhere."""
        ...


class Moves:
    """Moves spaces; one per process and database."""

    def __init__(self, database: Database, stores: Sequence[Remembers]) -> None:
        """Set up; ``stores`` are notified of what was moved."""
        self._database = database
        self._stores = stores

    async def move(self, old: Space, new: Space) -> None:
        """Move everything of a space to its new id, in one transaction. Harmless when repeated. Raises StoreError."""
        names = _names(old, new)
        try:
            await self._database.write(partial(_move, names=names))
        finally:
            for scope in (*names, *names.values()):
                for store in self._stores:
                    store.drop(scope)


def _names(old: Space, new: Space) -> dict[str, str]:
    """Return new scopes by old ones: the space, its administrators' role, authors who are the group or channels."""
    return {
        old.scope: new.scope,
        f"role:{old.platform}:{old.id}": f"role:{new.platform}:{new.id}",
        Account(old.platform, old.id).scope: Account(new.platform, new.id).scope,
        old.channel_senders.scope: new.channel_senders.scope,
    }


def _move(connection: Connection, *, names: Mapping[str, str]) -> None:
    old = next(iter(names))
    for table in (space_setting, reading_setting):
        _settings(connection, table, old, names)
    for table, name in _SCOPED:
        for before, after in names.items():
            _rows(connection, table, table.c[name], before, after)
    for before, after in names.items():
        _dictionary(connection, before, after)
        _counters(connection, before, after)
        for table, name in _NAMED:
            connection.execute(update(table).where(table.c[name] == before).values({name: after}))


def _settings(connection: Connection, table: Table, old: str, names: Mapping[str, str]) -> None:
    """Set in the new space what was set in the old one only."""
    for row in connection.execute(select(table).where(table.c.space == old)).all():
        put = insert_into(table).values(space=names[old], name=row.name, value=_renamed(row.value, names))
        connection.execute(put.on_conflict_do_nothing())
    _gone(connection, table.c.space, old)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a setting with new scopes, including those with a use (``singing@role:…``)."""
    if isinstance(value, list):
        return [_renamed_scope(each, names) for each in value]
    if isinstance(value, dict):
        return {_renamed_scope(key, names): each for key, each in value.items()}
    return value


def _renamed_scope(entry: str, names: Mapping[str, str]) -> str:
    use, sign, scope = entry.rpartition("@")
    return f"{use}{sign}{names[scope]}" if scope in names else entry


def _rows(connection: Connection, table: Table, name: Column[Any], before: str, after: str) -> None:
    for row in connection.execute(select(table).where(name == before)).all():
        put = insert_into(table).values({**row._mapping, name.name: after})
        connection.execute(put.on_conflict_do_nothing())
    _gone(connection, name, before)


def _dictionary(connection: Connection, before: str, after: str) -> None:
    """Append the old dictionary to the new one, as far as it has capacity."""
    owner = dictionary_entry.c.owner
    old, there = (
        connection.execute(select(dictionary_entry).where(owner == each).order_by(dictionary_entry.c.place)).all()
        for each in (before, after)
    )
    known = {row.written.casefold() for row in there}
    moved: list[Row[Any]] = []
    for row in old:
        patterns = sum(each.pattern for each in (*there, *moved))
        capacity = len(there) + len(moved) < MOST_SHARED and (not row.pattern or patterns < MOST_PATTERNS)
        if capacity and row.written.casefold() not in known:
            moved.append(row)
    _gone(connection, owner, before)
    last = connection.execute(select(func.max(dictionary_entry.c.place)).where(owner == after)).scalar()
    first = 0 if last is None else last + 1
    if moved:
        rows = [{**row._mapping, "owner": after, "place": place} for place, row in enumerate(moved, first)]
        connection.execute(insert(dictionary_entry), rows)


def _counters(connection: Connection, before: str, after: str) -> None:
    """Move the counters and the ledger rows they are computed from in the same transaction."""
    for row in connection.execute(select(counter).where(counter.c.scope == before)).all():
        put = insert_into(counter).values({**row._mapping, "scope": after})
        added = {name: counter.c[name] + put.excluded[name] for name in _AMOUNTS}
        connection.execute(put.on_conflict_do_update(index_elements=list(counter.primary_key.columns), set_=added))
    _gone(connection, counter.c.scope, before)


def _gone(connection: Connection, name: Column[Any], scope: str) -> None:
    connection.execute(delete(name.table).where(name == scope))
