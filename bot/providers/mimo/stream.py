"""MiMo's answers: sound and usage from a stream of events or one JSON object, and its error objects."""

import asyncio
import binascii
import math
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from bot.audio.pcm import Pcm, decode_wav
from bot.errors import AudioError, BotError, ErrorKind, ProviderError, unknown_voice
from bot.model import SAMPLE_RATE, Usage
from bot.providers.http import (
    CUT_OUT,
    LARGE,
    EventTooLargeError,
    HttpAnswer,
    Refusal,
    TooLargeError,
    events,
    parse,
    read_error,
    tidy,
)

_TOKENS_PER_SECOND = 6.25
"""Completion tokens per second of audio: one for each frame of 0.16 s."""
_TOKENS_ALWAYS = 2
_MAX_TOKENS = 10_000_000
"""More than any model's context: a larger number is no token count."""
_SHOWN = 50
"""Voices named in one sentence."""
_CUT_SHORT = frozenset({"length", "repetition_truncation"})
_UNKNOWN_VOICE = "Unknown voice: "
_VOICES_THERE = re.compile(r"Available voices: \[([^\]]{0,1500}+)\]")
_UNKNOWN_MODEL = re.compile(r"(?:not supported|unsupported) model", re.IGNORECASE)


def completion_tokens(seconds: float) -> int:
    """Return the estimated tokens of so many seconds of audio."""
    return math.ceil(seconds * _TOKENS_PER_SECOND) + _TOKENS_ALWAYS


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """Reads one provider's answers; knows its name for errors and the secrets to keep out of them."""

    provider: str
    secret: str = ""
    voice: str = ""
    """The requested preset voice."""
    longest: float = math.inf
    """Seconds of sound beyond which an answer is rejected."""
    raw: bool = False
    """Whether raw samples were requested."""
    prompt_tokens: int = 0
    """Estimate, for an answer without usage."""

    def bad(self, words: str) -> ProviderError:
        """Return the error for an answer without usable audio."""
        return ProviderError(self.provider, ErrorKind.BAD_ANSWER, detail=words)

    def check_length(self, seconds: float) -> None:
        """Raise ProviderError for endless sound."""
        if seconds > self.longest:
            raise self.bad(f"{math.floor(seconds)} seconds of audio and no end")

    def usage(self, said: Usage | None, seconds: float) -> Usage:
        """Return the reported usage, or an estimate for so many seconds."""
        return said or Usage(self.prompt_tokens, completion_tokens(seconds), estimated=True)

    def error_in(self, answer: Mapping[str, Any]) -> BotError | None:
        """Return the error in a successful answer, or None."""
        error = answer.get("error")
        if not error:
            return None
        return self.error(read_error(200, error if isinstance(error, dict) else {"message": str(error)}), 200)

    def error(self, refusal: Refusal, status: int, retry_after: float | None = None) -> BotError:
        """Return a refusal as an exception."""
        kind = refusal.kind
        if _UNKNOWN_VOICE in refusal.words and (voices := _VOICES_THERE.search(refusal.words)):
            listed = [tidy(name) for name in voices[1].split(",") if name.strip()]
            return unknown_voice(self.voice, listed[:_SHOWN])
        if kind is ErrorKind.INVALID and _UNKNOWN_MODEL.search(refusal.words):
            kind = ErrorKind.MODEL
        words = tidy(refusal.words, self.secret) or f"HTTP {status}"
        return ProviderError(self.provider, kind, detail=words, retry_after=retry_after)

    def parse(self, data: bytes | bytearray, most_beside: int = LARGE) -> dict[str, Any]:
        """Parse a JSON object; long sound in it is cut out as the bytes of its base64.

        ``most_beside``: bytes of JSON besides the sound. Raises ProviderError.
        """
        try:
            answer, cut_out = parse(data, most_beside)
        except TooLargeError as error:
            raise self.bad(str(error)) from None
        except ValueError:
            raise self.bad("not JSON") from None
        if not isinstance(answer, dict):
            raise self.bad("not a JSON object")
        if cut_out is not None:
            for holder in (choice_of(answer).get("delta"), choice_of(answer).get("message")):
                audio = holder.get("audio") if isinstance(holder, dict) else None
                if isinstance(audio, dict) and audio.get("data") == CUT_OUT:
                    audio["data"] = cut_out
        return answer

    def audio(self, holder: object) -> bytes:
        """Return the bytes of ``{"audio": {"data": base64}}``, empty if there are none. Raises ProviderError."""
        audio = holder.get("audio") if isinstance(holder, dict) else None
        data = audio.get("data") if isinstance(audio, dict) else None
        if not data:
            return b""
        if not isinstance(data, str | bytes):
            raise self.bad("audio that is not base64")
        try:
            return binascii.a2b_base64(data, strict_mode=True)
        except ValueError:
            raise self.bad("broken base64") from None

    def check_finish(self, reason: str) -> None:
        """Raise ProviderError if the service stopped for another reason than being done."""
        if reason == "content_filter":
            raise ProviderError(self.provider, ErrorKind.MODERATION, detail=reason)
        if reason in _CUT_SHORT:
            raise ProviderError(self.provider, ErrorKind.INCOMPLETE, detail=reason)


