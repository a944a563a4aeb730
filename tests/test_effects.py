"""Properties every effect keeps, and what each is for."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bot.audio.effects import gain, join, level, loudness, silence, trim
from bot.audio.pcm import Pcm
from bot.errors import AudioError

RATES = st.sampled_from([8_000, 22_050, 24_000, 48_000])
SOUNDS = st.builds(
    lambda values, rate: Pcm(bytes(values.astype("<i2")), rate),
    arrays(np.int16, st.integers(0, 4_000)),
    RATES,
)


def values(pcm: Pcm) -> np.ndarray:
    return np.frombuffer(pcm.samples, "<i2").astype(int)


def tone(seconds: float, loud: float, rate: int = 24_000) -> Pcm:
    wave = np.sin(2 * np.pi * 200 * np.arange(round(seconds * rate)) / rate) * loud * 32767
    return Pcm(bytes(wave.astype("<i2")), rate)


@pytest.mark.parametrize("effect", [trim, loudness])
@given(pcm=SOUNDS)
@settings(max_examples=60, deadline=None)
def test_every_effect_keeps_the_format_and_wraps_nothing(effect: Callable[[Pcm], Pcm], pcm: Pcm) -> None:
    after = effect(pcm)
    assert after.rate == pcm.rate
    assert len(after.samples) % 2 == 0
    assert len(after.samples) <= len(pcm.samples)
    if len(after.samples) == len(pcm.samples):
        # A sample that wrapped would have changed its sign.
        assert np.all(values(after) * values(pcm) >= 0)


@pytest.mark.parametrize("effect", [trim, loudness])
@pytest.mark.parametrize("samples", [0, 1, 5, 24_000])
def test_silence_stays_silence(effect: Callable[[Pcm], Pcm], samples: int) -> None:
    after = effect(silence(samples / 24_000, 24_000))
    assert after == silence(samples / 24_000, 24_000)


@given(pcm=SOUNDS, decibels=st.floats(-40, 40))
@settings(max_examples=60, deadline=None)
def test_gain_scales_and_clips(pcm: Pcm, decibels: float) -> None:
    expected = np.clip(values(pcm) * 10 ** (decibels / 20), -32768, 32767)
    assert np.abs(values(gain(pcm, decibels)) - expected).max(initial=0) <= 1


def test_join_puts_gaps_between() -> None:
    one, two = tone(0.1, 0.5), tone(0.2, 0.3)
    joined = join([one, two], [0.05, 0.01])
    assert joined.samples == one.samples + bytes(2400) + two.samples + bytes(480)
    assert join([one, two]).samples == one.samples + two.samples
    assert join([one]) == one


def test_join_refuses_mixed_rates() -> None:
    with pytest.raises(AudioError, match="mixed_rates"):
        join([tone(0.1, 0.5), tone(0.1, 0.5, 8_000)])


@pytest.mark.parametrize("rate", [8_000, 22_050, 24_000])
def test_trim_takes_the_quiet_ends_only(rate: int) -> None:
    inner = join([tone(0.3, 0.5, rate), tone(0.3, 0.5, rate)], [0.5])
    hiss = Pcm(bytes(np.random.default_rng(1).integers(-20, 20, rate).astype("<i2")), rate)
    trimmed = trim(join([hiss, inner, hiss]))
    assert inner.samples in trimmed.samples
    assert inner.seconds + 0.09 < trimmed.seconds < inner.seconds + 0.13


def test_trim_keeps_what_is_loud_to_the_ends() -> None:
    assert trim(tone(0.5, 0.5)) == tone(0.5, 0.5)


@pytest.mark.parametrize("loud", [0.03, 0.1, 0.3, 1.0])
def test_loudness_reaches_its_target_despite_pauses(loud: float) -> None:
    sound = join([tone(0.5, loud), tone(0.5, loud)], [2.0, 3.0])
    assert level(loudness(sound, -20.0)) == pytest.approx(-20.0, abs=0.2)


def test_loudness_lets_no_peak_pass() -> None:
    sound = values(tone(1.0, 0.05))
    sound[12_000] = 20_000
    louder = loudness(Pcm(bytes(sound.astype("<i2")), 24_000), -14.0)
    assert np.abs(values(louder)).max() <= math.ceil(32768 * 10 ** (-1 / 20))
    assert level(louder) < -14.0


def test_loudness_does_not_pump_up_noise() -> None:
    hiss = tone(1.0, 0.003)
    assert level(loudness(hiss, -20.0)) == pytest.approx(level(hiss) + 20.0, abs=0.3)


def test_pauses_do_not_count_even_when_they_hiss() -> None:
    hiss = Pcm(bytes(np.random.default_rng(1).normal(0, 100, 96_000).astype("<i2")), 24_000)
    assert level(join([tone(1.0, 0.5), hiss])) == pytest.approx(level(tone(1.0, 0.5)), abs=0.1)


def test_level_of_a_tone_and_of_nothing() -> None:
    assert level(tone(1.0, 1.0)) == pytest.approx(-3.01, abs=0.05)
    assert level(silence(1.0, 24_000)) == -math.inf
    assert level(silence(0, 24_000)) == -math.inf
