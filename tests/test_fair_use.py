"""Nobody takes all of it: quotas, cooldowns, places in the queue and blocked accounts, the same on both front ends."""

import pytest

from bot import texts
from bot.store.accounts import BlockedAccounts
from bot.store.commands import Commands
from bot.store.entries import Override
from tests.fakes.mimo_answers import Fault
from tests.story_doors import opened
from tests.story_town import Town

pytest_plugins = ["tests.story_fixtures"]

TEXTS = ("The first of all.", "And the second.", "The third and last.")


async def _said(town: Town, count: int) -> None:
    assert len(await town.front_end.sounds(count)) == count
    assert town.front_end.delivered() == len(town.mimo.calls) == count


async def test_a_place_s_cooldown_is_each_person_s_own(town: Town) -> None:
    house = await town.house()
    await house.core.spaces.set(town.front_end.space(), cooldown=600)
    async with opened(town.front_end, house.services):
        await town.front_end.say(TEXTS[0], among_others=True)
        await town.front_end.sounds(1)
        refused = await town.front_end.say(TEXTS[1], among_others=True)
        await town.front_end.told(refused, texts.say("guard.cooldown", "en", seconds=600))
        await town.front_end.say(TEXTS[2], among_others=True, other=True)
        await _said(town, 2)
    assert (await town.used(house), await town.used(house, other=True)) == (len(TEXTS[0]), len(TEXTS[2]))


async def test_a_role_s_cooldown_takes_the_place_s_place(town: Town) -> None:
    house = await town.house()
    await house.core.spaces.set(town.front_end.space(), cooldown=600)
    await house.core.spaces.rest(town.front_end.space(), town.front_end.promote(), 0)
    async with opened(town.front_end, house.services):
        for number, text in enumerate(TEXTS[:2]):
            await town.front_end.say(text, among_others=True)
            await _said(town, number + 1)
        await town.front_end.say(TEXTS[0], among_others=True, other=True)
        await town.front_end.sounds(3)
        refused = await town.front_end.say(TEXTS[2], among_others=True, other=True)
        await town.front_end.told(refused, texts.say("guard.cooldown", "en", seconds=600))


async def test_the_host_s_cooldown_holds_everywhere_and_for_each_account(town: Town) -> None:
    house = await town.house(quota={"account_cooldown_seconds": 600})
    await house.ledger.set_override(Override(town.front_end.account(other=True).scope, cooldown=0))
    async with opened(town.front_end, house.services):
        await town.front_end.say(TEXTS[0])
        await town.front_end.sounds(1)
        refused = await town.front_end.say(TEXTS[1], among_others=True)
        await town.front_end.told(refused, texts.say("guard.cooldown", "en", seconds=600))
        for number, text in enumerate(TEXTS[1:]):
            await town.front_end.say(text, other=True)
            await _said(town, number + 2)


async def test_commands_per_minute(town: Town) -> None:
    house = await town.house(quota={"account_requests_per_minute": 1})
    async with opened(town.front_end, house.services):
        await town.front_end.say(TEXTS[0])
        await town.front_end.sounds(1)
        refused = await town.front_end.say(TEXTS[1])
        await town.front_end.told(refused, "You can send 1 requests per minute")
        await town.front_end.say(TEXTS[2], other=True)
        await _said(town, 2)


async def test_a_role_has_a_quota_of_its_own(town: Town) -> None:
    house = await town.house(quota={"account_characters_per_day": 5})
    await house.ledger.set_override(Override(town.front_end.promote(), characters_per_day=500))
    async with opened(town.front_end, house.services):
        refused = await town.front_end.say(TEXTS[0], among_others=True, other=True)
        await town.front_end.told(refused, "5 of 5 left today")
        await town.front_end.say(TEXTS[0], among_others=True)
        await _said(town, 1)
        assert f"{len(TEXTS[0])} of 500 characters used" in await town.front_end.quota()


async def test_a_blocked_account_speaks_nowhere(town: Town) -> None:
    house = await town.house()
    await BlockedAccounts(house.core.database).block(town.front_end.account())
    async with opened(town.front_end, house.services):
        for among_others in (False, True):
            refused = await town.front_end.say(TEXTS[0], among_others=among_others)
            await town.front_end.told(refused, texts.say("guard.blocked_account", "en"))
        await town.front_end.say(TEXTS[1], among_others=True, other=True)
        await _said(town, 1)
    assert await town.used(house) == 0


@pytest.mark.parametrize("other", [True, False], ids=["for another one", "for oneself"])
async def test_who_waits_is_told_the_place_and_may_give_up(town: Town, *, other: bool) -> None:
    house = await town.house()
    gate = town.mimo.hold_after(1)
    async with opened(town.front_end, house.services):
        await town.front_end.say(TEXTS[0], other=other)
        await gate.reached.wait()
        waiting = await town.front_end.say(TEXTS[1])
        await town.front_end.told(waiting, "You're next, about ")
        await town.front_end.cancel(waiting)
        gate.set()
        await town.front_end.sounds(1)
        await town.front_end.say(TEXTS[2])
        await _said(town, 2)
    assert await town.used(house, other=other) == len(TEXTS[0]) + (0 if other else len(TEXTS[2]))


async def test_who_got_nothing_need_not_rest(town: Town) -> None:
    house = await town.house(quota={"account_cooldown_seconds": 600})
    town.mimo.faults.append(Fault("402"))
    async with opened(town.front_end, house.services):
        await town.front_end.told(await town.front_end.say(TEXTS[0]), "The account at mimo has run out of credit")
        await town.front_end.say(TEXTS[1])
        await town.front_end.sounds(1)
        refused = await town.front_end.say(TEXTS[2])
        await town.front_end.told(refused, texts.say("guard.cooldown", "en", seconds=600))
    assert await town.used(house) == len(TEXTS[1])


async def test_the_words_are_kept_in_one_table_only_and_not_where_the_host_keeps_none(town: Town) -> None:
    planted = b"planted marmalade"
    for count, hours in ((1, 0), (2, 24)):
        folder = town.folder / str(hours)
        house = await town.house(data_dir=folder, speech={"providers": ["mimo"], "words_hours": hours})
        async with opened(town.front_end, house.services):
            await town.front_end.say("The planted marmalade sentence.")
            await town.front_end.sounds(count)
        await Commands(house.core.ledger).expire()
        files = [path for path in folder.rglob("*") if path.is_file()]
        holding = {path.name.partition("-")[0] for path in files if planted in path.read_bytes()}
        assert len(files) > 1
        assert holding == ({"mouthpiece.db"} if hours else set())