def choice_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first choice; empty if there is none."""
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def finish_of(choice: Mapping[str, Any]) -> str:
    """Return why the service stopped; empty before it has."""
    reason = choice.get("finish_reason")
    return reason if isinstance(reason, str) else ""


def usage_of(answer: Mapping[str, Any]) -> Usage | None:
    """Return the reported usage; None if there is none, or an implausible one."""
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        return None
    counts = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    if any(type(count) is not int or not 0 <= count <= _MAX_TOKENS for count in counts):
        return None
    return Usage(prompt_tokens=counts[0], completion_tokens=counts[1])  # type: ignore[arg-type]


class Samples:
    """Joins streamed audio: whole samples out of odd pieces, or WAV files if the service sends those.

    A service in compatibility mode sends one WAV in place of raw samples, or one for each piece.
    """

    def __init__(self) -> None:
        self._odd = b""
        self._files: list[bytearray] = []
        self._started = False
        self.bytes = 0
        """Raw samples returned and files kept, in bytes."""

    @property
    def seconds(self) -> float:
        """Length at 24 kHz."""
        return self.bytes / 2 / SAMPLE_RATE

    def add(self, data: bytes) -> bytes:
        """Add the bytes of an event. Return what can be played at once."""
        self.bytes += len(data)
        if not self._started:
            # A first piece too short to identify is kept until more arrives.
            data, self._odd = self._odd + data, b""
            if b"RIFF".startswith(data[:4]) and len(data) < 12:
                self._odd = data
                return b""
            self._started = True
        if is_wav(data):
            self._files.append(bytearray(data))
            return b""
        if self._files:
            self._files[-1] += data
            return b""
        data = self._odd + data
        even = len(data) & ~1
        self._odd = data[even:]
        return data[:even]

    def rest(self) -> bytes:
        """Return what was kept back to be identified and is too short for a file. Half a sample is dropped."""
        if self._started or not self._odd:
            return b""
        return self._odd[: len(self._odd) & ~1]

    def files(self) -> tuple[bytes, ...]:
        """Return WAV files that came instead, complete now that the stream is over."""
        return tuple(map(bytes, self._files))


def is_wav(data: bytes) -> bool:
    """Return whether data begins like a WAV file."""
    return data[:4] == b"RIFF" and data[8:12] == b"WAVE"


_LARGE = 256 * 2**10
"""Bytes of JSON above which parsing would block the loop."""
_MOST_EVENTS = 10_000
"""Events of a stream in addition to …"""
_EVENTS_PER_SECOND = 100
"""… so many for each second that its sound may last: parsing smaller ones without end would only cost CPU time."""
_AFTERWARDS = 0.25
"""Seconds. After [DONE] only the end of the body is awaited, so that the connection can be reused."""

Sound = AsyncGenerator[Pcm | Usage, None]


@dataclass(slots=True)
class _End:
    """What a stream has reported about its end."""

    reason: str = ""
    done: bool = False
    usage: Usage | None = None


async def whole(answer: HttpAnswer, reader: AnswerReader) -> Sound:
    """Read an unstreamed answer."""
    data = await answer.read()
    pcm, said = await asyncio.to_thread(_read_whole, data, reader)
    reader.check_length(pcm.seconds)
    yield pcm
    yield reader.usage(said, pcm.seconds)


async def streamed(answer: HttpAnswer, reader: AnswerReader) -> Sound:
    """Yield sound while it is made. An answer is complete after a finish reason or [DONE]."""
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


async def _audio(answer: HttpAnswer, reader: AnswerReader, end: _End) -> AsyncGenerator[bytes, None]:
    """Yield the audio bytes of each event; everything else in the events goes to ``end``."""
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


async def _take(data: bytearray, closed: bool, reader: AnswerReader, end: _End) -> bytes:
    if len(data) < _LARGE:
        return _read_event(data, closed, reader, end)
    return await asyncio.to_thread(_read_event, data, closed, reader, end)


def _read_event(data: bytearray, closed: bool, reader: AnswerReader, end: _End) -> bytes:
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


def _broken_off(reader: AnswerReader) -> ProviderError:
    return ProviderError(reader.provider, ErrorKind.INCOMPLETE, detail="the stream broke off")


def _read_whole(data: bytearray, reader: AnswerReader) -> tuple[Pcm, Usage | None]:
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


def _decode(audio: bytes, reader: AnswerReader) -> Pcm:
    """Decode sound in the requested form, or in a WAV file. Raises ProviderError."""
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
