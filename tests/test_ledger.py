"""The quota ledger: hold, spend, release, and what becomes of a key that comes again."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.errors import DuplicateError, QuotaError
from bot.store.database import Database
from bot.store.entries import Charge, Hold, Limit
from bot.store.ledger import Ledger
from tests.ledger_case import ANN, BOB, GUILD, NOON, FakeClock, day, minute, states, take

pytest_plugins = ["tests.ledger_fixtures"]


async def test_hold_spend_release(book: Ledger, database: Database) -> None:
    hold = await take(book, "a", day(100), characters=40)
    assert (hold.characters, hold.resumed) == (40, False)
    assert hold.expires == datetime.fromtimestamp(NOON + 60, UTC)
    assert (await book.usage(ANN)).characters == 40
    assert await book.settle("a", characters=25)
    usage = await book.usage(ANN)
    assert (usage.characters, usage.requests, usage.left(100)) == (25, 1, 75)
    await take(book, "b", day(100), characters=75)
    assert await book.settle("b", characters=0)
    usage = await book.usage(ANN)
    assert (usage.characters, usage.requests) == (25, 1)
    assert await states(database) == {"a": ("spent", 25, 1), "b": ("released", 0, 0)}


async def test_more_than_was_held_is_never_charged(book: Ledger) -> None:
    await take(book, "a", day(100), characters=40)
    await book.settle("a", characters=4000)
    assert (await book.usage(ANN)).characters == 40
    with pytest.raises(ValueError, match="negative"):
        await book.settle("a", characters=-1)


async def test_settling_twice_changes_nothing(book: Ledger) -> None:
    await take(book, "a", day(100), characters=40)
    assert await book.settle("a", characters=30)
    assert not await book.settle("a", characters=0)
    assert not await book.settle("never held", characters=5)
    assert (await book.usage(ANN)).characters == 30


async def test_the_refusal_says_what_is_left_and_when_it_resets(book: Ledger) -> None:
    await take(book, "a", day(100), characters=90)
    with pytest.raises(QuotaError) as caught:
        await take(book, "b", day(100), characters=11)
    assert caught.value.code == "quota.account_characters"
    assert caught.value.facts == {
        "scope": ANN,
        "metric": "characters",
        "window": "day",
        "limit": 100,
        "left": 10,
        "asked": 11,
        "resets": datetime(2026, 11, 22, tzinfo=UTC),
    }
    await take(book, "c", day(100), characters=10)


@pytest.mark.parametrize(
    ("charge", "code"),
    [
        (day(5), "quota.account_characters"),
        (Charge(ANN, (Limit("requests", 0, "day"),)), "quota.account_requests"),
        (day(5, GUILD), "quota.space_characters"),
        (minute(0, GUILD), "quota.space_requests"),
    ],
)
async def test_each_limit_has_its_code(book: Ledger, charge: Charge, code: str) -> None:
    with pytest.raises(QuotaError) as caught:
        await take(book, "a", charge)
    assert caught.value.code == code


async def test_a_space_is_shared_and_a_refusal_there_costs_the_person_nothing(book: Ledger) -> None:
    await take(book, "a", day(100), day(15, GUILD), characters=10)
    with pytest.raises(QuotaError, match=r"quota\.space_characters"):
        await take(book, "b", day(100, BOB), day(15, GUILD), characters=10)
    assert (await book.usage(BOB)).characters == 0
    assert (await book.usage(GUILD)).characters == 10


async def test_without_limits_there_is_only_counting(book: Ledger) -> None:
    await take(book, "a", Charge(ANN), Charge(GUILD), characters=10**9)
    assert (await book.usage(ANN)).characters == 10**9
    assert (await book.usage(GUILD)).requests == 1


async def test_the_built_in_engine_has_a_meter_of_its_own(book: Ledger) -> None:
    await take(book, "a", day(10), characters=10)
    await take(book, "b", Charge(ANN), characters=500, meter="builtin")
    assert (await book.usage(ANN)).characters == 10
    assert (await book.usage(ANN, "builtin")).characters == 500


async def test_what_costs_nothing_is_not_refused(book: Ledger) -> None:
    await take(book, "a", day(10), characters=10)
    await take(book, "cached", day(10), characters=0, requests=0)
    assert await book.settle("cached", characters=0)
    with pytest.raises(DuplicateError):
        await take(book, "cached", day(10), characters=0, requests=0)


@pytest.mark.parametrize(
    "arguments",
    [
        {"key": ""},
        {"key": "k" * 201},
        {"characters": -1},
        {"lease": 0.0},
        {"charges": (Charge(ANN), Charge(BOB))},
        {"charges": (Charge("role:discord:1"),)},
        {"charges": (Charge("account:cli:a\x00b"),)},
        {"key": "lone \ud800"},
    ],
)
async def test_a_hold_that_makes_no_sense_is_a_mistake_of_ours(book: Ledger, arguments: dict[str, object]) -> None:
    sound: dict[str, object] = {"key": "a", "charges": (Charge(ANN),), "characters": 1, "lease": 1.0}
    with pytest.raises(ValueError, match="a hold"):
        await book.hold(**(sound | arguments))  # type: ignore[arg-type]


@pytest.mark.parametrize("spent", [None, 10, 0])
async def test_a_key_is_heard_once(book: Ledger, spent: int | None) -> None:
    await take(book, "a", day(100))
    if spent is not None:
        await book.settle("a", characters=spent)
    with pytest.raises(DuplicateError) as caught:
        await take(book, "a", day(100))
    assert caught.value.code == "utterance.duplicate"
    assert (await book.usage(ANN)).characters == (10 if spent is None else spent)


async def test_many_deliveries_at_once_are_heard_once(book: Ledger) -> None:
    answers = await asyncio.gather(
        *(take(book, f"key {number % 3}", day(1000)) for number in range(60)), return_exceptions=True
    )
    assert sum(isinstance(answer, Hold) for answer in answers) == 3
    assert sum(isinstance(answer, DuplicateError) for answer in answers) == 57
    assert (await book.usage(ANN)).characters == 30


async def test_a_lost_hold_is_given_back_and_may_be_resumed_once(
    book: Ledger, database: Database, clock: FakeClock
) -> None:
    async with Ledger.open(database) as dead:
        await take(dead, "a", day(100), characters=60, resumable=True)
    clock.now += 61
    assert await book.reap() == 1
    assert await book.reap() == 0
    assert (await states(database))["a"] == ("unknown", 0, 0)
    assert (await book.usage(ANN)).characters == 0
    assert (await take(book, "a", day(100), characters=60)).resumed
    assert (await book.usage(ANN)).characters == 60
    clock.now += 61
    await book.reap()
    with pytest.raises(DuplicateError):
        await take(book, "a", day(100), characters=60)


async def test_a_dead_lease_may_be_taken_over_before_the_reaper_comes(
    book: Ledger, database: Database, clock: FakeClock
) -> None:
    async with Ledger.open(database) as dead:
        await take(dead, "a", day(100), minute(9, GUILD), characters=60)
        clock.now += 61
        assert (await take(book, "a", day(100), minute(9, GUILD), characters=40)).resumed
        assert not await dead.settle("a", characters=60)
        assert not await dead.extend("a", 60)
    assert await book.settle("a", characters=40)
    assert (await book.usage(ANN)).characters == 40
    assert (await book.usage(GUILD)).requests == 1


async def test_what_was_heard_in_part_is_not_spoken_again(book: Ledger, database: Database, clock: FakeClock) -> None:
    async with Ledger.open(database) as dead:
        await take(dead, "a", day(100), resumable=False)
    clock.now += 61
    await book.reap()
    with pytest.raises(DuplicateError):
        await take(book, "a", day(100))
    assert (await book.usage(ANN)).characters == 0


async def test_a_refused_resumption_may_be_tried_again(book: Ledger, database: Database, clock: FakeClock) -> None:
    async with Ledger.open(database) as dead:
        await take(dead, "a", day(100), characters=60)
    clock.now += 61
    await book.reap()
    await take(book, "b", day(100), characters=50)
    with pytest.raises(QuotaError):
        await take(book, "a", day(100), characters=60)
    await book.settle("b", characters=0)
    assert (await take(book, "a", day(100), characters=60)).resumed


async def test_work_that_outlives_its_lease_is_charged_after_all(book: Ledger, clock: FakeClock) -> None:
    await take(book, "a", day(100), characters=60)
    clock.now += 61
    assert await book.reap() == 1
    assert await book.settle("a", characters=50)
    usage = await book.usage(ANN)
    assert (usage.characters, usage.requests) == (50, 1)


async def test_a_renewed_lease_is_not_reaped(book: Ledger, clock: FakeClock) -> None:
    await take(book, "a", day(100))
    clock.now += 50
    assert await book.extend("a", 60)
    clock.now += 50
    assert await book.reap() == 0
    assert await book.settle("a", characters=10)
    assert not await book.extend("a", 60)


async def test_a_restarted_bot_gives_back_at_once_but_leaves_other_kinds(database: Database) -> None:
    async with (
        Ledger.open(database, kind="bot") as dead,
        Ledger.open(database, kind="cli") as beside,
        Ledger.open(database, kind="bot") as book,
    ):
        await take(dead, "a", day(100))
        await take(beside, "b", day(100))
        await take(book, "c", day(100))
        assert await book.reap() == 0
        assert await book.reap(owner="bot") == 1
        assert {key: row[0] for key, row in (await states(database)).items()} == {
            "a": "unknown",
            "b": "held",
            "c": "held",
        }
        assert await book.audit() == []
