"""What can go wrong around a call, each made to happen: nothing is lost without an outcome or ends without a word."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.platforms.discord.call.calls import Marks
from bot.platforms.discord.call.link import CallChannel
from bot.platforms.reading.judge import Reader
from bot.store.sessions import Binding
from bot.texts import say
from tests.call_evening import Evening
from tests.conftest import BuildHouse, House, until
from tests.fakes import discord_world as rights
from tests.fakes.discord_world import EVERYTHING_WE_NEED
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]


async def _bind(evening: Evening) -> None:
    await evening.house.services.reader.bindings.bind(Binding(evening.space, str(evening.general.id)))


async def _bound_call(evening: Evening) -> None:
    """The bot came by itself, and everything is settled."""
    await _bind(evening)
    await evening.write("Hello there.")
    await until(lambda: evening.in_call)
    await evening.settled()


async def _no_resume(evening: Evening) -> None:
    """The gateway session is over for good, and discord.py has begun another one."""
    ready = asyncio.ensure_future(evening.bot.wait_for("ready"))
    await asyncio.sleep(0)
    await evening.server.gateway.drop(forget=True)
    await asyncio.wait_for(ready, 20)


# Discord begins again


async def test_after_a_new_gateway_session_those_who_come_are_read(evening: Evening) -> None:
    await evening.join()
    await _no_resume(evening)
    (bob,) = await evening.enter("bob")
    written = await evening.write("Here I am.", bob), await evening.write("So am I.")
    assert await evening.outcomes(*written) == ["read"] * 2
    assert evening.session.link.voice_channel is evening.bot.get_channel(evening.lounge.id)


async def test_after_a_new_gateway_session_an_empty_call_is_left(evening: Evening) -> None:
    await evening.join()
    await _no_resume(evening)
    await evening.server.voice.people.leave(evening.ada)
    await until(lambda: evening.clock.asleep(120))
    await evening.clock.advance(121)
    await evening.clock.until(lambda: not evening.in_call)


async def test_who_left_while_the_gateway_was_away_is_missed(evening: Evening) -> None:
    await evening.join()
    ready = asyncio.ensure_future(evening.bot.wait_for("ready"))
    await asyncio.sleep(0)
    evening.server.gateway.refuse_with = 4008
    await evening.server.gateway.drop(forget=True)
    await evening.server.voice.people.leave(evening.ada)
    evening.server.gateway.refuse_with = 0
    await asyncio.wait_for(ready, 30)
    await until(lambda: evening.clock.asleep(120))


async def test_a_bound_call_that_a_restart_broke_off_still_says_what_goes_wrong(evening: Evening) -> None:
    await _bound_call(evening)
    await evening.stop()
    await evening.start()
    await evening.clock.until(lambda: evening.in_call)
    await evening.server.voice.mute_bot()
    await until(lambda: evening.posts[-1] == say("call.muted", "en", channel=f"<#{evening.lounge.id}>"))
    assert evening.server.messages[-1].channel is evening.general


# While it is coming and going


async def test_what_is_deleted_or_edited_while_it_joins(evening: Evening) -> None:
    await _bind(evening)
    evening.server.voice.answers = False
    deleted, edited = await evening.write("Take this back."), await evening.write("A first draft.")
    calls, guild = evening.bot.calls, evening.server.world.home.id
    await until(lambda: calls._guild(guild).waiting == 2)
    await evening.server.delete(deleted)
    await evening.server.edit(edited, "The final words.")
    await until(lambda: calls._guild(guild).waiting == 4)
    evening.server.voice.answers = True
    await evening.clock.until(lambda: evening.in_call, 60)
    await evening.settled(after=False)
    assert await evening.outcomes(deleted, edited) == ["unread.deleted", "read"]
    clip = await evening.clip("The final words.")
    await until(lambda: evening.spurts()[-1] == clip)


async def test_whoever_comes_back_in_the_midst_of_leaving_gets_one_call(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _bound_call(evening)
    begun, gate = _gated(monkeypatch, Marks, "drop")
    await evening.server.voice.people.leave(evening.ada)
    await until(lambda: evening.clock.asleep(120))
    await evening.clock.advance(121)
    await asyncio.wait_for(begun.wait(), 5)
    left = evening.posts[-1]
    await evening.server.voice.people.join(evening.ada, evening.lounge)
    written = await evening.write("Are you there?")
    gate.set()
    await evening.clock.until(lambda: evening.in_call and evening.session.link.connected, 60)
    await evening.settled(after=False)
    assert await evening.outcomes(written) == ["read"]
    assert left == say("call.left_alone", "en", channel=f"<#{evening.lounge.id}>")
    assert evening.posts.count(say("call.lost", "en", channel=f"<#{evening.lounge.id}>")) == 0
    assert len(await evening.house.services.reader.markers.recent("discord", 600)) == 1


def _gated(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> tuple[asyncio.Event, asyncio.Event]:
    """Have a method wait: set when it began, and to be set for it to go on."""
    begun, gate = asyncio.Event(), asyncio.Event()
    method: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def slowly(*arguments: Any) -> Any:
        begun.set()
        await gate.wait()
        return await method(*arguments)

    monkeypatch.setattr(owner, name, slowly)
    return begun, gate


async def test_a_call_that_stays_for_ever_is_left_once_it_is_to_be_left(evening: Evening) -> None:
    await evening.house.core.readings.set(evening.space, alone_seconds=0)
    await evening.join()
    await evening.server.voice.people.leave(evening.ada)
    await until(lambda: evening.clock.asleep(60))
    await evening.clock.advance(600)
    assert evening.in_call
    await evening.house.core.readings.set(evening.space, alone_seconds=90)
    await evening.clock.until(lambda: not evening.in_call, 600)


async def test_why_it_stayed_away_is_forgotten_once_it_came(evening: Evening) -> None:
    await _bind(evening)
    await evening.change(evening.lounge, permissions=EVERYTHING_WE_NEED & ~rights.SPEAK)
    assert await evening.outcomes(await evening.write("one")) == ["unread.no_speak"]
    await until(lambda: len(evening.posts) == 1)
    await evening.change(evening.lounge, permissions=EVERYTHING_WE_NEED)
    assert await evening.outcomes(await evening.write("two")) == ["unread.no_session"], "it may, but waits a minute"
    await evening.join()
    await evening.command("leave")
    posts = len(evening.posts)
    await evening.clock.advance(700)
    await evening.change(evening.lounge, permissions=EVERYTHING_WE_NEED & ~rights.SPEAK)
    assert await evening.outcomes(await evening.write("three")) == ["unread.no_speak"]
    await until(lambda: len(evening.posts) == posts + 1)


async def test_setup_within_a_call_speaks_its_line(evening: Evening) -> None:
    mod = rights.User("mod")
    home = evening.server.world.home
    evening.server.world.add_member(home, mod)
    home.moderators.add(mod.id)
    await evening.join()
    await evening.command("setup", user=mod, voice_channel=evening.lounge)
    await until(lambda: bool(evening.spurts()))
    await evening.settled(after=False)
    clip = await evening.clip(say("call.spoken_greeting", "en"))
    await until(lambda: evening.spurts() == [clip])


# While it reads


async def test_a_store_that_fails_is_told_once(evening: Evening) -> None:
    await evening.join()
    posts = len(evening.posts)
    database = evening.house.core.database
    await database.write(lambda connection: connection.exec_driver_sql("ALTER TABLE preference RENAME TO gone"))
    for user in await evening.enter("bob", "cleo"):
        assert await evening.outcomes(await evening.write("write this down", user)) == ["unread.store"]
    await until(lambda: len(evening.posts) > posts)
    assert evening.posts[posts:] == [say("store.failed", "en", path="mouthpiece.db")]


async def test_a_fault_that_nobody_foresaw_costs_one_message(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    await evening.join()
    compose, faults = Reader.compose, [RuntimeError("boom")]

    def fails_once(*arguments: Any, **more: Any) -> Any:
        if faults:
            raise faults.pop()
        return compose(*arguments, **more)

    monkeypatch.setattr(Reader, "compose", fails_once)
    assert await evening.outcomes(await evening.write("one")) == ["unread.provider"]
    assert await evening.outcomes(await evening.write("two")) == ["read"]
    assert evening.posts[-1] == say("call.failed", "en")


async def test_a_fault_that_nobody_foresaw_in_healing_ends_the_call_with_a_word(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    await evening.join()

    def broken(_: CallChannel) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("bot.platforms.discord.call.link.check", broken)
    evening.server.voice.close(4006)
    await evening.clock.until(lambda: not evening.in_call)
    await until(lambda: evening.posts[-1] == say("call.unreachable", "en", channel=f"<#{evening.lounge.id}>"))


async def _paid(build_house: BuildHouse, mimo: MimoServer, **quota: int) -> House:
    """A house on the paid service alone."""
    return await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"]},
        quota=quota,
    )


async def test_a_quota_that_ends_within_a_burst_is_told(
    evening: Evening, build_house: BuildHouse, mimo: MimoServer
) -> None:
    await evening.move_in(await _paid(build_house, mimo, account_characters_per_day=30))
    await evening.join()
    posts = len(evening.posts)
    evening.session.hold("paused")
    burst = [await evening.write(words) for words in ("This one fits in.", "This is rather too long.", "So is it.")]
    await evening.offered(*burst)
    evening.session.release("paused")
    assert await evening.outcomes(*burst) == ["read", "unread.quota", "read"]
    await until(lambda: len(evening.posts) == posts + 1)
    assert "30" in evening.posts[-1]


async def test_one_message_of_a_burst_is_deleted_while_it_is_heard(
    evening: Evening, build_house: BuildHouse, mimo: MimoServer
) -> None:
    """It stops; those behind it follow, and the one before it stays read."""
    await evening.move_in(await _paid(build_house, mimo))
    await evening.join()
    evening.session.hold("paused")
    words = ["One.", "Two goes on and on and on, for as long as anybody listens to it.", "Three.", "Four."]
    burst = [await evening.write(text) for text in words]
    await evening.offered(*burst)
    evening.session.release("paused")
    (item,) = await _heard_beyond(evening, 0.2)
    assert item.ends(str(burst[0].id)) < 0.1 < 0.8 < item.ends(str(burst[1].id))
    await evening.server.delete(burst[0])
    await evening.server.delete(burst[1])
    assert await evening.outcomes(*burst) == ["read", "unread.deleted", "read", "read"]
    assert len(evening.spurts()) == 2
    assert [call["messages"][-1]["content"] for call in mimo.calls[-2:]] == ["\n".join(words), "Three.\nFour."]


async def _heard_beyond(evening: Evening, share: float) -> list[Any]:
    session = evening.session
    await until(lambda: any(session._source.heard(item) > share for item in session._items), 15)
    return list(session._items.values())
