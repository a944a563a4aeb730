"""Fallback order of providers: retries, wait budgets and a circuit breaker for each."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from bot.audio.pcm import Resampler
from bot.errors import BotError, ErrorKind, ProviderError
from bot.model import SAMPLE_RATE, Usage, Voice, VoiceKind
from bot.providers.base import Provider, SpeechRequest
from bot.speech.limits import Asker, RateLimiter
from bot.text.split import longest_seconds
from bot.texts import codes, say

_BROKEN = frozenset(
    {ErrorKind.SERVER, ErrorKind.CONNECTION, ErrorKind.TIMEOUT, ErrorKind.BAD_ANSWER, ErrorKind.INCOMPLETE}
)
_FOR_THE_HOST = frozenset({ErrorKind.AUTHENTICATION, ErrorKind.BALANCE, ErrorKind.FORBIDDEN, ErrorKind.MODEL})
"""Failures that only the host can fix."""


class Breaker:
    """Circuit breaker. Closed: requests pass. Open: they do not, until after a pause; then one failure reopens it."""

    def __init__(
        self, clock: Callable[[], float], *, failures: int = 3, rest: float = 30.0, long_rest: float = 300.0
    ) -> None:
        """Set up; ``clock`` gives monotonic seconds.

        ``rest`` and ``long_rest`` are seconds of pause, the latter after faults that only the host can fix (a wrong
        key).
        """
        self._clock = clock
        self._most = failures
        self._rest = rest
        self._long_rest = long_rest
        self._failures = 0
        self._open_until = 0.0
        self.last: ProviderError | None = None
        """Why it opened."""

    @property
    def open(self) -> bool:
        """Return whether the circuit is open, so requests should go elsewhere."""
        return self._clock() < self._open_until

    def succeeded(self) -> None:
        """Note that a request succeeded."""
        self._failures = 0
        self._open_until = 0.0
        self.last = None

    def failed(self, error: ProviderError) -> None:
        """Note that a request failed.

        Ignore failures unrelated to the provider's health (a refused text, a limit of ours).
        """
        if error.kind in _FOR_THE_HOST:
            self._open_until = self._clock() + self._long_rest
        elif error.kind in _BROKEN:
            self._failures += 1
            if self._failures < self._most:
                return
            self._failures = self._most - 1  # one more failure after the pause reopens the circuit
            self._open_until = self._clock() + self._rest
        else:
            return
        self.last = error


_log = logging.getLogger("mouthpiece")

EVERY = 3600.0
"""Minimum seconds between two log lines about one provider."""


@dataclass(frozen=True, slots=True)
class _Told:
    at: float
    kind: ErrorKind | None
    """None if the check at the start failed, which gives no kind."""


class Refusals:
    """Log of providers' refusals; one per process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Set up; ``clock`` gives monotonic seconds."""
        self._clock = clock
        self._told: dict[str, _Told] = {}

    def note(self, provider: str, kind: ErrorKind) -> None:
        """Log a failure only the host can fix, once an hour per provider, or when its kind changes."""
        if kind not in _FOR_THE_HOST:
            return
        told = self._told.get(provider)
        if told is not None and self._clock() - told.at < EVERY and told.kind in (None, kind):
            return
        self._told[provider] = _Told(self._clock(), kind)
        _log.warning("provider %s refuses requests: %s (%s)", provider, say(codes.REASON.get(kind, kind), "en"), kind)

    def failed(self, provider: str, detail: str) -> None:
        """Log that the check at the start failed. ``detail``: why, for the host."""
        self._told[provider] = _Told(self._clock(), None)
        _log.warning("provider %s is not available: %s", provider, detail)


_ATTEMPTS = 3
_FIRST_PAUSE = 0.5
"""Seconds before the second attempt; doubled each time, with jitter of ±50 %."""
_LONGEST_PAUSE = 8.0
_LONGEST_TRY = 8.0
"""Seconds: a request that failed after longer is not retried; another provider would have spoken meanwhile."""
_OF_THE_TEXT = frozenset({ErrorKind.BAD_ANSWER, ErrorKind.INCOMPLETE})
"""Failures the text may have caused: they count against the provider once per request, whatever the number of attempts.
"""
_WHOLE = 192_000
"""Bytes above which samples are resampled in a thread."""


