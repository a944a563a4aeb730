"""The commands of a voice call, as people send them."""

import pytest

from bot.texts import say
from tests.call_evening import Evening
from tests.conftest import until
from tests.fakes import discord_world as rights
from tests.fakes.discord_world import EVERYTHING_WE_NEED, User

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]

LONG = "This is a rather long sentence that takes its time, so that much can happen while it is being said aloud."


def _said(code: str, evening: Evening, **facts: object) -> str:
    return say(code, "en", **({"channel": f"<#{evening.lounge.id}>"} | facts))


async def _busy(evening: Evening) -> None:
    """Something long is being heard."""
    bot = User("long")
    await evening.server.voice.people.join(bot, evening.lounge)
    await evening.write(LONG, bot)
    await until(lambda: bool(evening.session.playing), 15)


async def test_joining_answers_in_private_and_reads_the_channel(evening: Evening) -> None:
    exchange = await evening.server.slash("join")
    answer = await exchange.answered()
    assert answer.private
    assert answer.content == _said("call.reads_here", evening)
    assert evening.server.voice.bot_in() is evening.lounge
    assert evening.session.reads(str(evening.general.id))
    assert evening.session.reads(str(evening.lounge.id))


async def test_whoever_sits_nowhere_is_asked_where(evening: Evening) -> None:
    bob = User("bob")
    assert await evening.command("join", bob) == say("call.where", "en")
    assert await evening.command("join", bob, channel=evening.attic) == say(
        "call.reads_here", "en", channel=f"<#{evening.attic.id}>"
    )


async def test_what_keeps_it_from_joining_is_answered(evening: Evening) -> None:
    await evening.change(evening.lounge, permissions=EVERYTHING_WE_NEED & ~rights.SPEAK)
    assert await evening.command("join") == _said("call.no_speak", evening)
    await evening.change(evening.lounge, permissions=EVERYTHING_WE_NEED, user_limit=1)
    assert await evening.command("join") == _said("call.full", evening, limit=1)
    assert not evening.in_call


async def test_a_voice_server_that_refuses_is_answered(evening: Evening) -> None:
    evening.server.voice.refuse(4017)
    assert await evening.command("join") == _said("call.encryption", evening)
    assert not evening.in_call
    assert await evening.command("join") == _said("call.reads_here", evening)


async def test_nobody_takes_the_bot_away_from_those_who_listen(evening: Evening) -> None:
    await evening.join()
    (bob,) = await evening.enter("bob", channel=evening.attic)
    assert await evening.command("join", bob) == _said("call.elsewhere", evening)
    assert evening.server.voice.bot_in() is evening.lounge
    evening.server.world.home.moderators.add(bob.id)
    assert await evening.command("join", bob) == say("call.reads_here", "en", channel=f"<#{evening.attic.id}>")
    assert evening.server.voice.bot_in() is evening.attic


async def test_leaving(evening: Evening) -> None:
    assert await evening.command("leave") == say("call.none", "en")
    await evening.join()
    assert await evening.command("leave", User("bob")) == say("call.not_in_it", "en")
    assert await evening.command("leave") == say("call.left", "en")
    assert evening.server.voice.bot_in() is None
    assert await evening.house.services.reader.markers.recent("discord", 60) == ()


async def test_moving(evening: Evening) -> None:
    await evening.join()
    assert await evening.command("move", channel=evening.attic) == say(
        "call.moved", "en", channel=f"<#{evening.attic.id}>"
    )
    assert evening.server.voice.bot_in() is evening.attic
    await evening.change(evening.lounge, permissions=EVERYTHING_WE_NEED & ~rights.CONNECT)
    evening.server.world.home.moderators.add(evening.ada.id)
    assert await evening.command("move") == _said("call.no_connect", evening)
    assert evening.server.voice.bot_in() is evening.attic


async def test_skipping(evening: Evening) -> None:
    await evening.join()
    assert await evening.command("skip") == say("call.nothing", "en")
    await _busy(evening)
    assert await evening.command("skip") == say("call.skipped", "en")
    await _busy(evening)
    people = await evening.enter("bob", "cleo", "dan")
    waiting = [await evening.write("Never heard.", user) for user in people]
    await evening.offered(*waiting)
    await until(lambda: len(evening.session.listing()) == 2)
    assert await evening.command("skip", all=True) == say("call.skipped_all", "en", count=2)
    assert await evening.outcomes(*waiting) == ["unread.skipped"] * 3


