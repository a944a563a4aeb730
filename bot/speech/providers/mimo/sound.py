"""The sound of an answer as it is received: a stream of events, or one JSON object. Called by the provider.

Both end with one Usage. They raise ProviderError or InputError; an answer that stops without a reason is INCOMPLETE.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from bot.audio.pcm import Pcm, decode_wav
from bot.errors import AudioError, ErrorKind, ProviderError
from bot.model import SAMPLE_RATE, Usage
from bot.speech.providers.mimo.answer import Reader, Samples, choice_of, finish_of, is_wav, usage_of
from bot.speech.sse import EventTooLargeError, events
from bot.speech.wire import Answer

_LARGE = 256 * 2**10
"""Bytes of JSON from which on parsing would keep the loop waiting."""
_MOST_EVENTS = 10_000
"""Events of a stream besides …"""
_EVENTS_PER_SECOND = 100
"""… so many for each second that its sound may last: parsing smaller ones without end would only cost CPU time."""
_AFTERWARDS = 0.25
"""Seconds. After [DONE] only the body's end is awaited, so that the connection can serve the next request."""

Sound = AsyncGenerator[Pcm | Usage, None]


@dataclass(slots=True)
class _End:
    """What a stream has said about its end so far."""

    reason: str = ""
    done: bool = False
    usage: Usage | None = None


async def whole(answer: Answer, reader: Reader) -> Sound:
    """Everything at once."""
    data = await answer.read()
    pcm, said = await asyncio.to_thread(_read_whole, data, reader)
    reader.check_length(pcm.seconds)
    yield pcm
    yield reader.usage(said, pcm.seconds)


async def streamed(answer: Answer, reader: Reader) -> Sound:
    """Sound while it is made. An answer is complete when a reason to finish or [DONE] was seen."""
    samples = Samples()
    end = _End()
    heard = 0.0
    async with aclosing(_audio(answer, reader, end)) as pieces:
        async for piece in pieces:
            ready = samples.add(piece)
            if samples.seconds > heard:
                answer.add_sound(samples.seconds - heard)
                heard = samples.seconds
            if ready:
                yield Pcm(ready, SAMPLE_RATE)
            reader.check_length(samples.seconds)
    reader.check_finish(end.reason)
    if not end.done and not end.reason:
        raise _broken_off(reader)
    if ready := samples.rest():
        yield Pcm(ready, SAMPLE_RATE)
    for file in samples.files():
        yield await asyncio.to_thread(_decode, file, reader)
    if samples.bytes < 2:
        raise reader.bad("no audio")
    yield reader.usage(end.usage, samples.seconds)


async def _audio(answer: Answer, reader: Reader, end: _End) -> AsyncGenerator[bytes, None]:
    """The audio bytes of each event; what the events say besides goes to ``end``."""
    try:
        async with aclosing(answer.chunks()) as chunks, aclosing(events(chunks)) as stream:
            left = _MOST_EVENTS + int(min(reader.longest, 3600) * _EVENTS_PER_SECOND)
            async for data, closed in stream:
                left -= 1
                if left < 0:
                    raise reader.bad("events without end")
                if end.done:
                    continue
                if data.strip() == b"[DONE]":
                    end.done = True
                    answer.hurry(_AFTERWARDS)
                else:
                    yield await _take(data, closed, reader, end)
    except EventTooLargeError:
        raise reader.bad("an event that does not end") from None
    except ProviderError:
        if not end.done:
            raise


async def _take(data: bytearray, closed: bool, reader: Reader, end: _End) -> bytes:
    if len(data) < _LARGE:
        return _read_event(data, closed, reader, end)
    return await asyncio.to_thread(_read_event, data, closed, reader, end)


def _read_event(data: bytearray, closed: bool, reader: Reader, end: _End) -> bytes:
    try:
        event = reader.parse(data)
    except ProviderError:
        raise reader.bad("an event that is not JSON") if closed else _broken_off(reader) from None
    if error := reader.error_in(event):
        raise error
    choice = choice_of(event)
    end.reason = finish_of(choice) or end.reason
    end.usage = usage_of(event) or end.usage
    return reader.audio(choice.get("delta") or choice.get("message"))


def _broken_off(reader: Reader) -> ProviderError:
    return ProviderError(reader.provider, ErrorKind.INCOMPLETE, detail="the stream broke off")


def _read_whole(data: bytearray, reader: Reader) -> tuple[Pcm, Usage | None]:
    if data[:16].lstrip().startswith(b"data:"):
        del data[: data.index(b":") + 1]
    answer = reader.parse(data)
    if error := reader.error_in(answer):
        raise error
    choice = choice_of(answer)
    reader.check_finish(finish_of(choice))
    audio = reader.audio(choice.get("message"))
    if not audio:
        raise reader.bad("no audio")
    return _decode(audio, reader), usage_of(answer)


def _decode(audio: bytes, reader: Reader) -> Pcm:
    """Sound in the form asked for, or in a WAV file. Raises ProviderError."""
    if not is_wav(audio):
        if reader.raw:
            return Pcm(audio[: len(audio) & ~1], SAMPLE_RATE)
        raise reader.bad("audio that is not WAV")
    try:
        pcm = decode_wav(audio)
    except AudioError:
        raise reader.bad("a WAV file that cannot be read") from None
    if not pcm.samples:
        raise reader.bad("no audio")
    return pcm
