"""What the ledger's tests share: a clock that the test moves, and short ways to say things."""

from datetime import UTC, datetime

from sqlalchemy import select

from bot.store.database import Database
from bot.store.entries import Charge, Hold, Limit
from bot.store.ledger import Ledger
from bot.store.schema import ledger

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
ANN = "account:discord:1"
BOB = "account:discord:2"
GUILD = "space:discord:9"


class FakeClock:
    """Seconds since 1970, moved by the test."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def day(amount: int, scope: str = ANN) -> Charge:
    return Charge(scope, (Limit("characters", amount, "day"),))


def minute(amount: int, scope: str = ANN) -> Charge:
    return Charge(scope, (Limit("requests", amount, "minute"),))


async def take(book: Ledger, key: str, *charges: Charge, characters: int = 10, **more: object) -> Hold:
    arguments: dict[str, object] = {"lease": 60.0} | more
    return await book.hold(key, charges=charges, characters=characters, **arguments)  # type: ignore[arg-type]


async def states(database: Database) -> dict[str, tuple[str, int, int]]:
    rows = await database.read(
        lambda c: c.execute(select(ledger.c.key, ledger.c.state, ledger.c.characters, ledger.c.requests)).all()
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}
