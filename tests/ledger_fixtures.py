"""Fixtures of the ledger's tests: loaded by name as a plugin of pytest."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.ledger import Ledger
from tests.ledger_case import FakeClock
from tests.prepared import Prepare


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def database(tmp_path: Path, clock: FakeClock, prepare: Prepare) -> AsyncIterator[Database]:
    async with Database.open(prepare(tmp_path), clock=clock, wait=0.5) as opened:
        yield opened


@pytest.fixture
async def book(database: Database) -> AsyncIterator[Ledger]:
    async with Ledger.open(database) as opened:
        yield opened
        assert await opened.audit() == []
