"""Voice changes in finished speech: pitch, and whisper. Pure numpy and soxr.

Used by the worker processes of the natural voices for styles that the engines do not have. Both changes keep the
envelope of the spectrum, which tells vowels apart.
"""

import numpy as np
import soxr
from numpy.typing import NDArray

from bot.audio.loudness import Samples

_FRAME = 0.04
"""Seconds of a frame of analysis."""
_OVERLAP = 4
_SMOOTH = 0.0016
"""Seconds of the cepstrum: below is the envelope, above the voice."""
_FLOOR = 1e-5
_BREATH = 400.0
"""Hertz below which a whisper has little."""
_SEED = 1


def _frames(samples: Samples, size: int) -> NDArray[np.float32]:
    """Return windowed frames."""
    hop = size // _OVERLAP
    padded = np.pad(samples, (size, size + hop))
    count = 1 + (len(padded) - size) // hop
    at = np.arange(size) + hop * np.arange(count)[:, None]
    windowed: NDArray[np.float32] = padded[at] * np.hanning(size).astype(np.float32)
    return windowed


def _joined(frames: NDArray[np.float32], length: int) -> Samples:
    """Return frames added up with overlap."""
    size = frames.shape[1]
    hop = size // _OVERLAP
    window = np.hanning(size).astype(np.float32)
    sound = np.zeros(hop * (len(frames) - 1) + size, np.float32)
    weight = np.zeros_like(sound)
    for number, frame in enumerate(frames):
        start = number * hop
        sound[start : start + size] += frame * window
        weight[start : start + size] += window**2
    return (sound / np.maximum(weight, 1e-3))[size : size + length].astype(np.float32)


def _envelopes(magnitudes: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return the smooth part of each spectrum, without the harmonics of the voice."""
    logarithm = np.log(np.maximum(magnitudes, _FLOOR))
    cepstrum = np.fft.irfft(logarithm, axis=1)
    keep = max(8, round(_SMOOTH * rate))
    cepstrum[:, keep : cepstrum.shape[1] - keep + 1] = 0.0
    smooth = np.fft.rfft(cepstrum, axis=1).real
    return np.exp(smooth).astype(np.float32)


def pitched(samples: Samples, rate: int, factor: float) -> Samples:
    """Return a voice with its pitch multiplied by a factor; shorter by that factor, with the same vowels."""
    if abs(factor - 1) < 0.005 or not len(samples):
        return samples
    moved = np.asarray(soxr.resample(samples, rate * factor, rate), np.float32)
    size = 2 * round(_FRAME * rate / 2)
    spectra = np.fft.rfft(_frames(moved, size), axis=1)
    envelopes = _envelopes(np.abs(spectra).astype(np.float32), rate)
    # The envelope moved with the voice: what was at f is now at f / factor. Move it back.
    bins = np.arange(envelopes.shape[1])
    places = np.minimum(bins * factor, bins[-1])
    low = places.astype(int)
    high = np.minimum(low + 1, bins[-1])
    part = (places - low).astype(np.float32)
    wanted = envelopes[:, low] * (1 - part) + envelopes[:, high] * part
    gains = np.clip(wanted / np.maximum(envelopes, _FLOOR), 0.1, 10.0)
    return _joined(np.fft.irfft(spectra * gains, size, axis=1).astype(np.float32), len(moved))


def whispered(samples: Samples, rate: int) -> Samples:
    """Return whispered speech: noise shaped by the spectral envelope of each moment."""
    if not len(samples):
        return samples
    size = 2 * round(_FRAME * rate / 4)
    spectra = np.fft.rfft(_frames(samples, size), axis=1)
    envelopes = _envelopes(np.abs(spectra).astype(np.float32), rate)
    frequencies = np.fft.rfftfreq(size, 1 / rate)
    # The glottis no longer adds its weight to the low frequencies.
    tilt = (frequencies / (frequencies + _BREATH)) ** 1.5
    noise = np.random.default_rng(_SEED).standard_normal(len(samples)).astype(np.float32)
    breath = np.fft.rfft(_frames(noise, size), axis=1)
    shaped = breath * (envelopes * tilt / np.sqrt(size / 4))
    return _joined(np.fft.irfft(shaped, size, axis=1).astype(np.float32), len(samples))
