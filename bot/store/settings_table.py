"""A table of settings, a row for each space: read through a short memory, changed in one transaction.

Used by ``spaces.py`` and ``readings.py``, which name the settings, their defaults and what may be in them.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import partial
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Connection, Table, delete, select, update

from bot.model import Space
from bot.store.database import Database
from bot.store.engine import insert_into
from bot.store.recall import Recall

T = TypeVar("T")
Lists = Mapping[str, Iterable[str]]
"""Values by the name of the list that they go into, or leave."""


class SettingsTable(Generic[T]):
    """One kind of settings; ``T`` is a frozen dataclass whose fields are the columns."""

    def __init__(
        self,
        database: Database,
        table: Table,
        defaults: T,
        checks: Mapping[str, Callable[[Any], Any]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``checks``: for each setting, what makes a value storable or raises InputError. ``clock``: in seconds."""
        self._database = database
        self._table = table
        self._defaults: Any = defaults
        self._checks = checks
        self._recall: Recall[T] = Recall(clock=clock)

    async def get(self, space: Space) -> T:
        """The settings that hold; another process' change arrives within 10 s. Raises StoreError."""
        return await self._recall.get(
            space.scope, lambda: self._database.read(partial(self._get, scope=space.scope, locked=False))
        )

    async def set(self, space: Space, values: Mapping[str, Any]) -> T:
        """Change the settings that are named, all or none; returns what holds now. Raises InputError, StoreError."""
        checked = {name: self._checks[name](value) for name, value in values.items()}
        return cast("T", await self._write(space, partial(self._set, scope=space.scope, values=checked)))

    async def adjust(self, space: Space, add: Lists, remove: Lists) -> T:
        """Put values into lists and take others out, all in one step. Raises InputError, StoreError."""
        # Checked first, so that a value is found in whichever way it was typed; and each alone, since no maximum holds
        # for what goes.
        gone = {
            name: {found for value in values for found in self._checks[name]([value])}
            for name, values in remove.items()
        }

        def lists(held: T) -> dict[str, Any]:
            return {
                name: [
                    *(value for value in getattr(held, name) if value not in gone.get(name, ())),
                    *add.get(name, ()),
                ]
                for name in {*add, *remove}
            }

        return await self.change(space, lists)

    async def change(self, space: Space, values: Callable[[T], Mapping[str, Any]]) -> T:
        """Change settings by what they are, in one step, whoever else changes them. Raises InputError, StoreError."""
        return cast("T", await self._write(space, partial(self._change, scope=space.scope, change=values)))

    async def forget(self, space: Space) -> None:
        """Back to the defaults; nothing of the space stays in this table. Raises StoreError."""
        gone = delete(self._table).where(self._table.c.space == space.scope)
        await self._write(space, lambda connection: connection.execute(gone))

    def drop(self, scope: str) -> None:
        """What is stored of a space was changed elsewhere."""
        self._recall.drop(scope)

    async def _write(self, space: Space, body: Callable[[Connection], Any]) -> Any:
        try:
            return await self._database.write(body)
        finally:
            self._recall.drop(space.scope)

    def _get(self, connection: Connection, *, scope: str, locked: bool) -> T:
        query = select(self._table).where(self._table.c.space == scope)
        row = connection.execute(query.with_for_update() if locked else query).first()
        if row is None:
            return cast("T", self._defaults)
        stored = {name: tuple(value) if isinstance(value, list) else value for name, value in row._mapping.items()}
        del stored["space"]
        return cast("T", type(self._defaults)(**stored))

    def _set(self, connection: Connection, *, scope: str, values: Mapping[str, Any]) -> T:
        if values:
            row = insert_into(self._table).values(space=scope, **{**self._new(), **values})
            connection.execute(row.on_conflict_do_update(index_elements=[self._table.c.space], set_=values))
        return self._get(connection, scope=scope, locked=False)

    def _change(self, connection: Connection, *, scope: str, change: Callable[[T], Mapping[str, Any]]) -> T:
        connection.execute(insert_into(self._table).values(space=scope, **self._new()).on_conflict_do_nothing())
        held = self._get(connection, scope=scope, locked=True)
        values = {name: self._checks[name](value) for name, value in change(held).items()}
        if values:
            connection.execute(update(self._table).where(self._table.c.space == scope).values(values))
        return self._get(connection, scope=scope, locked=False)

    def _new(self) -> dict[str, Any]:
        """A row of defaults."""
        values = {field.name: getattr(self._defaults, field.name) for field in fields(self._defaults)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
