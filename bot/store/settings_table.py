"""A table of settings: a row for each that somebody set. What has no row is as the model says, now and later.

Used by ``spaces.py``, ``readings.py`` and ``preferences.py``. A change writes the rows that it names and no other, so
two people who change two settings at once both keep theirs.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Connection, Table, delete, select

from bot.model import Space
from bot.store.database import Database
from bot.store.engine import insert_into
from bot.store.recall import Recall
from bot.store.setting import Setting, settings_of

T = TypeVar("T")
Lists = Mapping[str, Iterable[str]]
"""Values by the name of the list that they go into, or leave."""


class Rows(Generic[T]):
    """The rows of one kind of settings. ``T`` is a frozen dataclass of fields made by ``setting``."""

    def __init__(self, table: Table, model: type[T]) -> None:
        """``table``: whose they are, ``name`` and ``value``."""
        self._table = table
        self._owner = next(iter(table.primary_key.columns))
        self._model = model
        self._settings: Mapping[str, Setting] = {each.field: each for each in settings_of(cast("Any", model))}

    def check(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return changes as they are stored; None, and an empty text, unset. Raises InputError."""
        return {name: None if value is None else self._check(name, value) for name, value in changes.items()}

    def get(self, connection: Connection, owner: str) -> T:
        """Return the settings that hold. Rows of settings unknown to this version are passed over."""
        found = connection.execute(select(self._table.c.name, self._table.c.value).where(self._owner == owner))
        held = {name: tuple(value) if isinstance(value, list) else value for name, value in found}
        return self._model(**{name: value for name, value in held.items() if name in self._settings})

    def put(self, connection: Connection, owner: str, changes: Mapping[str, Any]) -> None:
        """Write changes that were checked."""
        rows = [
            {self._owner.name: owner, "name": name, "value": value}
            for name, value in changes.items()
            if value is not None
        ]
        unset = [name for name, value in changes.items() if value is None]
        if rows:
            row = insert_into(self._table)
            key = list(self._table.primary_key.columns)
            connection.execute(row.on_conflict_do_update(index_elements=key, set_={"value": row.excluded.value}), rows)
        if unset:
            connection.execute(delete(self._table).where(self._owner == owner, self._table.c.name.in_(unset)))

    def adjust(self, connection: Connection, owner: str, add: Lists, remove: Lists) -> None:
        """Put values into lists and take others out. Raises InputError."""
        # Checked first, so that a value is found in whichever way it was typed; and each alone, since no maximum holds
        # for what goes.
        gone = {
            name: {found for value in given for found in self._check(name, [value]) or ()}
            for name, given in remove.items()
        }
        held = self.get(connection, owner)
        lists = {
            name: [*(each for each in getattr(held, name) if each not in gone.get(name, ())), *add.get(name, ())]
            for name in {*add, *remove}
        }
        self.put(connection, owner, self.check(lists))

    def forget(self, connection: Connection, owner: str) -> None:
        """Unset everything."""
        connection.execute(delete(self._table).where(self._owner == owner))

    def _check(self, name: str, value: Any) -> Any:
        checked = self._settings[name].kind.check(value)
        return None if checked == "" else checked


class SettingsTable(Generic[T]):
    """One kind of settings of spaces: read through a short memory, changed in one transaction."""

    def __init__(
        self, database: Database, table: Table, model: type[T], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``clock``: in seconds."""
        self._database = database
        self._rows = Rows(table, model)
        self._recall: Recall[T] = Recall(clock=clock)

    async def get(self, space: Space) -> T:
        """Return the settings that hold; another process' change arrives within 10 s. Raises StoreError."""
        return await self._recall.get(
            space.scope, lambda: self._database.read(partial(self._rows.get, owner=space.scope))
        )

    async def set(self, space: Space, changes: Mapping[str, Any]) -> T:
        """Change the settings that are named, all or none; returns what holds now. Raises InputError, StoreError."""
        checked = self._rows.check(changes)
        return await self._write(space, partial(self._rows.put, owner=space.scope, changes=checked))

    async def adjust(self, space: Space, add: Lists, remove: Lists) -> T:
        """Put values into lists and take others out, all in one step. Raises InputError, StoreError."""
        return await self._write(space, partial(self._rows.adjust, owner=space.scope, add=add, remove=remove))

    async def change(self, space: Space, values: Callable[[T], Mapping[str, Any]]) -> T:
        """Change settings by what they are, in one step, whoever else changes them. Raises InputError, StoreError."""

        def body(connection: Connection) -> None:
            changes = values(self._rows.get(connection, space.scope))
            self._rows.put(connection, space.scope, self._rows.check(changes))

        return await self._write(space, body)

    async def forget(self, space: Space) -> None:
        """Back to the defaults; nothing of the space stays in this table. Raises StoreError."""
        await self._write(space, partial(self._rows.forget, owner=space.scope))

    def drop(self, scope: str) -> None:
        """What is stored of a space was changed elsewhere."""
        self._recall.drop(scope)

    async def _write(self, space: Space, body: Callable[[Connection], None]) -> T:
        def whole(connection: Connection) -> T:
            body(connection)
            return self._rows.get(connection, space.scope)

        try:
            return await self._database.write(whole)
        finally:
            self._recall.drop(space.scope)
