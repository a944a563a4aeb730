"""A provider that lets people wait: the next one speaks, and what was not heard costs nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.errors import ProviderError
from bot.model import Account, Lane, Space, Utterance, Voice, VoiceKind
from bot.providers.base import Timeouts
from bot.speech.sink import Recording
from bot.texts import of_error
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_answers import Fault
from tests.fakes.mimo_server import MimoServer
from tests.fakes.openai_speech_server import OpenAISpeechServer
from tests.live_sink import Listener

SAM = Account("discord", "1")
TEXT = "Tomorrow is Friday, and the rain has stopped."
_PARAGRAPH = "This is one more sentence of a long text. "


@pytest.fixture
async def engine() -> AsyncIterator[OpenAISpeechServer]:
    async with OpenAISpeechServer() as server:
        yield server


async def make(
    build_house: BuildHouse, mimo: MimoServer, *, first: float = 0.4, alone: bool = False, **own: Any
) -> House:
    service = {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys)), "first_audio_seconds": first}
    engines = {"own": {"type": "openai-speech", "first_audio_seconds": first, **own}} if own else {}
    names = [*(engines or ["mimo"]), *([] if alone else ["espeak"])]
    return await build_house(providers={"mimo": service, **engines}, speech={"providers": names})


def utterance(text: str = TEXT, key: str = "k1", **more: Any) -> Utterance:
    return Utterance(text, key, account=SAM, space=Space("discord", "9"), **more)


async def used(house: House) -> int:
    return (await house.ledger.usage(SAM.scope, "paid")).characters


@pytest.mark.parametrize("fault", ["keep_alives", "silent_socket", "slow_drip"])
async def test_without_a_first_sound_the_next_one_speaks(build_house: BuildHouse, mimo: MimoServer, fault: str) -> None:
    house = await make(build_house, mimo)
    mimo.faults.append(Fault(fault))
    async with asyncio.timeout(10):
        receipt = await house.speech.speak(utterance(), Recording())
    assert receipt.provider == "espeak"
    assert dict(receipt.notes[0].facts) == {"provider": "espeak", "instead": "mimo", "reason": "timeout"}
    assert (len(mimo.calls), await used(house)) == (1, 0)


async def test_a_stream_that_stalls_is_left(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await make(build_house, mimo)
    gate = mimo.hold_after(2)
    async with asyncio.timeout(10):
        assert (await house.speech.speak(utterance(), Recording())).provider == "espeak"
    assert gate.reached.is_set()
    assert await used(house) == 0


async def test_a_stream_slower_than_speech_is_left(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await make(build_house, mimo, first=0.8)
    mimo.speed = 0.5
    assert (await house.speech.speak(utterance(TEXT * 3), Recording())).provider == "espeak"


async def test_a_stream_faster_than_speech_may_take_its_time(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await make(build_house, mimo, first=0.5)
    mimo.speed = 6.0
    receipt = await house.speech.speak(utterance(TEXT * 4), Recording())
    assert receipt.provider == "mimo"
    assert receipt.clip.samples / 24_000 / mimo.speed > 0.5, "it took longer than the first sound may"


async def test_the_last_one_says_so_and_nothing_is_charged(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await make(build_house, mimo, alone=True)
    mimo.faults.append(Fault("keep_alives"))
    with pytest.raises(ProviderError, match=r"provider\.timeout") as caught:
        await house.speech.speak(utterance(), Recording())
    assert "in time" in of_error(caught.value, "en")
    assert await used(house) == 0
    assert await house.ledger.audit() == []


async def test_what_comes_as_a_whole_has_more_time_by_its_length() -> None:
    times = Timeouts(first_audio=2.0)
    assert (times.whole(""), times.whole("a" * 100)) == (2.0, 12.0)


async def test_a_designed_voice_may_take_longer_than_a_first_sound(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await make(build_house, mimo, first=0.2)
    mimo.latency = 0.5
    designed = utterance(voice=Voice(VoiceKind.DESIGNED, description="An old sailor."))
    assert (await house.speech.speak(designed, Recording())).provider == "mimo"
    assert (await house.speech.speak(utterance(key="k2"), Recording())).provider == "espeak"


@pytest.mark.parametrize("stream_format", ["", "sse"])
async def test_keep_alives_of_an_engine_are_no_sign_of_life(
    build_house: BuildHouse, mimo: MimoServer, engine: OpenAISpeechServer, stream_format: str
) -> None:
    house = await make(build_house, mimo, base_url=engine.base_url, stream_format=stream_format)
    engine.faults.append("keep_alives")
    async with asyncio.timeout(4):  # 45 characters would have 4.9 s as a whole answer
        assert (await house.speech.speak(utterance(), Recording())).provider == "espeak"


async def test_in_a_call_the_next_one_goes_on_after_what_broke_off(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await make(build_house, mimo)
    text = f"{_PARAGRAPH * 12}\n\n{_PARAGRAPH * 12}"
    mimo.hold_after(2)
    receipt = await house.speech.speak(utterance(text, lane=Lane.CALL), Listener())
    codes = [note.code for note in receipt.notes]
    assert (receipt.provider, codes[:2]) == ("espeak", ["note.cut", "note.backup"])
    assert len(mimo.calls) == 1
    assert await house.ledger.audit() == []


async def test_who_cannot_be_reached_for_long_is_not_tried_again(
    build_house: BuildHouse, mimo: MimoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.speech.fallback._LONGEST_TRY", 0.0)
    house = await make(build_house, mimo)
    mimo.faults.append(Fault("500", times=9))
    assert (await house.speech.speak(utterance(), Recording())).provider == "espeak"
    assert len(mimo.calls) == 1
