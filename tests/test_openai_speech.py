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
from bot.providers.base import Provider, SpeechRequest, Timeouts
from bot.providers.openai import OpenAISpeechProvider, OpenAISpeechSettings
from tests.fakes import recordings, tones
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
    assert error.facts == {"voice": "Mia", "suggestion": "", "voices": list(TONES)}


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


@pytest.mark.parametrize("way", ["whole", "chunked", "sse"])
@pytest.mark.parametrize("form", recordings.FORMATS)
async def test_every_format_is_heard_in_every_way(server: OpenAISpeechServer, form: str, way: str) -> None:
    server.is_chunked = way == "chunked"
    straight = make(server, response_format="pcm")
    usual, _ = await speak(straight, SpeechRequest(SENTENCE))
    provider = make(server, response_format=form, stream_format="sse" if way == "sse" else "")
    pcm, _ = await speak(provider, SpeechRequest(SENTENCE))
    assert server.requests[-1][2]["response_format"] == form
    assert abs(tones.pitch(pcm.samples, pcm.rate) - TONES["alloy"]) < 3
    assert pcm.seconds == pytest.approx(usual.seconds, abs=0.15)
    for each in (straight, provider):
        await each.close()


@pytest.mark.parametrize("media_type", ["", "application/octet-stream", "audio/wav"])
@pytest.mark.parametrize("form", ["wav", "mp3", "opus", "flac", "aac"])
async def test_what_really_comes_is_known_by_its_bytes(server: OpenAISpeechServer, form: str, media_type: str) -> None:
    server.really, server.media_type = form, media_type
    for wanted in ("wav", "mp3"):
        provider = make(server, response_format=wanted)
        pcm, _ = await speak(provider, SpeechRequest(SENTENCE, (), Voice(id="af_heart")))
        assert abs(tones.pitch(pcm.samples, pcm.rate) - TONES["af_heart"]) < 3
        await provider.close()


async def test_bare_samples_are_known_by_their_media_type(server: OpenAISpeechServer) -> None:
    server.really, server.rate, server.media_type = "pcm", 16_000, "audio/L16; rate=16000"
    provider = make(server)
    pcm, _ = await speak(provider, SpeechRequest(SENTENCE))
    assert pcm.rate == 16_000
    assert abs(tones.pitch(pcm.samples, pcm.rate) - TONES["alloy"]) < 3
    server.media_type = "application/octet-stream"
    assert (await error_of(provider, SpeechRequest(SENTENCE))).code == "provider.bad_answer"
    await provider.close()


@pytest.mark.parametrize("form", ["wav", "mp3", "opus", "aac"])
@pytest.mark.parametrize("stream_format", ["", "sse"])
async def test_files_joined_in_one_body_are_all_heard(
    server: OpenAISpeechServer, form: str, stream_format: str
) -> None:
    provider = make(server, response_format=form, stream_format=stream_format)
    usual, _ = await speak(provider, SpeechRequest(SENTENCE))
    server.files = 3
    joined, _ = await speak(provider, SpeechRequest(SENTENCE))
    assert joined.seconds == pytest.approx(usual.seconds, abs=0.3)
    assert form != "wav" or joined == usual
    await provider.close()


async def test_the_first_events_are_heard_while_the_rest_is_withheld(server: OpenAISpeechServer) -> None:
    server.gate = asyncio.Event()
    provider = make(server, stream_format="sse")
    async with aclosing(provider.synthesize(SpeechRequest(SENTENCE))) as parts:
        first = await anext(parts)
        assert isinstance(first, Pcm)
        server.gate.set()
        assert len([part async for part in parts]) > 1
    await provider.close()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("error_event", ErrorKind.SERVER), ("cut", ErrorKind.INCOMPLETE), ("keep_alives", ErrorKind.TIMEOUT)],
)
async def test_events_that_go_wrong_end_in_an_error(server: OpenAISpeechServer, fault: str, kind: ErrorKind) -> None:
    provider = make(server, stream_format="sse", timeouts=Timeouts(first_audio=0.3))
    server.faults.append(fault)
    error = await error_of(provider, SpeechRequest(SENTENCE))
    assert isinstance(error, ProviderError)
    assert error.kind is kind
    await provider.close()


