"""Sound and usage out of MiMo's answers, streamed or whole, and its error objects. Called by the provider next door.

What an answer may hold, and what it may lack: the reference (3, 4, 5, 8). Nothing here waits or asks.
"""

import binascii
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import BotError, ErrorKind, ProviderError, unknown_voice
from bot.model import SAMPLE_RATE, Usage
from bot.speech.refusal import Refusal, read_error, tidy
from bot.speech.sound_json import CUT_OUT, LARGE, TooLargeError, parse

_TOKENS_PER_SECOND = 6.25
"""Completion tokens per second of audio: a token for each frame of 0.16 s."""
_TOKENS_ALWAYS = 2
_MAX_TOKENS = 10_000_000
"""More than any model's context: a larger number is not a count."""
_SHOWN = 50
"""Voices named in one sentence."""
_CUT_SHORT = frozenset({"length", "repetition_truncation"})
_UNKNOWN_VOICE = "Unknown voice: "
_VOICES_THERE = re.compile(r"Available voices: \[([^\]]{0,1500}+)\]")
_UNKNOWN_MODEL = re.compile(r"(?:not supported|unsupported) model", re.IGNORECASE)


def completion_tokens(seconds: float) -> int:
    """Estimate for so many seconds of audio."""
    return math.ceil(seconds * _TOKENS_PER_SECOND) + _TOKENS_ALWAYS


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one provider's answers; knows whom to name in errors and what must not stand in them."""

    provider: str
    secret: str = ""
    voice: str = ""
    """The preset voice that was asked for."""
    longest: float = math.inf
    """Seconds of sound beyond which an answer is not believed."""
    raw: bool = False
    """Whether bare samples were asked for."""
    prompt_tokens: int = 0
    """Estimate, for an answer that does not say what it cost."""

    def bad(self, words: str) -> ProviderError:
        """An answer without usable audio."""
        return ProviderError(self.provider, ErrorKind.BAD_ANSWER, detail=words)

    def check_length(self, seconds: float) -> None:
        """Raises ProviderError for sound that does not end."""
        if seconds > self.longest:
            raise self.bad(f"{math.floor(seconds)} seconds of audio and no end")

    def usage(self, said: Usage | None, seconds: float) -> Usage:
        """What the service said, or an estimate for so many seconds."""
        return said or Usage(self.prompt_tokens, completion_tokens(seconds), estimated=True)

    def error_in(self, answer: Mapping[str, Any]) -> BotError | None:
        """An error object in what came as a success."""
        error = answer.get("error")
        if not error:
            return None
        return self.error(read_error(200, error if isinstance(error, dict) else {"message": str(error)}), 200)

    def error(self, refusal: Refusal, status: int, retry_after: float | None = None) -> BotError:
        """A refusal as the error to raise."""
        kind = refusal.kind
        if _UNKNOWN_VOICE in refusal.words and (voices := _VOICES_THERE.search(refusal.words)):
            listed = [tidy(name) for name in voices[1].split(",") if name.strip()]
            return unknown_voice(self.voice, listed[:_SHOWN])
        if kind is ErrorKind.INVALID and _UNKNOWN_MODEL.search(refusal.words):
            kind = ErrorKind.MODEL
        words = tidy(refusal.words, self.secret) or f"HTTP {status}"
        return ProviderError(self.provider, kind, detail=words, retry_after=retry_after)

    def parse(self, data: bytes | bytearray, most_beside: int = LARGE) -> dict[str, Any]:
        """Return a JSON object; its sound, if long, is not text but the bytes of its base64.

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
        """Return the bytes of ``{"audio": {"data": base64}}``, none if there are none. Raises ProviderError."""
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
        """Raises ProviderError where the service stopped for another reason than being done."""
        if reason == "content_filter":
            raise ProviderError(self.provider, ErrorKind.MODERATION, detail=reason)
        if reason in _CUT_SHORT:
            raise ProviderError(self.provider, ErrorKind.INCOMPLETE, detail=reason)


def choice_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The first choice; empty where there is none."""
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def finish_of(choice: Mapping[str, Any]) -> str:
    """Why the service stopped; empty while it has not."""
    reason = choice.get("finish_reason")
    return reason if isinstance(reason, str) else ""


def usage_of(answer: Mapping[str, Any]) -> Usage | None:
    """What the service says it cost; None where it does not say, or says something that is no count."""
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        return None
    counts = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    if any(type(count) is not int or not 0 <= count <= _MAX_TOKENS for count in counts):
        return None
    return Usage(prompt_tokens=counts[0], completion_tokens=counts[1])  # type: ignore[arg-type]


class Samples:
    """Puts streamed audio together: whole samples out of odd pieces, or WAV files where the service sends those.

    A service in compatibility mode sends one WAV in place of raw samples, or one for each piece.
    """

    def __init__(self) -> None:
        self._odd = b""
        self._files: list[bytearray] = []
        self._started = False
        self.bytes = 0
        """Raw samples given out and files kept, in bytes."""

    @property
    def seconds(self) -> float:
        """Length at 24 kHz."""
        return self.bytes / 2 / SAMPLE_RATE

    def add(self, data: bytes) -> bytes:
        """Take the bytes of an event; give what can be played at once."""
        self.bytes += len(data)
        if not self._started:
            # A first piece too short to tell is kept until it tells.
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
        """What was kept back to be told apart and is too short for a file. Half a sample is dropped."""
        if self._started or not self._odd:
            return b""
        return self._odd[: len(self._odd) & ~1]

    def files(self) -> tuple[bytes, ...]:
        """WAV files that came instead, whole now that the stream is over."""
        return tuple(map(bytes, self._files))


def is_wav(data: bytes) -> bool:
    """Whether it begins as a WAV file does."""
    return data[:4] == b"RIFF" and data[8:12] == b"WAVE"
