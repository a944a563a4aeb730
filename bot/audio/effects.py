"""Effects on finished speech (silence, trimming, level) and the joining of clips without re-encoding."""

import math
import os
import warnings
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.audio.opus import PACKET_SAMPLES, OpusStream
from bot.audio.pcm import Pcm
from bot.errors import AudioError
from bot.model import Clip

with warnings.catch_warnings():
    # pydub looks for ffmpeg when imported and warns; nothing here starts it.
    warnings.simplefilter("ignore")
    os.environ.setdefault("PATH", os.defpath)  # it takes for granted that there is one
    from pydub import AudioSegment

_FULL_SCALE = 32768.0
_PEAK = 10 ** (-1 / 20)
"""-1 dBFS: headroom for what Opus adds to a peak."""
_GATE = 10 ** (-60 / 20)
"""-60 dBFS: below it there is no speech."""


def _segment(pcm: Pcm) -> AudioSegment:
    return AudioSegment(data=pcm.samples, sample_width=2, frame_rate=pcm.rate, channels=1)


def _values(pcm: Pcm) -> NDArray[np.int16]:
    return np.frombuffer(pcm.samples, "<i2")


def silence(seconds: float, rate: int) -> Pcm:
    """Return some seconds of silence."""
    return Pcm(bytes(2 * round(max(0.0, seconds) * rate)), rate)


def join(parts: Sequence[Pcm], gaps: Iterable[float] = ()) -> Pcm:
    """Return the parts joined, with ``gaps[i]`` seconds of silence after part i. All at one rate, at least one part.

    Raises AudioError ``audio.mixed_rates``.
    """
    rate = parts[0].rate
    if any(part.rate != rate for part in parts):
        raise AudioError("audio.mixed_rates")
    pauses = [silence(gap, rate).samples for gap in gaps]
    pauses += [b""] * (len(parts) - len(pauses))
    return Pcm(b"".join(part.samples + pause for part, pause in zip(parts, pauses, strict=False)), rate)


def trim(pcm: Pcm, *, threshold: float = -50.0, keep: float = 0.05) -> Pcm:
    """Return a sound without the quiet at both ends. ``threshold`` is in dBFS, ``keep`` the seconds that stay.

    Looks at blocks of 10 ms. A sound that is quiet throughout is returned unchanged; the caller decides about it.
    """
    block = max(1, pcm.rate // 100)
    values = _values(pcm)
    starts = np.arange(0, len(values), block)
    if not len(starts):
        return pcm
    top = np.maximum.reduceat(values, starts).astype(np.int32)
    bottom = np.minimum.reduceat(values, starts).astype(np.int32)
    loud = np.flatnonzero(np.maximum(top, -bottom) > _FULL_SCALE * 10 ** (threshold / 20))
    if not len(loud):
        return pcm
    spare = round(keep * pcm.rate)
    first = max(0, int(loud[0]) * block - spare)
    last = min(len(values), (int(loud[-1]) + 1) * block + spare)
    return Pcm(pcm.samples[2 * first : 2 * last], pcm.rate)


def gain(pcm: Pcm, decibels: float) -> Pcm:
    """Return a sound louder or, below zero, quieter by some dB. Samples out of range are clipped."""
    return Pcm(_segment(pcm).apply_gain(decibels).raw_data, pcm.rate) if pcm.samples else pcm


def level(pcm: Pcm) -> float:
    """Return the level of speech in dBFS: RMS over blocks of 50 ms that are not pauses; -inf for silence.

    A block is a pause below -60 dBFS, or 10 dB below the mean of the others, as in ITU-R BS.1770 without its filter.
    """
    block = max(1, pcm.rate // 20)
    values = _values(pcm).astype(np.float32) / np.float32(_FULL_SCALE)
    rows = np.pad(values, (0, -len(values) % block)).reshape(-1, block)
    powers = np.einsum("ij,ij->i", rows, rows, dtype=np.float64) / block
    powers = powers[powers > _GATE**2]
    if not len(powers):
        return -math.inf
    return 10 * math.log10(float(powers[powers >= powers.mean() / 10].mean()))


def loudness(pcm: Pcm, target: float = -20.0, *, most: float = 20.0) -> Pcm:
    """Return a sound at a level (dBFS as ``level`` measures it), by one gain for the whole sound.

    No peak exceeds -1 dBFS, so a sound with high peaks stays below the target. ``most`` (dB) bounds the gain, since
    amplified noise is no speech. Silence is returned unchanged.
    """
    now = level(pcm)
    if now == -math.inf:
        return pcm
    values = _values(pcm).astype(np.int32)
    capacity = 20 * math.log10(_PEAK * _FULL_SCALE / max(1, int(np.abs(values).max())))
    return gain(pcm, min(target - now, capacity, most))


_PAUSE = 20
"""Packets (0.4 s) of silence between two clips."""
_POINTS = 128
_TICKS = 2
"""Ticks of pre-skip (48 kHz) for a sample (24 kHz)."""


def joined(clips: Sequence[Clip]) -> Clip:
    """Return several clips as one; a single one unchanged. CPU work of a few milliseconds."""
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
    """Return the joined waveform sketches, each as wide as its clip is long."""
    whole = sum(clip.samples for clip in clips)
    points = bytearray()
    for clip in clips:
        count = max(1, round(_POINTS * clip.samples / whole))
        points += bytes(clip.waveform[index * len(clip.waveform) // count] for index in range(count))
    return bytes(points[:256])
