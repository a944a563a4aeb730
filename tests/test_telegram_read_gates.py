"""Each reason for which a message of a Telegram group is not read: made to happen, and named by ``/why``."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bot.model import Account, Space
from bot.platforms.reading.messages import Unread
from bot.platforms.reading.queue import MOST, MOST_EACH
from bot.platforms.telegram import why
from bot.store.accounts import BlockedAccounts
from bot.texts import LANGUAGES, say
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import BO, LI, PHOTO, Json, Person
from tests.fakes.telegram_server import TelegramServer
from tests.telegram_case import Launch, fixture_launch, fixture_server  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import GROUP, Village, open_village

SPACE = Space("telegram", str(GROUP))
AUTHOR = Account("telegram", str(BO.id))


@dataclass
class Scene:
    village: Village
    house: House
    mimo: MimoServer

    async def unread(self, text: str = "Hello there.", **content: Any) -> Json:
        """Somebody writes what is not going to be read."""
        message = await self.village.write(text, **content)
        await self.village.settled()
        return message


async def off(scene: Scene) -> Json:
    await scene.village.tell("/read off")
    return await scene.unread()


async def never_on(scene: Scene) -> Json:
    await scene.house.services.reader.bindings.forget(SPACE)
    return await scene.unread()


async def hidden(scene: Scene) -> Json:
    scene.village.server.world.bot["can_read_all_group_messages"] = False
    return await scene.unread()


async def opted_out(scene: Scene) -> Json:
    await scene.village.tell("/reading readme off", BO)
    return await scene.unread()


async def ignored(scene: Scene) -> Json:
    message = await scene.unread("…")
    await scene.village.tell("/reading ignore", reply_to=message)
    return await scene.unread()


async def by_a_bot(scene: Scene) -> Json:
    sender = {"id": 55, "is_bot": True, "first_name": "Beep"}
    message: Json = (await scene.village.server.write(sender, scene.village.group, text="Beep."))["message"]
    await scene.village.settled()
    return message


async def of_the_channel(scene: Scene) -> Json:
    telegram = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
    channel = {"id": -10055, "type": "channel", "title": "News"}
    update = await scene.village.server.write(
        telegram, scene.village.group, text="Breaking.", sender_chat=channel, is_automatic_forward=True
    )
    await scene.village.settled()
    message: Json = update["message"]
    return message


async def prefixed(scene: Scene) -> Json:
    await scene.village.tell("/reading prefix !")
    return await scene.unread("!quiet")


async def empty(scene: Scene) -> Json:
    return await scene.unread("…")


async def with_a_word(scene: Scene) -> Json:
    await scene.village.tell("/settings block 🍌")
    return await scene.unread("A 🍌.")


async def not_an_administrator(scene: Scene) -> Json:
    await scene.village.tell("/settings admins on")
    return await scene.unread()


async def elsewhere(scene: Scene) -> Json:
    await scene.village.tell("/settings here on", thread=7)
    return await scene.unread()


async def blocked(scene: Scene) -> Json:
    await BlockedAccounts(scene.house.core.database).block(AUTHOR)
    return await scene.unread()


async def too_many_of_one(scene: Scene) -> Json:
    scene.village.time.running = False
    for _ in range(MOST_EACH):
        await scene.village.write("And another thing.")
    return await scene.unread("One too many.")


async def too_many_people(scene: Scene) -> Json:
    scene.village.time.running = False
    for number in range(MOST):
        await scene.village.write("Me too.", Person(3000 + number, f"P{number}"))
    return await scene.unread()


async def broken_store(scene: Scene) -> Json:
    await scene.house.core.database.write(lambda connection: connection.exec_driver_sql("DROP TABLE reading_setting"))
    told = len(scene.village.server.done("sendMessage"))
    await scene.unread()
    message = await scene.unread("Once more.")
    assert len(scene.village.server.done("sendMessage")) == told + 1, "a failure is told once"
    return message


async def behind(scene: Scene) -> Json:
    """Long messages that waited for minutes: some are only counted."""
    scene.village.time.running = False
    message: Json = {}
    for _ in range(MOST_EACH):
        message = await scene.village.write("This takes a while to say, " * 10)
    await scene.village.settled()
    scene.village.time.pass_by(300)
    await scene.village.known(message)
    return message


async def without_quota(scene: Scene) -> Json:
    message = await scene.village.write("This is far too long for what little is left of the quota.")
    await scene.village.known(message)
    return message


async def refused_by_the_provider(scene: Scene) -> Json:
    scene.mimo.moderated.add("banana")
    message = await scene.village.write("A banana.")
    await scene.village.known(message)
    return message


async def refused_by_telegram(scene: Scene) -> Json:
    scene.village.group.no_voices = scene.village.group.no_files = True
    message = await scene.village.write("Hello there.")
    await scene.village.known(message)
    return message


async def a_command(scene: Scene) -> Json:
    return await scene.unread("/quota@other_bot")


async def a_command_in_bold(scene: Scene) -> Json:
    marks = [{"type": kind, "offset": 0, "length": 16} for kind in ("bold", "bot_command")]
    return await scene.unread("/quota@other_bot", entities=marks)


async def a_command_below_a_picture(scene: Scene) -> Json:
    return await scene.unread("", photo=[PHOTO], caption="/quota@other_bot now")


async def edited_to_a_command(scene: Scene) -> Json:
    scene.village.time.running = False
    message = await scene.unread()
    await scene.village.server.edit(message, "/quota@other_bot")
    await scene.village.settled()
    scene.village.time.pass_by(5)
    return message


async def the_bots_own(scene: Scene) -> Json:
    await scene.village.write("Hello there.")
    (voice,) = await scene.village.voices()
    message: Json = voice.result
    return {key: value for key, value in message.items() if key != "reply_to_message"}


async def somebody_joined(scene: Scene) -> Json:
    return await scene.unread("", new_chat_members=[LI.json])


async def long_ago(scene: Scene) -> Json:
    return scene.village.server.world.post(scene.village.group, BO.json, text="Yesterday.")


async def still_waiting(scene: Scene) -> Json:
    scene.village.time.running = False
    return await scene.unread()


async def was_read(scene: Scene) -> Json:
    message = await scene.village.write("Hello there.")
    await scene.village.known(message)
    return message


GATES: dict[str, tuple[Callable[[Scene], Awaitable[Json]], str]] = {
    each.__name__: (each, code)
    for each, code in [
        (off, "not_read_here"), (never_on, "not_read_here"), (hidden, "no_content"), (opted_out, "opted_out"),
        (ignored, "ignored"), (by_a_bot, "bot"), (of_the_channel, "webhook"), (prefixed, "prefix"), (empty, "empty"),
        (with_a_word, "word"), (not_an_administrator, "role"), (elsewhere, "channel"), (blocked, "blocked_account"),
        (too_many_of_one, "share_full"), (behind, "left_out"),
        (too_many_people, "queue_full"), (broken_store, "store"), (without_quota, "quota"),
        (refused_by_the_provider, "provider"), (refused_by_telegram, "no_speak"), (a_command, "command"),
        (a_command_in_bold, "command"), (a_command_below_a_picture, "command"), (edited_to_a_command, "command"),
        (the_bots_own, "not_speech"), (somebody_joined, "not_speech"), (long_ago, "unknown"),
        (still_waiting, "waiting"), (was_read, "read"),
    ]
}  # fmt: skip


@pytest.mark.parametrize("gate", GATES)
async def test_each_gate_is_named(
    launch: Launch, server: TelegramServer, build_house: BuildHouse, mimo: MimoServer, gate: str
) -> None:
    close, code = GATES[gate]
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"]},
        quota={"account_characters_per_day": 30} if gate == "without_quota" else {},
    )
    server.group(GROUP, threads={7} if gate == "elsewhere" else set())
    async with open_village(launch, server, house.services) as village:
        await village.tell("/read on all")
        message = await close(Scene(village, house, mimo))
        calls = len(mimo.calls)
        said = {language: await village.said("/why", user, reply_to=message) for language, user in _PEOPLE.items()}
        for language, sentence in said.items():
            assert sentence == why.sentence(_facts(code), language)
            assert "…" not in sentence
            assert "/join" not in sentence
            assert "Discord" not in sentence
        if gate != "behind":  # there the next messages are spoken meanwhile
            assert len(mimo.calls) == calls, "to ask costs nothing"


_PEOPLE = {"en": BO, "zh": LI}


def _facts(code: str) -> Unread:
    """The gate with the facts that it has in these scenes."""
    facts: dict[str, tuple[tuple[str, object], ...]] = {
        "prefix": (("prefix", "!"),),
        "share_full": (("limit", MOST_EACH),),
        "queue_full": (("limit", MOST),),
    }
    return Unread(f"unread.{code}", facts.get(code, ()))


def test_every_gate_has_words_that_hold_on_telegram() -> None:
    """No sentence speaks of what there is on Discord alone, but for gates that only a call has."""
    of_calls = {"no_session", "not_bound", "not_in_call", "muted", "silent", "paused"}
    for code in LANGUAGES["en"]:
        name = code.removeprefix("unread.")
        if not code.startswith("unread.") or name in of_calls:
            continue
        for language in LANGUAGES:
            words = why.sentence(Unread(code), language)
            assert not any(word in words for word in ("Discord", "/join", "/setup", "/skip", "/resume", "通话")), code


async def test_what_cannot_be_asked(launch: Launch, server: TelegramServer, house: House) -> None:
    async with open_village(launch, server, house.services) as village:
        usage = say("telegram.why.usage", "en")
        assert await village.said("/why") == usage
        assert await village.said("/explain") == usage
        private = server.world.private(BO)
        assert await village.said("/why", BO, chat=private) == usage
        server.group(GROUP).threads.add(7)
        opened = await village.write("", LI, thread=7, forum_topic_created={"name": "Topic", "icon_color": 1})
        assert await village.said("/why", thread=7, reply_to=opened) == usage, "in a topic everything answers its first"
