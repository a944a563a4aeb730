"""The messages between a built-in engine's worker process and the bot.

Used by both ends: ``pool`` here, ``serving`` there. A request is one line of JSON. An answer is a series of messages,
each a kind and a length (five bytes, big-endian) followed by that many bytes.
"""

import struct

HEADER = struct.Struct(">cI")
"""Kind and length."""

READY = b"R"
"""The engine is loaded, or was asked for its version: the version as text."""
SOUND = b"S"
"""Signed 16-bit little-endian samples, one channel, at the engine's rate."""
END = b"E"
"""The request is finished; empty."""
FAILED = b"F"
"""The engine refused: a sentence in English, without the text of the request."""

MAX_REQUEST = 1 << 20
"""Bytes of a request line. 2000 characters that each change the language take about 150 kB."""
MAX_MESSAGE = 1 << 16
"""Bytes of a message. espeak-ng sends blocks of 60 ms, 2.6 kB; longer sound is cut."""
SAMPLE_RATE = 22_050
"""Hertz; the rate of every voice of espeak-ng."""


def pack(kind: bytes, content: bytes = b"") -> bytes:
    """Return one message."""
    return HEADER.pack(kind, len(content)) + content
