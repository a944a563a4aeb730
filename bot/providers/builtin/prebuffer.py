"""Sound held back until what follows will be ready in time: a slow engine shall not stop in the middle of a sentence.

Used for Kokoro, which makes speech little faster than it is heard. An utterance is held back a moment, or on a busy
machine longer; it is never handed to another engine.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any

_BYTES_PER_SECOND = 48_000
_CHARACTERS_PER_SECOND = 4.2
"""Chinese read at usual speed."""
_FIRST_GUESS = 0.6
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


async def prebuffered(
    blocks: AsyncGenerator[bytes, None], part: Mapping[str, Any], pace: Pace
) -> AsyncGenerator[bytes, None]:
    """Yield the blocks of a part, the first ones together as soon as the rest will keep up."""
    lengths = [len(piece["text"]) / _CHARACTERS_PER_SECOND / part["speed"] for piece in part["pieces"]]
    expected, longest = sum(lengths), max(lengths[1:], default=0.0)
    clock = asyncio.get_running_loop().time
    began = clock()
    waiting: list[bytes] | None = []
    made = 0.0
    async with contextlib.aclosing(blocks):
        async for block in blocks:
            made += len(block) / _BYTES_PER_SECOND
            if waiting is None:
                yield block
                continue
            waiting.append(block)
            ratio = max(pace.ratio, (clock() - began) / made)
            if made >= held_back(ratio, max(0.0, expected - made), longest):
                for held in waiting:
                    yield held
                waiting = None
        for held in waiting or ():
            yield held
    pace.measured(clock() - began, made)
