"""Who commands a call sits in it or moderates, and may go there; who looks at its queue sees what they may read."""

import pytest

from bot.texts import say
from tests.call_evening import Evening
from tests.conftest import until
from tests.fakes.discord_world import (
    CONNECT,
    EVERYTHING_WE_NEED,
    MANAGE_MESSAGES,
    PRIVATE_THREAD,
    VIEW_CHANNEL,
    Channel,
    Role,
    User,
)

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]

HIDDEN = say("call.queue.row_hidden", "en", number=1)


async def restart(evening: Evening) -> None:
    """Log in again: the bot knows the channels as they are now."""
    await evening.stop()
    await evening.start()


def moderator(evening: Evening) -> User:
    mod = User("mod")
    evening.server.world.add_member(evening.server.world.home, mod)
    evening.server.world.home.moderators.add(mod.id)
    return mod


@pytest.mark.parametrize(("taken", "code"), [(VIEW_CHANNEL, "call.you_no_view"), (CONNECT, "call.you_no_connect")])
async def test_nobody_sends_the_bot_where_they_may_not_go(evening: Evening, taken: int, code: str) -> None:
    mod, people = moderator(evening), [User("bo"), evening.ada]
    for user in (mod, *people):
        evening.attic.deny(user, taken)
    evening.server.world.add_member(evening.server.world.home, people[0])
    await restart(evening)
    refused = say(code, "en", channel=f"<#{evening.attic.id}>")
    for user in (mod, *people):
        assert await evening.command("join", user, channel=evening.attic) == refused
    assert await evening.command("setup", mod, voice_channel=evening.attic) == refused
    assert await evening.house.core.bindings.of(evening.space) == ()
    assert not evening.in_call
    await evening.join()
    for user in (evening.ada, mod):
        assert await evening.command("move", user, channel=evening.attic) == refused
    assert evening.server.voice.bot_in() is evening.lounge


async def test_who_was_moved_in_may_command_though_they_could_not_enter(evening: Evening) -> None:
    bo = User("bo")
    evening.server.world.add_member(evening.server.world.home, bo)
    evening.lounge.deny(bo, CONNECT)
    await restart(evening)
    await evening.join()
    assert await evening.command("pause", bo) == say("call.not_in_it", "en")
    await evening.server.voice.people.join(bo, evening.lounge, moved=True)
    voice_channel = evening.session.link.voice_channel
    assert voice_channel is not None
    await until(lambda: bo.id in voice_channel.voice_states)
    assert await evening.command("pause", bo) == say("call.paused", "en")


async def test_a_moderator_commands_no_call_that_is_closed_to_them(evening: Evening) -> None:
    mod = moderator(evening)
    evening.lounge.deny(mod, CONNECT)
    await restart(evening)
    await evening.join()
    refused = say("call.you_no_connect", "en", channel=f"<#{evening.lounge.id}>")
    for command in ("skip", "pause", "resume", "queue", "leave", "move"):
        assert await evening.command(command, mod) == refused, command
    assert await evening.command("say", mod, text="Hello.", where="call") == refused
    assert await evening.command("join", mod, channel=evening.attic) == refused
    assert evening.server.voice.bot_in() is evening.lounge


async def test_manage_messages_in_one_text_channel_makes_no_moderator_of_calls(evening: Evening) -> None:
    bo = User("bo")
    evening.server.world.add_member(evening.server.world.home, bo)
    evening.general.people.add(bo.id)
    evening.general.allowed[bo.id] = MANAGE_MESSAGES
    role = Role("helpers", permissions=MANAGE_MESSAGES)
    cleo = User("cleo")
    evening.server.world.add_member(evening.server.world.home, cleo, role)
    await restart(evening)
    await evening.join()
    assert await evening.command("skip", bo) == say("call.not_in_it", "en")
    assert await evening.command("skip", cleo) == say("call.nothing", "en")


async def test_a_voice_channel_of_another_server_is_not_to_be_had(evening: Evening) -> None:
    world = evening.server.world
    foreign = world.add_voice(world.add_guild("elsewhere"), "theirs")
    await restart(evening)
    gone = say("discord.channel_gone", "en")
    assert await evening.command("join", channel=foreign) == gone
    await evening.join()
    assert await evening.command("move", channel=foreign) == gone
    assert await evening.command("setup", moderator(evening), voice_channel=foreign) == gone
    assert evening.server.voice.bot_in() is evening.lounge


