"""Where people speak on Discord: direct messages, groups, other servers, threads, forum posts, voice channels."""

import asyncio
from collections.abc import Callable

import pytest

from bot.model import Space
from bot.platforms.discord.client import MOST, InteractionResponses, RateLimitedNotice
from bot.texts import say
from tests.conftest import House
from tests.discord_case import TEXT, Start, account, voices_of, words_of
from tests.fakes.discord_exchange import Exchange, Message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import (
    EVERYTHING_WE_NEED,
    FORUM,
    PRIVATE_THREAD,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    SEND_VOICE_MESSAGES,
    Channel,
    User,
    World,
)
from tests.fakes.mimo_server import MimoServer
from tests.ledger_case import FakeClock

pytest_plugins = ["tests.discord_fixtures"]


def elsewhere(world: World) -> Channel:
    """A channel of a server that the bot is not in: a person brought it along."""
    return world.add_channel(world.add_guild("elsewhere", bot_is_member=False), "general")


def group(world: World) -> Channel:
    """A group of people."""
    return world.add_direct(world.ada, User("bo"), User("cy"), with_bot=False)


def others(world: World) -> Channel:
    """Somebody's direct messages with somebody else."""
    return world.add_direct(world.ada, User("bo"), with_bot=False)


GUEST: list[Callable[[World], Channel]] = [elsewhere, group, others]


def line(server: DiscordServer, style: str = "Whisper") -> str:
    return say("discord.line_style", "en", who=f"<@{server.world.ada.id}>", styles=[style]) + f"\n> {TEXT}"


async def panel_of(exchange: Exchange) -> Message:
    """The private panel after an answer that everyone sees."""
    return await exchange.changes.until(lambda: next((one for one in exchange.followups if one.private), None))


# Where the bot is a member


async def test_a_direct_message_has_its_line_and_its_panel(server: DiscordServer, house: House, start: Start) -> None:
    direct = server.world.add_direct(server.world.ada)
    async with start(house.services):
        panel = await (await server.slash("say", {"text": TEXT, "style": "Whisper"}, channel=direct)).answered()
        assert [one.content for one in server.messages] == ["", line(server)]
        assert panel.content.startswith("1.5 s, free.\n")
        assert [name.split(":")[1] for name in panel.buttons] == ["again", "files", "delete", "style"]
        await (await server.press(panel, panel.button("mp:style"), "Sad")).answered()
        assert words_of(server)[1] == line(server, "Sad")
        await (await server.press(panel, panel.button("mp:delete"))).answered()
    assert [one.deleted for one in server.messages] == [True, True, False, False]
    assert server.refusals == []


def voice_chat(world: World) -> Channel:
    return world.add_voice(world.home, "lounge")


def stage_chat(world: World) -> Channel:
    return world.add_voice(world.home, "stage", stage=True)


def thread(world: World) -> Channel:
    return world.add_thread(world.general, "thread")


def private_thread(world: World) -> Channel:
    return world.add_thread(world.general, "private", kind=PRIVATE_THREAD)


def forum_post(world: World) -> Channel:
    forum = world.add_channel(world.home, "forum")
    forum.kind = FORUM
    return world.add_thread(forum, "post")


@pytest.mark.parametrize("place", [voice_chat, stage_chat, thread, private_thread, forum_post])
async def test_every_kind_of_channel_takes_voice_messages(
    server: DiscordServer, house: House, start: Start, place: Callable[[World], Channel]
) -> None:
    channel = place(server.world)
    async with start(house.services):
        panel = await (await server.slash("say", {"text": TEXT, "style": "Whisper"}, channel=channel)).answered()
        assert [one.channel for one in voices_of(server)] == [channel]
        assert words_of(server) == [line(server)]
        await (await server.press(panel, panel.button("mp:delete"))).answered()
        await house.services.requests.spaces.set(
            Space("discord", str(server.world.home.id)), channels=[str(channel.parent_id or channel.id)]
        )
        await (await server.slash("say", {"text": TEXT}, channel=channel)).answered()
    assert [one.deleted for one in server.messages] == [True, True, False, False]
    assert server.refusals == []


async def test_a_thread_has_its_own_permission_to_write(server: DiscordServer, house: House, start: Start) -> None:
    inside = thread(server.world)
    inside.permissions = EVERYTHING_WE_NEED & ~SEND_MESSAGES
    async with start(house.services):
        await (await server.slash("say", {"text": TEXT}, channel=inside)).answered()
        assert len(voices_of(server)) == 1
        inside.permissions = EVERYTHING_WE_NEED & ~SEND_MESSAGES_IN_THREADS
        exchange = await server.slash("say", {"text": TEXT}, channel=inside)
        panel = await panel_of(exchange)
    assert exchange.original is not None
    assert exchange.original.files[0].sound is not None
    assert say("discord.why_file.posting", "en") in panel.content
    assert server.refusals == []


