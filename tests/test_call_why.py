"""Why a message was not read: each gate of a call is made to stop one, and the menu names it in both languages."""

from datetime import UTC, datetime

import pytest

from bot import texts
from bot.model import Account, Utterance
from bot.platforms.discord.call.calls import MOST_WAITING
from bot.platforms.reading.queue import MOST, MOST_EACH
from bot.speech.sink import Recording
from bot.store.accounts import BlockedAccounts
from bot.store.sessions import Binding
from tests.call_evening import Evening
from tests.conftest import BuildHouse, until
from tests.fakes.discord_exchange import Message
from tests.fakes.discord_world import EVERYTHING_WE_NEED, SPEAK, Channel, User
from tests.fakes.mimo_answers import Fault
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]

DAY = 24 * 60
"""Minutes."""


async def named(evening: Evening, message: Message, code: str) -> None:
    """The menu says so, in both languages."""
    for locale, language in (("en-US", "en"), ("zh-CN", "zh")):
        menu = texts.say("discord.menu.why", "en")
        answer = await (await evening.server.menu(menu, message, locale=locale)).answered()
        assert answer.private
        assert answer.content.startswith(texts.say(code, language).partition("…")[0]), (answer.content, code)


async def stopped(evening: Evening, message: Message, code: str) -> None:
    """A message was stopped by a gate."""
    assert await evening.outcomes(message) == [code]
    await named(evening, message, code)


async def bind(evening: Evening, voice_channel: Channel) -> None:
    await evening.house.core.bindings.bind(Binding(evening.space, str(evening.general.id), str(voice_channel.id)))


async def test_nobody_called_the_bot(evening: Evening) -> None:
    await evening.house.core.readings.set(evening.space, auto_join=False)
    await bind(evening, evening.lounge)
    await stopped(evening, await evening.write("hello"), "unread.no_session")


async def test_the_channel_belongs_to_another_call(evening: Evening) -> None:
    await evening.join()
    await bind(evening, evening.attic)
    await stopped(evening, await evening.write("hello"), "unread.not_bound")


async def test_who_sits_elsewhere_or_is_muted(evening: Evening) -> None:
    await evening.join()
    (bo,) = await evening.enter("bo")
    await stopped(evening, await evening.write("I am not there", User("cy")), "unread.not_in_call")
    evening.server.world.home.voice_states[bo.id].mute = True
    await evening.server.voice.tell(evening.server.world.home, bo)
    await stopped(evening, await evening.write("invites me to speak", bo), "unread.muted")


async def test_who_is_not_wanted(evening: Evening) -> None:
    await evening.join()
    core, account = evening.house.core, Account("discord", str(evening.ada.id))
    await core.readings.set(evening.space, ignored=[account.scope])
    await stopped(evening, await evening.write("one"), "unread.ignored")
    await core.readings.set(evening.space, ignored=[], required_roles=["role:discord:1"])
    await stopped(evening, await evening.write("two"), "unread.role")
    await core.readings.set(evening.space, required_roles=[])
    (bo,) = await evening.enter("bo")
    await BlockedAccounts(core.database).block(Account("discord", str(bo.id)))
    await stopped(evening, await evening.write("three", bo), "unread.blocked_account")


async def test_what_is_empty_or_marked_as_not_to_be_read(evening: Evening) -> None:
    await evening.join()
    await evening.house.core.readings.set(evening.space, skip_prefix="!", quiet_from=0, quiet_until=0)
    await stopped(evening, await evening.write("..."), "unread.empty")
    await stopped(evening, await evening.write("!play"), "unread.prefix")
    await stopped(evening, await evening.write("psst", silent=True), "unread.silent")
    await stopped(evening, await evening.write("beep", webhook=True), "unread.webhook")


async def test_a_queue_that_is_full(evening: Evening) -> None:
    await evening.join()
    evening.session.hold("paused")
    messages = [await evening.write(f"message number {number}") for number in range(MOST_EACH + 1)]
    await stopped(evening, messages[-1], "unread.share_full")
    await named(evening, messages[0], "unread.paused")


async def test_what_was_deleted_or_skipped(evening: Evening) -> None:
    await evening.join()
    evening.session.hold("paused")
    gone, skipped = await evening.write("take it back"), await evening.write("never mind")
    await evening.offered(gone, skipped)
    await evening.server.delete(gone)
    await stopped(evening, gone, "unread.deleted")
    evening.session.skip_all()
    await stopped(evening, skipped, "unread.skipped")


async def test_a_bot_that_is_muted_itself(evening: Evening) -> None:
    await evening.join()
    await evening.server.voice.mute_bot()
    await evening.clock.until(lambda: evening.session.held("muted"))
    message = await evening.write("can you hear me")
    await evening.offered(message)
    await named(evening, message, "unread.no_speak")


async def test_a_right_that_is_missing_when_it_means_to_come(evening: Evening) -> None:
    await bind(evening, evening.lounge)
    await evening.change(evening.lounge, permissions=EVERYTHING_WE_NEED & ~SPEAK)
    first = await evening.write("come here")
    await stopped(evening, first, "unread.no_speak")
    await stopped(evening, await evening.write("once more"), "unread.no_speak")
    assert len(evening.posts) == 1, "a failure is posted once"


