"""``mouthpiece db upgrade | check | backup``: looking after the database."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bot.app import build
from bot.cli.arguments import Arguments
from bot.config import Config
from bot.store.backup import back_up
from bot.store.database import Database
from bot.texts import say

_WRONG = 8
_AMOUNTS = ("characters", "requests", "granted")


async def upgrade(config: Config, asked: Arguments) -> int:
    """Opening it upgrades it."""
    async with Database.open(config.data_dir) as database:
        print(say("db.upgraded", config.language, path=str(database.path), revision=await database.revision()))
    return 0


async def check(config: Config, asked: Arguments) -> int:
    """Read the whole file for damage, and hold every sum against what was really spent; ``--repair`` sets it right.

    Returns 8 while a sum is wrong. Raises StoreError for a damaged file.
    """
    async with build(config, kind="cli") as core:
        wrong = await core.ledger.audit()
        repaired = await core.ledger.rebuild() if wrong and asked.repair else 0
        path = str(core.database.path)
    if asked.json:
        print(json.dumps({"path": path, "wrong": [asdict(each) for each in wrong], "repaired": repaired}))
    else:
        for each in wrong:
            day = datetime.fromtimestamp(each.start / 1000, UTC).astimezone(config.quota.zone).date().isoformat()
            rows = (("", each.counted), ("by_rows_", each.summed))
            facts = {prefix + name: amount for prefix, row in rows for name, amount in zip(_AMOUNTS, row, strict=True)}
            print(say("db.wrong", config.language, scope=each.scope, meter=each.meter, day=day, **facts))
        summary = "db.repaired" if repaired else "db.to_repair" if wrong else "db.sound"
        print(say(summary, config.language, path=path, count=len(wrong)))
    return _WRONG if len(wrong) > repaired else 0


async def backup(config: Config, asked: Arguments) -> int:
    """A copy, also while the bot runs."""
    target = Path(asked.file)
    async with Database.open(config.data_dir) as database:
        size = await asyncio.to_thread(back_up, database.path, target)
    print(say("db.backed_up", config.language, path=str(target), kilobytes=-(-size // 1000)))
    return 0
