"""Taking turns: who gets a provider's next free place. Used by budget.py, one ``Turns`` for each provider.

Lanes come before each other (a live call, a command, a job); inside a lane spaces take turns, so that a space with a
hundred segments waiting delays another one by at most its share. Now and then a lower lane goes first, so that it
does not starve. Waiting is bounded in number and in time.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.errors import BusyError
from bot.model import Lane

_HIGHER_IN_A_ROW = 8
"""So many turns a higher lane may have while a lower one waits; then the lower one has one."""


class _Ticket:
    __slots__ = ("granted", "space")

    def __init__(self, space: str) -> None:
        self.space = space
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class _Queue:
    """One lane: spaces in turn, tickets of a space in order."""

    def __init__(self) -> None:
        self._spaces: OrderedDict[str, deque[_Ticket]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._spaces)

    def add(self, ticket: _Ticket) -> None:
        self._spaces.setdefault(ticket.space, deque()).append(ticket)

    def remove(self, ticket: _Ticket) -> None:
        tickets = self._spaces.get(ticket.space)
        if tickets and ticket in tickets:
            tickets.remove(ticket)
            if not tickets:
                del self._spaces[ticket.space]

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
        self._free = places
        self._most_waiting = most_waiting
        self._queues = {lane: _Queue() for lane in Lane}
        self._waiting = 0
        self._higher_in_a_row = 0

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return self._waiting

    @asynccontextmanager
    async def turn(self, lane: Lane, space: str, timeout: float) -> AsyncIterator[None]:
        """Hold a place. Raises BusyError ``busy.queue`` when too many wait, ``busy.wait`` after ``timeout`` seconds."""
        await self._enter(lane, space, timeout)
        try:
            yield
        finally:
            self._free += 1
            self._pass_on()

    async def _enter(self, lane: Lane, space: str, timeout: float) -> None:
        if self._free and not self._waiting:
            self._free -= 1
            return
        if self._waiting >= self._most_waiting:
            raise BusyError("busy.queue", provider=self._name, waiting=self._waiting)
        ticket = _Ticket(space)
        self._queues[lane].add(ticket)
        self._waiting += 1
        try:
            async with asyncio.timeout(timeout):
                await ticket.granted
        except BaseException as error:
            self._give_up(lane, ticket)
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
            self._waiting -= 1

    def _pass_on(self) -> None:
        while self._free and self._waiting:
            ticket = self._next_queue().take()
            self._waiting -= 1
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
