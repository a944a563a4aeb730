"""What one utterance costs: held before a provider is asked, spent for what was synthesized, the rest released.

Made by the waist for each utterance. Paid providers and the built-in engine have meters of their own.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from bot.config import QuotaConfig
from bot.errors import StoreError
from bot.model import Account, Space, Utterance
from bot.store.ledger import Ledger
from bot.store.quota import Charge, Limit, most_generous
from bot.store.quota import Meter as MeterName

LEASE = 90.0
"""Seconds after which a hold of a dead process goes back to the person."""
PAID: MeterName = "paid"
BUILT_IN: MeterName = "builtin"


class Meter:
    """The holds of one utterance. ``async with`` settles them whatever happens, cancellation included."""

    def __init__(self, ledger: Ledger, quota: QuotaConfig, utterance: Utterance, *, resumable: bool) -> None:
        """``resumable``: nothing is heard before the end, so a wish whose process died may be heard again."""
        self._ledger = ledger
        self._quota = quota
        self._utterance = utterance
        self._resumable = resumable
        self._spent: dict[MeterName, int] = {}
        self._keeper: asyncio.Task[None] | None = None

    @property
    def charged(self) -> int:
        """Characters spent so far."""
        return sum(self._spent.values()) if self._utterance.account is not None else 0

    async def hold(self, meter: MeterName, characters: int, *, free: bool = False) -> None:
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
            charges=() if free else await charges(self._ledger, self._quota, self._utterance, meter),
            characters=0 if free else characters,
            requests=0 if free else 1,
            lease=LEASE,
            meter=meter,
            resumable=self._resumable,
        )
        self._spent[meter] = 0
        self._keeper = self._keeper or asyncio.create_task(self._keep())

    def spend(self, meter: MeterName, characters: int) -> None:
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

    def _key(self, meter: MeterName) -> str:
        """The wish's own key for the first meter that is held, whichever: by it a second delivery is known."""
        first = next(iter(self._spent), meter)
        return self._utterance.key if meter == first else f"{self._utterance.key}/{meter}"

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            for meter in tuple(self._spent):
                with suppress(StoreError):  # the lease lasts three times as long as the pause
                    await self._ledger.extend(self._key(meter), LEASE)


async def charges(
    ledger: Ledger, quota: QuotaConfig, utterance: Utterance, meter: MeterName = PAID
) -> tuple[Charge, ...]:
    """The counters an utterance goes to, each with the limits that hold there: configured, or overridden.

    An override by account or by role takes the place of what is configured; the most generous one counts.
    """
    account, space = utterance.account, utterance.space
    if account is None:
        return ()
    overrides = await ledger.overrides((account.scope, *utterance.roles))
    if f"{account.platform}:{account.id}" in quota.admins or any(override.unlimited for override in overrides):
        own: tuple[Limit, ...] = ()
    elif meter == BUILT_IN:
        own = tuple(_limits(day=quota.builtin_characters_per_day))
    else:
        day, minute = quota.account_characters_per_day, quota.account_requests_per_minute
        own = most_generous(tuple(_limits(day=day, minute=minute)), overrides)
    if space is None or meter == BUILT_IN:
        return (Charge(account.scope, own),)
    shared = tuple(_limits(day=quota.space_characters_per_day))
    return (
        Charge(account.scope, own),
        Charge(space.scope, most_generous(shared, await ledger.overrides((space.scope,)))),
    )


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account or a space has spent today and may still spend, on one meter."""

    meter: MeterName
    used: int
    """Characters."""
    requests: int
    limit: int | None
    """Characters per day; None: no limit."""
    granted: int
    """Characters on top, for today."""
    left: int | None
    resets: datetime


async def balance(
    ledger: Ledger, quota: QuotaConfig, account: Account, roles: tuple[str, ...] = (), meter: MeterName = PAID
) -> Balance:
    """An account's balance, by the limits that hold for it with these roles. Raises StoreError."""
    own = (await charges(ledger, quota, Utterance("", "", account=account, roles=roles), meter))[0]
    return await _balance(ledger, own, meter)


async def space_balance(ledger: Ledger, quota: QuotaConfig, space: Space) -> Balance:
    """A space's balance. Raises StoreError."""
    anybody = Utterance("", "", account=Account(space.platform, "-"), space=space)
    return await _balance(ledger, (await charges(ledger, quota, anybody))[1], PAID)


async def _balance(ledger: Ledger, charge: Charge, meter: MeterName) -> Balance:
    limit = next((limit.amount for limit in charge.limits if limit.metric == "characters"), None)
    used = await ledger.usage(charge.scope, meter)
    left = None if limit is None else used.left(limit)
    return Balance(meter, used.characters, used.requests, limit, used.granted, left, used.resets)


def _limits(*, day: int = 0, minute: int = 0) -> Iterator[Limit]:
    """Configured limits; 0 is none."""
    if day:
        yield Limit("characters", day, "day")
    if minute:
        yield Limit("requests", minute, "minute")
