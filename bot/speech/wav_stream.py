"""The sound of a WAV file while the file is still on its way. Called by providers whose engines stream such files.

Only plain samples (16 bit, one channel) can be handed on at once; other layouts are decoded when the file is whole.
"""

import struct

from bot.audio.pcm import Pcm, decode_wav
from bot.audio.wav import Layout, locate
from bot.errors import AudioError

_MAX_HEAD = 64 * 2**10
"""Bytes before the samples: more than any writer puts there."""
_TELLING = 12
"""Bytes that tell a WAV file from anything else."""
_MAX_DECLARED = 2**31
"""A size from here on is a streaming writer's way to say that it does not know."""


class WavStream:
    """Takes a file in pieces, gives whole samples. Raises AudioError as ``decode_wav`` does."""

    def __init__(self) -> None:
        self._head = bytearray()
        """All so far while the samples' place is not known, or while they are not plain."""
        self._layout: Layout | None = None
        self._left: int | None = None
        """Bytes that the header says are still to come; None where it does not say."""
        self._odd = b""
        self._after = bytearray()
        """What follows the declared end: other chunks, or samples that the header did not count."""

    @property
    def rate(self) -> int:
        """Hertz; 0 until the header is there."""
        return self._layout.rate if self._layout else 0

    def feed(self, piece: bytes) -> bytes:
        """Samples that are ready: s16le, one channel, at ``rate``."""
        if self._layout and self._layout.is_plain:
            return self._samples(piece)
        self._head += piece
        if self._layout or not self._find():
            return b""
        head, self._head = self._head, bytearray()
        return self._samples(bytes(head))

    def finish(self) -> Pcm | None:
        """What is left when the file is whole; None where all was given out."""
        if self._head or self._layout is None:
            return decode_wav(bytes(self._head))
        if not self._after:
            return None
        # The decoder knows chunks from samples: with a size of 0 declared it looks at what follows.
        rate = self._layout.rate
        fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
        try:
            return decode_wav(b"RIFF\0\0\0\0WAVE" + fmt + b"data\0\0\0\0" + bytes(self._after))
        except AudioError:
            return None

    def _find(self) -> bool:
        """Look for the samples; when they are plain, drop what stands before them. False: wait for more."""
        head = bytes(self._head)
        if len(head) < _TELLING:
            return False
        try:
            self._layout, start, _ = locate(head)
        except AudioError as error:
            if error.code == "audio.not_wav" or len(head) > _MAX_HEAD:
                raise
            return False
        if not self._layout.is_plain:
            return False
        declared = int.from_bytes(head[start - 4 : start], "little")
        self._left = declared if 0 < declared < _MAX_DECLARED else None
        del self._head[:start]
        return True

    def _samples(self, piece: bytes) -> bytes:
        if self._left is not None:
            self._after += piece[self._left :]
            piece = piece[: self._left]
            self._left -= len(piece)
        piece = self._odd + piece
        even = len(piece) & ~1
        self._odd = piece[even:]
        return piece[:even]
