"""The MiMo provider against a service that behaves, and one that does not."""

import asyncio
import base64
import hashlib
import inspect
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import texts
from bot.audio.pcm import Pcm
from bot.errors import BotError, ConfigError, ErrorKind, InputError, ProviderError
from bot.model import Sample, Usage, Voice, VoiceKind
from bot.speech import wire
from bot.speech.provider import Provider, SpeechRequest
from bot.speech.providers.mimo import MimoProvider, MimoSettings
from bot.speech.refusal import failure, read_refusal, retry_after, tidy
from bot.speech.truncation import expected_seconds, longest_seconds, looks_truncated
from bot.speech.wire import MAX_ANSWER, Timeouts, service_root
from tests.fakes import tones
from tests.fakes.mimo_server import CLONE, DESIGN, TONES, V2, V25, Fault, MimoServer

SENTENCE = "Tomorrow is Friday, and the rain has stopped."
SECRET = "sk-test"
CLONE_WAV = tones.wav(tones.tone(300, 24_000))
DESIGNED = Voice(VoiceKind.DESIGNED, description="An old sailor, hoarse, slow.")
CLONED = Voice(VoiceKind.CLONED, sample=Sample.of(CLONE_WAV, "audio/wav"))
SHORT = Timeouts(connect=5, write=5, idle=0.3, total=0.6)


@pytest.fixture
async def server() -> AsyncIterator[MimoServer]:
    async with MimoServer() as running:
        yield running


@pytest.fixture
async def mimo(server: MimoServer) -> AsyncIterator[MimoProvider]:
    provider = make(server)
    yield provider
    await provider.close()


def make(server: MimoServer, **changes: Any) -> MimoProvider:
    return MimoProvider("mimo", MimoSettings(**{"base_url": server.base_url, "api_key": SECRET, **changes}))


async def speak(provider: MimoProvider, request: SpeechRequest) -> tuple[Pcm, Usage]:
    """All sound joined, and the usage that ends it."""
    async with aclosing(provider.synthesize(request)) as parts:
        heard = [part async for part in parts]
    *sound, usage = heard
    assert isinstance(usage, Usage)
    pieces = [part for part in sound if isinstance(part, Pcm)]
    assert len(pieces) == len(sound)
    assert all(len(piece.samples) % 2 == 0 for piece in pieces)
    return Pcm(b"".join(piece.samples for piece in pieces), pieces[0].rate), usage


async def error_of(provider: MimoProvider, request: SpeechRequest) -> BotError:
    with pytest.raises(BotError) as caught:
        await speak(provider, request)
    return caught.value


async def kind_of(provider: MimoProvider, request: SpeechRequest) -> ErrorKind:
    error = await error_of(provider, request)
    assert isinstance(error, ProviderError)
    return error.kind


def is_tone(pcm: Pcm, hertz: float) -> bool:
    peak = np.abs(np.frombuffer(pcm.samples, "<i2").astype(int)).max()
    return abs(tones.pitch(pcm.samples, pcm.rate) - hertz) < 5 and bool(peak > 30_000)


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
    provider = make(server, timeouts=Timeouts(connect=5, write=5, idle=5, total=1.0))
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


@pytest.mark.parametrize("fault", ["gzip_bomb", "huge"])
async def test_an_answer_is_read_up_to_its_limit(server: MimoServer, mimo: MimoProvider, fault: str) -> None:
    server.faults.append(Fault(fault))
    error = await error_of(mimo, SpeechRequest(SENTENCE))
    assert isinstance(error, ProviderError)
    assert (error.kind, error.detail) == (ErrorKind.BAD_ANSWER, f"an answer of more than {MAX_ANSWER} bytes")


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


# Streams as they should not be


