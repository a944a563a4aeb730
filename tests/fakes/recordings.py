"""Real files of the formats that speech engines send, made by libav. Used by the stand-ins and by tests."""

import io

import av
import numpy as np

from tests.fakes import tones

_CONTAINERS = {"mp3": ("mp3", "mp3"), "aac": ("adts", "aac"), "flac": ("flac", "flac"), "opus": ("ogg", "libopus")}
FORMATS = ("wav", *_CONTAINERS, "pcm")
"""What OpenAI's service knows as ``response_format``."""
MEDIA_TYPES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "opus": "audio/ogg",
    "pcm": "audio/pcm",
}


def encode(pcm: bytes, form: str, *, rate: int = tones.RATE, channels: int = 1) -> bytes:
    """One channel of 16-bit samples as a file, each channel alike. Opus knows few rates: 24 kHz is one."""
    if form == "pcm":
        return pcm
    if form == "wav":
        return tones.wav(pcm, rate=rate, declared=0xFFFFFFFF)
    container, codec = _CONTAINERS[form]
    layout = "mono" if channels == 1 else "stereo"
    interleaved = np.repeat(np.frombuffer(pcm, "<i2"), channels).reshape(1, -1)
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(interleaved, format="s16", layout=layout)
        frame.sample_rate = rate
        resampler = av.AudioResampler(
            format=stream.format, layout=layout, rate=rate, frame_size=stream.frame_size or None
        )
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return out.getvalue()
