"""PCM samples, the form in which sound is passed on: WAV parsing and resampling."""

import struct
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from bot.errors import AudioError
from bot.model import SAMPLE_RATE

RIFF = (b"RIFF", b"RF64", b"BW64")
"""First bytes of a WAV file."""
_PCM, _FLOAT, _A_LAW, _MU_LAW, _EXTENSIBLE = 0x0001, 0x0003, 0x0006, 0x0007, 0xFFFE
_WIDTHS = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64), _A_LAW: (8,), _MU_LAW: (8,)}
_LAWS = {_A_LAW: "a", _MU_LAW: "mu"}
_MAX_CHUNKS = 200
"""More chunks than any writer makes; walking a file of nothing but tiny chunks would take seconds."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The content of a ``fmt`` chunk."""

    channels: int
    rate: int
    """Hertz."""
    bits: int
    """Per sample of one channel, as stored: 8 (unsigned unless ``law``), 16, 24, 32 or 64."""
    is_float: bool
    law: str = ""
    """``a`` or ``mu`` for the logarithmic samples of telephones (G.711)."""

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame: a sample of every channel."""
        return self.channels * self.bits // 8

    @property
    def is_plain(self) -> bool:
        """Return whether the bytes are in Mouthpiece's own sample format already."""
        return self.channels == 1 and self.bits == 16 and not self.is_float and not self.law


def locate(data: bytes) -> tuple[Layout, int, int]:
    """Return the layout, and where the samples start and end.

    Raises AudioError: not_wav, broken, unsupported, empty.
    """
    if not data:
        raise AudioError("audio.empty")
    if data[:4] not in RIFF or (len(data) >= 12 and data[8:12] != b"WAVE"):
        raise AudioError("audio.not_wav")
    layout: Layout | None = None
    at = 12
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(data):
            break
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"data":
            if layout is None:
                break
            return layout, at, _end_of_samples(data, at, size)
        if name == b"fmt ":
            layout = layout_of(data[at : at + min(size, 40)])
        at += size + (size & 1)
    raise AudioError("audio.broken")


def layout_of(fmt: bytes) -> Layout:
    """Return the layout that a ``fmt`` chunk describes. Raises AudioError: broken, unsupported."""
    if len(fmt) < 16:
        raise AudioError("audio.broken")
    kind, channels, rate, _, align, bits = struct.unpack_from("<HHIIHH", fmt)
    if kind == _EXTENSIBLE and len(fmt) >= 26:
        (kind,) = struct.unpack_from("<H", fmt, 24)  # the first two bytes of the sub-format's GUID are the old tag
    if not 1 <= channels <= 8 or not 4_000 <= rate <= 384_000:
        raise AudioError("audio.unsupported")
    widths = _WIDTHS.get(kind, ())
    stored = align // channels * 8  # 20 bits in 3 bytes, or 24 in 4: the samples are in the upper ones
    bits = stored if stored >= bits and stored in widths else bits
    if bits not in widths:
        raise AudioError("audio.unsupported")
    return Layout(channels, rate, bits, kind == _FLOAT, _LAWS.get(kind, ""))


def _end_of_samples(data: bytes, start: int, size: int) -> int:
    """Return the end of the samples: the declared one if the file bears that out, otherwise the end of the file."""
    declared = start + size
    if declared >= len(data) or not chunks_follow(data, declared + (size & 1)):
        return len(data)
    return declared


def chunks_follow(data: bytes, at: int) -> bool:
    """Return whether the rest of the file is empty, or chunks whose sizes add up to its end."""
    for _ in range(_MAX_CHUNKS):
        if at >= len(data):
            return True
        name = data[at : at + 4]
        if len(data) - at < 8 or not all(0x20 <= byte < 0x7F for byte in name):
            return False
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size
        if at > len(data):
            return False
        at += size & 1
    return False


_BLOCK_FRAMES = 1 << 16
"""Frames converted at a time, so that an odd format costs no multiple of the file in memory."""


@dataclass(frozen=True, slots=True)
class Pcm:
    """Signed 16-bit little-endian samples, one channel."""

    samples: bytes
    """Two bytes each."""
    rate: int
    """Hertz."""

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.samples) / 2 / self.rate


def to_int16(samples: NDArray[np.floating]) -> bytes:
    """Return samples of -1.0 to 1.0 as s16le, rounded and clipped, since a wrapped sample is a loud click."""
    scaled = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0) * np.float32(32768)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -32768, 32767, out=scaled)
    return bytes(scaled.astype("<i2"))


