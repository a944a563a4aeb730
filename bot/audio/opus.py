"""Samples to Opus packets and back, by the libopus inside PyAV's wheel. Called by ``clip.py`` and ``ogg.py``.

Every packet is 20 ms, mono, and decodes at 48 kHz: the same bytes go into an Ogg file and into a voice call.
24 kHz is one of libopus's own rates, so nothing is resampled on the way in.
"""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

import av
import numpy as np
import soxr

from bot.audio.pcm import Pcm, to_int16
from bot.errors import AudioError
from bot.model import SAMPLE_RATE

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext

PACKET_SAMPLES = 480
"""Samples at 24 kHz in a packet: 20 ms."""
PACKET_TICKS = 960
"""The same 20 ms at 48 kHz, the rate in which Opus counts time."""
_PACKET_BYTES = 2 * PACKET_SAMPLES
_BATCH_BYTES = 100 * _PACKET_BYTES
"""Handed to libav at once: enough to spread the cost of a call, little enough to bound memory."""


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
    """Packets of whole 20 ms blocks. libav cuts the frame itself; the frame is new each time since libav keeps it."""
    frame = av.AudioFrame("s16", "mono", len(samples) // 2)
    frame.sample_rate = SAMPLE_RATE
    frame.planes[0].update(samples)
    return [bytes(packet) for packet in context.encode(frame)]


@cache
def _warm_up() -> None:
    """Pays once per process for what the first packet ever encoded costs: pages of code read in, tables built."""
    _encode(_open(32_000), bytes(_PACKET_BYTES))


class OpusStream:
    """Encodes 24 kHz s16le samples as they arrive. One sound, one stream; not thread-safe.

    The encoder is ready when the constructor returns, so make it before the first chunk is there. libopus looks
    6.5 ms ahead: the sound comes out that much later, which ``pre_skip`` tells the decoder.
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
        """Samples at 48 kHz that a decoder drops at the start; libopus says it in an OpusHead of its own."""

    @property
    def samples(self) -> int:
        """Samples at 24 kHz fed so far."""
        return self._fed // 2

    def feed(self, samples: bytes) -> list[bytes]:
        """The packets that these bytes complete; any number of bytes. Takes about 0.2 ms per packet."""
        self._fed += len(samples)
        samples = self._rest + samples if self._rest else samples
        whole = len(samples) - len(samples) % _PACKET_BYTES
        self._rest = samples[whole:]
        return self._run(samples[:whole])

    def finish(self) -> list[bytes]:
        """The last packets, padded with silence until every sample fed has left the encoder's look-ahead.

        Half a sample at the very end is dropped. There is at least one packet per stream, however short. The stream
        takes nothing more afterwards.
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
    """The sound of 20 ms mono packets at 24 kHz, exactly ``samples`` long.

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
