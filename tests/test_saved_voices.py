"""A saved voice that is not there any more: the next one speaks, and it is told, on both front ends."""

import pytest

from bot.model import Space
from bot.texts import say
from tests.conftest import House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import BO
from tests.story_doors import opened
from tests.story_town import Town
from tests.telegram_case import fixture_launch, fixture_server  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import Village, fixture_village  # noqa: F401

pytest_plugins = ["tests.story_fixtures"]

OWN, PLACE = "note.own_voice_gone", "note.place_voice_gone"
CHANGED_BY = {
    (OWN, "discord"): "/settings mine",
    (OWN, "telegram"): "/voice",
    (PLACE, "discord"): "/server settings",
    (PLACE, "telegram"): "/settings",
}


def told(code: str, town: Town, voice: str, language: str) -> str:
    return say(code, language, voice=voice, command=CHANGED_BY[code, town.front_end.name])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("own", [True, False], ids=["own", "place"])
async def test_the_next_default_speaks_and_the_one_that_is_gone_is_named(town: Town, own: bool, language: str) -> None:
    house = await town.house()
    requests, account = house.services.requests, town.front_end.account()
    await requests.preferences.set(account, language=language, voice="Retired" if own else "")
    await requests.spaces.set(town.front_end.space(), default_voice="Dean" if own else "Retired")
    async with opened(town.front_end, house.services):
        for n, text in enumerate(("Good evening.", "And once more."), 1):
            request = await town.front_end.say(text, among_others=True)
            await town.front_end.sounds(n)
            await town.front_end.told(request, told(OWN if own else PLACE, town, "Retired", language))
    asked = [body["audio"].get("voice") for body in town.mimo.calls]
    assert (asked[0], len(asked), asked.count("Retired")) == ("Retired", 3, 1), "it is known then to be gone"
    assert asked.count("Dean") == (2 if own else 0)
    assert await town.used(house) == len("Good evening.And once more.")
    assert (await requests.preferences.get(account)).recent_voices == ()


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_both_may_be_gone_and_a_voice_that_is_named_is_still_refused(town: Town, language: str) -> None:
    house = await town.house()
    requests, account = house.services.requests, town.front_end.account()
    await requests.preferences.set(account, language=language, voice="Retired")
    await requests.spaces.set(town.front_end.space(), default_voice="Gone")
    async with opened(town.front_end, house.services):
        request = await town.front_end.say("Good evening.", among_others=True)
        await town.front_end.sounds(1)
        await town.front_end.told(request, told(OWN, town, "Retired", language))
        await town.front_end.told(request, told(PLACE, town, "Gone", language))
        await town.front_end.restyle("Whisper" if language == "en" else "悄悄话")
        await town.front_end.sounds(2)
        refused = await town.front_end.say("No.", voice="Nobody", among_others=True)
        await town.front_end.told(refused, say("voice.unknown", language, voice="Nobody", voices="§").split("§")[0])
    assert town.front_end.delivered() == 2


async def test_what_is_brought_twice_is_spoken_once(town: Town) -> None:
    house = await town.house()
    await house.services.requests.preferences.set(town.front_end.account(), voice="Retired")
    async with opened(town.front_end, house.services):
        request = await town.front_end.say("Good evening.")
        await town.front_end.sounds(1)
        await town.front_end.redeliver(request)
        await town.front_end.say("Something else.", other=True)
        await town.front_end.sounds(2)
    assert town.front_end.delivered() == 2
    assert await town.used(house) == len("Good evening.")


async def test_the_built_in_engine_knows_it_without_asking(town: Town) -> None:
    house = await town.house(speech={"providers": ["espeak"]}, providers={})
    await house.services.requests.preferences.set(town.front_end.account(), voice="Retired")
    async with opened(town.front_end, house.services):
        request = await town.front_end.say("Good evening.", among_others=True)
        await town.front_end.sounds(1)
        await town.front_end.told(request, told(OWN, town, "Retired", "en"))


async def test_a_group_that_is_read_hears_it_under_a_voice(
    village: Village, mimo: MimoServer, mimo_house: House
) -> None:
    requests = mimo_house.services.requests
    await requests.spaces.set(Space("telegram", str(village.group.id)), default_voice="Gone")
    await village.write("Good evening.", BO)
    (voice,) = await village.voices()
    assert voice.params["caption"].splitlines()[0] == say(PLACE, "en", voice="Gone", command="/settings")
    assert mimo.calls[0]["audio"]["voice"] == "Gone"
    assert len(mimo.calls) == 2
