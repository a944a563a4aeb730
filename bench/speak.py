"""One ``/say`` through the synthesis core with a free provider: the cost of our own code. Called by ``bench``."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bench.audio import speech_wav
from bot.audio.opus import ClipEncoder
from bot.audio.pcm import Pcm, decode_wav
from bot.config import Config
from bot.model import Account, Lane, Usage, Utterance
from bot.providers.base import Capabilities, Health, Plan, SpeechRequest
from bot.speech.fallback import Breaker, Chain
from bot.speech.limits import RateLimiter
from bot.speech.policy import Policy
from bot.speech.service import SpeechService
from bot.speech.sink import Recording
from bot.store.accounts import BlockedAccounts
from bot.store.clips import ClipStore
from bot.store.database import Database
from bot.store.ledger import Ledger
from bot.store.provider_calls import ProviderCalls, ProviderLimits
from bot.store.settings import Spaces

_ROUNDS = 41
_SECONDS = 2
_CHUNK = 9600
"""Bytes of a streamed chunk: 200 ms."""


class _Ready:
    """A provider with prepared sound; it notes when it yielded its first chunk."""

    name = "ready"
    identity = "here"
    capabilities = Capabilities()

    def __init__(self, samples: bytes) -> None:
        self.samples = samples
        self.gave = 0.0

    def check_ready(self) -> None:
        """Accept: always ready."""

    def plan(self, request: SpeechRequest) -> Plan:
        return Plan({"text": request.text}, tokens=10)

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Pcm | Usage, None]:
        self.gave = time.perf_counter()
        for start in range(0, len(self.samples), _CHUNK):
            yield Pcm(self.samples[start : start + _CHUNK], 24_000)
        yield Usage(10, 10)

    async def models(self) -> tuple[str, ...]:
        return ()

    async def health(self, *, speak: bool = False) -> Health:
        return Health(ok=True, detail="")

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""


class _Live:
    """A live sink that notes when it got its first packet."""

    live = True
    max_bytes: int | None = None

    def __init__(self) -> None:
        self.got = 0.0

    async def write(self, packets: Sequence[bytes]) -> None:
        self.got = self.got or time.perf_counter()

    async def ready(self) -> None:
        """Return at once."""


@asynccontextmanager
async def _service_with(provider: _Ready) -> AsyncIterator[SpeechService]:
    with tempfile.TemporaryDirectory() as folder:
        config = Config()
        async with (
            Database.open(Path(folder)) as database,
            Ledger.open(database) as ledger,
            ClipStore.open(Path(folder)) as clips,
        ):
            limits = {provider.name: ProviderLimits(max_concurrency=1)}
            limiter = RateLimiter(ProviderCalls(database), limits, clock=time.time)
            chain = Chain([provider], limiter, {provider.name: Breaker(time.monotonic)})
            quota = config.quota.model_copy(
                update={"account_requests_per_minute": 0, "account_characters_per_day": 10_000_000}
            )
            policy = Policy(Spaces(database), BlockedAccounts(database), ledger.overrides)
            yield SpeechService(chain, ledger, clips, policy, speech=config.speech, quota=quota)


def _bare(samples: bytes) -> float:
    """Return the CPU seconds of the encoding alone."""
    start = time.process_time()
    encoder = ClipEncoder()
    encoder.feed(samples)
    encoder.finish()
    return time.process_time() - start


async def _cpu(work: Coroutine[None, None, None]) -> float:
    start = time.process_time()
    await work
    return time.process_time() - start


async def _measure() -> list[str]:
    samples = decode_wav(speech_wav(_SECONDS)).samples
    provider = _Ready(samples)
    sam = Account("bench", "sam")
    ratios: list[float] = []
    fresh: list[float] = []
    cached: list[float] = []
    first: list[float] = []
    async with _service_with(provider) as service:
        for number in range(_ROUNDS):
            bare = _bare(samples)

            async def say(key: str, take: int = number) -> None:
                await service.speak(Utterance("Hello there.", key, sam, take=take), Recording())

            cost = await _cpu(say(f"new{number}"))
            again = await _cpu(say(f"same{number}"))
            sink = _Live()
            await service.speak(Utterance("Live words.", f"live{number}", sam, take=number, lane=Lane.CALL), sink)
            fresh.append(cost)
            cached.append(again)
            ratios.append(cost / bare)
            first.append(sink.got - provider.gave)
    middle = statistics.median
    added = middle(again / cost for again, cost in zip(cached, fresh, strict=True))
    return [
        f"one /say of {_SECONDS} s in our code, without the provider: {1000 * middle(fresh):.1f} ms CPU",
        f"... beside its Opus encoding alone: {middle(ratios):.2f} x",
        f"the same again, out of the cache: {1000 * middle(cached):.1f} ms CPU, {added:.2f} x the first time",
        f"first chunk to first packet through speak: median {1000 * middle(first):.2f} ms (goal: under 1 ms)",
    ]


def run() -> list[str]:
    """Return rows to print."""
    return asyncio.run(_measure())
