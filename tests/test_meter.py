"""The meter of an utterance: what it holds is settled whatever happens."""

import asyncio

import pytest

from bot.config import QuotaConfig
from bot.model import Account, Utterance
from bot.speech.quota import PAID, Meter
from bot.store.database import Database
from bot.store.ledger import Ledger
from tests.ledger_case import states

pytest_plugins = ["tests.ledger_fixtures"]

ANN = Account("discord", "1")


async def test_several_holds_are_settled_also_when_their_task_is_cancelled_in_that_moment(
    book: Ledger, database: Database
) -> None:
    spoken = asyncio.Event()

    async def speak() -> None:
        said = [Utterance("Hello.", key, ANN) for key in "ab"]
        async with Meter(book, QuotaConfig(), said, resumable=True) as meter:
            await meter.hold(PAID, dict.fromkeys("ab", 6))
            meter.spend(PAID, dict.fromkeys("ab", 6))
            spoken.set()

    task = asyncio.create_task(speak())
    await spoken.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        while [state for state, *_ in (await states(database)).values()] != ["spent"] * 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