async def test_nobody_waits_for_events_after_the_last(server: OpenAISpeechServer) -> None:
    provider = make(server, stream_format="sse")
    server.faults.append("stays_open")
    async with asyncio.timeout(10):  # the first sound may take 15
        await speak(provider, SpeechRequest(SENTENCE))
    await provider.close()


@pytest.mark.parametrize("form", recordings.FORMATS)
async def test_a_health_check_speaks_a_word_and_says_what_came(server: OpenAISpeechServer, form: str) -> None:
    free, paid = make(server, response_format=form), make(server, response_format=form, api_key="sk-1")
    health = await free.health()
    assert health.ok
    assert health.came.startswith(f"{form}, {48_000 if form == 'opus' else 24_000} Hz, 0.")
    assert health.came in health.detail
    spoken = len([path for path, _, _ in server.requests if path.endswith("speech")])
    assert spoken == 1
    assert (await paid.health()).came == "", "a key may cost money"
    assert (await paid.health(speak=True)).came == health.came
    server.faults.append("not_audio")
    server.media_type = "audio/wav"
    broken = await free.health()
    assert broken.ok == (form == "pcm"), "bare samples may be anything"
    for each in (free, paid):
        await each.close()


@pytest.mark.parametrize(
    ("listed", "languages"),
    [
        (["alloy", "af_heart"], ["", ""]),
        ({"voices": ["alloy", "af_heart"]}, ["", ""]),
        ({"data": [{"id": "alloy", "name": "Alloy", "language": "en-US"}, {"id": "af_heart"}]}, ["en", ""]),
        ({"voices": [{"voice_id": "alloy", "language": "Chinese"}, {"name": "af_heart", "lang": "zh_CN"}]}, ["zh"] * 2),
        ({"voices": {"alloy": {"language": "ja"}, "af_heart": None}}, ["ja", ""]),
    ],
)  # fmt: skip
async def test_voices_are_listed_in_the_shapes_of_many_engines(
    server: OpenAISpeechServer, listed: Any, languages: list[str]
) -> None:
    server.voices = listed
    provider = make(server)
    await provider.models()
    assert [voice.id for voice in provider.capabilities.voices] == ["alloy", "af_heart"]
    assert [voice.language for voice in provider.capabilities.voices] == languages
    await provider.close()


@pytest.mark.parametrize(
    "listed", [None, 5, "x", [5, None, {}], {"voices": "x"}, {"voices": [{"id": "\n"}]}, {"a": []}]
)
async def test_lists_that_are_none_list_nothing(server: OpenAISpeechServer, listed: Any) -> None:
    server.voices = listed
    provider = make(server)
    await provider.models()
    assert provider.capabilities.voices == ()
    await provider.close()


async def test_odd_bytes_and_files_in_place_of_samples_are_heard(server: OpenAISpeechServer) -> None:
    provider = make(server, response_format="pcm")
    straight, _ = await speak(provider, SpeechRequest(SENTENCE))
    server.faults.append("odd")
    odd, _ = await speak(provider, SpeechRequest(SENTENCE))
    server.really = "wav"
    file, _ = await speak(provider, SpeechRequest(SENTENCE))
    assert odd.samples == straight.samples[:-2]
    assert file == straight
    await provider.close()


async def test_silence_ends(server: OpenAISpeechServer) -> None:
    provider = make(server, timeouts=Timeouts(connect=5, write=5, idle=0.2, first_audio=0.2))
    server.faults.append("silent")
    error = await error_of(provider, SpeechRequest("Hi."))
    assert error.code == "provider.timeout"
    await provider.close()
