"""Fair use of the built-in engine: a minute that slides, per person, waited for or refused."""

import pytest

from bot.errors import BusyError
from bot.model import Account, Lane, Utterance
from bot.speech.fair_share import FairShare
from bot.speech.sink import Recording
from tests.conftest import BuildHouse


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def share(clock: Clock, limit: float = 120.0, longest: float = 60.0) -> FairShare:
    return FairShare(limit, longest_wait=longest, clock=clock, sleep=clock.sleep)


async def test_a_person_waits_for_the_minute_to_pass_and_others_do_not() -> None:
    clock = Clock()
    fair = share(clock)
    for _ in range(2):
        await fair.admit("ada", 60, wait=True)
        clock.now += 10
    await fair.admit("bo", 100, wait=True)
    assert clock.slept == []
    await fair.admit("ada", 30, wait=True)
    assert clock.slept == [pytest.approx(40)]


async def test_one_that_does_not_wait_or_waits_too_long_is_told() -> None:
    clock = Clock()
    await (fair := share(clock, longest=30)).admit("ada", 120, wait=True)
    for wait in (True, False):
        with pytest.raises(BusyError) as caught:
            await fair.admit("ada", 5, wait=wait)
        assert (caught.value.code, caught.value.facts) == ("busy.share", {"limit": 120, "seconds": 60})
    assert clock.slept == []


async def test_a_long_text_is_spoken_alone_and_0_is_no_limit() -> None:
    clock = Clock()
    fair = share(clock)
    await fair.admit("ada", 250, wait=True)
    await fair.admit("ada", 1, wait=True)
    assert clock.slept == [pytest.approx(60)]
    free = share(clock, 0)
    for _ in range(5):
        await free.admit("ada", 500, wait=False)


async def test_people_whose_minute_is_over_are_forgotten() -> None:
    clock = Clock()
    fair = share(clock)
    for number in range(1001):
        await fair.admit(f"person {number}", 1, wait=True)
    clock.now += 61
    await fair.admit("ada", 1, wait=True)
    assert len(fair._made) == 1


async def test_the_service_counts_what_the_built_in_engine_speaks(build_house: BuildHouse) -> None:
    house = await build_house(
        speech={"providers": ["espeak"]}, quota={"builtin_seconds_per_minute": 2, "admins": ["discord:7"]}
    )

    async def say(key: str, person: str, text: str = "One two three four five six seven.") -> None:
        account = Account("discord", person)
        await house.speech.speak(Utterance(text, key, account, lane=Lane.CALL), Recording())

    await say("a", "1")
    with pytest.raises(BusyError):
        await say("b", "1", "Eight nine ten eleven twelve thirteen.")
    await say("c", "1")  # from the cache, which takes no work
    await say("d", "2", "Eight nine ten eleven twelve.")
    for key in "efg":
        await say(key, "7", f"An admin says {key} and much more than two seconds of it.")
