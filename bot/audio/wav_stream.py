"""The sound of WAV files while they are still on their way. Called by providers whose engines send such files.

Engines that speak sentence by sentence often send a file for each, one after the other in one body: all of them are
heard. Headers are read past chunks of any kind, and sizes in them are hints, as in ``wav.py``.
"""

import re
import struct

from bot.audio.pcm import Pcm, to_mono
from bot.audio.wav import RIFF, Layout, chunks_follow, layout_of
from bot.errors import AudioError

_MAX_HEAD = 2**20
"""Bytes before the samples: a broadcaster's file may hold 70 KB of history there, a musician's a picture."""
_MAX_CHUNKS = 200
_MAX_AFTER = 128 * 2**10
"""Bytes after the declared end that may turn out to be chunks; beyond it they are taken for samples."""
_FMT = 40
"""Bytes of a ``fmt`` chunk that say anything."""
_MAX_DECLARED = 0x7FFF_0000
"""A size from here on is a streaming writer's way to say that it does not know."""
_SIGNATURE = 12
"""Bytes that tell the beginning of a file: ``RIFF``, a size, ``WAVE``."""
_FILE = re.compile(rb"(?:RIFF|RF64|BW64)[\x00-\xff]{4}WAVE")


class WavStream:
    """Takes bytes in pieces of any size, gives sound. Raises AudioError as ``decode_wav`` does."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._step = self._begin
        """Takes what it can use from the buffer; False: it needs more."""
        self._layout: Layout | None = None
        self._chunks = 0
        self._head = 0
        """Bytes of the header so far."""
        self._skip = 0
        self._long_size: int | None = None
        """Bytes of samples by the ``ds64`` chunk of a file of more than 4 GB."""
        self._left: int | None = None
        """Bytes of samples that the header says are still to come; None if it does not say."""
        self._pad = 0
        self._out: list[Pcm] = []

    def feed(self, piece: bytes) -> list[Pcm]:
        """Return the sound that is ready."""
        self._buffer += piece
        while self._step():
            pass
        out, self._out = self._out, []
        return out

    def finish(self) -> list[Pcm]:
        """Return what is left when nothing more comes. Half a frame at the very end is dropped."""
        if self._step == self._after:
            self._end_after(bytes(self._buffer))
        elif self._step == self._samples:
            self._take_samples(len(self._buffer))
        elif self._step == self._begin:
            raise AudioError("audio.empty" if not self._buffer else "audio.not_wav")
        else:
            raise AudioError("audio.broken")
        out, self._out = self._out, []
        return out

    def _begin(self) -> bool:
        """Read ``RIFF size WAVE``."""
        if len(self._buffer) < _SIGNATURE:
            if not any(riff.startswith(self._buffer[:4]) for riff in RIFF):
                raise AudioError("audio.not_wav")
            return False
        if self._buffer[:4] not in RIFF or self._buffer[8:12] != b"WAVE":
            raise AudioError("audio.not_wav")
        del self._buffer[:_SIGNATURE]
        self._layout, self._long_size, self._chunks, self._head = None, None, 0, 0
        self._step = self._chunk
        return True

    def _chunk(self) -> bool:
        """Read the head of a chunk, and of those that matter the content."""
        if len(self._buffer) < 8:
            return False
        name, size = struct.unpack_from("<4sI", self._buffer)
        if name == b"data":
            return self._begin_samples(size)
        wanted = min(size, _FMT) if name in {b"fmt ", b"ds64"} else 0
        if len(self._buffer) < 8 + wanted:
            return False
        content = bytes(self._buffer[8 : 8 + wanted])
        if name == b"fmt ":
            self._layout = layout_of(content)
        elif name == b"ds64" and len(content) >= 16:
            (self._long_size,) = struct.unpack_from("<Q", content, 8)
        del self._buffer[: 8 + wanted]
        self._skip = size - wanted + (size & 1)
        self._chunks += 1
        self._head += 8 + size
        if self._chunks > _MAX_CHUNKS or self._head > _MAX_HEAD:
            raise AudioError("audio.broken")
        self._step = self._skipped
        return True

    def _skipped(self) -> bool:
        """Drop the rest of a chunk."""
        dropped = min(self._skip, len(self._buffer))
        del self._buffer[:dropped]
        self._skip -= dropped
        if self._skip:
            return False
        self._step = self._chunk
        return True

    def _begin_samples(self, size: int) -> bool:
        if self._layout is None:
            raise AudioError("audio.broken")
        if size == 0xFFFFFFFF and self._long_size is not None:
            size = self._long_size
        self._left = size if 0 < size < _MAX_DECLARED else None
        self._pad = size & 1
        del self._buffer[:8]
        self._step = self._samples
        return True

    def _samples(self) -> bool:
        """Give out samples up to their declared end, or to the beginning of another file."""
        at, is_certain = self._next_file()
        if self._left is not None and at >= self._left:
            self._take_samples(self._left, whole=True)
            self._step = self._after
            return True
        self._take_samples(at, whole=is_certain)
        if is_certain:
            self._step = self._begin
        return is_certain

    def _next_file(self) -> tuple[int, bool]:
        """Return up to where the buffer holds no beginning of a file, and whether one is there.

        Eight fixed bytes at their places are no samples. At the end, what may be the first of them is kept back.
        """
        if found := _FILE.search(self._buffer):
            return found.start(), True
        end = len(self._buffer)
        for at in range(max(0, end - _SIGNATURE + 1), end):
            if any(riff.startswith(self._buffer[at : at + 4]) for riff in RIFF):
                return at, False
        return end, False

    def _take_samples(self, size: int, *, whole: bool = False) -> None:
        """Convert whole frames of the next ``size`` bytes; ``whole``: nothing belonging to the last one will come."""
        assert self._layout is not None
        usable = size - size % self._layout.frame_bytes
        if usable:
            with memoryview(self._buffer) as view:
                self._out.append(Pcm(to_mono(view[:usable], self._layout), self._layout.rate))
        used = size if whole else usable
        del self._buffer[:used]
        if self._left is not None:
            self._left -= used

    def _after(self) -> bool:
        """Find out what follows the declared end: another file, chunks, or samples that the header did not count."""
        at, is_file = self._next_file()
        if is_file:
            after = bytes(self._buffer[:at])
            rest = self._buffer[at:]
            self._end_after(after)
            self._buffer = rest
            self._step = self._begin
            return True
        head = self._buffer[self._pad : self._pad + 4]
        if len(head) < 4:
            return False
        if all(0x20 <= byte < 0x7F for byte in head) and len(self._buffer) <= _MAX_AFTER:
            return False
        self._left = None
        self._step = self._samples
        return True

    def _end_after(self, after: bytes) -> None:
        """Take what follows the declared end for samples, unless it is chunks whose sizes add up."""
        if not chunks_follow(after, self._pad):
            self._buffer = bytearray(after)
            self._take_samples(len(after))
