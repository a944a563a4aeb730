"""What utterances cost: held before a provider is asked, spent for what was synthesized, the rest released.

Made by the synthesis core for each utterance, or for several that are spoken together. Paid providers and the
built-in engine
have meters of their own.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self

from bot.config import QuotaConfig
from bot.errors import DuplicateError, ProviderError, QuotaError, StoreError
from bot.model import Account, Lane, Space, Utterance
from bot.store.entries import Charge, Limit, most_generous
from bot.store.entries import Meter as MeterName
from bot.store.ledger import Ledger

LEASE = 90.0
"""Seconds after which a hold of a dead process goes back to the person."""
PAID: MeterName = "paid"
BUILT_IN: MeterName = "builtin"
_Slot = MeterName | Literal["free"]
"""What a hold is for: a meter, or a cached clip."""


class RefusedError(Exception):
    """Some of several wishes may not be spoken. What is held for the others stays held."""

    def __init__(self, refusals: Mapping[str, DuplicateError | QuotaError], slot: _Slot) -> None:
        """By key, all for the same kind of reason: a second delivery, or else the quota. ``slot``: what was asked."""
        super().__init__(f"{len(refusals)} of several wishes")
        self.refusals = refusals
        self._slot = slot

    @property
    def paid_quota(self) -> QuotaError | None:
        """The first that the quota for what costs money refused."""
        refusals = self.refusals.values() if self._slot == PAID else ()
        return next((error for error in refusals if isinstance(error, QuotaError)), None)


@dataclass(slots=True)
class _Held:
    """One hold in the ledger."""

    key: str
    slot: _Slot
    asked: int
    """Characters."""
    spent: int = 0


@dataclass(slots=True)
class _Row:
    """One utterance's holds."""

    utterance: Utterance
    holds: list[_Held] = field(default_factory=list)
    """In the order in which they were taken."""

    def of(self, slot: _Slot) -> list[_Held]:
        """Return the holds for one thing."""
        return [held for held in self.holds if held.slot == slot]

    def key(self, slot: _Slot) -> str:
        """Return the wish's own key for what is held first, whichever: by it a second delivery is known."""
        if not self.holds:
            return self.utterance.key
        again = len(self.of(slot))
        return f"{self.utterance.key}/{slot}" + (f"/{again + 1}" if again else "")

    def left(self, slot: _Slot) -> int:
        """Return what is held and not spent."""
        return sum(held.asked - held.spent for held in self.of(slot))

    def spend(self, slot: _Slot, characters: int) -> None:
        """At most what is held."""
        for held in self.of(slot):
            part = min(characters, held.asked - held.spent)
            held.spent += part
            characters -= part


