"""What the tests of reading aloud on Telegram share: a group that is read, and time that a test lets pass."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.platforms.base import Services
from tests.conftest import until
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, Chat, Json, Person
from tests.fakes.telegram_requests import Call
from tests.fakes.telegram_server import TelegramServer
from tests.telegram_case import Launch, Line

GROUP = -1010


@dataclass
class Time:
    """Seconds that pass when a test says so; whoever sleeps waits for that."""

    now: float = 1000.0
    asleep: list[tuple[float, asyncio.Event]] = field(default_factory=list)
    running: bool = True
    """Nobody waits longer than a turn of the loop; False: until ``pass_by``."""

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        if self.running:
            self.now += seconds
            await asyncio.sleep(0)
            return
        event = asyncio.Event()
        self.asleep.append((self.now + seconds, event))
        await event.wait()

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        for end, event in self.asleep:
            if end <= self.now:
                event.set()
        self.asleep = [each for each in self.asleep if each[0] > self.now]


@dataclass
class Village:
    """A bot that is up, and a group that it sees."""

    line: Line
    group: Chat
    time: Time
    services: Services

    @property
    def server(self) -> TelegramServer:
        return self.line.server

    async def write(self, text: str, user: Person = BO, *, thread: int | None = None, **content: Any) -> Json:
        """Somebody writes in the group; returns the message."""
        if content or not text:
            update = await self.server.write(user.json, self.group, thread, text=text or None, **content)
        else:
            update = await self.server.text(text, user=user, chat=self.group, thread=thread)
        message: Json = update["message"]
        return message

    async def tell(self, text: str, user: Person = ANN, **more: Any) -> Call:
        """Somebody gives a command; returns what the bot says to it."""
        count = len(self.server.done("sendMessage"))
        await self.server.text(text, user=user, chat=more.pop("chat", self.group), **more)
        return (await self.server.wait_for("sendMessage", count + 1))[count]

    async def said(self, text: str, user: Person = ANN, **more: Any) -> str:
        """The same, as words."""
        return (await self.tell(text, user, **more)).params["text"]

    async def voices(self, n: int = 1) -> list[Call]:
        """Wait for so many voices."""
        return await self.server.wait_for("sendVoice", n)

    async def known(self, message: Json) -> None:
        """Wait until it is known what became of a message."""
        identity = f"{self.group.id}:{message['message_id']}"
        await until(lambda: self.services.reader.outcomes.get(identity) is not None, 20)

    async def settled(self) -> None:
        """Wait until every update was answered."""
        await self.server.all_acknowledged()


def spoken(mimo: MimoServer) -> list[str]:
    """What the speech service was asked to say, without its style."""
    return [call["messages"][-1]["content"] for call in mimo.calls]


@pytest.fixture(name="village")
async def fixture_village(launch: Launch, server: TelegramServer, mimo_house: Any) -> AsyncIterator[Village]:
    async with open_village(launch, server, mimo_house.services) as village:
        await village.tell("/read on")
        yield village


@asynccontextmanager
async def open_village(
    launch: Launch, server: TelegramServer, services: Services, **more: Any
) -> AsyncIterator[Village]:
    """A group that Ann administers, and a bot that sees everything written there."""
    server.world.bot["can_read_all_group_messages"] = True
    group = server.group(GROUP)
    group.admins.add(ANN.id)
    time = Time()
    async with launch(services, clock=time, sleep=time.sleep, **more) as line:
        yield Village(line, group, time, services)
