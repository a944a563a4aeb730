"""A whole evening in a call: coming, going, being moved, muted, cut off and started again; what cannot be spoken."""

import pytest

from bot.store.sessions import Binding
from bot.texts import say
from tests.call_evening import Evening
from tests.conftest import BuildHouse, until
from tests.fakes import discord_world as rights
from tests.fakes.discord_world import EVERYTHING_WE_NEED
from tests.fakes.mimo_server import Fault, MimoServer

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]


def _text(code: str, evening: Evening, **facts: object) -> str:
    return say(code, "en", **({"channel": f"<#{evening.lounge.id}>"} | facts))


async def _bind(evening: Evening) -> None:
    await evening.house.services.reader.bindings.bind(Binding(evening.space, str(evening.general.id)))


# Coming and going


async def test_somebody_in_a_call_who_writes_in_a_bound_channel_brings_the_bot(evening: Evening) -> None:
    await _bind(evening)
    outsider = rights.User("outsider")
    assert await evening.outcomes(await evening.write("I am not in a call.", outsider)) == ["unread.no_session"]
    written = await evening.write("Hello there.")
    await until(lambda: evening.posts == [_text("call.joined", evening)])
    await evening.settled()
    assert await evening.outcomes(written) == ["read"]


async def test_that_can_be_switched_off(evening: Evening) -> None:
    await _bind(evening)
    await evening.house.services.reader.readings.set(evening.space, auto_join=False)
    assert await evening.outcomes(await evening.write("Hello there.")) == ["unread.no_session"]
    assert not evening.in_call


async def test_what_keeps_the_bot_from_coming_is_told_once(evening: Evening) -> None:
    await _bind(evening)
    await evening.change(evening.lounge, permissions=EVERYTHING_WE_NEED & ~rights.SPEAK)
    written = [await evening.write("Hello there.") for _ in range(3)]
    assert await evening.outcomes(*written) == ["unread.no_speak"] * 3
    await until(lambda: bool(evening.posts))
    assert evening.posts == [_text("call.no_speak", evening)]


async def test_when_nobody_is_left_the_bot_leaves_after_a_while(evening: Evening) -> None:
    await evening.join()
    await evening.server.voice.people.leave(evening.ada)
    await until(lambda: evening.clock.asleep(120))
    await evening.clock.advance(119)
    assert evening.in_call
    await evening.clock.advance(2)
    await evening.clock.until(lambda: not evening.in_call and evening.server.voice.bot_in() is None)
    await until(lambda: evening.posts[-1] == _text("call.left_alone", evening))


async def test_whoever_comes_back_in_time_finds_the_bot(evening: Evening) -> None:
    await evening.join()
    await evening.server.voice.people.leave(evening.ada)
    await until(lambda: evening.clock.asleep(120))
    await evening.enter("bob")
    await evening.clock.advance(300)
    assert evening.in_call


async def test_whoever_was_thrown_out_says_so_and_does_not_come_by_itself(evening: Evening) -> None:
    await _bind(evening)
    await evening.join()
    await evening.server.voice.kick_bot()
    await evening.clock.until(lambda: not evening.in_call)
    await until(lambda: evening.posts[-1] == _text("call.taken_out", evening))
    assert await evening.outcomes(await evening.write("Are you there?")) == ["unread.no_session"]
    await evening.clock.advance(600)
    await evening.write("Are you there now?")
    await until(lambda: evening.in_call)


async def test_a_moderators_move_is_followed_and_remembered(evening: Evening) -> None:
    await evening.join()
    await evening.server.voice.people.join(evening.ada, evening.attic)
    await evening.server.voice.move_bot(evening.attic)
    await until(
        lambda: (
            evening.session.link.voice_channel is not None and evening.session.link.voice_channel.id == evening.attic.id
        )
    )
    await evening.clock.until(lambda: evening.session.link.connected)
    await evening.settled()
    written = await evening.write("Up here.")
    assert await evening.outcomes(written) == ["read"]
    assert evening.server.voice.listener(evening.attic).voiced
    (marker,) = await evening.house.services.reader.markers.recent("discord", 60)
    assert marker.voice_channel == str(evening.attic.id)


async def test_a_call_that_breaks_keeps_what_is_written(evening: Evening) -> None:
    await evening.join()
    evening.server.voice.refuse(4006, 2)
    evening.server.voice.close(4006)
    await evening.clock.until(lambda: evening.posts[-1] == _text("call.lost", evening))
    written = await evening.write("Do you still hear me?")
    await evening.offered(written)
    assert evening.server.voice.line() is None
    await evening.clock.until(lambda: evening.session.link.connected)
    await evening.settled(after=False)
    assert await evening.outcomes(written) == ["read"]
    clip = await evening.clip("Do you still hear me?")
    await until(lambda: evening.spurts() == [clip])


