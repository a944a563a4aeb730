"""Streaming decoders: WAV, and compressed sound (mp3, AAC, FLAC, Ogg Opus) by PyAV."""

import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import av
import numpy as np

from bot.audio.pcm import RIFF, Layout, Pcm, chunks_follow, layout_of, to_int16, to_mono
from bot.errors import AudioError

_MAX_HEAD = 2**20
"""Bytes before the samples: broadcast files may hold 70 KB of history there, music files a picture."""
_MAX_CHUNKS = 200
_MAX_AFTER = 128 * 2**10
"""Bytes after the declared end that may turn out to be chunks; longer ones are treated as samples."""
_FMT = 40
"""Bytes of a ``fmt`` chunk that matter."""
_MAX_DECLARED = 0x7FFF_0000
"""Declared sizes from here on mean that a streaming writer does not know the size."""
_SIGNATURE = 12
"""Bytes that identify the beginning of a file: ``RIFF``, a size, ``WAVE``."""
_FILE = re.compile(rb"(?:RIFF|RF64|BW64)[\x00-\xff]{4}WAVE")


class WavStream:
    """Takes bytes in pieces of any size, returns sound. Raises AudioError as ``decode_wav`` does."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._step = self._begin
        """Consumes what it can from the buffer; False: it needs more."""
        self._layout: Layout | None = None
        self._chunks = 0
        self._head = 0
        """Bytes of the header so far."""
        self._skip = 0
        self._long_size: int | None = None
        """Bytes of samples by the ``ds64`` chunk of a file of more than 4 GB."""
        self._left: int | None = None
        """Bytes of samples still to come by the header; None if it does not say."""
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
        """Return the rest at the end of input. Half a frame at the very end is dropped."""
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
        """Read the head of a chunk, and the content of relevant ones."""
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
        """Return samples up to their declared end, or to the beginning of another file."""
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
        """Return the offset up to which the buffer holds no new file, and whether one begins there.

        Eight fixed bytes at their positions cannot be samples. A possible beginning of them at the end is kept back.
        """
        if found := _FILE.search(self._buffer):
            return found.start(), True
        end = len(self._buffer)
        for at in range(max(0, end - _SIGNATURE + 1), end):
            if any(riff.startswith(self._buffer[at : at + 4]) for riff in RIFF):
                return at, False
        return end, False

    def _take_samples(self, size: int, *, whole: bool = False) -> None:
        """Convert whole frames of the next ``size`` bytes; ``whole``: the last one is complete."""
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
        """Determine what follows the declared end: another file, chunks, or samples missing from the header."""
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
        """Treat what follows the declared end as samples, unless it is chunks whose sizes add up."""
        if not chunks_follow(after, self._pad):
            self._buffer = bytearray(after)
            self._take_samples(len(after))


if TYPE_CHECKING:
    Packet = av.Packet[Any]
    from av.audio.codeccontext import AudioCodecContext

Codec = Literal["mp3", "aac", "flac", "opus"]
SLICE = 4096
"""Bytes to feed at a time: as FLAC they may hold 300 frames, 40 MB of samples."""
_BAD_PACKETS = 50
"""More damaged packets mean that it is no recording."""
_TABLE = re.compile(rb"\A[\x00-\xff]{0,40}(?:Xing|Info|VBRI)")
"""The first frame of many mp3 files: an index, which would decode to silence."""
_PAGE = struct.Struct("<4sBBqIIIB")
_FIRST, _LAST = 2, 4
_MAX_PACKET = 2**20
"""Bytes. Audio needs 60 KB at most; tags may hold a picture."""
_ID3 = 10


def _mono(frame: av.AudioFrame) -> Pcm:
    """Return a decoded frame as one channel."""
    values = frame.to_ndarray()
    values = values.T if frame.format.is_planar else values.reshape(-1, frame.layout.nb_channels)
    if values.dtype.kind == "f":
        samples = np.clip(np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
    else:
        full = {1: 128.0, 2: 32768.0, 4: 2147483648.0}[values.dtype.itemsize]
        samples = values.astype(np.float32) / np.float32(full) - (values.dtype.kind == "u")
    return Pcm(to_int16(samples.mean(axis=1)), frame.sample_rate)


class _Decoder:
    """Decodes packets to sound. Damaged packets are skipped; too many of them are an AudioError."""

    def __init__(self, codec: Codec, head: bytes = b"") -> None:
        self._context: AudioCodecContext = av.CodecContext.create(codec, "r")
        if head:
            self._context.extradata = head
        self._bad = 0

    def parse(self, data: bytes) -> list["Packet"]:
        """Return the packets completed by these bytes."""
        return self._context.parse(data)

    def decode(self, packet: "Packet | None") -> Iterator[Pcm]:
        """Yield the sound of a packet, or the rest."""
        try:
            for frame in self._context.decode(packet):
                yield _mono(frame)
        except av.EOFError:
            return
        except av.FFmpegError:
            self._bad += 1
            if self._bad > _BAD_PACKETS:
                raise AudioError("audio.broken") from None
        except ValueError:  # raised by PyAV for a head that no decoder accepts
            raise AudioError("audio.broken") from None


class _Frames:
    """mp3, AAC in ADTS frames, FLAC: bytes that a parser splits into packets."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._decoder = _Decoder(codec)
        self._head = bytearray()
        self._skip = -1
        """Bytes of a leading ID3 tag to drop; -1 until that is known."""

    def feed(self, data: bytes) -> Iterator[Pcm]:
        """Yield what these bytes complete."""
        if self._skip < 0:
            self._head += data
            if len(self._head) < _ID3:
                return
            self._skip = _id3_length(self._head)
            data = bytes(self._head)
            self._head.clear()
        dropped = min(self._skip, len(data))
        self._skip -= dropped
        yield from self._run(data[dropped:])

    def finish(self) -> Iterator[Pcm]:
        """Yield the rest."""
        yield from self._run(bytes(self._head))
        while packets := self._decoder.parse(b""):
            for packet in packets:
                yield from self._decoder.decode(packet)
        yield from self._decoder.decode(None)

    def _run(self, data: bytes) -> Iterator[Pcm]:
        for packet in self._decoder.parse(data) if data else ():
            if self._codec != "mp3" or not _TABLE.match(bytes(packet)[:64]):
                yield from self._decoder.decode(packet)