async def test_what_its_author_or_the_place_does_not_want_said(evening: Evening) -> None:
    await evening.join()
    core = evening.house.core
    await core.preferences.set(Account("discord", str(evening.ada.id)), opted_out=True)
    await stopped(evening, await evening.write("not me"), "unread.opted_out")
    (bo,) = await evening.enter("bo")
    robot = User("robot", bot=True)
    await stopped(evening, await evening.write("beep", robot), "unread.bot")
    await core.spaces.set(evening.space, blocked_words=["🍍"])
    await stopped(evening, await evening.write("🍍 on pizza", bo), "unread.word")
    await core.spaces.set(evening.space, channels=["1"])
    await stopped(evening, await evening.write("anywhere", bo), "unread.channel")


async def test_quiet_hours(evening: Evening) -> None:
    await evening.join()
    now = datetime.now(UTC)
    hour = 60 * now.hour + now.minute
    since, until = (hour - 60) % DAY, (hour + 60) % DAY
    await evening.house.core.readings.set(evening.space, quiet_from=since, quiet_until=until, timezone="UTC")
    message = await evening.write("is anybody up")
    await stopped(evening, message, "unread.quiet_hours")
    answer = await (await evening.server.menu(texts.say("discord.menu.why", "en"), message)).answered()
    assert f"{since // 60:02}:{since % 60:02}" in answer.content


async def test_a_channel_that_nobody_reads(evening: Evening) -> None:
    await evening.join()
    message = await evening.write("over here", channel=evening.attic)
    await named(evening, message, "unread.not_read_here")


async def test_a_queue_that_is_full_of_everybody(evening: Evening) -> None:
    await evening.join()
    evening.session.hold("paused")
    people = await evening.enter(*(f"guest{number}" for number in range(MOST // 5)))
    written = [await evening.write(f"message {number}", user) for number in range(5) for user in people]
    await evening.offered(*written)
    await stopped(evening, await evening.write("one more", people[0]), "unread.queue_full")


async def test_more_than_can_wait_while_it_joins(evening: Evening) -> None:
    await bind(evening, evening.lounge)
    evening.server.voice.answers = False
    written = [await evening.write(f"message {number}") for number in range(MOST_WAITING + 1)]
    await stopped(evening, written[-1], "unread.queue_full")
    evening.server.voice.answers = True
    await evening.clock.until(lambda: evening.in_call, 60)


async def test_what_is_only_counted_because_the_bot_is_behind(evening: Evening) -> None:
    await evening.join()
    evening.session.hold("paused")
    written = [await evening.write(f"Number {number}. " + "It goes on and on. " * 14) for number in range(MOST_EACH)]
    await evening.offered(*written)
    evening.session.release("paused")
    await stopped(evening, written[-1], "unread.left_out")


async def test_a_database_that_fails(evening: Evening) -> None:
    await evening.join()
    (bo,) = await evening.enter("bo")
    database = evening.house.core.database
    await database.write(lambda connection: connection.exec_driver_sql("ALTER TABLE preference RENAME TO gone"))
    message = await evening.write("write this down", bo)
    assert await evening.outcomes(message) == ["unread.store"]
    await database.write(lambda connection: connection.exec_driver_sql("ALTER TABLE gone RENAME TO preference"))
    await named(evening, message, "unread.store")


async def test_a_right_that_is_taken_away_in_mid_call_and_given_back(evening: Evening) -> None:
    await evening.join()
    posts = len(evening.posts)
    await evening.change(evening.lounge, permissions=EVERYTHING_WE_NEED & ~SPEAK)
    await until(lambda: evening.session.held("muted"))
    messages = [await evening.write(f"can you hear me, {number}") for number in range(3)]
    await evening.offered(*messages)
    await named(evening, messages[0], "unread.no_speak")
    await until(lambda: len(evening.posts) > posts)
    assert evening.posts[posts:] == [texts.say("call.no_speak", "en", channel=f"<#{evening.lounge.id}>")]
    await evening.change(evening.lounge, permissions=EVERYTHING_WE_NEED)
    assert await evening.outcomes(*messages) == ["read"] * 3


@pytest.fixture
async def paid(evening: Evening, build_house: BuildHouse, mimo: MimoServer) -> Evening:
    """The same evening on the paid service alone."""
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"]},
        quota={"account_characters_per_day": 30},
    )
    await evening.move_in(house)
    return evening


async def test_a_provider_that_is_down_is_told_once(paid: Evening, mimo: MimoServer) -> None:
    await paid.join()
    await paid.settled()
    before = len(paid.posts)
    mimo.faults.append(Fault("402", times=99))
    for number in range(3):
        message = await paid.write(f"number {number}")
        await paid.clock.until(lambda message=message: paid.outcome(message) is not None, 300)  # type: ignore[misc]
        await named(paid, message, "unread.provider")
    assert len(paid.posts) == before + 1, paid.posts


async def test_a_quota_that_is_used_up(paid: Evening) -> None:
    await paid.join()
    account = Account("discord", str(paid.ada.id))
    await paid.house.speech.speak(Utterance("x" * 25, "earlier", account=account), Recording())
    message = await paid.write("this is more than is left")
    await paid.clock.until(lambda: paid.outcome(message) is not None, 300)
    await named(paid, message, "unread.quota")
