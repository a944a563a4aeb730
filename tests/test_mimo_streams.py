"""The MiMo provider and streams and answers as they should not be."""

import asyncio
import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.pcm import Pcm
from bot.errors import ErrorKind, ProviderError
from bot.providers import http
from bot.providers.base import SpeechRequest
from bot.providers.mimo import MimoProvider
from tests.fakes import tones
from tests.fakes.mimo_server import TONES, Fault, MimoServer
from tests.mimo_case import (  # noqa: F401  the fixtures of this file
    SENTENCE,
    SHORT,
    fixture_mimo,
    fixture_server,
    is_tone,
    kind_of,
    make,
)
from tests.provider_case import error_of, speak


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
    assert await kind_of(provider, SpeechRequest("Hi.", stream=False)) is ErrorKind.TIMEOUT
    await provider.close()


async def test_a_refusal_that_does_not_end_is_judged_by_its_status(
    server: MimoServer, mimo: MimoProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REFUSAL_SECONDS", 0.1)
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
