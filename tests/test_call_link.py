"""The connection of a call: discord.py against the stand-in's voice server, with what goes wrong, on a still clock."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial

import discord
import pytest

from bot.errors import BotError, InputError, PlatformError
from bot.platforms.discord.call.link import (
    DEAD,
    FATAL,
    HEAL_PAUSES,
    JOIN_LIMIT,
    JOIN_PAUSES,
    LEAVE_LIMIT,
    LOOK,
    PRIVACY,
    CallClient,
    Link,
)
from bot.platforms.discord.call.source import LiveSource
from tests.call_case import StillClock
from tests.conftest import until
from tests.discord_case import bursts
from tests.fakes import discord_world as rights
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import EVERYTHING_WE_NEED, Channel, User

pytest_plugins = ["tests.discord_fixtures", "tests.discord_voice_fixtures"]
CLIP = bursts(0.4)


@dataclass
class Owner:
    """Notes what the link and the source tell."""

    events: list[str] = field(default_factory=list)

    def lost(self) -> None:
        self.events.append("lost")

    def back(self) -> None:
        self.events.append("back")

    def ended(self, error: BotError) -> None:
        self.events.append(error.code)

    def started(self, item: str) -> None:
        self.events.append(f"started {item}")

    def finished(self, item: str, skipped: bool) -> None:
        self.events.append(f"finished {item}")


class Call:
    """A link, its source, and the voice channels of the guild."""

    def __init__(self, server: DiscordServer, bot: discord.Client, lounge: Channel, attic: Channel) -> None:
        self.server, self.bot = server, bot
        self.lounge, self.attic = lounge, attic
        self.clock = StillClock()
        self.owner = Owner()
        self.source = LiveSource(self.owner, self._wake)
        self.link = Link(self.source, self.owner, self.clock.timing)

    def _wake(self) -> None:
        self.link.playback.wake()

    def voice_channel(self, channel: Channel) -> discord.VoiceChannel | discord.StageChannel:
        found = self.bot.get_channel(channel.id)
        assert isinstance(found, discord.VoiceChannel | discord.StageChannel)
        return found

    @property
    def client(self) -> CallClient:
        found = self.bot.voice_clients[0]
        assert isinstance(found, CallClient)
        return found

    async def change(self, channel: Channel, *, permissions: int | None = None, user_limit: int | None = None) -> None:
        """And discord.py has heard of it."""
        heard = asyncio.ensure_future(self.bot.wait_for("guild_channel_update"))
        await asyncio.sleep(0)
        await self.server.voice.change(channel, permissions=permissions, user_limit=user_limit)
        await asyncio.wait_for(heard, 5)

    async def join(self, channel: Channel | None = None, *, protected: bool = True) -> None:
        """And where people listen, the group that encrypts is there."""
        voice_channel = self.voice_channel(channel or self.lounge)
        await self.link.join(voice_channel)
        if protected and len(voice_channel.voice_states) > 1:
            await until(lambda: self.client.voice_privacy_code is not None)

    async def until_last(self, packet: bytes) -> list[bytes]:
        """What the lounge and then the attic heard of words, once the last of them is this packet of the last item."""
        listeners = [self.server.voice.listener(channel) for channel in (self.lounge, self.attic)]

        def heard() -> list[bytes]:
            return [packet.opus for listener in listeners for packet in listener.voiced]

        await until(lambda: "finished a" in self.owner.events and heard()[-1] == packet, 10)
        return heard()

    async def say(self, item: str, packets: tuple[bytes, ...] = CLIP.packets) -> None:
        line = self.source.line(item)
        await line.write(packets)
        line.close()

    async def heard(self, channel: Channel, count: int) -> list[bytes]:
        """The first packets of words that a channel hears."""
        packets = await self.server.voice.listener(channel).until(
            lambda listener: listener.voiced if len(listener.voiced) >= count else None
        )
        return [packet.opus for packet in packets]


@pytest.fixture
async def attic(server: DiscordServer, voice_channel: Channel) -> Channel:
    """Another voice channel; Ada sits in the first one."""
    await server.voice.people.join(server.world.ada, voice_channel)
    return server.world.add_voice(server.world.home, "attic")


@pytest.fixture
async def call(
    server: DiscordServer, voice_channel: Channel, attic: Channel, client: discord.Client
) -> AsyncIterator[Call]:
    """A link that is not connected yet, on an unmodified discord.py."""
    call = Call(server, client, voice_channel, attic)
    yield call
    await call.link.leave()


# Joining


async def test_what_is_written_to_the_source_is_what_listeners_hear(call: Call) -> None:
    await call.join()
    await call.say("a")
    assert await call.heard(call.lounge, len(CLIP.packets)) == list(CLIP.packets)
    listener = call.server.voice.listener(call.lounge)
    assert listener.exposed == []
    assert {packet.heard_by for packet in listener.voiced} == {(call.server.world.ada.id,)}
    state = call.server.voice.bot_state()
    assert state is not None
    assert state.self_deaf
    assert call.owner.events == ["started a", "finished a"]


async def test_in_an_empty_channel_nobody_is_waited_for(call: Call) -> None:
    await call.join(call.attic)
    await call.say("a")
    assert await call.heard(call.attic, len(CLIP.packets)) == list(CLIP.packets)


async def test_the_first_words_wait_for_the_group_that_encrypts_them(call: Call) -> None:
    call.server.voice.hold_welcome(call.lounge)
    await call.join(protected=False)
    await call.say("a")
    await call.clock.advance(PRIVACY / 2)
    call.server.voice.release_welcome(call.lounge)
    await until(lambda: call.client.voice_privacy_code is not None)
    await call.clock.advance(PRIVACY / 4)
    assert await call.heard(call.lounge, len(CLIP.packets)) == list(CLIP.packets)
    assert call.server.voice.listener(call.lounge).exposed == []


async def test_that_wait_is_bounded(call: Call) -> None:
    call.server.voice.hold_welcome(call.lounge)
    await call.join(protected=False)
    await call.say("a")
    await call.clock.advance(PRIVACY - 0.1)
    assert not call.link.playback.playing
    await call.clock.advance(0.2)
    assert len(await call.heard(call.lounge, len(CLIP.packets))) == len(CLIP.packets)


async def test_a_refusal_at_the_first_try_is_tried_again(call: Call) -> None:
    call.server.voice.refuse(4006)
    joining = asyncio.create_task(call.join())
    await until(lambda: call.clock.asleep(1.0))
    await call.clock.advance(1.0)
    await joining
    assert call.link.connected


async def test_joining_is_given_up_after_some_tries(call: Call) -> None:
    call.server.voice.refuse(4006, 10)
    joining = asyncio.create_task(call.join())
    for pause in JOIN_PAUSES[1:]:
        await until(partial(call.clock.asleep, pause))
        await call.clock.advance(pause)
    with pytest.raises(PlatformError, match=r"call\.unreachable"):
        await joining
    assert len(call.server.voice.lines) == len(JOIN_PAUSES)
    assert call.server.voice.bot_in() is None


@pytest.mark.parametrize("code", sorted(FATAL))
async def test_what_cannot_be_helped_is_named_at_once(call: Call, code: int) -> None:
    call.server.voice.refuse(code)
    with pytest.raises(PlatformError, match=re.escape(FATAL[code])):
        await call.join()
    assert len(call.server.voice.lines) == 1


async def test_a_way_of_encryption_that_discord_py_lacks_is_named(call: Call) -> None:
    call.server.voice.faults.modes = ["aead_aes256_gcm_rtpsize"]
    with pytest.raises(PlatformError, match=r"call\.encryption"):
        await call.join()


async def test_silence_of_the_gateway_ends_each_try(call: Call) -> None:
    call.server.voice.answers = False
    joining = asyncio.create_task(call.join())
    began = call.clock.now
    await call.clock.until(joining.done, 100)
    assert call.clock.now - began < len(JOIN_PAUSES) * (JOIN_LIMIT + LEAVE_LIMIT + 0.5) + sum(JOIN_PAUSES)
    with pytest.raises(PlatformError, match=r"call\.unreachable"):
        await joining


@pytest.mark.parametrize(
    ("right", "code"),
    [(rights.VIEW_CHANNEL, "call.no_view"), (rights.CONNECT, "call.no_connect"), (rights.SPEAK, "call.no_speak")],
)
async def test_a_missing_right_is_named_before_joining(call: Call, right: int, code: str) -> None:
    await call.change(call.lounge, permissions=EVERYTHING_WE_NEED & ~right)
    with pytest.raises(InputError, match=re.escape(code)):
        await call.join()
    assert call.server.voice.requests == []


async def test_a_full_channel_is_named_before_joining(call: Call) -> None:
    await call.change(call.lounge, user_limit=1)
    with pytest.raises(InputError, match=r"call\.full"):
        await call.join()
    await call.change(call.lounge, permissions=EVERYTHING_WE_NEED | rights.MOVE_MEMBERS)
    await call.join()
    assert call.link.connected


# In mid-call


async def _cut_in_mid_call(call: Call, code: int) -> None:
    await call.join()
    await call.say("a", CLIP.packets * 5)
    await call.heard(call.lounge, 10)
    call.server.voice.close(code)


@pytest.mark.parametrize("code", [1006, 4006, 4009, 4015])
async def test_a_connection_that_breaks_is_made_anew_and_goes_on(call: Call, code: int) -> None:
    await _cut_in_mid_call(call, code)
    began = call.clock.now
    await call.clock.until(lambda: "back" in call.owner.events and call.link.playback.playing)
    assert call.clock.now - began < DEAD + 2 * LOOK + PRIVACY
    packets = await call.until_last(CLIP.packets[-1])
    assert call.owner.events == ["started a", "back", "finished a"]
    assert packets[-20:] == list(CLIP.packets * 5)[-20:]
    assert len(packets) > len(CLIP.packets) * 5 - 10
    assert len(call.server.voice.lines) == 2


async def test_told_to_have_left_and_moved_nowhere_it_comes_back(call: Call) -> None:
    """The library waits 15 s for a move, and sends into nothing meanwhile."""
    await _cut_in_mid_call(call, 4014)
    began = call.clock.now
    await call.clock.until(lambda: "back" in call.owner.events)
    assert call.clock.now - began < DEAD + 3 * LOOK
    await call.say("b")
    await call.clock.until(lambda: call.link.playback.playing)
    assert (await call.until_last(CLIP.packets[-1]))[-20:] == list(CLIP.packets)[-20:]
    assert len(call.server.voice.lines) == 2


@pytest.mark.parametrize("code", [4017, 4021])
async def test_what_cannot_be_helped_ends_the_call(call: Call, code: int) -> None:
    await _cut_in_mid_call(call, code)
    await call.clock.until(lambda: FATAL[code] in call.owner.events)
    assert call.link.voice_channel is None
    assert len(call.server.voice.lines) == 1


async def test_whoever_is_thrown_out_stays_out(call: Call) -> None:
    await call.join()
    await call.server.voice.kick_bot()
    await call.clock.until(lambda: call.owner.events == ["call.taken_out"])
    await call.clock.advance(60)
    assert call.server.voice.bot_in() is None
    assert len(call.server.voice.lines) == 1


async def test_a_moderators_move_is_followed_without_loss(call: Call) -> None:
    await call.server.voice.people.join(User("bob"), call.attic)
    await call.join()
    await call.say("a", CLIP.packets * 5)
    await call.heard(call.lounge, 10)
    await call.server.voice.move_bot(call.attic)
    call.link.follow(call.voice_channel(call.attic))
    assert await call.until_last(CLIP.packets[-1]) == list(CLIP.packets * 5)
    await call.clock.advance(10 * DEAD)
    assert call.link.voice_channel == call.voice_channel(call.attic)
    assert call.owner.events == ["started a", "finished a"]


async def test_moving_is_leaving_and_joining(call: Call) -> None:
    await call.join()
    await call.say("a", CLIP.packets * 5)
    await call.heard(call.lounge, 10)
    await call.link.move(call.voice_channel(call.attic))
    await call.clock.until(lambda: call.link.playback.playing)
    heard = await call.until_last(CLIP.packets[-1])
    assert heard[-20:] == list(CLIP.packets * 5)[-20:]
    assert len(heard) >= len(CLIP.packets) * 5 - 3
    assert call.server.voice.bot_in() is call.attic
    assert len(call.server.voice.lines) == 2


async def test_whoever_cannot_move_stays(call: Call) -> None:
    await call.join()
    await call.change(call.attic, permissions=EVERYTHING_WE_NEED & ~rights.CONNECT)
    with pytest.raises(InputError, match=r"call\.no_connect"):
        await call.link.move(call.voice_channel(call.attic))
    assert call.link.connected
    assert call.server.voice.bot_in() is call.lounge


async def test_after_a_move_that_failed_it_goes_back(call: Call) -> None:
    await call.join()
    call.server.voice.refuse(4017)
    with pytest.raises(PlatformError, match=r"call\.encryption"):
        await call.link.move(call.voice_channel(call.attic))
    await call.clock.until(lambda: call.link.connected)
    assert call.server.voice.bot_in() is call.lounge


async def test_a_call_that_cannot_be_made_anew_is_given_up(call: Call) -> None:
    await call.join()
    call.server.voice.faults.refuse_always = 4006
    call.server.voice.close(4006)
    await call.clock.until(lambda: call.owner.events == ["lost"])
    await call.clock.until(lambda: call.owner.events == ["lost", "call.unreachable"], 2 * sum(HEAL_PAUSES))
    assert len(call.server.voice.lines) == 1 + len(HEAL_PAUSES)
    assert call.link.voice_channel is None


async def test_a_right_that_was_taken_away_meanwhile_is_named(call: Call) -> None:
    await call.join()
    call.server.voice.refuse(4006)
    call.server.voice.close(4006)
    await call.clock.until(lambda: call.owner.events == ["lost"])
    await call.change(call.lounge, permissions=EVERYTHING_WE_NEED & ~rights.CONNECT)
    await call.clock.until(lambda: call.owner.events == ["lost", "call.no_connect"])


async def test_a_gateway_that_resumes_does_not_touch_the_call(call: Call) -> None:
    await call.join()
    await call.say("a", CLIP.packets * 3)
    await call.heard(call.lounge, 10)
    await call.server.gateway.drop()
    assert await call.heard(call.lounge, len(CLIP.packets) * 3) == list(CLIP.packets * 3)
    await until(lambda: call.server.gateway.resumed == 1)
    assert call.link.connected


# Leaving


async def test_leaving_leaves_nothing_behind(call: Call) -> None:
    await call.join()
    await call.say("a")
    await call.heard(call.lounge, 5)
    await call.link.leave()
    assert call.server.voice.bot_in() is None
    assert call.link.voice_channel is None
    await until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("audio-player")])
    await call.link.leave()
