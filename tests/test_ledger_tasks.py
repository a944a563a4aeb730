"""The quota ledger under many tasks: exact, cancellable, bounded."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import BotError, QuotaError, StoreError
from bot.store.database import FILE_NAME, Database
from bot.store.entries import Charge, Hold
from bot.store.ledger import Ledger
from tests.ledger_case import ANN, GUILD, day, states, take

pytest_plugins = ["tests.ledger_fixtures"]


async def test_500_at_once_against_a_limit_of_137(book: Ledger) -> None:
    answers = await asyncio.gather(
        *(take(book, f"k{n}", day(137), Charge(GUILD), characters=1) for n in range(500)), return_exceptions=True
    )
    assert sum(isinstance(answer, Hold) for answer in answers) == 137
    refusals = [answer for answer in answers if isinstance(answer, QuotaError)]
    assert len(refusals) == 363
    assert {refusal.facts["left"] for refusal in refusals} == {0}
    assert (await book.usage(ANN)).characters == 137
    assert (await book.usage(GUILD)).requests == 137


async def test_settlements_and_holds_mix_in_one_batch(book: Ledger) -> None:
    await asyncio.gather(*(take(book, f"a{n}", day(200), characters=2) for n in range(100)))

    async def again(number: int) -> BotError | None:
        await book.settle(f"a{number}", characters=1)
        try:
            await take(book, f"b{number}", day(200), characters=1)
        except QuotaError as error:
            return error
        return None

    assert await asyncio.gather(*map(again, range(100))) == [None] * 100
    assert (await book.usage(ANN)).characters == 200


async def test_one_person_at_the_limit_does_not_hold_up_the_others(book: Ledger) -> None:
    await take(book, "full", day(10), characters=10)
    people = [f"account:discord:{n}" for n in range(100, 150)]
    answers = await asyncio.gather(
        *(take(book, f"k{scope}", day(10, scope)) for scope in people),
        *(take(book, f"x{n}", day(10)) for n in range(20)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Hold) for answer in answers) == 50
    assert sum(isinstance(answer, QuotaError) for answer in answers) == 20


async def test_cancelled_callers_hold_nothing(book: Ledger, database: Database) -> None:
    tasks = [asyncio.create_task(take(book, f"k{n}", day(10**6))) for n in range(300)]
    for turns, task in enumerate(tasks):
        # Spread over every stage: not begun, queued, in a transaction, answered.
        if turns % 7 == 0:
            await asyncio.sleep(0)
        if turns % 3:
            task.cancel()
    kept = [answer for answer in await asyncio.gather(*tasks, return_exceptions=True) if isinstance(answer, Hold)]
    await book.close()
    await book.start()
    held = [key for key, row in (await states(database)).items() if row[0] == "held"]
    assert sorted(held) == sorted(hold.key for hold in kept)
    assert (await book.usage(ANN)).characters == 10 * len(kept)


async def test_a_caller_cancelled_while_its_transaction_waits_holds_nothing(
    book: Ledger, database: Database, tmp_path: Path
) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(take(book, "a", day(100)))
        await asyncio.sleep(0)
        while book._queue:  # noqa: ASYNC110 - the ledger tells nobody when it takes an entry
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        foreign.execute("ROLLBACK")
    await book.close()
    assert await states(database) == {"a": ("released", 0, 0)}
    await book.start()


async def test_a_caller_that_gave_up_waiting_holds_nothing(database: Database, tmp_path: Path) -> None:
    async with Ledger.open(database, wait=0.02) as book:
        with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as foreign:
            foreign.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match=r"store\.busy"):
                await take(book, "a", day(100))
            foreign.execute("ROLLBACK")
        await book.close()
        await book.start()
        assert await states(database) == {"a": ("released", 0, 0)}
        assert (await book.usage(ANN)).characters == 0


async def test_a_caller_cancelled_while_settling_has_settled(book: Ledger) -> None:
    await take(book, "a", day(100))
    task = asyncio.create_task(book.settle("a", characters=4))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await take(book, "b", day(100), characters=1)
    assert (await book.usage(ANN)).characters == 5


async def test_closing_writes_what_is_queued(database: Database) -> None:
    async with Ledger.open(database) as book:
        tasks = [asyncio.create_task(take(book, f"k{n}", day(1000))) for n in range(20)]
        await asyncio.sleep(0)
    assert all(isinstance(hold, Hold) for hold in await asyncio.gather(*tasks))
    with pytest.raises(StoreError, match=r"store\.closed"):
        await take(book, "late", day(1000))


async def test_a_locked_database_is_a_bounded_wait(book: Ledger, tmp_path: Path) -> None:
    await take(book, "before", day(100))
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        answers = await asyncio.gather(
            *(take(book, f"k{n}", day(100)) for n in range(5)),
            book.settle("before", characters=3),
            return_exceptions=True,
        )
    assert [str(answer) for answer in answers] == ["store.busy"] * 6
    assert await book.settle("before", characters=3)
    assert (await book.usage(ANN)).characters == 3


async def test_the_queue_is_bounded_but_not_for_settlements(database: Database, tmp_path: Path) -> None:
    async with Ledger.open(database, capacity=10) as book:
        await take(book, "first", day(1000))
        answers = await asyncio.gather(
            *(take(book, f"k{n}", day(1000)) for n in range(30)),
            book.settle("first", characters=5),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, Hold) for answer in answers) == 10
        assert [str(answer) for answer in answers if isinstance(answer, StoreError)] == ["store.busy"] * 20
        assert answers[-1] is True


async def test_a_fault_in_one_batch_does_not_stop_the_ledger(book: Ledger, database: Database) -> None:
    await database.write(lambda c: c.execute(text("ALTER TABLE counter RENAME TO hidden")))
    with pytest.raises(StoreError, match=r"store\.failed"):
        await take(book, "a", day(100))
    await database.write(lambda c: c.execute(text("ALTER TABLE hidden RENAME TO counter")))
    await take(book, "a", day(100))
