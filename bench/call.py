"""Voice calls: how soon sound leaves, how even the packets are, what a call costs. Called by ``bench``.

The Discord stand-in runs in a process of its own, with a guild, a voice channel and a listener for each call, and is
not measured. This process runs the unmodified library, joins every call end-to-end encrypted, and plays.
"""

import asyncio
import multiprocessing
import shutil
import ssl
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
import av
import discord

from bench.audio import speech_wav
from bot.audio.pcm import decode_wav
from bot.config import EndpointsConfig
from bot.errors import BotError
from bot.platforms.discord.call.link import Link, Timing
from bot.platforms.discord.call.source import LiveSource
from bot.platforms.discord.client import addressed
from bot.speech.synthesis import LiveTrack
from tests.at_once import encode
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import User

_CALLS = (1, 10, 50, 100)
_LIBRARY_CALLS = (1, 10, 30)
_SECONDS = 6
_ROUNDS = 15
_CHUNK = 9600
"""Bytes of a streamed chunk: 200 ms."""
_SETTLE = 0.3
"""Seconds that the last packets may take."""


def run() -> Iterator[str]:
    """Yield rows of text."""
    most = max(_CALLS)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    town = context.Process(target=_town, args=(theirs, most), daemon=True)
    town.start()
    try:
        yield from asyncio.run(_measure(Town(ours, *ours.recv())))
    finally:
        ours.send("end")
        town.join(10)


@dataclass(frozen=True)
class Town:
    """The stand-in, as seen from this process."""

    pipe: Connection
    api: str
    gateway: str
    ca_file: str
    token: str
    voice_channels: list[int]

    async def heard(self) -> list[list[tuple[float, bool]]]:
        """Return what arrived since the last call, by voice call: when, and whether it was more than silence."""
        await asyncio.sleep(_SETTLE)
        self.pipe.send("report")
        return await asyncio.to_thread(self.pipe.recv)


def _town(pipe: Connection, calls: int) -> None:
    asyncio.run(_serve(pipe, calls))


async def _serve(pipe: Connection, calls: int) -> None:
    async with DiscordServer() as server:
        voice_channels = [server.world.add_voice(server.world.add_guild(f"guild {n}"), "room") for n in range(calls)]
        for number, voice_channel in enumerate(voice_channels):
            await server.voice.people.join(User(f"listener {number}"), voice_channel)
        pipe.send(
            (server.api, server.gateway.url, str(server.voice.ca_file), server.token, [r.id for r in voice_channels])
        )
        while await asyncio.to_thread(pipe.recv) == "report":
            listeners = [server.voice.listener(voice_channel) for voice_channel in voice_channels]
            pipe.send([[(packet.arrived, not packet.silence) for packet in each.heard] for each in listeners])
            for each in listeners:
                each.heard.clear()


async def _measure(town: Town) -> list[str]:
    calls: list[_Call] = []
    rows: list[str] = []
    discord.opus.load_opus(str(next((Path(av.__file__).parent.parent / "av.libs").glob("libopus-*"))))  # for PCM
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        path.write_bytes(speech_wav(_SECONDS))
        async with _client(town) as client:
            for count in sorted({*_CALLS, *_LIBRARY_CALLS}):
                await _join(client, calls, town.voice_channels[len(calls) : count])
                if not rows:
                    rows += await _first_packets(town, calls[0])
                if count in _CALLS:
                    rows.append(await _playing(town, calls, "ours, Opus packets", _ours))
                if count in _LIBRARY_CALLS and shutil.which("ffmpeg") is not None:
                    for make in (discord.FFmpegPCMAudio, discord.FFmpegOpusAudio):
                        rows.append(await _playing(town, calls, make.__name__, _library(make, str(path))))
            for call in calls:
                await call.link.leave()
    if shutil.which("ffmpeg") is None:
        rows.append("ffmpeg is missing, so discord.py's FFmpegPCMAudio and FFmpegOpusAudio were left out")
    return rows


@asynccontextmanager
async def _client(town: Town) -> AsyncIterator[discord.Client]:
    trusted = ssl.create_default_context(cafile=town.ca_file)
    with addressed(EndpointsConfig(discord_api=town.api, discord_gateway=town.gateway)):
        client = discord.Client(
            intents=discord.Intents(guilds=True, voice_states=True),
            connector=aiohttp.TCPConnector(limit=0, ssl=trusted),
        )
        async with client:
            running = asyncio.create_task(client.start(town.token))
            await client.wait_until_ready()
            yield client
        await running


