"""An evening in a voice call, for tests: the whole platform on the stand-ins, on a still clock."""

import asyncio
import itertools
from pathlib import Path
from typing import Any

import discord

from bot.model import Account, Lane, Space, Utterance
from bot.platforms.discord.call.session import Session
from bot.platforms.discord.call.source import GAP
from bot.platforms.discord.client import Bot, DiscordPlatform
from bot.platforms.reading.messages import Outcome
from bot.speech.sink import Recording
from tests.call_case import StillClock
from tests.conftest import House, until
from tests.discord_case import build
from tests.fakes.discord_exchange import Message
from tests.fakes.discord_listener import Packet
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import Channel, User

_NUMBERS = itertools.count()


class Evening:
    """The guild ``home``: Ada sits in the lounge, the bot may come."""

    def __init__(self, server: DiscordServer, house: House, lounge: Channel, attic: Channel, state: Path) -> None:
        self.server, self.house = server, house
        self.lounge, self.attic = lounge, attic
        self.general = server.world.general
        self.ada = server.world.ada
        self.space = Space("discord", str(server.world.home.id))
        self.clock = StillClock()
        self.people: list[User] = []
        self._state = state
        self._platform: DiscordPlatform | None = None
        self._running: asyncio.Task[None] | None = None
        self._told = 0

    @property
    def bot(self) -> Bot:
        assert self._platform is not None
        assert self._platform._bot is not None
        return self._platform._bot

    @property
    def session(self) -> Session:
        return self.bot.calls.sessions[self.server.world.home.id]

    @property
    def in_call(self) -> bool:
        return bool(self.bot.calls.sessions)

    @property
    def posts(self) -> list[str]:
        """What the bot posted into channels."""
        return [message.content for message in self.server.messages]

    async def start(self, **settings: Any) -> None:
        """Log in."""
        platform = build(self.server, self.house.services, self._state, **({"message_content": True} | settings))
        platform.timing = self.clock.timing
        self._platform = platform
        ready = asyncio.Event()
        self._running = asyncio.create_task(platform.run(ready))
        async with asyncio.timeout(15):
            await ready.wait()

    async def stop(self) -> None:
        """Stop in order."""
        if self._platform is not None and self._running is not None:
            stopping = asyncio.create_task(self._platform.stop(5.0))
            await self.clock.until(stopping.done, 600)
            await self._running
        self._platform = None

    async def move_in(self, house: House) -> None:
        """Go on with another house."""
        await self.stop()
        self.house = house
        await house.services.reader.readings.set(self.space, names=False)
        await self.start()

    async def no_marker(self) -> None:
        """No call is noted any more."""
        markers = self.house.services.reader.markers
        async with asyncio.timeout(5):
            while await markers.recent("discord", 600):
                await self.clock.advance(0.1)

    async def change(self, channel: Channel, **changes: int) -> None:
        """What the bot may do somewhere; discord.py has heard of it."""
        heard = asyncio.ensure_future(self.bot.wait_for("guild_channel_update"))
        await asyncio.sleep(0)
        await self.server.voice.change(channel, **changes)
        await asyncio.wait_for(heard, 5)

    async def stage(self, permissions: int) -> Channel:
        """A stage, with Ada in the audience; known after a new start."""
        await self.stop()
        stage = self.server.world.add_voice(self.server.world.home, "stage", stage=True, permissions=permissions)
        await self.server.voice.people.join(self.ada, stage)
        await self.start()
        return stage

    async def command(self, name: str, user: User | None = None, **options: Any) -> str:
        """What somebody is answered."""
        exchange = await self.server.slash(name, options, user=user)
        asked = asyncio.create_task(exchange.answered())
        await self.clock.until(asked.done, 300)
        return asked.result().content

    async def join(self) -> None:
        """Ada has the bot join; its greeting is cut off, and the group that encrypts is there."""
        await self.command("join")
        self.session.skip_all()
        await self.settled()

    async def settled(self, *, after: bool = True) -> None:
        """The group is there, and nothing is being read; ``heard`` begins here, or with what was read until here."""
        await until(self._is_private)
        await self.clock.advance(0.1)
        await until(lambda: not self.session.busy, 15)
        if after:
            self._told = len(self.server.voice.listener(self.lounge).heard)

    def _is_private(self) -> bool:
        """Whether the group is there, of whatever connection there is now, or nobody needs one."""
        clients = [client for client in self.bot.voice_clients if isinstance(client, discord.VoiceClient)]
        return any(client.voice_privacy_code is not None or len(client.channel.voice_states) <= 1 for client in clients)

    async def enter(self, *names: str, channel: Channel | None = None) -> list[User]:
        """People come into the lounge."""
        users = [User(name) for name in names]
        for user in users:
            await self.server.voice.people.join(user, channel or self.lounge)
        voice_channel = self.bot.get_channel((channel or self.lounge).id)
        assert isinstance(voice_channel, discord.VoiceChannel)
        await until(lambda: all(user.id in voice_channel.voice_states for user in users))
        return users

    async def write(self, words: str, user: User | None = None, channel: Channel | None = None, **more: Any) -> Message:
        return await self.server.say(words, user or self.ada, channel or self.general, **more)

    async def offered(self, *messages: Message) -> None:
        """Messages have arrived, and wait to be heard."""
        await until(lambda: all(self.session.waits(str(message.id)) for message in messages))

    def outcome(self, message: Message) -> Outcome | None:
        return self.house.services.reader.outcomes.get(str(message.id))

    async def outcomes(self, *messages: Message) -> list[str]:
        """What became of messages, once it is known of all."""
        await until(lambda: all(self.outcome(message) is not None for message in messages), 60)
        found = [self.outcome(message) for message in messages]
        return [one if isinstance(one, str) else one.code for one in found if one is not None]

    @property
    def heard(self) -> list[Packet]:
        """What the lounge heard since everything was settled."""
        return self.server.voice.listener(self.lounge).heard[self._told :]

    def spurts(self, pause: int = GAP) -> list[list[bytes]]:
        """Its words, cut where so many silent packets lie between: fewer are a machine that was busy elsewhere."""
        found: list[list[bytes]] = []
        silent = pause
        for packet in self.heard:
            if packet.silence:
                silent += 1
                continue
            if silent >= pause:
                found.append([])
            found[-1].append(packet.opus)
            silent = 0
        return found

    async def clip(self, words: str) -> list[bytes]:
        """The packets of words as they lie in the cache after they were said."""
        request = Utterance(words, f"test:{next(_NUMBERS)}", account=Account("cli", "test"), lane=Lane.JOB)
        receipt = await self.house.speech.speak(request, Recording())
        assert receipt.cached, "it was not said before"
        return list(receipt.clip.packets)
