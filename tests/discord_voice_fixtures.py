"""Fixtures of the Discord stand-in's voice server: loaded by name as a plugin of pytest, with discord_fixtures.py."""

import asyncio
import gc
import ssl
from collections.abc import AsyncIterator, Iterator

import aiohttp
import discord
import pytest

from bot.config import EndpointsConfig
from bot.platforms.discord.client import addressed
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import Channel


@pytest.fixture
def voice_channel(server: DiscordServer) -> Channel:
    return server.world.add_voice(server.world.home, "talk")


@pytest.fixture
def swept() -> Iterator[None]:
    """The library leaves tasks whose failure nobody asks for: they are reported here, not in the midst of another test.

    There the report, which parses source for its traceback, can break a parser that runs at that moment (Python 3.11).
    """
    yield
    gc.collect()


@pytest.fixture
async def client(server: DiscordServer, voice_channel: Channel, swept: None) -> AsyncIterator[discord.Client]:
    """discord.py, logged in and ready; in the end it has done nothing that the real service would not take."""
    trusted = ssl.create_default_context(cafile=str(server.voice.ca_file))
    with addressed(EndpointsConfig(discord_api=server.api, discord_gateway=server.gateway.url)):
        client = discord.Client(
            intents=discord.Intents(guilds=True, voice_states=True, guild_messages=True),
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
    assert server.voice.violations == []
