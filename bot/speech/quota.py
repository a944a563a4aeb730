"""Quota of utterances: held before a provider is asked, spent for what was synthesized, the rest released.

Made by the synthesis core for each utterance, or for several spoken together. Paid providers and the built-in engine
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
"""Seconds after which the hold of a dead process is released."""
PAID: MeterName = "paid"
BUILT_IN: MeterName = "builtin"
_Slot = MeterName | Literal["free"]
"""What a hold is for: a meter, or a cached clip."""


class RefusedError(Exception):
    """Some of several requests may not be spoken. Holds of the others stay."""

    def __init__(self, refusals: Mapping[str, DuplicateError | QuotaError], slot: _Slot) -> None:
        """Keep the refusals by key, all of one kind: second deliveries, or else the quota.

        ``slot``: what was to be held.
        """
        super().__init__(f"{len(refusals)} of several wishes")
        self.refusals = refusals
        self._slot = slot

    @property
    def paid_quota(self) -> QuotaError | None:
        """The first refusal by the quota of paid providers."""
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
    """In the order in which they were made."""

    def of(self, slot: _Slot) -> list[_Held]:
        """Return the holds on one slot."""
        return [held for held in self.holds if held.slot == slot]

    def key(self, slot: _Slot) -> str:
        """Return the key of a hold: the request's own for the first one, by which a second delivery is recognized."""
        if not self.holds:
            return self.utterance.key
        again = len(self.of(slot))
        return f"{self.utterance.key}/{slot}" + (f"/{again + 1}" if again else "")

    def left(self, slot: _Slot) -> int:
        """Return the characters held and not yet spent."""
        return sum(held.asked - held.spent for held in self.of(slot))

    def spend(self, slot: _Slot, characters: int) -> None:
        """Spend characters, at most what is held."""
        for held in self.of(slot):
            part = min(characters, held.asked - held.spent)
            held.spent += part
            characters -= part


class Meter:
    """Holds of utterances that are spoken together, each under its own key.

    ``async with`` settles them whatever happens, cancellation included.
    """

    def __init__(self, ledger: Ledger, quota: QuotaConfig, utterances: Sequence[Utterance], *, resumable: bool) -> None:
        """Set up for utterances of one account with different keys.

        ``resumable``: nothing is heard before the end, so a request whose process died may be spoken again.
        """
        self._ledger = ledger
        self._quota = quota
        self._rows = {utterance.key: _Row(utterance) for utterance in utterances}
        self._account = utterances[0].account
        self._resumable = resumable
        self._keeper: asyncio.Task[None] | None = None
        self.was_broken_off = False
        """Whether a recording was cancelled after part of it was synthesized: free of charge, but counted as a request.
        """

    @property
    def charged(self) -> int:
        """Return the characters spent so far, as they will be recorded."""
        return sum(held.spent for row in self._rows.values() for held in row.holds)

    @property
    def free(self) -> int:
        """Return how many of them are on the built-in engine's meter."""
        return sum(held.spent for row in self._rows.values() for held in row.of(BUILT_IN))

    async def hold(self, meter: MeterName, characters: Mapping[str, int]) -> None:
        """Hold, by key, the characters still missing on a meter; the operator needs none.

        Raises RefusedError for second deliveries or, if there are none, for those the quota refuses; StoreError.
        """
        missing = {key: wanted - self._rows[key].left(meter) for key, wanted in characters.items()}
        await self._take(meter, {key: amount for key, amount in missing.items() if amount > 0})

    async def hold_free(self, keys: Iterable[str]) -> None:
        """Record a cached clip: nothing is charged, but its keys are stored so that a second delivery stays silent.

        Raises RefusedError, StoreError.
        """
        await self._take("free", dict.fromkeys(keys, 0))

    def spend(self, meter: MeterName, characters: Mapping[str, int]) -> None:
        """Spend held characters that were synthesized, by key."""
        for key, amount in characters.items():
            self._rows[key].spend(meter, amount)

    def round_up(self, characters: Mapping[str, int]) -> None:
        """Charge the whole text, spaces between segments included, if all was spoken and one meter pays."""
        for key, amount in characters.items():
            row = self._rows[key]
            paying = {held.slot for held in row.holds if held.spent}
            if len(paying) == 1:
                row.spend(paying.pop(), amount - sum(held.spent for held in row.holds))

    async def settle(self, *, asked: bool = False, clip: str = "") -> None:
        """Record what was spent and release the rest. Idempotent.

        ``asked``: a provider was tried in vain, so requests count even if no character does. ``clip``: the sound in the
        cache that is to be delivered now.
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
                raise  # otherwise the earlier error is the one to report; the lease releases the hold

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
        """Make one hold, or add the reason for its refusal to the refusals."""
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
        """Release the holds of an unfinished recording: people do not pay for what they do not get."""
        for row in self._rows.values():
            for held in row.holds:
                held.spent = 0

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            for row in self._rows.values():
                for held in tuple(row.holds):
                    with suppress(StoreError):  # the lease lasts three times the interval
                        await self._ledger.extend(held.key, LEASE)


async def _each(calls: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Run all at once, so the ledger writes one transaction; when all are done, raise the first error."""
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
    """Return the counters that an utterance is charged to, with the limits of each: configured, or overridden.

    An override by account or by role replaces the configured limit; the most generous one counts.
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
    if utterance.lane is Lane.CALL:  # messages read aloud are no commands: the queue of the call limits their rate
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
    """Yield the configured limits; 0 means none."""
    if day:
        yield Limit("characters", day, "day")
    if minute:
        yield Limit("requests", minute, "minute")