async def test_a_locked_thread_leaves_it_private(server: DiscordServer, house: House, start: Start) -> None:
    inside = thread(server.world)
    inside.locked = True
    async with start(house.services):
        panel = await (await server.slash("say", {"text": TEXT}, channel=inside)).answered()
    assert panel.private
    assert panel.files[0].sound is not None
    assert say("discord.only_you", "en") in panel.content


async def test_who_may_not_read_the_history_names_the_asker_all_the_same(
    server: DiscordServer, house: House, start: Start
) -> None:
    server.world.general.permissions = EVERYTHING_WE_NEED & ~READ_MESSAGE_HISTORY
    async with start(house.services):
        await (await server.slash("say", {"text": TEXT, "style": "Whisper"})).answered()
    assert words_of(server) == [line(server)]
    assert "message_reference" not in server.messages[1].data
    assert server.refusals == []


# Where it is a guest


@pytest.mark.parametrize("place", GUEST)
async def test_a_guest_says_who_asked_and_can_take_it_back(
    server: DiscordServer, house: House, start: Start, place: Callable[[World], Channel]
) -> None:
    async with start(house.services):
        exchange = await server.slash("say", {"text": TEXT, "style": "Whisper"}, channel=place(server.world))
        panel = await panel_of(exchange)
        assert exchange.original is not None
        assert exchange.original.voice
        assert [one.content for one in exchange.followups if not one.private] == [line(server)]
        assert [name.split(":")[1] for name in panel.buttons] == ["again", "files", "delete", "style"]
        stranger = await server.press(panel, panel.button("mp:delete"), user=User("stranger"))
        assert (await stranger.answered()).content == say("discord.not_yours", "en")
        again = await server.press(panel, panel.button("mp:again"))
        await panel_of(again)
        assert again.original is not None
        assert again.original.voice
        for _ in range(2):  # twice does no harm
            press = await server.press(panel, panel.button("mp:delete"))
            assert (await press.answered()).content == say("discord.deleted", "en")
    assert exchange.deleted
    assert [one.deleted for one in exchange.followups] == [not one.private for one in exchange.followups]
    assert not again.deleted
    assert server.messages == []
    assert {refused.code for refused in server.refusals} <= {10008}


