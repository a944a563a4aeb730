"""Pronunciation dictionaries: written words and how to say them, of a person and of a space."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, delete, func, insert, select

from bot.errors import InputError
from bot.model import Account, Space
from bot.store import setting_fields
from bot.store.database import Database
from bot.store.schema import dictionary_entry
from bot.store.settings import Recall

Owner = Account | Space
WRITTEN_CHARACTERS = 64
PATTERN_CHARACTERS = 128
SAID_CHARACTERS = 200
MOST_OWN = 100
"""Entries of a person."""
MOST_SHARED = 500
"""Entries of a space."""
MOST_PATTERNS = 50
"""Maximum of patterns among them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word and its replacement."""

    written: str
    """A whole word or phrase, ignoring case; or a pattern."""
    said: str
    """Empty: the word is not spoken."""
    pattern: bool = False
    """Whether ``written`` is a regular expression (RE2 syntax)."""


class Dictionaries:
    """The dictionaries; one per process and database."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Set up; ``clock`` gives monotonic seconds, by which cached entries expire."""
        self._database = database
        self._recall: Recall[tuple[Entry, ...]] = Recall(clock=clock)

    async def get(self, owner: Owner) -> tuple[Entry, ...]:
        """Return the entries in the order they were added; another process' change arrives within 10 s.

        Raises StoreError.
        """
        return await self._recall.get(owner.scope, lambda: self._database.read(partial(_get, owner=owner.scope)))

    async def put(self, owner: Owner, entry: Entry) -> None:
        """Add or change an entry.

        Raises InputError ``dictionary.full`` (limit), ``dictionary.patterns_full`` (limit), ``dictionary.empty``,
        ``dictionary.too_long`` (limit), ``dictionary.patterns_shared`` (a pattern of a person); StoreError.
        """
        await self.merge(owner, [entry])

    async def merge(self, owner: Owner, entries: Sequence[Entry]) -> None:
        """Append all of these entries, or none; an entry for a known word replaces it. Raises as ``put``.

        Done in one transaction, so concurrent changes are kept.
        """
        await self._write(owner, partial(_merge, owner=owner, entries=_checked(owner, entries)))

    async def remove(self, owner: Owner, written: str) -> bool:
        """Remove an entry, ignoring case. Return False if there is none. Raises StoreError."""
        return await self._write(owner, partial(_remove, owner=owner.scope, written=_line(written)))

    async def replace(self, owner: Owner, entries: Sequence[Entry]) -> None:
        """Replace all entries by these, or change nothing. Raises as ``put``."""
        checked = _checked(owner, entries)
        _refuse_full(owner, checked)
        await self._write(owner, partial(_replace, owner=owner.scope, entries=checked))

    async def forget(self, owner: Owner) -> None:
        """Remove all entries. Raises StoreError."""
        await self.replace(owner, ())

    def drop(self, scope: str) -> None:
        """Drop an owner's cached entries, because they were changed elsewhere."""
        self._recall.drop(scope)

    async def _write(self, owner: Owner, body: Callable[[Connection], bool]) -> bool:
        try:
            return await self._database.write(body)
        finally:
            self._recall.drop(owner.scope)


def check(owner: Owner, entry: Entry) -> Entry:
    """Return an entry in its stored form. Raises as ``Dictionaries.put``."""
    if entry.pattern and isinstance(owner, Account):
        raise InputError("dictionary.patterns_shared")
    written, said = _line(entry.written), _line(entry.said)
    if not written:
        raise InputError("dictionary.empty")
    limit = PATTERN_CHARACTERS if entry.pattern else WRITTEN_CHARACTERS
    if len(written) > limit:
        raise InputError("dictionary.too_long", limit=limit)
    if len(said) > SAID_CHARACTERS:
        raise InputError("dictionary.too_long", limit=SAID_CHARACTERS)
    return Entry(written, said, entry.pattern)


def _line(text: str) -> str:
    return " ".join(setting_fields.well_formed(text).split())


def _key(written: str) -> str:
    return written.casefold()


def most_of(owner: Owner) -> int:
    """Return how many entries a dictionary may have."""
    return MOST_OWN if isinstance(owner, Account) else MOST_SHARED


def _checked(owner: Owner, entries: Sequence[Entry]) -> list[Entry]:
    """Return entries in their stored form, the last one for each word."""
    return list({_key(entry.written): entry for entry in (check(owner, each) for each in entries)}.values())


def _refuse_full(owner: Owner, entries: Sequence[Entry]) -> None:
    if len(entries) > most_of(owner):
        raise InputError("dictionary.full", limit=most_of(owner))
    if sum(entry.pattern for entry in entries) > MOST_PATTERNS:
        raise InputError("dictionary.patterns_full", limit=MOST_PATTERNS)


def _get(connection: Connection, *, owner: str) -> tuple[Entry, ...]:
    rows = connection.execute(
        select(dictionary_entry).where(dictionary_entry.c.owner == owner).order_by(dictionary_entry.c.place)
    )
    return tuple(Entry(row.written, row.said, row.pattern) for row in rows)


def _merge(connection: Connection, *, owner: Owner, entries: Sequence[Entry]) -> bool:
    before = _get(connection, owner=owner.scope)
    new = {_key(entry.written) for entry in entries}
    kept = [entry for entry in before if _key(entry.written) not in new]
    _refuse_full(owner, [*kept, *entries])
    gone = [entry.written for entry in before if _key(entry.written) in new]
    mine = dictionary_entry.c.owner == owner.scope
    if gone:
        connection.execute(delete(dictionary_entry).where(mine, dictionary_entry.c.written.in_(gone)))
    last = connection.execute(select(func.max(dictionary_entry.c.place)).where(mine)).scalar()
    _insert(connection, owner=owner.scope, entries=entries, first=0 if last is None else last + 1)
    return bool(entries)


def _remove(connection: Connection, *, owner: str, written: str) -> bool:
    found = [each.written for each in _get(connection, owner=owner) if _key(each.written) == _key(written)]
    if found:
        mine, named = dictionary_entry.c.owner == owner, dictionary_entry.c.written.in_(found)
        connection.execute(delete(dictionary_entry).where(mine, named))
    return bool(found)


def _replace(connection: Connection, *, owner: str, entries: Sequence[Entry]) -> bool:
    connection.execute(delete(dictionary_entry).where(dictionary_entry.c.owner == owner))
    _insert(connection, owner=owner, entries=entries, first=0)
    return bool(entries)


def _insert(connection: Connection, *, owner: str, entries: Sequence[Entry], first: int) -> None:
    rows = [
        {"owner": owner, "written": each.written, "said": each.said, "pattern": each.pattern, "place": place}
        for place, each in enumerate(entries, first)
    ]
    if rows:
        connection.execute(insert(dictionary_entry), rows)
