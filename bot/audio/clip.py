"""From samples to a finished clip in one pass: sketch and Opus together. Called by the waist and its sinks."""

from collections.abc import Iterator

from bot.audio.opus import PACKET_SAMPLES, OpusStream
from bot.audio.waveform import Sketch
from bot.model import Clip

_FIRST_SLICE = 2 * PACKET_SAMPLES
_SLICE = 5 * 2 * PACKET_SAMPLES
"""Bytes of 100 ms: about 1 ms of work, which an event loop may do at a time."""


class ClipEncoder:
    """Encodes one utterance, and remembers its packets for the clip. Not thread-safe.

    Ready when the constructor returns: make it while the provider is still thinking.
    """

    def __init__(self, bitrate: int = 32_000) -> None:
        self._stream = OpusStream(bitrate)
        self._sketch = Sketch()
        self._packets: list[bytes] = []

    def feed(self, samples: bytes) -> list[bytes]:
        """The packets that these 24 kHz s16le bytes complete; any number of bytes."""
        packets = self._stream.feed(samples)
        self._sketch.feed(samples)
        self._packets += packets
        return packets

    def slices(self, samples: bytes) -> Iterator[list[bytes]]:
        """``feed`` in steps of 100 ms, the very first one of 20 ms: for a loop that wants its turn in between."""
        first = self._stream.samples == 0
        at = 0
        while at < len(samples):
            step = _FIRST_SLICE if first else _SLICE
            yield self.feed(samples[at : at + step])
            at += step
            first = False

    def finish(self) -> tuple[list[bytes], Clip]:
        """The last packets, and the whole clip."""
        last = self._stream.finish()
        self._packets += last
        clip = Clip(tuple(self._packets), self._stream.pre_skip, self._stream.samples, self._sketch.finish())
        return last, clip
