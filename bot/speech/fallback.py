"""Providers in fallback order: retries, wait budgets and a circuit breaker for each."""

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
_REFUSED = frozenset({ErrorKind.AUTHENTICATION, ErrorKind.BALANCE, ErrorKind.FORBIDDEN, ErrorKind.MODEL})


class Breaker:
    """Closed: requests pass. Open: they do not. After the rest they pass again; one failure opens it again."""

    def __init__(
        self, clock: Callable[[], float], *, failures: int = 3, rest: float = 30.0, long_rest: float = 300.0
    ) -> None:
        """``clock`` gives monotonic seconds; ``long_rest`` is for what only the host can mend (a wrong key)."""
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
        """Return whether requests should go elsewhere now."""
        return self._clock() < self._open_until

    def succeeded(self) -> None:
        """A request worked."""
        self._failures = 0
        self._open_until = 0.0
        self.last = None

    def failed(self, error: ProviderError) -> None:
        """A request failed. What says nothing of the provider's health (a refused text, a limit of ours) is ignored."""
        if error.kind in _REFUSED:
            self._open_until = self._clock() + self._long_rest
        elif error.kind in _BROKEN:
            self._failures += 1
            if self._failures < self._most:
                return
            self._failures = self._most - 1  # one more failure after the rest opens it again
            self._open_until = self._clock() + self._rest
        else:
            return
        self.last = error


_log = logging.getLogger("mouthpiece")

EVERY = 3600.0
"""Seconds between two lines about one provider."""
_FOR_THE_HOST = frozenset({ErrorKind.AUTHENTICATION, ErrorKind.BALANCE, ErrorKind.FORBIDDEN, ErrorKind.MODEL})
"""What only the host can mend."""


@dataclass(frozen=True, slots=True)
class _Told:
    at: float
    kind: ErrorKind | None
    """None where a check at the start failed, which does not say why."""


class Refusals:
    """One for a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` gives seconds that never go back."""
        self._clock = clock
        self._told: dict[str, _Told] = {}

    def note(self, provider: str, kind: ErrorKind) -> None:
        """Log what only the host can mend, once an hour for each provider, or when it is something else than before."""
        if kind not in _FOR_THE_HOST:
            return
        told = self._told.get(provider)
        if told is not None and self._clock() - told.at < EVERY and told.kind in (None, kind):
            return
        self._told[provider] = _Told(self._clock(), kind)
        _log.warning("provider %s refuses us: %s (%s)", provider, say(codes.REASON.get(kind, kind), "en"), kind)

    def failed(self, provider: str, detail: str) -> None:
        """Log that the check at the start failed. ``detail``: why, for the host."""
        self._told[provider] = _Told(self._clock(), None)
        _log.warning("provider %s would not speak now: %s", provider, detail)


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
        limiter: RateLimiter,
        breakers: Mapping[str, Breaker],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        refusals: Refusals | None = None,
    ) -> None:
        """``refusals`` tells the host of those that only the host can mend."""
        self.providers = tuple(providers)
        self._limiter = limiter
        self._breakers = breakers
        self._sleep = sleep
        self._refusals = refusals or Refusals()

    def able(self, voice: Voice) -> tuple[Provider, ...]:
        """Return who could speak with this voice, set up or not, those first that may have it.

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
        """Return names of those that may have a preset voice; for the others it is foreign.

        Empty where none is named.
        """
        if voice.kind is not VoiceKind.PRESET or not voice.id:
            return frozenset()
        able = self.able(voice)
        return frozenset(provider.name for provider in _likely(voice.id, able) or able[:1])

    def order(self, voice: Voice) -> tuple[Provider, ...]:
        """Return who may be asked for this voice now, in order.

        Raises the first's reason when nobody is set up (no key).
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
        """Return who costs no quota and is set up."""
        return tuple(
            provider for provider in self.providers if not provider.capabilities.metered and _is_ready(provider)
        )

    def open_circuit(self, provider: Provider) -> ProviderError | None:
        """Return why a provider should not be asked now, if it should not."""
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
            await self._limiter.pause(provider.name, error.retry_after or seconds)
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
            self._limiter.call(provider.name, asker, plan.tokens) as call,
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
    """Return those that list the voice; where nobody does, those that do not list what they have."""
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
