"""Lanes, fairness between spaces, and bounds of waiting."""

import asyncio

import pytest

from bot.errors import BusyError
from bot.model import Lane
from bot.speech.limits import Asker, FairQueue, Waiting


async def _settle() -> None:
    """Let every task run until it waits for something real."""
    for _ in range(10):
        await asyncio.sleep(0)


class _Line:
    """Waiters whose order of starting is written down, released one by one."""

    def __init__(self, turns: FairQueue) -> None:
        self.turns = turns
        self.started: list[str] = []
        self.step = asyncio.Semaphore(0)
        self.tasks: list[asyncio.Task[None]] = []

    async def add(self, name: str, lane: Lane = Lane.SAY, times: int = 1) -> None:
        for _ in range(times):
            self.tasks.append(asyncio.create_task(self._wait(name, lane)))
        await _settle()

    async def _wait(self, name: str, lane: Lane) -> None:
        async with self.turns.turn(Asker(lane, name), 60):
            self.started.append(name)
            await self.step.acquire()

    async def finish(self) -> list[str]:
        for _ in self.tasks:
            self.step.release()
        await asyncio.gather(*self.tasks)
        return self.started


async def test_a_second_space_starts_after_at_most_two_of_a_hundred() -> None:
    line = _Line(FairQueue("p", 1, 500))
    await line.add("A", times=101)
    await line.add("B")
    order = await line.finish()
    assert order.index("B") <= 2
    assert len(order) == 102


async def test_inside_of_a_space_people_take_turns() -> None:
    turns, order = FairQueue("p", 1, 500), []
    step = asyncio.Semaphore(0)

    async def wait(person: str) -> None:
        async with turns.turn(Asker(Lane.SAY, "A", person=person), 60):
            order.append(person)
            await step.acquire()

    tasks = []
    for person in ["sam"] * 20 + ["bo", "cy", "bo"]:
        tasks.append(asyncio.create_task(wait(person)))
        await _settle()
    for _ in tasks:
        step.release()
    await asyncio.gather(*tasks)
    assert order[:7] == ["sam", "sam", "bo", "cy", "sam", "bo", "sam"]
    assert len(order) == 23


async def test_a_live_call_goes_before_commands_and_those_before_jobs() -> None:
    line = _Line(FairQueue("p", 1, 500))
    await line.add("now")
    await line.add("job", Lane.JOB)
    await line.add("say", Lane.SAY)
    await line.add("call", Lane.CALL)
    assert await line.finish() == ["now", "call", "say", "job"]


async def test_a_job_does_not_starve_behind_endless_commands() -> None:
    line = _Line(FairQueue("p", 1, 500))
    await line.add("now")
    await line.add("job", Lane.JOB)
    await line.add("say", times=50)
    order = await line.finish()
    assert 8 <= order.index("job") <= 10


async def test_no_more_run_than_there_are_places() -> None:
    line = _Line(FairQueue("p", 3, 500))
    await line.add("A", times=10)
    assert len(line.started) == 3
    await line.finish()


async def test_the_queue_is_bounded() -> None:
    turns = FairQueue("p", 1, 2)
    line = _Line(turns)
    await line.add("A", times=3)
    with pytest.raises(BusyError, match=r"busy\.queue"):
        async with turns.turn(Asker(Lane.SAY, "B"), 60):
            pass
    await line.finish()


async def test_waiting_ends_with_a_word_and_gives_the_place_back() -> None:
    turns = FairQueue("p", 1, 5)
    line = _Line(turns)
    await line.add("A")
    with pytest.raises(BusyError, match=r"busy\.wait"):
        async with turns.turn(Asker(Lane.SAY, "B"), 0):
            pass
    assert turns.waiting == 0
    await line.add("C")
    assert await line.finish() == ["A", "C"]


async def test_whoever_is_cancelled_while_waiting_leaves_no_hole() -> None:
    turns = FairQueue("p", 1, 5)
    line = _Line(turns)
    await line.add("A")
    await line.add("B")
    await line.add("C")
    line.tasks.pop(1).cancel()
    await _settle()
    assert await line.finish() == ["A", "C"]


async def test_a_place_granted_to_someone_cancelled_in_the_same_moment_goes_on() -> None:
    turns = FairQueue("p", 1, 5)
    line = _Line(turns)
    await line.add("A")
    await line.add("B")
    await line.add("C")
    line.step.release()
    cancelled = line.tasks.pop(1)
    # A ends and grants B its place in the loop's next steps; B is cancelled before it can take it.
    asyncio.get_running_loop().call_soon(cancelled.cancel)
    await _settle()
    line.step.release()
    await line.finish()
    async with asyncio.timeout(5), turns.turn(Asker(Lane.SAY, "D"), 1):
        pass


async def test_whoever_waits_can_be_told_the_place_and_the_time() -> None:
    turns = FairQueue("p", 1, 500)
    line = _Line(turns)
    await line.add("A", times=4)
    waiting = Waiting()

    async def wait() -> None:
        async with turns.turn(Asker(Lane.SAY, "B", waiting), 60):
            pass

    task = asyncio.create_task(wait())
    await _settle()
    place = waiting.place()
    assert place is not None
    assert place[0] == 1
    assert place[1] == pytest.approx(6.0)  # A's first of three, then B: spaces take turns
    await line.finish()
    await task
    assert waiting.place() is None


async def test_whoever_is_cancelled_as_a_place_comes_back_leaves_no_hole() -> None:
    turns = FairQueue("p", 1, 5)
    line = _Line(turns)
    await line.add("A")
    await line.add("B")
    waiting = line.tasks.pop(1)
    line.step.release()
    line.tasks[0].add_done_callback(lambda _: None)
    waiting.cancel()  # its future is dead before A gives its place back, and B has not run yet to leave the queue
    await _settle()
    assert turns.waiting == 0
    async with asyncio.timeout(1), turns.turn(Asker(Lane.SAY, "C"), 1):
        pass
