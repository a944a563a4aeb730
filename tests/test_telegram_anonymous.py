"""Administrators who are anonymous in their group: what they do there never tells the group who they are."""

import pytest

from bot.texts import say
from tests.conftest import House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, ANONYMOUS, BO, Chat, Json, Person
from tests.fakes.telegram_requests import Call
from tests.fakes.telegram_server import Fault, TelegramServer
from tests.telegram_case import (  # noqa: F401  the fixtures of this file
    Launch,
    Line,
    buttons,
    fixture_launch,
    fixture_line,
    fixture_server,
    spent,
)

WORDS = "Come a little closer."
BOSS = Person(555, "Secret Boss", username="boss")
"""Administers the group, where nobody is to know it."""
SILENT = "Bad Request: member list is inaccessible"


@pytest.fixture(name="group")
def fixture_group(server: TelegramServer) -> Chat:
    """Ann administers it openly."""
    group = server.group(-1010)
    group.admins |= {ANN.id, BOSS.id}
    group.anonymous.add(BOSS.id)
    return group


async def pressed(line: Line, group: Chat, user: Person) -> Call:
    """The voice that comes of a button, which somebody presses under Bo's voice."""
    await line.server.text(f"/say {WORDS}", chat=group, user=BO)
    voice = (await line.server.wait_for("sendVoice"))[0]
    await line.server.press(voice.result, buttons(voice.result)["Whisper"], user=user)
    second = (await line.server.wait_for("sendVoice", 2))[1]
    await line.server.all_acknowledged()
    return second


async def who(line: Line, group: Chat, about: Json) -> str:
    count = len(line.server.done("sendMessage"))
    await line.server.text("/who", chat=group, user=ANN, reply_to=about)
    return (await line.server.wait_for("sendMessage", count + 1))[-1].params["text"]


def told(line: Line) -> str:
    """Everything that the bot put into the group."""
    return str([call.params for call in line.server.calls if call.method.startswith("send")])


async def test_the_group_is_told_of_itself_and_the_person_pays(line: Line, house: House, group: Chat) -> None:
    voice = await pressed(line, group, BOSS)
    assert voice.params["caption"].splitlines()[0] == say("telegram.pressed_by", "en", name=group.title)
    assert await who(line, group, voice.result) == say("telegram.who.hidden", "en")
    assert "Boss" not in told(line)
    assert str(BOSS.id) not in told(line)
    assert await spent(house, BOSS) == len(WORDS)


async def test_who_became_anonymous_since_is_not_named(line: Line, group: Chat) -> None:
    group.anonymous.clear()
    voice = await pressed(line, group, BOSS)
    assert voice.params["caption"].splitlines()[0] == say("telegram.pressed_by", "en", name="Secret Boss")
    assert str(BOSS.id) in await who(line, group, voice.result)
    group.anonymous.add(BOSS.id)
    assert await who(line, group, voice.result) == say("telegram.who.hidden", "en")


async def test_where_telegram_does_not_say_nobody_is_named(line: Line, group: Chat) -> None:
    line.server.faults = [Fault("getChatMember", times=9, code=400, description=SILENT)]
    voice = await pressed(line, group, BOSS)
    assert voice.params["caption"].splitlines()[0] == say("telegram.pressed_by", "en", name=group.title)
    line.server.faults = []
    assert await who(line, group, voice.result) == say("telegram.who.hidden", "en")
    assert "Boss" not in told(line)


async def test_what_the_group_asked_for_its_administrators_may_give_up(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch, group: Chat
) -> None:
    gate = mimo.hold_after(1)
    async with launch(mimo_house.services, queue=0.02):
        for number in range(2):
            text, marks = f"/say {WORDS} {number}", [{"type": "bot_command", "offset": 0, "length": 4}]
            await server.write(ANONYMOUS, group, sender_chat=group.json, text=text, entities=marks)
        (told,) = await server.wait_for("sendMessage")
        ((_, data),) = buttons(told.result).items()
        await server.press(told.result, data, user=BO)
        refused = (await server.wait_for("answerCallbackQuery"))[-1]
        assert refused.params["text"] == say("waiting.over", "en")
        elsewhere = server.group(-1011)
        elsewhere.admins.add(BO.id)
        await server.press({**told.result, "chat": elsewhere.json}, data, user=BO)  # as an administrator there
        refused = (await server.wait_for("answerCallbackQuery", 2))[-1]
        assert refused.params["text"] == say("waiting.over", "en")
        await server.press(told.result, data, user=BOSS)
        done = (await server.wait_for("answerCallbackQuery", 3))[-1]
        assert done.params["text"] == say("waiting.cancelled", "en")
        gate.set()
        await server.wait_for("sendVoice")
        await server.all_acknowledged()
    assert len(server.asked("sendVoice")) == 1


async def test_who_was_promoted_a_moment_ago_is_not_named(line: Line, group: Chat) -> None:
    group.admins.remove(BOSS.id)
    group.anonymous.clear()
    await line.server.text(f"/say {WORDS}", chat=group, user=BOSS)
    (first,) = await line.server.wait_for("sendVoice")
    group.admins.add(BOSS.id)
    group.anonymous.add(BOSS.id)
    await line.server.press(first.result, buttons(first.result)["Happy"], user=BOSS)
    voice = (await line.server.wait_for("sendVoice", 2))[1]
    assert voice.params["caption"].splitlines()[0] == say("telegram.pressed_by", "en", name=group.title)
