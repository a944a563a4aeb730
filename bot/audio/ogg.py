"""Clips as Ogg Opus files (RFC 3533, RFC 7845): written, read back, split.

Called by sinks, the clip cache and front ends.

An Ogg file is a row of **pages**. A page is a header, a table of lengths, and the packets themselves:

====== ===== ==================================================================================================
offset bytes meaning
====== ===== ==================================================================================================
0      4     ``OggS``
4      1     version, 0
5      1     flags: 1 starts in the middle of a packet, 2 first page, 4 last page
6      8     granule: position of the sound at the end of this page, in samples at 48 kHz, pre-skip included;
             -1 where no packet ends here
14     4     serial number of the stream
18     4     page number, from 0
22     4     CRC of the whole page with these four bytes at zero
26     1     how many lengths follow
27     n     lengths: a packet of 600 bytes is 255, 255, 90; one of 255 is 255, 0; below 255 ends a packet
====== ===== ==================================================================================================

The first page holds the packet ``OpusHead``, the second ``OpusTags``, then comes the sound, a second to a page.
A player drops ``pre_skip`` samples at the start, and whatever lies beyond the last page's granule. So a sound
need not be a multiple of 20 ms long to come out exactly.

The CRC runs from the highest bit down, zlib's from the lowest up, otherwise the polynomial is the same. So: mirror
the bits of every byte, let zlib run (its start value undone), mirror the result.
"""

import base64
import binascii
import struct
import zlib
from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise
from types import MappingProxyType

from bot.audio.opus import PACKET_TICKS
from bot.errors import AudioError
from bot.model import SAMPLE_RATE, Clip

SYNTHETIC_TAGS: Mapping[str, str] = MappingProxyType(
    {"SYNTHETIC": "1", "COMMENT": "Synthetic speech: made by a computer, not recorded from a person."}
)
"""In every file we write, whatever other tags there are: people and programs must be able to recognize synthetic
speech.
"""

_VENDOR = b"Mouthpiece"
_WAVEFORM = "MOUTHPIECE_WAVEFORM"
"""The tag of the waveform sketch, base64, so that a stored file gives back the whole clip."""
_PAGE = struct.Struct("<4sBBqIIIB")
_FIRST, _LAST = 2, 4
_PACKETS_PER_PAGE = 50
_MAX_LENGTHS = 255
_PRE_ROLL = 4
"""Packets (80 ms) before a cut that the next part plays silently, until the decoder has settled (RFC 7845, 4.2)."""
_SHORTEST = 50
"""Packets (1 s). A limit that demands shorter parts is a mistake."""
_SEARCH = 50
"""Packets on either side of a cut among which the smallest is chosen: variable bitrate spends least on pauses."""
_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _crc(page: bytes) -> int:
    mirrored = zlib.crc32(page.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "big").translate(_MIRROR), "little")


def _lengths(size: int) -> bytes:
    return b"\xff" * (size // 255) + bytes((size % 255,))


def _page(body: bytes, lengths: bytes, *, flags: int, granule: int, serial: int, number: int) -> bytes:
    page = bytearray(_PAGE.pack(b"OggS", 0, flags, granule, serial, number, 0, len(lengths)) + lengths + body)
    struct.pack_into("<I", page, 22, _crc(bytes(page)))
    return bytes(page)


def _head(clip: Clip) -> bytes:
    # version 1, one channel, pre-skip, rate of the input (for information), no gain, mapping family 0
    return struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, clip.pre_skip, SAMPLE_RATE, 0, 0)


def _comment(key: str, value: str) -> bytes:
    if not key or "=" in key or not all(" " <= letter <= "}" for letter in key):
        raise ValueError("a tag's name is printable ASCII without '='")
    return key.encode() + b"=" + value.encode(errors="replace")


def _with_length(text: bytes) -> bytes:
    return struct.pack("<I", len(text)) + text


