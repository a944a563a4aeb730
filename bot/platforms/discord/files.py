"""A clip as a file that people keep: Ogg as it is, WAV, MP3. Called by the panel's "As file".

Each carries a note that it is synthetic, as the Ogg file does. All of it is CPU work: call it in a thread.
"""

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType

import av
import numpy as np
from av.audio.stream import AudioStream

from bot.audio import ogg, opus
from bot.audio.pcm import Pcm
from bot.model import Clip

_CODECS: Mapping[str, tuple[str, str]] = MappingProxyType({"wav": ("pcm_s16le", "s16"), "mp3": ("libmp3lame", "s16p")})
_MP3_BITRATE = 64_000
"""Bits per second, mono: speech needs no more."""
_BLOCK = 24_000
"""Samples handed to the encoder at a time."""


def as_ogg(clip: Clip) -> bytes:
    """The packets as they are."""
    return ogg.write(clip, {})


def as_wav(clip: Clip) -> bytes:
    """16-bit samples, mono, 24 kHz."""
    return _encoded(clip, "wav")


def as_mp3(clip: Clip) -> bytes:
    """MP3, mono, 64 kbit/s."""
    return _encoded(clip, "mp3")


FORMATS: Mapping[str, Callable[[Clip], bytes]] = MappingProxyType({"ogg": as_ogg, "wav": as_wav, "mp3": as_mp3})
"""By file ending."""


def _encoded(clip: Clip, form: str) -> bytes:
    pcm = opus.decode(clip.packets, clip.pre_skip, clip.samples)
    codec, layout = _CODECS[form]
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        container.metadata["comment"] = ogg.SYNTHETIC_TAGS["COMMENT"]
        stream = container.add_stream(codec, rate=pcm.rate)
        assert isinstance(stream, AudioStream), "both codecs are for audio"
        stream.codec_context.layout = "mono"
        if form == "mp3":
            stream.codec_context.bit_rate = _MP3_BITRATE
        for frame in _frames(pcm, layout):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def _frames(pcm: Pcm, sample_format: str) -> list[av.AudioFrame]:
    samples = np.frombuffer(pcm.samples, "<i2").reshape(1, -1)
    frames = []
    for start in range(0, samples.shape[1], _BLOCK):
        block = np.ascontiguousarray(samples[:, start : start + _BLOCK])
        frame = av.AudioFrame.from_ndarray(block, format=sample_format, layout="mono")
        frame.sample_rate, frame.pts = pcm.rate, start
        frames.append(frame)
    return frames
