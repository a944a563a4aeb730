"""The budget: places, requests and tokens, over restarts and across processes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import BusyError, ErrorKind, ProviderError
from bot.model import Lane, Usage
from bot.speech.limits import Asker, RateLimiter
from bot.store.database import Database
from bot.store.provider_calls import ProviderCalls, ProviderLimits
from tests.conftest import until


class _Clock:
    """Begins at noon; moves by hand."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0 // 86_400 * 86_400 + 43_200

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
async def calls(tmp_path: Path, clock: _Clock) -> AsyncIterator[ProviderCalls]:
    async with Database.open(tmp_path, clock=clock) as database:
        yield ProviderCalls(database)


def _limiter(calls: ProviderCalls, clock: _Clock, *, wait: float = 1.0, **limits: int) -> RateLimiter:
    return RateLimiter(
        calls, {"p": ProviderLimits(max_concurrency=limits.pop("places", 1), **limits)}, longest_wait=wait, clock=clock
    )


async def _one(limiter: RateLimiter, usage: Usage | None = None, tokens: int = 10) -> None:
    async with limiter.call("p", Asker(Lane.SAY, "s"), tokens) as call:
        call.usage = usage


async def test_a_full_minute_is_waited_out_when_that_is_soon_and_refused_when_not(
    calls: ProviderCalls, clock: _Clock
) -> None:
    limiter = _limiter(calls, clock, rpm=2)
    await _one(limiter)
    await _one(limiter)
    with pytest.raises(ProviderError) as caught:
        await _one(limiter)
    assert (caught.value.kind, caught.value.detail) == (ErrorKind.BUDGET, "rpm")
    assert 0 < (caught.value.retry_after or 0) <= 120
    clock.now += 120
    await _one(limiter)


async def test_a_full_day_is_full_until_midnight_for_a_new_process_too(
    calls: ProviderCalls, clock: _Clock, tmp_path: Path
) -> None:
    await _one(_limiter(calls, clock, rpd=1))
    async with Database.open(tmp_path, clock=clock) as again:
        with pytest.raises(ProviderError, match=r"provider\.budget"):
            await _one(_limiter(ProviderCalls(again), clock, rpd=1))
        clock.now += 43_200
        await _one(_limiter(ProviderCalls(again), clock, rpd=1))


async def test_tokens_settle_on_what_was_really_used(calls: ProviderCalls, clock: _Clock) -> None:
    limiter = _limiter(calls, clock, tpd=100)
    await _one(limiter, Usage(5, 5), tokens=80)
    await _one(limiter, Usage(40, 40), tokens=80)
    with pytest.raises(ProviderError, match=r"provider\.budget"):
        await _one(limiter, tokens=20)
    assert (await calls.totals("p")).tokens == 90


async def test_a_refused_call_gives_its_tokens_back_and_keeps_its_request(calls: ProviderCalls, clock: _Clock) -> None:
    limiter = _limiter(calls, clock, tpd=100, rpd=2)
    with pytest.raises(ProviderError):
        async with limiter.call("p", Asker(Lane.SAY, "s"), 100):
            raise ProviderError("p", ErrorKind.RATE_LIMIT)
    await _one(limiter, Usage(1, 1), tokens=100)
    with pytest.raises(ProviderError) as caught:
        await _one(limiter, tokens=1)
    assert caught.value.detail == "rpd"


async def test_a_call_that_broke_off_counts_as_estimated(calls: ProviderCalls, clock: _Clock) -> None:
    limiter = _limiter(calls, clock)
    with pytest.raises(ProviderError):
        async with limiter.call("p", Asker(Lane.SAY, "s"), 70):
            raise ProviderError("p", ErrorKind.INCOMPLETE)
    assert (await calls.totals("p")).tokens == 70


async def test_a_call_cancelled_while_it_is_held_gives_its_place_back(calls: ProviderCalls, clock: _Clock) -> None:
    limiter = _limiter(calls, clock, wait=0.5)
    for ticks in range(12):
        caller = asyncio.create_task(_one(limiter, Usage(1, 0), tokens=900))
        for _ in range(ticks):
            await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        await _one(limiter, Usage(0, 0))
    assert (await calls.totals("p")).tokens < 900


async def test_those_who_wait_for_a_limit_keep_their_order(calls: ProviderCalls, clock: _Clock) -> None:
    limiter = _limiter(calls, clock, wait=5)
    started: list[str] = []

    async def one(space: str, lane: Lane = Lane.SAY) -> None:
        async with limiter.call("p", Asker(lane, space), 1) as call:
            call.usage = Usage()
            started.append(space)

    await limiter.pause("p", 0.05)
    tasks = [asyncio.create_task(one("A")) for _ in range(20)]
    tasks += [asyncio.create_task(one("B")), asyncio.create_task(one("call", Lane.CALL))]
    await until(lambda: limiter._queues["p"].waiting == 22)  # all of them: a place that was of no use is given back
    clock.now += 1
    await asyncio.wait_for(asyncio.gather(*tasks), 10)
    assert started[0] == "call"
    assert started.index("B") <= 3


async def test_waiting_for_a_limit_is_bounded_too(calls: ProviderCalls, clock: _Clock) -> None:
    limits = {"p": ProviderLimits(max_concurrency=1)}
    limiter = RateLimiter(calls, limits, most_waiting=3, longest_wait=5, clock=clock)
    await limiter.pause("p", 1)
    tasks = [asyncio.create_task(_one(limiter)) for _ in range(10)]
    ended, waiting = await asyncio.wait(tasks, timeout=0.5)
    assert (len(ended), len(waiting)) == (6, 4)  # the first could not use its turn and waits again
    assert all(isinstance(task.exception(), BusyError) for task in ended)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_another_process_s_open_call_takes_a_place(calls: ProviderCalls, clock: _Clock, tmp_path: Path) -> None:
    async with Database.open(tmp_path, clock=clock) as other:
        await ProviderCalls(other).hold("theirs", "p", ProviderLimits(max_concurrency=1), 10, 15.0)
        with pytest.raises(BusyError, match=r"busy\.wait"):
            await _one(_limiter(calls, clock, wait=0.1))
        clock.now += 16  # the other process died: its lease ran out
        await _one(_limiter(calls, clock, wait=0.1))


async def test_the_only_one_of_its_kind_frees_the_places_of_the_dead(calls: ProviderCalls, clock: _Clock) -> None:
    limits = ProviderLimits(max_concurrency=2, rpd=3)
    for owner in ("bot:dead", "cli:alive"):
        await calls.hold(owner, "p", limits, 10, 15.0)
    limiter = _limiter(calls, clock, wait=0.1, places=2, rpd=3)
    with pytest.raises(BusyError):
        await _one(limiter)
    await limiter.reap()
    await _one(limiter)
    with pytest.raises(ProviderError, match=r"provider\.budget"):  # what the dead one asked for stays charged
        await _one(limiter)


async def test_after_a_429_everyone_keeps_quiet(calls: ProviderCalls, clock: _Clock) -> None:
    limiter = _limiter(calls, clock)
    await limiter.pause("p", 30)
    with pytest.raises(ProviderError) as caught:
        await _one(limiter)
    assert caught.value.kind is ErrorKind.BUDGET
    clock.now += 31
    await _one(limiter)


async def test_a_short_pause_is_waited_out(calls: ProviderCalls, clock: _Clock) -> None:
    limiter = _limiter(calls, clock, wait=5)
    await limiter.pause("p", 0.02)
    waiting = asyncio.create_task(_one(limiter))
    clock.now += 0.05
    await asyncio.wait_for(waiting, 5)
