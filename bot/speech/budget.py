"""The budget: every request to a provider passes here and keeps to that provider's own limits.

Places are taken in turn (turns.py); requests and tokens per minute and per day are counted in the database, so that a
restart forgets nothing and a second process counts along. Called by the waist, once for each attempt.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from bot.errors import BusyError, ErrorKind, ProviderError, StoreError
from bot.model import Usage
from bot.speech.turns import Asker, Turns
from bot.store.calls import Full, ProviderCalls, ProviderLimits

_LEASE = 15.0
"""Seconds that an open call counts after its process died."""
_COST_NOTHING = frozenset(
    {
        ErrorKind.AUTHENTICATION,
        ErrorKind.BALANCE,
        ErrorKind.FORBIDDEN,
        ErrorKind.MODEL,
        ErrorKind.INVALID,
        ErrorKind.MODERATION,
        ErrorKind.RATE_LIMIT,
        ErrorKind.CONNECTION,
    }
)
"""Failures after which the provider made nothing."""
_PLACE_ELSEWHERE = 0.2
"""Seconds between two looks whether another process has given its place back."""


@dataclass(slots=True)
class Call:
    """A request under way."""

    id: str
    usage: Usage | None = None
    """Set by the caller when the provider says what it cost."""


class Budget:
    """All providers' limits."""

    def __init__(
        self,
        calls: ProviderCalls,
        limits: Mapping[str, ProviderLimits],
        *,
        most_waiting: int = 500,
        longest_wait: float = 60.0,
        clock: Callable[[], float],
        kind: str = "bot",
    ) -> None:
        """``clock`` gives seconds since the epoch; ``longest_wait`` bounds each wait, in seconds.

        ``kind`` says what this process is: ``bot``, ``cli``.
        """
        self._kind = kind
        self._calls = calls
        self._limits = limits
        self._longest_wait = longest_wait
        self._clock = clock
        self._turns = {name: Turns(name, limit.max_concurrency or 1, most_waiting) for name, limit in limits.items()}

    @asynccontextmanager
    async def call(self, provider: str, asker: Asker, tokens: int) -> AsyncIterator[Call]:
        """Hold a place and ``tokens`` for one request, and settle on what it really used.

        Raises BusyError when waiting takes too long, ProviderError BUDGET when a limit is reached for longer than that.
        """
        deadline = self._clock() + self._longest_wait
        call = Call(f"{self._kind}:{uuid.uuid4().hex}")
        hold = partial(self._hold, call, provider, tokens)
        async with self._place(provider, asker, hold, deadline):
            began = self._clock()
            keeper = asyncio.create_task(self._keep(call.id))
            failure: BaseException | None = None
            try:
                yield call
            except BaseException as error:
                failure = error
                raise
            finally:
                keeper.cancel()
                self._turns[provider].lasted(self._clock() - began)
                await asyncio.shield(self._settle(call, tokens, failure))

    @asynccontextmanager
    async def _place(
        self, provider: str, asker: Asker, hold: Callable[[], Awaitable[Call]], deadline: float
    ) -> AsyncIterator[None]:
        """A place in this process and the counters in the database.

        When a limit is reached, nobody gets a place until it frees: so those who wait keep their order.
        """
        turns, again = self._turns[provider], False
        while True:
            async with turns.turn(asker, max(0.0, deadline - self._clock()), again=again):
                try:
                    await hold()
                except Full as full:
                    turns.close_for(self._wait_for(provider, full, deadline))
                    again = True
                else:
                    yield
                    return

    async def _hold(self, call: Call, provider: str, tokens: int) -> Call:
        """Count the call. One that is cancelled meanwhile was never made: it gives its tokens and its place back."""
        try:
            await self._calls.hold(call.id, provider, self._limits[provider], tokens, _LEASE)
        except asyncio.CancelledError as error:
            await asyncio.shield(self._settle(call, 0, error))
            raise
        return call

    def _wait_for(self, provider: str, full: Full, deadline: float) -> float:
        """Seconds to wait before another try. Raises when that is not before the deadline."""
        retry_at = full.retry_at.timestamp()
        if full.metric == "concurrency":
            if self._clock() + _PLACE_ELSEWHERE > deadline:
                raise BusyError("busy.wait", provider=provider, seconds=int(self._longest_wait))
            return _PLACE_ELSEWHERE
        if retry_at > deadline:
            raise ProviderError(
                provider, ErrorKind.BUDGET, detail=full.metric, retry_after=max(0.0, retry_at - self._clock())
            )
        return max(0.01, retry_at - self._clock())

    async def _keep(self, call_id: str) -> None:
        """Renew the lease while the request runs."""
        while True:
            await asyncio.sleep(_LEASE / 3)
            with suppress(StoreError):
                await self._calls.extend(call_id, _LEASE)

    async def _settle(self, call: Call, tokens: int, failure: BaseException | None) -> None:
        """Close a call. What it cost is what the provider said; of one that broke off, what was estimated."""
        never = isinstance(failure, ProviderError) and failure.kind in _COST_NOTHING
        usage = call.usage or Usage(prompt_tokens=0 if never else tokens, estimated=True)
        with suppress(StoreError):  # the lease runs out then, and the call stays charged
            await self._calls.settle(
                call.id,
                prompt_tokens=usage.prompt_tokens,
                completion_tokens=usage.completion_tokens,
                estimated=usage.estimated,
                ok=failure is None,
            )

    async def reap(self) -> None:
        """Free the places that dead processes of this kind held: for one that knows itself to be the only one."""
        await self._calls.reap(f"{self._kind}:")

    async def pause(self, provider: str, seconds: float) -> None:
        """The provider asked for quiet (429): nobody calls it for so long."""
        await self._calls.pause(provider, datetime.fromtimestamp(self._clock() + seconds, UTC))