def decode_wav(data: bytes, *, max_seconds: float = 1500.0) -> Pcm:
    """Return the sound of a WAV file, mixed down to one channel, at its own rate.

    Sizes in the headers are hints: a service that streams writes 0, 0xFFFFFFFF or a guess. The real content counts, so
    memory follows the file and never a number in it. Accepts 8 to 32 bit integers, 32 and 64 bit floats, A-law and
    µ-law, 1 to 8 channels, 4 to 384 kHz. Raises AudioError: ``audio.not_wav``, ``audio.broken``, ``audio.unsupported``,
    ``audio.empty``, ``audio.too_long``.
    """
    layout, start, end = locate(data)
    frames = (end - start) // layout.frame_bytes
    if frames == 0:
        raise AudioError("audio.empty")
    if frames > max_seconds * layout.rate:
        raise AudioError("audio.too_long", limit=max_seconds)
    end = start + frames * layout.frame_bytes
    if layout.is_plain:
        return Pcm(data[start:end], layout.rate)
    return Pcm(to_mono(memoryview(data)[start:end], layout), layout.rate)


def to_mono(frames: memoryview, layout: Layout) -> bytes:
    """Return whole frames of any layout as one channel of s16le."""
    if layout.is_plain:
        return bytes(frames)
    step = _BLOCK_FRAMES * layout.frame_bytes
    return b"".join(_mixed(frames[at : at + step], layout) for at in range(0, len(frames), step))


def _mixed(block: memoryview, layout: Layout) -> bytes:
    """Return whole frames of any layout as one channel of s16le: the mean of the channels."""
    values = _as_float(block, layout).reshape(-1, layout.channels)
    return to_int16(values.mean(axis=1))


def _a_law() -> NDArray[np.float32]:
    """Return the sample of each byte (G.711: every second bit is inverted)."""
    byte = np.arange(256) ^ 0x55
    exponent, mantissa = (byte >> 4) & 7, byte & 15
    size = np.where(exponent == 0, 2 * mantissa + 1, (2 * mantissa + 33) << np.maximum(exponent - 1, 0))
    return (np.where(byte & 0x80, size, -size) / 4096).astype(np.float32)


def _mu_law() -> NDArray[np.float32]:
    """Return the sample of each byte (G.711: all bits are inverted)."""
    byte = np.arange(256) ^ 0xFF
    size = ((2 * (byte & 15) + 33) << ((byte >> 4) & 7)) - 33
    return (np.where(byte & 0x80, -size, size) / 8192).astype(np.float32)


_LAW_TABLES = {"a": _a_law(), "mu": _mu_law()}


def _as_float(block: memoryview, layout: Layout) -> NDArray[np.float32]:
    if layout.law:
        heard: NDArray[np.float32] = _LAW_TABLES[layout.law][np.frombuffer(block, np.uint8)]
        return heard
    if layout.is_float:
        # Before the mean: one infinite or missing sample must not swallow its neighbours.
        floats = np.frombuffer(block, f"<f{layout.bits // 8}")
        finite: NDArray[np.floating] = np.clip(np.nan_to_num(floats, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
        return finite.astype(np.float32, copy=False)
    if layout.bits == 8:  # the only unsigned width
        return (np.frombuffer(block, np.uint8).astype(np.float32) - 128) / np.float32(128)
    if layout.bits == 24:
        wide = np.zeros((len(block) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(block, np.uint8).reshape(-1, 3)
        return wide.view("<i4").ravel().astype(np.float32) / np.float32(1 << 31)
    integers = np.frombuffer(block, f"<i{layout.bits // 8}")
    return integers.astype(np.float32) / np.float32(1 << (layout.bits - 1))


class Resampler:
    """Resamples a stream of s16le samples (soxr, high quality). Not thread-safe.

    soxr holds some 40 ms back until ``finish``. Equal rates pass through unchanged.
    """

    def __init__(self, rate_in: int, rate_out: int = SAMPLE_RATE) -> None:
        self.rate = rate_in
        """Hertz of the input."""
        self._odd = b""
        # float32, not int16: soxr dithers 16-bit output, and silence has to stay silence.
        self._stream = None if rate_in == rate_out else soxr.ResampleStream(rate_in, rate_out, 1, "float32", "HQ")

    def feed(self, samples: bytes) -> bytes:
        """Return the output that is ready; any number of bytes, half a sample is kept for the next call."""
        samples = self._odd + samples if self._odd else samples
        whole = len(samples) & ~1
        self._odd = samples[whole:]
        if self._stream is None:
            return samples[:whole]
        return self._run(samples[:whole], last=False) if whole else b""

    def finish(self) -> bytes:
        """Return the rest. Half a sample at the very end is dropped."""
        self._odd = b""
        return b"" if self._stream is None else self._run(b"", last=True)

    def _run(self, samples: bytes, *, last: bool) -> bytes:
        assert self._stream is not None
        values = np.frombuffer(samples, "<i2").astype(np.float32) / np.float32(32768)
        return to_int16(self._stream.resample_chunk(values, last))
