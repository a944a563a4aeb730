"""``mouthpiece db upgrade | check | backup``: looking after the database."""

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.app import build
from bot.cli.arguments import Arguments
from bot.config import Config
from bot.errors import StoreError
from bot.store.database import FILE_NAME, Database, back_up
from bot.store.entries import Mismatch
from bot.store.ledger import Ledger
from bot.texts import say

_AMOUNTS = ("characters", "requests", "granted")


async def upgrade(config: Config, asked: Arguments) -> int:
    """Upgrade the database by opening it."""
    async with Database.open(config.data_dir) as database:
        print(say("db.upgraded", config.language, path=str(database.path), revision=await database.revision()))
    return 0


async def check(config: Config, asked: Arguments) -> int:
    """Check the whole file for damage, every index against its table and every sum against what was spent.

    ``--repair`` corrects indexes and sums. Returns 8 while one is wrong. Raises StoreError for a damaged file.
    """
    async with build(config, kind="cli") as core:
        faults, faults_left = await _search(core.database, repair=asked.repair)
        wrong, repaired, wrong_left = await count_again(core.ledger, repair=asked.repair)
        found = _Found(str(core.database.path), faults, faults_left, wrong, repaired, wrong_left)
    if asked.json:
        print(json.dumps(asdict(found)))
    else:
        _tell(config, found, repair=asked.repair)
    return StoreError.exit_code if faults_left or wrong_left else 0


async def _search(database: Database, *, repair: bool) -> tuple[list[str], list[str]]:
    """Return the index faults found, and those left after the repair. Raises StoreError."""
    faults = await database.faults()
    if not (faults and repair):
        return faults, faults
    try:
        await database.rebuild_indexes()
    except StoreError as error:
        if error.code not in ("store.failed", "store.corrupt"):  # a lock or a full disk: it may work later
            raise
        return faults, faults
    return faults, await database.faults()


async def count_again(ledger: Ledger, *, repair: bool) -> tuple[list[Mismatch], int, list[Mismatch]]:
    """Return the wrong sums, how many were corrected, and those still wrong afterwards. Raises StoreError.

    Counted a second time, since a sum of a minute may expire, or another go wrong, between the two.
    """
    wrong = await ledger.audit()
    if not (wrong and repair):
        return wrong, 0, wrong
    repaired = await ledger.rebuild()
    return wrong, repaired, await ledger.audit()


@dataclass(frozen=True, slots=True)
class _Found:
    """What ``db check --json`` prints."""

    path: str
    faults: list[str]
    """In SQLite's words."""
    faults_left: list[str]
    """After ``--repair``."""
    wrong: list[Mismatch]
    repaired: int
    """Sums corrected."""
    wrong_left: list[Mismatch]
    """After ``--repair``."""


def _tell(config: Config, found: _Found, *, repair: bool) -> None:
    """Print a line for each fault, and what was or can be done about it."""
    language = config.language
    for fault in found.faults:
        print(say("db.fault", language, fault=fault))
    for each in found.wrong:
        day = datetime.fromtimestamp(each.start / 1000, UTC).astimezone(config.quota.zone).date().isoformat()
        rows = (("", each.counted), ("by_rows_", each.summed))
        facts = {prefix + name: amount for prefix, row in rows for name, amount in zip(_AMOUNTS, row, strict=True)}
        print(say("db.wrong", language, scope=each.scope, meter=each.meter, day=day, **facts))
    left = "db.indexes_beyond_repair" if repair else "db.indexes_to_repair"
    summaries = [
        (len(found.faults), left if found.faults_left else "db.indexes_repaired"),
        (found.repaired, "db.repaired"),
        (len(found.wrong_left), "db.to_repair"),
        (not (found.faults or found.repaired or found.wrong_left), "db.sound"),
    ]
    for count, code in summaries:
        if count:
            print(say(code, language, path=found.path, count=count))


async def backup(config: Config, asked: Arguments) -> int:
    """Copy the database without opening it as ours, which would upgrade the original. Works while the bot runs."""
    target = Path(asked.file)
    size = await asyncio.to_thread(back_up, config.data_dir / FILE_NAME, target)
    print(say("db.backed_up", config.language, path=str(target), kilobytes=-(-size // 1000)))
    return 0
