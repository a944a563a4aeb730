"""What waits to be read in one session: bounded, fair between authors, and shorter where it falls behind the chat.

Pure: it keeps messages and hands them out; the session synthesizes. A place is taken before anything is synthesized, so
a message for which there is none costs nothing. Every message that was offered is handed out, counted in a batch as
left out, taken out by somebody, or refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.model import Account
from bot.platforms.reading.heard import Readable, Unread
from bot.speech.truncation import expected_seconds

MOST = 50
"""Messages that wait."""
MOST_EACH = 8
"""Of one author."""
BURST_MESSAGES, BURST_CHARACTERS = 5, 300
"""Messages of one author that are read as one, and their length together."""
BEHIND, FAR_BEHIND = 20.0, 45.0
"""Seconds of waiting speech from which on messages are read shorter, and from which on some are only counted."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one author, to be read at once."""

    items: tuple[Readable, ...]
    left_out: tuple[Readable, ...] = ()
    """Later ones of the same author that are only counted."""
    shorter: bool = False
    """Whether to read less of each."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    item: Readable
    number: int
    """In the order of arrival."""
    seconds: float
    """That it takes to say, about."""


class ReadingQueue:
    """One for a session."""

    def __init__(self, clock: Callable[[], float], *, most: int = MOST, most_each: int = MOST_EACH) -> None:
        """``clock``: seconds that never go back, for how long a message has been waiting."""
        self._clock = clock
        self._most = most
        self._most_each = most_each
        self._waiting: list[_Waiting] = []
        self._since: dict[int, float] = {}
        """When each came, by its number."""
        self._rank: dict[str, int] = {}
        """For those who wait: the turn in which they came, or were served last. It only rises, so nobody starves."""
        self._turn = 0
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, item: Readable) -> Unread | None:
        """Take a place; why not, where there is none."""
        who = item.heard.account.scope
        if len(self._waiting) >= self._most:
            return Unread("unread.queue_full", (("limit", self._most),))
        own = len(self._of(who))
        if own >= self._most_each:
            return Unread("unread.queue_full", (("limit", self._most_each),))
        if not own:
            self._rank[who] = self._turn
        self._arrivals += 1
        self._waiting.append(_waiting(item, self._arrivals))
        self._since[self._arrivals] = self._clock()
        return None

    def take(self) -> Batch | None:
        """The next messages to read; None where nobody waits.

        Those with priority first; else whoever was served longest ago, and among these whose message is the oldest.
        """
        if not self._waiting:
            return None
        lag = self.lag
        first = min(self._waiting, key=self._order)
        who = first.item.heard.account.scope
        batch = self._burst(first, crowded=lag > BEHIND)
        taken = {each.number for each in batch}
        left_out = [each for each in self._of(who) if each.number not in taken] if lag > FAR_BEHIND else []
        self._turn += 1
        self._rank[who] = self._turn
        self._drop(taken | {each.number for each in left_out})
        return Batch(tuple(each.item for each in batch), tuple(each.item for each in left_out), shorter=lag > BEHIND)

    @property
    def lag(self) -> float:
        """Seconds by which reading is behind: what waits takes so long, or the oldest has waited so long."""
        if not self._waiting:
            return 0.0
        waited = self._clock() - min(self._since[each.number] for each in self._waiting)
        return max(waited, sum(each.seconds for each in self._waiting))

    def remove(self, message_id: str) -> Readable | None:
        """Take a message out; None where it does not wait."""
        for each in self._waiting:
            if each.item.heard.id == message_id:
                self._drop({each.number})
                return each.item
        return None

    def replace(self, item: Readable) -> bool:
        """A message was edited: it keeps its place. False where it does not wait."""
        for index, each in enumerate(self._waiting):
            if each.item.heard.id == item.heard.id:
                self._waiting[index] = _waiting(item, each.number)
                return True
        return False

    def remove_all(self, account: Account | None = None) -> Sequence[Readable]:
        """Take out all messages, or all of one author."""
        gone = [each for each in self._waiting if account is None or each.item.heard.account == account]
        self._drop({each.number for each in gone})
        return [each.item for each in gone]

    def listing(self) -> Sequence[Readable]:
        """What waits, in the order of arrival."""
        return [each.item for each in self._waiting]

    def _of(self, who: str) -> list[_Waiting]:
        return [each for each in self._waiting if each.item.heard.account.scope == who]

    def _order(self, each: _Waiting) -> tuple[bool, int, int]:
        return not each.item.priority, self._rank[each.item.heard.account.scope], each.number

    def _burst(self, first: _Waiting, *, crowded: bool) -> list[_Waiting]:
        """What the author wrote in one go: nobody else's message stands between, unless it is crowded anyway."""
        who = first.item.heard.account.scope
        others = [each.number for each in self._waiting if each.item.heard.account.scope != who]
        batch, characters = [first], len(first.item.utterance.text)
        for each in self._of(who):
            if each.number <= first.number:
                continue
            characters += len(each.item.utterance.text)
            interrupted = not crowded and any(first.number < number < each.number for number in others)
            full = len(batch) >= BURST_MESSAGES or characters > BURST_CHARACTERS
            if interrupted or full or not _alike(first.item, each.item):
                break
            batch.append(each)
        return batch

    def _drop(self, numbers: set[int]) -> None:
        self._waiting = [each for each in self._waiting if each.number not in numbers]
        for number in numbers:
            del self._since[number]
        present = {each.item.heard.account.scope for each in self._waiting}
        self._rank = {who: turn for who, turn in self._rank.items() if who in present}


def _waiting(item: Readable, number: int) -> _Waiting:
    least, most = expected_seconds(item.utterance.text)
    return _Waiting(item, number, (least + most) / 2)


def _alike(one: Readable, other: Readable) -> bool:
    """Whether they can be said in one breath: in the same way, and out of the same channel."""
    return one.utterance.manner == other.utterance.manner and one.heard.channel == other.heard.channel
