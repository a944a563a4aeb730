"""The MiMo provider against a service that behaves: requests, keys, addresses, refusals."""

import asyncio
import base64
import hashlib
import json
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from bot import texts
from bot.audio.pcm import Pcm
from bot.errors import ConfigError, ErrorKind, InputError, ProviderError
from bot.model import Sample, Usage, Voice, VoiceKind
from bot.providers.base import Provider, SpeechRequest, Timeouts
from bot.providers.http import MAX_ANSWER, retry_after, service_root, tidy
from bot.providers.mimo import MimoProvider, MimoSettings
from tests.fakes import tones
from tests.fakes.mimo_server import CLONE, DESIGN, TONES, V2, V25, Fault, MimoServer
from tests.mimo_case import (  # noqa: F401  the fixtures of this file
    CLONE_WAV,
    CLONED,
    DESIGNED,
    SECRET,
    SENTENCE,
    fixture_mimo,
    fixture_server,
    is_tone,
    kind_of,
    make,
)
from tests.provider_case import error_of, speak


def test_it_is_a_provider() -> None:
    provider: Provider = MimoProvider("mimo", MimoSettings())
    assert {voice.id for voice in provider.capabilities.voices} >= {"Mia", "冰糖", "mimo_default"}
    assert provider.capabilities.kinds == set(VoiceKind)


# What goes out and comes back


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("voice", "text"), [("Dean", SENTENCE), ("茉莉", "明天就是周五了，雨也停了。"), ("", SENTENCE)]
)
async def test_a_preset_voice_is_heard_whole(
    server: MimoServer, mimo: MimoProvider, voice: str, text: str, stream: bool
) -> None:
    request = SpeechRequest(text, ("Happy",), Voice(id=voice), stream=stream)
    pcm, usage = await speak(mimo, request)
    assert is_tone(pcm, TONES[voice or "Mia"])
    assert pcm.rate == 24_000
    frames = pcm.seconds / 0.16
    assert frames == round(frames)
    assert usage == Usage(usage.prompt_tokens, round(frames) + 2, estimated=False)
    assert server.calls == [mimo.plan(request).body]
    assert server.calls[0]["audio"]["format"] == ("pcm16" if stream else "wav")


async def test_design_and_clone_come_whole_even_when_a_stream_is_wanted(server: MimoServer, mimo: MimoProvider) -> None:
    designed, _ = await speak(mimo, SpeechRequest(SENTENCE, ("Happy",), DESIGNED))
    cloned, _ = await speak(mimo, SpeechRequest(SENTENCE, ("Happy",), CLONED))
    assert tones.pitch(designed.samples) > 890
    assert tones.pitch(cloned.samples) > 890
    design, clone = server.calls
    assert (design["model"], design["audio"]) == (DESIGN, {"format": "wav"})
    assert (clone["model"], clone["stream"]) == (CLONE, False)
    assert clone["audio"]["voice"] == "data:audio/wav;base64," + base64.b64encode(CLONE_WAV).decode()
    assert [row["role"] for row in clone["messages"]] == ["assistant"]


async def test_a_plan_shows_a_sample_by_its_digest(mimo: MimoProvider) -> None:
    plan = mimo.plan(SpeechRequest(SENTENCE, (), CLONED))
    assert plan.body["audio"]["voice"] == f"data:audio/wav;base64,<sha256:{hashlib.sha256(CLONE_WAV).hexdigest()}>"
    json.dumps(dict(plan.body))


async def test_the_old_model_gets_its_own_dialect_and_is_not_read_the_style(server: MimoServer) -> None:
    old, new = make(server, model=V2), make(server)
    bare, _ = await speak(old, SpeechRequest(SENTENCE))
    styled, _ = await speak(old, SpeechRequest(SENTENCE, ("Happy", "Slow down")))
    assert styled.seconds == bare.seconds
    assert server.calls[-1]["messages"][-1]["content"].startswith("<style>Happy Slow down</style>")
    bare, _ = await speak(new, SpeechRequest(SENTENCE))
    styled, _ = await speak(new, SpeechRequest(SENTENCE, ("Happy", "Slow down")))
    assert styled.seconds == bare.seconds
    await old.close()
    await new.close()


