"""Fixtures of the tests of voice calls: loaded by name as a plugin of pytest, with discord_fixtures.py."""

from collections.abc import AsyncIterator
from pathlib import Path

import discord
import pytest

from tests.call_evening import Evening
from tests.conftest import House
from tests.fakes.discord_server import DiscordServer


@pytest.fixture
async def evening(server: DiscordServer, house: House, tmp_path: Path) -> AsyncIterator[Evening]:
    """Logged in; names are not said, so that what is heard is what was written."""
    world = server.world
    lounge, attic = world.add_voice(world.home, "lounge"), world.add_voice(world.home, "attic")
    await server.voice.people.join(world.ada, lounge)
    server.gateway.privileged = discord.Intents(message_content=True).value
    evening = Evening(server, house, lounge, attic, tmp_path)
    await house.services.reader.readings.set(evening.space, names=False)
    await evening.start()
    yield evening
    await evening.stop()
    assert server.voice.violations == []
