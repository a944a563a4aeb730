"""The sketch of a sound that a chat draws beside a voice message. Fed by ``bot/audio/clip.py``.

Discord takes at most 256 points of one byte and looks at most once per 100 ms, so that is the grain.
"""

import numpy as np
from numpy.typing import NDArray

from bot.model import SAMPLE_RATE

MAX_POINTS = 256
_BLOCK = SAMPLE_RATE // 10
"""Samples in 100 ms."""


def _peak(block: NDArray[np.int16]) -> NDArray[np.int32]:
    """The largest distance from zero in each row."""
    top = block.max(axis=-1).astype(np.int32)
    peak: NDArray[np.int32] = np.maximum(top, -block.min(axis=-1).astype(np.int32))
    return peak


class Sketch:
    """Peaks of 24 kHz s16le samples, taken as they arrive. Not thread-safe. 20 bytes of memory per second."""

    def __init__(self) -> None:
        self._rest = b""
        self._peaks: list[int] = []

    def feed(self, samples: bytes) -> None:
        """Any number of bytes."""
        samples = self._rest + samples if self._rest else samples
        blocks = len(samples) // (2 * _BLOCK)
        self._rest = samples[blocks * 2 * _BLOCK :]
        if blocks:
            self._peaks += _peak(np.frombuffer(samples, "<i2", blocks * _BLOCK).reshape(blocks, _BLOCK)).tolist()

    def finish(self) -> bytes:
        """1 to 256 points from 0 (silence) to 255 (full scale), linear, evenly over the length."""
        if len(self._rest) >= 2:
            self._peaks.append(int(_peak(np.frombuffer(self._rest, "<i2", len(self._rest) // 2))))
            self._rest = b""
        peaks = np.asarray(self._peaks or [0])
        points = min(len(peaks), MAX_POINTS)
        folded = np.maximum.reduceat(peaks, np.arange(points) * len(peaks) // points)
        return bytes((folded * 255 // 32768).astype(np.uint8))