class _OggOpus:
    """Ogg pages with Opus; several concatenated files are one sound."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._packet = bytearray()
        self._decoder: _Decoder | None = None
        self._headers = 0
        """Header packets read: two come before the sound."""
        self._skip = 0
        """Samples at 48 kHz still to be dropped at the start."""
        self._given = 0
        """Samples at 48 kHz returned."""
        self._pre_skip = 0

    def feed(self, data: bytes) -> Iterator[Pcm]:
        """Yield the sound of the pages completed by these bytes."""
        self._buffer += data
        while (page := self._next_page()) is not None:
            flags, granule, packets = page
            if flags & _FIRST:
                self._headers, self._decoder = 0, None
            last = granule - self._pre_skip if flags & _LAST and granule > 0 and self._decoder else None
            for packet in packets:
                yield from self._take(packet, last)

    def finish(self) -> Iterator[Pcm]:
        """Yield the rest; an incomplete page is dropped."""
        yield from ()

    def _next_page(self) -> tuple[int, int, list[bytes]] | None:
        if len(self._buffer) < _PAGE.size:
            return None
        magic, version, flags, granule, _, _, _, count = _PAGE.unpack_from(self._buffer)
        if magic != b"OggS" or version:
            raise AudioError("audio.broken")
        start = _PAGE.size + count
        lengths = self._buffer[_PAGE.size : start]
        end = start + sum(lengths)
        if len(lengths) < count or len(self._buffer) < end:
            return None
        packets = []
        for length in lengths:
            self._packet += self._buffer[start : start + length]
            start += length
            if len(self._packet) > _MAX_PACKET:
                raise AudioError("audio.broken")
            if length < 255:
                packets.append(bytes(self._packet))
                self._packet.clear()
        del self._buffer[:end]
        return flags, granule, packets

    def _take(self, packet: bytes, last: int | None) -> Iterator[Pcm]:
        self._headers += 1
        if self._headers == 1:
            if packet[:8] != b"OpusHead" or len(packet) < 19:
                raise AudioError("audio.unsupported")
            self._pre_skip = self._skip = int.from_bytes(packet[10:12], "little")
            self._given = 0
            self._decoder = _Decoder("opus", packet)
        if self._headers < 3 or self._decoder is None or not packet:
            return
        for pcm in self._decoder.decode(av.Packet(packet)):
            dropped = min(self._skip, len(pcm.samples) // 2)
            self._skip -= dropped
            kept = pcm.samples[2 * dropped :]
            if last is not None:
                kept = kept[: max(0, 2 * (last - self._given))]
            self._given += len(kept) // 2
            yield Pcm(kept, pcm.rate)


class CompressedStream:
    """Takes bytes in pieces of at most ``SLICE`` and returns at most ``longest`` seconds of sound.

    Raises AudioError: ``audio.broken``, ``audio.unsupported``, ``audio.too_long``.
    """

    def __init__(self, codec: Codec, longest: float) -> None:
        self._reader = _OggOpus() if codec == "opus" else _Frames(codec)
        self._longest = longest
        self._seconds = 0.0

    def feed(self, piece: bytes) -> list[Pcm]:
        """Return the sound that is ready. CPU work."""
        return list(self._counted(self._reader.feed(piece)))

    def finish(self) -> list[Pcm]:
        """Return the rest at the end of input. CPU work."""
        return list(self._counted(self._reader.finish()))

    def _counted(self, parts: Iterator[Pcm]) -> Iterator[Pcm]:
        for pcm in parts:
            self._seconds += pcm.seconds
            if self._seconds > self._longest:
                raise AudioError("audio.too_long", limit=self._longest)
            if pcm.samples:
                yield pcm


def _id3_length(head: bytes | bytearray) -> int:
    """Return the length of the ID3 tag before the sound in bytes, 0 if there is none."""
    if head[:3] != b"ID3" or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte
    return _ID3 + size + (_ID3 if head[5] & 0x10 else 0)


def codec_of(head: bytes) -> Codec | None:
    """Return the codec identified by the first bytes (12 suffice); None for anything else."""
    if head[:4] == b"OggS":
        return "opus"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:3] == b"ID3":
        return "mp3"
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac"
    # Eleven bits of synchronization; layer III; an existing version, bit rate and sample rate.
    layer, version = head[1] & 0x06, head[1] & 0x18
    is_mp3 = head[1] & 0xE0 == 0xE0 and layer == 0x02 and version != 0x08 and head[2] & 0xF0 != 0xF0
    return "mp3" if is_mp3 and head[2] & 0x0C != 0x0C else None
