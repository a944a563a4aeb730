"""The Discord platform: logging in, staying, stopping in order."""

import asyncio
import logging
from pathlib import Path

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from pydantic import SecretStr

from bot.config import DiscordConfig, EndpointsConfig
from bot.errors import PlatformError
from bot.log import protect
from bot.platforms.discord.client import DiscordPlatform
from bot.texts import say
from tests.conftest import House
from tests.discord_case import EXTENSIONS, TEXT, Start, account, build, voices_of
from tests.fakes.discord_server import Clock, DiscordServer
from tests.fakes.discord_tls import authority
from tests.fakes.discord_world import User
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures"]


# Coming and going


@pytest.mark.parametrize("close_code", [None, 4004])
async def test_a_wrong_token(server: DiscordServer, house: House, tmp_path: Path, close_code: int | None) -> None:
    server.gateway.refuse_with = close_code
    token = "wrong" if close_code is None else server.token
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    platform = build(server, house.services, tmp_path, token=SecretStr(token))
    with pytest.raises(PlatformError) as caught:
        await platform.run(asyncio.Event())
    assert (caught.value.code, caught.value.facts) == ("platform.token", {"platform": "discord"})
    assert before == (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)
    await platform.stop(1.0)


async def test_intents_that_are_switched_off(server: DiscordServer, house: House, tmp_path: Path) -> None:
    server.gateway.refuse_with = 4014
    with pytest.raises(PlatformError) as caught:
        await build(server, house.services, tmp_path).run(asyncio.Event())
    assert caught.value.code == "platform.intents"


async def test_a_network_that_is_not_there(server: DiscordServer, house: House, tmp_path: Path) -> None:
    platform = build(server, house.services, tmp_path)
    await server.stop()
    with pytest.raises(PlatformError) as caught:
        await platform.run(asyncio.Event())
    assert caught.value.code == "platform.unreachable"


