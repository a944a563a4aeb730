"""Answers with sound: an unmodified discord.py bot against the stand-in, every way they can go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import discord
import pytest
from discord.ext import commands

from bot.audio import ogg
from bot.audio.opus import decode
from bot.config import EndpointsConfig
from bot.platforms.discord import voice_message
from bot.platforms.discord.client import addressed
from bot.platforms.discord.voice_message import SentClip, Way
from tests.discord_case import bursts
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import ATTACH_FILES, EVERYTHING_WE_NEED, SEND_MESSAGES, SEND_VOICE_MESSAGES, VIEW_CHANNEL

CLIP = bursts(1.5)
Asked = discord.Interaction[Any]


class Probe:
    """A bot with one command whose body a test supplies."""

    def __init__(self, server: DiscordServer) -> None:
        self.server = server
        self.body: Callable[[Asked], Awaitable[Any]] = self.speak
        self.outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def speak(self, asked: Asked) -> SentClip:
        await voice_message.defer(asked)
        return await voice_message.send(asked, CLIP)

    async def call(self, asked: Asked) -> None:
        try:
            self.outcome.set_result(await self.body(asked))
        except discord.HTTPException as error:
            self.outcome.set_exception(error)


@pytest.fixture
async def probe() -> AsyncIterator[Probe]:
    async with DiscordServer() as server:
        probe = Probe(server)
        bot = commands.Bot(
            commands.when_mentioned, intents=discord.Intents(guilds=True), guild_ready_timeout=0.0, help_command=None,
            allowed_mentions=discord.AllowedMentions.none(),
        )  # fmt: skip

        @bot.tree.command(name="probe", description="Answers with sound")
        async def command(asked: discord.Interaction) -> None:
            await probe.call(asked)

        with addressed(EndpointsConfig(discord_api=server.api, discord_gateway=server.gateway.url)):
            async with bot:
                await bot.login(server.token)
                await bot.tree.sync()
                serving = asyncio.create_task(bot.connect())
                await server.until(lambda: server.gateway.connected)
                yield probe
            await serving


async def test_into_the_channel(probe: Probe) -> None:
    exchange = await probe.server.slash("probe")
    delivery = await probe.outcome
    [message] = probe.server.messages
    assert delivery == SentClip("voice", message.id)
    assert message.voice
    assert exchange.callback == {"type": 5, "data": {"flags": 64}}
    clip, tags = ogg.read(message.files[0].data)
    assert clip == CLIP
    assert tags["SYNTHETIC"]
    assert len(decode(clip.packets, clip.pre_skip, clip.samples).samples) == 2 * CLIP.samples
    assert probe.server.refusals == []


async def test_into_a_direct_channel(probe: Probe) -> None:
    channel = probe.server.world.add_direct(probe.server.world.ada)
    await probe.server.slash("probe", channel=channel)
    assert (await probe.outcome).kind == "voice"
    assert probe.server.messages[0].channel is channel


async def test_where_the_bot_is_no_member(probe: Probe) -> None:
    world = probe.server.world
    elsewhere = world.add_channel(world.add_guild("elsewhere", bot_is_member=False), "general")
    exchange = await probe.server.slash("probe", channel=elsewhere)
    assert (await probe.outcome).kind == "voice"
    assert exchange.callback == {"type": 5, "data": {"flags": 8192}}
    assert (await exchange.answered()).voice
    assert probe.server.messages == []
    assert probe.server.refusals == []


@pytest.mark.parametrize("fate", ["lost", "refused"])
async def test_a_deferred_voice_message_may_not_become_one(probe: Probe, fate: str) -> None:
    world = probe.server.world
    probe.server.state.deferred_voice = fate
    others = world.add_direct(world.ada, world.bot, with_bot=False)
    exchange = await probe.server.slash("probe", channel=others)
    assert (await probe.outcome).kind == "file"
    message = await exchange.answered()
    assert not message.voice
    assert ogg.read(message.files[0].data)[0] == CLIP
    assert len(message.files) == 1
    assert probe.server.statuses("edit") == ([200] if fate == "lost" else [400, 200])


async def test_without_the_permission_it_is_a_file(probe: Probe) -> None:
    probe.server.world.general.permissions = EVERYTHING_WE_NEED & ~SEND_VOICE_MESSAGES
    exchange = await probe.server.slash("probe")
    delivery = await probe.outcome
    assert (delivery.kind, delivery.private) == ("file", False)
    assert exchange.callback is not None
    assert not exchange.callback.get("data", {}).get("flags")
    assert ogg.read((await exchange.answered()).files[0].data)[0] == CLIP
    assert probe.server.refusals == []


@pytest.mark.parametrize("code", ["50173", "50160", "50161"])
async def test_refused_at_the_last_moment_it_is_a_file_in_the_channel(probe: Probe, code: str) -> None:
    probe.server.fail("message", code)
    await probe.server.slash("probe")
    delivery = await probe.outcome
    [message] = probe.server.messages
    why = f"discord.why_file.{'channel' if code == '50173' else 'refused'}"
    assert delivery == SentClip("file", message.id, why=why)
    assert ogg.read(message.files[0].data)[0] == CLIP


@pytest.mark.parametrize(
    ("allowed", "calls"),
    [(VIEW_CHANNEL, [403, 403]), (0, [403]), (VIEW_CHANNEL | SEND_MESSAGES, [403, 403])],
)
async def test_shut_out_at_the_last_moment_it_is_private(probe: Probe, allowed: int, calls: list[int]) -> None:
    async def body(asked: Asked) -> SentClip:
        await voice_message.defer(asked)
        probe.server.world.general.permissions = allowed
        return await voice_message.send(asked, CLIP)

    probe.body = body
    exchange = await probe.server.slash("probe")
    delivery = await probe.outcome
    assert (delivery.kind, delivery.private) == ("file", True)
    answer = await exchange.answered()
    assert answer.private
    assert ogg.read(answer.files[0].data)[0] == CLIP
    assert probe.server.statuses("message") == calls


async def test_files_may_be_allowed_where_voice_messages_are_not(probe: Probe) -> None:
    async def body(asked: Asked) -> SentClip:
        await voice_message.defer(asked)
        probe.server.world.general.permissions = VIEW_CHANNEL | SEND_MESSAGES | ATTACH_FILES
        return await voice_message.send(asked, CLIP)

    probe.body = body
    await probe.server.slash("probe")
    why = "discord.why_file.permission"
    assert (await probe.outcome) == SentClip("file", probe.server.messages[0].id, why=why)


async def test_a_lost_flag_is_noticed_and_not_sent_again(probe: Probe) -> None:
    probe.server.fail("message", "lost flag")
    await probe.server.slash("probe")
    assert (await probe.outcome).kind == "file"
    assert len(probe.server.messages) == 1


async def test_a_repeated_request_does_not_post_twice(probe: Probe) -> None:
    probe.server.fail("message", "500 after")
    await probe.server.slash("probe")
    assert (await probe.outcome).kind == "voice"
    assert len(probe.server.messages) == 1
    assert probe.server.statuses("message") == [500, 200]


async def test_rate_limits_are_waited_for(probe: Probe) -> None:
    probe.server.fail("message", "429", times=2)
    await probe.server.slash("probe")
    assert (await probe.outcome).kind == "voice"
    assert probe.server.statuses("message") == [429, 429, 200]


async def test_other_refusals_are_raised(probe: Probe) -> None:
    probe.server.fail("message", "40005")
    await probe.server.slash("probe")
    with pytest.raises(discord.HTTPException):
        await probe.outcome
    assert len(probe.server.statuses("message")) == 1


async def test_several_clips_of_one_answer(probe: Probe) -> None:
    async def body(asked: Asked) -> list[str]:
        await voice_message.defer(asked)
        return [(await voice_message.send(asked, CLIP)).kind for _ in range(3)]

    probe.body = body
    await probe.server.slash("probe")
    assert await probe.outcome == ["voice"] * 3
    assert len(probe.server.messages) == 3

    elsewhere = probe.server.world.add_guild("elsewhere", bot_is_member=False)
    probe.outcome = asyncio.get_running_loop().create_future()
    exchange = await probe.server.slash("probe", channel=probe.server.world.add_channel(elsewhere, "general"))
    assert await probe.outcome == ["voice", "file", "file"]
    assert len(exchange.followups) == 2
    assert probe.server.refusals == []


async def test_words_are_private_whatever_the_way(probe: Probe) -> None:
    world = probe.server.world
    elsewhere = world.add_channel(world.add_guild("elsewhere", bot_is_member=False), "general")

    async def refuse(asked: Asked) -> Way:
        way = await voice_message.defer(asked)
        await voice_message.tell(asked, "no")
        return way

    async def refuse_at_once(asked: Asked) -> None:
        await voice_message.tell(asked, "no")

    probe.body = refuse
    exchange = await probe.server.slash("probe")
    assert await probe.outcome is Way.CHANNEL
    assert (await exchange.answered()).private

    probe.outcome = asyncio.get_running_loop().create_future()
    exchange = await probe.server.slash("probe", channel=elsewhere)
    assert await probe.outcome is Way.RESPONSE
    assert exchange.deleted
    assert (await exchange.followup()).private

    probe.outcome = asyncio.get_running_loop().create_future()
    probe.body = refuse_at_once
    exchange = await probe.server.slash("probe")
    await probe.outcome
    assert (await exchange.answered()).private
    assert probe.server.refusals == []


async def test_long_words_are_cut(probe: Probe) -> None:
    async def chatter(asked: Asked) -> None:
        await voice_message.tell(asked, "x" * 5000)

    probe.body = chatter
    exchange = await probe.server.slash("probe")
    await probe.outcome
    assert len((await exchange.answered()).content) == 2000


async def test_sizes_allowed(probe: Probe) -> None:
    async def measure(asked: Asked) -> int:
        return voice_message.size_limit(asked)

    probe.body = measure
    await probe.server.slash("probe", file_limit=500 * 1024 * 1024)
    assert await probe.outcome == 10 * 1024 * 1024  # the guild's, not the person's
    probe.outcome = asyncio.get_running_loop().create_future()
    await probe.server.slash("probe", file_limit=1000)
    assert await probe.outcome == 1000
