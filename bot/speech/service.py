"""The waist: everything that speaks passes ``SpeechService.speak``.

clean → split → (clip cache) → hold quota → provider → Opus packets → sink. The first two are ``script.py``, the
quota is ``meter.py``, retries and budget are ``chain.py``, samples become packets in ``track.py``.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bot.config import QuotaConfig, SpeechConfig
from bot.errors import BusyError, ConfigError, ErrorKind, ProviderError
from bot.model import Account, Clip, Lane, Note, Receipt, Segment, Space, Utterance, Voice
from bot.speech.chain import Chain
from bot.speech.guard import Guard
from bot.speech.meter import BUILT_IN, PAID, Balance, Meter, balance, space_balance
from bot.speech.provider import Provider, VoiceInfo
from bot.speech.script import Script, prepare
from bot.speech.shelf import Shelf
from bot.speech.sink import Sink
from bot.speech.split import split_recording
from bot.speech.track import LiveTrack, RecordingTrack, Track
from bot.speech.truncation import expected_seconds, looks_truncated
from bot.speech.turns import Asker, Waiting
from bot.store.clips import ClipStore
from bot.store.ledger import Ledger
from bot.store.quota import Meter as MeterName

_LONG_TEXT = 2000
"""Characters from which on cleaning takes milliseconds and leaves the event loop."""
_LEAST_BITRATE = 12_000
"""Bits per second below which speech suffers more than from a second voice message."""
_SMALLEST_PIECE = 60
"""Characters: what is cut off even at this length is not cut off for its length."""

Progress = Callable[[int, int], None]
"""Called with segments done and segments in all."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What would be done with an utterance."""

    spoken: str
    segments: tuple[str, ...]
    requests: tuple[dict[str, Any], ...]
    characters: int
    tokens: int
    provider: str
    notes: tuple[Note, ...]


_Failure = ProviderError | BusyError | ConfigError
"""After which another provider may be asked."""


@dataclass(slots=True)
class _Job:
    """One utterance on its way through the providers."""

    script: Script
    utterance: Utterance
    meter: Meter
    track: Track
    live: bool
    asker: Asker
    progress: Progress | None
    providers: deque[Provider]
    """Who may still be asked; the first is asked."""
    notes: list[Note]
    spoke: list[str] = field(default_factory=list)
    """Names of those who did speak."""
    cut: bool = False
    """Whether a live segment broke off."""
    failure: _Failure | None = None
    """Why it did, the last time."""


@dataclass(frozen=True, slots=True)
class _Line:
    """Who is asked, and what was said before."""

    providers: deque[Provider]
    keys: dict[str, str]
    """Of the clips that would do, by provider, the likeliest last."""
    notes: list[Note]


