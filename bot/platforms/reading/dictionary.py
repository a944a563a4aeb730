"""What people do with a dictionary: add, remove, list, take out as a file, bring in from one. Of both platforms."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.errors import InputError
from bot.model import Account, Space
from bot.platforms.reading.dictionary_file import MOST_BYTES, Format, Understood, understand, write
from bot.platforms.reading.imports import dead_words
from bot.speech.chat.lexicon import check_pattern, check_patterns
from bot.store.dictionaries import Dictionaries, Entry, check, most_of
from bot.texts import say

__all__ = ["MOST_BYTES", "Format", "Lexicon"]

_MOST_LISTED = 40
"""Entries shown in a chat; a file shows them all."""


class Lexicon:
    """One for a door."""

    def __init__(self, dictionaries: Dictionaries) -> None:
        self._dictionaries = dictionaries

    async def add(self, owner: Account | Space, written: str, said: str, *, pattern: bool = False) -> Entry:
        """Say a word otherwise; returns the entry as it is kept. Whether it can be found, ``dead_words`` knows.

        Raises InputError as ``Dictionaries.put`` and ``check_pattern``; StoreError.
        """
        entry = check(owner, Entry(written, said, pattern))
        if pattern:
            check_pattern(entry.written)
            await self._refuse_costly(owner, [entry])
        await self._dictionaries.put(owner, entry)
        return entry

    async def remove(self, owner: Account | Space, written: str) -> None:
        """Forget a word. Raises InputError ``dictionary.unknown``, StoreError."""
        if not await self._dictionaries.remove(owner, written):
            raise InputError("dictionary.unknown", word=written)

    async def lines(self, owner: Account | Space, language: str) -> str:
        """The entries for a person to read, and how many there may be. Raises StoreError."""
        entries = await self._dictionaries.get(owner)
        shown = [_line(entry, language) for entry in entries[-_MOST_LISTED:]]
        head = say("dictionary.count", language, count=len(entries), limit=most_of(owner))
        more = len(entries) - len(shown)
        return "\n".join([head, *([say("dictionary.earlier", language, count=more)] if more else []), *shown])

    async def exported(self, owner: Account | Space, form: Format) -> bytes:
        """The whole of it as a file. Raises StoreError."""
        return write(await self._dictionaries.get(owner), form)

    async def imported(self, owner: Account | Space, data: bytes, name: str, *, keep: bool) -> int:
        """Take a file in, whole or not at all; ``keep``: what is there stays, unless the file says otherwise.

        Returns how many entries the file held. Raises InputError ``dictionary.file_…`` and as ``add``; StoreError.
        """
        found = await self.understood(owner, data, name, keep=keep)
        await self.take_in(owner, found, keep=keep)
        return len(found.entries)

    async def understood(self, owner: Account | Space, data: bytes, name: str, *, keep: bool) -> Understood:
        """Return what a file holds, fit to be taken in. Raises as ``imported``."""
        found = await asyncio.to_thread(_understood, data, name, owner)
        await self._refuse_costly(owner, found.entries, keep=keep)
        return found

    async def take_in(self, owner: Account | Space, found: Understood, *, keep: bool) -> None:
        """Take in what was understood, whole or not at all. Raises as ``imported``."""
        await self._refuse_costly(owner, found.entries, keep=keep)
        await (self._dictionaries.merge if keep else self._dictionaries.replace)(owner, found.entries)

    async def _refuse_costly(self, owner: Account | Space, entries: Sequence[Entry], *, keep: bool = True) -> None:
        """Patterns that together would be too much are refused, rather than passed over while reading."""
        new = [entry.written for entry in entries if entry.pattern]
        if not new:
            return
        words = {entry.written.casefold() for entry in entries}
        before = await self._dictionaries.get(owner) if keep else ()
        kept = [entry.written for entry in before if entry.pattern and entry.written.casefold() not in words]
        check_patterns([*kept, *new])


def _understood(data: bytes, name: str, owner: Account | Space) -> Understood:
    found = understand(data, name, owner)
    return replace(found, dead=dead_words(found.entries))


def _line(entry: Entry, language: str) -> str:
    code = "dictionary.line_pattern" if entry.pattern else "dictionary.line"
    return say(code, language, written=entry.written, said=entry.said or "–")