class _Call:
    """One call of ours."""

    def __init__(self, voice_channel: discord.VoiceChannel) -> None:
        self.voice_channel = voice_channel
        self.done = asyncio.Event()
        self.source = LiveSource(self, self._wake)
        self.link = Link(self.source, self, Timing())

    def _wake(self) -> None:
        self.link.playback.wake()

    def started(self, item: str) -> None:
        """Called by the source."""

    def finished(self, item: str, skipped: bool) -> None:
        """Called by the source."""
        self.done.set()

    def lost(self) -> None:
        """Called by the link."""

    def back(self) -> None:
        """Called by the link."""

    def ended(self, error: BotError) -> None:
        """Called by the link."""

    async def play(self, packets: Sequence[bytes]) -> None:
        self.done.clear()
        line = self.source.line("item")
        await line.write(packets)
        line.close()
        await self.done.wait()


async def _join(client: discord.Client, calls: "list[_Call]", voice_channels: Sequence[int]) -> None:
    for voice_channel in map(client.get_channel, voice_channels):
        assert isinstance(voice_channel, discord.VoiceChannel)
        call = _Call(voice_channel)
        await call.link.join(voice_channel)
        calls.append(call)


async def _first_packets(town: Town, call: _Call) -> list[str]:
    """Return rows on the time from the first chunk to the listener's first packet: when idle, and after silence."""
    samples = decode_wav(speech_wav(1)).samples
    idle: list[float] = []
    behind: list[float] = []
    await call.play(
        encode(decode_wav(speech_wav(1))).packets
    )  # the encoder, the player and the encryption group are warm
    for _ in range(_ROUNDS):
        await asyncio.sleep(1.9)  # the player thread ends after 1.5 s of silence
        idle.append(await _latency(town, call, samples))
        behind.append(await _latency(town, call, samples))  # some 0.3 s after the last one
    lead = call.source.lead
    out, after = (f"median {_ms(statistics.median(each))}  worst {_ms(max(each))}" for each in (idle, behind))
    return [
        f"first packet out of idleness   {out}  (goal 5 ms)",
        f"first packet behind a silence  {after}  (goal {20 + lead} ms)",
    ]


async def _latency(town: Town, call: _Call, samples: bytes) -> float:
    await town.heard()
    call.done.clear()
    line = call.source.line("item")
    track = LiveTrack(line, 32_000)
    began = time.monotonic()
    for start in range(0, len(samples), _CHUNK):
        await track.write(samples[start : start + _CHUNK])
    await track.finish()
    line.close()
    await call.done.wait()
    return next(at for at, voiced in (await town.heard())[0] if voiced) - began


Play = Callable[[list[_Call]], Awaitable[None]]


async def _ours(calls: list[_Call]) -> None:
    packets = encode(decode_wav(speech_wav(_SECONDS))).packets
    await asyncio.gather(*(call.play(packets) for call in calls))


def _library(make: Callable[[str], discord.AudioSource], path: str) -> Play:
    async def play(calls: list[_Call]) -> None:
        loop = asyncio.get_running_loop()
        ends: list[asyncio.Event] = []
        for call in calls:
            end = asyncio.Event()
            ends.append(end)
            voice = call.voice_channel.guild.voice_client
            assert isinstance(voice, discord.VoiceClient)
            voice.play(make(path), after=partial(_end, loop, end))
        await asyncio.gather(*(end.wait() for end in ends))

    return play


def _end(loop: asyncio.AbstractEventLoop, end: asyncio.Event, _error: Exception | None) -> None:
    """Called in the player thread."""
    loop.call_soon_threadsafe(end.set)


async def _playing(town: Town, calls: list[_Call], name: str, play: Play) -> str:
    while any(call.link.playback.playing for call in calls):  # noqa: ASYNC110  the end of the last silence has no event
        await asyncio.sleep(0.1)
    await town.heard()
    cpu, began = time.process_time(), time.monotonic()
    await play(calls)
    cpu, took = time.process_time() - cpu, time.monotonic() - began
    voiced = [sorted(at for at, voiced in each if voiced) for each in (await town.heard())[: len(calls)]]
    gaps = sorted(later - earlier for arrivals in voiced for earlier, later in pairwise(arrivals))
    each = cpu / took / len(calls)
    return (
        f"{name:18} {len(calls):3} calls  CPU {each:6.2%} of a core each ({cpu / took:5.1%} in all)"
        f"  gap p99 {_ms(gaps[int(len(gaps) * 0.99)])}  worst {_ms(gaps[-1])}"
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:6.1f} ms"