async def test_instructions_travel_in_the_users_message(server: MimoServer, mimo: MimoProvider) -> None:
    await speak(mimo, SpeechRequest(SENTENCE, instruction="Role: a pilot.\nScene: a storm."))
    assert server.calls[0]["messages"] == [
        {"role": "user", "content": "Role: a pilot.\nScene: a storm."},
        {"role": "assistant", "content": SENTENCE},
    ]


async def test_a_stream_is_heard_while_the_rest_is_withheld(server: MimoServer, mimo: MimoProvider) -> None:
    gate = server.hold_after(chunks=1)
    async with aclosing(mimo.synthesize(SpeechRequest(SENTENCE))) as parts:
        first = await anext(parts)
        assert isinstance(first, Pcm)
        assert first.seconds == pytest.approx(0.32)
        await gate.reached.wait()
        gate.set()
        rest = [part async for part in parts]
    assert isinstance(rest[-1], Usage)


async def test_one_connection_serves_one_request_after_the_other(server: MimoServer, mimo: MimoProvider) -> None:
    for stream in (True, False, True, True):
        await speak(mimo, SpeechRequest(SENTENCE, stream=stream))
    assert len(server.peers) == 1


async def test_a_listener_who_leaves_ends_the_request(server: MimoServer, mimo: MimoProvider) -> None:
    gate = server.hold_after(chunks=1)
    parts = mimo.synthesize(SpeechRequest(SENTENCE))
    await anext(parts)
    await gate.reached.wait()
    await parts.aclose()
    await asyncio.wait_for(server.idle.wait(), 5)


async def test_time_between_two_pieces_belongs_to_the_listener(server: MimoServer) -> None:
    provider = make(server, timeouts=Timeouts(connect=5, write=5, idle=5, first_audio=1.0))
    heard = 0
    async with aclosing(provider.synthesize(SpeechRequest("你好。" * 8))) as parts:
        async for part in parts:
            heard += isinstance(part, Pcm)
            if heard == 1:
                await asyncio.sleep(1.1)  # the listener's own slowness is what is tried here
    assert heard > 3
    await provider.close()


# Keys, addresses, lists


@pytest.mark.parametrize(
    ("auth", "header", "value"), [("api-key", "api-key", SECRET), ("bearer", "authorization", f"Bearer {SECRET}")]
)
async def test_exactly_one_header_carries_the_key(server: MimoServer, auth: str, header: str, value: str) -> None:
    provider = make(server, auth=auth)
    await speak(provider, SpeechRequest(SENTENCE))
    headers = server.requests[0].headers
    assert headers[header] == value
    assert not {"api-key", "authorization"} - {header} & set(headers)
    await provider.close()


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/", "/v1/chat/completions", "/v1/models", "/chat/completions"])
async def test_every_form_of_the_address_works(server: MimoServer, tail: str) -> None:
    provider = make(server, base_url=f"  {server.root}{tail} ")
    await speak(provider, SpeechRequest(SENTENCE))
    await provider.close()


@pytest.mark.parametrize("url", ["api.example.com", "ftp://me:hunter2@x", "http://", "http://x:hunter2", "https://"])
def test_an_address_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match=r"provider\.bad_url") as caught:
        MimoProvider("mimo", MimoSettings(base_url=url))
    for language in texts.LANGUAGES:
        sentence = texts.of_error(caught.value, language)
        assert "hunter2" not in sentence  # a password may stand in it
        assert "[providers.mimo]" in sentence


def test_an_address_keeps_a_path_of_its_own() -> None:
    assert service_root("x", "https://host:8/proxy/v1") == "https://host:8/proxy"


async def test_without_a_usable_key_nobody_is_called(server: MimoServer) -> None:
    for key, code in (("", "provider.no_key"), ("sk-ключ", "provider.bad_key"), ("a b", "provider.bad_key")):
        provider = make(server, api_key=key)
        error = await error_of(provider, SpeechRequest(SENTENCE))
        assert isinstance(error, ConfigError)
        assert (error.code, error.facts["variable"]) == (code, "MOUTHPIECE_PROVIDERS__MIMO__API_KEY")
        assert not (await provider.health()).ok
        await provider.close()
    assert server.requests == []