async def test_nobody_adds_a_channel_to_a_call_of_others(evening: Evening) -> None:
    await evening.join()
    news = evening.server.world.add_channel(evening.server.world.home, "news")
    bo = User("bo")
    exchange = await evening.server.slash("join", {"channel": evening.lounge}, user=bo, channel=news)
    assert (await exchange.answered()).content == say("call.not_in_it", "en")
    assert not evening.session.reads(str(news.id))


async def _hidden(evening: Evening, *blind: User) -> Channel:
    secret = evening.server.world.add_channel(evening.server.world.home, "secret")
    for user in blind:
        secret.deny(user, VIEW_CHANNEL)
    await restart(evening)
    return secret


async def test_the_queue_hides_what_its_reader_may_not_see(evening: Evening) -> None:
    bo, cleo = User("bo"), User("cleo")
    secret = await _hidden(evening, bo)
    for user in (bo, cleo):
        await evening.server.voice.people.join(user, evening.lounge)
    exchange = await evening.server.slash("join", {"channel": evening.lounge}, channel=secret)
    await evening.clock.until(lambda: exchange.original is not None and not exchange.original.loading)
    evening.session.skip_all()
    await evening.settled()
    assert await evening.command("pause") == say("call.paused", "en")
    written = await evening.write("Our little plan.", cleo, channel=secret)
    await evening.offered(written)
    seen = f"1. <@{cleo.id}>: Our little plan."
    assert await evening.command("queue", cleo) == seen
    assert await evening.command("queue") == seen
    assert await evening.command("queue", bo) == HIDDEN
    assert await evening.command("queue", User("stranger")) == say("call.not_in_it", "en")
    answer = await evening.command("queue", bo, remove=1)
    assert answer == say("call.not_yours", "en")
    with pytest.raises(ValueError, match="see the channel"):
        await evening.server.menu(say("discord.menu.explain", "en"), written, user=bo)
    evening.session.release("paused")
    await until(lambda: bool(evening.session.playing), 15)
    assert await evening.command("queue", bo) == say("call.queue.now_hidden", "en")


async def test_the_queue_hides_private_threads_and_chats_of_closed_calls(evening: Evening) -> None:
    bo = User("bo")
    evening.server.world.add_member(evening.server.world.home, bo)
    evening.attic.deny(bo, CONNECT)
    await restart(evening)
    await evening.server.voice.people.join(bo, evening.lounge)
    await evening.join()
    thread = evening.server.world.add_thread(evening.general, "whispers", kind=PRIVATE_THREAD)
    evening.session.hold("paused")
    exchange = await evening.server.slash("say", {"text": "Between us.", "where": "call"}, channel=thread)
    await evening.clock.until(lambda: exchange.original is not None and not exchange.original.loading)
    assert await evening.command("queue", bo) == HIDDEN
    assert await evening.command("queue") == f"1. <@{evening.ada.id}>: Between us."
    evening.session.skip_all()
    exchange = await evening.server.slash("say", {"text": "Up here.", "where": "call"}, channel=evening.attic)
    await evening.clock.until(lambda: exchange.original is not None and not exchange.original.loading)
    assert await evening.command("queue", bo) == HIDDEN


async def test_nobody_has_a_channel_read_that_they_do_not_see(evening: Evening) -> None:
    mod = moderator(evening)
    secret = await _hidden(evening, mod)
    answer = await evening.command("setup", mod, voice_channel=evening.lounge, text_channel=secret)
    assert answer == say("call.setup.you_no_view", "en")
    assert await evening.house.core.bindings.of(evening.space) == ()


def test_the_stand_in_reckons_as_discord_does() -> None:
    """Everyone, then roles together, then the member; without View Channel nothing else counts."""
    channel = Channel("c", guild_id=1, denied={1: CONNECT, 7: VIEW_CHANNEL}, allowed={8: VIEW_CHANNEL, 99: CONNECT})
    assert not channel.reckoned(EVERYTHING_WE_NEED, 1, [], 5) & CONNECT
    assert channel.reckoned(EVERYTHING_WE_NEED, 1, [7], 5) == 0
    assert channel.reckoned(EVERYTHING_WE_NEED, 1, [7, 8], 5) & VIEW_CHANNEL
    assert channel.reckoned(EVERYTHING_WE_NEED, 1, [], 99) & CONNECT
