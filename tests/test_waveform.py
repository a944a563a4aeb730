"""The sketch shows the sound: right number of points, right heights, whatever the chunks."""

import random

import numpy as np
import pytest

from bot.audio.opus import Sketch

BLOCK = 2400


def sketch(samples: bytes, steps: random.Random | None = None) -> bytes:
    drawing, at = Sketch(), 0
    while at < len(samples):
        step = steps.choice((1, 3, 4799, 4800, 9601)) if steps else len(samples)
        drawing.feed(samples[at : at + step])
        at += step
    return drawing.finish()


def s16(values: np.ndarray) -> bytes:
    return bytes(values.astype("<i2"))


@pytest.mark.parametrize(
    ("samples", "points"),
    [(0, 1), (1, 1), (2400, 1), (2401, 2), (24_000, 10), (256 * BLOCK, 256), (256 * BLOCK + 1, 256)],
)
def test_number_of_points(samples: int, points: int) -> None:
    assert len(sketch(bytes(2 * samples))) == points


def test_heights_are_the_peaks_of_either_sign() -> None:
    values = np.zeros(5 * BLOCK)
    values[[10, BLOCK + 10, 2 * BLOCK + 10, 3 * BLOCK + 10]] = [32767, -32768, -16384, 128]
    assert list(sketch(s16(values))) == [254, 255, 127, 0, 0]


def test_chunks_change_nothing() -> None:
    sound = s16(np.random.default_rng(2).integers(-32768, 32767, 30_011))
    whole = sketch(sound)
    assert all(sketch(sound, random.Random(seed)) == whole for seed in range(4))


@pytest.mark.parametrize("blocks", [257, 300, 511, 512, 513, 1000, 3600])
def test_long_sounds_are_folded_evenly(blocks: int) -> None:
    """A ramp stays a ramp from end to end: no point stands for much more time than another."""
    ramp = np.linspace(0, 32767, blocks)
    points = np.frombuffer(sketch(s16(np.repeat(ramp, BLOCK))), np.uint8).astype(int)
    assert len(points) == 256
    expected = 255 * np.arange(1, 257) / 256
    assert np.abs(points - expected).max() <= 2


def test_one_peak_is_never_lost() -> None:
    for place in range(0, 700 * BLOCK, 99_991):
        values = np.zeros(700 * BLOCK)
        values[place] = -32768
        points = sketch(s16(values))
        assert max(points) == 255
        assert abs(points.index(255) / 256 - place / len(values)) < 0.01
