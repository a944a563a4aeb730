"""Where speech goes: a sink takes Opus packets as they are made.

Implemented by front ends, called by the synthesis core.
"""

from collections.abc import Sequence
from typing import Protocol


class Sink(Protocol):
    """Takes packets in order."""

    live: bool
    """True: someone listens now. Packets come as soon as there is sound, and what was written cannot be taken back.
    False: a recording. Packets come when a segment is known to be whole."""

    max_bytes: int | None
    """Size of a file that this sink's chat shows as a voice message; the bitrate is chosen to stay below."""

    async def write(self, packets: Sequence[bytes]) -> None:
        """Take some 20 ms packets, at once: while a segment is spoken, somebody else waits for the provider."""
        ...

    async def ready(self) -> None:
        """Wait until more is wanted, for a bounded time. Asked before each segment, when no provider is kept busy."""
        ...


class Recording:
    """A sink for a voice message: nothing is heard before the end, the finished clip is in the receipt."""

    live = False

    def __init__(self, max_bytes: int | None = None) -> None:
        self.max_bytes = max_bytes

    async def write(self, packets: Sequence[bytes]) -> None:
        """Nothing to do: the receipt holds the whole clip."""

    async def ready(self) -> None:
        """There is."""
