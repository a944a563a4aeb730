"""Where a call reads, in whose voice, whom first, and what that costs: each setting is seen to be obeyed."""

from collections import Counter

import pytest

from bot.model import Account
from bot.platforms.reading.queue import MOST_EACH
from bot.store.sessions import Binding
from tests.call_evening import Evening
from tests.conftest import BuildHouse, until
from tests.fakes.discord_world import Role, User
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]


@pytest.fixture
async def paid(evening: Evening, build_house: BuildHouse, mimo: MimoServer) -> Evening:
    """The same evening on the paid service, whose requests tell what was spoken."""
    await evening.move_in(
        await build_house(
            providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}, speech={"providers": ["mimo"]}
        )
    )
    return evening


def _spoken(mimo: MimoServer) -> list[str]:
    return [call["messages"][-1]["content"] for call in mimo.calls]


async def test_the_calls_own_chat_is_read(evening: Evening) -> None:
    await evening.join()
    written = await evening.write("In the chat of the call.", channel=evening.lounge)
    assert await evening.outcomes(written) == ["read"]


async def test_each_bound_channel_has_its_voice_its_style_and_its_limit(paid: Evening, mimo: MimoServer) -> None:
    news = paid.server.world.add_channel(paid.server.world.home, "news")
    far = paid.server.world.add_channel(paid.server.world.home, "far")
    bindings = paid.house.services.reader.bindings
    await bindings.bind(Binding(paid.space, str(paid.general.id), str(paid.lounge.id), voice="Mia", style="Happy"))
    await bindings.bind(Binding(paid.space, str(news.id), str(paid.lounge.id), voice="Dean", max_characters=20))
    await bindings.bind(Binding(paid.space, str(far.id), str(paid.attic.id)))
    await paid.stop()
    await paid.start()  # the channels are known now
    first = await paid.write("A word in general.")
    await until(lambda: paid.in_call)
    await paid.settled()
    much = "A word in the news, and then another twenty words that nobody has asked for."
    second = await paid.write(much, channel=news)
    third = await paid.write("A word far away.", channel=far)
    assert await paid.outcomes(first, second, third) == ["read", "read", "unread.not_bound"]
    said = {call["messages"][-1]["content"]: call["audio"]["voice"] for call in mimo.calls}
    assert said["(Happy)A word in general."] == "Mia"
    of_news = " ".join(words for words in said if said[words] == "Dean")
    assert of_news.startswith("A word in")
    assert len(of_news) < len(much) / 2


async def test_everybody_is_read_where_the_guild_wants_that(evening: Evening) -> None:
    await evening.join()
    outsider = User("outsider")
    assert await evening.outcomes(await evening.write("Am I heard?", outsider)) == ["unread.not_in_call"]
    await evening.house.core.readings.set(evening.space, in_call_only=False)
    assert await evening.outcomes(await evening.write("Am I heard now?", outsider)) == ["read"]


async def test_whoever_holds_a_priority_role_is_read_first(paid: Evening, mimo: MimoServer) -> None:
    role = Role("speaker")
    bob = User("bob")
    paid.server.world.add_member(paid.server.world.home, bob, role)
    await paid.stop()
    await paid.start()  # the role is known now
    await paid.house.core.readings.set(paid.space, priority_roles=[f"role:discord:{role.id}"])
    await paid.join()
    await paid.server.voice.people.join(bob, paid.lounge)
    paid.session.hold("paused")
    others = await paid.enter("cleo", "dan")
    written = [await paid.write(f"I am {user.name}.", user) for user in (*others, bob)]
    await paid.offered(*written)
    asked = len(mimo.calls)
    paid.session.release("paused")
    assert await paid.outcomes(*written) == ["read"] * 3
    assert _spoken(mimo)[asked:] == ["I am bob.", "I am cleo.", "I am dan."]


async def test_far_behind_the_chat_the_rest_is_counted(paid: Evening, mimo: MimoServer) -> None:
    await paid.house.core.readings.set(paid.space, names=True)
    await paid.join()
    paid.session.hold("paused")
    long = "It goes on and on. " * 14
    written = [await paid.write(f"Number {number}. {long}") for number in range(MOST_EACH)]
    await paid.offered(*written)
    asked = len(mimo.calls)
    paid.session.release("paused")
    outcomes = Counter(await paid.outcomes(*written))
    left_out = outcomes["unread.left_out"]
    assert outcomes == {"read": MOST_EACH - left_out, "unread.left_out": left_out}
    assert left_out > 1
    assert _spoken(mimo)[-1].endswith(f"and {left_out} more from Ada")
    assert sum(map(len, _spoken(mimo)[asked:])) < MOST_EACH * len(long) / 2


async def test_a_queue_that_is_full_costs_nothing(paid: Evening, mimo: MimoServer) -> None:
    await paid.join()
    paid.session.hold("paused")
    before, charged = len(mimo.calls), await _charged(paid)
    taken = [await paid.write(f"Number {number}.") for number in range(MOST_EACH)]
    await paid.offered(*taken)
    refused = [await paid.write("No place for this.") for _ in range(3)]
    assert await paid.outcomes(*refused) == ["unread.share_full"] * 3
    assert (len(mimo.calls), await _charged(paid)) == (before, charged)
    paid.session.release("paused")
    assert await paid.outcomes(*taken) == ["read"] * MOST_EACH
    assert await _charged(paid) == charged + sum(len(f"Number {number}.") for number in range(MOST_EACH))


async def test_what_is_deleted_before_its_request_costs_nothing(paid: Evening, mimo: MimoServer) -> None:
    await paid.join()
    await paid.settled()
    (bob,) = await paid.enter("bob")
    gate = mimo.hold_after(chunks=0)
    first = await paid.write("Say this first.", bob)
    await gate.reached.wait()
    asked, charged = len(mimo.calls), await _charged(paid)
    written = await paid.write("Forget what I said.")
    await paid.offered(written)
    await paid.server.delete(written)
    assert await paid.outcomes(written) == ["unread.deleted"]
    gate.set()
    assert await paid.outcomes(first) == ["read"]
    assert (len(mimo.calls), await _charged(paid)) == (asked, charged)
    assert await paid.house.ledger.audit() == []


async def _charged(evening: Evening) -> int:
    """Characters that Ada has used or holds today."""
    return (await evening.house.ledger.usage(Account("discord", str(evening.ada.id)).scope)).characters
