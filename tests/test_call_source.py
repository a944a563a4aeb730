"""What a voice call hears, packet by packet, as discord.py's player thread reads it."""

import asyncio
from collections.abc import Sequence
from typing import Literal

import pytest

from bot.platforms.discord.call.source import (
    AHEAD,
    GAP,
    IDLE,
    LEAST_LEAD,
    MOST_LEAD,
    SILENCE,
    Line,
    LiveSource,
)
from tests.conftest import until

Event = tuple[Literal["started", "finished", "skipped"], str]
_LEAD = LEAST_LEAD // 20


class Told:
    """Notes what the source tells."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.wakes = 0

    def started(self, item: str) -> None:
        self.events.append(("started", item))

    def finished(self, item: str, skipped: bool) -> None:
        self.events.append(("skipped" if skipped else "finished", item))

    def wake(self) -> None:
        self.wakes += 1


@pytest.fixture
async def told() -> Told:
    return Told()


@pytest.fixture
async def source(told: Told) -> LiveSource:
    return LiveSource(told, told.wake)


def _packets(name: str, count: int) -> list[bytes]:
    return [f"{name}{number}".encode() for number in range(count)]


async def _whole(source: LiveSource, item: str, count: int) -> Line:
    line = source.line(item)
    await line.write(_packets(item, count))
    line.close()
    return line


def _read(source: LiveSource, count: int) -> list[bytes]:
    return [source.read() for _ in range(count)]


def _heard(packets: Sequence[bytes]) -> list[bytes]:
    return [packet for packet in packets if packet != SILENCE]


async def _settle() -> None:
    """The event loop hears what was told from the player thread."""
    for _ in range(3):
        await asyncio.sleep(0)


def test_it_is_opus(source: LiveSource) -> None:
    assert source.is_opus()


async def test_from_idle_the_first_packet_goes_out_at_once(source: LiveSource, told: Told) -> None:
    line = source.line("a")
    assert told.wakes == 0
    await line.write([b"a0"])
    assert told.wakes == 1
    assert source.read() == b"a0"
    await _settle()
    assert told.events == [("started", "a")]


async def test_packets_come_out_as_they_were_put_in_and_in_order(source: LiveSource, told: Told) -> None:
    await _whole(source, "a", 3)
    await _whole(source, "b", 2)
    assert _read(source, 3) == _packets("a", 3)
    assert _read(source, GAP) == [SILENCE] * GAP
    assert _read(source, 2) == _packets("b", 2)
    await _settle()
    assert told.events == [("started", "a"), ("finished", "a"), ("started", "b"), ("finished", "b")]
    assert source.underruns == 0
    assert source.items == source.ahead == 0


async def test_after_a_while_without_words_the_player_ends(source: LiveSource) -> None:
    await _whole(source, "a", 1)
    assert _read(source, 1 + IDLE + 1) == [b"a0", *[SILENCE] * IDLE, b""]
    await _whole(source, "b", 1)
    assert source.read() == b"b0"


async def test_while_the_silence_runs_a_little_is_collected_first(source: LiveSource) -> None:
    await _whole(source, "a", 1)
    _read(source, 1 + 2 * GAP)
    line = source.line("b")
    await line.write([b"b0"])
    assert source.read() == SILENCE
    await line.write([b"b1", b"b2"])
    assert source.read() == b"b0"


async def test_the_first_packet_never_waits_longer_than_the_lead(source: LiveSource) -> None:
    await _whole(source, "a", 1)
    _read(source, 1 + 2 * GAP)
    await source.line("b").write([b"b0"])
    assert _read(source, _LEAD + 1) == [*[SILENCE] * _LEAD, b"b0"]


async def test_an_item_that_is_whole_waits_for_nothing(source: LiveSource) -> None:
    await _whole(source, "a", 1)
    _read(source, 1 + 2 * GAP)
    await _whole(source, "b", 1)
    assert source.read() == b"b0"


async def test_running_dry_is_counted_once_and_makes_the_source_more_careful(source: LiveSource) -> None:
    line = source.line("a")
    await line.write(_packets("a", 2))
    _read(source, 2)
    assert _read(source, 4) == [SILENCE] * 4
    assert source.underruns == 1
    assert source.lead == LEAST_LEAD + 40
    await line.write([b"a2"])
    assert source.read() == SILENCE
    await line.write([b"a3", b"a4", b"a5", b"a6"])
    assert _read(source, 5) == [b"a2", b"a3", b"a4", b"a5", b"a6"]
    assert source.underruns == 1


async def test_what_ran_dry_once_is_collected_out_of_idleness_too(source: LiveSource) -> None:
    line = source.line("a")
    await line.write([b"a0"])
    _read(source, 2)
    line.close()
    assert _read(source, IDLE)[-1] == b""
    await source.line("b").write([b"b0"])
    assert _read(source, 3) == [SILENCE, SILENCE, b"b0"]


async def test_the_lead_is_bounded_and_shrinks_when_all_goes_well(source: LiveSource) -> None:
    for number in range(20):
        line = source.line(str(number))
        await line.write([b"x"])
        _read(source, 2 * IDLE)
        line.close()
    assert source.lead == MOST_LEAD
    for number in range(200):
        await _whole(source, str(number), 1)
        _read(source, GAP + 1)
    assert source.lead == LEAST_LEAD


async def test_an_item_that_ends_while_dry_makes_way_for_the_next(source: LiveSource, told: Told) -> None:
    line = source.line("a")
    await line.write([b"a0"])
    _read(source, 2)
    line.close()
    await _whole(source, "b", 1)
    assert _heard(_read(source, GAP + 2)) == [b"b0"]
    await _settle()
    assert told.events[1] == ("finished", "a")


@pytest.mark.parametrize("read_before", [0, 1, 5])
async def test_a_skipped_item_is_not_heard_from_the_next_packet_on(
    source: LiveSource, told: Told, read_before: int
) -> None:
    await _whole(source, "a", 50)
    await _whole(source, "b", 1)
    _read(source, read_before)
    assert source.skip("a")
    assert _heard(_read(source, GAP + 1)) == [b"b0"]
    assert not source.skip("a")
    await _settle()
    assert ("skipped", "a") in told.events
    assert ("finished", "a") not in told.events


async def test_what_is_written_to_a_skipped_item_goes_nowhere(source: LiveSource) -> None:
    line = source.line("a")
    await line.write([b"a0"])
    source.skip("a")
    await line.write(_packets("a", 2 * AHEAD))
    line.close()
    assert source.ahead == 0
    assert _heard(_read(source, 5)) == []


async def test_skip_all_drops_everything(source: LiveSource, told: Told) -> None:
    for item in "abc":
        await _whole(source, item, 5)
    _read(source, 2)
    source.skip_all()
    assert _heard(_read(source, 20)) == []
    await _settle()
    assert told.events == [("started", "a"), ("skipped", "a"), ("skipped", "b"), ("skipped", "c")]


async def test_a_pause_is_silent_and_loses_nothing(source: LiveSource, told: Told) -> None:
    await _whole(source, "a", 6)
    _read(source, 2)
    source.pause()
    assert _read(source, 3) == [SILENCE] * 3
    await _whole(source, "b", 1)
    wakes = told.wakes
    assert not source.wanted
    source.resume()
    assert told.wakes == wakes + 1
    assert _read(source, 4) == _packets("a", 6)[2:]
    assert source.underruns == 0


async def test_a_long_pause_ends_the_player_and_resuming_wakes_it(source: LiveSource, told: Told) -> None:
    await _whole(source, "a", 6)
    _read(source, 2)
    source.pause()
    assert _read(source, IDLE + 1)[-1] == b""
    source.resume()
    assert source.read() == b"a2"


async def test_who_wrote_far_ahead_waits_until_there_is_room(source: LiveSource) -> None:
    line = source.line("a")
    await line.write(_packets("a", AHEAD + 2))
    waiting = asyncio.create_task(line.ready())
    await _settle()
    assert not waiting.done()
    source.read()
    await _settle()
    assert not waiting.done()
    source.read()
    await until(waiting.done)


async def test_a_skip_makes_room(source: LiveSource) -> None:
    line = source.line("a")
    await line.write(_packets("a", AHEAD + 2))
    waiting = asyncio.create_task(line.ready())
    await _settle()
    source.skip_all()
    await until(waiting.done)
    await source.line("b").write(_packets("b", AHEAD + 2))
    await line.ready()  # of what was dropped nothing more is heard


async def test_waiting_for_room_is_bounded(source: LiveSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.platforms.discord.call.source._PATIENCE", 0.05)
    line = source.line("a")
    await line.write(_packets("a", AHEAD + 2))
    async with asyncio.timeout(5):
        await line.ready()
        await line.ready()


async def test_an_empty_item_is_told_as_finished(source: LiveSource, told: Told) -> None:
    source.line("a").close()
    await _settle()
    assert told.events == [("finished", "a")]


async def test_reading_from_another_thread_loses_and_repeats_nothing(source: LiveSource, told: Told) -> None:
    heard: list[bytes] = []

    def play() -> None:
        while len(heard) < 4000:
            packet = source.read()
            if packet not in (SILENCE, b""):
                heard.append(packet)

    async def write() -> None:
        for number in range(40):
            line = source.line(str(number))
            for at in range(0, 100, 7):
                await line.write(_packets(f"{number}:", 100)[at : at + 7])
                await asyncio.sleep(0)
            line.close()

    async with asyncio.timeout(20):
        await asyncio.gather(asyncio.to_thread(play), write())
    assert heard == [packet for number in range(40) for packet in _packets(f"{number}:", 100)]
    await until(lambda: len(told.events) == 80)
    assert told.events == [event for n in range(40) for event in (("started", str(n)), ("finished", str(n)))]
