"""A provider's own limits: counted before the call, corrected after it, kept over restarts and across processes."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.provider_calls import CallTotals, Full, ProviderCalls, ProviderLimits
from tests.ledger_case import NOON, FakeClock

pytest_plugins = ["tests.ledger_fixtures"]

FREE = ProviderLimits(max_concurrency=None)


@pytest.fixture
def calls(database: Database) -> ProviderCalls:
    return ProviderCalls(database)


async def done(calls: ProviderCalls, call_id: str, limits: ProviderLimits, tokens: int = 10, real: int = 10) -> None:
    await calls.hold(call_id, "mimo", limits, tokens)
    await calls.settle(call_id, prompt_tokens=real, completion_tokens=0, estimated=False, ok=True)


async def refusal(calls: ProviderCalls, limits: ProviderLimits, tokens: int = 10) -> Full:
    with pytest.raises(Full) as caught:
        await calls.hold("refused", "mimo", limits, tokens)
    return caught.value


async def test_a_day_of_requests(calls: ProviderCalls, clock: FakeClock) -> None:
    limits = ProviderLimits(rpd=2)
    await done(calls, "a", limits)
    await done(calls, "b", limits)
    full = await refusal(calls, limits)
    assert (full.metric, full.retry_at) == ("rpd", datetime(2026, 11, 22, tzinfo=UTC))
    clock.now = full.retry_at.timestamp()
    await done(calls, "c", limits)


async def test_a_day_of_requests_is_remembered_over_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    limits = ProviderLimits(rpd=1)
    async with Database.open(tmp_path, clock=clock) as database:
        await done(ProviderCalls(database), "a", limits)
    async with Database.open(tmp_path, clock=clock) as database:
        assert (await refusal(ProviderCalls(database), limits)).metric == "rpd"


async def test_a_minute_of_requests_slides(calls: ProviderCalls, clock: FakeClock) -> None:
    limits = ProviderLimits(rpm=10)
    clock.now = NOON + 59.9
    for number in range(10):
        await done(calls, f"a{number}", limits)
    clock.now = NOON + 60.1
    full = await refusal(calls, limits)
    assert full.metric == "rpm"
    assert NOON + 60.1 < full.retry_at.timestamp() <= NOON + 120
    clock.now = full.retry_at.timestamp() - 0.001
    await refusal(calls, limits)
    clock.now = full.retry_at.timestamp()
    await done(calls, "b", limits)


async def test_tokens_settle_on_what_was_really_used(calls: ProviderCalls) -> None:
    limits = ProviderLimits(tpm=100, tpd=150)
    await calls.hold("a", "mimo", limits, 90)
    assert await calls.totals("mimo") == CallTotals(calls=1, tokens=90, failed=0, estimated=1)
    assert (await refusal(calls, ProviderLimits(tpm=100, max_concurrency=None), 20)).metric == "tpm"
    await calls.settle("a", prompt_tokens=5, completion_tokens=15, estimated=False, ok=True)
    await calls.settle("a", prompt_tokens=500, completion_tokens=15, estimated=False, ok=True)
    assert await calls.totals("mimo") == CallTotals(calls=1, tokens=20, failed=0, estimated=0)
    await done(calls, "b", limits, 80, 130)
    assert (await refusal(calls, ProviderLimits(tpd=150), 1)).metric == "tpd"
    assert await calls.totals("mimo") == CallTotals(calls=2, tokens=150, failed=0, estimated=0)


@pytest.mark.parametrize("limits", [ProviderLimits(tpm=100), ProviderLimits(tpd=100)])
async def test_a_call_bigger_than_the_limit_passes_when_the_window_is_empty(
    calls: ProviderCalls, limits: ProviderLimits
) -> None:
    await done(calls, "a", limits, 500, 500)
    assert (await refusal(calls, limits, 1)).metric in {"tpm", "tpd"}


async def test_failed_calls_count_as_requests(calls: ProviderCalls) -> None:
    limits = ProviderLimits(rpd=1)
    await calls.hold("a", "mimo", limits, 50)
    await calls.settle("a", prompt_tokens=0, completion_tokens=0, estimated=True, ok=False)
    assert await calls.totals("mimo") == CallTotals(calls=1, tokens=0, failed=1, estimated=1)
    assert (await refusal(calls, limits)).metric == "rpd"


async def test_a_refused_call_leaves_no_trace(calls: ProviderCalls) -> None:
    limits = ProviderLimits(rpd=1)
    await done(calls, "a", limits)
    for _ in range(3):
        await refusal(calls, limits)
    assert (await calls.totals("mimo")).calls == 1


async def test_open_calls_share_the_places(calls: ProviderCalls, database: Database, clock: FakeClock) -> None:
    other = ProviderCalls(database)
    limits = ProviderLimits(max_concurrency=2)
    await calls.hold("a", "mimo", limits, 1, lease=15)
    clock.now += 5
    await other.hold("b", "mimo", limits, 1, lease=15)
    full = await refusal(calls, limits)
    assert (full.metric, full.retry_at.timestamp()) == ("concurrency", NOON + 15)
    await calls.hold("elsewhere", "other", limits, 1)
    await calls.settle("a", prompt_tokens=1, completion_tokens=0, estimated=False, ok=True)
    await calls.hold("c", "mimo", limits, 1)


async def test_a_call_whose_lease_ran_out_frees_its_place_and_stays_charged(
    calls: ProviderCalls, clock: FakeClock
) -> None:
    limits = ProviderLimits(max_concurrency=1)
    await calls.hold("a", "mimo", limits, 70, lease=15)
    clock.now += 10
    await calls.extend("a", 15)
    clock.now += 10
    await refusal(calls, limits)
    clock.now += 5
    await calls.hold("b", "mimo", limits, 1)
    assert (await calls.totals("mimo")).tokens == 71


async def test_a_pause_holds_for_every_process_and_is_not_shortened(
    calls: ProviderCalls, database: Database, clock: FakeClock
) -> None:
    until = datetime.fromtimestamp(NOON + 30, UTC)
    await calls.pause("mimo", until)
    await calls.pause("mimo", until - timedelta(seconds=20))
    full = await refusal(ProviderCalls(database), FREE)
    assert (full.metric, full.retry_at) == ("pause", until)
    await calls.hold("elsewhere", "other", FREE, 1)
    clock.now = NOON + 30
    await done(calls, "a", FREE)


async def test_totals_of_another_day(calls: ProviderCalls, clock: FakeClock) -> None:
    await done(calls, "a", FREE)
    clock.now += 86400
    await done(calls, "b", FREE, 7, 7)
    assert (await calls.totals("mimo")).tokens == 7
    assert (await calls.totals("mimo", date(2026, 11, 21))).tokens == 10
    assert await calls.totals("mimo", date(2026, 11, 20)) == CallTotals(0, 0, 0, 0)


async def test_what_was_held_before_midnight_is_corrected_there(calls: ProviderCalls, clock: FakeClock) -> None:
    clock.now = NOON + 12 * 3600 - 1
    await calls.hold("a", "mimo", FREE, 100)
    clock.now += 300
    await calls.settle("a", prompt_tokens=3, completion_tokens=4, estimated=False, ok=True)
    assert (await calls.totals("mimo", date(2026, 11, 21))).tokens == 7
    assert (await calls.totals("mimo")).calls == 0


async def test_a_clock_set_back_gives_no_second_day(calls: ProviderCalls, database: Database, clock: FakeClock) -> None:
    limits = ProviderLimits(rpd=1)
    clock.now = NOON + 12 * 3600 + 5
    await done(calls, "a", limits)
    clock.now -= 3600
    await refusal(calls, limits)
    await refusal(ProviderCalls(database), limits)


async def test_old_calls_go_and_their_daily_totals_stay(calls: ProviderCalls, clock: FakeClock) -> None:
    for number in range(3):
        await done(calls, f"a{number}", FREE)
    clock.now += 36 * 86400
    await done(calls, "new", FREE)
    assert await calls.retire(35) == 3
    assert await calls.totals("mimo", date(2026, 11, 21)) == CallTotals(3, 30, 0, 0)
