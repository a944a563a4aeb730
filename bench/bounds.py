"""Peak memory and CPU time of providers' answers that are bombs. Called by ``bench``.

Each bomb is an answer on loopback, sent by this process to a provider in a child, which prints its own peak. The first
row shows a child without a bomb. The goal is 300 MB for each.
"""

import asyncio
import base64
import gzip
import json
import re
import resource
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import web

from bot.errors import BotError
from bot.model import Voice, VoiceKind
from bot.providers.base import Provider, SpeechRequest, Timeouts
from bot.providers.mimo import MimoProvider, MimoSettings
from bot.providers.openai import OpenAISpeechProvider, OpenAISpeechSettings

GOAL = 300
"""MB of peak memory."""
_PIECE = 2**20
_SIZE = 400
"""Pieces of 1 MB in an endless answer."""
_TEXT = "A long text of which the sound may last for minutes. " * 30
_PATIENCE = 120.0
"""Seconds for one bomb."""


@dataclass(frozen=True, slots=True)
class Bomb:
    """An answer that would take far more memory than its sound."""

    name: str
    pieces: Callable[[], Iterable[bytes]]
    media_type: str = "audio/wav"
    encoding: str = ""
    form: str = "openai"
    """``openai``, ``mimo`` streamed, or ``whole`` from MiMo."""


def _endless(head: bytes, piece: bytes) -> Callable[[], Iterator[bytes]]:
    def pieces() -> Iterator[bytes]:
        yield head
        for _ in range(_SIZE):
            yield piece

    return pieces


def _wav(rate: int, bits: int, kind: int, channels: int) -> bytes:
    align = channels * bits // 8
    fmt = struct.pack("<HHIIHH", kind, channels, rate, rate * align, align, bits)
    return b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data\xff\xff\xff\xff"


def _lines(text: bytes) -> bytes:
    return text * (_PIECE // len(text))


def _flac() -> bytes:
    """Return hours of silence in a few megabytes: constant frames of 65,535 samples in eight channels."""
    import av  # noqa: PLC0415  the stand-in alone needs it
    import numpy as np  # noqa: PLC0415

    context = av.CodecContext.create("flac", "w")
    context.sample_rate, context.layout, context.format = 192_000, "7.1", "s16"
    context.options = {"frame_size": "65535"}
    context.open()
    size = context.frame_size or 65_535
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 8 * size), np.int16), format="s16", layout="7.1")
    frame.sample_rate = 192_000
    packets = b"".join(bytes(packet) for packet in context.encode(frame))
    info = context.extradata or b""
    return b"fLaC" + b"\x80" + len(info).to_bytes(3, "big") + info + packets * 20_000


def _ogg_page() -> bytes:
    return struct.pack("<4sBBqIIIB", b"OggS", 0, 0, -1, 1, 0, 0, 255) + b"\xff" * 255 + bytes(255 * 255)


