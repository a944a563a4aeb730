"""What people write in the Discord stand-in, as the unmodified discord.py tells a bot of it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import pytest

from bot.config import EndpointsConfig
from bot.platforms.discord.client import addressed
from tests.fakes.discord_chat import MESSAGE_CONTENT
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import Role, User

pytest_plugins = ["tests.discord_fixtures"]


class Told:
    """What the library told of, in order."""

    def __init__(self, client: discord.Client) -> None:
        self.client = client
        self._events: asyncio.Queue[Any] = asyncio.Queue()
        for name in ("message", "raw_message_edit", "raw_message_delete", "raw_bulk_message_delete"):
            setattr(client, f"on_{name}", self._note)

    async def _note(self, event: Any) -> None:
        self._events.put_nowait(event)

    async def next(self) -> Any:
        async with asyncio.timeout(5):
            return await self._events.get()

    @property
    def nothing(self) -> bool:
        return self._events.empty()


@asynccontextmanager
async def told(server: DiscordServer, **intents: bool) -> AsyncIterator[Told]:
    trusted = ssl.create_default_context(cafile=str(server.voice.ca_file))
    with addressed(EndpointsConfig(discord_api=server.api, discord_gateway=server.gateway.url)):
        client = discord.Client(
            intents=discord.Intents(guilds=True, **intents),
            connector=aiohttp.TCPConnector(ssl=trusted),
            guild_ready_timeout=0.0,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        seen = Told(client)
        async with client:
            running = asyncio.create_task(client.start(server.token))
            await client.wait_until_ready()
            yield seen
        await running


@pytest.fixture
async def reading(server: DiscordServer) -> AsyncIterator[Told]:
    """A bot that reads everything."""
    server.gateway.privileged = MESSAGE_CONTENT
    async with told(server, guild_messages=True, dm_messages=True, message_content=True) as seen:
        yield seen


async def test_a_message_carries_what_it_has(server: DiscordServer, reading: Told) -> None:
    ada, vip = User("ada lovelace"), Role("vip")
    server.world.add_member(server.world.home, ada, vip)
    first = await server.say("first", ada)
    await server.say(
        "look", ada, files=["cat.png"], stickers=["wave"], poll="Tea?", reply_to=first, mentions=[ada], silent=True
    )
    assert (await reading.next()).content == "first"
    message: discord.Message = await reading.next()
    assert isinstance(message.author, discord.Member)
    assert (message.content, message.author.id, message.guild) == ("look", ada.id, reading.client.guilds[0])
    assert (message.attachments[0].filename, message.attachments[0].content_type) == ("cat.png", "image/png")
    assert message.stickers[0].name == "wave"
    assert message.poll is not None
    assert message.poll.question == "Tea?"
    assert message.reference is not None
    assert isinstance(message.reference.resolved, discord.Message)
    assert message.reference.resolved.content == "first"
    assert (message.type, message.flags.silent) == (discord.MessageType.reply, True)
    assert [user.id for user in message.mentions] == [ada.id]
    assert message.application_id is None
    assert vip.id in message.author._roles


async def test_messages_change_and_go(server: DiscordServer, reading: Told) -> None:
    one, two, three = [await server.say(words) for words in ("one", "two", "three")]
    assert [(await reading.next()).id for _ in range(3)] == [one.id, two.id, three.id]
    await server.edit(one, "uno")
    await server.delete(one)
    await server.delete_many([two, three])
    edited = await reading.next()
    assert (edited.message_id, edited.data["content"]) == (one.id, "uno")
    assert edited.message.edited_at is not None
    assert (await reading.next()).message_id == one.id
    assert (await reading.next()).message_ids == {two.id, three.id}


async def test_bots_webhooks_and_the_bot_itself(server: DiscordServer, reading: Told) -> None:
    await server.say("beep", User("robot", bot=True))
    await server.say("from elsewhere", User("hook", bot=True), webhook=True)
    beep, hook = await reading.next(), await reading.next()
    assert (beep.author.bot, beep.webhook_id) == (True, None)
    assert hook.webhook_id == hook.author.id
    assert isinstance(hook.author, discord.User)
    channel = reading.client.get_channel(server.world.general.id)
    assert isinstance(channel, discord.TextChannel)
    sent = await channel.send("mine")
    own = await reading.next()
    assert (own.id, own.author) == (sent.id, reading.client.user)
    await sent.delete()
    assert (await reading.next()).message_id == sent.id


async def test_one_answers_what_is_there(server: DiscordServer, reading: Told) -> None:
    said = await server.say("a question")
    message: discord.Message = await reading.next()
    await message.reply("an answer")
    await server.delete(said)
    with pytest.raises(discord.HTTPException):
        await message.reply("too late")


async def test_without_the_intent_words_stay_hidden(server: DiscordServer) -> None:
    direct = server.world.add_direct(server.world.ada)
    async with told(server, guild_messages=True, dm_messages=True) as seen:
        me = server.world.bot
        await server.say("secret", files=["cat.png"], poll="Tea?")
        await server.say("hello you", mentions=[me])
        await server.say("between us", channel=direct)
        hidden, spoken_to, private = [await seen.next() for _ in range(3)]
    assert (hidden.content, hidden.attachments, hidden.poll) == ("", [], None)
    assert spoken_to.content == "hello you"
    assert private.content == "between us"
    assert private.guild is None


async def test_without_any_intent_nothing_is_told(server: DiscordServer) -> None:
    async with told(server) as seen:
        await server.say("anything")
        channel = seen.client.get_channel(server.world.general.id)
        assert isinstance(channel, discord.TextChannel)
        await channel.send("a round trip later")
        assert seen.nothing
