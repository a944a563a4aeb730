"""The clip cache: finished speech under a hash of everything that shapes its sound.

Called by the synthesis core before and after a provider. Identical simultaneous requests are synthesized once.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.audio import ogg
from bot.errors import AudioError, BusyError
from bot.model import Clip
from bot.providers.base import Provider
from bot.speech.synthesis import Script
from bot.speech.voices import provider_for
from bot.store.clips import ClipStore

_LONGEST_IN_FLIGHT = 900.0
"""Seconds that an identical request waits for the one in flight."""
_LONG_TEXT = 400
"""Characters above which computing a key takes milliseconds and leaves the event loop."""


@dataclass(frozen=True, slots=True)
class Found:
    """A clip found in the cache."""

    key: str
    clip: Clip
    provider: str


@dataclass(slots=True)
class _InFlight:
    """An in-flight request that identical ones wait for."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    aboard: int = 0


class ClipCache:
    """The clip cache; one per process."""

    def __init__(self, clips: ClipStore, *, most_waiting: int) -> None:
        """Set up; at most ``most_waiting`` identical requests wait for one in flight."""
        self._clips = clips
        self._most_waiting = most_waiting
        self._in_flight: dict[str, _InFlight] = {}

    async def key(self, providers: Sequence[Provider], script: Script, bitrate: int, take: int) -> str:
        """Return the cache key of a script for the first of the providers. Raises what their ``plan`` raises."""
        if script.characters > _LONG_TEXT or script.voice.sample is not None:
            return await asyncio.to_thread(_key, tuple(providers), script, bitrate, take)
        return _key(providers, script, bitrate, take)

    async def find(self, keys: Sequence[str]) -> Found | None:
        """Return the first clip that exists and is intact."""
        for key in keys:
            stored = await self._clips.get(key)
            if stored is None:
                continue
            try:
                clip, _ = await asyncio.to_thread(ogg.read, stored.ogg)
            except AudioError:
                await self._clips.delete(key)
                continue
            return Found(key, clip, stored.provider)
        return None

    async def keep(self, key: str, clip: Clip, provider: str) -> None:
        """Store a clip: its sound and who spoke it, none of its text."""
        await self._clips.put(key, await asyncio.to_thread(ogg.write, clip, {}), provider=provider)

    async def file_id(self, key: str, platform: str) -> str | None:
        """Return the platform's file id of a clip, if it was uploaded before."""
        return await self._clips.file_id(key, platform) if key else None

    async def remember_file(self, key: str, platform: str, file_id: str) -> None:
        """Remember the file id of an uploaded clip, so that it can be sent again without an upload."""
        if key:
            await self._clips.remember_file(key, platform, file_id)

    @asynccontextmanager
    async def single_flight(self, key: str) -> AsyncIterator[None]:
        """Let one of several identical requests through; the others wait, then find its clip in the cache.

        Raises BusyError: ``busy.queue`` when too many wait, ``busy.wait`` when it takes too long.
        """
        single_flight = self._in_flight.setdefault(key, _InFlight())
        if single_flight.aboard > self._most_waiting:
            raise BusyError("busy.queue", provider="", waiting=single_flight.aboard)
        single_flight.aboard += 1
        try:
            try:
                async with asyncio.timeout(_LONGEST_IN_FLIGHT):
                    await single_flight.lock.acquire()
            except TimeoutError:
                raise BusyError("busy.wait", provider="", seconds=int(_LONGEST_IN_FLIGHT)) from None
            try:
                yield
            finally:
                single_flight.lock.release()
        finally:
            single_flight.aboard -= 1
            if not single_flight.aboard:
                self._in_flight.pop(key, None)


def _key(providers: Sequence[Provider], script: Script, bitrate: int, take: int) -> str:
    """Return a hash over the speaker and manner of each segment; no text can be recovered from it."""
    cast = [(provider_for(segment.provider, providers), segment) for segment in script.segments]
    shape = {
        "providers": [(provider.name, provider.identity) for provider, _ in cast],
        "requests": [dict(script.plan(segment, provider).body) for provider, segment in cast],
        "gaps": [segment.gap for segment in script.segments],
        "bitrate": bitrate,
        "take": take,
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True, default=str).encode()).hexdigest()
