"""Two front ends before one core: what a person does and sees on Discord and on Telegram, in the words of the stories.

Used by ``test_stories.py``. Behind each front end stand the real library and the real core; before it the stand-in.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import SecretStr

from bot.config import EndpointsConfig, TelegramConfig
from bot.errors import PlatformError
from bot.model import Account, Space
from bot.platforms.base import Platform, Services
from bot.platforms.telegram.client import TelegramPlatform
from bot.platforms.telegram.updates import Timings
from tests.conftest import until
from tests.discord_case import build, voices_of, words_of
from tests.fakes.discord_exchange import Exchange
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_sound import Sound, decode
from tests.fakes.discord_world import Role, User
from tests.fakes.telegram_chats import ANN, BO, LI, Json, Person
from tests.fakes.telegram_server import TOKEN, TelegramServer
from tests.telegram_case import buttons


@dataclass(frozen=True)
class Wish:
    """Something a person asked for."""

    handle: Any
    """The exchange, or the update."""
    other: bool = False
    """Of the second person."""


class Door(Protocol):
    """A platform as people see it. ``other`` is a second person."""

    name: str
    language: str
    """Of the first person, by the platform's word."""

    def account(self, *, other: bool = False) -> Account: ...

    def space(self) -> Space:
        """The server or group where several people are."""
        ...

    def promote(self) -> str:
        """Give the first person a role there; its scope."""
        ...

    async def say(
        self,
        text: str,
        *,
        voice: str = "",
        design: str = "",
        style: str = "",
        other: bool = False,
        among_others: bool = False,
    ) -> Wish:
        """Ask for something; ``among_others`` in the server or group, else wherever the platform has it usual."""
        ...

    async def sing(self, text: str) -> Wish:
        """Have it sung."""
        ...

    async def alone(self, text: str) -> Sound:
        """Ask for something that nobody else hears; it, decoded."""
        ...

    async def reply(self, text: str) -> Wish:
        """Have a message of somebody else read."""
        ...

    async def restyle(self, style: str) -> Wish:
        """Choose another style for what was asked for first."""
        ...

    def clock(self, moment: datetime) -> str:
        """How a time of day is written there, as far as it does not change from minute to minute."""
        ...

    async def quota(self) -> str:
        """What ``/quota`` tells where several people are."""
        ...

    async def cancel(self, request: Wish) -> None:
        """Give up what waits for its turn."""
        ...

    async def redeliver(self, request: Wish) -> None:
        """The platform brings the same thing once more, as after a lost answer."""
        ...

    async def sounds(self, count: int) -> list[Sound]:
        """Wait for so many voice messages; every one that was delivered, decoded."""
        ...

    async def told(self, request: Wish, words: str) -> None:
        """Wait until the person was told something with these words in it."""
        ...

    def delivered(self) -> int:
        """How many voice messages there are."""
        ...


class DiscordDoor:
    """Slash commands, menus and buttons."""

    name = "discord"

    def __init__(self, server: DiscordServer, folder: Path) -> None:
        self.server = server
        self.language = "en"
        self._folder = folder
        self._bo = User("bo")
        server.world.add_member(server.world.home, self._bo)
        self._first: Exchange | None = None

    def platform(self, services: Services) -> Platform:
        return build(self.server, services, self._folder)

    def account(self, *, other: bool = False) -> Account:
        return Account("discord", str((self._bo if other else self.server.world.ada).id))

    def space(self) -> Space:
        return Space("discord", str(self.server.world.home.id))

    def promote(self) -> str:
        role = Role("elder")
        self.server.world.add_member(self.server.world.home, self.server.world.ada, role)
        return f"role:discord:{role.id}"

    async def say(
        self,
        text: str,
        *,
        voice: str = "",
        design: str = "",
        style: str = "",
        other: bool = False,
        among_others: bool = False,
    ) -> Wish:
        how = {"voice": voice, "design": design, "style": style}
        options = {"text": text} | {name: value for name, value in how.items() if value}
        user = self._bo if other else None
        exchange = await self.server.slash("say", options, user=user, locale=None if other else self._locale)
        self._first = self._first or exchange
        return Wish(exchange, other)

    async def sing(self, text: str) -> Wish:
        return Wish(await self.server.slash("sing", {"text": text}, locale=self._locale))

    async def alone(self, text: str) -> Sound:
        request = await self.server.slash("say", {"text": text, "private": True}, locale=self._locale)
        answer = await request.answered()
        assert answer.private
        return decode(answer.files[0].data)

    async def reply(self, text: str) -> Wish:
        message = self.server.written(text, self._bo)
        return Wish(await self.server.menu("Speak this message", message, locale=self._locale))

    @property
    def _locale(self) -> str:
        return "zh-CN" if self.language == "zh" else "en-US"

    async def restyle(self, style: str) -> Wish:
        assert self._first is not None
        panel = await self._first.answered()
        return Wish(await self.server.press(panel, panel.button("mp:style"), style))

    def clock(self, moment: datetime) -> str:
        return f"<t:{int(moment.timestamp())}:t> (<t:{int(moment.timestamp())}:R>)"

    async def quota(self) -> str:
        return (await (await self.server.slash("quota", locale=self._locale)).answered()).content.replace("**", "")

    async def cancel(self, request: Wish) -> None:
        place = await request.handle.answered()
        await until(lambda: any(name.startswith("mp:cancel") for name in place.buttons))
        await (await self.server.press(place, place.button("mp:cancel"), user=request.handle.user)).acknowledged()
        await until(lambda: not place.buttons)

    async def redeliver(self, request: Wish) -> None:
        await request.handle.answered()
        request.handle.callback = request.handle.original = None  # as if its first answer had never arrived
        await self.server.redeliver(request.handle)
        await request.handle.withdrawn()

    async def sounds(self, count: int) -> list[Sound]:
        await self.server.until(lambda: len(voices_of(self.server)) >= count)
        return [decode(message.files[0].data) for message in voices_of(self.server)]

    async def told(self, request: Wish, words: str) -> None:
        def answers() -> list[str]:
            shown = [each.content for each in (request.handle.original, *request.handle.followups) if each is not None]
            return [*shown, *words_of(self.server)]

        await self.server.until(lambda: any(words in each for each in answers()))

    def delivered(self) -> int:
        return len(voices_of(self.server))


