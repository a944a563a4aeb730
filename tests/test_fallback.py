"""Where one provider fails and another speaks: in which voice, who pays, and what the next one meets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.errors import InputError, ProviderError, QuotaError
from bot.model import Account, Lane, Space, Utterance, Voice
from bot.platforms.discord.call.source import AHEAD, LiveSource
from bot.speech.sink import Recording
from tests.conftest import BuildHouse, House, until
from tests.fakes.mimo_answers import Fault
from tests.fakes.mimo_server import MimoServer
from tests.fakes.openai_speech_server import OpenAISpeechServer
from tests.live_sink import Listener

SAM = Account("discord", "1")
MIXED = "Hello my friends, this is a nice evening with you. Это довольно длинное русское предложение, как говорят."
_RUSSIAN = len("Это довольно длинное русское предложение, как говорят.")
_PARAGRAPHS = "\n".join(f"{'This is one more sentence of a long text. ' * 40}" for _ in range(2)).strip()
"""Two segments."""


class _Nobody:
    """Whoever listens to a source is told here."""

    def started(self, item: str) -> None: ...

    def finished(self, item: str, skipped: bool) -> None: ...


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.speech.fallback._FIRST_PAUSE", 0.001)


@pytest.fixture
async def engine() -> AsyncIterator[OpenAISpeechServer]:
    async with OpenAISpeechServer() as server:
        yield server


@pytest.fixture
async def own_house(build_house: BuildHouse, engine: OpenAISpeechServer) -> House:
    """A house on an engine of the host's that lists no voices, with the built-in one behind it."""
    return await build_house(
        providers={"own": {"type": "openai-speech", "base_url": engine.base_url}},
        speech={"providers": ["own", "espeak"]},
    )


def utterance(text: str, key: str = "k1", **more: object) -> Utterance:
    return replace(Utterance(text, key, account=SAM, space=Space("discord", "9")), **more)  # type: ignore[arg-type]


async def used(house: House, meter: str = "paid") -> int:
    return (await house.ledger.usage(SAM.scope, meter)).characters  # type: ignore[arg-type]


async def test_a_voice_of_who_failed_gives_way_to_the_usual_one(own_house: House, engine: OpenAISpeechServer) -> None:
    engine.faults = ["500"] * 3
    receipt = await own_house.speech.speak(utterance("Hello there.", voice=Voice(id="af_heart")), Recording())
    assert receipt.provider == "espeak"
    notes = {note.code: dict(note.facts) for note in receipt.notes}
    assert notes["note.backup"]["reason"] == "server"
    assert notes["note.voice_replaced"] == {"voice": "af_heart", "replacement": "en"}


async def test_a_saved_voice_is_not_gone_because_its_engine_was_down(
    own_house: House, engine: OpenAISpeechServer
) -> None:
    requests = own_house.services.requests
    await requests.preferences.set(SAM, voice="af_heart")
    engine.faults = ["500"] * 3
    away = await requests.speak(utterance("While it is down."), Recording())
    assert away.receipt.provider == "espeak"
    own_house.core.speech._chain._breakers["own"].succeeded()  # its rest is over
    again = await requests.speak(utterance("And up again.", key="k2"), Recording())
    assert again.receipt.provider == "own"
    assert engine.requests[-1][2]["voice"] == "af_heart"
    codes = {note.code for note in (*away.receipt.notes, *again.receipt.notes)}
    assert "note.own_voice_gone" not in codes


async def test_where_nobody_knows_the_voice_the_first_says_so(mimo_house: House) -> None:
    with pytest.raises(InputError, match=r"voice\.unknown"):
        await mimo_house.speech.speak(utterance("Hello.", voice=Voice(id="Nobody")), Recording())


