"""What the stories of Telegram's front end share: the stand-in, a bot that is up, how a voice is judged.

A test file imports the fixtures under their long names; tests ask for them by the short ones.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pydantic import SecretStr

from bot.config import EndpointsConfig, TelegramConfig
from bot.model import Account
from bot.platforms.base import Services
from bot.platforms.telegram.client import TelegramPlatform
from bot.platforms.telegram.updates import Sleep, Timings
from bot.web import WebServer
from tests.conftest import House
from tests.fakes.telegram_chats import ANN, Json, Person
from tests.fakes.telegram_requests import Call
from tests.fakes.telegram_server import TOKEN, TelegramServer

ACCOUNT = Account("telegram", str(ANN.id))


@dataclass
class Naps:
    """Pauses the bot was told to make; none is really made."""

    taken: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await asyncio.sleep(0)


@dataclass
class Line:
    """A bot that is up."""

    server: TelegramServer
    platform: TelegramPlatform
    task: asyncio.Task[None]
    naps: Naps


Launch = Callable[..., contextlib.AbstractAsyncContextManager[Line]]


@pytest.fixture(name="server")
async def fixture_server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as started:
        yield started


@pytest.fixture(name="launch")
def fixture_launch(server: TelegramServer) -> Launch:
    @asynccontextmanager
    async def start(
        services: Services,
        *,
        token: str = TOKEN,
        grace: float = 20.0,
        web: WebServer | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep | None = None,
        settings: dict[str, Any] | None = None,
        **timings: Any,
    ) -> AsyncIterator[Line]:
        naps = Naps()
        chosen: dict[str, Any] = {"api_url": server.root, **(settings or {})}
        config = TelegramConfig(token=SecretStr(token), **chosen)
        times = replace(Timings(), **{"typing": 0.0, "slow": 600.0, **timings})
        how: dict[str, Any] = {"timings": times, "sleep": sleep or naps, "clock": clock}
        platform = TelegramPlatform(config, EndpointsConfig(), services, web=web, **how)
        ready = asyncio.Event()
        task = asyncio.create_task(platform.run(ready))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        try:
            yield Line(server, platform, task, naps)
        finally:
            await platform.stop(grace)
            await asyncio.gather(task, waiting, return_exceptions=True)

    return start


@pytest.fixture(name="line")
async def fixture_line(launch: Launch, house: House) -> AsyncIterator[Line]:
    async with launch(house.services) as started:
        yield started


def heard(call: Call) -> None:
    """A voice that is one: decoded, of the length it claims, and to be heard."""
    assert call.sound is not None
    assert call.sound.seconds > 0.4
    assert abs(int(call.params["duration"]) - call.sound.seconds) <= 0.5 + 1e-6
    assert call.sound.level > 0.01


async def spent(house: House, person: Person = ANN) -> int:
    """Characters on the built-in engine's meter."""
    return (await house.ledger.usage(f"account:telegram:{person.id}", "builtin")).characters


def buttons(message: Json) -> dict[str, str]:
    """What the buttons under a message carry, by what they show."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {button["text"]: button.get("callback_data", "") for row in rows for button in row}
