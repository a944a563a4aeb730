"""Server-sent events out of a byte stream, as servers really send them.

Called by the providers that stream over HTTP. The rules are those of the HTML standard's event streams (lines end
with LF, CRLF or CR, a colon starts a comment, a blank line ends an event), with one leniency: what stands before the
end of the stream without a closing blank line counts as an event, since MiMo ends its error bodies that way.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Iterator

MAX_EVENT = 40 * 2**20
"""Bytes. A service in compatibility mode sends a whole recording of 2000 characters (37 MB) as one event."""
_MOST_LINES = 1000
"""Lines of one event: the small objects of more would take many times its bytes."""
_MOST_IDLE_LINES = 100_000
"""Lines in a row that carry no data. One a second is usual; without end they are an attack on the CPU."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventTooLargeError(ValueError):
    """An event grows past the limit."""


class EventReader:
    """Turns chunks, cut anywhere, into the data of events. Linear in the bytes, whatever the cuts."""

    def __init__(self, limit: int = MAX_EVENT) -> None:
        self._limit = limit
        self._line = bytearray()
        """The line that is not complete; in one buffer, since a peer may send it byte by byte."""
        self._data: list[bytearray] = []
        self._size = 0
        self._idle = 0
        self._after_cr = False
        self._first_line = True

    def feed(self, chunk: bytes) -> Iterator[bytearray]:
        """Yield the data of each event that this chunk completes. Raises EventTooLargeError."""
        if not chunk:
            return
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        for piece in chunk.splitlines(keepends=True):
            self._size += len(piece)
            if self._size > self._limit:
                raise EventTooLargeError(f"an event of more than {self._limit} bytes")
            if not piece.endswith((b"\n", b"\r")):
                self._line += piece
                continue
            self._line += piece.rstrip(b"\r\n")
            line, self._line = self._line, bytearray()
            yield from self._end_line(line)

    def finish(self) -> Iterator[bytearray]:
        """Yield the event that the end of the stream cut short of its blank line, if there is one."""
        line, self._line = self._line, bytearray()
        if line:
            yield from self._end_line(line)
        yield from self._end_line(bytearray())

    def _end_line(self, line: bytearray) -> Iterator[bytearray]:
        if self._first_line:
            if line.startswith(_BYTE_ORDER_MARK):
                del line[: len(_BYTE_ORDER_MARK)]
            self._first_line = False
        if line.startswith(b"data:") or line == b"data":
            del line[: 6 if line[5:6] == b" " else 5]
            self._data.append(line)
            self._idle = 0
            if len(self._data) > _MOST_LINES:
                raise EventTooLargeError(f"an event of more than {_MOST_LINES} lines")
        elif not line and self._data:
            data, self._data, self._size = self._data, [], 0
            yield data[0] if len(data) == 1 else bytearray(b"\n").join(data)
        else:
            self._idle += 1
            if self._idle > _MOST_IDLE_LINES:
                raise EventTooLargeError(f"more than {_MOST_IDLE_LINES} lines without data")
            if not self._data:
                self._size = 0  # comments and fields without a use do not count, but for their number


async def events(chunks: AsyncIterable[bytes], limit: int = MAX_EVENT) -> AsyncGenerator[tuple[bytearray, bool], None]:
    """Yield each event's data, and whether its end was seen. Raises EventTooLargeError and what the chunks raise."""
    reader = EventReader(limit)
    async for chunk in chunks:
        for event in reader.feed(chunk):
            yield event, True
    for event in reader.finish():
        yield event, False
