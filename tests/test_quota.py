"""Grants, resets, overrides, and the proof that counters are the sum of their rows."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from bot.errors import QuotaError
from bot.store.database import Database
from bot.store.entries import Limit, Mismatch, Override, most_generous
from bot.store.ledger import Ledger
from bot.store.schema import counter
from tests.ledger_case import ANN, BOB, GUILD, FakeClock, day, minute, take
from tests.prepared import Prepare

pytest_plugins = ["tests.ledger_fixtures"]

BASE = (Limit("characters", 1000, "day"), Limit("requests", 6, "minute"))


def test_without_overrides_the_configured_limits_hold() -> None:
    assert most_generous(BASE, []) == BASE
    assert most_generous(BASE, [Override("role:discord:7")]) == BASE


def test_the_most_generous_override_wins() -> None:
    overrides = [Override(ANN, 200), Override("role:discord:7", 5000, 2), Override("role:discord:8", 3000, 20)]
    assert most_generous(BASE, overrides) == (Limit("characters", 5000, "day"), Limit("requests", 20, "minute"))


def test_an_override_may_also_restrict() -> None:
    assert most_generous(BASE, [Override(ANN, 0)]) == (Limit("characters", 0, "day"), BASE[1])


def test_unlimited_beats_all() -> None:
    assert most_generous(BASE, [Override(ANN, 0, 0), Override("role:discord:7", unlimited=True)]) == ()


def test_overrides_speak_only_about_what_they_name() -> None:
    other = (Limit("requests", 50, "day"), Limit("characters", 300, "minute"))
    assert most_generous(other, [Override(ANN)]) == other


async def test_two_who_change_two_limits_at_once_both_keep_theirs(tmp_path: Path, prepare: Prepare) -> None:
    prepare(tmp_path)
    async with (
        Database.open(tmp_path) as one,
        Database.open(tmp_path) as other,
        Ledger.open(one) as ours,
        Ledger.open(other) as theirs,
    ):
        changes: list[dict[str, Any]] = [
            {"characters_per_day": 200}, {"requests_per_minute": 3}, {"cooldown": 4}, {"unlimited": True},
        ]  # fmt: skip
        await asyncio.gather(
            *(book.change_override(ANN, change) for book, change in zip([ours, theirs] * 2, changes, strict=True))
        )
        assert await ours.overrides([ANN]) == [Override(ANN, 200, 3, unlimited=True, cooldown=4)]
        await theirs.change_override(ANN, {"unlimited": False, "cooldown": None})
        assert await ours.change_override(ANN, {"requests_per_minute": None}) == Override(ANN, 200)
        assert await ours.change_override(ANN, {"characters_per_day": None}) == Override(ANN)
        assert await theirs.overrides([ANN]) == []


async def test_overrides_are_stored_replaced_and_removed(book: Ledger) -> None:
    await book.set_override(Override(ANN, 200, 3))
    await book.set_override(Override("role:discord:7", unlimited=True))
    await book.set_override(Override(ANN, 300))
    assert await book.overrides([ANN, BOB, "role:discord:7"]) == [
        Override(ANN, 300),
        Override("role:discord:7", unlimited=True),
    ]
    await book.set_override(Override(ANN))
    assert await book.overrides([ANN, BOB]) == []
    assert await book.overrides([]) == []


async def test_a_grant_lets_more_pass_today_only(book: Ledger, clock: FakeClock) -> None:
    await take(book, "a", day(10))
    await book.grant(ANN, 25)
    usage = await book.usage(ANN)
    assert (usage.characters, usage.granted, usage.left(10)) == (10, 25, 25)
    await take(book, "b", day(10), characters=25)
    with pytest.raises(QuotaError) as caught:
        await take(book, "c", day(10), characters=1)
    assert (caught.value.facts["limit"], caught.value.facts["left"]) == (35, 0)
    clock.now += 86400
    with pytest.raises(QuotaError):
        await take(book, "d", day(10), characters=11)


async def test_a_grant_to_a_space_helps_everyone_there(book: Ledger) -> None:
    await book.grant(GUILD, 10)
    await take(book, "a", day(10, GUILD), day(20, BOB), characters=20)
    with pytest.raises(QuotaError, match=r"quota\.space_characters"):
        await take(book, "b", day(10, GUILD), characters=1)


async def test_a_reset_is_a_correcting_row(book: Ledger) -> None:
    await take(book, "a", day(10), day(10, GUILD))
    await book.grant(ANN, 5)
    await book.reset(ANN)
    usage = await book.usage(ANN)
    assert (usage.characters, usage.requests, usage.granted) == (0, 0, 0)
    assert (await book.usage(GUILD)).characters == 10
    await take(book, "b", day(10), characters=10)
    await book.reset(BOB)


async def test_a_hold_open_during_a_reset_still_settles_exactly(book: Ledger) -> None:
    await take(book, "a", day(10))
    await book.reset(ANN)
    await book.settle("a", characters=4)
    # Six of the ten characters that the reset took back were never spent.
    assert (await book.usage(ANN)).characters == -6
    assert (await book.usage(ANN)).left(10) == 16


async def test_the_audit_finds_what_does_not_add_up_and_the_rebuild_mends_it(database: Database) -> None:
    async with Ledger.open(database) as book:
        await asyncio.gather(*(take(book, f"k{n}", day(1000), minute(100, GUILD), characters=3) for n in range(20)))
        await take(book, "other", day(1000, BOB))
        wrong = update(counter).where(counter.c.scope == ANN).values(characters=61)
        await database.write(lambda c: c.execute(wrong))
        await database.write(lambda c: c.execute(delete(counter).where(counter.c.scope == BOB)))
        found = {item.scope: item for item in await book.audit()}
        assert set(found) == {ANN, BOB}
        ann = found[ANN]
        assert ann == Mismatch(ANN, "paid", "day", ann.start, (61, 20, 0), (60, 20, 0))
        assert found[BOB].counted == (0, 0, 0)
        assert await book.rebuild() == 2
        assert await book.audit() == []
        assert (await book.usage(ANN)).characters == 60
        assert (await book.usage(BOB)).characters == 10
