"""A process that walks one wish through the store, step by step, so that a test can kill it anywhere.

Started by ``test_crash.py``: ``python -m tests.crash_child story FOLDER KEY`` prints a line after each step and waits
for a line on its standard input before the next; ``... race FOLDER COUNT LIMIT`` waits for one line, then makes COUNT
requests at once and prints how many were granted and refused.
"""

import asyncio
import os
import sys
from pathlib import Path

from bot.errors import DuplicateError, QuotaError
from bot.store.clips import ClipStore
from bot.store.database import Database
from bot.store.entries import Charge, Hold, Limit
from bot.store.ledger import Ledger
from bot.store.provider_calls import ProviderCalls, ProviderLimits

STEPS = ("held", "requested", "first_audio", "encoded", "settled", "delivered")
ANN = "account:discord:1"
GUILD = "space:discord:9"
CHARGES = (
    Charge(ANN, (Limit("characters", 100, "day"), Limit("requests", 50, "minute"))),
    Charge(GUILD, (Limit("characters", 1000, "day"),)),
)
ASKED = 60
SPENT = 50
LIMITS = ProviderLimits(rpd=10, max_concurrency=1)
OGG = b"OggS" + bytes(2000)


async def _step(name: str) -> None:
    print(name, flush=True)  # noqa: T201 - the test reads it
    await asyncio.to_thread(sys.stdin.readline)


async def story(folder: Path, key: str) -> None:
    """One wish: hold, call the provider, keep the clip, settle, deliver."""
    async with (
        Database.open(folder) as database,
        Ledger.open(database, kind="bot") as book,
        ClipStore.open(folder) as clips,
    ):
        calls = ProviderCalls(database)
        await book.hold(key, charges=CHARGES, characters=ASKED, lease=600, resumable=True)
        await _step("held")
        await calls.hold(key, "mimo", LIMITS, 40, 600)
        await _step("requested")
        await book.extend(key, 600)
        await calls.extend(key, 600)
        await _step("first_audio")
        await calls.settle(key, prompt_tokens=10, completion_tokens=20, estimated=False, ok=True)
        await clips.put(key, OGG, provider="mimo")
        await _step("encoded")
        await book.settle(key, characters=SPENT)
        await _step("settled")
        await clips.remember_file(key, "telegram", "file")
        await _step("delivered")


async def race(folder: Path, count: int, limit: int) -> None:
    """Many requests at once against one daily limit."""

    async def one(number: int) -> str:
        charge = Charge(ANN, (Limit("characters", limit, "day"),))
        try:
            hold = await book.hold(f"{os.getpid()}:{number}", charges=[charge], characters=1, lease=600)
        except (QuotaError, DuplicateError) as error:
            return error.code
        assert isinstance(hold, Hold)
        return "granted"

    async with Database.open(folder) as database, Ledger.open(database, wait=60) as book:
        await _step("ready")
        answers = await asyncio.gather(*map(one, range(count)))
        counts = answers.count("granted"), answers.count("quota.account_characters")
        print(*counts, flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    mode, where, *rest = sys.argv[1:]
    if mode == "story":
        asyncio.run(story(Path(where), rest[0]))
    else:
        asyncio.run(race(Path(where), int(rest[0]), int(rest[1])))
