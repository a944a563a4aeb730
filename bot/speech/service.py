"""The synthesis core: everything that speaks passes ``SpeechService.speak`` or ``speak_together``.

clean → split → (clip cache) → hold quota → provider → Opus packets → sink. Cleaning, splitting and packets are in
``synthesis.py``, holds in ``quota.py``, retries and circuit breakers in ``fallback.py``.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bot.config import QuotaConfig, SpeechConfig
from bot.errors import BotError, ConfigError, DuplicateError, InputError, ProviderError, QuotaError
from bot.model import Account, Clip, Lane, Note, Receipt, Space, Utterance, Voice
from bot.providers.base import Plan, Provider, SpeechRequest, VoiceInfo
from bot.speech.cache import ClipCache, Found
from bot.speech.fair_share import FairShare
from bot.speech.fallback import Chain
from bot.speech.limits import Asker, Waiting
from bot.speech.policy import Policy
from bot.speech.quota import BUILT_IN, PAID, Balance, Meter, RefusedError, balance, space_balance
from bot.speech.sink import Sink
from bot.speech.synthesis import (
    Admit,
    Failure,
    LiveTrack,
    Progress,
    RecordingTrack,
    Script,
    Synthesis,
    allows_fallback,
    backup,
    compose,
    joined,
    manner_of,
    meter_for,
    speakable_lines,
)
from bot.speech.voices import cast, prepare, provider_for
from bot.store.clips import ClipStore
from bot.store.commands import Commands
from bot.store.entries import Meter as MeterName
from bot.store.ledger import Ledger
from bot.text.split import expected_seconds, likely_seconds

MOST_TOGETHER = 50
"""Utterances that may be spoken together."""
_LONG_TEXT = 2000
"""Characters above which cleaning takes milliseconds and leaves the event loop."""
_LEAST_BITRATE = 12_000
"""Bits per second below which speech sounds worse than split into two voice messages."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What ``speak`` would do with an utterance."""

    spoken: str
    segments: tuple[str, ...]
    requests: tuple[dict[str, Any], ...]
    roles: tuple[tuple[str, str, str], ...]
    """By segment: its language, if it matters; the voice; the provider that owns it."""
    characters: int
    tokens: int
    provider: str
    notes: tuple[Note, ...]
    seconds: float
    """Expected length."""


