"""The Discord stand-in's voice server, with discord.py's own voice client at the other end, unmodified."""

import discord
import pytest

from tests.conftest import until
from tests.discord_voice_case import SILENCE, Packets, grouped, join, packets
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import EVERYTHING_WE_NEED, MUTE_MEMBERS, REQUEST_TO_SPEAK, Channel, User
from tests.fakes.tones import pitch

pytest_plugins = ["tests.discord_fixtures", "tests.discord_voice_fixtures"]


@pytest.fixture
def stage(server: DiscordServer) -> Channel:
    return server.world.add_voice(server.world.home, "stage", stage=True)


@pytest.fixture
async def company(server: DiscordServer, voice_channel: Channel) -> User:
    """Somebody who was there before the bot logged in."""
    await server.voice.people.join(server.world.ada, voice_channel)
    return server.world.ada


async def test_what_is_played_is_heard(server: DiscordServer, client: discord.Client, voice_channel: Channel) -> None:
    await server.voice.people.join(server.world.ada, voice_channel)
    voice = await join(client, voice_channel)
    await grouped(voice, server, voice_channel)
    sent = packets()
    voice.play(Packets(sent))
    listener = server.voice.listener(voice_channel)
    heard = await listener.ended()
    assert [packet.opus for packet in heard] == [*sent, *[SILENCE] * 5]
    assert all(packet.encrypted != packet.silence for packet in heard)
    assert all(packet.heard_by == (server.world.ada.id,) for packet in heard)
    sequence, timestamp = heard[0].sequence, heard[0].timestamp
    assert [packet.sequence for packet in heard] == [sequence + n for n in range(len(heard))]
    assert [packet.timestamp for packet in heard] == [timestamp + 960 * n for n in range(len(heard))]
    assert len(listener.spurts()) == 1
    sound = listener.decode(0, len(sent))
    assert (sound.rate, len(sound.samples)) == (48_000, 2 * 960 * len(sent))
    assert pitch(sound.samples, 48_000) == pytest.approx(440, abs=5)


@pytest.mark.parametrize("bot_commits", [False, True])
async def test_whoever_comes_in_mid_play_hears_the_rest(
    server: DiscordServer, client: discord.Client, voice_channel: Channel, bot_commits: bool
) -> None:
    ada, bob = server.world.ada, User("bob")
    group, listener = server.voice.group(voice_channel), server.voice.listener(voice_channel)
    group.bot_commits = bot_commits
    await server.voice.people.join(ada, voice_channel)
    voice = await join(client, voice_channel)
    await grouped(voice, server, voice_channel)
    before = voice.voice_privacy_code
    sent = packets(0.6)
    voice.play(Packets(sent))
    await listener.packets(at_least=10)
    await server.voice.people.join(bob, voice_channel)
    await grouped(voice, server, voice_channel)
    assert before != voice.voice_privacy_code == group.privacy_code
    assert group.members == {ada.id, bob.id, client.application_id}
    heard = (await listener.ended())[: len(sent)]
    assert [packet.opus for packet in heard] == list(sent)
    assert all(packet.encrypted and ada.id in packet.heard_by for packet in heard)
    assert heard[0].heard_by == (ada.id,)
    assert heard[-1].heard_by == (ada.id, bob.id)
    assert group.lost_commits == (0 if bot_commits else 2)


async def test_whoever_left_hears_no_more(
    server: DiscordServer, client: discord.Client, voice_channel: Channel
) -> None:
    ada, bob = server.world.ada, User("bob")
    for user in (ada, bob):
        await server.voice.people.join(user, voice_channel)
    voice = await join(client, voice_channel)
    await grouped(voice, server, voice_channel)
    code = voice.voice_privacy_code
    await server.voice.people.leave(bob)
    await grouped(voice, server, voice_channel)
    assert voice.voice_privacy_code != code
    await server.voice.people.deafen(ada, voice_channel)
    voice.play(Packets(packets()))
    heard = await server.voice.listener(voice_channel).ended()
    assert {packet.heard_by for packet in heard} == {()}


