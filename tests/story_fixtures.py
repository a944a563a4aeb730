"""The fixture of the stories, each front end in turn: loaded by name as a plugin of pytest."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import BuildHouse
from tests.fakes.discord_server import DiscordServer
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_server import TelegramServer
from tests.story_doors import DiscordDoor, TelegramDoor
from tests.story_town import Town


@pytest.fixture(params=["discord", "telegram"])
async def town(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    mimo: MimoServer,
    build_house: BuildHouse,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Town]:
    """Each front end in turn. A place in the queue is told after a moment, not after three seconds."""
    monkeypatch.setattr("bot.platforms.discord.client.AFTER", 0.05)
    if request.param == "discord":
        async with DiscordServer() as discord:
            yield Town(DiscordDoor(discord, tmp_path), mimo, build_house, tmp_path)
            assert discord.refusals == []
    else:
        async with TelegramServer() as telegram:
            yield Town(TelegramDoor(telegram, tmp_path), mimo, build_house, tmp_path)
