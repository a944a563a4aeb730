"""The UDP end of a voice connection in the Discord stand-in: IP discovery, then RTP under transport encryption.

Made by discord_voice.py, one socket for each voice connection. Whatever Discord would drop is dropped here, and
complained of.
"""

import asyncio
import struct
import time
from collections.abc import Callable
from typing import Protocol, cast

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as decrypt
from nacl.exceptions import CryptoError

from tests.fakes.discord_dave import SILENCE
from tests.fakes.discord_listener import TICKS, Packet

MODE = "aead_xchacha20_poly1305_rtpsize"
_DISCOVERY = 74
_HEADER, _NONCE, _TAG = 12, 4, 16
_NOTHING = b"\0" * 20
EARLY = 25
"""Packets that may overtake opcode 5, which goes by another way."""
_OF_20_MS = frozenset({1, 5, 9, 13, 15, 19, 23, 27, 31})
"""Opus configurations whose frames take 20 ms (RFC 6716, table 2)."""


class Line(Protocol):
    """The voice connection a socket belongs to."""

    number: int
    ssrc: int
    key: bytes
    """Of the transport encryption; empty until a protocol was selected."""
    speaking: int | None
    """None until opcode 5 came."""

    def discovered(self, host: str, port: int) -> bool:
        """Note the client's address; False: leave it without an answer."""
        ...

    def hear(self, frame: bytes) -> tuple[bytes, bool, tuple[int, ...]]:
        """What is in a frame, whether it was encrypted, and who heard it."""
        ...

    def record(self, packet: Packet) -> None:
        """Keep it."""
        ...


class Udp(asyncio.DatagramProtocol):
    """One socket."""

    def __init__(self, line: Line, complain: Callable[[str], None]) -> None:
        self._line = line
        self._complain = complain
        self._transport: asyncio.DatagramTransport | None = None
        self._last: tuple[int, int, int] | None = None
        """Sequence, timestamp and nonce of the packet before."""
        self._early: list[tuple[float, bytes]] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast("asyncio.DatagramTransport", transport)  # it is not one by inheritance

    def error_received(self, exc: Exception) -> None:
        """Called by asyncio: the client closed its socket."""

    def close(self) -> None:
        """Listen no more."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by asyncio."""
        arrived = time.monotonic()
        if len(data) == _DISCOVERY and data[:2] == b"\0\1":
            self._discover(data, addr)
        elif self._line.key and self._line.speaking is None and len(self._early) < EARLY:
            self._early.append((arrived, data))
        elif fault := self._receive(arrived, data):
            self._complain(f"packet: {fault}")

    def spoken(self) -> None:
        """Opcode 5 came: take what overtook it."""
        early, self._early = self._early, []
        for arrived, data in early:
            if fault := self._receive(arrived, data):
                self._complain(f"packet: {fault}")

    def _discover(self, data: bytes, addr: tuple[str, int]) -> None:
        _, length, ssrc = struct.unpack_from(">HHI", data)
        if length != 70 or ssrc != self._line.ssrc:
            self._complain("packet: a discovery with another length or ssrc")
        elif self._line.discovered(*addr[:2]) and self._transport is not None:
            self._transport.sendto(struct.pack(">HHI64sH", 2, 70, ssrc, addr[0].encode(), addr[1]), addr)

    def _receive(self, arrived: float, data: bytes) -> str:
        """Take one packet; returns what is wrong with it."""
        line = self._line
        if len(data) <= _HEADER + _TAG + _NONCE:
            return "too short"
        head, kind, sequence, timestamp, ssrc = struct.unpack_from(">BBHII", data)
        if head != 0x80 or kind & 0x7F != 0x78:
            return f"not RTP version 2 with payload type 120: {head:#x} {kind:#x}"
        if ssrc != line.ssrc:
            return "another ssrc"
        if not line.key or line.speaking is None:
            return "before a protocol was selected and opcode 5 was sent"
        counter = data[-_NONCE:]
        nonce = int.from_bytes(counter, "big")
        try:
            frame = decrypt(data[_HEADER:-_NONCE], data[:_HEADER], counter + _NOTHING, line.key)
        except CryptoError:
            return "cannot be decrypted"
        last, self._last = self._last, (sequence, timestamp, nonce)
        if last is not None and nonce <= last[2]:
            return "a nonce was used again"
        opened, encrypted, heard_by = line.hear(frame)
        line.record(
            Packet(arrived, line.number, sequence, timestamp, ssrc, nonce, line.speaking, opened, encrypted, heard_by)
        )
        if last is not None and sequence != (last[0] + 1) & 0xFFFF:
            return f"sequence {sequence} after {last[0]}"
        if last is not None and timestamp != (last[1] + TICKS) & 0xFFFFFFFF:
            return f"timestamp {timestamp} after {last[1]}"
        if opened != SILENCE and (heard_by or not encrypted) and (opened[0] >> 3 not in _OF_20_MS or opened[0] & 3):
            return "not one Opus frame of 20 ms"
        return ""
