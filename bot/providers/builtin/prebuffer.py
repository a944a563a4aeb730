"""Sound held back until what follows will be ready in time: a slow engine shall not stop in the middle of a sentence.

Used for Kokoro, which makes speech little faster than it is heard. An utterance is held back a moment, or on a busy
machine longer; it is never handed to another engine.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.text.split import likely_seconds

_BYTES_PER_SECOND = 48_000
_FIRST_GUESS = 0.6
_AT_ONCE = 0.05
"""Seconds between two blocks of the same piece, at most."""
_MEMORY = 0.5
"""Weight of the last utterance in what is expected of the next."""


class Pace:
    """Seconds of work that a second of sound takes, as measured lately."""

    def __init__(self) -> None:
        self.ratio = _FIRST_GUESS

    def measured(self, work: float, sound: float) -> None:
        """Note a finished utterance."""
        if sound > 0:
            self.ratio += _MEMORY * (work / sound - self.ratio)


def held_back(ratio: float, left: float, longest: float) -> float:
    """Return the seconds of sound to have before the first is played.

    ``left``: seconds still to be made; ``longest``: of the longest piece among them, which comes at once.
    """
    return max(0.0, (ratio - 1) * left) + ratio * min(longest, left)


@dataclass(slots=True)
class _Watch:
    """Time and sound since the first piece of an utterance: that one may have waited for others, or for a start."""

    last: float = 0.0
    """When a block came last, by the clock of the event loop; 0 before the first."""
    work: float = 0.0
    sound: float = 0.0

    def came(self, now: float, seconds: float) -> None:
        """Note a block. The blocks of a piece come at once, the next piece after it was made."""
        if self.last and (self.sound or now - self.last > _AT_ONCE):
            self.work += now - self.last
            self.sound += seconds
        self.last = now

    @property
    def ratio(self) -> float:
        """Seconds of work for a second of sound; 0 while nothing is known."""
        return self.work / self.sound if self.sound else 0.0


async def prebuffered(
    blocks: AsyncGenerator[bytes, None], part: Mapping[str, Any], pace: Pace
) -> AsyncGenerator[bytes, None]:
    """Yield the blocks of a part, the first ones together as soon as the rest will keep up."""
    lengths = [likely_seconds(piece["text"]) / part["speed"] for piece in part["pieces"]]
    expected, longest = sum(lengths), max(lengths[1:], default=0.0)
    clock = asyncio.get_running_loop().time
    waiting: list[bytes] | None = []
    watch, made = _Watch(), 0.0
    async with contextlib.aclosing(blocks):
        async for block in blocks:
            seconds = len(block) / _BYTES_PER_SECOND
            watch.came(clock(), seconds)
            made += seconds
            if waiting is None:
                yield block
                continue
            waiting.append(block)
            if made >= held_back(max(pace.ratio, watch.ratio), max(0.0, expected - made), longest):
                for held in waiting:
                    yield held
                waiting = None
        for held in waiting or ():
            yield held
    pace.measured(watch.work, watch.sound)
