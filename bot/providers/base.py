"""The provider protocol and its request values. A new provider implements ``Provider``."""

import math
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from bot.audio.pcm import Pcm
from bot.errors import BotError, ProviderError
from bot.model import Note, Usage, Voice, VoiceKind

SECONDS_PER_CHARACTER = 0.1
"""Extra seconds per character of text for an unstreamed answer."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each phase of a request."""

    connect: float = 10.0
    write: float = 30.0
    idle: float = 30.0
    """Between two reads of a streamed answer."""
    first_audio: float = 15.0
    """Until the first sound of a streamed answer; afterwards, how far it may fall behind a listener."""

    def whole(self, text: str) -> float:
        """Return the seconds for an unstreamed answer."""
        return self.first_audio + SECONDS_PER_CHARACTER * len(text)


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """One segment as a provider receives it. All its text is cleaned."""

    text: str
    """May hold audio tags; no style."""
    styles: tuple[str, ...] = ()
    voice: Voice = Voice()
    instruction: str = ""
    language: str = ""
    """Language of the text, if known."""
    stream: bool = True
    """Whether to stream audio as it is made."""
    stands_in: bool = False
    """Whether it was meant for another provider: an unknown voice is replaced by the usual one, with a note."""
    planned: "Plan | None" = field(default=None, repr=False, compare=False)
    """The provider's own plan for it, if it was already asked."""


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """An available voice."""

    id: str
    language: str
    """``en``, ``zh`` or empty for any."""
    description: str
    """One or two plain English words: ``female, lively``."""
    built_in: bool = False
    """Whether it is free, since no paid service speaks with it."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A provider's capabilities, as the synthesis core needs to know them."""

    voices: tuple[VoiceInfo, ...] = ()
    kinds: frozenset[VoiceKind] = frozenset({VoiceKind.PRESET})
    segment_characters: int = 2000
    """The longest text of one request."""
    level: float | None = None
    """dBFS that its recordings are brought to; None if it has a level of its own."""
    languages: frozenset[str] = frozenset()
    """Languages that any of its voices speaks when the request names them, besides the voice's own."""
    metered: bool = True
    """Whether it costs the person's quota. The built-in engine does not."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a provider would do with a request: shown by --explain, hashed into the cache key."""

    body: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """The request as it would be sent, without secrets, a clone sample by its digest."""
    tokens: int = 0
    """Estimate for the rate limiter."""
    voice: str = ""
    """The preset that would speak, if known."""
    notes: tuple[Note, ...] = ()
    """What it cannot do as requested (a style dropped, a voice replaced)."""


@dataclass(frozen=True, slots=True)
class Health:
    """Result of a health check."""

    ok: bool
    detail: str
    """A sentence or two for the host."""
    came: str = ""
    """Format, rate and length of a spoken test word: ``wav, 24000 Hz, 0.4 s``. Empty if there was none."""
    warnings: tuple[Note, ...] = ()
    """Warnings for the host although it answers, as sentences by their codes."""


class Provider(Protocol):
    """A speech provider. Methods raise ProviderError or InputError and nothing else that is expected."""

    name: str
    """Its name in the configuration."""

    @property
    def identity(self) -> str:
        """Return what distinguishes its sound from another engine's under the same name: usually its address."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """Its capabilities."""
        ...

    def check_ready(self) -> None:
        """Raise ConfigError if it cannot be used at all (no key). Makes no requests."""
        ...

    def plan(self, request: SpeechRequest) -> Plan:
        """Return what ``synthesize`` would send, without requests. Raises InputError if it would refuse."""
        ...

    def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Pcm | Usage, None]:
        """Make one attempt: yield sound as it is made, mono, at any rate, and finally one Usage.

        ``request.planned`` need not be made a second time, unless what it rests on may have changed.
        """
        ...

    async def models(self) -> tuple[str, ...]:
        """Return the model ids it lists; may be empty."""
        ...

    async def health(self, *, speak: bool = False) -> Health:
        """Return whether it would answer now; a word is really spoken if that is free, or if ``speak``.

        Does not raise ProviderError.
        """
        ...

    async def close(self) -> None:
        """Close connections and processes."""
        ...


def estimate_tokens(*texts: str) -> int:
    """Return the estimated tokens of a text: 1/4 of its ASCII and 1/1.6 of its other characters, at least 1."""
    plain = sum(character < "\x80" for text in texts for character in text)
    other = sum(map(len, texts)) - plain
    return max(1, math.ceil(plain / 4 + other / 1.6))


_WORD = "OK."
"""Every voice of every language can say it."""


async def spoken(provider: Provider, answered: str, form: Callable[[], str]) -> Health:
    """Return the health of a provider that answered: whether it speaks, and the format of its sound.

    ``form`` returns the format once there was sound.
    """
    seconds, rate, has_sound = 0.0, 0, False
    try:
        async with aclosing(provider.synthesize(SpeechRequest(_WORD))) as parts:
            async for part in parts:
                if isinstance(part, Pcm):
                    seconds, rate = seconds + part.seconds, part.rate
                    has_sound = has_sound or bool(part.samples.strip(b"\0"))
    except BotError as error:
        words = error.detail if isinstance(error, ProviderError) and error.detail else error.code
        return Health(ok=False, detail=f"{answered} But it does not speak ({error.code}): {words}.")
    if not has_sound:
        return Health(ok=False, detail=f"{answered} But it speaks nothing but silence.")
    came = f"{form()}, {rate} Hz, {seconds:.1f} s"
    return Health(ok=True, detail=f"{answered} It spoke a word: {came}.", came=came)
