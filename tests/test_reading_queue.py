"""The queue of a session: bounded, fair, in bursts, and behind never for long. Names are said when they are news."""

from collections import Counter
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Account, Space, Utterance
from bot.normalization.message import ChatMessage, Reading
from bot.platforms.reading.messages import Heard, NameMemory, Outcomes, Readable, Unread
from bot.platforms.reading.queue import LISTENED_TO, MOST, MOST_EACH, PRIORITY_TURNS, ReadingQueue

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


def whispering(item: Readable) -> Readable:
    return replace(item, utterance=replace(item.utterance, styles=("Whisper",)))


@pytest.mark.parametrize(
    "others",
    [
        [message("sam", "elsewhere", channel="2")],
        [whispering(message("sam", "softly"))],
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
    for number in range(LISTENED_TO.burst_messages + 1):
        queue.offer(message("sam", str(number)))
    assert [len(words) for _, words in said(queue)] == [LISTENED_TO.burst_messages, 1]


def test_nobody_fills_the_queue_alone() -> None:
    queue = ReadingQueue(Clock())
    refused = [queue.offer(message("sam")) for _ in range(MOST_EACH + 1)]
    assert refused == [None] * MOST_EACH + [Unread("unread.share_full", (("limit", MOST_EACH),))]
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


def test_a_pause_that_was_wanted_is_not_being_behind() -> None:
    clock = Clock()
    queue = ReadingQueue(clock)
    queue.offer(message("sam", "one"))
    clock.now = 300
    queue.resume()
    batch = queue.take()
    assert batch is not None
    assert not batch.shorter


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
        st.tuples(st.just("offer"), st.sampled_from("abcdeP"), st.integers(1, 400)),
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
            each = message(who, "x" * number, priority=who == "P")
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
        assert len(queue.listing()) <= 24
        assert bool(queue.listing()) == bool(queue)
    while (batch := queue.take()) is not None:
        ended.update(item.heard.id for item in (*batch.items, *batch.left_out))
    assert set(ended) == offered
    assert set(ended.values()) <= {1}


@given(_EVENTS)
def test_who_was_offered_a_place_alone_keeps_it(events: list[tuple[str, str, int]]) -> None:
    """A newcomer's one message is never pushed out: it is read within the turns of those before, however they push."""
    queue = ReadingQueue(Clock(), most=6, most_each=4)
    for what, who, number in events:
        if what == "offer":
            queue.offer(message(who, "x" * number, priority=who == "P"))
    mine = message("zoe", "mine")
    if queue.offer(mine) is not None:
        assert len({item.heard.account for item in queue.listing()}) >= 6
        return
    turns = 0
    while (batch := queue.take()) is not None and mine not in batch.items:
        assert mine not in batch.left_out
        turns += 1
        queue.offer(message("P", "me first", priority=True))
        queue.offer(message("abcde"[turns % 5], "and me"))
    assert batch is not None
    assert turns <= 6 * 4


def test_a_newcomer_gets_a_place_and_whose_place_it_was_is_counted() -> None:
    queue = ReadingQueue(Clock(), most=4)
    sam = [message("sam", text) for text in ("one", "two", "three", "four")]
    for each in sam:
        queue.offer(each)
    for who in ("ann", "bob", "zoe"):
        assert queue.offer(message(who, "hi")) is None
    assert queue.offer(message("kim", "hi")) == Unread("unread.queue_full", (("limit", 4),))
    assert len(queue) == 4
    batch = queue.take()
    assert batch is not None
    assert ([item.utterance.text for item in batch.items], list(batch.left_out)) == (["one"], sam[1:])


def test_what_was_counted_is_read_after_all_where_a_place_gets_free() -> None:
    queue = ReadingQueue(Clock(), most=2)
    one, two = message("sam", "one"), message("sam", "two")
    for each in (one, two, message("ann", "hi")):
        assert queue.offer(each) is None
    edited = replace(two, utterance=replace(two.utterance, text="two!"))
    assert queue.replace(edited)
    assert queue.remove(one.heard.id) is one
    assert said(queue) == [("sam", ["two!"]), ("ann", ["hi"])]


def test_what_was_counted_can_be_taken_back() -> None:
    queue = ReadingQueue(Clock(), most=2)
    two = message("sam", "two")
    for each in (message("sam", "one"), two, message("ann", "hi")):
        queue.offer(each)
    assert queue.remove(two.heard.id) is two
    batch = queue.take()
    assert batch is not None
    assert batch.left_out == ()


def test_priority_has_an_end_while_others_wait() -> None:
    queue = ReadingQueue(Clock())
    queue.offer(message("sam", "me too"))
    who = []
    for number in range(PRIORITY_TURNS + 2):
        queue.offer(message("boss", str(number), priority=True))
        who += [batch.items[0].name for batch in (queue.take(),) if batch is not None]
    assert who == ["boss"] * PRIORITY_TURNS + ["sam", "boss"]


def test_two_hundred_messages_of_twenty_people_stay_bounded_and_everybody_is_heard() -> None:
    clock = Clock()
    queue = ReadingQueue(clock)
    people = [f"p{number}" for number in range(20)]
    refused = [queue.offer(message(who, "a sentence of some words")) for _ in range(10) for who in people]
    assert len(queue) == MOST
    assert sum(answer is not None for answer in refused) == 200 - MOST
    assert queue.lag > LISTENED_TO.far_behind
    heard, batches = set(), 0
    while (batch := queue.take()) is not None:
        assert batch.shorter or not batch.left_out
        heard |= {item.name for item in batch.items}
        batches += 1
    assert heard == set(people)
    assert batches <= 2 * len(people)


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
