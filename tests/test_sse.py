"""Server-sent events, as they arrive and as they should not."""

import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.providers.http import EventReader, EventTooLargeError, events


def read(*chunks: bytes, limit: int = 10_000) -> list[bytes]:
    reader = EventReader(limit)
    found = [bytes(event) for chunk in chunks for event in reader.feed(chunk)]
    return found + [bytes(event) for event in reader.finish()]


@pytest.mark.parametrize(
    "raw",
    [
        b'data: {"a": 1}\n\ndata: [DONE]\n\n',
        b'data:{"a": 1}\n\ndata:[DONE]\n\n',
        b'data: {"a": 1}\r\n\r\ndata: [DONE]\r\n\r\n',
        b'data: {"a": 1}\r\rdata: [DONE]\r\r',
        b': PROCESSING\n\ndata: {"a": 1}\n\n: more\n:\n\ndata: [DONE]\n\n',
        b'event: message\nid: 7\nretry: 10\ndata: {"a": 1}\n\ndata: [DONE]\n\n',
        b'\xef\xbb\xbfdata: {"a": 1}\n\n\n\n\ndata: [DONE]',
        b'data: {"a":\ndata: 1}\n\ndata: [DONE]\n',
    ],
)
def test_the_same_events_in_every_framing(raw: bytes) -> None:
    first, last = read(raw)
    assert json.loads(first) == {"a": 1}
    assert last == b"[DONE]"


@given(st.data())
def test_cuts_between_reads_change_nothing(data: st.DataObject) -> None:
    raw = 'data: {"voice": "冰糖"}\r\n\r\n: note\r\ndata:x\r\n\r\ndata: [DONE]\n\n'.encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=12)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert read(*pieces) == ['{"voice": "冰糖"}'.encode(), b"x", b"[DONE]"]


def test_only_one_space_after_the_colon_belongs_to_the_framing() -> None:
    assert read(b"data:  two\n\ndata: one\n\n") == [b" two", b"one"]


def test_an_event_that_grows_past_the_limit_is_refused_early() -> None:
    with pytest.raises(EventTooLargeError):
        read(*[b"data: 0123456789"] * 20, limit=100)


def test_many_lines_of_one_event_count_together() -> None:
    with pytest.raises(EventTooLargeError):
        read(*[b"data: 0123456789\n"] * 20, limit=100)


def test_comments_without_end_cost_nothing() -> None:
    assert read(*[b": keep-alive\n\n"] * 5000, *[b": alone\n"] * 5000, b"data: x\n\n", limit=100) == [b"x"]


async def test_an_event_without_its_blank_line_is_told_from_a_closed_one() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"data: a\n\nda"
        yield b"ta: b"

    assert [(bytes(event), closed) async for event, closed in events(chunks())] == [(b"a", True), (b"b", False)]
