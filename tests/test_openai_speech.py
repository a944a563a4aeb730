"""The provider for engines that people host themselves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest

from bot.audio.pcm import Pcm
from bot.errors import ConfigError, ErrorKind, InputError, ProviderError
from bot.model import Note, Usage, Voice, VoiceKind
from bot.speech.provider import Provider, SpeechRequest
from bot.speech.providers.openai_speech import OpenAISpeechProvider, OpenAISpeechSettings
from bot.speech.wire import Timeouts
from tests.fakes import tones
from tests.fakes.openai_speech_server import FAULTS, TONES, OpenAISpeechServer
from tests.provider_case import error_of, speak

SENTENCE = "Tomorrow is Friday, and the rain has stopped."


@pytest.fixture
async def server() -> AsyncIterator[OpenAISpeechServer]:
    async with OpenAISpeechServer() as running:
        yield running


def make(server: OpenAISpeechServer, **changes: Any) -> OpenAISpeechProvider:
    return OpenAISpeechProvider("kokoro", OpenAISpeechSettings(**{"base_url": server.base_url, **changes}))


@pytest.fixture(params=["wav", "pcm"])
async def engine(server: OpenAISpeechServer, request: pytest.FixtureRequest) -> AsyncIterator[OpenAISpeechProvider]:
    provider = make(server, response_format=request.param)
    yield provider
    await provider.close()


async def test_a_voice_is_heard_in_either_format(server: OpenAISpeechServer, engine: OpenAISpeechProvider) -> None:
    provider: Provider = engine
    pcm, usage = await speak(engine, SpeechRequest(SENTENCE, (), Voice(id="af_heart")))
    assert abs(tones.pitch(pcm.samples) - TONES["af_heart"]) < 5
    assert np.abs(np.frombuffer(pcm.samples, "<i2").astype(int)).max() > 30_000
    assert usage == Usage(provider.plan(SpeechRequest(SENTENCE)).tokens, estimated=True)
    assert server.requests[0][2] == provider.plan(SpeechRequest(SENTENCE, (), Voice(id="af_heart"))).body


async def test_sound_is_heard_while_the_rest_is_withheld(
    server: OpenAISpeechServer, engine: OpenAISpeechProvider
) -> None:
    server.gate = asyncio.Event()
    async with aclosing(engine.synthesize(SpeechRequest(SENTENCE))) as parts:
        first = await anext(parts)
        assert isinstance(first, Pcm)
        assert 0 < len(first.samples) <= 5_001
        server.gate.set()
        assert len([part async for part in parts]) > 1


async def test_a_wav_file_brings_its_own_rate(server: OpenAISpeechServer) -> None:
    server.rate = 44_100
    provider = make(server)
    pcm, _ = await speak(provider, SpeechRequest(SENTENCE))
    assert pcm.rate == 44_100
    assert abs(tones.pitch(pcm.samples, pcm.rate) - TONES["alloy"]) < 5
    await provider.close()


async def test_speed_is_a_number_and_other_styles_are_words(
    server: OpenAISpeechServer, engine: OpenAISpeechProvider
) -> None:
    usual, _ = await speak(engine, SpeechRequest(SENTENCE))
    slow, _ = await speak(
        engine, SpeechRequest(SENTENCE, ("Slow down", "开心", "like a pirate"), instruction="Warmly.")
    )
    fast, _ = await speak(engine, SpeechRequest(SENTENCE, ("变快",)))
    assert slow.seconds == pytest.approx(usual.seconds / 0.8, rel=0.01)
    assert fast.seconds == pytest.approx(usual.seconds / 1.25, rel=0.01)
    assert server.requests[1][2]["instructions"] == "Happy, like a pirate\nWarmly."
    assert "instructions" not in server.requests[2][2]


def test_tags_and_singing_are_left_out_with_a_word() -> None:
    plan = OpenAISpeechProvider("k", OpenAISpeechSettings()).plan(SpeechRequest("Well [cough] so.", ("sing",)))
    assert plan.body["input"] == "Well so."
    assert plan.notes == (
        Note("note.style_unsupported", (("style", "sing"),)),
        Note("note.tags_dropped", (("tags", "[cough]"),)),
    )


async def test_what_cannot_be_asked_is_refused_before_the_call(
    server: OpenAISpeechServer, engine: OpenAISpeechProvider
) -> None:
    for text, code in (("  ", "text.empty"), ("[cough]", "text.empty"), ("a" * 2001, "text.too_long")):
        assert (await error_of(engine, SpeechRequest(text))).code == code
    for kind in (VoiceKind.DESIGNED, VoiceKind.CLONED):
        error = await error_of(engine, SpeechRequest("a", (), Voice(kind)))
        assert error.code == "provider.unsupported"
    assert server.requests == []


async def test_the_key_is_sent_where_there_is_one_and_kept_out_of_errors(server: OpenAISpeechServer) -> None:
    server.key = "sk-kokoro"
    without, wrong, right = make(server), make(server, api_key="sk-no"), make(server, api_key="sk-kokoro")
    for provider in (without, wrong):
        error = await error_of(provider, SpeechRequest(SENTENCE))
        assert isinstance(error, ProviderError)
        assert not (await provider.health()).ok
    assert "authorization" not in server.requests[0][1]
    await speak(right, SpeechRequest(SENTENCE))
    assert (await right.health()).ok
    assert "sk-kokoro" not in repr(OpenAISpeechSettings(api_key="sk-kokoro"))
    odd = make(server, api_key="ключ")
    assert isinstance(await error_of(odd, SpeechRequest(SENTENCE)), ConfigError)
    for provider in (without, wrong, right, odd):
        await provider.close()


async def test_an_unknown_voice_lists_the_right_ones_once_they_are_known(
    server: OpenAISpeechServer, engine: OpenAISpeechProvider
) -> None:
    request = SpeechRequest(SENTENCE, (), Voice(id="Mia"))
    error = await error_of(engine, request)
    assert isinstance(error, ProviderError)
    assert (error.kind, error.detail) == (ErrorKind.INVALID, "Voice 'Mia' not found")
    assert await engine.models() == ("kokoro", "tts-1")
    assert {voice.id for voice in engine.capabilities.voices} == set(TONES)
    error = await error_of(engine, request)
    assert isinstance(error, InputError)
    assert error.facts == {"voice": "Mia", "voices": list(TONES)}


async def test_an_engine_without_lists_is_well(server: OpenAISpeechServer, engine: OpenAISpeechProvider) -> None:
    server.has_lists = False
    assert await engine.models() == ()
    assert (await engine.health()).ok


async def test_nobody_there_is_not_well() -> None:
    provider = OpenAISpeechProvider("k", OpenAISpeechSettings(base_url="http://127.0.0.1:9"))
    assert not (await provider.health()).ok
    assert provider.warnings() == ()
    await provider.close()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("429", ErrorKind.RATE_LIMIT),
        ("500", ErrorKind.SERVER),
        ("detail", ErrorKind.SERVER),
        ("cut", ErrorKind.INCOMPLETE),
        ("empty", ErrorKind.BAD_ANSWER),
        ("json_200", ErrorKind.SERVER),
        ("html_200", ErrorKind.BAD_ANSWER),
        ("endless", ErrorKind.BAD_ANSWER),
    ],
)
async def test_each_failure_has_its_kind_and_one_call_is_made(
    server: OpenAISpeechServer, engine: OpenAISpeechProvider, fault: str, kind: ErrorKind
) -> None:
    assert fault in FAULTS
    server.faults.append(fault)
    error = await error_of(engine, SpeechRequest(SENTENCE))
    assert isinstance(error, ProviderError)
    assert error.kind is kind
    assert error.retry_after == (3.0 if fault == "429" else None)
    assert len(server.requests) == 1


async def test_a_file_of_another_kind_is_refused(server: OpenAISpeechServer) -> None:
    provider = make(server)
    server.faults.append("mp3")
    error = await error_of(provider, SpeechRequest(SENTENCE))
    assert error.code == "provider.bad_answer"
    await provider.close()


async def test_odd_bytes_and_files_in_place_of_samples_are_heard(server: OpenAISpeechServer) -> None:
    provider = make(server, response_format="pcm")
    straight, _ = await speak(provider, SpeechRequest(SENTENCE))
    server.faults += ["odd", "wav_for_pcm"]
    odd, _ = await speak(provider, SpeechRequest(SENTENCE))
    file, _ = await speak(provider, SpeechRequest(SENTENCE))
    assert odd.samples == straight.samples[:-2]
    assert file == straight
    await provider.close()


async def test_silence_ends(server: OpenAISpeechServer) -> None:
    provider = make(server, timeouts=Timeouts(connect=5, write=5, idle=0.2, total=0.2))
    server.faults.append("silent")
    error = await error_of(provider, SpeechRequest(SENTENCE))
    assert error.code == "provider.timeout"
    await provider.close()