_BASE64 = base64.b64encode(bytes(3 * _PIECE // 4))
_GZIP = gzip.compress(bytes(200 * _PIECE), 9)
_DELTA = json.dumps({"choices": [{"delta": {"audio": {"data": "AAAA"}}}]}).encode()
BOMBS = (
    Bomb("gzip", lambda: [_GZIP], encoding="gzip"),
    Bomb("deflate", lambda: [zlib.compress(bytes(200 * _PIECE), 9)], encoding="deflate"),
    Bomb("br", lambda: [_GZIP], encoding="br"),
    Bomb("zstd", lambda: [_GZIP], encoding="zstd"),
    Bomb("gzip of short lines", lambda: [gzip.compress(_lines(b":\n") * 200, 9)], "text/event-stream", "gzip", "mimo"),
    Bomb("comments", _endless(b"", _lines(b": x\n\n")), "text/event-stream", form="mimo"),
    Bomb("a line without end", _endless(b"data: ", b"A" * _PIECE), "text/event-stream", form="mimo"),
    Bomb("an event of short lines", _endless(b"", _lines(b"data: A\n")), "text/event-stream", form="mimo"),
    Bomb("empty events", _endless(b"", _lines(b"data: {}\n\n")), "text/event-stream", form="mimo"),
    Bomb("tiny deltas", _endless(b"", _lines(b"data: " + _DELTA + b"\n\n")), "text/event-stream", form="mimo"),
    Bomb("JSON of small objects", _endless(b'{"choices": [', _lines(b"[],")), "application/json", form="whole"),
    Bomb("JSON of nothing", _endless(b'{"choices": "', b" " * _PIECE), "application/json", form="whole"),
    Bomb(
        "base64 of 39 MB",
        lambda: [b'{"choices": [{"message": {"audio": {"data": "', *[_BASE64] * 39, b'"}}}]}'],
        "application/json",
        form="whole",
    ),
    Bomb("base64 without end", _endless(b'{"choices": [{"message": {"audio": {"data": "', _BASE64), form="whole"),
    Bomb("a head without end", _endless(b"RIFF\xff\xff\xff\xffWAVEbext\xff\xff\xff\x7f", bytes(_PIECE))),
    Bomb("many chunks", _endless(b"RIFF\xff\xff\xff\xffWAVE", _lines(b"junk\0\0\0\0"))),
    Bomb("samples without end", _endless(_wav(24_000, 16, 1, 1), bytes(_PIECE))),
    Bomb("64 bit floats of 8 channels", _endless(_wav(384_000, 64, 3, 8), bytes(_PIECE))),
    Bomb("nothing but R", _endless(_wav(384_000, 8, 1, 1), b"R" * _PIECE)),
    Bomb("hours of FLAC", lambda: [_flac()], "audio/flac"),
    Bomb("Ogg pages of one packet", _endless(b"", _ogg_page() * 16), "audio/ogg"),
)


async def _serve(bomb: Bomb, request: web.Request) -> web.StreamResponse:
    await request.read()
    headers = {"Content-Type": bomb.media_type} | ({"Content-Encoding": bomb.encoding} if bomb.encoding else {})
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    try:
        for piece in bomb.pieces():
            await response.write(piece)
    except ConnectionError:  # the provider has hung up
        pass
    return response


def _provider(form: str, address: str) -> tuple[Provider, SpeechRequest]:
    times = Timeouts(first_audio=_PATIENCE)
    if form == "openai":
        engine = OpenAISpeechProvider("own", OpenAISpeechSettings(base_url=address, timeouts=times))
        return engine, SpeechRequest(_TEXT)
    designed = Voice(VoiceKind.DESIGNED, description="Anybody.")
    service = MimoProvider("mimo", MimoSettings(api_key="sk-x", base_url=address, timeouts=times))
    return service, SpeechRequest(_TEXT, voice=designed if form == "whole" else Voice(), stream=form != "whole")


async def _meet(form: str, address: str) -> str:
    """Return how the answer ended; received sound is dropped, as a listener's is."""
    provider, request = _provider(form, address)
    try:
        async for _ in provider.synthesize(request):
            pass
    except BotError as error:
        return getattr(error, "detail", "") or error.code
    finally:
        await provider.close()
    return "sound"


def child() -> None:
    """Receive one bomb and print what it cost: seconds of CPU time, MB at the peak, how it ended."""
    form, address = sys.argv[1:]
    ended = asyncio.run(_meet(form, address)) if address != "-" else "nothing to do"
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([used.ru_utime + used.ru_stime, _peak(), ended]))


def _peak() -> float:
    """Return the peak MB of this program; ``getrusage`` starts with the peak of the parent."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="ascii"))[0]) / 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


async def measure(bomb: Bomb | None) -> tuple[float, float, str]:
    """Return CPU seconds, peak MB, and how it ended, of a child that receives the bomb."""
    app = web.Application()
    if bomb is not None:
        app.router.add_post("/{path:.*}", partial(_serve, bomb))
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/v1" if bomb is not None else "-"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from bench.bounds import child; child()"),
            *(bomb.form if bomb is not None else "openai", address),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await asyncio.wait_for(process.communicate(), _PATIENCE)
    finally:
        await runner.cleanup()
    cpu, peak, ended = json.loads(out)
    return cpu, peak, ended


def run() -> Iterator[str]:
    """Yield a row for each bomb."""
    cpu, peak, _ = asyncio.run(measure(None))
    yield f"{'without a bomb':30} {peak:6.0f} MB  {cpu:5.1f} s of CPU time"
    worst = 0.0
    for bomb in BOMBS:
        began = time.monotonic()
        used, most, ended = asyncio.run(measure(bomb))
        worst = max(worst, most)
        took = time.monotonic() - began
        yield f"{bomb.name:30} {most:6.0f} MB  {used - cpu:5.1f} s of CPU time, {took:5.1f} s in all: {ended[:60]}"
    yield f"worst peak {worst:.0f} MB (goal {GOAL})"
