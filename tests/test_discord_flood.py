"""One person floods the bot with commands on Discord, and nobody else notices."""

import pytest

from bot.platforms.discord.client import _BURST as BURST
from bot.platforms.discord.client import AT_ONCE
from bot.texts import say
from tests.conftest import BuildHouse, House
from tests.discord_case import Start
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import User
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures"]

FLOOD = 600


@pytest.fixture
async def roomy_house(build_house: BuildHouse, mimo: MimoServer) -> House:
    """A house whose quota for requests does not end the flood by itself."""
    return await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo"]},
        quota={"account_requests_per_minute": 0},
    )


def other(server: DiscordServer) -> User:
    """Another member."""
    bo = User("bo")
    server.world.add_member(server.world.home, bo)
    return bo


async def test_another_one_is_answered_while_one_person_sends_600_commands(
    server: DiscordServer, mimo: MimoServer, roomy_house: House, start: Start
) -> None:
    gate, bo = mimo.hold_after(0), other(server)
    async with start(roomy_house.services):
        flood = [await server.slash("say", {"text": f"Sentence number {number}."}) for number in range(FLOOD)]
        helped = await server.slash("help", {}, user=bo)
        await helped.answered()
        said = await server.slash("say", {"text": "Somebody else."}, user=bo)
        await said.acknowledged()
        await server.until(lambda: sum(each.deleted for each in flood) >= BURST - AT_ONCE - 1 or None)
        told = [each.original.content for each in flood if each.original and not each.original.loading]
        assert len(told) == 1, "told once, of what it met first"
        assert told[0] in {say("busy.person", "en", limit=AT_ONCE), say("busy.flood", "en")}
        assert sum(each.callback is not None for each in flood) <= BURST + 1
        gate.set()
        await said.answered()
        order = [call["messages"][-1]["content"] for call in mimo.calls]
        assert order.index("Somebody else.") <= 2, "after what is under way, and one of the other's at most"


async def test_commands_that_are_not_speech_are_counted_too(
    server: DiscordServer, roomy_house: House, start: Start
) -> None:
    bo = other(server)
    async with start(roomy_house.services):
        flood = [await server.slash("help", {}) for _ in range(FLOOD)]
        await (await server.slash("help", {}, user=bo)).answered()
        answered = [each for each in flood if each.callback is not None]
        assert len(answered) == BURST + 1
        assert say("busy.flood", "en") in str(answered[-1].callback)
