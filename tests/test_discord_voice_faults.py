"""What goes wrong with voice calls in the Discord stand-in, and that discord.py sees it as it does with Discord."""

import asyncio
from collections.abc import Callable

import discord
import pytest

from tests.conftest import until
from tests.discord_voice_case import SILENCE, Packets, grouped, join, out, packets
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import CONNECT, EVERYTHING_WE_NEED, MOVE_MEMBERS, SPEAK, Channel, User

pytest_plugins = ["tests.discord_fixtures", "tests.discord_voice_fixtures"]


@pytest.fixture
def other(server: DiscordServer) -> Channel:
    return server.world.add_voice(server.world.home, "other")


@pytest.mark.parametrize("code", [4004, 4006, 4011, 4014, 4015, 4017, 4021, 4022])
async def test_who_is_refused_is_told_why(
    server: DiscordServer, client: discord.Client, voice_channel: Channel, code: int
) -> None:
    server.voice.refuse(code)
    with pytest.raises(discord.ConnectionClosed) as caught:
        await join(client, voice_channel)
    assert caught.value.code == code
    await out(client, voice_channel)
    assert (await join(client, voice_channel)).is_connected()
    assert server.voice.server.closes == [code]


async def test_the_library_tries_again_by_itself(
    server: DiscordServer, client: discord.Client, voice_channel: Channel
) -> None:
    server.voice.refuse(4006)
    voice = await join(client, voice_channel, reconnect=True)
    assert voice.is_connected()
    assert len(server.voice.lines) == 2


@pytest.mark.parametrize("code", [4006, 4011, 4016, 4021])
async def test_a_connection_that_is_closed_in_mid_call(
    server: DiscordServer, client: discord.Client, voice_channel: Channel, code: int
) -> None:
    await server.voice.people.join(server.world.ada, voice_channel)
    voice = await join(client, voice_channel)
    await grouped(voice, server, voice_channel)
    voice.play(Packets(packets(5)))
    await server.voice.listener(voice_channel).packets(at_least=3)
    server.voice.close(code)
    await out(client, voice_channel)
    assert not voice.is_connected()
    again = await join(client, voice_channel)
    await grouped(again, server, voice_channel)
    again.play(Packets(packets()))
    heard = await server.voice.listener(voice_channel).until(
        lambda all_: [p for p in all_.heard if p.connection == 2][5:]
    )
    assert all(packet.heard_by for packet in heard)


async def test_a_crashed_server_is_never_resumed_by_the_library(
    server: DiscordServer, client: discord.Client, voice_channel: Channel
) -> None:
    voice = await join(client, voice_channel)
    server.voice.close(4015)
    await server.until(lambda: len(server.voice.requests) > 1)
    await until(lambda: not voice.is_connected())
    assert len(server.voice.lines) == 1
    await voice.disconnect(force=True)
    assert (await join(client, voice_channel)).is_connected()


async def test_being_thrown_out(server: DiscordServer, client: discord.Client, voice_channel: Channel) -> None:
    seen: list[object] = []
    gone = asyncio.Event()

    @client.event
    async def on_voice_state_update(member: discord.Member, _: discord.VoiceState, after: discord.VoiceState) -> None:
        if member == member.guild.me and after.channel is None:
            seen.append(after)
            gone.set()

    voice = await join(client, voice_channel)
    voice.play(Packets(packets(5)))
    await server.voice.listener(voice_channel).packets(at_least=3)
    await server.voice.kick_bot()
    await asyncio.wait_for(gone.wait(), 5)
    await until(lambda: voice.guild.voice_client is None and not voice.is_playing())
    assert server.voice.bot_in() is None
    assert server.voice.server.closes == [4014]


@pytest.mark.parametrize("server_first", [False, True])
async def test_being_moved(
    server: DiscordServer, other: Channel, client: discord.Client, voice_channel: Channel, server_first: bool
) -> None:
    for user, channel in ((server.world.ada, voice_channel), (User("bob"), other)):
        await server.voice.people.join(user, channel)
    voice = await join(client, voice_channel)
    await grouped(voice, server, voice_channel)
    sent = packets(0.6)
    voice.play(Packets(sent))
    here, there = server.voice.listener(voice_channel), server.voice.listener(other)
    await here.packets(at_least=5)
    server.voice.server_first = server_first
    await server.voice.move_bot(other)
    await there.ended()
    assert voice.channel.id == other.id
    assert server.voice.bot_in() is other
    before, after = [packet.opus for packet in here.voiced], [packet.opus for packet in there.voiced]
    assert before == list(sent[: len(before)])
    assert after == list(sent[-len(after) :])
    assert all(packet.heard_by for packet in here.heard)


async def test_moving_by_oneself_is_joining_anew(
    server: DiscordServer, other: Channel, client: discord.Client, voice_channel: Channel
) -> None:
    await (await join(client, voice_channel)).disconnect()
    assert server.voice.bot_in() is None
    voice = await join(client, other)
    voice.play(Packets(packets()))
    await server.voice.listener(other).ended()
    assert not server.voice.listener(voice_channel).heard
    assert server.voice.bot_in() is other


