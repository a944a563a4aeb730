"""What the books know of deliveries: stages, what is given back, what is done after the end of a process."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.errors import DuplicateError, QuotaError, StoreError
from bot.model import Owed
from bot.platforms.requests import Accepted, upload_answered, upload_begins, uploading
from bot.store import deliveries
from bot.store.commands import LONGEST_CONTENT, REMEMBERED_HOURS, TOKEN_SECONDS, Commands
from bot.store.database import FILE_NAME, Database, back_up
from bot.store.deliveries import Next
from bot.store.ledger import Ledger
from bot.store.schema import delivery, journal
from tests.ledger_case import ANN, FakeClock, day, states, take

pytest_plugins = ["tests.ledger_fixtures"]


@pytest.fixture
def commands(book: Ledger) -> Commands:
    return Commands(book)


async def spend(book: Ledger, key: str, characters: int = 7, suffix: str = "") -> None:
    await take(book, key + suffix, day(1000), again=True)
    await book.settle(key + suffix, characters=characters, command=key, clip=f"clip of {key}")


async def used(book: Ledger) -> tuple[int, int]:
    usage = await book.usage(ANN)
    return usage.characters, usage.requests


async def test_a_spend_is_owed_until_it_is_sent_and_charged_only_when_it_arrived(
    book: Ledger, commands: Commands
) -> None:
    assert (await commands.command_state("a")).next is Next.ANSWER
    await spend(book, "a")
    command_state = await commands.command_state("a")
    assert (command_state.next, command_state.owed) == (Next.DELIVER, Owed("clip of a", 7))
    await commands.begin_upload("a")
    assert (await commands.command_state("a")).next is Next.UNCERTAIN
    await commands.refuse_upload("a")
    assert (await commands.command_state("a")).owed == Owed("clip of a", 7)
    await commands.begin_upload("a")
    await commands.finish("a", earned=True)
    assert (await commands.command_state("a")).next is Next.NOTHING
    await commands.finish("a", earned=False)
    assert await used(book) == (7, 1), "what was delivered stays charged"


@pytest.mark.parametrize("sending", [False, True])
async def test_what_did_not_arrive_is_given_back(book: Ledger, commands: Commands, *, sending: bool) -> None:
    await spend(book, "a")
    await spend(book, "a", 5, "/builtin")
    await spend(book, "a", 4, ":1")
    await spend(book, "ab", 3)  # another command, whose key begins alike
    if sending:
        await commands.begin_upload("a")
    await commands.finish("a", earned=False)
    assert await used(book) == (3, 1)
    assert await book.audit() == []
    assert (await commands.command_state("ab")).owed == Owed("clip of ab", 3)


async def test_a_lost_clip_is_given_back_and_spoken_once_more(book: Ledger, commands: Commands) -> None:
    await spend(book, "a")
    await commands.give_back("a")
    assert (await used(book), (await commands.command_state("a")).next) == ((0, 0), Next.ANSWER)
    await spend(book, "a")
    assert await used(book) == (7, 1)
    await commands.give_back("a")
    assert (await commands.command_state("a")).next is Next.GIVE_UP
    with pytest.raises(DuplicateError):
        await take(book, "a", again=True)


async def test_a_try_that_failed_may_be_followed_by_one_more_for_a_command_alone(
    book: Ledger, commands: Commands
) -> None:
    for key in ("command", "read"):
        await take(book, key)
        await book.settle(key, characters=0)
    assert (await commands.command_state("command")).next is Next.ANSWER
    assert (await take(book, "command", again=True)).resumed
    with pytest.raises(DuplicateError):
        await take(book, "read")
    await book.settle("command", characters=0)
    assert (await commands.command_state("command")).next is Next.GIVE_UP


async def test_cut_off_twice_it_is_given_up(database: Database) -> None:
    for tries in range(2):
        async with Ledger.open(database) as book:
            assert (await Commands(book).command_state("a")).next is Next.ANSWER
            await take(book, "a", day(1000), again=True, lease=600)
        async with Ledger.open(database) as book:
            assert await book.reap(owner="bot") == 1
            assert (await Commands(book).command_state("a")).next is (Next.ANSWER, Next.GIVE_UP)[tries]
            assert await used(book) == (0, 0)


async def test_what_an_earlier_version_spent_counts_as_delivered(book: Ledger, commands: Commands) -> None:
    await take(book, "a", day(1000))
    await book.settle("a", characters=7)
    assert (await commands.command_state("a")).next is Next.NOTHING


async def test_a_command_is_in_the_journal_until_it_is_done(
    book: Ledger, commands: Commands, database: Database
) -> None:
    assert await commands.accept("a", "telegram", "words", "token")
    assert not await commands.accept("a", "telegram", "words")
    assert await commands.accept("b", "discord", "other")
    (left,) = await commands.left("telegram")
    assert (left.key, left.content, left.token) == ("a", "words", "token")
    await commands.finish("a", earned=True)
    assert await commands.left("telegram") == []
    assert not await commands.accept("a", "telegram", "words"), "it was answered"
    assert [left.key for left in await commands.left("discord")] == ["b"]


async def test_the_journal_is_bounded(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "MOST_JOURNALED", 3)
    for key in "abc":
        assert await commands.accept(key, "telegram", "words")
    with pytest.raises(StoreError):
        await commands.accept("d", "telegram", "words")
    assert not await commands.accept("a", "telegram", "words")
    with pytest.raises(StoreError):
        await commands.accept("a", "telegram", "w" * (LONGEST_CONTENT + 1))


async def test_tokens_and_old_commands_are_forgotten_and_what_never_came_again_is_given_back(
    book: Ledger, commands: Commands, database: Database, clock: FakeClock
) -> None:
    await commands.accept("a", "discord", "words", "token")
    await spend(book, "lost")
    await spend(book, "kept")
    await commands.finish("kept", earned=True)
    clock.now += TOKEN_SECONDS + 1
    assert [left.token for left in await commands.left("discord")] == [""]
    assert await commands.expire() == 0
    assert await database.read(lambda c: c.execute(select(journal.c.token)).scalars().all()) == [None]
    clock.now += REMEMBERED_HOURS * 3600
    assert await commands.expire() == 3
    assert await commands.left("discord") == []
    rows = await states(database)
    assert (rows["lost"][:2], rows["kept"][:2]) == (("released", 0), ("spent", 7))
    clock.now += REMEMBERED_HOURS * 3600
    await commands.expire()
    assert await database.read(lambda c: c.execute(select(delivery)).all()) == []


async def test_words_and_token_of_a_command_that_was_answered_are_in_no_file(
    commands: Commands, tmp_path: Path
) -> None:
    await commands.accept("a", "discord", "marmalade words " * 1000, "marmalade token")
    await commands.finish("a", earned=True)
    await commands.expire()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(b"marmalade" in path.read_bytes() for path in files)


async def test_marks_ride_along_with_holds_and_survive_one_that_is_refused(book: Ledger, commands: Commands) -> None:
    await spend(book, "a")
    done = asyncio.gather(
        take(book, "b", day(10), characters=10),
        commands.begin_upload("a"),
        commands.finish("c", earned=True),
        return_exceptions=True,
    )
    refused, sent, finished = await done
    assert isinstance(refused, QuotaError)
    assert (sent, finished) == (None, None)
    assert (await commands.command_state("a")).next is Next.UNCERTAIN
    assert (await commands.command_state("c")).next is Next.NOTHING


async def test_a_backup_has_no_journal(commands: Commands, tmp_path: Path) -> None:
    await commands.accept("a", "telegram", "marmalade words", "marmalade token")
    copy = tmp_path / "copy.db"
    back_up(tmp_path / FILE_NAME, copy)
    assert b"marmalade" not in copy.read_bytes()
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM journal").fetchone() == (0,)
    assert [left.key for left in await commands.left("telegram")] == ["a"]


@pytest.mark.parametrize("status", [400, 429, 500, None], ids=["refused", "too fast", "failed", "no answer"])
async def test_a_sound_of_which_a_later_part_did_not_arrive_costs_nothing_and_is_not_sent_again(
    book: Ledger, commands: Commands, status: int | None
) -> None:
    await spend(book, "a")
    async with Accepted(commands).answering("a") as command:
        with uploading(command):
            for answer in (200, status):
                await upload_begins()
                if answer is not None:
                    await upload_answered(answer)
        assert (await commands.command_state("a")).next is Next.UNCERTAIN
    assert await used(book) == (0, 0)
    assert (await commands.command_state("a")).next is Next.NOTHING


async def test_a_sound_of_which_a_part_arrived_at_the_second_try_is_charged(book: Ledger, commands: Commands) -> None:
    await spend(book, "a")
    async with Accepted(commands).answering("a") as command:
        with uploading(command):
            for answer in (429, 200, 429, 200):
                await upload_begins()
                await upload_answered(answer)
    assert await used(book) == (7, 1)


def test_neither_words_nor_tokens_are_shown_with_an_entry() -> None:
    secret = "marmalade"
    assert secret not in repr(deliveries.AcceptEntry("a", "discord", secret, secret))
    assert secret not in repr(deliveries.Left("a", secret, secret))


async def test_what_the_last_run_wrote_down_is_never_taken_for_one_of_too_many(commands: Commands) -> None:
    assert await Accepted(commands).accept("left", "telegram", "{}")
    accepted = Accepted(commands)
    assert [left.key for left in await accepted.left("telegram")] == ["left"]
    assert await accepted.accept("new", "telegram", "{}")
    assert (await accepted.was_begun("left"), await accepted.was_begun("new")) == (True, False)
    async with accepted.answering("left"):
        pass
    assert not await accepted.was_begun("left")
