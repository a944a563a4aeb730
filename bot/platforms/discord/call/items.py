"""What a session has on its way from the queue to the ears. Used by ``session`` alone."""

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.model import Utterance
from bot.platforms.reading.heard import Readable, Unread
from bot.platforms.reading.outcomes import Outcome
from bot.platforms.reading.queue import Batch
from bot.speech.service import MOST_TOGETHER


@dataclass(slots=True)
class Item:
    """Something on its way from the queue to the ears."""

    id: str
    batch: Batch | None
    """None for what the bot says itself."""
    utterances: tuple[Utterance, ...]
    task: asyncio.Task[None] | None = None
    started: bool = False
    unread: Unread | None = None
    """Why it is not read, where that is so."""
    fates: dict[str, Outcome] = field(default_factory=dict)
    """What became of some of its messages, whatever becomes of the others; by their ids."""
    handed_on: bool = False
    """Its messages went into another item, so that nothing is to be noted of them."""

    def outcome(self, readable: Readable) -> Outcome:
        """What became of one of its messages, now that it is over."""
        return self.fates.get(readable.heard.id) or self.unread or "read"

    @property
    def readables(self) -> tuple[Readable, ...]:
        """The messages in it."""
        return self.batch.items if self.batch is not None else ()

    @property
    def bound(self) -> str:
        """The voice of the channel that its messages stand in; empty for none."""
        return self.readables[0].heard.voice if self.readables else ""

    def parted(self, message_id: str) -> tuple[tuple[Readable, ...], tuple[Readable, ...]]:
        """Its messages up to this one, and those behind it."""
        at = 1 + next(at for at, readable in enumerate(self.readables) if readable.heard.id == message_id)
        return self.readables[:at], self.readables[at:]

    def ends(self, message_id: str) -> float:
        """With what share of its sound a message ends, 0 to 1, as far as the number of letters tells."""
        letters = [len(utterance.text) for utterance in self.utterances]
        upto, _ = self.parted(message_id)
        return sum(letters[: len(upto)]) / (sum(letters) or 1)

    def holds(self, message_id: str) -> bool:
        """Whether a message is part of it."""
        return any(readable.heard.id == message_id for readable in self.readables)


def runs(utterances: Sequence[Utterance]) -> Iterator[Sequence[Utterance]]:
    """Those that may be spoken together, in order."""
    for _, alike in itertools.groupby(utterances, key=lambda utterance: utterance.manner):
        run = tuple(alike)
        for at in range(0, len(run), MOST_TOGETHER):
            yield run[at : at + MOST_TOGETHER]
