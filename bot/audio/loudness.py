"""Loudness of speech (ITU-R BS.1770-4) and its normalization. Pure numpy.

Used by the worker processes of the natural voices, which is why nothing else is imported here, and by tests.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""-1.0 to 1.0, one channel."""

TARGET = -22.0
"""LUFS of every built-in voice."""
MOST_PEAK = -1.0
"""dBTP that no voice exceeds."""
_BLOCK, _STEP = 0.4, 0.1
"""Seconds of a gating block, and between the starts of two."""
_ABSOLUTE, _RELATIVE = -70.0, -10.0
_MOST_GAIN = 18.0
"""dB: a higher gain would amplify noise."""


def _biquad(rate: int, bins: int, numerator: tuple[float, ...], denominator: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the power response of a second-order filter, specified for 48 kHz, at frequencies of another rate."""
    frequencies = np.linspace(0, rate / 2, bins)
    z = np.exp(-2j * math.pi * np.minimum(frequencies, 23_999.0) / 48_000)
    top = numerator[0] + numerator[1] * z + numerator[2] * z**2
    bottom = denominator[0] + denominator[1] * z + denominator[2] * z**2
    power: NDArray[np.float64] = np.abs(top / bottom) ** 2
    return power


@lru_cache(maxsize=8)
def _weighting(rate: int, bins: int) -> NDArray[np.float32]:
    """Return the K-weighting: a high shelf for the head, a high-pass for the ear."""
    shelf = _biquad(
        rate,
        bins,
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (1.0, -1.69065929318241, 0.73248077421585),
    )
    high = _biquad(rate, bins, (1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
    return np.sqrt(shelf * high).astype(np.float32)


def loudness(samples: Samples, rate: int) -> float:
    """Return the integrated loudness in LUFS; -inf for silence. A sound shorter than a block is one block."""
    if not len(samples):
        return -math.inf
    size = 1 << (len(samples) + rate // 10 - 1).bit_length()
    spectrum = np.fft.rfft(samples, size)
    weighted = np.fft.irfft(spectrum * _weighting(rate, len(spectrum)), size)[: len(samples)]
    energy = np.concatenate(([0.0], np.cumsum(weighted.astype(np.float64) ** 2)))
    block, step = min(round(_BLOCK * rate), len(samples)), round(_STEP * rate)
    starts = np.arange(0, len(samples) - block + 1, step)
    powers = (energy[starts + block] - energy[starts]) / block
    powers = powers[powers > _power(_ABSOLUTE)]
    if not len(powers):
        return -math.inf
    powers = powers[powers > powers.mean() * 10 ** (_RELATIVE / 10)]
    return -0.691 + 10 * math.log10(float(powers.mean()))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def true_peak(samples: Samples) -> float:
    """Return the highest peak between the samples in dBTP, found at four times the rate; -inf for silence."""
    if not len(samples):
        return -math.inf
    highest = 0.0
    width = 1 << 15
    for start in range(0, len(samples), width):  # in overlapping pieces, to bound memory
        piece = samples[max(0, start - 64) : start + width + 64]
        if np.abs(piece).max() * 2 <= highest:
            continue
        spectrum = np.fft.rfft(piece)
        finer = np.fft.irfft(spectrum, 4 * len(piece)) * 4
        highest = max(highest, float(np.abs(finer).max()))
    return 20 * math.log10(highest) if highest else -math.inf


def levelled(samples: Samples, rate: int, target: float = TARGET) -> Samples:
    """Return speech at a loudness, by one gain; less if its peaks would exceed the limit. Silence is unchanged."""
    now = loudness(samples, rate)
    if now == -math.inf:
        return samples
    gain = min(target - now, _MOST_GAIN)
    highest = 20 * math.log10(max(1e-9, float(np.abs(samples).max()))) + gain
    if highest > MOST_PEAK - 3:  # between samples a peak is rarely more than 3 dB higher
        gain = min(gain, MOST_PEAK - true_peak(samples))
    return (samples * np.float32(10 ** (gain / 20))).astype(np.float32)


def trimmed(
    samples: Samples, rate: int, *, threshold: float = -46.0, before: float = 0.02, after: float = 0.05
) -> Samples:
    """Return a sound without the quiet at its ends. ``threshold`` is in dB below its peak, the rest in seconds."""
    if not len(samples):
        return samples
    loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max() * 10 ** (threshold / 20))
    if not len(loud):
        return samples[:0]
    first = max(0, int(loud[0]) - round(before * rate))
    last = min(len(samples), int(loud[-1]) + 1 + round(after * rate))
    return samples[first:last]
