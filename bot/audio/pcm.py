"""Sound as samples."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pcm:
    """Signed 16-bit little-endian samples, one channel."""

    samples: bytes
    """Two bytes each."""
    rate: int
    """Hertz."""

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.samples) / 2 / self.rate
