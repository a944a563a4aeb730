"""What becomes of samples on their way into a sink: a live track plays at once, a recording waits for whole segments.

Made by the waist for each utterance; both end in a clip. The packets of the clip are the packets the sink got.
"""

import asyncio
from typing import Protocol

from bot.audio import effects
from bot.audio.clip import ClipEncoder
from bot.audio.pcm import Pcm
from bot.model import SAMPLE_RATE, Clip
from bot.speech.sink import Sink


class Track(Protocol):
    """Takes one segment after the other; a ``Take`` for the chain."""

    async def ready(self) -> None:
        """Wait until another segment is wanted."""
        ...

    async def write(self, samples: bytes) -> None:
        """Some 24 kHz samples of the current segment."""
        ...

    def reset(self) -> bool:
        """Forget the current segment; False when it was heard already."""
        ...

    @property
    def seconds(self) -> float:
        """Length of the current segment so far."""
        ...

    async def keep(self, gap: float, *, joined: bool = False, level: float | None = None) -> None:
        """The current segment is whole: it stays, with ``gap`` seconds of silence behind it.

        ``joined``: it is one of several, so quiet ends of its own would lengthen the gaps. ``level``: dBFS to bring
        it to, for a provider that has no level of its own.
        """
        ...

    async def finish(self) -> Clip:
        """The end: the last packets go to the sink."""
        ...


class RecordingTrack:
    """Holds a segment back until it is known to be whole, then encodes it in a thread."""

    def __init__(self, sink: Sink, bitrate: int) -> None:
        self._sink = sink
        self._encoder = ClipEncoder(bitrate)
        self._segment = bytearray()

    async def ready(self) -> None:
        """Nobody hears it yet."""

    async def write(self, samples: bytes) -> None:
        """Collect."""
        self._segment += samples

    def reset(self) -> bool:
        """Nothing was heard yet."""
        self._segment.clear()
        return True

    @property
    def seconds(self) -> float:
        """Length of the current segment so far."""
        return len(self._segment) / 2 / SAMPLE_RATE

    async def keep(self, gap: float, *, joined: bool = False, level: float | None = None) -> None:
        """Edit and encode the segment and its gap."""
        whole = Pcm(bytes(self._segment), SAMPLE_RATE)
        self._segment.clear()

        def encoded() -> list[bytes]:
            sound = effects.trim(whole) if joined else whole
            sound = effects.loudness(sound, level) if level is not None else sound
            return self._encoder.feed(effects.join([sound], [gap]).samples)

        await self._sink.write(await asyncio.to_thread(encoded))

    async def finish(self) -> Clip:
        """Flush the encoder."""
        packets, clip = await asyncio.to_thread(self._encoder.finish)
        await self._sink.write(packets)
        return clip


class LiveTrack:
    """Encodes on the event loop as samples arrive: the first packet goes out with the first 20 ms of sound."""

    def __init__(self, sink: Sink, bitrate: int) -> None:
        self._sink = sink
        self._encoder = ClipEncoder(bitrate)
        self._samples = 0

    async def ready(self) -> None:
        """Wait for whoever listens."""
        await self._sink.ready()

    async def write(self, samples: bytes) -> None:
        """Encode in slices of about 1 ms of work, the first of one packet; the event loop has its turn in between."""
        self._samples += len(samples) // 2
        for packets in self._encoder.slices(samples):
            if packets:
                await self._sink.write(packets)
            await asyncio.sleep(0)

    def reset(self) -> bool:
        """What was played cannot be taken back."""
        return not self._samples

    @property
    def seconds(self) -> float:
        """Length of the current segment so far."""
        return self._samples / SAMPLE_RATE

    async def keep(self, gap: float, *, joined: bool = False, level: float | None = None) -> None:
        """Play the gap; the next segment begins. What was played can be neither trimmed nor levelled."""
        if gap:
            await self.write(effects.silence(gap, SAMPLE_RATE).samples)
        self._samples = 0

    async def finish(self) -> Clip:
        """Flush the encoder."""
        packets, clip = self._encoder.finish()
        await self._sink.write(packets)
        return clip