async def test_muted_by_a_moderator_it_says_so_and_waits(evening: Evening) -> None:
    await evening.join()
    await evening.server.voice.mute_bot()
    await until(lambda: evening.posts[-1] == _text("call.muted", evening))
    written = await evening.write("Can anybody hear me?")
    await evening.offered(written)
    await evening.server.voice.mute_bot(on=False)
    assert await evening.outcomes(written) == ["read"]


# A new start


async def test_after_a_restart_the_call_goes_on_without_a_word(evening: Evening) -> None:
    await evening.join()
    posts = len(evening.posts)
    await evening.stop()
    assert evening.server.voice.bot_in() is None
    await evening.start()
    await evening.clock.until(lambda: evening.in_call)
    await evening.settled()
    written = await evening.write("Welcome back.")
    assert await evening.outcomes(written) == ["read"]
    assert len(evening.posts) == posts


async def test_an_old_call_is_not_taken_up(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    await evening.join()
    await evening.stop()
    monkeypatch.setattr("bot.platforms.discord.call.calls.YOUNG", -1.0)
    await evening.start()
    assert not evening.in_call
    assert await evening.house.services.reader.markers.recent("discord", 600) == ()


async def test_where_nobody_waits_a_call_is_not_taken_up(evening: Evening) -> None:
    await evening.join()
    await evening.stop()
    await evening.server.voice.people.leave(evening.ada)
    await evening.start()
    await evening.no_marker()
    assert not evening.in_call


async def test_where_a_right_is_gone_a_call_is_not_taken_up(evening: Evening) -> None:
    await evening.join()
    await evening.stop()
    evening.lounge.permissions = EVERYTHING_WE_NEED & ~rights.CONNECT
    await evening.start()
    await evening.no_marker()
    assert not evening.in_call


# What cannot be spoken


async def test_without_the_intent_it_says_so(evening: Evening) -> None:
    await evening.stop()
    await evening.start(message_content=False)
    before = len(evening.server.messages)
    assert await evening.command("join") == _text("call.reads_nothing", evening)
    await evening.settled(after=False)
    assert len(evening.server.messages) == before, "nothing is promised in public"
    assert not any(not packet.silence for packet in evening.heard), "nor in the call"
    await evening.settled()
    assert await evening.outcomes(await evening.write("Can you read this?")) == ["unread.no_content"]


async def test_a_failure_is_posted_once_and_told_again_when_it_comes_back(
    evening: Evening, build_house: BuildHouse, mimo: MimoServer
) -> None:
    await evening.move_in(
        await build_house(
            providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
            speech={"providers": ["mimo"]},
        )
    )
    await evening.join()
    posts = len(evening.posts)
    mimo.faults = [Fault("402", times=2)]
    for words in ("One.", "Two."):
        assert await evening.outcomes(await evening.write(words)) == ["unread.provider"]
    assert len(evening.posts) == posts + 1
    assert await evening.outcomes(await evening.write("Three.")) == ["read"]
    mimo.faults = [Fault("402")]
    assert await evening.outcomes(await evening.write("Four.")) == ["unread.provider"]
    await until(lambda: len(evening.posts) == posts + 2)


async def test_when_the_quota_ends_the_built_in_engine_goes_on_and_says_so_once(
    evening: Evening, build_house: BuildHouse, mimo: MimoServer
) -> None:
    await evening.move_in(
        await build_house(
            providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
            speech={"providers": ["mimo", "espeak"]},
            quota={"account_characters_per_day": 20},
        )
    )
    await evening.join()
    posts = len(evening.posts)
    for words in ("Fifteen letters", "Fifteen more of", "And once more.."):
        assert await evening.outcomes(await evening.write(words)) == ["read"]
    await until(lambda: len(evening.posts) == posts + 1)
    assert evening.posts[-1] == say("note.quota_built_in", "en", provider="espeak")


# On a stage


async def test_on_a_stage_it_takes_the_floor_where_it_may(evening: Evening) -> None:
    stage = await evening.stage(EVERYTHING_WE_NEED | rights.MUTE_MEMBERS)
    assert await evening.command("join", channel=stage)
    state = evening.server.voice.bot_state()
    assert state is not None
    assert not state.suppress
    assert evening.posts == [say("call.joined", "en", channel=f"<#{stage.id}>")]


async def test_on_a_stage_it_asks_to_speak_and_waits(evening: Evening) -> None:
    stage = await evening.stage(EVERYTHING_WE_NEED | rights.REQUEST_TO_SPEAK)
    await evening.command("join", channel=stage)
    state = evening.server.voice.bot_state()
    assert state is not None
    assert state.asked_to_speak
    await until(lambda: say("call.suppressed", "en", channel=f"<#{stage.id}>") in evening.posts)
    assert evening.server.voice.listener(stage).heard == []
    await evening.server.voice.suppress_bot(on=False)
    await until(lambda: len(evening.server.voice.listener(stage).voiced) > 10)
