"""Processes that are really killed (SIGKILL) at each step of a wish, and what the next one finds."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from bot.errors import DuplicateError
from bot.store.clips import ClipStore
from bot.store.database import Database
from bot.store.ledger import Ledger
from bot.store.provider_calls import CallTotals, Full, ProviderCalls
from tests.crash_child import ANN, ASKED, CHARGES, GUILD, LIMITS, SPENT, STEPS

PATIENCE = 30.0
"""Seconds after which a silent child fails the test."""


@asynccontextmanager
async def child(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crash_child", *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        # Reads what is left, or the pipe would outlive the loop.
        await process.communicate()


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        return (await process.stdout.readline()).decode().strip()


async def go_on(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.write(b"\n")
    await process.stdin.drain()


async def kill_at(step: str, folder: Path, key: str) -> None:
    """Run the story up to a step and kill it there."""
    async with child("story", str(folder), key) as process:
        while (name := await line(process)) != step:
            assert name in STEPS
            await go_on(process)
        process.kill()
        assert await process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at(step: str, tmp_path: Path) -> None:
    await kill_at(step, tmp_path, "wish")
    spent = step in {"settled", "delivered"}
    async with Database.open(tmp_path) as database, Ledger.open(database, kind="bot") as book:
        assert await book.audit() == []
        assert await book.reap(owner="bot") == (0 if spent else 1)
        assert await book.audit() == []
        for scope in (ANN, GUILD):
            usage = await book.usage(scope)
            assert (usage.characters, usage.requests) == ((SPENT, 1) if spent else (0, 0))
        # The same message comes again.
        if spent:
            with pytest.raises(DuplicateError):
                await book.hold("wish", charges=CHARGES, characters=ASKED, lease=60, resumable=True)
        else:
            assert (await book.hold("wish", charges=CHARGES, characters=ASKED, lease=60, resumable=True)).resumed
            assert await book.settle("wish", characters=SPENT)
        with pytest.raises(DuplicateError):
            await book.hold("wish", charges=CHARGES, characters=ASKED, lease=60, resumable=True)
        assert (await book.usage(ANN)).characters == SPENT
        assert await book.audit() == []
        await _provider_and_cache(step, database, tmp_path)


async def _provider_and_cache(step: str, database: Database, folder: Path) -> None:
    """What the provider did stays counted; a clip that was kept is there."""
    expected = {"held": CallTotals(0, 0, 0, 0)} | dict.fromkeys(STEPS[1:3], CallTotals(1, 40, 0, 1))
    calls = ProviderCalls(database)
    assert await calls.totals("mimo") == expected.get(step, CallTotals(1, 30, 0, 0))
    async with ClipStore.open(folder) as clips:
        assert (await clips.get("wish") is not None) == (step in STEPS[3:])
        assert await clips.file_id("wish", "telegram") == ("file" if step == "delivered" else None)


async def test_a_message_that_kills_the_process_is_tried_twice_at_most(tmp_path: Path) -> None:
    await kill_at("requested", tmp_path, "poison")
    async with Database.open(tmp_path) as database:
        async with Ledger.open(database, kind="bot") as book:
            await book.reap(owner="bot")
            await book.hold("poison", charges=CHARGES, characters=ASKED, lease=600, resumable=True)
        async with Ledger.open(database, kind="bot") as book:
            assert await book.reap(owner="bot") == 1
            with pytest.raises(DuplicateError):
                await book.hold("poison", charges=CHARGES, characters=ASKED, lease=600, resumable=True)
            assert (await book.usage(ANN)).characters == 0
            assert await book.audit() == []


async def test_a_providers_full_day_is_full_after_a_kill(tmp_path: Path) -> None:
    async with Database.open(tmp_path) as database:
        calls = ProviderCalls(database)
        for number in range(9):
            await calls.hold(f"c{number}", "mimo", LIMITS, 1)
            await calls.settle(f"c{number}", prompt_tokens=1, completion_tokens=0, estimated=False, ok=True)
    await kill_at("requested", tmp_path, "tenth")
    async with Database.open(tmp_path) as database:
        with pytest.raises(Full) as caught:
            await ProviderCalls(database).hold("eleventh", "mimo", LIMITS, 1)
        assert caught.value.metric in {"concurrency", "rpd"}
        await ProviderCalls(database).settle("tenth", prompt_tokens=1, completion_tokens=0, estimated=False, ok=True)
        with pytest.raises(Full) as caught:
            await ProviderCalls(database).hold("eleventh", "mimo", LIMITS, 1)
        assert caught.value.metric == "rpd"


@pytest.mark.parametrize("processes", [1, 2])
async def test_500_requests_of_several_processes_against_a_limit_of_137(tmp_path: Path, processes: int) -> None:
    async with AsyncExitStack() as stack:
        racers = [
            await stack.enter_async_context(child("race", str(tmp_path), str(500 // processes), "137"))
            for _ in range(processes)
        ]
        assert [await line(racer) for racer in racers] == ["ready"] * processes
        for racer in racers:
            await go_on(racer)
        counts = [[int(number) for number in (await line(racer)).split()] for racer in racers]
    assert [sum(column) for column in zip(*counts, strict=True)] == [137, 363]
    async with Database.open(tmp_path) as database, Ledger.open(database) as book:
        assert (await book.usage(ANN)).characters == 137
        assert await book.audit() == []


async def test_killed_under_load_no_acknowledged_hold_is_lost(tmp_path: Path) -> None:
    """Kills while transactions are being written, at whatever point the child has reached by then."""
    program = (
        "import asyncio, pathlib, sys\n"
        "from bot.store.database import Database\n"
        "from bot.store.ledger import Ledger\n"
        "from tests.crash_child import CHARGES\n"
        "async def one(book, number):\n"
        "    charges = [type(charge)(charge.scope) for charge in CHARGES]\n"
        "    await book.hold(f'{sys.argv[2]}-{number}', charges=charges, characters=1, lease=600)\n"
        "    print(f'{sys.argv[2]}-{number}', flush=True)\n"
        "async def main():\n"
        "    async with Database.open(pathlib.Path(sys.argv[1])) as db, Ledger.open(db, capacity=9999) as book:\n"
        "        await asyncio.gather(*(one(book, number) for number in range(4000)))\n"
        "asyncio.run(main())\n"
    )
    acknowledged: set[str] = set()
    for run, lines in enumerate((1, 300, 1500)):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, str(tmp_path), str(run), stdout=subprocess.PIPE
        )
        acknowledged |= {await line(process) for _ in range(lines)}
        process.kill()
        out, _ = await process.communicate()
        acknowledged |= set(out.decode().splitlines()[:-1])
        assert process.returncode == -signal.SIGKILL
    async with Database.open(tmp_path) as database, Ledger.open(database) as book:
        for key in sorted(acknowledged)[::97]:
            with pytest.raises(DuplicateError):
                await book.hold(key, charges=[], characters=1, lease=60)
        assert await book.audit() == []
        assert (await book.usage(ANN)).characters >= len(acknowledged)
        assert await book.reap(owner="bot") >= len(acknowledged)
        assert (await book.usage(ANN)).characters == 0
        assert await book.audit() == []
