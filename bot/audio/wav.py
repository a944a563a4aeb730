"""Where the sound lies inside a WAV file, whatever its header claims. Called by ``bot/audio/pcm.py``.

A WAV file is ``RIFF size WAVE`` and then chunks: four letters, a 32-bit size, that many bytes, one more when the
size is odd. ``fmt`` says what a sample looks like, ``data`` holds the samples; others may stand around them. A file of
more than 4 GB begins with ``RF64`` or ``BW64``, and its sizes are in a chunk ``ds64``.
"""

import struct
from dataclasses import dataclass

from bot.errors import AudioError

RIFF = (b"RIFF", b"RF64", b"BW64")
"""How a WAV file begins."""
_PCM, _FLOAT, _A_LAW, _MU_LAW, _EXTENSIBLE = 0x0001, 0x0003, 0x0006, 0x0007, 0xFFFE
_WIDTHS = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64), _A_LAW: (8,), _MU_LAW: (8,)}
_LAWS = {_A_LAW: "a", _MU_LAW: "mu"}
_MAX_CHUNKS = 200
"""More chunks than any writer makes; a file of nothing but tiny chunks would cost seconds to walk."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a ``fmt`` chunk says."""

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
        """Bytes of one moment: a sample of every channel."""
        return self.channels * self.bits // 8

    @property
    def is_plain(self) -> bool:
        """Whether the bytes are samples as Mouthpiece wants them already."""
        return self.channels == 1 and self.bits == 16 and not self.is_float and not self.law


def locate(data: bytes) -> tuple[Layout, int, int]:
    """The layout, and where the samples start and end. Raises AudioError: not_wav, broken, unsupported, empty."""
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
    """Where the samples end: as declared if the file bears that out, otherwise where the file ends."""
    declared = start + size
    if declared >= len(data) or not chunks_follow(data, declared + (size & 1)):
        return len(data)
    return declared


def chunks_follow(data: bytes, at: int) -> bool:
    """Return whether the rest of the file is nothing, or chunks whose sizes add up to its end."""
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
