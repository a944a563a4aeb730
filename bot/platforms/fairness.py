"""One person must not slow everybody: how many commands each may send, and what of them waits behind their own.

One ``FloodGuard`` and one ``PersonalQueues`` for each connection to a chat network. Both live in memory.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

from bot.errors import BotError, BusyError, CutOffError, QuotaError
from bot.model import Account
from bot.speech.limits import Waiting

WAITING = 3
"""Commands of one person that may wait while another one is spoken."""
NOTICE = 10.0
"""Seconds within which a person who sends too much is told so once."""
BURST, WITHIN = 30, 10.0
"""Commands of one person that are answered in so many seconds, wherever they are sent."""
_FEW = WAITING + 1
"""Commands within these seconds of a person who does not send too much: each that is refused is answered."""
_MANY = 2 / 3
"""Share of these from which on a person is told only once what is refused."""
GROUP_BURST, GROUP_WITHIN = 15, 60.0
"""The same in one group of Telegram's, where the bot has 20 messages a minute for everyone together."""
_MOST_PEOPLE = 10_000
"""People beyond which those who were quiet longest are forgotten."""
_USUAL_SECONDS = 4.0
"""What a command is taken to last until one was seen."""
_NEWEST = 0.2
"""How much the newest one counts in the running mean."""


class Verdict(Enum):
    """What is done with a command."""

    ANSWER = auto()
    TELL = auto()
    """It is too much: it is not answered, and the person is told that."""
    DROP = auto()
    """The same, and the person was told a moment ago."""


@dataclass(slots=True)
class _Recent:
    """When the latest commands came, the oldest first; each may weigh less than one."""

    came: deque[tuple[float, float]] = field(default_factory=deque)
    weight: float = 0.0

    def sum(self, since: float) -> float:
        """Return the weight of those that came later."""
        while self.came and self.came[0][0] <= since:
            self.weight -= self.came.popleft()[1]
        return self.weight

    def add(self, now: float, weight: float) -> None:
        """Count one."""
        self.came.append((now, weight))
        self.weight += weight


class FloodGuard:
    """Counts what people send."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, burst: int = BURST, rationed: bool = True
    ) -> None:
        """``clock``: seconds that never go back. ``burst``: commands that are answered within ``WITHIN`` seconds.

        ``rationed``: every answer uses up a rate that all people share.
        """
        self._clock = clock
        self._rationed = rationed
        self._burst = burst
        self._recent: dict[Hashable, _Recent] = {}
        self._told: dict[Account, float] = {}

    def judge(self, account: Account, group: Hashable = None, *, weight: float = 1.0) -> Verdict:
        """Count a command and say what to do with it. ``group``: a chat whose messages are rationed."""
        now = self._clock()
        counters = [(self._of(account), self._burst, now - WITHIN)]
        if group is not None:
            counters.append((self._of((account, group)), GROUP_BURST, now - GROUP_WITHIN))
        if any(recent.sum(since) + weight > most for recent, most, since in counters):
            return Verdict.TELL if self.may_tell(account) else Verdict.DROP
        for recent, _, _ in counters:
            recent.add(now, weight)
        return Verdict.ANSWER

    def is_over(self, account: Account) -> bool:
        """Return whether the next command of a person would be too much. Counts nothing."""
        recent = self._recent.get(account)
        return recent is not None and recent.sum(self._clock() - WITHIN) >= self._burst

    def may_tell(self, account: Account) -> bool:
        """Return whether a person may be told that something was too much; counts as told then."""
        now = self._clock()
        if now - self._told.get(account, -NOTICE) < NOTICE:
            return False
        self._told.pop(account, None)
        self._told[account] = now
        if len(self._told) > _MOST_PEOPLE:
            del self._told[next(iter(self._told))]
        return True

    def may_refuse(self, account: Account, error: BotError) -> bool:
        """Return whether a person is to be told of a refusal: always, until they send so much that once will do.

        That is, for having had too much, more than a few commands where answers are rationed; for any refusal, most
        of what is answered at all.
        """
        if isinstance(error, CutOffError):
            return True  # an answer that is owed
        spent = isinstance(error, BusyError | QuotaError) or error.code == "guard.cooldown"
        recent = self._recent.get(account)
        sent = recent.sum(self._clock() - WITHIN) if recent is not None else 0.0
        if error.code == "busy.person" and not self._rationed:
            return self.may_tell(account)  # so many at once is a flood
        if sent > _MANY * self._burst or (spent and self._rationed and sent > _FEW):
            return self.may_tell(account)
        return True

    def _of(self, whose: Hashable) -> _Recent:
        recent = self._recent.pop(whose, None) or _Recent()
        self._recent[whose] = recent
        if len(self._recent) > _MOST_PEOPLE:
            del self._recent[next(iter(self._recent))]
        return recent


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    aboard: list[object] = field(default_factory=list)
    """What is spoken, and what waits, in order."""


class PersonalQueues:
    """Lets everyone have one command spoken at a time, and some more wait."""

    def __init__(self, longest: float, most: int = WAITING + 1) -> None:
        """``longest``: seconds that a command waits for the ones that the same person sent before.

        ``most``: commands of one person that may be spoken and wait at the same time.
        """
        self._longest = longest
        self._most = most
        self._lines: dict[Account, _Line] = {}
        self._usual = _USUAL_SECONDS

    def has(self, account: Account) -> bool:
        """Return whether something of a person is spoken or waits."""
        return account in self._lines

    @asynccontextmanager
    async def turn(self, account: Account, waiting: Waiting) -> AsyncIterator[None]:
        """Wait for what the same person sent before; ``waiting`` tells how much. Raises BusyError ``busy.person``."""
        line = self._lines.setdefault(account, _Line())
        if len(line.aboard) >= self._most:
            raise BusyError("busy.person", limit=self._most)
        own = object()
        line.aboard.append(own)
        try:
            await self._acquire(line, own, waiting)
            began = time.monotonic()
            try:
                yield
            finally:
                self._usual += (time.monotonic() - began - self._usual) * _NEWEST
                line.lock.release()
        finally:
            line.aboard.remove(own)
            if not line.aboard:
                self._lines.pop(account, None)

    @asynccontextmanager
    async def place(self, account: Account) -> AsyncIterator[None]:
        """Count as one that is spoken or waits, without waiting for the others. Raises BusyError ``busy.person``."""
        line = self._lines.setdefault(account, _Line())
        if len(line.aboard) >= self._most:
            raise BusyError("busy.person", limit=self._most)
        own = object()
        line.aboard.append(own)
        try:
            yield
        finally:
            line.aboard.remove(own)
            if not line.aboard:
                self._lines.pop(account, None)

    async def _acquire(self, line: _Line, own: object, waiting: Waiting) -> None:
        """Wait. What is under way does not count as one before, as in the queues of providers."""
        if line.lock.locked():
            waiting.begin(lambda: (line.aboard.index(own) - 1, line.aboard.index(own) * self._usual))
        try:
            async with asyncio.timeout(self._longest):
                await line.lock.acquire()
        except TimeoutError:
            raise BusyError("busy.person", limit=self._most) from None
        finally:
            waiting.end()
