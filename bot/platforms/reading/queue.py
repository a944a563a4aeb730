"""The reading queue of a session: bounded, fair between authors, and shorter when it falls behind the chat.

Pure: it keeps messages and hands them out; the session synthesizes. A slot is taken before anything is synthesized, so
a message without one costs nothing. Every offered message is handed out, counted in a batch as left out, removed by
somebody, or refused.

When all slots are taken, a newcomer gets one from an author with two messages more: the last of those is then counted
instead of read. Priority goes first, but after some turns in a row somebody else has one: nobody starves.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from bot.model import Account
from bot.platforms.reading.messages import Readable, Unread
from bot.text.split import expected_seconds

MOST = 50
"""Messages that may wait."""
MOST_EACH = 8
"""Messages of one author that may wait."""
PRIORITY_TURNS = 3
"""Turns in a row of people with priority while others wait."""

_number = attrgetter("number")


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is read at once, and when reading is shortened. The defaults suit a live audience."""

    burst_messages: int = 5
    """Messages of one author that are read together …"""
    burst_characters: int = 300
    """… and their total length in characters."""
    behind: float = 20.0
    """Seconds of waiting speech above which messages are shortened …"""
    far_behind: float = 45.0
    """… and above which some are only counted."""


LISTENED_TO = Pace()


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one author, to be read together."""

    items: tuple[Readable, ...]
    left_out: tuple[Readable, ...] = ()
    """Later ones of the same author that are only counted."""
    shorter: bool = False
    """Whether to shorten each."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    item: Readable
    number: int
    """In the order of arrival."""
    seconds: float
    """Estimated length."""
    counted: bool = False
    """Whether it lost its slot to a newcomer: it is counted as left out, after the author's last one."""


