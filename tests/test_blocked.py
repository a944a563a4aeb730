"""Accounts that may not speak: in the real database, and from the command line to the synthesis core."""

from pathlib import Path

from bot.model import Account
from bot.store.accounts import BlockedAccounts
from bot.store.database import Database
from tests.ledger_case import FakeClock
from tests.shell import Shell

pytest_plugins = ["tests.ledger_fixtures"]

ANN = Account("discord", "1")
BOB = Account("telegram", "1")


async def test_an_account_is_blocked_and_unblocked(database: Database) -> None:
    blocked = BlockedAccounts(database)
    assert not await blocked.is_blocked(ANN)
    assert await blocked.block(ANN)
    assert not await blocked.block(ANN)
    assert await blocked.is_blocked(ANN)
    assert not await blocked.is_blocked(BOB)
    assert await blocked.unblock(ANN)
    assert not await blocked.unblock(ANN)
    assert not await blocked.is_blocked(ANN)


async def test_what_another_process_blocks_is_blocked_within_ten_seconds(tmp_path: Path) -> None:
    clock = FakeClock(0)
    async with Database.open(tmp_path) as ours, Database.open(tmp_path) as theirs:
        here, there = BlockedAccounts(ours, clock=clock), BlockedAccounts(theirs, clock=clock)
        assert not await here.is_blocked(ANN)
        await there.block(ANN)
        assert not await here.is_blocked(ANN)
        clock.now = 10
        assert await here.is_blocked(ANN)


async def test_the_command_line_blocks_and_unblocks(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    out = tmp_path / "a.ogg"
    said = ("say", "Hello", "--account", "discord:1", "-o", str(out))
    done = await shell("block", "discord:1")
    assert (done.code, done.err) == (0, "")
    assert "discord:1" in done.out
    assert (await shell("block", "discord:1")).out not in ("", done.out)
    done = await shell(*said)
    assert (done.code, done.out, out.exists()) == (3, "", False)
    assert "host of this bot has blocked you" in done.err
    assert (await shell(*said, "--explain")).code == 3
    done = await shell("unblock", "discord:1")
    assert (done.code, done.err) == (0, "")
    assert (await shell("unblock", "discord:1")).out not in ("", done.out)
    assert (await shell(*said)).code == 0


async def test_who_is_blocked_needs_a_name(tmp_path: Path) -> None:
    done = await Shell(tmp_path)("block", "discord:")
    assert (done.code, done.out) == (3, "")
    assert "is not an account" in done.err