def test_keys_that_bots_may_not_use_are_warned_about() -> None:
    def codes(key: str, url: str = "") -> tuple[str, ...]:
        return MimoProvider("mimo", MimoSettings(api_key=key, base_url=url)).warnings()

    assert codes("tp-abc") == codes("ttp-abc") == ("key.token_plan",)
    assert codes("sk-abc") == ()
    assert codes("sk-abc", "http://tts.example.com") == ("key.plain_http",)
    assert codes("sk-abc", "http://127.0.0.1:80") == ()
    assert MimoSettings(api_key="tp-1").address != MimoSettings(api_key="sk-1").address


@pytest.mark.parametrize("path", ["", "/v1/models", "/models"])
async def test_models_are_listed_at_either_path(server: MimoServer, mimo: MimoProvider, path: str) -> None:
    server.models_path = path
    assert V25 in await mimo.models()
    assert (await mimo.health()).ok


async def test_health_says_what_is_wrong_in_words(server: MimoServer) -> None:
    wrong = make(server, api_key="sk-wrong")
    health = await wrong.health()
    assert not health.ok
    assert "API key" in health.detail
    assert "sk-wrong" not in health.detail
    elsewhere = make(server, base_url="http://127.0.0.1:9")
    assert "cannot be reached" in (await elsewhere.health()).detail
    other = make(server, model="mimo-v9-tts")
    assert "mimo-v9-tts" in (await other.health()).detail
    server.keys["tp-x"] = "ok"
    plan = make(server, api_key="tp-x")
    assert "Token Plan" in (await plan.health()).detail
    for provider in (wrong, elsewhere, other, plan):
        await provider.close()


# Refusals


async def test_an_unknown_voice_lists_the_right_ones(mimo: MimoProvider) -> None:
    error = await error_of(mimo, SpeechRequest(SENTENCE, (), Voice(id="Emma")))
    assert isinstance(error, InputError)
    assert error.code == "voice.unknown"
    assert error.facts["voice"] == "Emma"
    assert "冰糖" in error.facts["voices"]  # type: ignore[operator]


@pytest.mark.parametrize("in_may", [True, False])
async def test_an_unknown_model_is_named(server: MimoServer, in_may: bool) -> None:
    server.model_error_of_may = in_may
    provider = make(server, model="mimo-v9-tts")
    error = await error_of(provider, SpeechRequest(SENTENCE))
    assert isinstance(error, ProviderError)
    assert error.kind is ErrorKind.MODEL
    assert "mimo-v9-tts" in error.detail
    await provider.close()


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("400", ErrorKind.INVALID),
        ("401", ErrorKind.AUTHENTICATION),
        ("402", ErrorKind.BALANCE),
        ("402upstream", ErrorKind.SERVER),
        ("403", ErrorKind.FORBIDDEN),
        ("404html", ErrorKind.MODEL),
        ("421", ErrorKind.MODERATION),
        ("421as400", ErrorKind.MODERATION),
        ("429", ErrorKind.RATE_LIMIT),
        ("500", ErrorKind.SERVER),
        ("502html", ErrorKind.SERVER),
        ("503", ErrorKind.SERVER),
        ("529", ErrorKind.SERVER),
        ("redirect", ErrorKind.MODEL),
        ("foreign_error", ErrorKind.AUTHENTICATION),
        ("reset", ErrorKind.CONNECTION),
        ("error_in_200", ErrorKind.RATE_LIMIT),
        ("not_json", ErrorKind.BAD_ANSWER),
        ("nan", ErrorKind.BAD_ANSWER),
        ("no_audio", ErrorKind.BAD_ANSWER),
        ("bad_base64", ErrorKind.BAD_ANSWER),
        ("content_filter", ErrorKind.MODERATION),
        ("length", ErrorKind.INCOMPLETE),
        ("repetition_truncation", ErrorKind.INCOMPLETE),
    ],
)
async def test_each_refusal_has_its_kind_and_one_call_is_made(
    server: MimoServer, mimo: MimoProvider, fault: str, kind: ErrorKind, stream: bool
) -> None:
    server.faults.append(Fault(fault))
    assert await kind_of(mimo, SpeechRequest(SENTENCE, stream=stream)) is kind
    assert len(server.requests) == 1
    await speak(mimo, SpeechRequest(SENTENCE, stream=stream))