class SpeechService:
    """The synthesis core: one for a process, on one event loop."""

    def __init__(
        self, chain: Chain, ledger: Ledger, clips: ClipStore, guard: Guard, *, speech: SpeechConfig, quota: QuotaConfig
    ) -> None:
        self._chain = chain
        self._guard = guard
        self._ledger = ledger
        self._shelf = Shelf(clips, most_waiting=speech.queue)
        self._speech = speech
        self._quota = quota

    def voices(self) -> tuple[VoiceInfo, ...]:
        """Every listed voice of the chain, in its order, each id once."""
        listed: dict[str, VoiceInfo] = {}
        for provider in self._chain.providers:
            for info in provider.capabilities.voices:
                listed.setdefault(info.id, info)
        return tuple(listed.values())

    async def explain(self, utterance: Utterance, *, live: bool = False) -> Explanation:
        """What ``speak`` would send. Calls nobody, holds nothing.

        Raises InputError, ProviderError UNSUPPORTED, StoreError.
        """
        utterance = self._with_voice(utterance)
        try:
            provider = self._chain.order(utterance.voice)[0]
        except ConfigError:  # nobody has a key: still worth explaining
            provider = self._chain.able(utterance.voice)[0]
        script = await self._prepare(utterance, (provider,), live=live)
        await self._guard.check(utterance, script.spoken)
        plans = [provider.plan(script.request(segment.text)) for segment in script.segments]
        return Explanation(
            spoken=script.spoken,
            segments=tuple(segment.text for segment in script.segments),
            requests=tuple({"provider": provider.name, **plan.body} for plan in plans),
            characters=script.characters,
            tokens=sum(plan.tokens for plan in plans),
            provider=provider.name,
            notes=_once(note for plan in plans for note in plan.notes),
        )

    async def speak(
        self, utterance: Utterance, sink: Sink, progress: Progress | None = None, waiting: Waiting | None = None
    ) -> Receipt:
        """Say one utterance into a sink, segment by segment; charge only what was synthesized.

        ``waiting`` tells its place while it waits for a turn. When it returns or raises, all is settled. Raises
        InputError, QuotaError, BusyError, ProviderError, ConfigError (no key), DuplicateError, StoreError.
        """
        utterance = self._with_voice(utterance)
        order = self._chain.order(utterance.voice)
        script = await self._prepare(utterance, order, live=sink.live)
        await self._guard.admit(utterance, script.spoken)
        bitrate = self._bitrate(script, sink)
        line = await self._line_up(order, script, bitrate, utterance.take)
        async with (
            nullcontext() if sink.live else self._shelf.flight(line.keys[line.providers[0].name]),
            Meter(self._ledger, self._quota, utterance, resumable=not sink.live) as meter,
        ):
            if (found := await self._shelf.find(tuple(line.keys.values()))) is not None:
                await meter.hold(PAID, script.characters, free=True)
                await sink.write(found.clip.packets)
                notes = await self._notes(found.provider, script)
                return Receipt(found.clip, found.provider, script.spoken, 0, True, found.key, notes)
            track = LiveTrack(sink, bitrate) if sink.live else RecordingTrack(sink, bitrate)
            asker = Asker(utterance.lane, _turns_of(utterance), waiting or Waiting())
            job = _Job(script, utterance, meter, track, sink.live, asker, progress, line.providers, line.notes)
            await self._synthesize(job)
            clip = await track.finish()
            if not job.cut:
                meter.round_up(script.characters)
            key = await self._keep(clip, job, bitrate, line.keys)
            await meter.settle()
            return Receipt(clip, job.spoke[-1], script.spoken, meter.charged, clip_key=key, notes=_once(job.notes))

    async def balance(self, account: Account, roles: tuple[str, ...] = (), meter: MeterName = PAID) -> Balance:
        """What an account has spent today and may still spend. Raises StoreError."""
        return await balance(self._ledger, self._quota, account, roles, meter)

    async def space_balance(self, space: Space) -> Balance:
        """The same for a space. Raises StoreError."""
        return await space_balance(self._ledger, self._quota, space)

    def meter_of(self, provider: str) -> MeterName:
        """The meter that a provider's speech is counted on."""
        spoke = next((known for known in self._chain.providers if known.name == provider), None)
        return BUILT_IN if spoke is not None and not spoke.capabilities.metered else PAID

    async def file_id(self, receipt: Receipt, platform: str) -> str | None:
        """The platform's own name of this clip, where it was uploaded before."""
        return await self._shelf.file_id(receipt.clip_key, platform)

    async def remember_file(self, receipt: Receipt, platform: str, file_id: str) -> None:
        """The clip was uploaded and can be sent again by this name."""
        await self._shelf.remember_file(receipt.clip_key, platform, file_id)

    def _with_voice(self, utterance: Utterance) -> Utterance:
        """With the configured voice where none is named."""
        if utterance.voice == Voice() and self._speech.default_voice:
            return replace(utterance, voice=Voice(id=self._speech.default_voice))
        return utterance

    async def _line_up(self, order: Sequence[Provider], script: Script, bitrate: int, take: int) -> "_Line":
        """Who will be asked, in order, and where the clips of those until the first of them would stand.

        Who rests after failures, or cannot even plan this, is left out with a note while somebody else is there.
        """
        keys: dict[str, str] = {}
        line = deque(order)
        notes: list[Note] = []
        while True:
            provider = line[0]
            reason: _Failure | None = self._chain.resting(provider)
            try:
                keys[provider.name] = await self._shelf.key(provider, script, bitrate, take)
            except (ProviderError, ConfigError) as error:
                reason = error
                if len(line) == 1 or not _next_may_speak(error):
                    raise
            if reason is None or len(line) == 1:
                return _Line(line, keys, notes)
            line.popleft()
            notes.append(_backup(provider, line[0], reason))

    async def _prepare(self, utterance: Utterance, order: Sequence[Provider], *, live: bool) -> Script:
        longest = min(provider.capabilities.segment_characters for provider in order)
        short = live or utterance.lane is Lane.JOB  # so that others get a turn soon
        ready = partial(prepare, utterance, self._speech, short=short, segment_characters=longest)
        return await asyncio.to_thread(ready) if len(utterance.text) > _LONG_TEXT else ready()

    def _bitrate(self, script: Script, sink: Sink) -> int:
        """The configured one, or less where the recording would outgrow its sink."""
        if sink.max_bytes is None:
            return self._speech.bitrate
        seconds = expected_seconds(script.spoken)[1]
        fitting = int(sink.max_bytes * 8 * 0.9 / max(seconds, 1.0))
        return max(_LEAST_BITRATE, min(self._speech.bitrate, fitting))

    async def _synthesize(self, job: _Job) -> None:
        """Every segment by the first provider that can; a segment cut short is split and asked for again."""
        work = deque(job.script.segments)
        done = 0
        while work:
            segment = work.popleft()
            pieces = await self._segment(job, segment, sum(len(rest.text) for rest in work))
            work.extendleft(reversed(pieces))
            done += not pieces
            if job.progress is not None:
                job.progress(done, done + len(work))
        if not job.spoke and job.failure is not None:
            raise job.failure

    async def _segment(self, job: _Job, segment: Segment, still: int) -> Sequence[Segment]:
        """Speak one segment; returns the pieces to speak in its stead where it was cut short."""
        while True:
            provider = job.providers[0]
            meter = self.meter_of(provider.name)
            await job.meter.hold(meter, job.script.characters if not job.spoke else len(segment.text) + still)
            try:
                return await self._by(job, provider, segment, meter)
            except (ProviderError, BusyError, ConfigError) as error:
                heard = not job.track.reset()
                if heard and (job.spoke or len(job.script.segments) > 1):
                    job.cut, job.failure = True, error
                    job.notes.append(Note("note.cut"))
                    await job.track.keep(segment.gap)
                    return ()
                if heard or len(job.providers) == 1 or not _next_may_speak(error):
                    raise
                job.providers.popleft()
                job.notes.append(_backup(provider, job.providers[0], error))

    async def _by(self, job: _Job, provider: Provider, segment: Segment, meter: MeterName) -> Sequence[Segment]:
        request = job.script.request(segment.text)
        await self._chain.speak(provider, request, job.asker, job.track)
        if not job.live and looks_truncated(segment.text, job.track.seconds):
            job.track.reset()
            if len(segment.text) < 2 * _SMALLEST_PIECE:
                raise ProviderError(provider.name, ErrorKind.INCOMPLETE, detail="the recording is far too short")
            return _halves(segment)
        joined = len(job.script.segments) > 1
        await job.track.keep(segment.gap, joined=joined, level=provider.capabilities.level)
        job.meter.spend(meter, len(segment.text))
        job.notes.extend(provider.plan(request).notes)
        job.spoke.append(provider.name)
        return ()

    async def _keep(self, clip: Clip, job: _Job, bitrate: int, keys: Mapping[str, str]) -> str:
        """Put a clip that one provider spoke whole on the shelf; returns its key, or nothing."""
        if job.cut or len(set(job.spoke)) != 1:
            return ""
        provider = job.providers[0]
        key = keys.get(provider.name) or await self._shelf.key(provider, job.script, bitrate, job.utterance.take)
        await self._shelf.keep(key, clip, provider.name)
        return key

    async def _notes(self, name: str, script: Script) -> tuple[Note, ...]:
        """What a provider has to tell of this wish: also where the sound was made for another one."""
        provider = next((known for known in self._chain.providers if known.name == name), None)
        if provider is None:
            return ()
        requests = [script.request(segment.text) for segment in script.segments]
        plans = await asyncio.to_thread(lambda: [provider.plan(request) for request in requests])
        return _once(note for plan in plans for note in plan.notes)


def _turns_of(utterance: Utterance) -> str:
    """Whose turn it is: the space's, or the account's where there is none."""
    whose = utterance.space or utterance.account
    return whose.scope if whose is not None else ""


def _next_may_speak(error: _Failure) -> bool:
    """Whether another provider should be asked instead."""
    return error.next_may_speak if isinstance(error, ProviderError) else True


def _backup(instead: Provider, provider: Provider, error: _Failure) -> Note:
    match error:
        case ProviderError():
            reason = str(error.kind)
        case BusyError():
            reason = "busy"
        case _:
            reason = "config"
    return Note("note.backup", (("provider", provider.name), ("instead", instead.name), ("reason", reason)))


def _halves(segment: Segment) -> tuple[Segment, ...]:
    *pieces, last = split_recording(segment.text, max(_SMALLEST_PIECE, len(segment.text) // 2 + 1))
    return (*pieces, Segment(last.text, segment.gap))


def _once(notes: Iterable[Note]) -> tuple[Note, ...]:
    return tuple(dict.fromkeys(notes))
