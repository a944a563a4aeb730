"""Steady tones as real PCM, WAV and mp3. Used by the stand-ins for speech services.

A test tells voices apart by their pitch.
"""

import io
import struct

import av
import numpy as np

RATE = 24_000
PEAK = 0.977
"""The service's own level: 0.2 dB under full scale."""


def tone(hertz: float, samples: int, *, start: int = 0, rate: int = RATE) -> bytes:
    """16-bit samples of a sine; ``start`` continues one that was begun."""
    phase = 2 * np.pi * hertz * (np.arange(start, start + samples) / rate)
    return (np.sin(phase) * PEAK * 32767).astype("<i2").tobytes()


def noise(samples: int) -> bytes:
    """What the service sends when it has nothing to say."""
    return np.random.default_rng(1).integers(-3000, 3000, samples).astype("<i2").tobytes()


def wav(pcm: bytes, *, rate: int = RATE, declared: int | None = None) -> bytes:
    """A canonical header of 44 bytes and the samples; ``declared`` lies about their size."""
    size = len(pcm) if declared is None else declared
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", (36 + size) & 0xFFFFFFFF, b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16
    )
    return head + b"data" + struct.pack("<I", size) + pcm


def mp3(pcm: bytes) -> bytes:
    """An mp3 file of its own, as each streamed chunk is with the service."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp3", options={"id3v2_version": "0", "write_xing": "0"}) as container:
        stream = container.add_stream("mp3", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, "<i2").reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=RATE, frame_size=stream.frame_size)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return out.getvalue()


def pitch(pcm: bytes, rate: int = RATE) -> float:
    """The strongest frequency, in hertz."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))
