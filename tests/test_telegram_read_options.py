"""What stands behind ``/read on``: the longest reading of a chat or topic, a voice, a style."""

import pytest

from bot.model import Space
from bot.platforms.telegram.reading.groups import WHOLE
from bot.store.sessions import Binding
from bot.texts import say
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, LI, Person
from tests.fakes.telegram_server import TelegramServer
from tests.telegram_case import Launch, fixture_launch, fixture_server  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import GROUP, Village, fixture_village, open_village, spoken  # noqa: F401

SPACE = Space("telegram", str(GROUP))
LONG = "The ship has landed on the far side of the moon, and nobody knows what it carries."


@pytest.mark.parametrize(("language", "admin", "begins"), [("en", ANN, "on"), ("zh", LI, "开")])
async def test_the_longest_reading_of_a_topic_outlives_a_restart(
    launch: Launch,
    server: TelegramServer,
    build_house: BuildHouse,
    mimo: MimoServer,
    language: str,
    admin: Person,
    begins: str,
) -> None:
    server.group(GROUP, threads={7, 8}).admins.add(admin.id)
    paid = {"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}}
    house = await build_house(providers=paid, speech={"providers": ["mimo"]})
    shown = say("telegram.read.options", language, voice="Mia", style="–", most=30)
    async with open_village(launch, server, house.services) as village:
        await village.tell(f"/read {begins} all", admin)
        said = await village.said(f"/read {begins} 30 voice:mia", admin, thread=7)
        assert said == f"{say('telegram.read.on.topic', language)} {shown}"
    again = await build_house(providers=paid, speech={"providers": ["mimo"]})
    async with open_village(launch, server, again.services) as village:
        assert shown in await village.said("/read", admin, thread=7)
        assert shown not in await village.said("/read", admin, thread=8)
        await village.write(LONG, thread=7)
        await village.voices()
        await village.write(LONG, thread=8)
        await village.voices(2)
    assert len(spoken(mimo)[0]) < len(LONG)
    assert LONG in spoken(mimo)[1]


async def test_numbers_voices_and_styles_in_any_order(village: Village, mimo_house: House) -> None:
    bindings = mimo_house.core.bindings
    for typed, bound in {
        "200": Binding(SPACE, WHOLE, max_characters=200),
        "all 200 style:Happy": Binding(SPACE, WHOLE, style="Happy", max_characters=200),
        "voice:Mia style:Happy 250": Binding(SPACE, WHOLE, voice="Mia", style="Happy", max_characters=250),
        "": Binding(SPACE, WHOLE),
    }.items():
        await village.tell(f"/read on {typed}")
        assert await bindings.of(SPACE) == (bound,)


async def test_what_is_none_of_these_is_refused(village: Village, mimo_house: House) -> None:
    for typed in ("please", "200 please", "-5", "٢٠٠"):
        assert await village.said(f"/read on {typed}") == say("telegram.read.wanted", "en")
    assert await village.said("/read on 5") == say("reading.characters", "en", least=20, limit=2000)
    assert await mimo_house.core.bindings.of(SPACE) == (Binding(SPACE, WHOLE),)
