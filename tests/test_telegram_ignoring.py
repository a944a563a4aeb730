"""Whose messages are not read in a Telegram group: shown by name and number, and taken back by either."""

from bot.model import Space
from bot.texts import say
from tests.conftest import House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, Person
from tests.fakes.telegram_server import Fault
from tests.telegram_case import fixture_launch, fixture_server  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import GROUP, Village, fixture_village, spoken  # noqa: F401

SPACE = Space("telegram", str(GROUP))
DI = Person(1004, "Di", username="di_the_baker")
IGNORED, UNIGNORED = say("telegram.reading.ignored", "en"), say("telegram.reading.unignored", "en")


async def shown(village: Village, person: Person = ANN, language: str = "en") -> str:
    """The line of ``/reading`` that tells who is ignored."""
    (line,) = [
        line
        for line in (await village.said("/reading", person)).split("\n")
        if line.startswith(say("reading.ignored", language))
    ]
    return line.partition(": ")[2]


async def test_whoever_is_ignored_is_shown_and_read_again_by_number(village: Village, mimo_house: House) -> None:
    readings = mimo_house.core.readings
    assert await shown(village) == "–"
    assert await village.said("/reading ignore 555") == IGNORED
    assert await village.said("/reading ignore -1005") == IGNORED
    assert (await readings.get(SPACE)).ignored == ("account:telegram:555", "account:telegram:-1005")
    village.server.faults = [Fault("getChatMember", code=400, description="Bad Request: user not found")]
    assert await shown(village) == "555, -1005", "Telegram does not know their names"
    assert await village.said("/reading 取消忽略 555") == UNIGNORED
    assert await village.said("/reading unignore -1005") == UNIGNORED
    assert (await readings.get(SPACE)).ignored == ()
    assert await village.said("/reading unignore 555") == say("telegram.reading.was_read", "en")
    assert await village.said("/reading unignore 555", BO) == say("telegram.admins_only", "en")


async def test_whoever_is_ignored_is_found_by_name(village: Village, mimo: MimoServer) -> None:
    for number, person in enumerate((DI, BO), 1):
        message = await village.write("Good morning.", person)
        await village.voices(number)
        assert await village.said("/reading ignore", reply_to=message) == IGNORED
    assert await shown(village, LI, "zh") == "Di (@di_the_baker, 1004), Bo (1002)"
    assert await village.said("/reading unignore @Di_The_Baker") == UNIGNORED
    assert await village.said("/reading unignore bo") == UNIGNORED
    assert await shown(village) == "–"
    await village.write("Here we are.", DI)
    await village.voices(3)
    assert spoken(mimo)[-1].endswith("Here we are.")
    for nobody in ("@di_the_baker", "somebody", ""):
        said = await village.said(f"/reading unignore {nobody}")
        assert said == say("telegram.reading.ignore_whom", "en"), "nobody of that name is ignored"


async def test_a_mention_names_who_has_no_name_on_telegram(village: Village, mimo_house: House) -> None:
    text = "/reading ignore Bo"
    marks = [
        {"type": "bot_command", "offset": 0, "length": 8},
        {"type": "text_mention", "offset": 16, "length": 2, "user": BO.json},
    ]
    await village.server.write(ANN.json, village.group, text=text, entities=marks)
    await village.server.wait_for("sendMessage", 2)
    assert (await mimo_house.core.readings.get(SPACE)).ignored == (f"account:telegram:{BO.id}",)