async def test_the_main_gateway_may_drop(server: DiscordServer, client: discord.Client, voice_channel: Channel) -> None:
    await server.voice.people.join(server.world.ada, voice_channel)
    voice = await join(client, voice_channel)
    await grouped(voice, server, voice_channel)
    sent = packets(0.4)
    voice.play(Packets(sent))
    await server.voice.listener(voice_channel).packets(at_least=3)
    await server.gateway.drop()
    heard = await server.voice.listener(voice_channel).ended()
    assert [packet.opus for packet in heard] == [*sent, *[SILENCE] * 5]
    await server.until(lambda: server.gateway.resumed)
    assert server.voice.bot_in() is voice_channel


def _full(server: DiscordServer, voice_channel: Channel) -> None:
    voice_channel.user_limit = 1


def _locked(server: DiscordServer, voice_channel: Channel) -> None:
    voice_channel.permissions = EVERYTHING_WE_NEED & ~CONNECT


def _unanswered(server: DiscordServer, voice_channel: Channel) -> None:
    server.voice.answers = False


def _undiscovered(server: DiscordServer, voice_channel: Channel) -> None:
    server.voice.faults.answers_discovery = False


def _endless(server: DiscordServer, voice_channel: Channel) -> None:
    server.voice.withheld = 100


@pytest.mark.parametrize("fault", [_full, _locked, _unanswered, _undiscovered, _endless])
async def test_what_gets_no_answer_times_out(
    server: DiscordServer,
    client: discord.Client,
    voice_channel: Channel,
    fault: Callable[[DiscordServer, Channel], None],
) -> None:
    await server.voice.people.join(server.world.ada, voice_channel)
    fault(server, voice_channel)
    with pytest.raises(TimeoutError):
        await join(client, voice_channel, timeout=0.2)
    assert client.voice_clients == []


async def test_who_may_move_people_enters_a_full_channel(
    server: DiscordServer, client: discord.Client, voice_channel: Channel
) -> None:
    await server.voice.people.join(server.world.ada, voice_channel)
    await server.voice.set_user_limit(voice_channel, 1)
    with pytest.raises(ValueError, match="nobody"):
        await server.voice.people.join(User("bob"), voice_channel)
    await server.voice.change(voice_channel, permissions=EVERYTHING_WE_NEED | MOVE_MEMBERS)
    assert (await join(client, voice_channel)).is_connected()


async def test_a_server_that_is_made_ready_first(
    server: DiscordServer, client: discord.Client, voice_channel: Channel
) -> None:
    server.voice.withheld = 1
    joining = asyncio.create_task(join(client, voice_channel))
    await server.until(lambda: server.voice.bot_in() is voice_channel and server.voice.withheld == 0)
    await server.voice.name_endpoint()
    assert (await joining).is_connected()


async def test_no_way_of_encryption_in_common(
    server: DiscordServer, client: discord.Client, voice_channel: Channel
) -> None:
    server.voice.faults.modes = ["aead_aes256_gcm_rtpsize"]
    with pytest.raises(IndexError):
        await join(client, voice_channel)


async def test_without_the_right_to_speak_nobody_hears(
    server: DiscordServer, client: discord.Client, voice_channel: Channel
) -> None:
    await server.voice.people.join(server.world.ada, voice_channel)
    await server.voice.change(voice_channel, permissions=EVERYTHING_WE_NEED & ~SPEAK)
    voice = await join(client, voice_channel)
    await grouped(voice, server, voice_channel)
    voice.play(Packets(packets()))
    assert {packet.heard_by for packet in await server.voice.listener(voice_channel).ended()} == {()}
    await server.voice.change(voice_channel, permissions=EVERYTHING_WE_NEED)
    await until(lambda: not voice.guild.me.voice.suppress if voice.guild.me.voice else False)
    voice.play(Packets(packets()))
    heard = await server.voice.listener(voice_channel).ended(2)
    assert heard[-1].heard_by == (server.world.ada.id,)
    await server.voice.mute_bot()
    voice.play(Packets(packets()))
    assert (await server.voice.listener(voice_channel).ended(3))[-1].heard_by == ()


async def test_a_broken_welcome_is_made_good(
    server: DiscordServer, client: discord.Client, voice_channel: Channel
) -> None:
    """The bot says that it could not read the welcome, and comes into the group by another key package."""
    for user in (server.world.ada, User("bob")):
        await server.voice.people.join(user, voice_channel)
    server.voice.hold_welcome(voice_channel)
    group = server.voice.group(voice_channel)
    voice = await join(client, voice_channel)
    await server.until(lambda: voice.user.id in group.members)
    group.spoil()
    group.release()
    await server.until(lambda: server.voice.violations)
    await grouped(voice, server, voice_channel)
    assert "could not read" in server.voice.violations.pop()
    voice.play(Packets(packets()))
    heard = await server.voice.listener(voice_channel).ended()
    assert all(len(packet.heard_by) == 2 for packet in heard)
