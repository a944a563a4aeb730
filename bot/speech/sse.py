"""Server-sent events out of a byte stream, as servers really send them.

Called by the providers that stream over HTTP. The rules are those of the HTML standard's event streams (lines end
with LF, CRLF or CR, a colon starts a comment, a blank line ends an event), with one leniency: what stands before the
end of the stream without a closing blank line counts as an event, since MiMo ends its error bodies that way.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Iterator

MAX_EVENT = 48 * 2**20
"""Bytes. A service in compatibility mode sends a whole recording of 2000 characters (34 MB) as one event."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventTooLargeError(ValueError):
    """An event grows past the limit."""


class EventReader:
    """Turns chunks, cut anywhere, into the data of events. Linear in the bytes, whatever the cuts."""

    def __init__(self, limit: int = MAX_EVENT) -> None:
        self._limit = limit
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._first_line = True

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The data of each event that this chunk completes. Raises EventTooLargeError."""
        if not chunk:
            return
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        for piece in chunk.splitlines(keepends=True):
            self._size += len(piece)
            if self._size > self._limit:
                raise EventTooLargeError(f"an event of more than {self._limit} bytes")
            self._line.append(piece)
            if piece.endswith((b"\n", b"\r")):
                line = b"".join(self._line).rstrip(b"\r\n")
                self._line.clear()
                yield from self._end_line(line)

    def finish(self) -> Iterator[bytes]:
        """The event that the end of the stream cut short of its blank line, where there is one."""
        line = b"".join(self._line)
        self._line.clear()
        if line:
            yield from self._end_line(line)
        yield from self._end_line(b"")

    def _end_line(self, line: bytes) -> Iterator[bytes]:
        if self._first_line:
            line = line.removeprefix(_BYTE_ORDER_MARK)
            self._first_line = False
        if not line:
            data, self._data, self._size = self._data, [], 0
            if data:
                yield b"\n".join(data)
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif not self._data:
            self._size = 0  # comments and fields without a use cost nothing, however many


async def events(chunks: AsyncIterable[bytes], limit: int = MAX_EVENT) -> AsyncGenerator[tuple[bytes, bool], None]:
    """Each event's data, and whether its end was seen. Raises EventTooLargeError and what the chunks raise."""
    reader = EventReader(limit)
    async for chunk in chunks:
        for event in reader.feed(chunk):
            yield event, True
    for event in reader.finish():
        yield event, False