class TelegramDoor:
    """Commands, replies and keyboards."""

    name = "telegram"

    def __init__(self, server: TelegramServer, folder: Path) -> None:
        self.server = server
        self.language = "en"

    def platform(self, services: Services) -> Platform:
        config = TelegramConfig(token=SecretStr(TOKEN), api_url=self.server.root)
        return TelegramPlatform(
            config, EndpointsConfig(), services, timings=Timings(typing=0.0, queue=0.05, slow=600.0)
        )

    def account(self, *, other: bool = False) -> Account:
        return Account("telegram", str(self._person(other).id))

    def space(self) -> Space:
        return Space("telegram", str(self.server.group().id))

    def promote(self) -> str:
        self.server.group().admins.add(self._person(False).id)
        return f"role:telegram:{self.server.group().id}"

    async def say(
        self,
        text: str,
        *,
        voice: str = "",
        design: str = "",
        style: str = "",
        other: bool = False,
        among_others: bool = False,
    ) -> Wish:
        options = [
            f'{name}:"{value}"' for name, value in (("voice", voice), ("design", design), ("style", style)) if value
        ]
        line = " ".join(["/say@mouthpiece_bot" if among_others else "/say", *options, text])
        chat = self.server.group() if among_others else None
        return Wish(await self.server.text(line, user=self._person(other), chat=chat), other)

    async def sing(self, text: str) -> Wish:
        return Wish(await self.server.text(f"/sing {text}", user=self._person(False)))

    async def alone(self, text: str) -> Sound:
        person = self._person(False)
        await self.server.text(text, user=person)
        (call,) = await self.server.wait_for("sendVoice")
        assert call.params["chat_id"] == str(person.id)
        return decode(call.files["voice"].data)

    async def reply(self, text: str) -> Wish:
        group = self.server.group()
        other = await self.server.text(text, user=BO, chat=group)
        asked = await self.server.text(
            "/say@mouthpiece_bot", user=self._person(False), chat=group, reply_to=other["message"]
        )
        return Wish(asked)

    async def restyle(self, style: str) -> Wish:
        first = self.server.done("sendVoice")[0].result
        return Wish(await self.server.press(first, buttons(first)[style], user=self._person(False)))

    def clock(self, moment: datetime) -> str:
        return f"{moment:%H:%M} UTC" + (", in " if self.language == "en" else "，")

    async def quota(self) -> str:
        before = len(self.server.done("sendMessage"))
        await self.server.text("/quota@mouthpiece_bot", user=self._person(False), chat=self.server.group())
        text: str = (await self.server.wait_for("sendMessage", before + 1))[-1].params["text"]
        return text.replace("\n\n", "\n")

    async def cancel(self, request: Wish) -> None:
        shown: list[Json] = []

        def offered() -> bool:
            shown[:] = [call.result for call in self.server.done("sendMessage") if "reply_markup" in call.result]
            return bool(shown)

        await self.server.until(offered)
        await self.server.press(shown[-1], next(iter(buttons(shown[-1]).values())), user=self._person(request.other))
        await self.server.wait_for("deleteMessage")

    async def redeliver(self, request: Wish) -> None:
        self.server.redeliver(request.handle)

    async def sounds(self, count: int) -> list[Sound]:
        calls = await self.server.wait_for("sendVoice", count)
        return [decode(call.files["voice"].data) for call in calls if "voice" in call.files]

    async def told(self, request: Wish, words: str) -> None:
        chat = str(request.handle["message"]["chat"]["id"])

        def answers() -> list[str]:
            asked = [*self.server.asked("sendMessage"), *self.server.asked("sendVoice")]
            here = [call.params for call in asked if call.params["chat_id"] == chat]
            return [params.get("text", "") + params.get("caption", "") for params in here]

        await self.server.until(lambda: any(words in each for each in answers()))

    def delivered(self) -> int:
        return len(self.server.done("sendVoice"))

    def _person(self, other: bool) -> Person:
        if other:
            return BO
        return LI if self.language == "zh" else ANN


AnyDoor = DiscordDoor | TelegramDoor


@asynccontextmanager
async def opened(front_end: AnyDoor, services: Services) -> AsyncIterator[Platform]:
    """The platform, up until the block ends."""
    platform = front_end.platform(services)
    ready = asyncio.Event()
    running = asyncio.create_task(platform.run(ready))
    try:
        async with asyncio.timeout(15):
            await ready.wait()
        yield platform
    finally:
        await platform.stop(5.0)
        with suppress(PlatformError):
            await running