@dataclass(slots=True)
class _Request:
    """A prepared request: one utterance, or several that are spoken together."""

    first: Utterance
    """The first utterance, whose voice and style hold for all."""
    manner: SpeechRequest
    order: Sequence[Provider]
    """Providers that may be tried, in order."""
    owners: frozenset[str]
    """Names of the providers that own the voice."""
    lines: dict[str, str]
    """Cleaned texts by the keys of the utterances still to be spoken."""
    left_out: dict[str, BotError]
    notes: list[Note] = field(default_factory=list)

    def drop(self, refusals: Mapping[str, BotError]) -> None:
        """Drop refused utterances. Raise the first user-visible refusal if none remain."""
        self.left_out |= refusals
        for key in refusals:
            self.lines.pop(key, None)
        if not self.lines:
            told = (error for error in self.left_out.values() if not isinstance(error, DuplicateError))
            raise next(told, next(iter(self.left_out.values())))


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Providers to try, in order, with their cache keys."""

    providers: deque[Provider]
    keys: dict[str, str]
    """Keys of clips that would do, by provider, the most likely one last."""
    notes: list[Note]
    bitrate: int


class SpeechService:
    """The synthesis core: one per process, on one event loop."""

    def __init__(
        self,
        chain: Chain,
        ledger: Ledger,
        clips: ClipStore,
        policy: Policy,
        *,
        speech: SpeechConfig,
        quota: QuotaConfig,
    ) -> None:
        self._chain = chain
        self._policy = policy
        self._ledger = ledger
        self._cache = ClipCache(clips, most_waiting=speech.queue)
        self._speech = speech
        self._quota = quota
        self._fair_share = FairShare(quota.builtin_seconds_per_minute, longest_wait=speech.wait_seconds)

    def _share_of(self, utterance: Utterance) -> Admit | None:
        """Return what a free engine's speech counts on; None for the operator and for admins."""
        account = utterance.account
        if account is None or f"{account.platform}:{account.id}" in self._quota.admins:
            return None
        # In a call the others wait behind it, so there it is refused.
        return partial(self._fair_share.admit, account.scope, wait=utterance.lane is not Lane.CALL)

    def voices(self) -> tuple[VoiceInfo, ...]:
        """Return every listed voice of the providers, in fallback order, each id once."""
        listed: dict[str, VoiceInfo] = {}
        for provider in self._chain.providers:
            for info in provider.capabilities.voices:
                listed.setdefault(info.id, replace(info, built_in=_is_unmetered(provider)))
        return tuple(listed.values())

    def lists_every_voice(self) -> bool:
        """Return whether every provider lists its voices."""
        return all(provider.capabilities.voices for provider in self._chain.providers)

    async def prepare(self) -> None:
        """Load what the first words of a call would otherwise wait for. Free, and makes no requests."""
        await prepare(self._chain.providers)

    async def explain(self, utterance: Utterance, *, live: bool = False) -> Explanation:
        """Return what ``speak`` would send. Makes no requests and holds nothing.

        Raises InputError, ProviderError UNSUPPORTED, StoreError.
        """
        utterance = self._with_voice(utterance)
        try:
            order = self._chain.order(utterance.voice)
        except ConfigError:  # no provider has a key: still worth explaining
            order = self._chain.able(utterance.voice)
        request = await self._prepare((utterance,), order)
        await self._policy.check(utterance, request.lines[utterance.key])
        script = await self._compose(request, live=live)
        said = _planned(script, order)
        return Explanation(
            spoken=script.spoken,
            segments=tuple(segment.text for segment in script.segments),
            requests=tuple({"provider": who.name, **plan.body} for who, plan in said),
            roles=tuple(
                (segment.language, plan.voice or str(script.request(segment, who.name).voice.kind), who.name)
                for segment, (who, plan) in zip(script.segments, said, strict=True)
            ),
            characters=script.characters,
            tokens=sum(plan.tokens for _, plan in said),
            provider=order[0].name,
            notes=_once(note for _, plan in said for note in plan.notes),
            seconds=likely_seconds(script.spoken),
        )

    async def speak(
        self, utterance: Utterance, sink: Sink, progress: Progress | None = None, waiting: Waiting | None = None
    ) -> Receipt:
        """Speak one utterance into a sink, segment by segment, and charge only what was synthesized.

        ``waiting`` receives the queue position and progress. When this returns or raises, everything is settled. Raises
        InputError, QuotaError, BusyError, ProviderError, ConfigError (no key), DuplicateError, StoreError.
        """
        return await self._speak((utterance,), sink, progress, waiting)

    async def speak_together(
        self, utterances: Sequence[Utterance], sink: Sink, waiting: Waiting | None = None
    ) -> Receipt:
        """Speak several utterances of one account as one script, with as few requests as possible.

        All have the same ``manner`` (else ValueError); roles and channels may differ. Each is cleaned, checked by the
        policy, held and charged by itself, under its own key. Those that cannot be spoken (second delivery, refused by
        the policy, nothing to say, no quota left) are left out and listed in ``Receipt.left_out``; if none remain, the
        first reason is raised: DuplicateError only if all were spoken before. Raises what ``speak`` raises.
        """
        if not 0 < len(utterances) <= MOST_TOGETHER or any(one.manner != utterances[0].manner for one in utterances):
            raise ValueError("what is spoken together is of one manner, and bounded")
        return await self._speak(utterances, sink, None, waiting)

    async def balance(self, account: Account, roles: tuple[str, ...] = (), meter: MeterName = PAID) -> Balance:
        """Return what an account has spent today and may still spend. Raises StoreError."""
        return await balance(self._ledger, self._quota, account, roles, meter)

    async def space_balance(self, space: Space) -> Balance:
        """Return what a space has spent today and may still spend. Raises StoreError."""
        return await space_balance(self._ledger, self._quota, space)

    def meters(self) -> tuple[MeterName, ...]:
        """Return the meters of the configured providers, each once."""
        return tuple(dict.fromkeys(meter_for(provider) for provider in self._chain.providers))

    def would_be_free(self, utterance: Utterance) -> bool:
        """Return whether the provider that is tried first costs nothing."""
        try:
            return utterance.unpaid or _is_unmetered(self._chain.order(self._with_voice(utterance).voice)[0])
        except (ConfigError, ProviderError):
            return False

    @property
    def has_free_voice(self) -> bool:
        """Return whether a provider that costs nothing is set up."""
        return bool(self._chain.unmetered())

    def is_free(self, provider: str) -> bool:
        """Return whether a provider's speech costs nothing."""
        return self.meter_of(provider) == BUILT_IN

    def meter_of(self, provider: str) -> MeterName:
        """Return the meter for a provider's speech."""
        spoke = next((known for known in self._chain.providers if known.name == provider), None)
        return meter_for(spoke) if spoke is not None else PAID

    async def file_id(self, receipt: Receipt, platform: str) -> str | None:
        """Return the platform's file id of this clip, if it was uploaded before."""
        return await self._cache.file_id(receipt.clip_key, platform)

    async def uploaded(self, utterance: Utterance, sink: Sink, platform: str) -> str | None:
        """Return the platform's file id of the clip that ``speak`` would play into ``sink``, or None.

        Makes no requests and holds nothing. Raises InputError, ProviderError, ConfigError, StoreError.
        """
        for key in await self._cache_keys(utterance, sink):
            if (name := await self._cache.file_id(key, platform)) is not None:
                return name
        return None

    async def shelved(self, utterance: Utterance, sink: Sink) -> Clip | None:
        """Return the cached clip itself, ignoring cooldowns and starting none. Raises as ``uploaded``."""
        found = await self._cache.find(await self._cache_keys(utterance, sink))
        return found.clip if found is not None else None

    async def _cache_keys(self, utterance: Utterance, sink: Sink) -> tuple[str, ...]:
        """Return the cache keys the clip may have, if the policy lets the utterance pass."""
        first = self._with_voice(utterance)
        request = await self._prepare((first,), self._chain.order(first.voice))
        await self._policy.check(utterance, request.lines[utterance.key])
        script = await self._compose(request, live=sink.live)
        candidates = await self._available_providers(request.order, script, self._bitrate(script, sink), utterance.take)
        return tuple(candidates.keys.values())

    async def remember_file(self, receipt: Receipt, platform: str, file_id: str) -> None:
        """Remember the file id of an uploaded clip, so that it can be sent again without an upload."""
        await self._cache.remember_file(receipt.clip_key, platform, file_id)

    def _with_voice(self, utterance: Utterance) -> Utterance:
        """Return the utterance with the configured voice if it names none."""
        if utterance.voice == Voice() and self._speech.default_voice:
            return replace(utterance, voice=Voice(id=self._speech.default_voice))
        return utterance

    async def _speak(
        self, utterances: Sequence[Utterance], sink: Sink, progress: Progress | None, waiting: Waiting | None
    ) -> Receipt:
        first = self._with_voice(utterances[0])
        if (owed := await self._owed(first, sink)) is not None:
            return owed
        request = await self._prepare((first, *utterances[1:]), self._chain.order(first.voice))
        if first.unpaid and not self._leave_to_unpaid(request):
            raise InputError("free.none")
        await self._admit(request, utterances)
        speaking = [utterance for utterance in utterances if utterance.key in request.lines]
        asker = Asker(first.lane, _queue_scope_of(first), waiting or Waiting(), _person_of(first))
        meter = Meter(self._ledger, self._quota, speaking, resumable=not sink.live)
        with self._policy.refund_cooldown_on_failure(speaking, lambda: meter.charged or meter.was_broken_off):
            async with meter:
                while True:
                    try:
                        return await self._try(request, meter, sink, asker, progress)
                    except RefusedError as refused:
                        ended = refused.paid_quota
                        if ended is None or not self._go_on_unpaid(request, ended):
                            request.drop(refused.refusals)

    async def _prepare(self, utterances: Sequence[Utterance], order: Sequence[Provider]) -> _Request:
        """Clean every text. Raises InputError if nothing is left to speak."""
        manner = manner_of(utterances[0])
        if sum(len(utterance.text) for utterance in utterances) > _LONG_TEXT:
            lines, unspoken = await asyncio.to_thread(speakable_lines, utterances, self._speech)
        else:
            lines, unspoken = speakable_lines(utterances, self._speech)
        request = _Request(utterances[0], manner, order, self._chain.owners(manner.voice), lines, {})
        request.drop(unspoken)
        return request

    async def _admit(self, request: _Request, utterances: Sequence[Utterance]) -> None:
        """Ask the policy for each utterance. Raises its refusal if none pass."""
        refusals: dict[str, BotError] = {}
        for utterance in utterances:
            if utterance.key in request.lines and utterance.key not in refusals:
                try:
                    await self._policy.admit(utterance, request.lines[utterance.key])
                except InputError as error:
                    refusals[utterance.key] = error
        request.drop(refusals)

    def _go_on_unpaid(self, request: _Request, ended: QuotaError) -> bool:
        """Continue a call with free providers when the paid quota is used up. Return False if that is impossible."""
        if (
            request.first.lane is not Lane.CALL
            or all(map(_is_unmetered, request.order))
            or not self._leave_to_unpaid(request)
        ):
            return False
        scope, until = str(ended.facts["scope"]), f"{ended.facts['resets']:%Y-%m-%d}"
        facts = (("provider", request.order[0].name), ("scope", scope), ("until", until))
        request.notes = [Note("note.quota_built_in", facts)]
        return True

    def _leave_to_unpaid(self, request: _Request) -> bool:
        """Leave the request to free providers. Return False if there are none."""
        unpaid = self._chain.unmetered()
        able = tuple(filter(_is_unmetered, request.order))
        if not (able or unpaid):
            return False  # the order stays: what the quota still covers is spoken in it
        if not able:  # they have no voice of this kind
            request.manner = replace(request.manner, voice=Voice())
        request.order = able or unpaid
        return True

    async def _try(
        self, request: _Request, meter: Meter, sink: Sink, asker: Asker, progress: Progress | None
    ) -> Receipt:
        """Speak what the request holds, from the clip cache or with a provider.

        Raises RefusedError before anything is heard.
        """
        script = await self._compose(request, live=sink.live)
        bitrate = self._bitrate(script, sink)
        candidates = await self._available_providers(request.order, script, bitrate, request.first.take)
        async with (
            nullcontext() if sink.live else self._cache.single_flight(candidates.keys[candidates.providers[0].name])
        ):
            if (found := await self._cache.find(tuple(candidates.keys.values()))) is not None:
                return await self._play(found, script, meter, sink, request)
            track = LiveTrack(sink, bitrate) if sink.live else RecordingTrack(sink, bitrate)
            synthesis = Synthesis(
                self._chain,
                script,
                meter,
                track,
                live=sink.live,
                asker=asker,
                providers=candidates.providers,
                notes=(*request.notes, *candidates.notes),
                progress=progress,
                admit=self._share_of(request.first),
            )
            await synthesis.run()
            clip = await track.finish()
            key = await self._key(synthesis.leader, script, request.first.take, candidates)
            owed = key or _own_key(request.first)
            try:
                # Charged first, so that a clip found in the cache after a kill is free.
                await meter.settle(clip=owed)
            finally:
                if owed:
                    leader = synthesis.leader or synthesis.spoke[-1][1]
                    await self._cache.keep(owed, clip, leader.name)
            spoke = synthesis.spoke[-1][1].name
            notes = _once(synthesis.notes)
            left_out = tuple(request.left_out.items())
            charged, free = meter.charged, meter.free
            return Receipt(clip, spoke, script.spoken, charged, clip_key=key, notes=notes, free=free, left_out=left_out)

    async def _play(self, found: Found, script: Script, meter: Meter, sink: Sink, request: _Request) -> Receipt:
        """Play a clip from the cache, free of charge."""
        await meter.hold_free(script.shares())
        await sink.write(found.clip.packets)
        await meter.settle(clip=found.key)
        notes = _once((*request.notes, *await self._notes(found.provider, script)))
        left_out = tuple(request.left_out.items())
        return Receipt(found.clip, found.provider, script.spoken, 0, True, found.key, notes, left_out=left_out)

    async def _available_providers(
        self, order: Sequence[Provider], script: Script, bitrate: int, take: int
    ) -> _Candidates:
        """Return providers in fallback order with the cache keys of those up to the first available one.

        Skip, with a note, those whose circuit is open or which cannot voice this, unless it is the last one.
        """
        keys: dict[str, str] = {}
        candidates = deque(order)
        notes: list[Note] = []
        while True:
            provider = candidates[0]
            reason: Failure | None = self._chain.open_circuit(provider)
            try:
                keys[provider.name] = await self._cache.key(candidates, script, bitrate, take)
            except (ProviderError, ConfigError) as error:
                reason = error
                if len(candidates) == 1 or not allows_fallback(error):
                    raise
            if reason is None or len(candidates) == 1:
                return _Candidates(candidates, keys, notes, bitrate)
            candidates.popleft()
            notes.append(backup(provider, candidates[0], reason))

    async def _compose(self, request: _Request, *, live: bool) -> Script:
        longest = min(provider.capabilities.segment_characters for provider in request.order)
        short = live or request.first.lane is Lane.JOB  # gives other tasks a turn
        mixed = self._speech.mixed_languages and request.first.lane is Lane.CALL and request.first.mixed
        asked = replace(request.first, voice=request.manner.voice)
        stretches = await cast(joined(request.lines), asked, request.order, mixed=mixed)
        ready = partial(
            compose,
            request.manner,
            request.lines,
            stretches,
            short=short,
            segment_characters=longest,
            owners=request.owners,
        )
        return await asyncio.to_thread(ready) if sum(map(len, request.lines.values())) > _LONG_TEXT else ready()

    def _bitrate(self, script: Script, sink: Sink) -> int:
        """Return the configured bitrate, or a lower one if the recording would exceed the sink's size."""
        if sink.max_bytes is None:
            return self._speech.bitrate
        seconds = expected_seconds(script.spoken)[1]
        fitting = int(sink.max_bytes * 8 * 0.9 / max(seconds, 1.0))
        return max(_LEAST_BITRATE, min(self._speech.bitrate, fitting))

    async def _key(self, leader: Provider | None, script: Script, take: int, candidates: _Candidates) -> str:
        """Return the cache key for a clip spoken as intended; empty for any other."""
        if leader is None:
            return ""
        # Since the keys were made a voice may have been left out, or an engine have turned out to be unable to speak.
        changed = script.is_cast or not leader.capabilities.metered
        known = "" if changed else candidates.keys.get(leader.name)
        return known or await self._cache.key(candidates.providers, script, candidates.bitrate, take)

    async def _owed(self, utterance: Utterance, sink: Sink) -> Receipt | None:
        """Play what was synthesized and charged for this command before the process was killed.

        Return None if that clip is gone: then it is refunded and spoken again.
        """
        if utterance.owed is None:
            return None
        found = await self._cache.find((utterance.owed.clip,))
        if found is None:
            await Commands(self._ledger).give_back(utterance.command)
            return None
        await sink.write(found.clip.packets)
        spoken = (await self._prepare((utterance,), self._chain.able(utterance.voice))).lines[utterance.key]
        return Receipt(found.clip, found.provider, spoken, utterance.owed.charged, clip_key=found.key)

    async def _notes(self, name: str, script: Script) -> tuple[Note, ...]:
        """Return the provider's notes on this request, also if another one made the sound."""
        provider = next((known for known in self._chain.providers if known.name == name), None)
        if provider is None:
            return ()
        said = await asyncio.to_thread(_planned, script, (provider, *self._chain.providers))
        return _once(note for _, plan in said for note in plan.notes)


def _person_of(utterance: Utterance) -> str:
    """Return the person who takes turns within a space; empty in a call, which reads in the order of its chat."""
    return utterance.account.scope if utterance.account is not None and utterance.lane is Lane.SAY else ""


def _own_key(utterance: Utterance) -> str:
    """Return the key of a command's clip until it is delivered, if no other request may share it."""
    return hashlib.sha256(f"command {utterance.command}".encode()).hexdigest() if utterance.command else ""


def _queue_scope_of(utterance: Utterance) -> str:
    """Return the scope that takes turns: the space, or the account if there is none."""
    whose = utterance.space or utterance.account
    return whose.scope if whose is not None else ""


def _planned(script: Script, providers: Sequence[Provider]) -> list[tuple[Provider, Plan]]:
    """Return the provider of each segment, and its plan."""
    said = [(provider_for(segment.provider, providers), segment) for segment in script.segments]
    return [(provider, script.plan(segment, provider)) for provider, segment in said]


def _is_unmetered(provider: Provider) -> bool:
    return meter_for(provider) == BUILT_IN


def _once(notes: Iterable[Note]) -> tuple[Note, ...]:
    return tuple(dict.fromkeys(notes))
