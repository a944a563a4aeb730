"""Encoding and decoding of Opus packets by PyAV's libopus, and finished clips with their waveform."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from bot.audio.pcm import Pcm, to_int16
from bot.errors import AudioError
from bot.model import SAMPLE_RATE, Clip

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext

PACKET_SAMPLES = 480
"""Samples at 24 kHz in a packet: 20 ms."""
PACKET_TICKS = 960
"""The same 20 ms at 48 kHz, the rate in which Opus counts time."""
_PACKET_BYTES = 2 * PACKET_SAMPLES
_BATCH_BYTES = 100 * _PACKET_BYTES
"""Passed to libav at once: enough to spread the cost of a call, little enough to bound memory."""


def _open(bitrate: int) -> "AudioCodecContext":
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate = SAMPLE_RATE
    context.layout = "mono"
    context.format = "s16"
    context.bit_rate = bitrate
    # Complexity 10 costs a third more CPU than 5 and is worth 8 kbit/s of quality for speech.
    context.options = {"application": "voip", "vbr": "on", "compression_level": "10", "frame_duration": "20"}
    context.open()
    return context


def _encode(context: "AudioCodecContext", samples: bytes) -> list[bytes]:
    """Encode whole 20 ms blocks into packets. libav splits the frame itself, and keeps it, so it is new each time."""
    frame = av.AudioFrame("s16", "mono", len(samples) // 2)
    frame.sample_rate = SAMPLE_RATE
    frame.planes[0].update(samples)
    return [bytes(packet) for packet in context.encode(frame)]


@cache
def _warm_up() -> None:
    """Pay the one-time cost of the first packet in a process: pages of code read in, tables built."""
    _encode(_open(32_000), bytes(_PACKET_BYTES))


class OpusStream:
    """Encodes 24 kHz s16le samples as they arrive. One stream per sound; not thread-safe.

    The encoder is ready when the constructor returns, so make it before the first chunk arrives. libopus looks 6.5 ms
    ahead: the sound comes out that much later, which ``pre_skip`` tells the decoder.
    """

    def __init__(self, bitrate: int = 32_000) -> None:
        _warm_up()
        self._context = _open(bitrate)
        self._rest = b""
        self._fed = 0
        self._packets = 0
        header = self._context.extradata or b""
        if len(header) < 12:
            raise AudioError("audio.encoder")
        self.pre_skip = int.from_bytes(header[10:12], "little")
        """Samples at 48 kHz that a decoder drops at the start, as libopus states in its own OpusHead."""

    @property
    def samples(self) -> int:
        """Return the samples at 24 kHz fed so far."""
        return self._fed // 2

    def feed(self, samples: bytes) -> list[bytes]:
        """Return the packets completed by these bytes; any number of bytes. Takes about 0.2 ms per packet."""
        self._fed += len(samples)
        samples = self._rest + samples if self._rest else samples
        whole = len(samples) - len(samples) % _PACKET_BYTES
        self._rest = samples[whole:]
        return self._run(samples[:whole])

    def finish(self) -> list[bytes]:
        """Return the last packets, padded with silence until every sample has left the encoder's look-ahead.

        Half a sample at the very end is dropped. There is at least one packet per stream, however short. The stream
        accepts nothing more afterwards.
        """
        needed = max(1, -(-(2 * self.samples + self.pre_skip) // PACKET_TICKS))
        missing = needed - self._packets
        rest = self._rest[: len(self._rest) & ~1]
        self._rest = b""
        return self._run(rest.ljust(missing * _PACKET_BYTES, b"\0"))

    def _run(self, samples: bytes) -> list[bytes]:
        packets: list[bytes] = []
        for at in range(0, len(samples), _BATCH_BYTES):
            packets += _encode(self._context, samples[at : at + _BATCH_BYTES])
        self._packets += len(packets)
        return packets


def decode(packets: Iterable[bytes], pre_skip: int, samples: int) -> Pcm:
    """Return the sound of 20 ms mono packets at 24 kHz, exactly ``samples`` long.

    ``pre_skip`` counts at 48 kHz. Raises AudioError ``audio.broken`` for packets that are not Opus or are too few.
    """
    context = av.CodecContext.create("opus", "r")
    context.sample_rate = 2 * SAMPLE_RATE
    context.layout = "mono"
    try:
        frames = [frame.to_ndarray().ravel() for packet in packets for frame in context.decode(av.Packet(packet))]
    except av.FFmpegError as error:
        raise AudioError("audio.broken") from error
    sound = np.concatenate(frames) if frames else np.zeros(0, np.float32)
    sound = sound[pre_skip : pre_skip + 2 * samples]
    if len(sound) < 2 * samples:
        raise AudioError("audio.broken")
    return Pcm(to_int16(soxr.resample(sound, 2 * SAMPLE_RATE, SAMPLE_RATE)), SAMPLE_RATE)


MAX_POINTS = 256
_BLOCK = SAMPLE_RATE // 10
"""Samples in 100 ms."""


def _peak(block: NDArray[np.int16]) -> NDArray[np.int32]:
    """Return the largest distance from zero in each row."""
    top = block.max(axis=-1).astype(np.int32)
    peak: NDArray[np.int32] = np.maximum(top, -block.min(axis=-1).astype(np.int32))
    return peak


class Sketch:
    """Peaks of 24 kHz s16le samples, collected as they arrive. Not thread-safe. 20 bytes of memory per second."""

    def __init__(self) -> None:
        self._rest = b""
        self._peaks: list[int] = []

    def feed(self, samples: bytes) -> None:
        """Add samples; any number of bytes."""
        samples = self._rest + samples if self._rest else samples
        blocks = len(samples) // (2 * _BLOCK)
        self._rest = samples[blocks * 2 * _BLOCK :]
        if blocks:
            self._peaks += _peak(np.frombuffer(samples, "<i2", blocks * _BLOCK).reshape(blocks, _BLOCK)).tolist()

    def finish(self) -> bytes:
        """Return 1 to 256 points from 0 (silence) to 255 (full scale), linear, spread evenly over the length."""
        if len(self._rest) >= 2:
            self._peaks.append(int(_peak(np.frombuffer(self._rest, "<i2", len(self._rest) // 2))))
            self._rest = b""
        peaks = np.asarray(self._peaks or [0])
        points = min(len(peaks), MAX_POINTS)
        folded = np.maximum.reduceat(peaks, np.arange(points) * len(peaks) // points)
        return bytes((folded * 255 // 32768).astype(np.uint8))


_FIRST_SLICE = 2 * PACKET_SAMPLES
_SLICE = 5 * 2 * PACKET_SAMPLES
"""Bytes of 100 ms: about 1 ms of work, short enough for an event loop."""


class ClipEncoder:
    """Encodes one utterance and keeps its packets for the clip. Not thread-safe.

    Ready when the constructor returns: make it while the provider is still working.
    """

    def __init__(self, bitrate: int = 32_000) -> None:
        self._stream = OpusStream(bitrate)
        self._sketch = Sketch()
        self._packets: list[bytes] = []

    def feed(self, samples: bytes) -> list[bytes]:
        """Return the packets completed by these 24 kHz s16le bytes; any number of bytes."""
        packets = self._stream.feed(samples)
        self._sketch.feed(samples)
        self._packets += packets
        return packets

    def slices(self, samples: bytes) -> Iterator[list[bytes]]:
        """Yield the results of ``feed`` in steps of 100 ms, the first of 20 ms; an event loop can run in between."""
        first = self._stream.samples == 0
        at = 0
        while at < len(samples):
            step = _FIRST_SLICE if first else _SLICE
            yield self.feed(samples[at : at + step])
            at += step
            first = False

    def finish(self) -> tuple[list[bytes], Clip]:
        """Return the last packets, and the whole clip."""
        last = self._stream.finish()
        self._packets += last
        clip = Clip(tuple(self._packets), self._stream.pre_skip, self._stream.samples, self._sketch.finish())
        return last, clip
