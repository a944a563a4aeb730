"""The Discord stand-in's voice server, with discord.py's own voice client at the other end, unmodified."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence

import aiohttp
import discord
import pytest

from bot.audio.clip import encode
from bot.audio.pcm import Pcm
from bot.config import EndpointsConfig
from bot.platforms.discord.client import addressed
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import Channel
from tests.fakes.tones import pitch, tone


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server
        assert server.voice.violations == []


@pytest.fixture
def room(server: DiscordServer) -> Channel:
    return server.world.add_voice(server.world.home, "talk")


@pytest.fixture
async def client(server: DiscordServer, room: Channel) -> AsyncIterator[discord.Client]:
    """discord.py, logged in and ready."""
    trusted = ssl.create_default_context(cafile=str(server.voice.ca_file))
    with addressed(EndpointsConfig(discord_api=server.api, discord_gateway=server.gateway.url)):
        client = discord.Client(
            intents=discord.Intents(guilds=True, voice_states=True),
            connector=aiohttp.TCPConnector(limit=0, ssl=trusted),
            guild_ready_timeout=0.0,
        )
        async with client:
            running = asyncio.create_task(client.start(server.token))
            await client.wait_until_ready()
            yield client
            for voice in list(client.voice_clients):
                await voice.disconnect(force=True)
        await running


class Packets(discord.AudioSource):
    """Plays packets, then ends."""

    def __init__(self, packets: Sequence[bytes]) -> None:
        self._packets = iter(packets)

    def read(self) -> bytes:
        return next(self._packets, b"")

    def is_opus(self) -> bool:
        return True


def packets(seconds: float = 0.3, hertz: float = 440.0) -> tuple[bytes, ...]:
    return tuple(encode(Pcm(tone(hertz, round(seconds * 24_000)), 24_000)).packets)


async def join(client: discord.Client, room: Channel) -> discord.VoiceClient:
    channel = client.get_channel(room.id)
    assert isinstance(channel, discord.VoiceChannel | discord.StageChannel)
    return await channel.connect(timeout=5.0, reconnect=False, self_deaf=True)


async def grouped(voice: discord.VoiceClient, server: DiscordServer, room: Channel) -> None:
    """Until the bot shares keys with those who listen."""
    group = server.voice.group(room)
    await server.until(lambda: voice.voice_privacy_code is not None and voice.user.id in group.members)


async def test_what_is_played_is_heard(server: DiscordServer, client: discord.Client, room: Channel) -> None:
    await server.voice.people.join(server.world.ada, room)
    voice = await join(client, room)
    await grouped(voice, server, room)
    sent = packets()
    voice.play(Packets(sent))
    listener = server.voice.listener(room)
    heard = await listener.ended()
    assert [packet.opus for packet in heard] == [*sent, *[b"\xf8\xff\xfe"] * 5]
    assert all(packet.encrypted != packet.silence for packet in heard)
    assert all(packet.heard_by == (server.world.ada.id,) for packet in heard)
    assert voice.voice_privacy_code == server.voice.group(room).privacy_code
    sequence, timestamp = heard[0].sequence, heard[0].timestamp
    assert [packet.sequence for packet in heard] == [sequence + n for n in range(len(heard))]
    assert [packet.timestamp for packet in heard] == [timestamp + 960 * n for n in range(len(heard))]
    sound = listener.decode(0, len(sent))
    assert sound.rate == 48_000
    assert len(sound.samples) == 2 * 960 * len(sent)
    assert pitch(sound.samples, 48_000) == pytest.approx(440, abs=5)
