"""JSON that carries sound as base64, parsed without memory of many times its size. Called by the providers over HTTP.

An answer may hold 37 MB of sound in one string, and nothing else of it is large. Small objects, of which an attacker
would send as many instead, take 30 times their bytes. So a long string is cut out first, and what remains is bounded.
"""

import re
from typing import Any

from bot.speech.refusal import parse_json

LARGE = 64 * 2**10
"""Bytes from which on the sound is cut out, and which the rest may have."""
_SOUND = re.compile(rb'"(?:data|audio|delta)"\s*+:\s*+"([A-Za-z0-9+/=\\]{4096,}+)"')
CUT_OUT = "~"
"""What is left in the place of the sound; no base64."""


class TooLargeError(ValueError):
    """There is more than sound in it."""


def parse(data: bytes | bytearray, most_beside: int = LARGE) -> tuple[Any, bytes | None]:
    """Return the JSON value, and the base64 that was cut out of it where ``CUT_OUT`` is, if any was.

    ``most_beside``: bytes besides the sound. Raises ValueError, TooLargeError.
    """
    sound = _SOUND.search(data) if len(data) > LARGE else None
    cut_out = None
    if sound is not None:
        cut_out = bytes(memoryview(data)[sound.start(1) : sound.end(1)]).replace(b"\\/", b"/")
        data = data[: sound.start(1)] + CUT_OUT.encode() + data[sound.end(1) :]
    if len(data) > most_beside:
        raise TooLargeError("far more JSON than sound")
    return parse_json(bytes(data)), cut_out