async def test_the_queue_is_shown_and_ones_own_can_be_taken_out(evening: Evening) -> None:
    await evening.join()
    assert await evening.command("queue") == say("call.queue.empty", "en")
    await _busy(evening)
    bob, cleo = await evening.enter("bob", "cleo")
    made = await evening.write("Made ahead.", bob)
    await evening.offered(made)
    await until(lambda: not evening.session.listing())
    mine, others = await evening.write("Mine, *starred*."), await evening.write("Not mine.", cleo)
    await evening.offered(made, mine, others)
    shown = (await evening.command("queue")).splitlines()
    assert shown[0].startswith("🔊 <@")
    assert shown[1:] == [f"1. <@{evening.ada.id}>: Mine, starred.", f"2. <@{cleo.id}>: Not mine."]
    assert await evening.command("queue", remove=3) == say("call.no_such", "en")
    assert await evening.command("queue", remove=2) == say("call.not_yours", "en")
    assert await evening.command("queue", remove=1) == say("call.removed", "en")
    assert await evening.outcomes(mine) == ["unread.skipped"]
    evening.server.world.home.moderators.add(evening.ada.id)
    assert await evening.command("queue", remove=1) == say("call.removed", "en")
    assert await evening.outcomes(others) == ["unread.skipped"]


async def test_saying_something_in_the_call(evening: Evening) -> None:
    assert await evening.command("say", User("bob"), text="Hello.", where="call") == say("call.where", "en")
    await evening.join()
    assert await evening.command("say", text="Hello, everybody.", where="call") == _said("call.said_next", evening)
    await until(lambda: bool(evening.spurts()), 15)
    await until(lambda: not evening.session.busy, 15)
    clip = await evening.clip("Hello, everybody.")
    await until(lambda: evening.spurts() == [clip])
    assert await evening.command("say", text="🜁", where="call") == say("text.empty", "en")
    assert await evening.command("say", User("bob"), text="Hello.", where="call") == say("call.not_in_it", "en")


async def test_saying_something_brings_the_bot_without_a_greeting_and_reads_nothing(evening: Evening) -> None:
    assert await evening.command("say", text="🜁", where="call") == say("text.empty", "en")
    assert not evening.in_call, "what cannot be spoken brings nobody"
    assert await evening.command("say", text="Hello, everybody.", where="call") == _said("call.said_next", evening)
    assert evening.server.voice.bot_in() is evening.lounge
    await until(lambda: bool(evening.spurts()), 15)
    await until(lambda: not evening.session.busy, 15)
    clip = await evening.clip("Hello, everybody.")
    await until(lambda: evening.spurts() == [clip])
    assert evening.posts == []
    assert not evening.session.reads(str(evening.lounge.id))
    assert not evening.session.reads(str(evening.general.id))
    assert await evening.command("join") == _said("call.reads_here", evening)
    assert evening.session.reads(str(evening.lounge.id))


async def test_saying_something_keeps_to_the_rights_of_both(evening: Evening) -> None:
    await evening.change(evening.lounge, permissions=EVERYTHING_WE_NEED & ~rights.SPEAK)
    assert await evening.command("say", text="Hello.", where="call") == _said("call.no_speak", evening)
    await evening.change(evening.lounge, permissions=EVERYTHING_WE_NEED)
    (bob,) = await evening.enter("bob", channel=evening.attic)
    assert await evening.command("say", bob, text="Hello.", where="call") == _said(
        "call.said_next", evening, channel=f"<#{evening.attic.id}>"
    )
    assert await evening.command("say", text="Hello.", where="call") == say("call.not_in_it", "en")
    assert evening.server.voice.bot_in() is evening.attic


async def test_after_saying_something_it_leaves_when_it_is_alone(evening: Evening) -> None:
    await evening.command("say", text="Hello.", where="call")
    await until(lambda: not evening.session.busy, 15)
    await evening.server.voice.people.leave(evening.ada)
    await evening.clock.until(lambda: evening.server.voice.bot_in() is None, 900)
    assert not evening.in_call


async def test_what_is_said_takes_turns_with_what_is_written_and_is_bounded(evening: Evening) -> None:
    await evening.join()
    await _busy(evening)
    (bob,) = await evening.enter("bob")
    made = await evening.write("Made ahead.", bob)
    await evening.offered(made)
    await until(lambda: not evening.session.listing())
    await evening.offered(await evening.write("Written.", bob))
    answers = [await evening.command("say", text=f"Said {number}.", where="call") for number in range(11)]
    assert answers[0] == _said("call.said", evening, before=2)
    assert answers[-1] == say("call.said_full", "en", limit=10)
    assert await evening.outcomes(made)


@pytest.mark.parametrize("command", ["join", "leave", "move", "skip", "pause", "resume", "queue"])
def test_every_command_has_a_chinese_name_and_description(command: str) -> None:
    for code in (f"call.{command}.name", f"call.{command}.description"):
        assert say(code, "zh") not in (code, say(code, "en"))
