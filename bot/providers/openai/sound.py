"""The sound of an engine's answer, whatever it sends: WAV, mp3, Opus, FLAC, AAC or raw samples, as bytes or events.

Called by ``provider.py``. The requested format is a hint; the first bytes identify the real one. Decoding is bounded:
by the seconds that the text can take, in slices, and off the event loop if it is more than copying.
"""

import asyncio
import binascii
import math
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from bot.audio.decoding import SLICE, CompressedStream, WavStream, codec_of
from bot.audio.pcm import RIFF, Pcm
from bot.errors import AudioError, ErrorKind, ProviderError
from bot.model import SAMPLE_RATE
from bot.providers.http import CUT_OUT, LARGE, EventTooLargeError, HttpAnswer, events, parse, read_error, tidy

MAX_BODY = 256 * 2**20
"""Bytes of a streamed answer, which is never held in memory."""
_MOST_EVENTS = 10_000
"""Events of a stream in addition to …"""
_EVENTS_PER_SECOND = 100
"""… so many for each second that its sound may last."""
_MOST_BESIDE = 4 * 2**20
"""Bytes of all events without sound."""
_TELLING = 12
"""Bytes that identify a file."""
_PIECE = 64 * 2**10
"""Bytes converted at a time; larger pieces of a WAV file in a thread."""
_BARE = ("audio/pcm", "audio/l16", "audio/x-pcm", "audio/raw")
_SLOWEST, _FASTEST = 4_000, 384_000
"""Hertz that a media type may name."""


class _Stream(Protocol):
    """Takes bytes, returns sound. Raises AudioError."""

    def feed(self, piece: bytes) -> list[Pcm]: ...

    def finish(self) -> list[Pcm]: ...


