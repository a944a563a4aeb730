"""How the Discord stand-in's gateway puts messages on the wire: as text, or in one compressed stream.

Part of discord_gateway.py. A stream of zlib ends each message with a sync flush; one of zstd is a single frame whose
blocks are stored as they are, which every decoder reads.
"""

import json
import zlib
from collections.abc import Callable
from typing import Any

from aiohttp import web

_ZSTD_HEAD = bytes.fromhex("28b52ffd 00 38")
"""Magic; no checksum and no size; a window of 128 KiB."""
_ZSTD_BLOCK = 128 * 1024


class Wire:
    """One connection, as it asked for."""

    def __init__(self, socket: web.WebSocketResponse, compress: str = "") -> None:
        """``compress``: ``zlib-stream``, ``zstd-stream``, or nothing. Raises KeyError for another."""
        self._socket = socket
        self._pack = {"": None, "zlib-stream": _zlib, "zstd-stream": _zstd}[compress]
        self._packed = None if self._pack is None else self._pack()

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._socket.closed

    async def send(self, message: dict[str, Any]) -> None:
        """Send one message."""
        text = json.dumps(message)
        if self._packed is None:
            await self._socket.send_str(text)
        else:
            await self._socket.send_bytes(self._packed(text.encode()))

    async def close(self, code: int) -> None:
        """End the connection."""
        await self._socket.close(code=code)


def _zlib() -> Callable[[bytes], bytes]:
    stream = zlib.compressobj()
    return lambda data: stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)


def _zstd() -> Callable[[bytes], bytes]:
    head = [_ZSTD_HEAD]

    def packed(data: bytes) -> bytes:
        blocks = [data[at : at + _ZSTD_BLOCK] for at in range(0, len(data), _ZSTD_BLOCK)]
        stored = b"".join((len(block) << 3).to_bytes(3, "little") + block for block in blocks)
        return (head.pop() if head else b"") + stored

    return packed