async def test_a_guest_cannot_take_it_back_for_ever(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        first = await server.slash("say", {"text": TEXT}, channel=group(server.world))
        panel = await panel_of(first)
        server.clock.advance(15 * 60 + 1)
        late = await server.press(panel, panel.button("mp:delete"))
        assert (await late.answered()).content == say("discord.cannot_delete", "en")
    async with start(house.services):
        restarted = await server.press(panel, panel.button("mp:delete"))
        assert (await restarted.answered()).content == say("discord.cannot_delete", "en")
    assert not first.deleted


async def test_a_private_result_that_is_late_is_not_made_public(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    gate = mimo.hold_after(1)
    async with start(mimo_house.services):
        await server.slash("say", {"text": TEXT, "private": True})
        await gate.reached.wait()
        server.clock.advance(15 * 60 + 1)
        gate.set()
        await server.until(lambda: server.statuses("edit"))
        again = await (await server.slash("say", {"text": TEXT, "private": True})).answered()
        await server.until(lambda: again.content)
    (told,) = server.messages  # the token is dead: that nothing came can only be said in the channel, the words never
    assert told.content == say("discord.too_late", "en", who=f"<@{server.world.ada.id}>")
    assert not told.files
    assert "free" in again.content  # the same words are in the cache
    assert (await mimo_house.ledger.usage(account(server).scope)).characters == 0, "what did not arrive is given back"


async def test_where_guests_may_not_speak_to_everyone(server: DiscordServer, house: House, start: Start) -> None:
    channel = elsewhere(server.world)
    channel.external_apps = False
    async with start(house.services):
        exchange = await server.slash("say", {"text": TEXT}, channel=channel)
        panel = await panel_of(exchange)
    assert exchange.original is not None
    assert exchange.original.private
    assert exchange.original.files[0].sound is not None
    assert say("discord.only_you", "en") in panel.content
    assert [name.split(":")[1] for name in panel.buttons] == ["again", "files", "style"]
    assert exchange.followups == [panel]  # nobody else heard it, so nobody is told who asked


async def test_who_takes_no_direct_messages_hears_it_all_the_same(
    server: DiscordServer, house: House, start: Start
) -> None:
    direct = server.world.add_direct(server.world.ada)
    server.fail("message", "50007")
    async with start(house.services):
        panel = await (await server.slash("say", {"text": TEXT}, channel=direct)).answered()
    assert panel.files[0].sound is not None
    assert say("discord.only_you", "en") in panel.content
    assert server.messages == []


# In every place


async def test_nobody_is_ever_pinged(server: DiscordServer, house: House, start: Start) -> None:
    """Whatever words of people come back: beside the sound, in the answer, in a refusal, in a follow-up."""
    loud = f"@everyone @here <@{server.world.ada.id}> <@&{server.world.home.id}>"
    async with start(house.services):
        await house.services.requests.spaces.set(Space("discord", str(server.world.home.id)), show_words=True)
        panel = await (await server.slash("say", {"text": loud, "style": "@everyone"})).answered()
        await (await server.press(panel, panel.button("mp:files"))).answered()
        await (await server.slash("voices", {"voice": "@everyone"})).answered()
        await (await server.slash("settings mine", {"style": "@everyone"})).answered()
        await (await server.slash("say", {"text": loud}, channel=group(server.world))).followup(2)
        server.world.general.permissions = EVERYTHING_WE_NEED & ~SEND_VOICE_MESSAGES
        await (await server.slash("say", {"text": loud})).followup()
    told = [one for each in server.exchanges for one in (each.original, *each.followups) if one is not None]
    worded = [message for message in [*server.messages, *told] if message.content]
    assert len(worded) == 9
    assert sum("@everyone" in message.content for message in worded) > 3
    assert all(message.data["allowed_mentions"] == {"parse": []} for message in worded)


# Told once


async def test_why_it_is_a_file_is_said_once(server: DiscordServer, house: House, start: Start) -> None:
    bo = User("bo")
    why = say("discord.why_file.permission", "en")
    server.world.general.permissions = EVERYTHING_WE_NEED & ~SEND_VOICE_MESSAGES
    told = []
    async with start(house.services):
        for user in (None, None, bo):
            panel = await panel_of(await server.slash("say", {"text": TEXT}, user=user))
            told.append(why in panel.content)
        other = server.world.add_channel(server.world.home, "other")
        other.voice_messages = False  # allowed, and yet refused
        panel = await (await server.slash("say", {"text": TEXT}, channel=other)).answered()
    assert told == [True, False, True]
    assert say("discord.why_file.channel", "en") in panel.content


@pytest.mark.parametrize(("fate", "code"), [("lost", "refused"), ("refused", "refused")])
async def test_a_guest_says_why_it_is_a_file(
    server: DiscordServer, house: House, start: Start, fate: str, code: str
) -> None:
    server.state.deferred_voice = fate
    async with start(house.services):
        exchange = await server.slash("say", {"text": TEXT, "style": "Whisper"}, channel=group(server.world))
        panel = await panel_of(exchange)
    assert exchange.original is not None
    assert exchange.original.files[0].sound is not None
    assert say(f"discord.why_file.{code}", "en") in panel.content
    assert exchange.followups[0].content == line(server)


async def test_a_late_answer_is_apologized_for_once_a_minute_and_never_for_what_is_private(
    server: DiscordServer, house: House, start: Start
) -> None:
    gate = server.hold("callback")
    async with start(house.services):
        for options in ({"text": TEXT, "private": True}, {"text": TEXT}, {"text": TEXT}):
            await server.slash("say", options)
        await gate.reached.wait()
        server.clock.advance(3.5)
        gate.open()
        await server.until(lambda: server.statuses("callback") == [404] * 3)
        await server.message()
        await asyncio.sleep(0)
    assert len(server.messages) == 1


def test_what_is_told_once_is_told_again_a_day_later() -> None:
    clock = FakeClock(0)
    once = RateLimitedNotice(clock=clock)
    assert [once.first("a"), once.first("a"), once.first("b")] == [True, False, True]
    clock.now += 86_400
    assert once.first("a")
    for number in range(20_000):
        once.first(number)
    assert len(once._told) <= 10_000


def test_no_more_answers_are_remembered_than_fit() -> None:
    async def remove() -> None:
        """Nothing."""

    responses = InteractionResponses()
    for number in range(MOST + 5):
        responses.keep(number, remove)
    assert responses.of(4) is None
    assert responses.of(5) is remove
