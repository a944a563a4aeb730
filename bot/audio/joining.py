"""Several clips as one, one after the other: Opus packets are strung together, nothing is encoded again.

Used where several people's messages go into one voice message.
"""

from collections.abc import Sequence

from bot.audio.opus import PACKET_SAMPLES, OpusStream
from bot.model import Clip

_PAUSE = 20
"""Packets (0.4 s) of silence between two clips."""
_POINTS = 128
_TICKS = 2
"""Ticks of pre-skip (48 kHz) for a sample (24 kHz)."""


def joined(clips: Sequence[Clip]) -> Clip:
    """One clip; a single one as it is. CPU work of a few milliseconds."""
    if len(clips) == 1:
        return clips[0]
    pause = tuple(OpusStream().feed(bytes(2 * PACKET_SAMPLES * _PAUSE)))
    packets: list[bytes] = []
    for clip in clips:
        packets += (*pause, *clip.packets) if packets else clip.packets
    first, last = clips[0], clips[-1]
    unheard = len(last.packets) * PACKET_SAMPLES - last.pre_skip // _TICKS - last.samples
    samples = len(packets) * PACKET_SAMPLES - first.pre_skip // _TICKS - unheard
    return Clip(tuple(packets), first.pre_skip, samples, _sketch(clips))


def _sketch(clips: Sequence[Clip]) -> bytes:
    """The clips' own sketches, each as wide as the clip is long."""
    whole = sum(clip.samples for clip in clips)
    points = bytearray()
    for clip in clips:
        count = max(1, round(_POINTS * clip.samples / whole))
        points += bytes(clip.waveform[index * len(clip.waveform) // count] for index in range(count))
    return bytes(points[:256])
