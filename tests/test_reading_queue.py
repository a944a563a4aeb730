"""The queue of a session: bounded, fair, in bursts, and behind never for long. Names are said when they are news."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Account, Space, Utterance
from bot.platforms.reading.heard import Heard, Readable, Unread
from bot.platforms.reading.names import NameMemory
from bot.platforms.reading.outcomes import Outcomes
from bot.platforms.reading.queue import BURST_MESSAGES, MOST, MOST_EACH, ReadingQueue
from bot.speech.chat.message import ChatMessage, Reading

GUILD = Space("discord", "9")
_ids = count(1)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def message(who: str, text: str = "hello there", *, priority: bool = False, channel: str = "1") -> Readable:
    number = str(next(_ids))
    heard = Heard(ChatMessage(text), number, f"discord:message:{number}", Account("discord", who), GUILD, channel)
    return Readable(heard, Utterance(text, heard.key, heard.account), Reading(), who, priority)


def said(queue: ReadingQueue) -> list[tuple[str, list[str]]]:
    """Who is read with which words, batch by batch, until nobody waits."""
    batches = []
    while (batch := queue.take()) is not None:
        batches.append((batch.items[0].name, [item.utterance.text for item in batch.items]))
    return batches


def test_messages_come_in_the_order_of_writing() -> None:
    queue = ReadingQueue(Clock())
    for who, text in (("sam", "one"), ("ann", "two"), ("sam", "three")):
        assert queue.offer(message(who, text)) is None
    assert [item.utterance.text for item in queue.listing()] == ["one", "two", "three"]
    assert said(queue) == [("sam", ["one"]), ("ann", ["two"]), ("sam", ["three"])]
    assert queue.take() is None


def test_a_burst_is_read_as_one() -> None:
    queue = ReadingQueue(Clock())
    for text in ("so", "i was thinking", "about lunch"):
        queue.offer(message("sam", text))
    queue.offer(message("ann", "yes?"))
    assert said(queue) == [("sam", ["so", "i was thinking", "about lunch"]), ("ann", ["yes?"])]


@pytest.mark.parametrize(
    "others",
    [
        [message("sam", "elsewhere", channel="2")],
        [message("sam", "x" * 300)],
    ],
)
def test_what_cannot_be_said_in_one_breath_is_not(others: list[Readable]) -> None:
    queue = ReadingQueue(Clock())
    for each in (message("sam", "one"), *others):
        queue.offer(each)
    assert [len(words) for _, words in said(queue)] == [1, 1]


def test_a_burst_has_an_end() -> None:
    queue = ReadingQueue(Clock())
    for number in range(BURST_MESSAGES + 1):
        queue.offer(message("sam", str(number)))
    assert [len(words) for _, words in said(queue)] == [BURST_MESSAGES, 1]


def test_nobody_fills_the_queue_alone() -> None:
    queue = ReadingQueue(Clock())
    refused = [queue.offer(message("sam")) for _ in range(MOST_EACH + 1)]
    assert refused == [None] * MOST_EACH + [Unread("unread.queue_full", (("limit", MOST_EACH),))]
    assert queue.offer(message("ann")) is None


def test_a_full_queue_refuses_before_anything_is_spent() -> None:
    queue = ReadingQueue(Clock())
    refused = [queue.offer(message(str(number))) for number in range(MOST + 1)]
    assert refused[-1] == Unread("unread.queue_full", (("limit", MOST),))
    assert refused[:-1] == [None] * MOST


def test_who_writes_much_does_not_hold_up_who_writes_little() -> None:
    queue = ReadingQueue(Clock())
    for number in range(MOST_EACH):
        queue.offer(message("sam", "short", channel=str(number)))
    queue.take()
    ann = message("ann", "hi")
    queue.offer(ann)
    taken = [batch.items[0] for batch in (queue.take(), queue.take()) if batch is not None]
    assert ann in taken


def test_a_priority_role_goes_first() -> None:
    queue = ReadingQueue(Clock())
    queue.offer(message("sam", "one"))
    queue.offer(message("ann", "two", priority=True))
    assert [who for who, _ in said(queue)] == ["ann", "sam"]


def test_what_waits_long_is_read_shorter_and_then_counted() -> None:
    clock = Clock()
    queue = ReadingQueue(clock)
    for text in ("one", "two", "three"):
        queue.offer(message("sam", text, channel=text))
    clock.now = 30
    first = queue.take()
    assert first is not None
    assert (first.shorter, first.left_out) == (True, ())
    clock.now = 50
    second = queue.take()
    assert second is not None
    assert [item.utterance.text for item in second.left_out] == ["three"]
    assert queue.take() is None
    queue.offer(message("sam", "four"))
    assert queue.take().shorter is False  # type: ignore[union-attr]


def test_much_speech_is_being_behind_however_fresh() -> None:
    queue = ReadingQueue(Clock())
    for who in "abcdef":
        queue.offer(message(who, "word " * 50))
    assert queue.lag > 20
    assert queue.take().shorter  # type: ignore[union-attr]


def test_a_message_is_removed_or_changed_where_it_stands() -> None:
    queue = ReadingQueue(Clock())
    first, second = message("sam", "one"), message("ann", "two")
    queue.offer(first)
    queue.offer(second)
    changed = Readable(first.heard, Utterance("ONE", first.heard.key, first.heard.account), first.reading, "sam")
    assert queue.replace(changed)
    assert queue.remove(second.heard.id) == second
    assert queue.remove(second.heard.id) is None
    assert not queue.replace(second)
    assert said(queue) == [("sam", ["ONE"])]


def test_one_author_or_everyone_is_cleared() -> None:
    queue = ReadingQueue(Clock())
    sam, ann = message("sam"), message("ann")
    for each in (sam, ann):
        queue.offer(each)
    assert queue.remove_all(Account("discord", "sam")) == [sam]
    assert queue.remove_all() == [ann]
    assert len(queue) == 0


_EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("offer"), st.sampled_from("abcde"), st.integers(1, 400)),
        st.tuples(st.just("take"), st.just(""), st.just(0)),
        st.tuples(st.just("wait"), st.just(""), st.integers(0, 30)),
        st.tuples(st.just("remove"), st.just(""), st.integers(0, 5)),
    ),
    max_size=120,
)


@given(_EVENTS)
def test_every_message_is_read_counted_removed_or_refused(events: list[tuple[str, str, int]]) -> None:
    clock = Clock()
    queue = ReadingQueue(clock, most=12, most_each=4)
    offered, ended = set(), Counter[str]()
    for what, who, number in events:
        if what == "offer":
            each = message(who, "x" * number)
            offered.add(each.heard.id)
            if queue.offer(each) is not None:
                ended[each.heard.id] += 1
        elif what == "take" and (batch := queue.take()) is not None:
            assert {item.heard.account for item in (*batch.items, *batch.left_out)} == {batch.items[0].heard.account}
            ended.update(item.heard.id for item in (*batch.items, *batch.left_out))
        elif what == "wait":
            clock.now += number
        elif what == "remove" and number < len(queue):
            gone = queue.remove(queue.listing()[number].heard.id)
            assert gone is not None
            ended[gone.heard.id] += 1
        assert len(queue) <= 12
        assert max(Counter(item.heard.account.id for item in queue.listing()).values(), default=0) <= 4
    while (batch := queue.take()) is not None:
        ended.update(item.heard.id for item in (*batch.items, *batch.left_out))
    assert set(ended) == offered
    assert set(ended.values()) <= {1}


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60))
def test_nobody_waits_for_ever(others: list[str]) -> None:
    queue = ReadingQueue(Clock())
    mine = message("zoe", "mine")
    for who in others[: len(others) // 2]:
        queue.offer(message(who, "x" * 200))
    queue.offer(mine)
    turns = 0
    for who in [*others, *"abcabc"]:
        queue.offer(message(who, "x" * 200))
        batch = queue.take()
        turns += 1
        if batch is not None and mine in batch.items:
            break
    assert turns <= 4


def test_a_name_is_said_when_it_is_news() -> None:
    clock = Clock()
    names = NameMemory(clock)
    assert names.says("sam")
    clock.now = 59.9
    assert not names.says("sam")
    clock.now += 60
    assert names.says("sam")
    assert names.says("ann")
    assert names.says("sam")


def test_outcomes_are_remembered_for_a_while() -> None:
    outcomes = Outcomes(most=2)
    outcomes.put("1", "read")
    outcomes.put("2", Unread("unread.empty"))
    outcomes.put("1", Unread("unread.deleted"))
    outcomes.put("3", "read")
    assert outcomes.get("1") == Unread("unread.deleted")
    assert outcomes.get("2") is None
    assert outcomes.get("3") == "read"