@pytest.mark.parametrize(
    ("fault", "detail"),
    [("gzip_bomb", "a body packed as gzip"), ("huge", f"an answer of more than {MAX_ANSWER} bytes")],
)
async def test_an_answer_is_read_up_to_its_limit(
    server: MimoServer, mimo: MimoProvider, fault: str, detail: str
) -> None:
    server.faults.append(Fault(fault))
    error = await error_of(mimo, SpeechRequest(SENTENCE, stream=False))
    assert isinstance(error, ProviderError)
    assert (error.kind, error.detail) == (ErrorKind.BAD_ANSWER, detail)


async def test_the_useful_words_of_a_refusal_are_kept_and_the_key_is_not(
    server: MimoServer, mimo: MimoProvider
) -> None:
    server.faults.append(Fault("401"))
    error = await error_of(mimo, SpeechRequest(SENTENCE))
    assert isinstance(error, ProviderError)
    assert error.detail == "Please provide valid API Key"
    assert tidy(f"key {SECRET} is\n\x1b[31m wrong\u202e" + "!" * 900, SECRET).startswith("key *** is [31m wrong !!!")
    assert len(tidy("!" * 900)) == 300
    assert SECRET not in repr(MimoSettings(api_key=SECRET))


async def test_a_wish_to_wait_is_believed_up_to_a_minute(server: MimoServer, mimo: MimoProvider) -> None:
    for said, meant in (("7", 7.0), ("86400", 60.0), ("-3", 0.0), ("soon", None), ("nan", None), ("", None)):
        server.faults.append(Fault("429", retry_after=said))
        error = await error_of(mimo, SpeechRequest(SENTENCE))
        assert isinstance(error, ProviderError)
        assert error.retry_after == meant
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert retry_after("Sat, 21 Nov 2026 12:00:30 GMT", now) == 30
    assert retry_after("Sat, 21 Nov 2026 12:00:30 -0000", now) == 30
    assert retry_after("Sat, 21 Nov 2026 11:00:00 GMT", now + timedelta(seconds=1)) == 0


async def test_what_cannot_be_asked_is_refused_before_the_call(server: MimoServer, mimo: MimoProvider) -> None:
    class Huge(bytes):
        """Ten million bytes that fail the test when they are encoded."""

        def __len__(self) -> int:
            return 10**7

    cases = [
        (SpeechRequest("   "), "text.empty"),
        (SpeechRequest("[cough]"), "text.empty"),
        (SpeechRequest("a" * 2001), "text.too_long"),
        (SpeechRequest("a", (), Voice(VoiceKind.DESIGNED)), "voice.no_description"),
        (SpeechRequest("a", (), Voice(VoiceKind.CLONED)), "sample.missing"),
        (SpeechRequest("a", (), Voice(VoiceKind.CLONED, sample=Sample.of(b"hello", "audio/wav"))), "sample.not_audio"),
        (SpeechRequest("a", (), Voice(VoiceKind.CLONED, sample=Sample.of(b"ID3", "video/mp4"))), "sample.not_audio"),
        (
            SpeechRequest("a", (), Voice(VoiceKind.CLONED, sample=Sample(Huge(b"x"), "audio/wav", ""))),
            "sample.too_large",
        ),
    ]
    for request, code in cases:
        assert (await error_of(mimo, request)).code == code
        with pytest.raises(InputError, match=code):
            mimo.plan(request)
    assert server.requests == []


async def test_a_model_of_the_wrong_kind_is_found_out_here(server: MimoServer) -> None:
    provider = make(server, model=DESIGN)
    assert await kind_of(provider, SpeechRequest(SENTENCE)) is ErrorKind.MODEL
    assert server.requests == []
    await provider.close()