async def test_the_last_to_leave_ends_the_group(
    server: DiscordServer, client: discord.Client, voice_channel: Channel
) -> None:
    listener = server.voice.listener(voice_channel)
    await server.voice.people.join(server.world.ada, voice_channel)
    voice = await join(client, voice_channel)
    await grouped(voice, server, voice_channel)
    await server.voice.people.leave(server.world.ada)
    await until(lambda: not voice._connection.can_encrypt)
    voice.play(Packets(packets()))
    heard = await listener.ended()
    assert len(listener.exposed) == len(heard) - 5 == len(packets())
    await server.voice.people.join(server.world.ada, voice_channel)
    await grouped(voice, server, voice_channel)
    voice.play(Packets(packets()))
    heard = await listener.ended(2)
    assert [packet.opus for packet in heard[-len(packets()) - 5 : -5]] == list(packets())
    assert len(listener.exposed) == len(packets())


async def test_alone_there_is_nobody_to_share_keys_with(
    server: DiscordServer, client: discord.Client, voice_channel: Channel
) -> None:
    voice = await join(client, voice_channel)
    voice.play(Packets(packets()))
    heard = await server.voice.listener(voice_channel).ended()
    assert voice.voice_privacy_code is None
    assert {packet.heard_by for packet in heard} == {()}
    assert [packet.opus for packet in heard[:-5]] == list(packets())


async def test_a_late_welcome(server: DiscordServer, client: discord.Client, voice_channel: Channel) -> None:
    listener = server.voice.listener(voice_channel)
    server.voice.hold_welcome(voice_channel)
    await server.voice.people.join(server.world.ada, voice_channel)
    voice = await join(client, voice_channel)
    sent = packets(0.6)
    voice.play(Packets(sent))
    early = await listener.packets(at_least=10)
    assert not any(packet.encrypted or packet.heard_by for packet in early)
    assert voice.voice_privacy_code is None
    server.voice.release_welcome(voice_channel)
    heard = await listener.ended()
    assert heard[len(sent) - 1].encrypted
    assert len(listener.exposed) >= 10
    assert [packet.opus for packet in heard[:-5]] == list(sent)


async def test_heartbeats_acknowledge(server: DiscordServer, client: discord.Client, voice_channel: Channel) -> None:
    server.voice.faults.heartbeat_ms = 400
    await server.voice.people.join(server.world.ada, voice_channel)
    voice = await join(client, voice_channel)
    await grouped(voice, server, voice_channel)
    line = server.voice.lines[0]
    count = len(line.heartbeats)
    await server.until(lambda: len(line.heartbeats) > count + 1)
    assert line.heartbeats[-1] > 0  # the external sender, proposals, a welcome, a transition came before


async def test_on_a_stage_one_is_let_up(server: DiscordServer, stage: Channel, client: discord.Client) -> None:
    await server.voice.people.join(server.world.ada, stage)
    voice = await join(client, stage)
    listener = server.voice.listener(stage)
    me = voice.guild.me
    voice.play(Packets(packets()))
    assert {packet.heard_by for packet in await listener.ended()} == {()}
    with pytest.raises(discord.Forbidden):
        await me.edit(suppress=False)
    with pytest.raises(discord.Forbidden):
        await me.request_to_speak()
    await server.voice.change(stage, permissions=EVERYTHING_WE_NEED | MUTE_MEMBERS | REQUEST_TO_SPEAK)
    await me.request_to_speak()
    await until(lambda: me.voice is not None and me.voice.requested_to_speak_at is not None)
    await me.edit(suppress=False)
    await until(lambda: me.voice is not None and not me.voice.suppress)
    voice.play(Packets(packets()))
    heard = await listener.ended(2)
    assert heard[-1].heard_by == heard[-6].heard_by == (server.world.ada.id,)
    assert not heard[-6].encrypted
    assert voice.voice_privacy_code is None


async def test_who_is_there_is_known_from_the_start(
    server: DiscordServer, voice_channel: Channel, company: User, client: discord.Client
) -> None:
    ada, bob = company, User("bob")
    channel = client.get_channel(voice_channel.id)
    assert isinstance(channel, discord.VoiceChannel)
    assert [member.id for member in channel.members] == [ada.id]
    assert channel.permissions_for(channel.guild.me).value == EVERYTHING_WE_NEED
    await server.voice.people.join(bob, voice_channel)
    await server.voice.people.mute(ada, voice_channel)
    await until(lambda: len(channel.members) == 2 and channel.voice_states[ada.id].self_mute)
    await server.voice.people.leave(ada)
    await server.voice.set_user_limit(voice_channel, 7)
    await until(lambda: [member.id for member in channel.members] == [bob.id] and channel.user_limit == 7)
