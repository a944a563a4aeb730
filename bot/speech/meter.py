"""What one utterance costs: held before a provider is asked, spent for what was synthesized, the rest released.

Made by the waist for each utterance. Paid providers and the built-in engine have meters of their own.
"""

import asyncio
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from bot.config import QuotaConfig
from bot.errors import StoreError
from bot.model import Account, Utterance
from bot.store.ledger import Charge, Ledger, Limit

LEASE = 90.0
"""Seconds after which a hold of a dead process goes back to the person."""
PAID = "paid"
BUILT_IN = "builtin"


class Meter:
    """The holds of one utterance. ``async with`` settles them whatever happens, cancellation included."""

    def __init__(self, ledger: Ledger, quota: QuotaConfig, utterance: Utterance, *, resumable: bool) -> None:
        """``resumable``: nothing is heard before the end, so a wish whose process died may be heard again."""
        self._ledger = ledger
        self._quota = quota
        self._utterance = utterance
        self._resumable = resumable
        self._spent: dict[str, int] = {}
        self._keeper: asyncio.Task[None] | None = None

    @property
    def charged(self) -> int:
        """Characters spent so far."""
        return sum(self._spent.values()) if self._utterance.account is not None else 0

    async def hold(self, meter: str, characters: int, *, free: bool = False) -> None:
        """Take characters from a meter, once; the operator (no account) takes none.

        ``free``: a cached clip. Nothing is charged; the key is written down, so that a second delivery stays silent.
        Raises QuotaError, DuplicateError.
        """
        account = self._utterance.account
        if account is None or meter in self._spent:
            self._spent.setdefault(meter, 0)
            return
        await self._ledger.hold(
            self._key(meter),
            charges=() if free else tuple(self._charges(account, meter)),
            characters=0 if free else characters,
            requests=0 if free else 1,
            lease=LEASE,
            meter=meter,
            resumable=self._resumable,
        )
        self._spent[meter] = 0
        self._keeper = self._keeper or asyncio.create_task(self._keep())

    def spend(self, meter: str, characters: int) -> None:
        """So many of the held characters were synthesized."""
        self._spent[meter] = self._spent.get(meter, 0) + characters

    def round_up(self, characters: int) -> None:
        """All was spoken: where one meter paid, it pays the whole text, spaces between segments included."""
        if len(self._spent) == 1:
            self._spent = dict.fromkeys(self._spent, characters)

    async def settle(self) -> None:
        """Write down what was spent and release the rest. Idempotent."""
        if self._keeper is not None:
            self._keeper.cancel()
            self._keeper = None
        if self._utterance.account is None:
            return
        for meter, characters in list(self._spent.items()):
            await self._ledger.settle(self._key(meter), characters=characters)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await asyncio.shield(self.settle())
        except StoreError:
            if error is None:
                raise  # else what went wrong first is what is told; the lease gives the hold back

    def _key(self, meter: str) -> str:
        return self._utterance.key if meter == PAID else f"{self._utterance.key}/{meter}"

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            for meter in tuple(self._spent):
                await self._ledger.extend(self._key(meter), LEASE)

    def _charges(self, account: Account, meter: str) -> Iterator[Charge]:
        """Which counters this utterance goes to, with their limits."""
        quota, space = self._quota, self._utterance.space
        if meter == BUILT_IN:
            yield Charge(account.scope, tuple(_limits(day=quota.builtin_characters_per_day)))
            return
        unlimited = f"{account.platform}:{account.id}" in quota.admins
        day, minute = quota.account_characters_per_day, quota.account_requests_per_minute
        yield Charge(account.scope, () if unlimited else tuple(_limits(day=day, minute=minute)))
        if space is not None:
            yield Charge(space.scope, tuple(_limits(day=quota.space_characters_per_day)))


def _limits(*, day: int = 0, minute: int = 0) -> Iterator[Limit]:
    """Configured limits; 0 is none."""
    if day:
        yield Limit("characters", day, "day")
    if minute:
        yield Limit("requests", minute, "minute")
