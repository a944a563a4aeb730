"""The built-in engines side by side: real-time factor, memory, first sound. Called by ``bench``.

The machine's load is printed with them: a factor that was measured beside other work says little by itself, its ratio
to another one of the same run says more.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.providers.builtin import natural
from bot.providers.builtin.espeak import EspeakProvider
from bot.providers.builtin.natural import HIBARI, KOKORO
from bot.providers.builtin.pool import Workers

_ENGLISH = (
    "Hello! I am Mouthpiece, and I give your community a voice.",
    "The quick brown fox jumps over the lazy dog, and then it goes home.",
    "It has been raining since Tuesday, and nobody has seen the sun.",
)
_CHINESE = (
    "大家好，我也会说中文。",
    "今天天气很好，我们一起去公园散步吧。",
    "这个机器人能把文字变成声音，真像人在说话。",
)
_ESPEAK = "espeak-ng"


@dataclass(frozen=True, slots=True)
class _Measured:
    """Time, memory and sound of one engine for its sentences."""

    engine: str
    threads: int
    language: str
    wall: float
    """Seconds of time for a second of sound."""
    work: float
    """Seconds of processor for a second of sound."""
    first: float
    """Seconds of processor until the first sound of a warm worker; the smallest."""
    megabytes: int


def _work(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def _request(engine: str, text: str, language: str) -> Mapping[str, Any]:
    if engine == _ESPEAK:
        return EspeakProvider("bench").body_of_text(text, language)
    voice = "heart" if engine == HIBARI else "jm_kumo"
    return {"pieces": natural.pieces(engine, text), "voice": voice, "speed": 1.0}


async def _measure(engine: str, language: str, threads: int) -> _Measured:
    program = _program(engine, threads)
    workers = Workers("bench", processes=1, patience=120, program=program)
    rate = 22_050 if engine == _ESPEAK else natural.RATE
    try:
        async for _ in workers.speak(_request(engine, "OK." if language == "en" else "好。", language)):
            pass
        (pid,) = workers.pids
        sound, firsts = 0.0, []
        began, worked = time.perf_counter(), _work(pid)
        for text in _ENGLISH if language == "en" else _CHINESE:
            before, first = _work(pid), -1.0
            async for block in workers.speak(_request(engine, text, language)):
                first = _work(pid) - before if first < 0 else first
                sound += len(block) / 2 / rate
            firsts.append(first)
        wall, work = time.perf_counter() - began, _work(pid) - worked
        return _Measured(engine, threads, language, wall / sound, work / sound, min(firsts), _megabytes(pid))
    finally:
        await workers.close()


def _program(engine: str, threads: int) -> tuple[str, ...]:
    if engine == _ESPEAK:
        return (sys.executable, "-P", "-m", "bot.providers.builtin.worker")
    return (sys.executable, "-P", "-m", natural.PROGRAM, engine, "10000", str(threads))


async def _all() -> AsyncIterator[_Measured]:
    yield await _measure(_ESPEAK, "en", 1)
    yield await _measure(_ESPEAK, "zh", 1)
    for engine, language in ((HIBARI, "en"), (KOKORO, "zh")):
        if not natural.missing(engine):
            for threads in (1, 2):
                yield await _measure(engine, language, threads)


def run() -> Iterator[str]:
    """Rows to print."""

    async def measured() -> list[_Measured]:
        return [each async for each in _all()]

    yield f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    found = asyncio.run(measured())
    by_one: dict[str, float] = {}
    for each in found:
        against = ""
        if each.threads == 1:
            by_one[each.engine] = each.wall
        else:
            against = f", {by_one[each.engine] / each.wall:.2f} x one thread"
        yield (
            f"{each.engine:9} {each.language} {each.threads} thread{'s' * (each.threads > 1)}: "
            f"real-time factor {each.wall:.3f} ({each.work:.3f} of processor){against}; "
            f"{each.megabytes} MB; first sound after {1000 * each.first:.0f} ms of processor"
        )
    for engine in (HIBARI, KOKORO):
        if natural.missing(engine):
            yield f"{engine}: not installed (make install)"
    yield f"load of the machine: {os.getloadavg()[0]:.1f}"
