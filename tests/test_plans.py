"""Each provider plans each segment once; clips in people's caches keep their keys."""

from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.audio.pcm import Pcm
from bot.model import Note, Sample, Segment, Usage, Utterance, Voice, VoiceKind
from bot.providers.base import Plan, Provider, SpeechRequest
from bot.providers.builtin.espeak import EspeakProvider
from bot.providers.mimo import MimoProvider, MimoSettings
from bot.providers.openai.provider import OpenAISpeechProvider, OpenAISpeechSettings
from bot.speech.cache import ClipCache
from bot.speech.sink import Recording
from bot.speech.synthesis import Part, Script
from bot.store.clips import ClipStore
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_answers import Fault
from tests.fakes.mimo_server import MimoServer
from tests.fakes.openai_speech_server import OpenAISpeechServer

_TEXT = "Hello there. 你好。"
_WHOLE = Script(
    _TEXT,
    (Segment("Hello there.", 0.25, 0, "en"), Segment("你好。", 0.0, 13, "zh")),
    SpeechRequest("", ("Whisper",), Voice(id="Mia"), "Softly."),
    (Part("k", 0, len(_TEXT)),),
)
_LONG = "A long sentence of many words. " * 20
_SAMPLE = Sample.of(b"ID3" + bytes(64), "audio/mpeg")
_SCRIPTS = {
    "preset": _WHOLE,
    "meant for another": replace(
        _WHOLE, manner=SpeechRequest("", ("sing",), Voice(id="af_heart"), ""), owners=frozenset({"own"})
    ),
    "cast": replace(
        _WHOLE,
        segments=(_WHOLE.segments[0], replace(_WHOLE.segments[1], provider="own", voice=Voice(id="zf_xiaoyi"))),
    ),
    "designed": replace(
        _WHOLE, manner=SpeechRequest("", (), Voice(VoiceKind.DESIGNED, description="An old sailor."), "")
    ),
    "cloned": replace(_WHOLE, manner=SpeechRequest("", ("Happy",), Voice(VoiceKind.CLONED, sample=_SAMPLE), "")),
    "long": replace(_WHOLE, spoken=_LONG, segments=(Segment(_LONG),), parts=(Part("k", 0, len(_LONG)),)),
}


def _providers() -> dict[str, Provider]:
    return {
        "mimo": MimoProvider("mimo", MimoSettings(api_key="sk-test")),
        "own": OpenAISpeechProvider("own", OpenAISpeechSettings()),
    }


@pytest.mark.parametrize(
    ("script", "first", "key"),
    [
        ("preset", "mimo", "ea44e48d78bae98923207afd100db21bfadeda312fda0a07686492391645e33c"),
        ("preset", "own", "f50129941e138a92dd1a2af12a233e16b0cababa43aefae86ccffcfc08089983"),
        ("meant for another", "mimo", "2ce806c612eec952c10289097d34998076dec332e8f8dddfd8448d912765eefd"),
        ("cast", "mimo", "11210dd2dd2df33b75f65e4c24a765984c311d4ce8629e7930ed298bd1205bf3"),
        ("designed", "mimo", "04281eab77a6962c07cf2f9cd73605c87705dd28ed5cba9e97445e15ff184eb7"),
        ("cloned", "mimo", "a3dea3a55f6a521ecab95b05feb120d8c403ab4094518c87443f09da61cd6809"),
        ("long", "mimo", "52aade31806851ceef54a5aa77b92146a0b287e5ec6692d39ab0897a89900536"),
    ],
)
async def test_a_clip_is_found_under_the_key_it_has_always_had(
    script: str, first: str, key: str, tmp_path: Path
) -> None:
    known = _providers()
    order = (known.pop(first), *known.values())
    async with ClipStore.open(tmp_path) as clips:
        assert await ClipCache(clips, most_waiting=1).key(order, _SCRIPTS[script], 32_000, 1) == key
    for provider in order:
        await provider.close()


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """How often each provider planned each text."""
    counted: Counter[tuple[str, str]] = Counter()

    def watch(kind: type[MimoProvider | OpenAISpeechProvider]) -> None:
        really = kind.plan

        def plan(self: Any, request: SpeechRequest) -> Plan:
            counted[self.name, request.text] += 1
            return really(self, request)

        monkeypatch.setattr(kind, "plan", plan)

    watch(MimoProvider)
    watch(OpenAISpeechProvider)
    monkeypatch.setattr("bot.speech.fallback._FIRST_PAUSE", 0.001)
    monkeypatch.setattr("bot.providers.mimo.provider.MAX_TEXT", 40)
    return counted


_ASKED = Utterance("Here is the first sentence of it. And here is the second one.", "k1")


async def test_a_segment_is_planned_once_also_if_it_is_tried_again(
    mimo_house: House, mimo: MimoServer, planned: Counter[tuple[str, str]]
) -> None:
    mimo.faults = [Fault("500")]
    receipt = await mimo_house.speech.speak(_ASKED, Recording())
    assert (receipt.provider, len(mimo.calls)) == ("mimo", 3)
    assert list(planned.values()) == [1, 1]
    again = await mimo_house.speech.speak(replace(_ASKED, key="k2"), Recording())
    assert again.cached
    assert list(planned.values()) == [2, 2]


async def test_each_provider_that_is_asked_plans_a_segment_once(
    build_house: BuildHouse, mimo: MimoServer, planned: Counter[tuple[str, str]]
) -> None:
    async with OpenAISpeechServer() as engine:
        house = await build_house(
            providers={
                "mimo": {"base_url": mimo.base_url, "api_key": "sk-test"},
                "own": {"type": "openai-speech", "base_url": engine.base_url},
            },
            speech={"providers": ["mimo", "own"]},
        )
        mimo.faults = [Fault("comments"), Fault("500", times=3)]
        receipt = await house.speech.speak(_ASKED, Recording())
    assert (receipt.provider, len(mimo.calls), len(engine.requests)) == ("own", 4, 1)
    sentences = ["And here is the second one.", "Here is the first sentence of it."]
    assert sorted(planned) == [("mimo", text) for text in sentences] + [("own", sentences[0])]
    assert set(planned.values()) == {1}


async def test_a_clip_is_kept_as_what_the_built_in_engine_could_speak_it_with(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = {"voice": "natural"}
    really_plan, really_speak = EspeakProvider.plan, EspeakProvider.synthesize

    def plan(self: EspeakProvider, request: SpeechRequest) -> Plan:
        planned = really_plan(self, request)
        return replace(planned, body={**planned.body, **state}, notes=(Note("note.backup", tuple(state.items())),))

    async def synthesize(self: EspeakProvider, request: SpeechRequest) -> AsyncGenerator[Pcm | Usage, None]:
        state["voice"] = "espeak"  # the other one cannot be loaded
        async for part in really_speak(self, request):
            yield part

    monkeypatch.setattr(EspeakProvider, "plan", plan)
    monkeypatch.setattr(EspeakProvider, "synthesize", synthesize)
    first = await house.speech.speak(_ASKED, Recording())
    assert first.notes == (Note("note.backup", (("voice", "espeak"),)),)
    again = await house.speech.speak(replace(_ASKED, key="k2"), Recording())
    assert (again.cached, again.clip_key) == (True, first.clip_key)
    state["voice"] = "natural"
    assert await house.speech.shelved(_ASKED, Recording()) is None, "the natural voice has not spoken it"