async def test_a_voice_of_the_engine_behind_gives_way_at_the_service(
    build_house: BuildHouse, engine: OpenAISpeechServer, mimo: MimoServer
) -> None:
    """Whoever lists no voices is asked first for one that nobody lists."""
    house = await build_house(
        providers={
            "mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))},
            "own": {"type": "openai-speech", "base_url": engine.base_url},
        },
        speech={"providers": ["mimo", "own"]},
    )
    asked = utterance("Hello there.", voice=Voice(id="zf_xiaobei"))
    assert (await house.speech.speak(asked, Recording())).provider == "own"
    engine.faults = ["500"] * 3
    receipt = await house.speech.speak(replace(asked, key="k2", text="Hello again."), Recording())
    assert (receipt.provider, mimo.calls[-1]["audio"]["voice"]) == ("mimo", "Mia")


async def test_one_text_without_sound_does_not_take_the_service_from_everybody(
    mimo_house: House, mimo: MimoServer
) -> None:
    mimo.faults.append(Fault("no_audio", times=3))
    first = await mimo_house.speech.speak(utterance("They answer this without sound."), Recording())
    assert first.provider == "espeak"
    assert (await mimo_house.speech.speak(utterance("Hello.", key="k2"), Recording())).provider == "mimo"


async def test_halves_of_a_text_cut_short_keep_their_language_and_voice(mimo_house: House, mimo: MimoServer) -> None:
    text = "这是一个相当长的中文句子，" * 14 + "。\n" + "This is a rather long English sentence about nothing. " * 4
    mimo.faults.append(Fault("truncated"))
    asked = utterance(text, lane=Lane.CALL, voice=Voice(id="Mia"))
    await mimo_house.speech.speak(asked, Recording())
    assert [call["audio"]["voice"] for call in mimo.calls] == ["冰糖", "冰糖", "冰糖", "Mia"]


async def test_a_call_that_is_paused_keeps_no_place_at_the_service(mimo_house: House, mimo: MimoServer) -> None:
    source = LiveSource(_Nobody(), lambda: None)
    source.pause()
    long = "One guild has a pause in the midst of a long message that is read. " * 12
    reading = asyncio.create_task(mimo_house.speech.speak(utterance(long, lane=Lane.CALL), source.line("a")))
    await until(lambda: source.ahead > AHEAD)
    calls = len(mimo.calls)
    elsewhere = utterance("Another guild.", "k2", account=Account("discord", "2"), space=Space("discord", "10"))
    async with asyncio.timeout(5):
        assert (await mimo_house.speech.speak(elsewhere, Recording())).provider == "mimo"
    assert len(mimo.calls) == calls + 1
    source.skip_all()
    assert (await reading).provider == "mimo"


async def test_texts_that_are_refused_count_as_requests(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        quota={"account_requests_per_minute": 3},
    )
    mimo.faults.append(Fault("421", times=9))
    for number in range(3):
        with pytest.raises(ProviderError, match="moderation"):
            await house.speech.speak(utterance(f"They refuse this, {number}.", f"k{number}"), Recording())
    with pytest.raises(QuotaError):
        await house.speech.speak(utterance("They refuse this as well.", "k9"), Recording())
    assert (len(mimo.calls), await used(house)) == (3, 0)
    assert await house.ledger.audit() == []


@pytest.mark.parametrize("fault", ["500", "421"])
async def test_a_recording_that_fails_late_costs_no_characters(
    build_house: BuildHouse, mimo: MimoServer, fault: str
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo"], "max_characters": 6000},
    )
    mimo.faults += [Fault("comments"), Fault(fault, times=3)]
    with pytest.raises(ProviderError):
        await house.speech.speak(utterance(_PARAGRAPHS), Recording())
    assert len(mimo.calls) >= 2
    assert await used(house) == 0, "nothing of it was heard"
    assert await house.ledger.audit() == []


async def test_what_is_told_as_charged_is_what_is_charged_where_a_part_goes_to_another_meter(
    mimo_house: House, mimo: MimoServer
) -> None:
    mimo.faults.append(Fault("500", times=9))
    receipt = await mimo_house.speech.speak(utterance(MIXED, lane=Lane.CALL), Recording())
    assert receipt.provider == "espeak"
    assert (await used(mimo_house), await used(mimo_house, "builtin")) == (0, receipt.charged)
    assert receipt.charged >= len(MIXED) - 1
    assert await mimo_house.ledger.audit() == []


