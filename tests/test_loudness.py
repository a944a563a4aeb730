"""Loudness as ITU-R BS.1770-4 measures it, peaks between samples, and voices changed with their vowels kept."""

import math

import numpy as np
import pytest

from bot.audio.loudness import MOST_PEAK, Samples, levelled, loudness, trimmed, true_peak
from bot.audio.voicing import pitched, whispered

RATE = 24_000


def tone(hertz: float, level: float = 1.0, seconds: float = 3.0, phase: float = 0.0) -> Samples:
    at = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * math.pi * hertz * at + phase)).astype(np.float32)


def vowel(pitch: float, *formants: float, seconds: float = 1.0) -> Samples:
    """Return harmonics of a pitch, strong near the formants."""
    harmonics = np.arange(pitch, RATE / 2.2, pitch)
    weights = sum((1 / (1 + ((harmonics - formant) / 120) ** 2) for formant in formants), np.zeros(len(harmonics)))
    at = np.arange(round(seconds * RATE)) / RATE
    sound: Samples = (0.1 * (weights[:, None] * np.sin(2 * math.pi * harmonics[:, None] * at)).sum(0)).astype(
        np.float32
    )
    return sound


def pitch_of(sound: Samples) -> float:
    """Return the strongest period in the middle, in hertz, and 0 if there is none."""
    middle = sound[len(sound) // 2 - 2400 : len(sound) // 2 + 2400].astype(float)
    power = np.abs(np.fft.rfft(middle - middle.mean(), 9600)) ** 2
    correlation = np.fft.irfft(power)[:4800]
    lag = 60 + int(np.argmax(correlation[60:400]))
    return RATE / lag if correlation[lag] > 0.5 * correlation[0] else 0.0


def strongest(sound: Samples, low: float, high: float) -> float:
    """Return the frequency in a band around which there is most sound, harmonics smoothed."""
    spectrum = np.abs(np.fft.rfft(sound[2000:14_000] * np.hanning(12_000)))
    frequencies = np.fft.rfftfreq(12_000, 1 / RATE)
    smooth = np.convolve(spectrum, np.hanning(300), "same")
    band = (frequencies > low) & (frequencies < high)
    return float(frequencies[band][np.argmax(smooth[band])])


@pytest.mark.parametrize(
    ("hertz", "level", "lufs"), [(997, 1.0, -3.01), (997, 0.1, -23.01), (100, 0.1, -24.8), (4000, 0.1, -19.7)]
)
def test_tones_have_the_loudness_of_the_standard(hertz: float, level: float, lufs: float) -> None:
    assert loudness(tone(hertz, level), RATE) == pytest.approx(lufs, abs=0.25)


def test_pauses_do_not_count() -> None:
    speech = tone(997, 0.1)
    with_pause = np.concatenate((speech, np.zeros(5 * RATE, np.float32), speech))
    assert loudness(with_pause, RATE) == pytest.approx(loudness(speech, RATE), abs=0.3)
    assert loudness(np.zeros(RATE, np.float32), RATE) == -math.inf
    assert loudness(np.zeros(0, np.float32), RATE) == -math.inf


def test_a_peak_between_two_samples_is_found() -> None:
    sound = tone(RATE / 4, 1.0, phase=math.pi / 4)
    assert np.abs(sound).max() < 0.71
    assert true_peak(sound) == pytest.approx(0.0, abs=0.1)


def test_speech_is_brought_to_a_level_and_no_peak_passes_the_limit() -> None:
    assert loudness(levelled(tone(997, 0.03), RATE), RATE) == pytest.approx(-22, abs=0.1)
    clicks = np.zeros(RATE, np.float32)
    clicks[::4000] = 0.5
    assert true_peak(levelled(clicks, RATE, -10.0)) <= MOST_PEAK + 0.1
    assert not levelled(np.zeros(RATE, np.float32), RATE).any()


def test_quiet_ends_are_cut() -> None:
    quiet = np.full(RATE, 1e-5, np.float32)
    cut = trimmed(np.concatenate((quiet, tone(500, 0.3, 1.0), quiet)), RATE)
    assert len(cut) / RATE == pytest.approx(1.07, abs=0.01)
    assert len(trimmed(np.zeros(RATE, np.float32), RATE)) == 0


@pytest.mark.parametrize("factor", [0.8, 1.15, 1.3])
def test_a_raised_voice_keeps_its_vowel(factor: float) -> None:
    sound = vowel(120, 700, 1800)
    changed = pitched(sound, RATE, factor)
    assert len(changed) == pytest.approx(len(sound) / factor, rel=0.01)
    assert pitch_of(changed) == pytest.approx(120 * factor, rel=0.03)
    for low, formant, high in ((300, 700, 1200), (1300, 1800, 2500)):
        assert strongest(changed, low, high) == pytest.approx(formant, rel=0.12)


def test_a_whisper_has_the_vowel_and_no_voice() -> None:
    sound = vowel(120, 700, 1800)
    changed = whispered(sound, RATE)
    assert len(changed) == len(sound)
    assert pitch_of(sound)
    assert not pitch_of(changed)
    assert strongest(changed, 1300, 2500) == pytest.approx(1800, rel=0.12)
