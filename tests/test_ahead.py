"""Sound that is made ahead or held back, so that nothing stops in the middle of a sentence."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import pytest

from bot.audio.pcm import Pcm
from bot.errors import ErrorKind, ProviderError
from bot.providers.builtin.ahead import lead_needed, speak_ahead
from bot.providers.builtin.prebuffer import Pace, _Watch, held_back, prebuffered

ENGLISH = {"pieces": [{"text": "fourteen chars"}]}  # a second
CHINESE = {"pieces": [{"text": "四个半字九个字啊"}]}  # almost two
PARTS = [ENGLISH, CHINESE, ENGLISH, CHINESE]


def test_the_lead_covers_what_the_slow_engine_lacks() -> None:
    assert lead_needed(PARTS, [1, 3], 0.3) == 0
    assert lead_needed(PARTS, [1, 3], 1.0) == pytest.approx(8 / 4.5 - 13 / 14, abs=0.01)
    assert lead_needed([CHINESE, ENGLISH], [0], 0.5) == pytest.approx(0.5 * 8 / 4.5, abs=0.01)


async def test_slow_parts_are_made_from_the_beginning_and_heard_in_order() -> None:
    begun: list[int] = []
    go_on = asyncio.Event()

    async def speak(part: Mapping[str, Any]) -> AsyncGenerator[Pcm, None]:
        number = int(part["number"])
        begun.append(number)
        if number == 0:
            await go_on.wait()
        if number == 3:
            go_on.set()  # made while the first is still waited for
        yield Pcm(bytes([number, 0]), 24_000)

    parts = [{"number": number, "silence": 0.0} for number in range(4)]
    async with asyncio.timeout(5):
        heard = [pcm.samples[0] async for pcm in speak_ahead(parts, [1, 3], 0.0, speak)]
    assert heard == [0, 1, 2, 3]
    assert begun.index(3) < begun.index(2)


async def test_what_goes_wrong_in_the_background_is_raised() -> None:
    async def speak(part: Mapping[str, Any]) -> AsyncGenerator[Pcm, None]:
        if part["number"] == 1:
            raise ProviderError("builtin", ErrorKind.SERVER, detail="gone")
        yield Pcm(b"\1\0", 24_000)

    parts = [{"number": number, "silence": 0.0} for number in range(3)]
    with pytest.raises(ProviderError):
        [pcm async for pcm in speak_ahead(parts, [1], 0.0, speak)]


async def test_leaving_early_ends_the_work() -> None:
    ended = asyncio.Event()

    async def speak(part: Mapping[str, Any]) -> AsyncGenerator[Pcm, None]:
        try:
            yield Pcm(b"\1\0", 24_000)
            if part["number"] == 1:
                await asyncio.Event().wait()
        finally:
            if part["number"] == 1:
                ended.set()

    sound = speak_ahead([{"number": 0, "silence": 0.0}, {"number": 1, "silence": 0.0}], [1], 0.0, speak)
    await anext(sound)
    await sound.aclose()
    assert ended.is_set()


@pytest.mark.parametrize(
    ("ratio", "left", "longest", "seconds"), [(0.4, 30, 8, 3.2), (0.4, 2, 8, 0.8), (1.5, 30, 8, 27), (0.5, 0, 8, 0)]
)
def test_the_slower_the_engine_the_more_is_held_back(ratio: float, left: float, longest: float, seconds: float) -> None:
    assert held_back(ratio, left, longest) == pytest.approx(seconds)


async def test_blocks_are_held_until_the_rest_keeps_up_and_none_is_lost() -> None:
    made: list[int] = []

    async def blocks() -> AsyncGenerator[bytes, None]:
        for number in range(10):
            made.append(number)
            yield bytes([number]) * 48_000  # a second

    part = {"speed": 1.0, "pieces": [{"text": "字" * 21}, {"text": "字" * 21}]}  # five seconds each
    pace = Pace()
    sound = prebuffered(blocks(), part, pace)
    first = await anext(sound)
    assert first[0] == 0
    assert 2 <= len(made) <= 5
    assert [block[0] async for block in sound] == list(range(1, 10))
    assert pace.ratio == Pace().ratio, "blocks that come at once say nothing"


def test_the_first_piece_which_may_have_waited_says_nothing_of_the_pace() -> None:
    watch = _Watch()
    for now, seconds in ((100.0, 1.0), (100.01, 1.0), (103.0, 2.0), (103.01, 2.0), (105.0, 1.0)):
        watch.came(now, seconds)
    assert watch.ratio == pytest.approx(4.99 / 5)
    pace = Pace()
    pace.measured(watch.work, watch.sound)
    assert pace.ratio == pytest.approx((0.6 + watch.ratio) / 2)
