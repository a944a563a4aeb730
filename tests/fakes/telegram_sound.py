"""What the Telegram stand-in hears in an uploaded voice: the pages are checked, the sound decoded by PyAV.

Called by ``telegram_methods``; shares no code with the bot's own writer, so that one cannot excuse the other.
"""

import io
import math
import struct
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

RATE = 48_000
VOICE_BYTES = 1_000_000
"""From this size on Telegram shows a file instead of a voice message."""


class NotAVoiceError(Exception):
    """Why this is no voice message, in words."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A decoded voice."""

    samples: NDArray[np.float32]
    """At 48 kHz, from -1.0 to 1.0."""
    seconds: float
    """By the file's own count."""

    @property
    def level(self) -> float:
        """Root mean square, 0.0 to 1.0."""
        return float(np.sqrt(np.mean(self.samples**2))) if len(self.samples) else 0.0

    @property
    def pitch(self) -> float:
        """The strongest frequency in hertz."""
        spectrum = np.abs(np.fft.rfft(self.samples * np.hanning(len(self.samples))))
        return float(np.argmax(spectrum) * RATE / len(self.samples))


def hear(data: bytes, duration: int | None) -> Sound:
    """Decode a voice and hold it against the seconds it is said to last, if any. Raises NotAVoiceError."""
    if len(data) >= VOICE_BYTES:
        raise NotAVoiceError(f"{len(data)} bytes: too large for a voice message")
    seconds = _length(data)
    samples = _decoded(data)
    if abs(len(samples) / RATE - seconds) > 0.03:
        raise NotAVoiceError(f"the pages count {seconds:.3f} s, decoded are {len(samples) / RATE:.3f} s")
    if duration is not None and not math.floor(seconds) <= duration <= max(1, math.ceil(seconds)):
        raise NotAVoiceError(f"duration {duration} is not that of the sound, {seconds:.3f} s")
    return Sound(samples, seconds)


def _length(data: bytes) -> float:
    """Seconds by the last granule, every page being whole and in its place."""
    at, pages, skip, flags, granule = 0, 0, 0, 0, 0
    while at < len(data):
        if data[at : at + 4] != b"OggS" or len(data) < at + 27:
            raise NotAVoiceError("not Ogg")
        flags, granule = data[at + 5], struct.unpack_from("<q", data, at + 6)[0]
        crc, count = struct.unpack_from("<I", data, at + 22)[0], data[at + 26]
        body = at + 27 + count
        end = body + sum(data[at + 27 : body])
        if checksum(data[at : at + 22] + bytes(4) + data[at + 26 : end]) != crc:
            raise NotAVoiceError(f"page {pages} is damaged")
        if pages == 0:
            skip = _head(data[body:end], flags)
        if pages == 1 and data[body : body + 8] != b"OpusTags":
            raise NotAVoiceError("no OpusTags on the second page")
        at, pages = end, pages + 1
    if not flags & 4:
        raise NotAVoiceError("the last page does not say that it is the last")
    return float(granule - skip) / RATE


def _head(body: bytes, flags: int) -> int:
    """Samples that a decoder drops, out of the first page."""
    if body[:8] != b"OpusHead" or len(body) < 19 or not flags & 2:
        raise NotAVoiceError("no OpusHead on the first page")
    if body[9] != 1:
        raise NotAVoiceError("a voice message is mono")
    return int(struct.unpack_from("<H", body, 10)[0])


def _decoded(data: bytes) -> NDArray[np.float32]:
    try:
        with av.open(io.BytesIO(data), "r", format="ogg") as container:
            (stream,) = container.streams.audio
            frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(stream)]
    except (av.FFmpegError, ValueError) as error:
        raise NotAVoiceError("cannot be decoded") from error
    return np.concatenate(frames).astype(np.float32) if frames else np.zeros(0, np.float32)


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        rows.append(value & 0xFFFFFFFF)
    return tuple(rows)


_TABLE = _table()


def checksum(page: bytes) -> int:
    """The CRC of a page whose own four bytes of it are zero."""
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ _TABLE[value >> 24 ^ byte]
    return value
