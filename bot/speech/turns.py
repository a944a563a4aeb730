"""Taking turns: who gets a provider's next free place. Used by budget.py, one ``Turns`` for each provider.

Lanes come before each other (a live call, a command, a job); inside a lane spaces take turns, so that a space with a
hundred segments waiting delays another one by at most its share. Now and then a lower lane goes first, so that it
does not starve. Waiting is bounded in number and in time.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.errors import BusyError
from bot.model import Lane

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
        """How many go before, and about how many seconds that takes; None when it is not waiting."""
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
        """How many of this lane go before a ticket: spaces take turns, so at most as many of each as of its own."""
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
        """How many wait now."""
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
        """How many go before a ticket, and about how long they take together with one under way."""
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
