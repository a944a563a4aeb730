"""Destinations of speech: a sink takes Opus packets as they are made.

Implemented by front ends, called by the synthesis core.
"""

from collections.abc import Sequence
from typing import Protocol


class Sink(Protocol):
    """Takes packets in order."""

    live: bool
    """True: someone is listening. Packets come as soon as there is sound and cannot be taken back. False: a recording;
    packets come once a segment is complete.
    """

    max_bytes: int | None
    """Largest file that this sink's chat shows as a voice message; the bitrate is chosen to stay below it."""

    async def write(self, packets: Sequence[bytes]) -> None:
        """Take 20 ms packets without waiting: other requests wait for the provider while a segment is spoken."""
        ...

    async def ready(self) -> None:
        """Wait, for a bounded time, until the sink can take more.

        Called before each segment, while no provider is busy.
        """
        ...


class Recording:
    """A sink for a voice message: nothing is heard before the end, the finished clip is in the receipt."""

    live = False

    def __init__(self, max_bytes: int | None = None) -> None:
        self.max_bytes = max_bytes

    async def write(self, packets: Sequence[bytes]) -> None:
        """Do nothing: the receipt holds the whole clip."""

    async def ready(self) -> None:
        """Return at once."""
