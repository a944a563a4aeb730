"""One person floods the bot with commands on Telegram, and nobody else notices."""

from collections.abc import Callable

import pytest

from bot.platforms.fairness import BURST, GROUP_BURST, NOTICE, WAITING
from bot.platforms.telegram.updates import PLACES
from bot.texts import say
from bot.web import WebServer
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, Chat, Person
from tests.fakes.telegram_server import Call, TelegramServer
from tests.telegram_case import (  # noqa: F401  the fixtures of this file
    Launch,
    fixture_launch,
    fixture_server,
)

FLOOD = 600
HOOK = {"webhook_url": "https://bot.example.org/hook"}


@pytest.fixture
async def roomy_house(build_house: BuildHouse, mimo: MimoServer) -> House:
    """A house whose quota for requests does not end the flood by itself."""
    return await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo"]},
        quota={"account_requests_per_minute": 0},
    )


def to(person_id: int) -> Callable[[Call], bool]:
    return lambda call: call.params["chat_id"] == str(person_id)


def answered(server: TelegramServer, chat_id: int) -> int:
    return sum(map(to(chat_id), server.done("sendMessage")))


@pytest.mark.parametrize("flood", ["/say Sentence number {}.", "/help", "/say", "Sentence {} without a command"])
async def test_another_one_is_answered_while_one_person_sends_600_commands(
    server: TelegramServer, mimo: MimoServer, roomy_house: House, launch: Launch, flood: str
) -> None:
    gate = mimo.hold_after(0)
    for number in range(FLOOD):
        await server.text(flood.format(number), user=ANN)
    await server.text("/help", user=BO)
    async with launch(roomy_house.services, look_again=0.01, clock=lambda: 1000.0):
        await server.until(lambda: len(server.calls) > 0)
        await server.until(lambda: answered(server, BO.id) == 1)
        speaks = "{}" in flood
        assert answered(server, ANN.id) == (1 if speaks else BURST + 1)
        await server.text("/say Somebody else.", user=BO)
        await server.until(lambda: any(map(to(BO.id), server.asked("sendChatAction"))))
        gate.set()
        await server.wait_for("sendVoice", WAITING + 2 if speaks else 1)
        order = [call["messages"][-1]["content"] for call in mimo.calls]
        assert order.index("Somebody else.") <= 1, "it is spoken after at most one of the other's"


async def test_who_waits_for_themselves_takes_no_place_from_others(
    server: TelegramServer, mimo: MimoServer, roomy_house: House, launch: Launch
) -> None:
    """As many commands as there are places, by a few people whose first ones are being spoken."""
    gate = mimo.hold_after(0)
    people = [Person(5000 + number, "P") for number in range(PLACES // (WAITING + 1) + 1)]
    for person in people:
        for number in range(WAITING + 1):
            await server.text(f"/say Sentence number {number}.", user=person)
    await server.text("/help", user=BO)
    async with launch(roomy_house.services, look_again=0.01):
        await server.until(lambda: answered(server, BO.id) == 1)
        gate.set()
        await server.wait_for("sendVoice", len(people) * (WAITING + 1))
    assert not server.pending


async def test_who_has_no_quota_left_is_told_of_each_of_a_few_commands(
    server: TelegramServer, mimo: MimoServer, build_house: BuildHouse, launch: Launch
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo"]},
        quota={"account_characters_per_day": 1},
    )
    async with launch(house.services, clock=lambda: 1000.0):
        for number in range(3):
            await server.text(f"/say Sentence number {number}.")
        await server.wait_for("sendMessage", 3)


async def test_in_a_group_another_one_finds_room_for_an_answer(
    server: TelegramServer, roomy_house: House, launch: Launch
) -> None:
    group: Chat = server.group()
    for _ in range(FLOOD):
        await server.text("/help", user=ANN, chat=group)
    await server.text("/help", user=BO, chat=group)
    async with launch(roomy_house.services, look_again=0.01, clock=lambda: 1000.0):
        await server.until(lambda: len(server.calls) > 0)
        await server.until(lambda: answered(server, group.id) == GROUP_BURST + 2)


async def test_a_webhook_brings_others_too(
    server: TelegramServer, mimo: MimoServer, roomy_house: House, launch: Launch
) -> None:
    gate = mimo.hold_after(0)
    web = WebServer("127.0.0.1", 0)
    async with launch(roomy_house.services, web=web, settings=HOOK, clock=lambda: 1000.0):
        await server.wait_for("setWebhook")
        server.updates.proxied = web.root
        for number in range(FLOOD):
            await server.text(f"/say Sentence number {number}.", user=ANN)
        await server.text("/help", user=BO)
        await server.until(lambda: answered(server, BO.id) == 1)
        assert answered(server, ANN.id) == 1
        gate.set()
        await server.wait_for("sendVoice", WAITING + 1)


async def test_the_flooder_is_told_again_after_a_while(
    server: TelegramServer, mimo: MimoServer, roomy_house: House, launch: Launch
) -> None:
    now = [1000.0]
    gate = mimo.hold_after(0)
    async with launch(roomy_house.services, clock=lambda: now[0]):
        for number in range(WAITING + 4):
            await server.text(f"/say Sentence number {number}.")
        await server.wait_for("sendMessage")
        await server.text("/help", user=BO)
        await server.wait_for("sendMessage", 2)
        assert answered(server, ANN.id) == 1
        now[0] += NOTICE
        await server.text("/say Another one.")
        await server.until(lambda: answered(server, ANN.id) == 2)
        told = [call.params["text"] for call in server.done("sendMessage") if to(ANN.id)(call)]
        assert told == [say("busy.person", "en", limit=WAITING + 1)] * 2
        gate.set()
        await server.wait_for("sendVoice", WAITING + 1)