async def test_the_service_is_paid_for_the_part_that_the_built_in_engine_could_not_speak(
    mimo_house: House, mimo: MimoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    built_in = mimo_house.core.providers[1]
    monkeypatch.setattr(built_in._workers, "_program", ("/nonexistent",))  # type: ignore[attr-defined]
    receipt = await mimo_house.speech.speak(utterance(MIXED, lane=Lane.CALL), Recording())
    assert receipt.provider == "mimo"
    assert (await used(mimo_house), await used(mimo_house, "builtin")) == (receipt.charged, 0)
    assert receipt.charged >= len(MIXED) - 1 > _RUSSIAN
    assert await mimo_house.ledger.audit() == []


async def test_letters_that_the_built_in_engine_has_no_sound_for_are_told_at_once(house: House) -> None:
    """And are no reason to leave it alone."""
    for number in range(4):
        with pytest.raises(ProviderError, match=r"provider\.unsupported"):
            await house.speech.speak(utterance(f"ᏣᎳᎩ{'Ꭰ' * number}", f"k{number}"), Recording())
    assert (await house.speech.speak(utterance("Hello.", "k9"), Recording())).provider == "espeak"
    assert await used(house, "builtin") == len("Hello.")


async def test_who_breaks_off_in_every_call_is_left_alone(mimo_house: House, mimo: MimoServer) -> None:
    mimo.faults.append(Fault("cut", times=3))
    for number in range(3):
        with pytest.raises(ProviderError):
            await mimo_house.speech.speak(utterance("This breaks off.", f"k{number}", lane=Lane.CALL), Listener())
    receipt = await mimo_house.speech.speak(utterance("Hello.", "k9", lane=Lane.CALL), Listener())
    assert (receipt.provider, len(mimo.calls)) == ("espeak", 3)


async def test_a_listed_voice_is_no_business_of_who_lists_none(
    build_house: BuildHouse, engine: OpenAISpeechServer, mimo: MimoServer
) -> None:
    """The order of the configuration holds behind the voice's owner, and where the owner has no key."""
    own = {"type": "openai-speech", "base_url": engine.base_url}
    order = {"providers": ["mimo", "espeak", "own"]}
    asked = utterance("Hello there.", voice=Voice(id="Mia"))
    service = {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}
    mimo.faults.append(Fault("500", times=3))
    house = await build_house(providers={"mimo": service, "own": own}, speech=order)
    assert (await house.speech.speak(asked, Recording())).provider == "espeak"
    order["providers"] = ["mimo", "own"]
    keyless = await build_house(providers={"mimo": service | {"api_key": ""}, "own": own}, speech=order)
    receipt = await keyless.speech.speak(replace(asked, key="k2", text="Hello again."), Recording())
    assert (receipt.provider, engine.requests[-1][2]["voice"]) == ("own", "alloy")


async def test_the_other_engine_of_the_same_kind_is_asked_for_the_same_voice(
    build_house: BuildHouse, engine: OpenAISpeechServer
) -> None:
    own = {"type": "openai-speech", "base_url": engine.base_url}
    house = await build_house(
        providers={"one": own | {"base_url": "http://127.0.0.1:9/v1"}, "two": own}, speech={"providers": ["one", "two"]}
    )
    receipt = await house.speech.speak(utterance("Hello there.", voice=Voice(id="af_heart")), Recording())
    assert (receipt.provider, engine.requests[-1][2]["voice"]) == ("two", "af_heart")


async def test_a_part_that_is_moved_and_halved_is_held_once(
    build_house: BuildHouse, mimo: MimoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Hello my friends, this is a nice evening. " + "Это довольно длинное русское предложение, как говорят. " * 3
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo", "espeak"]},
        quota={"account_characters_per_day": len(text)},
    )
    monkeypatch.setattr(house.core.providers[1]._workers, "_program", ("/nonexistent",))  # type: ignore[attr-defined]
    mimo.faults += [Fault("comments"), Fault("truncated")]
    receipt = await house.speech.speak(utterance(text, lane=Lane.CALL), Recording())
    assert receipt.provider == "mimo"
    assert len(mimo.calls) >= 4
    assert await used(house) == receipt.charged
    assert await house.ledger.audit() == []
