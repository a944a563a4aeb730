"""Recordings for voice cloning: checked, and measured in a child process, or refused. For ``say --clone``.

A small file can hold hours of silence, and a decoder fed with a stranger's bytes can crash. So the sound is decoded in
a separate process with limited memory, CPU time and length; see ``sample_child.py``.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from weakref import WeakKeyDictionary

from bot.errors import BusyError, InputError
from bot.model import Sample

MAX_BASE64 = 10_000_000
"""Characters. The service accepts a sample as a base64 string of at most 10 MB."""
MAX_BYTES = MAX_BASE64 // 4 * 3
SHORTEST = 1.0
"""Seconds of sound."""
LONGEST = 60.0
"""Seconds of sound; the service needs only a few."""
_PLACES = 2
"""Simultaneous children, each of which may take a core and half a gigabyte."""
_PATIENCE = 20.0
"""Seconds for one child, waiting included."""
_CHILD = Path(__file__).with_name("sample_child.py")
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
"""The child's entire environment: no token, no key."""
_FORMATS = {"audio/mpeg": "mp3", "audio/wav": "wav"}

_places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def load_sample(data: bytes) -> Sample:
    """Return a sample, checking only its first bytes and its size; see ``check_sample`` for its sound.

    Raises InputError: ``sample.not_audio``, ``sample.too_large`` (limit: bytes).
    """
    if -(-len(data) // 3) * 4 > MAX_BASE64:
        raise InputError("sample.too_large", limit=MAX_BYTES)
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return Sample.of(data, "audio/wav")
    if data[:3] == b"ID3" or _starts_mp3(data):
        return Sample.of(data, "audio/mpeg")
    raise InputError("sample.not_audio")


def _starts_mp3(data: bytes) -> bool:
    """Return whether data begins like mp3: 11 bits of synchronization, an MPEG version and layer III (AAC: 0)."""
    return len(data) >= 4 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x06 == 0x02


async def check_sample(data: bytes) -> Sample:
    """Return a sample whose sound decodes and is 1 to 60 seconds long.

    Raises InputError as ``load_sample``, and ``sample.too_short``, ``sample.too_long`` (limit: seconds); BusyError
    ``sample.busy`` if there is no answer in time.
    """
    sample = load_sample(data)
    loop = asyncio.get_running_loop()
    places = _places.setdefault(loop, asyncio.Semaphore(_PLACES))
    try:
        async with asyncio.timeout(_PATIENCE), places:
            seconds = await _measure(sample)
    except TimeoutError as error:
        raise BusyError("sample.busy") from error
    if seconds is None:
        raise InputError("sample.not_audio")
    if seconds < SHORTEST:
        raise InputError("sample.too_short", limit=SHORTEST)
    if seconds > LONGEST:
        raise InputError("sample.too_long", limit=LONGEST)
    return sample


async def _measure(sample: Sample) -> float | None:
    """Return the seconds of sound, counted a little past the longest allowed; None if it does not decode."""
    # Isolated (-I): neither the working directory nor PYTHON* variables affect the child's imports.
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(_CHILD),
        _FORMATS[sample.media_type],
        str(LONGEST),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
    )
    try:
        answer, _ = await child.communicate(sample.data)
    finally:
        if child.returncode is None:
            child.kill()
            await asyncio.shield(child.wait())
    if child.returncode != 0:
        return None
    seconds = json.loads(answer)["seconds"]
    return seconds if isinstance(seconds, float) else None