def _tags(clip: Clip, tags: Mapping[str, str]) -> bytes:
    merged = {**tags, **SYNTHETIC_TAGS, _WAVEFORM: base64.b64encode(clip.waveform).decode()}
    comments = [_comment(key, value) for key, value in merged.items()]
    count = struct.pack("<I", len(comments))
    packet = b"OpusTags" + _with_length(_VENDOR) + count + b"".join(map(_with_length, comments))
    if len(_lengths(len(packet))) > _MAX_LENGTHS:
        raise ValueError("the tags do not fit into one page of 64 KB")
    return packet


def _sound_pages(packets: tuple[bytes, ...]) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield body, lengths and number of packets of each page: a second of sound, less if packets are very large."""
    start, lengths = 0, b""
    for index, packet in enumerate(packets):
        added = _lengths(len(packet))
        if index - start == _PACKETS_PER_PAGE or len(lengths) + len(added) > _MAX_LENGTHS:
            yield b"".join(packets[start:index]), lengths, index - start
            start, lengths = index, b""
        lengths += added
    yield b"".join(packets[start:]), lengths, len(packets) - start


def write(clip: Clip, tags: Mapping[str, str]) -> bytes:
    """Return the clip as a file. ``tags`` are comments such as TITLE; SYNTHETIC_TAGS are added and take precedence.

    The same clip and tags give the same bytes. Raises ValueError for a tag's name or size the format cannot hold.
    """
    # Serial numbers need only differ between streams that are chained into one file.
    serial = zlib.crc32(b"".join(clip.packets[:16]))
    head, comments = _head(clip), _tags(clip, tags)
    pages = [
        _page(head, _lengths(len(head)), flags=_FIRST, granule=0, serial=serial, number=0),
        _page(comments, _lengths(len(comments)), flags=0, granule=0, serial=serial, number=1),
    ]
    end = clip.pre_skip + 2 * clip.samples
    done = 0
    for body, lengths, count in _sound_pages(clip.packets):
        done += count
        last = done == len(clip.packets)
        granule = end if last else done * PACKET_TICKS
        flags = _LAST if last else 0
        pages.append(_page(body, lengths, flags=flags, granule=granule, serial=serial, number=len(pages)))
    return b"".join(pages)


def read(data: bytes) -> tuple[Clip, dict[str, str]]:
    """Return the clip in a file of ours, and its tags without the sketch's; ``write`` of both gives the same file.

    Raises AudioError: ``audio.not_ogg`` for anything else, ``audio.broken`` if a page is damaged or missing.
    """
    packets, granule = _packets(data)
    if len(packets) < 3 or packets[0][:8] != b"OpusHead" or packets[1][:8] != b"OpusTags":
        raise AudioError("audio.broken")
    if len(packets[0]) != 19 or packets[0][9] != 1:
        raise AudioError("audio.broken")
    pre_skip = int.from_bytes(packets[0][10:12], "little")
    sound = tuple(packets[2:])
    if not pre_skip <= granule <= len(sound) * PACKET_TICKS:
        raise AudioError("audio.broken")
    tags = _read_tags(packets[1])
    try:
        waveform = base64.b64decode(tags.pop(_WAVEFORM, ""), validate=True)
    except binascii.Error as error:
        raise AudioError("audio.broken") from error
    return Clip(sound, pre_skip, (granule - pre_skip) // 2, waveform or b"\0"), tags


def _packets(data: bytes) -> tuple[list[bytes], int]:
    """Return all packets of one stream, and the granule of its last page."""
    if data[:4] != b"OggS":
        raise AudioError("audio.not_ogg")
    packets: list[bytes] = []
    part = b""
    at = number = flags = granule = 0
    while at < len(data):
        flags, granule, lengths, body = _next_page(data, at, number)
        offset = 0
        for length in lengths:
            part += body[offset : offset + length]
            offset += length
            if length < 255:
                packets.append(part)
                part = b""
        at += _PAGE.size + len(lengths) + len(body)
        number += 1
    if part or not flags & _LAST:
        raise AudioError("audio.broken")
    return packets, granule


def _next_page(data: bytes, at: int, number: int) -> tuple[int, int, bytes, bytes]:
    """Return flags, granule, lengths and body of the page at this offset, verifying checksum and page number."""
    if len(data) - at < _PAGE.size:
        raise AudioError("audio.broken")
    _, _, flags, granule, _, found, crc, count = _PAGE.unpack_from(data, at)
    start = at + _PAGE.size
    lengths = data[start : start + count]
    body = data[start + count : start + count + sum(lengths)]
    whole = data[at : at + 22] + bytes(4) + data[at + 26 : start + count + len(body)]
    if crc != _crc(whole) or found != number or data[at : at + 5] != b"OggS\0":
        raise AudioError("audio.broken")
    return flags, granule, lengths, body


def _read_tags(packet: bytes) -> dict[str, str]:
    """Return the comments by name. Lengths in the packet are checked against its size."""
    tags: dict[str, str] = {}
    try:
        (size,) = struct.unpack_from("<I", packet, 8)
        at = 12 + size
        (count,) = struct.unpack_from("<I", packet, at)
        at += 4
        for _ in range(count):
            (size,) = struct.unpack_from("<I", packet, at)
            comment = packet[at + 4 : at + 4 + size]
            key, _, value = comment.decode().partition("=")
            tags[key] = value
            at += 4 + size
    except (struct.error, UnicodeDecodeError) as error:
        raise AudioError("audio.broken") from error
    return tags


def split(clip: Clip, max_bytes: int, tags: Mapping[str, str] | None = None) -> list[Clip]:
    """Return parts of about equal size whose files, written with these tags, are smaller than ``max_bytes``.

    Their lengths add up to the clip's to the sample; each part after the first begins with 80 ms that its ``pre_skip``
    drops. Cuts fall into pauses if there are any. One part if the clip fits whole. Raises AudioError
    ``audio.too_large`` if parts of a second would still be too large.
    """
    tags = tags or {}
    whole = len(write(clip, tags))
    count = -(-whole // max_bytes)
    while count * _SHORTEST <= max(len(clip.packets), _SHORTEST):
        parts = _cut(clip, count)
        if all(len(write(part, tags)) < max_bytes for part in parts):
            return parts
        count += 1
    raise AudioError("audio.too_large", limit=max_bytes)


def _cut(clip: Clip, count: int) -> list[Clip]:
    edges = [0, *_places(clip.packets, count), len(clip.packets)]
    return [_part(clip, start, end) for start, end in pairwise(edges)]


def _places(packets: tuple[bytes, ...], count: int) -> list[int]:
    """Return the indexes of the packets that start the second and later parts, at least a second apart."""
    filled = list(accumulate(map(len, packets)))
    places: list[int] = []
    for part in range(1, count):
        even = next(index for index, size in enumerate(filled) if size * count >= filled[-1] * part)
        latest = len(packets) - _SHORTEST * (count - part)
        low = min(max(even - _SEARCH, (places[-1] if places else 0) + _SHORTEST), latest)
        nearest = range(low, max(low, min(even + _SEARCH, latest)) + 1)
        places.append(min(nearest, key=lambda index: (len(packets[index]), abs(index - even))))
    return places


def _part(clip: Clip, start: int, end: int) -> Clip:
    """Return the packets from ``start`` to before ``end``, heard exactly from where the previous part stops."""
    if start == 0 and end == len(clip.packets):
        return clip
    pre_roll = min(_PRE_ROLL, start)
    pre_skip = pre_roll * PACKET_TICKS if start else clip.pre_skip
    first = _heard(clip, start)
    last = clip.samples if end == len(clip.packets) else _heard(clip, end)
    return Clip(clip.packets[start - pre_roll : end], pre_skip, last - first, _points(clip, first, last))


def _heard(clip: Clip, packet: int) -> int:
    """Return the samples at 24 kHz heard before this packet."""
    return max(0, packet * PACKET_TICKS - clip.pre_skip) // 2


def _points(clip: Clip, first: int, last: int) -> bytes:
    """Return the waveform sketch of these samples."""
    points = len(clip.waveform)
    start = min(first * points // clip.samples, points - 1)
    return clip.waveform[start : max(start + 1, -(-last * points // clip.samples))]
