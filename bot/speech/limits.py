"""Provider limits: concurrency, requests and tokens per minute and day, and the fair queue for the next free place."""

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
"""So many turns a higher lane may have while a lower one waits; then the lower one has one."""


_USUAL_SECONDS = 3.0
"""What a turn is taken to last until one was seen."""
_NEWEST = 0.2
"""How much the newest turn counts in the running mean."""


class Waiting:
    """How far an utterance is; made by a front end, filled in while the utterance waits and is spoken."""

    def __init__(self) -> None:
        self._look: Callable[[], tuple[int, float]] | None = None
        self._heard: Callable[[], float] | None = None
        self.provider = ""
        """Who was asked last; empty until somebody was."""
        self.whole = 0.0
        """Seconds of sound that the current part will have, about."""
        self.done = 0
        """Parts that are ready."""
        self.parts = 0
        """Parts in all; 0 until that is known."""
        self.is_over = False
        """Whether all of it is spoken, so that there is nothing to give up."""

    def asks(self, provider: str, heard: Callable[[], float] | None = None, whole: float = 0.0) -> None:
        """Note who is asked; ``heard``: seconds of sound that came of the current part, of about ``whole``."""
        self.provider, self._heard, self.whole = provider, heard, whole

    def has(self, done: int, parts: int) -> None:
        """Note how many parts are ready."""
        self.done, self.parts = done, parts

    @property
    def seconds(self) -> float:
        """Seconds of sound that came of the current part."""
        return self._heard() if self._heard is not None else 0.0

    def place(self) -> tuple[int, float] | None:
        """Return how many go before, and about how many seconds that takes; None when it is not waiting."""
        return self._look() if self._look is not None else None

    def begin(self, look: Callable[[], tuple[int, float]]) -> None:
        """It waits from now on."""
        self._look = look

    def end(self) -> None:
        """It has its turn, or gave up."""
        self._look = None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants a turn."""

    lane: Lane
    space: str
    """Scope of the space, or of the account where there is none: these take turns with each other."""
    waiting: Waiting = field(default_factory=Waiting)
    person: str = ""
    """Scope of the account: inside of a space, people take turns. Empty: its tickets keep their order."""


class _Ticket:
    __slots__ = ("granted", "person", "rank", "space")

    def __init__(self, space: str, person: str) -> None:
        self.space = space
        self.person = person
        self.rank = 0
        """How many of the same person waited in the space when it came."""
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class _Queue:
    """One lane: spaces in turn, tickets of a space in order."""

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
        """Return how many of this lane go before a ticket: spaces take turns.

        So at most as many of each as of its own.
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


class Turns:
    """The places of one provider."""

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
        """Return how many wait now."""
        return sum(map(len, self._queues.values()))

    @asynccontextmanager
    async def turn(self, asker: Asker, timeout: float, *, again: bool = False) -> AsyncIterator[None]:
        """Hold a place. Raises BusyError ``busy.queue`` when too many wait, ``busy.wait`` after ``timeout`` seconds.

        ``again``: this asker had its turn and could not use it; it goes before the others of its space.
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
        """Give out no place for so long: a limit is reached. Whoever waits keeps its place in the queue."""
        if self._closed is None:
            self._closed = asyncio.get_running_loop().call_later(seconds, self._open)

    def lasted(self, seconds: float) -> None:
        """A turn that was used lasted so long; what people are told to wait is reckoned from this."""
        self._usual += (seconds - self._usual) * _NEWEST

    def _open(self) -> None:
        self._closed = None
        self._pass_on()

    def _before(self, lane: Lane, ticket: _Ticket) -> tuple[int, float]:
        """Return how many go before a ticket, and about how long they take together with one under way."""
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
        """Leave the queue; a place granted in the same moment goes to the next."""
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
"""Failures after which the provider made nothing."""
_PLACE_ELSEWHERE = 0.2
"""Seconds between two looks whether another process has given its place back."""


@dataclass(slots=True)
class Call:
    """A request under way."""

    id: str
    usage: Usage | None = None
    """Set by the caller when the provider says what it cost."""


class RateLimiter:
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
        """Return seconds to wait before another try. Raises when that is not before the deadline."""
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