class Take(Protocol):
    """Receives one segment's sound."""

    async def write(self, samples: bytes) -> None:
        """Take 24 kHz samples."""
        ...

    def reset(self) -> bool:
        """Discard what was written, before another attempt. Return False if it was already heard."""
        ...


class Chain:
    """Providers in the order of the configuration."""

    def __init__(
        self,
        providers: Sequence[Provider],
        limiter: RateLimiter,
        breakers: Mapping[str, Breaker],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        refusals: Refusals | None = None,
    ) -> None:
        """Set up; ``refusals`` logs failures only the host can fix."""
        self.providers = tuple(providers)
        self._limiter = limiter
        self._breakers = breakers
        self._sleep = sleep
        self._refusals = refusals or Refusals()

    def able(self, voice: Voice) -> tuple[Provider, ...]:
        """Return the providers that support this voice, set up or not, those that own it first.

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
        """Return the names of the providers that own a preset voice; empty if no preset is named."""
        if voice.kind is not VoiceKind.PRESET or not voice.id:
            return frozenset()
        able = self.able(voice)
        return frozenset(provider.name for provider in _likely(voice.id, able) or able[:1])

    def order(self, voice: Voice) -> tuple[Provider, ...]:
        """Return the providers that can be tried for this voice now, in fallback order.

        Raises the first one's error when none is set up (no key).
        """
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
        """Return the providers that are set up and cost no quota."""
        return tuple(
            provider for provider in self.providers if not provider.capabilities.metered and _is_ready(provider)
        )

    def open_circuit(self, provider: Provider) -> ProviderError | None:
        """Return the last error of a provider whose circuit is open, otherwise None."""
        breaker = self._breakers[provider.name]
        return breaker.last if breaker.open else None

    async def speak(self, provider: Provider, request: SpeechRequest, asker: Asker, take: Take) -> None:
        """Speak one segment with one provider, retrying while that is safe.

        Raises ProviderError, BusyError, InputError.
        """
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
            # Every caller pauses, not only this request; the next attempt waits inside the rate limiter.
            await self._limiter.pause(provider.name, error.retry_after or seconds)
        else:
            await self._sleep(seconds)

    async def _attempt(
        self, provider: Provider, request: SpeechRequest, asker: Asker, take: Take, turn: "_Turn"
    ) -> None:
        plan = request.planned or provider.plan(request)
        resampler: Resampler | None = None
        left = int(longest_seconds(request.text) * SAMPLE_RATE) * 2
        heard = False
        async with (
            self._limiter.call(provider.name, asker, plan.tokens) as call,
            aclosing(provider.synthesize(request)) as stream,
        ):
            turn.begin()
            async for item in stream:
                if isinstance(item, Usage):
                    call.usage = item
                    continue
                if resampler is None or resampler.rate != item.rate:  # consecutive files may differ
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
    """Measures an attempt from the moment it has its turn; waiting for it does not count."""

    def __init__(self) -> None:
        self._began: float | None = None

    def begin(self) -> None:
        """Start the clock."""
        self._began = asyncio.get_running_loop().time()

    @property
    def seconds(self) -> float:
        """Return the seconds since then."""
        return 0.0 if self._began is None else asyncio.get_running_loop().time() - self._began


def _likely(voice: str, providers: Sequence[Provider]) -> list[Provider]:
    """Return the providers that list the voice; if none does, those that list no voices at all."""
    listers = [one for one in providers if any(voice == info.id for info in one.capabilities.voices)]
    return listers or [one for one in providers if not one.capabilities.voices]


def _is_ready(provider: Provider) -> bool:
    try:
        provider.check_ready()
    except BotError:
        return False
    return True


async def _fed(resampler: Resampler, samples: bytes) -> bytes:
    """Return resampled samples; a whole recording is resampled in a thread."""
    if len(samples) > _WHOLE:
        return await asyncio.to_thread(resampler.feed, samples)
    return resampler.feed(samples)
