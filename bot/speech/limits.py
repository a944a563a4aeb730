"""Provider limits: concurrency, requests and tokens per minute and day, and a fair queue for the next free slot."""

import asyncio
import uuid
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from bot.errors import BusyError, ErrorKind, ProviderError, StoreError
from bot.model import Lane, Usage
from bot.store.provider_calls import Full, ProviderCalls, ProviderLimits

_HIGHER_IN_A_ROW = 8
"""Turns in a row that a higher lane may take while a lower one waits."""


_USUAL_SECONDS = 3.0
"""Assumed seconds of a turn until one was measured."""
_NEWEST = 0.2
"""Weight of the newest turn in the running mean."""


class Waiting:
    """Progress of an utterance; made by a front end, filled in while the utterance waits and is spoken."""

    def __init__(self) -> None:
        self._look: Callable[[], tuple[int, float]] | None = None
        self._heard: Callable[[], float] | None = None
        self.provider = ""
        """The provider tried last; empty before the first."""
        self.whole = 0.0
        """Expected seconds of sound of the current part."""
        self.done = 0
        """Finished parts."""
        self.parts = 0
        """Total parts; 0 until known."""
        self.is_over = False
        """Whether everything is spoken, so that cancelling makes no sense."""

    def asks(self, provider: str, heard: Callable[[], float] | None = None, whole: float = 0.0) -> None:
        """Note which provider speaks.

        ``heard`` gives the seconds of sound received of the current part, ``whole`` the expected ones.
        """
        self.provider, self._heard, self.whole = provider, heard, whole

    def has(self, done: int, parts: int) -> None:
        """Note how many parts are finished."""
        self.done, self.parts = done, parts

    @property
    def seconds(self) -> float:
        """Return the seconds of sound received of the current part."""
        return self._heard() if self._heard is not None else 0.0

    def place(self) -> tuple[int, float] | None:
        """Return how many requests go first and about how many seconds they take; None if it is not waiting."""
        return self._look() if self._look is not None else None

    def begin(self, look: Callable[[], tuple[int, float]]) -> None:
        """Start to wait."""
        self._look = look

    def end(self) -> None:
        """Stop waiting: its turn came, or it gave up."""
        self._look = None


@dataclass(frozen=True, slots=True)
class Asker:
    """The account and space that ask for a turn."""

    lane: Lane
    space: str
    """Scope of the space, or of the account if there is no space; scopes take turns with each other."""
    waiting: Waiting = field(default_factory=Waiting)
    person: str = ""
    """Scope of the account: people of a space take turns. Empty: tickets keep their order."""


class _Ticket:
    __slots__ = ("granted", "person", "rank", "space")

    def __init__(self, space: str, person: str) -> None:
        self.space = space
        self.person = person
        self.rank = 0
        """How many tickets of the same person were waiting in the space when this one came."""
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class _Queue:
    """One lane: spaces take turns, tickets of a space keep their order."""

    def __init__(self) -> None:
        self._spaces: OrderedDict[str, deque[_Ticket]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._spaces)

    def add(self, ticket: _Ticket, *, first: bool = False) -> None:
        tickets = self._spaces.setdefault(ticket.space, deque())
        if first:
            tickets.appendleft(ticket)
            self._spaces.move_to_end(ticket.space, last=False)
            return
        ticket.rank = sum(other.person == ticket.person for other in tickets) if ticket.person else 0
        later = next((at for at, other in enumerate(tickets) if other.rank > ticket.rank), len(tickets))
        tickets.insert(later, ticket)

    def remove(self, ticket: _Ticket) -> None:
        tickets = self._spaces.get(ticket.space)
        if tickets and ticket in tickets:
            tickets.remove(ticket)
            if not tickets:
                del self._spaces[ticket.space]

    def before(self, ticket: _Ticket) -> int:
        """Return how many tickets of this lane go before this one.

        Spaces take turns, so at most as many of each other space as of its own.
        """
        own = self._spaces.get(ticket.space, deque())
        if ticket not in own:
            return 0
        rank, place = own.index(ticket), list(self._spaces).index(ticket.space)
        ahead = sum(min(len(tickets), rank + 1) for tickets in list(self._spaces.values())[:place])
        return rank + ahead + sum(min(len(tickets), rank) for tickets in list(self._spaces.values())[place + 1 :])

    def __len__(self) -> int:
        return sum(map(len, self._spaces.values()))

    def take(self) -> _Ticket:
        space, tickets = next(iter(self._spaces.items()))
        ticket = tickets.popleft()
        self._spaces.move_to_end(space)
        if not tickets:
            del self._spaces[space]
        return ticket


