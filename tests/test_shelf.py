"""The names of finished speech: all that shapes the sound is in them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.model import Utterance
from bot.providers.builtin.espeak import EspeakProvider
from bot.speech.cache import ClipCache
from bot.store.clips import ClipStore
from tests.at_once import script_of


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[ClipCache]:
    async with ClipStore.open(folder) as clips:
        yield ClipCache(clips, most_waiting=1)


async def test_texts_that_differ_in_a_pause_alone_have_clips_of_their_own(tmp_path: Path) -> None:
    provider = EspeakProvider("builtin", processes=1)
    script = script_of(Utterance("One sentence. " * 200, "k"), short=False)
    assert len(script.segments) > 1
    longer = tuple(replace(segment, gap=segment.gap + 0.2) for segment in script.segments)
    async with opened(tmp_path) as shelf:
        keys = {
            await shelf.key((provider,), said, 32_000, 0)
            for said in (script, replace(script, segments=longer), replace(script))
        }
    assert len(keys) == 2
    await provider.close()
