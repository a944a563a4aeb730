"""The quota ledger's days and minutes, clocks that jump, and old rows."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from bot.errors import QuotaError
from bot.store import audit
from bot.store.database import Database
from bot.store.entries import Charge, Limit
from bot.store.ledger import Ledger
from bot.store.schema import counter, ledger
from tests.ledger_case import ANN, BOB, GUILD, NOON, FakeClock, day, minute, take

pytest_plugins = ["tests.ledger_fixtures"]


async def test_a_minute_slides_so_that_no_edge_lets_twice_the_limit_pass(book: Ledger, clock: FakeClock) -> None:
    clock.now = NOON + 59.9
    first = [await take(book, f"a{n}", minute(60)) for n in range(60)]
    assert len(first) == 60
    clock.now = NOON + 60.1
    for number in range(60):
        with pytest.raises(QuotaError, match=r"quota\.account_requests"):
            await take(book, f"b{number}", minute(60))
    clock.now = NOON + 90
    passed = 0
    with contextlib.suppress(QuotaError):
        for passed in range(60):
            await take(book, f"c{passed}", minute(60))
    assert passed == 30


async def test_the_minute_refusal_names_a_moment_at_which_it_works(book: Ledger, clock: FakeClock) -> None:
    clock.now = NOON + 30
    for number in range(5):
        await take(book, f"a{number}", minute(5))
    with pytest.raises(QuotaError) as caught:
        await take(book, "b", minute(5))
    resets = caught.value.facts["resets"]
    assert isinstance(resets, datetime)
    assert timedelta(seconds=30) < resets - datetime.fromtimestamp(clock.now, UTC) < timedelta(seconds=60)
    clock.now = resets.timestamp() - 0.001
    with pytest.raises(QuotaError):
        await take(book, "b", minute(5))
    clock.now = resets.timestamp()
    await take(book, "b", minute(5))


async def test_a_failed_request_frees_its_place_in_the_minute(book: Ledger, clock: FakeClock) -> None:
    await take(book, "a", minute(1))
    with pytest.raises(QuotaError):
        await take(book, "b", minute(1))
    await book.settle("a", characters=0)
    await take(book, "b", minute(1))
    clock.now += 200
    await book.settle("b", characters=0)


@pytest.mark.parametrize(
    ("moment", "hours", "resets"),
    [
        ("2026-03-29T00:00:00+01:00", 23, "2026-03-30T00:00:00+02:00"),
        ("2026-10-25T00:00:00+02:00", 25, "2026-10-26T00:00:00+01:00"),
    ],
)
async def test_days_of_23_and_25_hours(
    database: Database, clock: FakeClock, moment: str, hours: int, resets: str
) -> None:
    start = datetime.fromisoformat(moment).timestamp()
    clock.now = start
    async with Ledger.open(database, zone=ZoneInfo("Europe/Berlin")) as book:
        await take(book, "a", day(10))
        clock.now = start + hours * 3600 - 1
        with pytest.raises(QuotaError) as caught:
            await take(book, "b", day(10))
        told = caught.value.facts["resets"]
        assert isinstance(told, datetime)
        assert told == datetime.fromisoformat(resets)
        assert told.utcoffset() == datetime.fromisoformat(resets).utcoffset()
        clock.now += 1
        await take(book, "b", day(10))
        assert (await book.usage(ANN)).characters == 10


async def test_what_was_held_before_midnight_is_settled_on_that_day(book: Ledger, clock: FakeClock) -> None:
    clock.now = NOON + 12 * 3600 - 1
    await take(book, "a", day(100), characters=60)
    clock.now += 2
    await book.settle("a", characters=10)
    assert (await book.usage(ANN)).characters == 0


async def test_a_clock_set_back_gives_no_second_day_and_no_second_minute(database: Database, clock: FakeClock) -> None:
    clock.now = NOON + 12 * 3600 + 5
    both = Charge(ANN, (Limit("characters", 10, "day"), Limit("requests", 1, "minute")))
    async with Ledger.open(database) as book:
        await take(book, "a", both)
        clock.now -= 3600
        with pytest.raises(QuotaError):
            await take(book, "b", day(10))
        with pytest.raises(QuotaError):
            await take(book, "b", minute(1))
    async with Ledger.open(database) as book:
        with pytest.raises(QuotaError):
            await take(book, "b", day(10))
        await take(book, "c", day(10, BOB))
        days = select(counter.c.start).where(counter.c.window == "day").distinct()
        assert len(await database.read(lambda c: c.execute(days).all())) == 1


async def test_old_rows_and_their_sums_are_given_up(database: Database, clock: FakeClock) -> None:
    async with Ledger.open(database) as book:
        await asyncio.gather(*(take(book, f"k{n}", day(10**6), minute(10**6, GUILD)) for n in range(700)))
        await asyncio.gather(*(book.settle(f"k{n}", characters=7) for n in range(700)))
        await book.grant(ANN, 50)
        clock.now += 36 * 86400
        await take(book, "new", day(10**6))
        # One account and one space on one day, and the minute with the one before it.
        assert await book.retire(35) == 701 + 2 + 2
        assert await book.retire(35) == 0
        assert await book.audit() == []
        assert await _counters(database) == [(ANN, "day", 10)]
        assert await database.read(lambda c: c.execute(select(ledger.c.key)).scalars().all()) == ["new"]


async def test_sums_stay_as_long_as_a_row_and_are_right_all_the_while(database: Database, clock: FakeClock) -> None:
    async with Ledger.open(database) as book:
        await take(book, "open", day(10**6), lease=90 * 86400.0)
        await asyncio.gather(*(take(book, f"k{n}", day(10**6, f"account:discord:{n}")) for n in range(600)))
        await asyncio.gather(*(book.settle(f"k{n}", characters=7) for n in range(600)))
        clock.now += 35 * 86400
        assert await book.retire(35) == 0
        clock.now += 86400
        old = partial(audit.retire, moment=book._moment(), days=35)
        assert await database.write(old) == audit.RETIRE_ROWS
        assert await book.audit() == []
        await database.write(lambda c: c.execute(update(counter).values(characters=counter.c.characters + 1)))
        assert await book.rebuild() == len(await _counters(database)) == 600  # the open one and k1 are ANN's
        assert await book.audit() == []
        assert await book.retire(35) == 100, "the open row holds the sums of its day"
        assert await book.settle("open", characters=3)
        assert await book.audit() == []
        assert await book.retire(35) == 1 + 600
        assert (await book.audit(), await _counters(database)) == ([], [])


async def _counters(database: Database) -> list[tuple[str, str, int]]:
    columns = select(counter.c.scope, counter.c.window, counter.c.characters)
    rows = await database.read(lambda c: c.execute(columns).all())
    return [(row[0], row[1], row[2]) for row in rows]