class ReadingQueue:
    """The reading queue of a session."""

    def __init__(
        self, clock: Callable[[], float], *, most: int = MOST, most_each: int = MOST_EACH, pace: Pace = LISTENED_TO
    ) -> None:
        """Set up; ``clock`` gives monotonic seconds, for how long a message has been waiting."""
        self._clock = clock
        self._most = most
        self._most_each = most_each
        self._pace = pace
        self._waiting: list[_Waiting] = []
        self._since: dict[int, float] = {}
        """Time of arrival by number."""
        self._rank: dict[str, int] = {}
        """For waiting authors: the turn in which they came, or were served last. It only rises, so nobody starves."""
        self._turn = 0
        self._arrivals = 0
        self._favoured = 0
        """Turns in a row of people with priority, while others waited."""

    def __len__(self) -> int:
        """Return the number of messages that are going to be read."""
        return sum(not each.counted for each in self._waiting)

    def offer(self, item: Readable) -> Unread | None:
        """Take a slot. Return why not, if there is none."""
        who = item.heard.account.scope
        own = len(self._of(who))
        if own >= self._most_each:
            return Unread("unread.share_full", (("limit", self._most_each),))
        if len(self) >= self._most and not self._free_slot(own):
            return Unread("unread.queue_full", (("limit", self._most),))
        if not own:
            self._rank[who] = self._turn
        self._arrivals += 1
        self._waiting.append(_waiting(item, self._arrivals))
        self._since[self._arrivals] = self._clock()
        return None

    def take(self) -> Batch | None:
        """Return the next messages to read; None if nobody waits.

        Those with priority first; otherwise the author served longest ago, and among equals the oldest message.
        """
        if not self._waiting:
            return None
        lag = self.lag
        first = self._first()
        who = first.item.heard.account.scope
        batch = self._burst(first, crowded=lag > self._pace.behind)
        taken = {each.number for each in batch}
        left = [each for each in self._of(who) if each.number not in taken]
        left_out = [] if left and lag <= self._pace.far_behind else [*left, *self._counted(who)]
        left_out.sort(key=_number)
        self._turn += 1
        self._rank[who] = self._turn
        self._drop(taken | {each.number for each in left_out})
        return Batch(
            tuple(each.item for each in batch), tuple(each.item for each in left_out), shorter=lag > self._pace.behind
        )

    @property
    def lag(self) -> float:
        """Seconds by which reading is behind: the length of the queue, or the wait of the oldest message."""
        if not self._waiting:
            return 0.0
        reading = [each for each in self._waiting if not each.counted]
        waited = self._clock() - min(self._since[each.number] for each in reading)
        return max(waited, sum(each.seconds for each in reading))

    def resume(self) -> None:
        """Restart after an intentional pause, which does not count as being behind."""
        self._since = dict.fromkeys(self._since, self._clock())

    def remove(self, message_id: str) -> Readable | None:
        """Remove a message. Return None if it does not wait."""
        for each in self._waiting:
            if each.item.heard.id == message_id:
                self._drop({each.number})
                self._let_in(each.item.heard.account.scope)
                return each.item
        return None

    def replace(self, item: Readable) -> bool:
        """Replace an edited message in its position. Return False if it does not wait."""
        for index, each in enumerate(self._waiting):
            if each.item.heard.id == item.heard.id:
                self._waiting[index] = replace(_waiting(item, each.number), counted=each.counted)
                return True
        return False

    def remove_all(self, account: Account | None = None) -> Sequence[Readable]:
        """Remove all messages, or all of one author."""
        gone = [each for each in self._waiting if account is None or each.item.heard.account == account]
        self._drop({each.number for each in gone})
        return [each.item for each in gone]

    def listing(self) -> Sequence[Readable]:
        """Return the waiting messages, in order of arrival."""
        return [each.item for each in self._waiting]

    def _of(self, who: str) -> list[_Waiting]:
        """Return an author's messages that are going to be read."""
        return [each for each in self._waiting if each.item.heard.account.scope == who and not each.counted]

    def _counted(self, who: str) -> list[_Waiting]:
        return [each for each in self._waiting if each.item.heard.account.scope == who and each.counted]

    def _first(self) -> _Waiting:
        """Return the author whose turn it is, and the message."""
        reading = [each for each in self._waiting if not each.counted]
        favoured = min((each for each in reading if each.item.priority), key=self._order, default=None)
        other = min((each for each in reading if not each.item.priority), key=self._order, default=None)
        if favoured is not None and (other is None or self._favoured < PRIORITY_TURNS):
            self._favoured = self._favoured + 1 if other is not None else 0
            return favoured
        assert other is not None, "counted messages follow one that is read"
        self._favoured = 0
        return other

    def _free_slot(self, own: int) -> bool:
        """Count the last message of an author with at least two more than ``own`` instead of reading it."""
        lengths = Counter(each.item.heard.account.scope for each in self._waiting if not each.counted)
        who, length = max(lengths.items(), key=lambda line: line[1], default=("", 0))
        if length < own + 2 or len(self._waiting) >= 2 * self._most:
            return False
        self._mark(self._of(who)[-1], counted=True)
        return True

    def _let_in(self, who: str) -> None:
        """Give a free slot to the author's first message that was only counted."""
        if (counted := self._counted(who)) and len(self) < self._most:
            self._mark(counted[0], counted=False)

    def _mark(self, each: _Waiting, *, counted: bool) -> None:
        self._waiting[self._waiting.index(each)] = replace(each, counted=counted)

    def _order(self, each: _Waiting) -> tuple[int, int]:
        return self._rank[each.item.heard.account.scope], each.number

    def _burst(self, first: _Waiting, *, crowded: bool) -> list[_Waiting]:
        """Return what the author wrote in a row: no other message comes between, unless it is crowded anyway."""
        who = first.item.heard.account.scope
        others = [each.number for each in self._waiting if each.item.heard.account.scope != who and not each.counted]
        batch, characters = [first], len(first.item.utterance.text)
        for each in self._of(who):
            if each.number <= first.number:
                continue
            characters += len(each.item.utterance.text)
            interrupted = not crowded and any(first.number < number < each.number for number in others)
            full = len(batch) >= self._pace.burst_messages or characters > self._pace.burst_characters
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
    """Return whether they can be spoken together: in the same manner, and from the same channel."""
    return one.utterance.manner == other.utterance.manner and one.heard.channel == other.heard.channel
