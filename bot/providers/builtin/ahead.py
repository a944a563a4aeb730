"""Parts of a text in two languages, made before they are needed: the slow engine works while the fast one is heard.

Called by the built-in provider. Without it a sentence would stop wherever its language changes.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

from bot.audio.pcm import Pcm
from bot.text.split import likely_seconds

_MOST_BLOCKS = 4096
"""Of sound that wait for their turn; 2000 characters make some 700."""
_Part = Mapping[str, Any]
_Speak = Callable[[_Part], AsyncGenerator[Pcm, None]]


def _seconds(part: _Part) -> float:
    """Return how long a part will probably be."""
    if "silence" in part:
        return float(part["silence"])
    texts = [str(piece.get("text", "")) for piece in (*part.get("pieces", ()), *part.get("runs", ()))]
    return sum(map(likely_seconds, texts)) / float(part.get("speed", 1.0))


def lead_needed(parts: Sequence[_Part], slow: Sequence[int], ratio: float) -> float:
    """Return the seconds to wait before the first sound, so that each slow part is ready when it is due.

    ``slow``: places of the parts that take ``ratio`` seconds of work for a second of sound.
    """
    heard = work = longest = 0.0
    for place, part in enumerate(parts):
        if place in slow:
            work += ratio * _seconds(part)
            longest = max(longest, work - heard)
        heard += _seconds(part)
    return longest


async def speak_ahead(
    parts: Sequence[_Part], slow: Sequence[int], ratio: float, speak: _Speak
) -> AsyncGenerator[Pcm, None]:
    """Yield the sound of all parts in order, the slow ones made in the background from the beginning."""
    ready: dict[int, asyncio.Queue[Pcm | None]] = {place: asyncio.Queue(_MOST_BLOCKS) for place in slow}

    async def make() -> None:
        try:
            for place in slow:
                async with contextlib.aclosing(speak(parts[place])) as sound:
                    async for pcm in sound:
                        await ready[place].put(pcm)
                await ready[place].put(None)
        finally:
            for queue in ready.values():  # what was not made ends here; the reason is raised by the task
                with contextlib.suppress(asyncio.QueueFull):
                    queue.put_nowait(None)

    making = asyncio.create_task(make())
    try:
        await asyncio.wait({making}, timeout=lead_needed(parts, slow, ratio))
        for place, part in enumerate(parts):
            if place not in ready:
                async with contextlib.aclosing(speak(part)) as sound:
                    async for pcm in sound:
                        yield pcm
                continue
            while (made := await ready[place].get()) is not None:
                yield made
            if making.done():
                making.result()  # raises what went wrong
        await making
    finally:
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)
