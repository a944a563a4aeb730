"""A clip as an mp3 file, for people whose chats accept no voice messages. Called by Telegram's front end."""

import io

import av
import numpy as np

from bot.audio.opus import decode
from bot.errors import AudioError
from bot.model import SAMPLE_RATE, Clip

_BITRATE = 64_000
"""Bits per second: speech that was Opus before gains nothing from more."""


def write(clip: Clip) -> bytes:
    """Return a clip as an mp3 file. CPU work, some 5 ms per second of sound. Raises AudioError."""
    samples = np.frombuffer(decode(clip.packets, clip.pre_skip, clip.samples).samples, "<i2").reshape(1, -1)
    out = io.BytesIO()
    try:
        with av.open(out, "w", format="mp3") as file:
            stream = file.add_stream("mp3", rate=SAMPLE_RATE, layout="mono")
            assert isinstance(stream, av.AudioStream)
            stream.bit_rate = _BITRATE
            resampler = av.AudioResampler(stream.format, "mono", SAMPLE_RATE, frame_size=stream.frame_size)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate = SAMPLE_RATE
            for piece in (*resampler.resample(frame), *resampler.resample(None)):
                file.mux(stream.encode(piece))
            file.mux(stream.encode(None))
    except av.FFmpegError as error:
        raise AudioError("audio.encoder") from error
    return out.getvalue()
