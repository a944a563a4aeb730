"""Rules of a Telegram group, typed in either language: who may speak, where, how often; obeyed after a restart."""

import json

import pytest

from bot.platforms.reading.settings import own_change, place_change
from bot.texts import say
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, Person
from tests.fakes.telegram_server import TelegramServer
from tests.telegram_case import Launch, fixture_launch, fixture_server  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import GROUP, Village, open_village

DI = Person(1004, "Di", None)
"""Telegram does not tell her language."""
OTHER = {"en": "zh", "zh": "en"}


async def build(build_house: BuildHouse, mimo: MimoServer) -> House:
    paid = {"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}}
    return await build_house(providers=paid, speech={"providers": ["mimo"]})


async def order(village: Village, admin: Person, language: str, key: str, value: str, thread: int | None = None) -> str:
    name = say(f"telegram.setting.{key}", language)
    return await village.said(f"/settings {name} {value}", admin, thread=thread)


@pytest.mark.parametrize(("language", "admin", "on"), [("en", ANN, "on"), ("zh", LI, "开")])
async def test_where_and_how_often_people_speak(
    launch: Launch,
    server: TelegramServer,
    build_house: BuildHouse,
    mimo: MimoServer,
    language: str,
    admin: Person,
    on: str,
) -> None:
    server.group(GROUP, threads={7, 8}).admins.add(admin.id)
    house = await build(build_house, mimo)
    async with open_village(launch, server, house.services) as village:
        for key, value in (("cooldown", "600"), ("admins_cooldown", "0"), ("context", on), ("here", on)):
            await order(village, admin, language, key, value, thread=7)
        await order(village, admin, language, "language", say(f"reading.value.{OTHER[language]}", language), thread=7)
    async with open_village(launch, server, (await build(build_house, mimo)).services) as village:
        assert await village.said("/say Here?", BO, thread=8) == say("guard.channel", "en")
        about = await village.write("My cat has died.", DI, thread=7)
        await server.text("/say I am sorry.", user=BO, chat=village.group, thread=7, reply_to=about)
        await village.voices()
        asked = json.loads(mimo.requests[-1].body)["messages"][0]["content"]
        assert say("telegram.tone", "en", quoted="My cat has died.") in asked
        assert "600" in await village.said("/say Again.", BO, thread=7), "people rest"
        for number in (2, 3):
            await server.text(f"/say Number {number}.", user=admin, chat=village.group, thread=7)
            await village.voices(number)
        shown = await village.said("/settings", DI, thread=7)
        assert shown.startswith(say("telegram.settings.group", OTHER[language])), "as the group speaks"
        await order(village, admin, language, "everywhere", "", thread=7)
    async with open_village(launch, server, (await build(build_house, mimo)).services) as village:
        await server.text("/say Here as well.", user=admin, chat=village.group, thread=8)
        await village.voices(4)


@pytest.mark.parametrize(("language", "admin", "on", "off"), [("en", ANN, "on", "off"), ("zh", LI, "开", "关")])
async def test_who_speaks(
    launch: Launch,
    server: TelegramServer,
    build_house: BuildHouse,
    mimo: MimoServer,
    language: str,
    admin: Person,
    on: str,
    off: str,
) -> None:
    server.group(GROUP).admins.add(admin.id)
    for state, refused in ((on, True), (off, False)):
        async with open_village(launch, server, (await build(build_house, mimo)).services) as village:
            await order(village, admin, language, "admins", state)
        async with open_village(launch, server, (await build(build_house, mimo)).services) as village:
            if refused:
                assert await village.said("/say May I?", BO) == say("guard.role", "en")
            await server.text("/say I may.", user=admin if refused else BO, chat=village.group)
            await village.voices(1 + (not refused))


def test_both_platforms_take_the_same_words() -> None:
    assert place_change("language", "中文") == place_change("language", "Chinese") == {"language": "zh"}
    assert own_change("speed", "快速") == {"speed": "fast"}
    for none in ("-", "–", "—", "自动", "auto"):
        assert own_change("tongue", none) == {"spoken_language": ""}