class Meter:
    """The holds of utterances that are spoken together, each under its own key.

    ``async with`` settles them whatever happens, cancellation included.
    """

    def __init__(self, ledger: Ledger, quota: QuotaConfig, utterances: Sequence[Utterance], *, resumable: bool) -> None:
        """``resumable``: nothing is heard before the end, so a wish whose process died may be heard again.

        All of one account; their keys differ.
        """
        self._ledger = ledger
        self._quota = quota
        self._rows = {utterance.key: _Row(utterance) for utterance in utterances}
        self._account = utterances[0].account
        self._resumable = resumable
        self._keeper: asyncio.Task[None] | None = None
        self.was_broken_off = False
        """Whether a recording was cancelled after part of it was synthesized: free of charge, but a request."""

    @property
    def charged(self) -> int:
        """Characters spent so far, as they will be written down."""
        return sum(held.spent for row in self._rows.values() for held in row.holds)

    @property
    def free(self) -> int:
        """Of these, the characters on the built-in engine's meter."""
        return sum(held.spent for row in self._rows.values() for held in row.of(BUILT_IN))

    async def hold(self, meter: MeterName, characters: Mapping[str, int]) -> None:
        """Take from a meter, by key, what is missing so that so many more can be spent there; the operator takes none.

        Raises RefusedError for those that were heard before or, when there are none, that the quota refuses;
        StoreError.
        """
        missing = {key: wanted - self._rows[key].left(meter) for key, wanted in characters.items()}
        await self._take(meter, {key: amount for key, amount in missing.items() if amount > 0})

    async def hold_free(self, keys: Iterable[str]) -> None:
        """A cached clip: nothing is charged; the keys are written down, so that a second delivery stays silent.

        Raises RefusedError, StoreError.
        """
        await self._take("free", dict.fromkeys(keys, 0))

    def spend(self, meter: MeterName, characters: Mapping[str, int]) -> None:
        """So many of the held characters were synthesized, by key."""
        for key, amount in characters.items():
            self._rows[key].spend(meter, amount)

    def round_up(self, characters: Mapping[str, int]) -> None:
        """All was spoken: where one meter paid, it pays the whole text, spaces between segments included."""
        for key, amount in characters.items():
            row = self._rows[key]
            paying = {held.slot for held in row.holds if held.spent}
            if len(paying) == 1:
                row.spend(paying.pop(), amount - sum(held.spent for held in row.holds))

    async def settle(self, *, asked: bool = False, clip: str = "") -> None:
        """Write down what was spent and release the rest. Idempotent.

        ``asked``: a provider was asked in vain, so the requests count even where no character does. ``clip``: the
        sound in the cache that is now to be delivered.
        """
        if self._keeper is not None:
            self._keeper.cancel()
            self._keeper = None
        if self._account is None:
            return
        holds = [(row.utterance.command, held) for row in self._rows.values() for held in row.holds]
        await _each(
            self._ledger.settle(held.key, characters=held.spent, asked=asked, command=command, clip=clip)
            for command, held in holds
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        refused = isinstance(error, ProviderError) and not error.allows_fallback
        broken_off = isinstance(error, asyncio.CancelledError) and self.charged > 0
        if self._resumable and error is not None:
            self.was_broken_off = broken_off
            self._give_back()
        try:
            await asyncio.shield(self.settle(asked=refused or broken_off))
        except StoreError:
            if error is None:
                raise  # else what went wrong first is what is told; the lease gives the hold back

    async def _take(self, slot: _Slot, characters: Mapping[str, int]) -> None:
        rows = [self._rows[key] for key in characters]
        if self._account is None:
            return
        charged: dict[tuple[str, ...], tuple[Charge, ...]] = {}
        for row in rows:
            roles = row.utterance.roles
            if slot != "free" and roles not in charged:
                charged[roles] = await charges(self._ledger, self._quota, row.utterance, slot)
        refusals: dict[str, DuplicateError | QuotaError] = {}
        await _each(
            self._try(row, slot, characters[row.utterance.key], charged.get(row.utterance.roles, ()), refusals)
            for row in rows
        )
        self._keeper = self._keeper or asyncio.create_task(self._keep())
        again = {key: error for key, error in refusals.items() if isinstance(error, DuplicateError)}
        if refusals:
            raise RefusedError(again or refusals, slot)

    async def _try(
        self,
        row: _Row,
        slot: _Slot,
        characters: int,
        charged: tuple[Charge, ...],
        refusals: dict[str, DuplicateError | QuotaError],
    ) -> None:
        """One hold; why it was refused goes among the refusals."""
        try:
            await self._ledger.hold(
                key := row.key(slot),
                charges=charged,
                characters=characters,
                requests=0 if slot == "free" or row.of(slot) else 1,
                lease=LEASE,
                meter=PAID if slot == "free" else slot,
                resumable=self._resumable,
                again=bool(row.utterance.command),
            )
        except (DuplicateError, QuotaError) as error:
            refusals[row.utterance.key] = error
        else:
            row.holds.append(_Held(key, slot, characters))

    def _give_back(self) -> None:
        """A recording that was not finished is not delivered: what people do not get, they do not pay."""
        for row in self._rows.values():
            for held in row.holds:
                held.spent = 0

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            for row in self._rows.values():
                for held in tuple(row.holds):
                    with suppress(StoreError):  # the lease lasts three times as long as the pause
                        await self._ledger.extend(held.key, LEASE)


async def _each(calls: Iterable[Coroutine[Any, Any, object]]) -> None:
    """At once, so that the ledger writes them in one transaction; when all have answered, the first error is raised."""
    asked = list(calls)
    if len(asked) == 1:
        await asked[0]
        return
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(answer, BaseException):
            raise answer


async def charges(
    ledger: Ledger, quota: QuotaConfig, utterance: Utterance, meter: MeterName = PAID
) -> tuple[Charge, ...]:
    """Return the counters an utterance goes to, each with the limits that hold there: configured, or overridden.

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
    if utterance.lane is Lane.CALL:  # what is read aloud is no command: the queue of the call bounds how often
        own = tuple(limit for limit in own if limit.metric != "requests")
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
    """Return an account's balance, by the limits that hold for it with these roles. Raises StoreError."""
    own = (await charges(ledger, quota, Utterance("", "", account=account, roles=roles), meter))[0]
    return await _balance(ledger, own, meter)


async def space_balance(ledger: Ledger, quota: QuotaConfig, space: Space) -> Balance:
    """Return a space's balance. Raises StoreError."""
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
