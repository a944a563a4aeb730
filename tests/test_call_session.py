"""An evening of reading aloud: from what is written in a channel to what is heard in the call."""

import itertools

import discord
import pytest

from bot.platforms.reading.queue import MOST
from bot.texts import say
from tests.call_evening import Evening
from tests.conftest import until

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]

LONG = "This is a rather long sentence that takes its time, so that much can happen while it is being said aloud."


def _text(code: str, evening: Evening, **facts: object) -> str:
    return say(code, "en", **({"channel": f"<#{evening.lounge.id}>"} | facts))


async def _playing(evening: Evening, packets: int = 5) -> None:
    """Words are being heard."""
    await until(lambda: len([packet for packet in evening.heard if not packet.silence]) >= packets, 15)


async def test_a_message_is_heard_as_the_clip_that_it_is(evening: Evening) -> None:
    await evening.join()
    written = await evening.write("Good evening, everybody.")
    assert await evening.outcomes(written) == ["read"]
    clip = await evening.clip("Good evening, everybody.")
    await until(lambda: evening.spurts() == [clip])
    assert all(packet.encrypted for packet in evening.heard if not packet.silence)
    sound = evening.server.voice.listener(evening.lounge).decode(-len(evening.heard))
    assert sound.seconds == pytest.approx(len(evening.heard) * 0.02)


async def test_ten_messages_are_heard_in_order_and_whole(evening: Evening) -> None:
    await evening.join()
    people = await evening.enter(*(f"guest{number}" for number in range(10)))
    words = [f"Number {number}." for number in range(10)]
    written = [await evening.write(text, user) for text, user in zip(words, people, strict=True)]
    assert await evening.outcomes(*written) == ["read"] * 10
    clips = [await evening.clip(text) for text in words]
    await until(lambda: evening.spurts(pause=1) == clips)
    heard = evening.heard
    for one, other in itertools.pairwise(heard):
        assert (other.sequence - one.sequence) % 65536 == 1
        assert (other.timestamp - one.timestamp) % 2**32 == 960
    assert evening.session.underruns == 0


async def test_what_comes_twice_is_read_once(evening: Evening) -> None:
    await evening.join()
    written = await evening.write("Only once.")
    assert await evening.outcomes(written) == ["read"]
    await evening.server.announce(written)
    after = await evening.write("And then this.", (await evening.enter("bob"))[0])
    assert await evening.outcomes(written, after) == ["read", "read"]
    clips = [await evening.clip("Only once."), await evening.clip("And then this.")]
    await until(lambda: evening.spurts() == clips)


async def test_the_greeting_says_that_the_voice_is_synthetic(evening: Evening) -> None:
    await evening.command("join")
    assert evening.posts == [_text("call.joined", evening)]
    await evening.settled(after=False)
    greeting = say("call.spoken_greeting", "en")
    clip = await evening.clip(greeting)
    await until(lambda: [packet for spurt in evening.spurts() for packet in spurt] == clip)


async def test_a_skip_is_heard_with_the_next_packet(evening: Evening) -> None:
    await evening.join()
    (bob,) = await evening.enter("bob")
    cut = await evening.write(LONG)
    await _playing(evening)
    following = await evening.write("And now this.", bob)
    before = len(evening.spurts()[0])
    assert evening.session.skip()
    assert await evening.outcomes(cut, following) == ["unread.skipped", "read"]
    clip = await evening.clip("And now this.")
    await until(lambda: evening.spurts()[1:] == [clip])
    assert len(evening.spurts()[0]) <= before + 2  # one that was read already, one that was under way


async def test_skipping_all_clears_what_waits(evening: Evening) -> None:
    await evening.join()
    people = await evening.enter("bob", "cleo", "dan")
    cut = await evening.write(LONG)
    await _playing(evening)
    waiting = [await evening.write("Never heard.", user) for user in people]
    await evening.offered(*waiting)
    evening.session.skip_all()
    assert await evening.outcomes(cut, *waiting) == ["unread.skipped"] * 4
    assert len(evening.spurts()) == 1


