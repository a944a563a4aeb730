"""What the Discord stand-in hears: decodes an uploaded Ogg Opus file and compares it with what was claimed of it.

Used by discord_rules.py. It reads the pages itself and decodes with PyAV, sharing no code with bot/audio.
"""

import io
import struct
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

LENGTH_TOLERANCE = 0.020
"""Seconds that a claimed duration may be off."""
_GRANULES = 48_000
"""Opus counts at this rate whatever the encoder was fed."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A decoded upload."""

    pcm: bytes
    """16-bit samples, mono."""
    rate: int
    seconds: float
    """By the file's own count: last position less the part to skip."""

    @property
    def level(self) -> float:
        """Root mean square, 0 to 1."""
        samples = np.frombuffer(self.pcm, "<i2").astype(np.float64)
        return float(np.sqrt(np.mean(samples**2))) / 32768 if len(samples) else 0.0


def decode(data: bytes) -> Sound:
    """Decode Ogg Opus. Raises ValueError for anything else, damage, or a length that its pages do not have."""
    seconds = _declared_seconds(data)
    pieces: list[NDArray[np.int16]] = []
    rate = _GRANULES
    try:
        with av.open(io.BytesIO(data), "r") as container:
            for frame in container.decode(audio=0):
                rate = frame.sample_rate
                pieces.append(_mono(frame))
    except (av.error.FFmpegError, IndexError) as error:
        raise ValueError("the file cannot be decoded") from error
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
    # A decoder may leave the skipped part in; more than that, or less than the sound, is damage.
    if not -LENGTH_TOLERANCE <= len(samples) / rate - seconds <= 0.1:
        raise ValueError("the file decodes to another length than its pages declare")
    return Sound(samples.astype("<i2").tobytes(), rate, seconds)


def _mono(frame: av.AudioFrame) -> NDArray[np.int16]:
    samples = frame.to_ndarray().astype(np.float64)
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    mixed = samples.mean(axis=0)
    if frame.format.name.startswith("flt"):
        mixed = mixed * 32767
    samples16: NDArray[np.int16] = np.clip(mixed, -32768, 32767).astype(np.int16)
    return samples16


def _declared_seconds(data: bytes) -> float:
    """The length by the pages, which are walked to the end: OpusHead first, an end-of-stream page last."""
    at, last, skip, flags, page = 0, 0, -1, 0, 0
    while at < len(data):
        if len(data) - at < 27 or data[at : at + 4] != b"OggS":
            raise ValueError("not an Ogg file, or a broken page")
        flags, granule, count = data[at + 5], struct.unpack_from("<q", data, at + 6)[0], data[at + 26]
        body = at + 27 + count
        size = sum(data[at + 27 : body])
        if body + size > len(data):
            raise ValueError("the last page is cut off")
        if page == 0:
            if data[body : body + 8] != b"OpusHead" or size < 19:
                raise ValueError("not Opus")
            skip = struct.unpack_from("<H", data, body + 10)[0]
        last = granule if granule >= 0 else last
        at, page = body + size, page + 1
    if page < 3 or not flags & 4:
        raise ValueError("the stream has no end")
    return max(0, last - skip) / _GRANULES


def peaks(sound: Sound, count: int) -> NDArray[np.float64]:
    """The loudest sample of each of ``count`` equal parts, against the loudest of all (0 to 1)."""
    samples = np.abs(np.frombuffer(sound.pcm, "<i2").astype(np.int32))[-round(sound.seconds * sound.rate) or None :]
    loudest = [float(part.max()) if len(part) else 0.0 for part in np.array_split(samples, count)]
    return np.array(loudest, np.float64) / max([1.0, *loudest])


def sketch_error(sound: Sound, sketch: bytes) -> float:
    """How far a waveform sketch lies from the sound: mean distance of its values (0 to 1), neighbours forgiven."""
    drawn = np.frombuffer(sketch, np.uint8).astype(np.float64)
    drawn /= max(1.0, float(np.max(drawn, initial=0.0)))
    heard = peaks(sound, len(drawn))
    padded = np.concatenate((heard[:1], heard, heard[-1:]))
    near = np.stack((padded[:-2], padded[1:-1], padded[2:]))
    outside = np.maximum(near.min(axis=0) - drawn, drawn - near.max(axis=0))
    return float(np.maximum(outside, 0).mean())
