"""Ways of reading with their word lists, made ready once and kept. Used by ``reader`` for every message.

Preparing a full dictionary takes up to half a second, so long lists are prepared off the event loop; a prepared one
costs about a kilobyte for each entry, so what is kept is bounded by entries.
"""

import asyncio
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.speech.chat.message import Delivery, Language, Reading
from bot.store.dictionaries import Entry
from bot.store.readings import ReadingSettings

MOST_KEPT = 256
MOST_ENTRIES = 20_000
"""Of dictionaries and blocklists, in all that are kept."""
_SHORT_LIST = 20
"""Entries that are prepared in less than a millisecond."""


@dataclass(frozen=True, slots=True)
class Manner:
    """All that a way of reading depends on."""

    settings: ReadingSettings
    blocked_words: tuple[str, ...]
    entries: tuple[Entry, ...]
    """Of the author and of the place; the first of two for a word counts."""
    language: Language
    max_characters: int

    @property
    def weight(self) -> int:
        """Entries that have to be prepared."""
        return len(self.blocked_words) + len(self.entries)


class PreparedReadings:
    """The ways of reading that were used last."""

    def __init__(self, *, most: int = MOST_KEPT, most_entries: int = MOST_ENTRIES) -> None:
        self._most = most
        self._most_entries = most_entries
        self._kept: dict[Manner, Reading] = {}
        self._weight = 0

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, manner: Manner) -> Reading:
        """The way of reading for these settings and words; what a stored value was before is not asked for again."""
        if (known := self._kept.pop(manner, None)) is not None:
            self._kept[manner] = known
            return known
        reading = _reading(manner)
        if manner.weight > _SHORT_LIST:
            await asyncio.to_thread(_prepare, reading)
        else:
            _prepare(reading)
        self._keep(manner, reading)
        return self._kept.get(manner, reading)

    def _keep(self, manner: Manner, reading: Reading) -> None:
        if manner in self._kept:  # another message of the same kind was quicker
            return
        self._kept[manner] = reading
        self._weight += manner.weight
        while self._kept and (len(self._kept) > self._most or self._weight > self._most_entries):
            oldest = next(iter(self._kept))
            del self._kept[oldest]
            self._weight -= oldest.weight


def _prepare(reading: Reading) -> None:
    """Have both lists made: they are made when they are first asked for."""
    _ = reading.says, reading.blocks


def _reading(manner: Manner) -> Reading:
    settings = manner.settings
    words: dict[str, tuple[str, str]] = {}
    for entry in manner.entries:
        if not entry.pattern:
            words.setdefault(entry.written.casefold(), (entry.written, entry.said))
    return Reading(
        language=manner.language,
        delivery=Delivery(
            laugh=settings.laugh, emphasis=settings.emphasis, whisper=settings.whisper, actions=settings.actions
        ),
        skip_emoji=settings.skip_emoji,
        name_template=settings.name_template,
        read_silent=settings.read_silent,
        expand_slang=settings.expand_slang,
        dictionary=tuple(words.values()),
        patterns=tuple((entry.written, entry.said) for entry in manner.entries if entry.pattern),
        blocklist=manner.blocked_words,
        max_characters=manner.max_characters,
        zone=ZoneInfo(settings.timezone),
    )
