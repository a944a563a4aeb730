"""The provider chain: one segment spoken by the first provider that can, with retries, budget and circuit breakers.

Called by the waist for each segment. What a provider yields arrives at 24 kHz in a ``Take``.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Protocol

from bot.audio.pcm import Resampler
from bot.errors import BotError, ErrorKind, ProviderError
from bot.model import SAMPLE_RATE, Usage, Voice, VoiceKind
from bot.speech.breaker import Breaker
from bot.speech.budget import Budget
from bot.speech.provider import Provider, SpeechRequest
from bot.speech.refusals import Refusals
from bot.speech.truncation import longest_seconds
from bot.speech.turns import Asker

_ATTEMPTS = 3
_FIRST_PAUSE = 0.5
"""Seconds before the second attempt; doubled each time, half to one and a half of it at random."""
_LONGEST_PAUSE = 8.0
_LONGEST_TRY = 8.0
"""Seconds: what failed after so long is not tried again; another provider would have spoken meanwhile."""
_OF_THE_TEXT = frozenset({ErrorKind.BAD_ANSWER, ErrorKind.INCOMPLETE})
"""What may be owed to the text: it tells against the provider once for a request, however often that was tried."""
_WHOLE = 192_000
"""Bytes from which on samples are resampled in a thread."""


class Take(Protocol):
    """Where one segment's sound goes."""

    async def write(self, samples: bytes) -> None:
        """Some 24 kHz samples."""
        ...

    def reset(self) -> bool:
        """Forget what was written, for another attempt; False when it was heard already."""
        ...


class Chain:
    """Providers in the order of the configuration."""

    def __init__(
        self,
        providers: Sequence[Provider],
        budget: Budget,
        breakers: Mapping[str, Breaker],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        refusals: Refusals | None = None,
    ) -> None:
        """``refusals`` tells the host of those that only the host can mend."""
        self.providers = tuple(providers)
        self._budget = budget
        self._breakers = breakers
        self._sleep = sleep
        self._refusals = refusals or Refusals()

    def able(self, voice: Voice) -> tuple[Provider, ...]:
        """Who could speak with this voice, set up or not, those first that may have it.

        Raises ProviderError UNSUPPORTED.
        """
        able = [provider for provider in self.providers if voice.kind in provider.capabilities.kinds]
        if not able:
            raise ProviderError(self.providers[0].name, ErrorKind.UNSUPPORTED, detail=f"no {voice.kind} voices")
        if voice.kind is VoiceKind.PRESET and voice.id:
            likely = _likely(voice.id, able)
            able.sort(key=lambda provider: provider not in likely)
        return tuple(able)

    def owners(self, voice: Voice) -> frozenset[str]:
        """Names of those that may have a preset voice; for the others it is foreign. Empty where none is named."""
        if voice.kind is not VoiceKind.PRESET or not voice.id:
            return frozenset()
        able = self.able(voice)
        return frozenset(provider.name for provider in _likely(voice.id, able) or able[:1])

    def order(self, voice: Voice) -> tuple[Provider, ...]:
        """Who may be asked for this voice now, in order. Raises the first's reason when nobody is set up (no key)."""
        able: list[Provider] = []
        reason: BotError | None = None
        for provider in self.able(voice):
            try:
                provider.check_ready()
            except BotError as error:
                reason = reason or error
            else:
                able.append(provider)
        if reason is not None and not able:
            raise reason
        return tuple(able)

    def unmetered(self) -> tuple[Provider, ...]:
        """Who costs no quota and is set up."""
        return tuple(
            provider for provider in self.providers if not provider.capabilities.metered and _is_ready(provider)
        )

    def resting(self, provider: Provider) -> ProviderError | None:
        """Why a provider should not be asked now, if it should not."""
        breaker = self._breakers[provider.name]
        return breaker.last if breaker.open else None

    async def speak(self, provider: Provider, request: SpeechRequest, asker: Asker, take: Take) -> None:
        """One segment by one provider, tried again while that is safe. Raises ProviderError, BusyError, InputError."""
        breaker = self._breakers[provider.name]
        for attempt in range(1, _ATTEMPTS + 1):
            turn = _Turn()
            try:
                await self._attempt(provider, request, asker, take, turn)
            except ProviderError as error:
                self._refusals.note(provider.name, error.kind)
                again = error.retryable and attempt < _ATTEMPTS and turn.seconds < _LONGEST_TRY and take.reset()
                if not again or error.kind not in _OF_THE_TEXT:
                    breaker.failed(error)
                if not again or breaker.open:
                    raise
                await self._pause(provider, error, attempt)
            else:
                breaker.succeeded()
                return

    async def _pause(self, provider: Provider, error: ProviderError, attempt: int) -> None:
        seconds = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1)) * random.uniform(0.5, 1.5)  # noqa: S311  jitter
        if error.kind is ErrorKind.RATE_LIMIT:
            # Everyone keeps quiet, not only this request; the next attempt waits inside the budget.
            await self._budget.pause(provider.name, error.retry_after or seconds)
        else:
            await self._sleep(seconds)

    async def _attempt(
        self, provider: Provider, request: SpeechRequest, asker: Asker, take: Take, turn: "_Turn"
    ) -> None:
        plan = provider.plan(request)
        resampler: Resampler | None = None
        left = int(longest_seconds(request.text) * SAMPLE_RATE) * 2
        heard = False
        async with (
            self._budget.call(provider.name, asker, plan.tokens) as call,
            aclosing(provider.synthesize(request)) as stream,
        ):
            turn.begin()
            async for item in stream:
                if isinstance(item, Usage):
                    call.usage = item
                    continue
                if resampler is None or resampler.rate != item.rate:  # files in a row may differ
                    rest = resampler.finish() if resampler is not None else b""
                    resampler = Resampler(item.rate)
                else:
                    rest = b""
                samples = rest + await _fed(resampler, item.samples)
                heard = heard or bool(samples.strip(b"\0"))
                left -= len(samples)
                if left < 0:
                    raise ProviderError(provider.name, ErrorKind.BAD_ANSWER, detail="far more sound than text")
                await take.write(samples)
            if not heard:
                raise ProviderError(provider.name, ErrorKind.BAD_ANSWER, detail="silence")
        if resampler is not None:
            await take.write(resampler.finish())


class _Turn:
    """When an attempt had its turn: waiting for it does not count."""

    def __init__(self) -> None:
        self._began: float | None = None

    def begin(self) -> None:
        """Start the clock."""
        self._began = asyncio.get_running_loop().time()

    @property
    def seconds(self) -> float:
        """Since then."""
        return 0.0 if self._began is None else asyncio.get_running_loop().time() - self._began


def _likely(voice: str, providers: Sequence[Provider]) -> list[Provider]:
    """Those that list the voice; where nobody does, those that do not list what they have."""
    listers = [one for one in providers if any(voice == info.id for info in one.capabilities.voices)]
    return listers or [one for one in providers if not one.capabilities.voices]


def _is_ready(provider: Provider) -> bool:
    try:
        provider.check_ready()
    except BotError:
        return False
    return True


async def _fed(resampler: Resampler, samples: bytes) -> bytes:
    """Resampled; a whole recording in a thread."""
    if len(samples) > _WHOLE:
        return await asyncio.to_thread(resampler.feed, samples)
    return resampler.feed(samples)
