"""Fixtures of the Discord front end's tests: loaded by name as a plugin of pytest."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from discord.gateway import KeepAliveHandler

from bot.errors import PlatformError
from bot.platforms.base import Services
from bot.platforms.discord.client import DiscordPlatform
from tests.discord_case import Start, build
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import User


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server
        await _end_heartbeats()


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine's slow speech is answered once, as a quick one's: a test that is about progress says otherwise."""
    monkeypatch.setattr("bot.platforms.discord.client.SLOW", 600.0)


@pytest.fixture
def mod(server: DiscordServer) -> User:
    """A moderator of the home server."""
    mod = User("mod")
    server.world.add_member(server.world.home, mod)
    server.world.home.moderators.add(mod.id)
    return mod


async def _end_heartbeats() -> None:
    """discord.py leaves the thread of a voice connection that broke until its next beat: by then the loop is closed."""
    for thread in threading.enumerate():
        if isinstance(thread, KeepAliveHandler):
            thread.stop()
            await asyncio.to_thread(thread.join, 5)


@pytest.fixture
def start(server: DiscordServer, tmp_path: Path) -> Start:
    """Runs the platform against the stand-in until the block ends."""

    @asynccontextmanager
    async def run(services: Services, **discord_settings: Any) -> AsyncIterator[DiscordPlatform]:
        platform = build(server, services, tmp_path, **discord_settings)
        ready = asyncio.Event()
        running = asyncio.create_task(platform.run(ready))
        waiting = asyncio.create_task(ready.wait())
        async with asyncio.timeout(15):
            await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        try:
            if not ready.is_set():
                await running
            yield platform
        finally:
            await platform.stop(5.0)
            with suppress(PlatformError):
                await running

    return run