class FairQueue:
    """The slots of one provider."""

    def __init__(self, name: str, places: int, most_waiting: int) -> None:
        self._name = name
        self._places = places
        self._free = places
        self._usual = _USUAL_SECONDS
        self._most_waiting = most_waiting
        self._queues = {lane: _Queue() for lane in Lane}
        self._higher_in_a_row = 0
        self._closed: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Return how many requests are waiting."""
        return sum(map(len, self._queues.values()))

    @asynccontextmanager
    async def turn(self, asker: Asker, timeout: float, *, again: bool = False) -> AsyncIterator[None]:
        """Hold a slot. Raises BusyError ``busy.queue`` when too many wait, ``busy.wait`` after ``timeout`` seconds.

        ``again``: this request had its turn and could not use it; it goes first within its space.
        """
        try:
            await self._enter(asker, timeout, again)
        finally:
            asker.waiting.end()
        try:
            yield
        finally:
            self._free += 1
            self._pass_on()

    def close_for(self, seconds: float) -> None:
        """Grant no slot for ``seconds``, because a limit was reached. Waiting requests keep their queue position."""
        if self._closed is None:
            self._closed = asyncio.get_running_loop().call_later(seconds, self._open)

    def lasted(self, seconds: float) -> None:
        """Note how long a used turn took; estimated waiting times are based on it."""
        self._usual += (seconds - self._usual) * _NEWEST

    def _open(self) -> None:
        self._closed = None
        self._pass_on()

    def _before(self, lane: Lane, ticket: _Ticket) -> tuple[int, float]:
        """Return how many requests go before a ticket, and about how many seconds they and the current ones take."""
        higher = sum(len(queue) for other, queue in self._queues.items() if other < lane)
        before = higher + self._queues[lane].before(ticket)
        return before, self._usual * (before + 1) / self._places

    async def _enter(self, asker: Asker, timeout: float, again: bool) -> None:
        waiting = self.waiting
        if self._free and not waiting and self._closed is None:
            self._free -= 1
            return
        if waiting >= self._most_waiting and not again:
            raise BusyError("busy.queue", provider=self._name, waiting=waiting)
        ticket = _Ticket(asker.space, asker.person)
        self._queues[asker.lane].add(ticket, first=again)
        asker.waiting.begin(lambda: self._before(asker.lane, ticket))
        try:
            async with asyncio.timeout(timeout):
                await ticket.granted
        except BaseException as error:
            self._give_up(asker.lane, ticket)
            if isinstance(error, TimeoutError):
                raise BusyError("busy.wait", provider=self._name, seconds=int(timeout)) from None
            raise

    def _give_up(self, lane: Lane, ticket: _Ticket) -> None:
        """Leave the queue; a slot granted at the same moment goes to the next request."""
        if ticket.granted.done() and not ticket.granted.cancelled():
            self._free += 1
            self._pass_on()
        else:
            self._queues[lane].remove(ticket)

    def _pass_on(self) -> None:
        while self._free and self._closed is None and self.waiting:
            ticket = self._next_queue().take()
            if not ticket.granted.done():
                self._free -= 1
                ticket.granted.set_result(None)

    def _next_queue(self) -> _Queue:
        queues = [queue for queue in self._queues.values() if queue]
        if len(queues) > 1 and self._higher_in_a_row >= _HIGHER_IN_A_ROW:
            self._higher_in_a_row = 0
            return queues[-1]
        self._higher_in_a_row = self._higher_in_a_row + 1 if len(queues) > 1 else 0
        return queues[0]


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
"""Failures after which the provider is known to have produced nothing."""
_PLACE_ELSEWHERE = 0.2
"""Seconds between two checks whether another process has released its slot."""


@dataclass(slots=True)
class Call:
    """A request in progress."""

    id: str
    usage: Usage | None = None
    """Set by the caller once the provider reports its cost."""


class RateLimiter:
    """The limits of all providers."""

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
        """Set up; ``clock`` gives seconds since the epoch, ``longest_wait`` bounds each wait in seconds.

        ``kind`` is the kind of process: ``bot`` or ``cli``.
        """
        self._kind = kind
        self._calls = calls
        self._limits = limits
        self._longest_wait = longest_wait
        self._clock = clock
        self._queues = {
            name: FairQueue(name, limit.max_concurrency or 1, most_waiting) for name, limit in limits.items()
        }

    @asynccontextmanager
    async def call(self, provider: str, asker: Asker, tokens: int) -> AsyncIterator[Call]:
        """Hold a slot and ``tokens`` for one request, then settle on its real usage.

        Raises BusyError when waiting takes too long, ProviderError BUDGET when a limit lasts longer than that.
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
                self._queues[provider].lasted(self._clock() - began)
                await asyncio.shield(self._settle(call, tokens, failure))

    @asynccontextmanager
    async def _place(
        self, provider: str, asker: Asker, hold: Callable[[], Awaitable[Call]], deadline: float
    ) -> AsyncIterator[None]:
        """Hold a slot of this process and count the call in the database.

        While a limit is reached nobody gets a slot, so waiting requests keep their order.
        """
        turns, again = self._queues[provider], False
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
        """Count the call. If it is cancelled meanwhile it was never made, so its tokens and its slot are released."""
        try:
            await self._calls.hold(call.id, provider, self._limits[provider], tokens, _LEASE)
        except asyncio.CancelledError as error:
            await asyncio.shield(self._settle(call, 0, error))
            raise
        return call

    def _wait_for(self, provider: str, full: Full, deadline: float) -> float:
        """Return seconds to wait before the next attempt. Raises if that is after the deadline."""
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
        """Close a call at the cost the provider reported, or at the estimate if it broke off."""
        never = isinstance(failure, ProviderError) and failure.kind in _COST_NOTHING
        usage = call.usage or Usage(prompt_tokens=0 if never else tokens, estimated=True)
        with suppress(StoreError):  # the lease then expires, and the call stays charged
            await self._calls.settle(
                call.id,
                prompt_tokens=usage.prompt_tokens,
                completion_tokens=usage.completion_tokens,
                estimated=usage.estimated,
                ok=failure is None,
            )

    async def reap(self) -> None:
        """Free slots held by dead processes of this kind. For a process that knows it is the only one."""
        await self._calls.reap(f"{self._kind}:")

    async def pause(self, provider: str, seconds: float) -> None:
        """Make no calls to a provider for ``seconds``, as it asked (429)."""
        await self._calls.pause(provider, datetime.fromtimestamp(self._clock() + seconds, UTC))