@pytest.mark.parametrize(
    "fault",
    ["comments", "crlf", "nospace", "empty_chunks", "odd_split", "split_reads", "no_done", "json_for_stream",
     "wav_in_stream", "no_usage", "strange_usage", "odd"],
)  # fmt: skip
async def test_odd_streams_are_heard_whole(server: MimoServer, mimo: MimoProvider, fault: str) -> None:
    straight, _ = await speak(mimo, SpeechRequest(SENTENCE))
    server.faults.append(Fault(fault))
    pcm, usage = await speak(mimo, SpeechRequest(SENTENCE))
    assert pcm.samples == (straight.samples[:-2] if fault == "odd" else straight.samples)
    assert usage.completion_tokens == round(straight.seconds / 0.16) + 2
    assert usage.estimated == ("usage" in fault)
    assert usage.prompt_tokens > 0


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("cut", ErrorKind.INCOMPLETE),
        ("cut_in_event", ErrorKind.INCOMPLETE),
        ("no_finish", ErrorKind.INCOMPLETE),
        ("error_in_stream", ErrorKind.SERVER),
        ("broken_event", ErrorKind.BAD_ANSWER),
        ("huge_event", ErrorKind.BAD_ANSWER),
        ("html_200", ErrorKind.BAD_ANSWER),
    ],
)
async def test_broken_streams_end_in_an_error(
    server: MimoServer, mimo: MimoProvider, fault: str, kind: ErrorKind
) -> None:
    server.faults.append(Fault(fault))
    assert await kind_of(mimo, SpeechRequest(SENTENCE)) is kind


async def test_what_was_made_before_a_cut_is_heard(server: MimoServer, mimo: MimoProvider) -> None:
    server.faults.append(Fault("cut", after=3))
    parts = mimo.synthesize(SpeechRequest(SENTENCE))
    heard = [await anext(parts) for _ in range(3)]
    with pytest.raises(ProviderError, match=r"provider\.incomplete"):
        await anext(parts)
    assert [part.seconds for part in heard if isinstance(part, Pcm)] == [0.32] * 3


async def test_a_stream_that_ends_without_a_reason_is_incomplete(server: MimoServer, mimo: MimoProvider) -> None:
    sound = base64.b64encode(tones.tone(300, 2400)).decode()
    event = f'data: {{"choices": [{{"delta": {{"audio": {{"data": "{sound}"}}}}}}]}}\n\n'
    server.faults.append(Fault("raw", body=event.encode()))
    assert await kind_of(mimo, SpeechRequest(SENTENCE)) is ErrorKind.INCOMPLETE
    server.faults.append(Fault("raw", body=event.encode() + b"data: [DONE]"))
    pcm, _ = await speak(mimo, SpeechRequest(SENTENCE))
    assert len(pcm.samples) == 4800


async def test_nobody_waits_for_a_connection_that_stays_open(server: MimoServer, mimo: MimoProvider) -> None:
    server.faults.append(Fault("stays_open"))
    async with asyncio.timeout(20):  # the idle time is 30
        await speak(mimo, SpeechRequest(SENTENCE))


@pytest.mark.parametrize("fault", ["silent_socket", "keep_alives", "slow_drip"])
async def test_every_wait_ends(server: MimoServer, fault: str) -> None:
    provider = make(server, timeouts=SHORT)
    server.faults.append(Fault(fault))
    assert await kind_of(provider, SpeechRequest(SENTENCE)) is ErrorKind.TIMEOUT
    await provider.close()


async def test_a_silent_socket_ends_whole_answers_too(server: MimoServer) -> None:
    provider = make(server, timeouts=SHORT)
    server.faults.append(Fault("silent_socket"))
    assert await kind_of(provider, SpeechRequest(SENTENCE, stream=False)) is ErrorKind.TIMEOUT
    await provider.close()


async def test_a_refusal_that_does_not_end_is_judged_by_its_status(
    server: MimoServer, mimo: MimoProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "REFUSAL_SECONDS", 0.1)
    server.faults.append(Fault("refusal_hangs"))
    assert await kind_of(mimo, SpeechRequest(SENTENCE)) is ErrorKind.SERVER


async def test_audio_that_is_none_is_refused(server: MimoServer, mimo: MimoProvider) -> None:
    server.faults.append(Fault("not_wav"))
    assert await kind_of(mimo, SpeechRequest(SENTENCE, stream=False)) is ErrorKind.BAD_ANSWER