class _Bare:
    """Samples without a header. Half a sample at the end is dropped."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._odd = b""

    def feed(self, piece: bytes) -> list[Pcm]:
        """Return whole samples."""
        piece = self._odd + piece
        even = len(piece) & ~1
        self._odd = piece[even:]
        return [Pcm(piece[:even], self._rate)] if even else []

    def finish(self) -> list[Pcm]:
        """Return nothing: all was returned before."""
        return []


@dataclass(slots=True)
class Came:
    """The detected format of an answer."""

    form: str = ""
    """``wav``, ``mp3``, ``opus``, ``flac``, ``aac`` or ``pcm``."""
    rate: int = 0
    """Hertz."""
    seconds: float = 0.0


@dataclass(slots=True)
class SoundReader:
    """Reads one answer."""

    provider: str
    response_format: str
    """The requested format."""
    longest: float
    """Seconds of sound beyond which an answer is rejected."""
    secret: str = ""
    """A secret to keep out of errors."""
    came: Came = field(default_factory=Came)

    async def sound(self, answer: HttpAnswer) -> AsyncGenerator[Pcm, None]:
        """Yield the sound as it arrives. Raises ProviderError."""
        if answer.is_streamed:
            answer.expect_sound()
        source = self._deltas(answer) if answer.media_type == "text/event-stream" else answer.chunks(MAX_BODY)
        head = b""
        stream: _Stream | None = None
        async with aclosing(source) as pieces:
            async for piece in pieces:
                head += piece
                if stream is None and len(head) < _TELLING:
                    continue
                stream = stream or self._told(head, answer)
                whole, head = head, b""
                async for pcm in self._fed(stream, whole):
                    answer.add_sound(pcm.seconds)
                    yield pcm
        stream = stream or self._told(head, answer)
        async for pcm in self._fed(stream, head):
            yield pcm
        for pcm in self._counted(await self._run(stream.finish)):
            yield pcm
        if not self.came.seconds:
            raise self.bad("no audio")

    def bad(self, words: str) -> ProviderError:
        """Return the error for an answer without usable audio."""
        return ProviderError(self.provider, ErrorKind.BAD_ANSWER, detail=words)

    def _told(self, head: bytes, answer: HttpAnswer) -> _Stream:
        """Return the reader for a body with this beginning. Raises ProviderError."""
        if not head:
            raise self.bad("no audio")
        is_bare = answer.media_type.startswith(_BARE) or self.response_format == "pcm"
        codec = codec_of(head)
        if head[:4] in RIFF:
            self.came.form = "wav"
            return WavStream()
        # Samples near silence can look like the first bytes of mp3 and AAC frames; the other signatures are
        # unambiguous.
        if codec is not None and (head[0] != 0xFF or not is_bare or answer.media_type in {"audio/mpeg", "audio/aac"}):
            self.came.form = codec
            return CompressedStream(codec, self.longest)
        if not is_bare:
            raise self.bad("audio of a kind that is not known here")
        self.came.form = "pcm"
        rate = answer.rate or SAMPLE_RATE
        return _Bare(rate if _SLOWEST <= rate <= _FASTEST else SAMPLE_RATE)

    async def _fed(self, stream: _Stream, piece: bytes) -> AsyncGenerator[Pcm, None]:
        """Yield the sound completed by a piece; compressed or large ones are decoded in a thread."""
        is_compressed = isinstance(stream, CompressedStream)
        step = SLICE if is_compressed else _PIECE
        for start in range(0, len(piece), step):
            part = piece[start : start + step]
            feed = partial(stream.feed, part)
            ready = await self._run(feed) if is_compressed or len(piece) > _PIECE else self._tried(feed)
            for pcm in self._counted(ready):
                yield pcm

    async def _run(self, work: Callable[[], list[Pcm]]) -> list[Pcm]:
        return await asyncio.to_thread(self._tried, work)

    def _tried(self, work: Callable[[], list[Pcm]]) -> list[Pcm]:
        try:
            return work()
        except AudioError as error:
            if error.code == "audio.too_long":
                raise self._endless(self.longest) from None
            raise self.bad(f"{self.came.form} audio that cannot be read") from None

    def _counted(self, ready: list[Pcm]) -> list[Pcm]:
        for pcm in ready:
            self.came.rate = pcm.rate
            self.came.seconds += pcm.seconds
        if self.came.seconds > self.longest:
            raise self._endless(self.came.seconds)
        return ready

    def _endless(self, seconds: float) -> ProviderError:
        return self.bad(f"{math.floor(seconds)} seconds of audio and no end")

    async def _deltas(self, answer: HttpAnswer) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of sound in events. Raises ProviderError."""
        left = _MOST_EVENTS + int(self.longest * _EVENTS_PER_SECOND)
        beside = _MOST_BESIDE
        try:
            async with aclosing(answer.chunks(MAX_BODY)) as chunks, aclosing(events(chunks)) as stream:
                async for data, _ in stream:
                    large = len(data) > LARGE
                    sound = await asyncio.to_thread(self._delta, data) if large else self._delta(data)
                    left -= 1
                    beside -= len(data) if not sound else 0
                    if left < 0 or beside < 0:
                        raise self.bad("events without end")
                    if sound is None:
                        return
                    if sound:
                        yield sound
        except EventTooLargeError:
            raise self.bad("an event that does not end") from None

    def _delta(self, data: bytearray) -> bytes | None:
        """Return the sound of an event, empty for other events; None if it ends the stream."""
        if data.strip() == b"[DONE]":
            return None
        try:
            event, cut_out = parse(data)
        except ValueError:
            raise self.bad("an event that is not JSON") from None
        if not isinstance(event, dict):
            return b""
        if event.get("error") or event.get("type") == "error":
            raise self._refused(event)
        if event.get("type") == "speech.audio.done":
            return None
        found = event.get("audio") or event.get("delta") or event.get("data")
        if not isinstance(found, str):
            return b""
        try:
            return binascii.a2b_base64(cut_out if found == CUT_OUT and cut_out else found, strict_mode=True)
        except ValueError:
            raise self.bad("broken base64") from None

    def _refused(self, event: dict[str, Any]) -> ProviderError:
        error = event.get("error") or event
        refusal = read_error(200, error if isinstance(error, dict) else {"message": str(error)})
        words = tidy(refusal.words, self.secret) or "an error among the events"
        return ProviderError(self.provider, refusal.kind, detail=words)
