"""The ledger's merged batches beside one transaction per operation in bare aiosqlite, in one run. Called by ``bench``.

One pair is a hold and its settlement, both on disk (write-ahead log, ``synchronous=FULL``) before the caller continues.
Both sides write the same: one ledger row and three counters per hold, the row and the counters again per settlement.
The sides take turns within each round; figures are medians, the ratio is the median of the rounds' ratios.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiosqlite

from bot.store.database import Database
from bot.store.entries import Charge, Limit
from bot.store.ledger import Ledger

GOAL = 4.0
"""Times bare aiosqlite at 32 tasks."""
_ROUNDS = 5
_PAIRS = {1: 100, 32: 600, 256: 1200}
"""Pairs per round and side by number of tasks."""
_LIMIT = 10**12
_NAMES = [(f"account:x:{number}", f"space:x:{number % 30}") for number in range(500)]
_CHARGES = [
    (
        Charge(account, (Limit("characters", _LIMIT, "day"), Limit("requests", _LIMIT, "minute"))),
        Charge(space, (Limit("characters", _LIMIT, "day"),)),
    )
    for account, space in _NAMES
]

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE ledger (key TEXT PRIMARY KEY, state TEXT, account TEXT, space TEXT, characters INTEGER, created INTEGER,
    expires INTEGER, settled INTEGER);
CREATE TABLE counter (scope TEXT, window TEXT, start INTEGER, characters INTEGER, requests INTEGER,
    PRIMARY KEY (scope, window, start));
"""
_COUNT = """
INSERT INTO counter VALUES (?, 'day', 0, ?, ?), (?, 'minute', ?, ?, ?), (?, 'day', 0, ?, ?)
ON CONFLICT DO UPDATE SET characters = characters + excluded.characters, requests = requests + excluded.requests
WHERE counter.characters + excluded.characters <= 1000000000000 RETURNING scope
"""

Pair = Callable[[str, int], Awaitable[None]]
"""One hold and its settlement: its key, and a number that chooses account and space."""


class _Bare:
    """One connection, one transaction per operation."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    async def pair(self, key: str, number: int) -> None:
        now = time.time_ns() // 1_000_000
        account, space = _NAMES[number % len(_NAMES)]
        row = (key, "held", account, space, 100, now, now + 60_000, None)
        await self._transaction("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row, account, space, (100, 1))
        spent = "UPDATE ledger SET state = 'spent', characters = 60, settled = ? WHERE key = ? AND state = 'held'"
        await self._transaction(spent, (now, key), account, space, (-40, 0))

    async def _transaction(
        self, statement: str, row: tuple[object, ...], account: str, space: str, amounts: tuple[int, int]
    ) -> None:
        minute = int(time.time() // 60)
        counted = (account, *amounts, account, minute, *amounts, space, *amounts)
        async with self._turn:
            await self._connection.execute("BEGIN IMMEDIATE")
            await self._connection.execute(statement, row)
            if len(await self._connection.execute_fetchall(_COUNT, counted)) != 3:  # type: ignore[arg-type]
                raise AssertionError("a limit was passed")
            await self._connection.execute("COMMIT")


class _Merged:
    """The ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def pair(self, key: str, number: int) -> None:
        await self._ledger.hold(key, charges=_CHARGES[number % len(_CHARGES)], characters=100, lease=60)
        await self._ledger.settle(key, characters=60)


async def _pairs_per_second(pair: Pair, label: str, tasks: int, pairs: int) -> float:
    numbers = iter(range(pairs))

    async def work() -> None:
        for number in numbers:
            await pair(f"{label}:{number}", number)

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(tasks)))
    return pairs / (time.perf_counter() - begun)


async def _measure(folder: Path) -> list[str]:
    rows = []
    async with (
        aiosqlite.connect(folder / "bare.db", isolation_level=None) as connection,
        Database.open(folder / "ours") as database,
        Ledger.open(database) as ledger,
    ):
        await connection.executescript(_SCHEMA)
        bare, merged = _Bare(connection), _Merged(ledger)
        for tasks, pairs in _PAIRS.items():
            speeds: dict[str, list[float]] = {"bare": [], "ours": []}
            for turn in range(_ROUNDS):
                sides: list[tuple[str, Pair]] = [("bare", bare.pair), ("ours", merged.pair)]
                for name, pair in sides if turn % 2 else reversed(sides):
                    speeds[name].append(await _pairs_per_second(pair, f"{tasks}:{turn}", tasks, pairs))
            ratio = statistics.median(
                ours / theirs for ours, theirs in zip(speeds["ours"], speeds["bare"], strict=True)
            )
            goal = f" (goal {GOAL:g})" if tasks == 32 else ""
            rows.append(
                f"ledger, {tasks:3} tasks: {ratio:.1f} x bare aiosqlite{goal}: "
                f"{statistics.median(speeds['ours']):,.0f} against {statistics.median(speeds['bare']):,.0f} pairs/s"
            )
        if await ledger.audit():
            raise AssertionError("the counters do not add up")
    return rows


def run() -> list[str]:
    """Return the rows."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))
