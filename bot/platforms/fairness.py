"""Fairness between people: how many commands each may send, and how one person's commands queue up.

One ``FloodGuard`` and one ``PersonalQueues`` per connection to a chat network. Both live in memory.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

from cachetools import TTLCache

from bot.errors import BotError, BusyError, CutOffError, QuotaError
from bot.model import Account
from bot.speech.limits import Waiting
from bot.windows import Recent

WAITING = 3
"""Commands of one person that may wait while another one is spoken."""
NOTICE = 10.0
"""Seconds within which a flooding person is informed once."""
BURST, WITHIN = 30, 10.0
"""Commands of one person that are answered within so many seconds, wherever they are sent."""
_FEW = WAITING + 1
"""Commands within these seconds of a normal person: each refusal is answered."""
_MANY = 2 / 3
"""Share of these from which refusals are announced only once."""
GROUP_BURST, GROUP_WITHIN = 15, 60.0
"""The same in a Telegram group, where the bot has 20 messages a minute for everyone together."""
_MOST_PEOPLE = 10_000
"""People beyond which those inactive for longest are forgotten."""
_USUAL_SECONDS = 4.0
"""Assumed seconds of a command until one was measured."""
_NEWEST = 0.2
"""Weight of the newest command in the running mean."""


class Verdict(Enum):
    """Decision about a command."""

    ANSWER = auto()
    TELL = auto()
    """Too many: not answered, and the person is informed."""
    DROP = auto()
    """Too many, and the person was informed a moment ago."""


class FloodGuard:
    """Counts the commands of people."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, burst: int = BURST, rationed: bool = True
    ) -> None:
        """Set up; ``clock`` gives monotonic seconds, ``burst`` commands are answered within ``WITHIN`` seconds.

        ``rationed``: every answer uses up a rate that all people share.
        """
        self._rationed = rationed
        self._burst = burst
        self._people = Recent(WITHIN, clock, most=_MOST_PEOPLE)
        self._in_groups = Recent(GROUP_WITHIN, clock, most=_MOST_PEOPLE)
        self._told: TTLCache[Account, None] = TTLCache(_MOST_PEOPLE, NOTICE, clock)

    def judge(self, account: Account, group: Hashable = None, *, weight: float = 1.0) -> Verdict:
        """Count a command and decide about it. ``group``: a chat whose messages are rationed."""
        counters: list[tuple[Recent, Hashable, int]] = [(self._people, account, self._burst)]
        if group is not None:
            counters.append((self._in_groups, (account, group), GROUP_BURST))
        if any(recent.sum(whose) + weight > most for recent, whose, most in counters):
            return Verdict.TELL if self.may_tell(account) else Verdict.DROP
        for recent, whose, _ in counters:
            recent.add(whose, weight)
        return Verdict.ANSWER

    def is_over(self, account: Account) -> bool:
        """Return whether the next command of a person would be too many. Counts nothing."""
        return self._people.sum(account) >= self._burst

    def may_tell(self, account: Account) -> bool:
        """Return whether a person may be informed of a flood, and count that as done."""
        if account in self._told:
            return False
        self._told[account] = None
        return True

    def may_refuse(self, account: Account, error: BotError) -> bool:
        """Return whether to announce a refusal to a person: always, until they send so much that once is enough.

        Of floods: more than a few commands where answers are rationed; of other refusals: most of the burst.
        """
        if isinstance(error, CutOffError):
            return True  # an answer that is due
        spent = isinstance(error, BusyError | QuotaError) or error.code == "guard.cooldown"
        sent = self._people.sum(account)
        if error.code == "busy.person" and not self._rationed:
            return self.may_tell(account)  # so many at once is a flood
        if sent > _MANY * self._burst or (spent and self._rationed and sent > _FEW):
            return self.may_tell(account)
        return True


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    aboard: list[object] = field(default_factory=list)
    """The tasks that are spoken or wait, in order."""


class PersonalQueues:
    """Speaks one command per person at a time, while some more wait."""

    def __init__(self, longest: float, most: int = WAITING + 1) -> None:
        """Set up; ``longest``: seconds that a command waits for the same person's earlier ones.

        ``most``: commands of one person that may be spoken and wait at the same time.
        """
        self._longest = longest
        self._most = most
        self._lines: dict[Account, _Line] = {}
        self._usual = _USUAL_SECONDS

    def has(self, account: Account) -> bool:
        """Return whether a person has something that is spoken or waits."""
        return account in self._lines

    @asynccontextmanager
    async def turn(self, account: Account, waiting: Waiting) -> AsyncIterator[None]:
        """Wait for the same person's earlier commands; ``waiting`` receives their number.

        Raises BusyError ``busy.person``.
        """
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
        """Count as spoken or waiting, without waiting for the others. Raises BusyError ``busy.person``."""
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
        """Wait for a turn. The current command does not count as one before, as in the providers' queues."""
        if line.lock.locked():
            waiting.begin(lambda: (line.aboard.index(own) - 1, line.aboard.index(own) * self._usual))
        try:
            async with asyncio.timeout(self._longest):
                await line.lock.acquire()
        except TimeoutError:
            raise BusyError("busy.person", limit=self._most) from None
        finally:
            waiting.end()