async def test_a_wav_of_no_declared_end_is_heard(server: MimoServer, mimo: MimoProvider) -> None:
    server.faults.append(Fault("endless_wav"))
    pcm, _ = await speak(mimo, SpeechRequest(SENTENCE, stream=False))
    assert is_tone(pcm, TONES["Mia"])


STRANGE = [
    b"", b"null", b"[]", b"{}", b'"x"', b"\xff\xfe", b'{"choices": null}', b'{"choices": [null]}',
    b'{"choices": [[]]}', b'{"choices": {"0": 1}}', b'{"choices": [{"delta": "x", "message": "x"}]}',
    b'{"choices": [{"delta": {"audio": []}, "message": {"audio": []}}]}',
    b'{"choices": [{"delta": {"audio": {"data": 5}}, "message": {"audio": {"data": 5}}}]}',
    b'{"choices": [{"delta": {"audio": {"data": "\\ud800AAA"}}, "message": {"audio": {"data": "\\ud800AAA"}}}]}',
    b'{"choices": [{"finish_reason": 7}], "usage": []}', b'{"error": []}', b'{"error": 5}', b'{"error": "\\ud800"}',
    b'{"error": {"code": [], "message": {}, "type": 3}}', b'{"error": {"code": "999999999999999999999"}}',
    b"[" * 50_000, b'{"usage": {"prompt_tokens": 1e999}}', b'{"usage": {"prompt_tokens": ' + b"9" * 5000 + b"}}",
    b'{"choices": [{"finish_reason": "stop"}]}',
]  # fmt: skip


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("body", STRANGE, ids=range(len(STRANGE)))
async def test_strange_answers_are_errors_of_the_provider(
    server: MimoServer, mimo: MimoProvider, body: bytes, stream: bool
) -> None:
    whole = b"data: " + body + b"\n\ndata: [DONE]\n\n" if stream else body
    server.faults.append(Fault("raw", body=whole))
    error = await error_of(mimo, SpeechRequest(SENTENCE, stream=stream))
    assert isinstance(error, ProviderError)
    error.detail.encode()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_bytes_after_the_first_sound_end_in_sound_or_an_error(data: st.DataObject) -> None:
    sound = base64.b64encode(tones.tone(300, 2400))
    good = b'data: {"choices": [{"delta": {"audio": {"data": "' + sound + b'"}}, "finish_reason": "stop"}]}\n\n'
    raw = bytearray(good * 2 + b"data: [DONE]\n\n")
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=6)):
        raw[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))

    async def once() -> None:
        async with MimoServer() as server:
            provider = make(server)
            server.faults.append(Fault("raw", body=bytes(raw[:cut])))
            try:
                pcm, _ = await speak(provider, SpeechRequest(SENTENCE))
                assert pcm.samples
            except ProviderError:
                pass
            finally:
                await provider.close()

    asyncio.run(once())


# Failures of the connection


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS of an authority that nobody knows, and the authority's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mouthpiece test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "ca.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


async def test_tls_is_checked_and_an_authority_can_be_added(tmp_path: Path) -> None:
    context, authority = certificate(tmp_path)
    async with MimoServer(tls=context) as server:
        stranger, friend = make(server), make(server, ca_file=str(authority))
        assert await kind_of(stranger, SpeechRequest(SENTENCE)) is ErrorKind.CONNECTION
        await speak(friend, SpeechRequest(SENTENCE))
        lost = make(server, ca_file=str(tmp_path / "missing.pem"))
        assert (await error_of(lost, SpeechRequest(SENTENCE))).code == "provider.bad_ca_file"
        assert not (await lost.health()).ok
        for provider in (stranger, friend, lost):
            await provider.close()