async def test_a_gateway_that_is_not_there(
    server: DiscordServer, house: House, tmp_path: Path, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.discord.client.CONNECTING", 0.3)
    server.state.gateway_url = f"ws://127.0.0.1:{unused_tcp_port}/"
    endpoints = EndpointsConfig(discord_api=server.api, discord_gateway=server.state.gateway_url)
    config = DiscordConfig(token=SecretStr(server.token))
    with pytest.raises(PlatformError) as caught:
        await DiscordPlatform(config, endpoints, house.services, EXTENSIONS, state_dir=tmp_path).run(asyncio.Event())
    assert caught.value.code == "platform.unreachable"


async def test_an_authority_of_ones_own(house: House, tmp_path: Path) -> None:
    pem = authority().ca_file
    async with DiscordServer(tls=authority().context) as server:
        config = DiscordConfig(token=SecretStr(server.token))
        for trusted, code in ((tmp_path / "missing.pem", "bad_ca_file"), (None, "unreachable"), (pem, None)):
            endpoints = EndpointsConfig(
                discord_api=server.api, discord_gateway=server.gateway.url, ca_file=str(trusted or "")
            )
            platform = DiscordPlatform(config, endpoints, house.services, EXTENSIONS, state_dir=tmp_path)
            ready = asyncio.Event()
            running = asyncio.create_task(platform.run(ready))
            if code is None:
                await server.until(lambda: server.gateway.connected)
                await platform.stop(1.0)
                await running
            else:
                with pytest.raises(PlatformError) as caught:
                    await running
                assert caught.value.code == f"platform.{code}"


async def test_it_asks_for_no_privileged_intent(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        asked = discord.Intents._from_value(server.gateway.identified[0]["intents"])
    assert asked == discord.Intents(guilds=True, voice_states=True, guild_messages=True)


async def test_message_content_is_asked_for_where_it_is_set(server: DiscordServer, house: House, start: Start) -> None:
    server.gateway.privileged = discord.Intents(message_content=True).value
    async with start(house.services, message_content=True):
        assert discord.Intents._from_value(server.gateway.identified[-1]["intents"]).message_content


async def test_without_the_intent_in_the_portal_only_reading_aloud_is_missing(
    server: DiscordServer, house: House, start: Start, caplog: pytest.LogCaptureFixture, mod: User
) -> None:
    async with start(house.services, message_content=True):
        asked = [discord.Intents._from_value(one["intents"]).message_content for one in server.gateway.identified]
        assert asked[-1] is False
        await (await server.slash("say", {"text": "I still speak."})).answered()
        found = (await (await server.slash("doctor", user=mod)).answered()).content
    assert [record.levelname for record in caplog.records if "Message Content Intent" in record.message] == ["WARNING"]
    assert say("platform.no_content", "en") in caplog.text
    assert f"! {say('doctor.discord.content.off', 'en')}" in found


async def test_a_mention_of_the_bot_is_no_command(
    server: DiscordServer, house: House, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async with start(house.services) as platform:
        assert platform._bot is not None
        heard = asyncio.ensure_future(platform._bot.wait_for("message"))
        await asyncio.sleep(0)
        bot = server.world.bot
        for words in ("hello there", "help", ""):
            await server.say(f"<@{bot.id}> {words}", server.world.ada, server.world.general, mentions=[bot])
        await asyncio.wait_for(heard, 5)
        await (await server.slash("help")).answered()
    assert "Ignoring exception" not in caplog.text
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("remaining", [0, 199, 200, 1000])
async def test_the_doctor_tells_when_few_connections_are_left(
    server: DiscordServer, house: House, tmp_path: Path, remaining: int
) -> None:
    server.state.starts_left = remaining
    found = await build(server, house.services, tmp_path).examine()
    told = [finding.sentence("en") for finding in found if finding.code == "doctor.discord.starts"]
    assert bool(told) == (remaining < 200)
    assert all(f"only {remaining} of 1,000" in line for line in told)


async def test_shards_are_as_configured(server: DiscordServer, house: House, start: Start) -> None:
    """Two processes could share the guilds so: each hears its own."""
    other = server.world.add_guild("other")
    other.id = (server.world.home.id >> 22 | 1) << 22  # of an odd number: the second of two shards
    server.world.guilds[other.id] = other
    elsewhere = server.world.add_channel(other, "elsewhere")
    server.world.home.id = (server.world.home.id >> 23) << 23  # of an even one
    server.world.guilds[server.world.home.id] = server.world.home
    server.world.general.guild_id = server.world.home.id
    async with start(house.services, shard_count=2, shard_ids=(1,)):
        assert [identify["shard"] for identify in server.gateway.identified] == [[1, 2]]
        unheard = await server.slash("say", {"text": TEXT})
        await (await server.slash("say", {"text": TEXT}, channel=elsewhere)).answered()
    assert unheard.callback is None
    assert [message.channel for message in voices_of(server)] == [elsewhere]


async def test_how_many_shards_is_discords_advice(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        assert server.statuses("gateway") == [200]
        assert [identify["shard"] for identify in server.gateway.identified] == [[0, 1]]


def test_shards_that_do_not_exist_are_refused() -> None:
    for wrong in ({"shard_ids": (0,)}, {"shard_ids": (2,), "shard_count": 2}, {"shard_ids": (-1,), "shard_count": 2}):
        with pytest.raises(ValueError, match="shards"):
            DiscordConfig(**wrong)


async def test_a_dropped_gateway_is_resumed(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        await server.gateway.drop()
        await server.until(lambda: server.gateway.resumed)
        await (await server.slash("say", {"text": TEXT})).answered()
    assert server.messages[0].voice


async def test_stop_lets_speech_finish(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    gate = mimo.hold_after(1)
    async with start(mimo_house.services) as platform:
        exchange = await server.slash("say", {"text": TEXT})
        await gate.reached.wait()
        stopping = asyncio.create_task(platform.stop(30.0))
        late = await server.slash("say", {"text": "too late"})
        assert (await late.answered()).content == say("bot.stopping", "en")
        gate.set()
        await exchange.answered()
        await stopping
    assert len(voices_of(server)) == 1
    assert (await mimo_house.ledger.usage(account(server).scope)).characters == len(TEXT)


async def test_stop_does_not_wait_forever(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    gate = mimo.hold_after(1)
    async with start(mimo_house.services) as platform:
        exchange = await server.slash("say", {"text": TEXT})
        await gate.reached.wait()
        await platform.stop(0.0)
        assert (await exchange.answered()).content == say("bot.stopping", "en")
        gate.set()
    assert server.messages == []
    assert (await mimo_house.ledger.usage(account(server).scope)).characters == 0


async def test_stop_before_and_after(server: DiscordServer, house: House, start: Start, tmp_path: Path) -> None:
    platform = build(server, house.services, tmp_path)
    await platform.stop(1.0)
    await platform.run(asyncio.Event())
    assert server.gateway.identified == []
    async with start(house.services) as platform:
        await platform.stop(1.0)
        await platform.stop(1.0)


async def test_stop_while_logging_in(server: DiscordServer, house: House, tmp_path: Path) -> None:
    gate = server.hold("me")
    platform = build(server, house.services, tmp_path)
    running = asyncio.create_task(platform.run(asyncio.Event()))
    await gate.reached.wait()
    await platform.stop(1.0)
    await running
    gate.open()


async def test_no_secret_and_no_words_in_the_log(
    server: DiscordServer, house: House, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in logging.Logger.manager.loggerDict)]
    handlers, levels = root.handlers[:], [logger.level for logger in loggers]
    server.fail("message", "429")
    try:
        protect([server.token], "debug")
        async with start(house.services):
            await (await server.slash("say", {"text": "a planted sentence"})).answered()
            await (await server.slash("say", {"text": "\u200b", "voice": "a planted voice"})).answered()
        logging.getLogger("mouthpiece").warning("the log works; token %s", server.token)
    finally:
        root.handlers[:] = handlers
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
    log = capsys.readouterr().err
    assert "the log works" in log
    assert server.token not in log
    assert "planted" not in log


async def test_a_real_clock_is_quick_enough(house: House, tmp_path: Path) -> None:
    """Without a frozen clock: the three seconds are kept."""
    async with DiscordServer(clock=Clock()) as server:
        platform = build(server, house.services, tmp_path)
        ready = asyncio.Event()
        running = asyncio.create_task(platform.run(ready))
        await ready.wait()
        exchange = await server.slash("say", {"text": TEXT})
        await exchange.answered()
        await platform.stop(5.0)
        await running
    assert exchange.latency is not None
