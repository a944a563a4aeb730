"""Ears for the built-in engine: what its sound is like, in numbers. Used by test_espeak and test_espeak_workers."""

import numpy as np
import numpy.typing as npt

from bot.audio.pcm import Pcm
from bot.model import Usage, Voice
from bot.providers.base import SpeechRequest
from bot.providers.builtin.espeak import EspeakProvider

RATE = 22_050
ENGLISH = "The quick brown fox jumps over the lazy dog, and then it goes home."
CHINESE = "今天天气很好，我们一起去公园散步吧。"
Samples = npt.NDArray[np.float64]


async def hear(provider: EspeakProvider, text: str, *styles: str, voice: str = "") -> Samples:
    """The whole sound, after checking the shape of the answer."""
    answer = [part async for part in provider.synthesize(SpeechRequest(text, styles, Voice(id=voice)))]
    assert answer[-1] == Usage()
    pcm = [part for part in answer[:-1] if isinstance(part, Pcm)]
    assert len(pcm) == len(answer) - 1
    assert {part.rate for part in pcm} == {RATE}
    return np.frombuffer(b"".join(part.samples for part in pcm), dtype="<i2").astype(float)


def level(sound: Samples) -> float:
    return float(np.sqrt((sound**2).mean()))


def melody(sound: Samples) -> tuple[float, float]:
    """Median pitch in hertz and the share of voiced blocks (autocorrelation above a half) among those not silent."""
    size = 882  # 40 ms
    pitches, heard = [], 0
    for start in range(0, len(sound) - size, size // 2):
        block = sound[start : start + size]
        if level(block) < 0.1 * level(sound):
            continue
        heard += 1
        block = block - block.mean()
        power = np.abs(np.fft.rfft(block, 4 * size)) ** 2
        correlation = np.fft.irfft(power)[:size]
        correlation = correlation / (correlation[0] * (1 - np.arange(size) / size))
        low, high = RATE // 400, RATE // 60
        lag = low + int(np.argmax(correlation[low:high]))
        if correlation[lag] > 0.5:
            pitches.append(RATE / lag)
    return float(np.median(pitches)) if pitches else 0.0, len(pitches) / heard


def longest_silence(sound: Samples) -> float:
    """Seconds, between the first and the last sound."""
    loud = np.nonzero(np.abs(sound) > 60)[0]
    return float(np.diff(loud).max()) / RATE
