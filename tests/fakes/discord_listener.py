"""What is heard in a voice channel of the Discord stand-in: every packet of the bot, opened, with its time of arrival.

One Listener for a channel, filled by discord_udp.py; tests wait on it and decode what it heard.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import av
import numpy as np

from bot.audio.pcm import Pcm
from tests.fakes.discord_dave import SILENCE

TICKS = 960
"""How far timestamps are apart: 20 ms at 48 kHz."""
RATE = 48_000
PATIENCE = 15.0
"""Seconds that a test waits for something before it fails."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Packet:
    """20 ms of the bot's voice."""

    arrived: float
    """``time.monotonic()`` when the datagram was read."""
    connection: int
    """Which voice connection of the bot it came by: 1 is the first one to any channel."""
    sequence: int
    timestamp: int
    ssrc: int
    nonce: int
    """The counter of the transport encryption."""
    speaking: int
    """What the bot last said of itself by opcode 5."""
    opus: bytes
    """As it was before encryption; still encrypted where nobody could open it."""
    encrypted: bool
    """End-to-end, that is; silence never is."""
    heard_by: tuple[int, ...]
    """Ids of the people in the channel who could hear it."""

    @property
    def silence(self) -> bool:
        """Whether it is the packet that stands for silence."""
        return self.opus == SILENCE


class Listener:
    """Who records."""

    def __init__(self) -> None:
        self.heard: list[Packet] = []
        """Everything, in order of arrival."""
        self.speaking: list[int] = []
        """What the bot said of itself by opcode 5, in order."""
        self._counts: list[tuple[int, asyncio.Future[None]]] = []
        self._waiting: list[asyncio.Event] = []

    # Waiting

    async def packets(self, at_least: int = 1) -> list[Packet]:
        """What was heard, once it is so many packets. Raises TimeoutError."""
        if len(self.heard) < at_least:
            entry = (at_least, asyncio.get_running_loop().create_future())
            self._counts.append(entry)
            try:
                async with asyncio.timeout(PATIENCE):
                    await entry[1]
            finally:
                self._counts.remove(entry)
        return list(self.heard)

    async def until(self, look: Callable[["Listener"], _T | None]) -> _T:
        """The first true value of ``look``, asked after every packet and every opcode 5. Raises TimeoutError."""
        event = asyncio.Event()
        self._waiting.append(event)
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := look(self)):
                    await event.wait()
                    event.clear()
                return found
        finally:
            self._waiting.remove(event)

    async def ended(self, times: int = 1) -> list[Packet]:
        """What was heard, once the bot has spoken so often and ended with five packets of silence."""

        def look(_: "Listener") -> bool:
            return all(packet.silence for packet in self.heard[-5:]) and len(self.spurts()) >= times

        await self.until(look)
        return list(self.heard)

    # Looking

    @property
    def voiced(self) -> list[Packet]:
        """What is not silence."""
        return [packet for packet in self.heard if not packet.silence]

    @property
    def exposed(self) -> list[Packet]:
        """What is neither silence nor encrypted end to end."""
        return [packet for packet in self.voiced if not packet.encrypted]

    def spurts(self) -> list[list[Packet]]:
        """What is not silence, cut where silence lies between."""
        found: list[list[Packet]] = []
        before = True
        for packet in self.heard:
            if not packet.silence:
                if before:
                    found.append([])
                found[-1].append(packet)
            before = packet.silence
        return found

    def decode(self, start: int = 0, end: int | None = None) -> Pcm:
        """The sound of ``heard[start:end]``: mono at 48 kHz, 960 samples for each packet."""
        return decode([packet.opus for packet in self.heard[start:end]])

    # Filling

    def add(self, packet: Packet) -> None:
        """One arrived."""
        self.heard.append(packet)
        count = len(self.heard)
        for wanted, future in self._counts:
            if count >= wanted and not future.done():
                future.set_result(None)
        for event in self._waiting:
            event.set()

    def spoke(self, state: int) -> None:
        """Opcode 5 arrived."""
        self.speaking.append(state)
        for event in self._waiting:
            event.set()


def decode(packets: Sequence[bytes]) -> Pcm:
    """Packets of 20 ms as mono samples at 48 kHz. Raises ValueError for what is not Opus, or not 20 ms."""
    context = av.CodecContext.create("opus", "r")
    context.sample_rate = RATE
    context.layout = "mono"
    pieces: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = []
    for opus in packets:
        try:
            frames = context.decode(av.Packet(opus)) if opus else []
        except av.FFmpegError as error:
            raise ValueError("not an Opus packet") from error
        if not frames:
            raise ValueError("not an Opus packet")
        sound = np.concatenate([frame.to_ndarray().astype(np.float64).mean(axis=0) for frame in frames])
        if len(sound) != TICKS:
            raise ValueError(f"a packet of {len(sound)} samples")
        pieces.append(sound)
    samples = np.concatenate(pieces) if pieces else np.zeros(0)
    return Pcm(np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes(), RATE)
