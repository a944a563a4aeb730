"""The short memory of stored values: how long it believes, and that no value from before a change is kept."""

import asyncio

import pytest

from bot.store.settings import Recall
from tests.ledger_case import FakeClock


class Stored:
    """A value behind the memory; counts how often it is read."""

    def __init__(self, value: str = "old") -> None:
        self.value = value
        self.reads = 0

    async def load(self) -> str:
        self.reads += 1
        return self.value


async def test_a_value_is_read_once_until_its_time_is_over() -> None:
    clock, stored = FakeClock(0), Stored()
    recall: Recall[str] = Recall(10, clock=clock)
    for clock.now in (0, 5, 9.99):
        assert await recall.get("a", stored.load) == "old"
    assert stored.reads == 1
    stored.value, clock.now = "new", 10
    assert await recall.get("a", stored.load) == "new"


async def test_a_dropped_value_is_read_again_and_others_are_not() -> None:
    recall: Recall[str] = Recall(clock=FakeClock(0))
    first, second = Stored(), Stored()
    await recall.get("a", first.load)
    await recall.get("b", second.load)
    first.value = "new"
    recall.drop("a")
    assert await recall.get("a", first.load) == "new"
    await recall.get("b", second.load)
    assert (first.reads, second.reads) == (2, 1)


async def test_a_value_read_before_a_change_and_arriving_after_it_is_not_kept() -> None:
    recall: Recall[str] = Recall(clock=FakeClock(0))
    reading, go = asyncio.Event(), asyncio.Event()

    async def slow() -> str:
        reading.set()
        await go.wait()
        return "old"

    task = asyncio.create_task(recall.get("a", slow))
    await reading.wait()
    recall.drop("a")
    go.set()
    assert await task == "old"
    assert await recall.get("a", Stored("new").load) == "new"


async def test_a_failed_read_is_not_remembered() -> None:
    recall: Recall[str] = Recall(clock=FakeClock(0))

    async def broken() -> str:
        raise OSError

    with pytest.raises(OSError):
        await recall.get("a", broken)
    assert await recall.get("a", Stored().load) == "old"


async def test_only_so_many_are_kept_and_the_oldest_goes() -> None:
    recall: Recall[str] = Recall(most=2, clock=FakeClock(0))
    stored = {name: Stored() for name in "abc"}
    for name in "abc":
        await recall.get(name, stored[name].load)
    for name in "bc":
        await recall.get(name, stored[name].load)
    assert [stored[name].reads for name in "abc"] == [1, 1, 1]
    await recall.get("a", stored["a"].load)
    assert stored["a"].reads == 2