async def test_a_deleted_message_leaves_the_queue_and_stops_where_it_plays(evening: Evening) -> None:
    await evening.join()
    bob, cleo, dan = await evening.enter("bob", "cleo", "dan")
    plays = await evening.write(LONG)
    await _playing(evening)
    made, waits = await evening.write("Made ahead.", bob), await evening.write("Waiting.", cleo)
    kept = await evening.write("Still here.", dan)
    await evening.offered(made, waits, kept)
    await evening.server.delete_many([made, waits])
    await evening.server.delete(plays)
    assert await evening.outcomes(plays, made, waits, kept) == [*["unread.deleted"] * 3, "read"]
    clip = await evening.clip("Still here.")
    await until(lambda: evening.spurts()[1:] == [clip])
    assert len(evening.spurts()[0]) < 100


async def test_an_edit_before_playback_is_honoured(evening: Evening) -> None:
    await evening.join()
    bob, cleo = await evening.enter("bob", "cleo")
    plays = await evening.write(LONG)
    await _playing(evening)
    made, waits = await evening.write("The first draft.", bob), await evening.write("Another draft.", cleo)
    await evening.offered(made, waits)
    await evening.server.edit(made, "The final words.")
    await evening.server.edit(waits, "More final words.")
    await evening.server.edit(plays, "Too late.")
    assert await evening.outcomes(plays, made, waits) == ["read"] * 3
    heard = [await evening.clip(text) for text in (LONG, "The final words.", "More final words.")]
    await until(lambda: evening.spurts() == heard)


async def test_what_somebody_wrote_in_one_go_is_one_item(evening: Evening) -> None:
    await evening.join()
    (bob,) = await evening.enter("bob")
    await evening.write(LONG, bob)
    await _playing(evening)
    ahead = await evening.write("Let me see.", (await evening.enter("cleo"))[0])
    burst = [await evening.write(text) for text in ("One.", "Two.", "Three.")]
    await evening.offered(*burst)
    await evening.server.delete(burst[1])
    assert await evening.outcomes(ahead, *burst) == ["read", "read", "unread.deleted", "read"]


async def test_a_pause_is_silent_and_goes_on_where_it_was(evening: Evening) -> None:
    await evening.join()
    written = await evening.write(LONG)
    await _playing(evening)
    assert await evening.command("pause") == say("call.paused", "en")
    await until(lambda: evening.heard[-1].silence)
    later = await evening.write("Later.", (await evening.enter("bob"))[0])
    assert evening.outcome(later) is None
    assert await evening.command("resume") == say("call.resumed", "en")
    assert await evening.outcomes(written, later) == ["read", "read"]
    whole = [*await evening.clip(LONG), *await evening.clip("Later.")]
    await until(lambda: [packet for part in evening.spurts() for packet in part] == whole)


async def test_two_hundred_messages_of_twenty_people(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.player.AudioPlayer, "DELAY", 0.001)  # twenty times as fast as people listen
    await evening.join()
    people = await evening.enter(*(f"guest{number}" for number in range(20)))
    most = 0
    written = []
    for number in range(10):
        for user in people:
            written.append((user, await evening.write(f"Message {number}.", user)))
            most = max(most, len(evening.session.listing()))
    outcomes = await evening.outcomes(*(message for _, message in written))
    assert most <= MOST
    assert set(outcomes) <= {"read", "unread.queue_full", "unread.left_out"}
    results = [(user, outcome) for (user, _), outcome in zip(written, outcomes, strict=True)]
    read = [results.count((user, "read")) for user in people]
    assert min(read) >= 1
    assert max(read) - min(read) <= 3
    await until(lambda: not evening.session.busy, 30)
    await evening.stop()  # while its player still has this pace
