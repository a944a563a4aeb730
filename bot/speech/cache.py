"""The clip cache of finished speech: what was said before, under a hash of everything that shapes the sound.

Called by the synthesis core before and after a provider. Identical requests at the same time become one.
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
from bot.speech.voices import lead
from bot.store.clips import ClipStore

_LONGEST_FLIGHT = 900.0
"""Seconds that an identical request waits for the one under way."""
_LONG_TEXT = 400
"""Characters from which on a key takes milliseconds and leaves the event loop."""


@dataclass(frozen=True, slots=True)
class Found:
    """A clip from the clip cache."""

    key: str
    clip: Clip
    provider: str


@dataclass(slots=True)
class _Flight:
    """Identical requests: one is under way, the others wait."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    aboard: int = 0


class ClipCache:
    """One for a process."""

    def __init__(self, clips: ClipStore, *, most_waiting: int) -> None:
        """``most_waiting``: identical requests that may wait for one."""
        self._clips = clips
        self._most_waiting = most_waiting
        self._in_flight: dict[str, _Flight] = {}

    async def key(self, providers: Sequence[Provider], script: Script, bitrate: int, take: int) -> str:
        """Where this speech stands, when the first of the providers leads. Raises what their ``plan`` raises."""
        if script.characters > _LONG_TEXT or script.voice.sample is not None:
            return await asyncio.to_thread(_key, tuple(providers), script, bitrate, take)
        return _key(providers, script, bitrate, take)

    async def find(self, keys: Sequence[str]) -> Found | None:
        """Return the first that is there and sound."""
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
        """Put a clip there: sound alone, and who spoke. Nothing of what was written is kept with it."""
        await self._clips.put(key, await asyncio.to_thread(ogg.write, clip, {}), provider=provider)

    async def file_id(self, key: str, platform: str) -> str | None:
        """Return the platform's own name of a clip, where it was uploaded before."""
        return await self._clips.file_id(key, platform) if key else None

    async def remember_file(self, key: str, platform: str, file_id: str) -> None:
        """A clip was uploaded and can be sent again by this name."""
        if key:
            await self._clips.remember_file(key, platform, file_id)

    @asynccontextmanager
    async def single_flight(self, key: str) -> AsyncIterator[None]:
        """One of identical requests goes ahead; the others wait and then find its clip.

        Raises BusyError: ``busy.queue`` when too many wait, ``busy.wait``.
        """
        single_flight = self._in_flight.setdefault(key, _Flight())
        if single_flight.aboard > self._most_waiting:
            raise BusyError("busy.queue", provider="", waiting=single_flight.aboard)
        single_flight.aboard += 1
        try:
            try:
                async with asyncio.timeout(_LONGEST_FLIGHT):
                    await single_flight.lock.acquire()
            except TimeoutError:
                raise BusyError("busy.wait", provider="", seconds=int(_LONGEST_FLIGHT)) from None
            try:
                yield
            finally:
                single_flight.lock.release()
        finally:
            single_flight.aboard -= 1
            if not single_flight.aboard:
                self._in_flight.pop(key, None)


def _key(providers: Sequence[Provider], script: Script, bitrate: int, take: int) -> str:
    """Return a hash; no text can be read out of it. It holds who says each segment, and how."""
    cast = [(lead(segment.provider, providers), segment) for segment in script.segments]
    shape = {
        "providers": [(provider.name, provider.identity) for provider, _ in cast],
        "requests": [dict(provider.plan(script.request(segment, provider.name)).body) for provider, segment in cast],
        "gaps": [segment.gap for segment in script.segments],
        "bitrate": bitrate,
        "take": take,
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True, default=str).encode()).hexdigest()
