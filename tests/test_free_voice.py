"""Over the quota the free built-in voice is offered by a button; what it speaks is called free."""

import pytest

from bot.speech.quota import BUILT_IN
from bot.texts import say
from tests.conftest import BuildHouse, House
from tests.discord_case import TEXT, Start, account, voices_of
from tests.fakes.discord_server import DiscordServer
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures"]


@pytest.fixture
async def poor(build_house: BuildHouse, mimo: MimoServer) -> House:
    """A house where nobody has more than three characters a day of what costs money."""
    return await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo", "espeak"]},
        quota={"account_characters_per_day": 3},
    )


@pytest.mark.parametrize("options", [{}, {"voice": "Mia"}, {"design": "a gruff old pirate"}, {"private": True}])
async def test_on_discord_a_button_speaks_it_for_nothing(
    server: DiscordServer, mimo: MimoServer, poor: House, start: Start, options: dict[str, object]
) -> None:
    async with start(poor.services):
        refused = await (await server.slash("say", {"text": TEXT, **options})).answered()
        assert refused.content.startswith(f"This takes {len(TEXT)} characters, but you have 3 of 3 left today")
        label = refused.data["components"][0]["components"][0]["label"]
        assert label == say("free.use", "en") == "Use the free voice"
        panel = await (await server.press(refused, refused.button("mp:free"))).answered()
        await server.until(lambda: panel.content)
    assert " s, free." in panel.content
    if "private" not in options:
        assert len(voices_of(server)) == 1
    assert mimo.calls == []
    used = await poor.ledger.usage(account(server).scope)
    free = await poor.ledger.usage(account(server).scope, BUILT_IN)
    assert (used.characters, free.characters) == (0, len(TEXT))
    assert server.refusals == []


async def test_what_is_gone_and_what_was_free_already_is_not_offered(
    server: DiscordServer, poor: House, build_house: BuildHouse, start: Start
) -> None:
    async with start(poor.services):
        refused = await (await server.slash("say", {"text": TEXT})).answered()
        await poor.services.requests.words.forget(account(server))
        gone = await (await server.press(refused, refused.button("mp:free"))).answered()
        assert gone.content == say("words.gone", "en")


async def test_where_only_the_free_voice_has_a_limit_nothing_is_offered(
    server: DiscordServer, build_house: BuildHouse, start: Start
) -> None:
    house = await build_house(speech={"providers": ["espeak"]}, quota={"builtin_characters_per_day": 3})
    async with start(house.services):
        refused = await (await server.slash("say", {"text": TEXT})).answered()
    assert refused.content.startswith(f"This takes {len(TEXT)} characters, but you have 3 of 3 left today")
    assert refused.buttons == []


async def test_again_after_the_free_voice_names_the_price_of_the_usual_one(
    server: DiscordServer, poor: House, start: Start
) -> None:
    async with start(poor.services):
        refused = await (await server.slash("say", {"text": TEXT})).answered()
        panel = await (await server.press(refused, refused.button("mp:free"))).answered()
        labels = [one["label"] for one in panel.data["components"][0]["components"]]
    assert labels[0] == say("discord.panel.again", "en", characters=len(TEXT))
