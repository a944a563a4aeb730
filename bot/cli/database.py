"""``mouthpiece db upgrade | check | backup``: looking after the database."""

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.app import build
from bot.cli.arguments import Arguments
from bot.config import Config
from bot.store.backup import back_up
from bot.store.database import FILE_NAME, Database
from bot.store.quota import Mismatch
from bot.texts import say

_WRONG = 8
_AMOUNTS = ("characters", "requests", "granted")


async def upgrade(config: Config, asked: Arguments) -> int:
    """Opening it upgrades it."""
    async with Database.open(config.data_dir) as database:
        print(say("db.upgraded", config.language, path=str(database.path), revision=await database.revision()))
    return 0


async def check(config: Config, asked: Arguments) -> int:
    """Read the whole file for damage, and hold every index against its table and every sum against what was spent.

    ``--repair`` sets indexes and sums right. Returns 8 while one is wrong. Raises StoreError for a damaged file.
    """
    async with build(config, kind="cli") as core:
        faults = left = await core.database.faults()
        if faults and asked.repair:
            await core.database.rebuild_indexes()
            left = await core.database.faults()
        wrong = await core.ledger.audit()
        repaired = await core.ledger.rebuild() if wrong and asked.repair else 0
        found = _Found(str(core.database.path), faults, left, wrong, repaired)
    if asked.json:
        print(json.dumps(asdict(found)))
    else:
        _tell(config, found)
    return _WRONG if left or len(wrong) > repaired else 0


@dataclass(frozen=True, slots=True)
class _Found:
    """What ``db check --json`` prints."""

    path: str
    faults: list[str]
    """In the engine's words."""
    faults_left: list[str]
    """After ``--repair``."""
    wrong: list[Mismatch]
    repaired: int
    """Sums set right."""


def _tell(config: Config, found: _Found) -> None:
    """A line for each thing that is wrong, and what was or can be done."""
    language = config.language
    for fault in found.faults:
        print(say("db.fault", language, fault=fault))
    for each in found.wrong:
        day = datetime.fromtimestamp(each.start / 1000, UTC).astimezone(config.quota.zone).date().isoformat()
        rows = (("", each.counted), ("by_rows_", each.summed))
        facts = {prefix + name: amount for prefix, row in rows for name, amount in zip(_AMOUNTS, row, strict=True)}
        print(say("db.wrong", language, scope=each.scope, meter=each.meter, day=day, **facts))
    summaries = [
        (bool(found.faults), "db.indexes_to_repair" if found.faults_left else "db.indexes_repaired"),
        (bool(found.wrong), "db.repaired" if found.repaired else "db.to_repair"),
        (not (found.faults or found.wrong), "db.sound"),
    ]
    for holds, code in summaries:
        if holds:
            print(say(code, language, path=found.path, count=len(found.wrong)))


async def backup(config: Config, asked: Arguments) -> int:
    """A copy as it stands, also while the bot runs: not opened, which would bring the original up to date."""
    target = Path(asked.file)
    size = await asyncio.to_thread(back_up, config.data_dir / FILE_NAME, target)
    print(say("db.backed_up", config.language, path=str(target), kilobytes=-(-size // 1000)))
    return 0