async def test_a_proxy_of_the_environment_is_not_used_on_this_machine(
    server: MimoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    provider = make(server)
    await speak(provider, SpeechRequest(SENTENCE))
    await provider.close()
    monkeypatch.setenv("HTTP_PROXY", "gopher://nowhere")
    provider = make(server)
    assert (await error_of(provider, SpeechRequest(SENTENCE))).code == "provider.bad_proxy"
    assert not (await provider.health()).ok


def leaves(kind: type[BaseException]) -> set[type[BaseException]]:
    below = kind.__subclasses__()
    return {kind}.union(*(leaves(one) for one in below)) if below else {kind}


async def test_every_exception_of_httpx_is_a_kind_of_ours() -> None:
    roots = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
    tree = set().union(*(leaves(root) for root in roots))
    exported = {value for _, value in inspect.getmembers(httpx, inspect.isclass) if issubclass(value, Exception)}
    assert exported <= tree
    for kind in tree:
        error = kind.__new__(kind)
        assert isinstance(error, Exception)
        ours = failure("mimo", error)
        assert ours.kind in {ErrorKind.TIMEOUT, ErrorKind.CONNECTION, ErrorKind.BAD_ANSWER, ErrorKind.MODEL}
        assert ours.detail == kind.__name__
    assert failure("m", httpx.ConnectTimeout("")).kind is ErrorKind.CONNECTION
    assert failure("m", httpx.ReadTimeout("")).kind is ErrorKind.TIMEOUT
    assert failure("m", httpx.ReadError(""), answering=True).kind is ErrorKind.INCOMPLETE
    assert failure("m", httpx.ReadError("")).retryable


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error":{"code":"421","message":"x"}}', ErrorKind.MODERATION),
        (200, b'{"error":{"code":429}}', ErrorKind.RATE_LIMIT),
        (500, b'{"error":{"code":"400","param":"p"}}', ErrorKind.INVALID),
        (200, b'{"error":{"code":"402","type":"server_error"}}', ErrorKind.BALANCE),
        (400, b'{"error":{"type":"limitation"}}', ErrorKind.RATE_LIMIT),
        (418, b'data:{"error":{"code":"503"}}', ErrorKind.SERVER),
        (413, b"", ErrorKind.INVALID),
        (408, b"", ErrorKind.SERVER),
        (422, b'{"detail":[{"msg":"field required"}]}', ErrorKind.INVALID),
        (404, b"<html>", ErrorKind.MODEL),
        (200, b"[" * 100_000, ErrorKind.BAD_ANSWER),
    ],
)
def test_the_inner_code_decides_then_the_type_then_the_status(status: int, body: bytes, kind: ErrorKind) -> None:
    assert read_refusal(status, body).kind is kind


# Lengths


async def test_a_recording_that_is_too_short_for_its_text_is_noticed(server: MimoServer, mimo: MimoProvider) -> None:
    for text in ("明天就是周五了，雨也停了，我们去公园走走吧。" * 8, f"{SENTENCE} " * 8):
        whole, _ = await speak(mimo, SpeechRequest(text.strip()))
        assert not looks_truncated(text, whole.seconds)
        server.faults.append(Fault("truncated"))
        short, usage = await speak(mimo, SpeechRequest(text.strip()))
        assert looks_truncated(text, short.seconds)
        assert not usage.estimated


def test_short_texts_and_punctuation_prove_nothing() -> None:
    assert not looks_truncated("你好" * 40, 0.1)
    assert not looks_truncated("......" * 100, 0.1)
    assert looks_truncated("你好" * 60, 0.1)
    low, high = expected_seconds("你" * 1071)
    assert low < 328 < high * 1.1
    assert expected_seconds("[cough] a") == expected_seconds("a")


async def test_sound_that_does_not_end_is_refused(server: MimoServer, mimo: MimoProvider) -> None:
    server.frames_per_frame = 100
    assert longest_seconds("hi") == 60
    for stream in (True, False):
        error = await error_of(mimo, SpeechRequest("hi", stream=stream))
        assert isinstance(error, ProviderError)
        assert error.kind is ErrorKind.BAD_ANSWER
        assert "no end" in error.detail


def test_tokens_are_reckoned_before_the_call() -> None:
    provider = MimoProvider("mimo", MimoSettings())
    short = provider.plan(SpeechRequest("hi")).tokens
    chinese = provider.plan(SpeechRequest("你" * 1071)).tokens
    assert 3 <= short <= 6
    assert 1071 / 1.6 + 300 * 6.25 * 0.7 < chinese < 1071 / 1.6 + 328 * 6.25 * 1.1
