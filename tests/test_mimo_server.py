"""The stand-in itself: that it refuses what the service refuses, in the same words and order."""

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.fakes import tones
from tests.fakes.mimo_server import CLONE, DESIGN, TONES, V2, V25, Fault, MimoServer

TEXT = "明天就是周五了。"
KEY = {"api-key": "sk-test"}


@pytest.fixture
async def server() -> AsyncIterator[MimoServer]:
    async with MimoServer() as running:
        yield running


@pytest.fixture
async def client(server: MimoServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.root, trust_env=False) as one:
        yield one


def asked(model: str = V25, text: str | None = TEXT, user: str | None = None, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": user}] if user is not None else []
    messages += [{"role": "assistant", "content": text}] if text is not None else []
    return {"model": model, "messages": messages, **more}


async def post(client: httpx.AsyncClient, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    return await client.post("/v1/chat/completions", json=body, headers=KEY if headers is None else headers)


def sound(response: httpx.Response) -> bytes:
    assert response.status_code == 200, response.text
    return base64.b64decode(response.json()["choices"][0]["message"]["audio"]["data"])


async def test_a_wrong_route_is_a_web_page(client: httpx.AsyncClient) -> None:
    for path in ("/v1/audio/speech", "/tts", "/v1/v1/chat/completions"):
        answer = await client.post(path, content=b"not json")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")


async def test_json_is_read_before_the_key_and_the_key_before_the_model(client: httpx.AsyncClient) -> None:
    broken = await client.post("/v1/chat/completions", content=b"{", headers={"api-key": "wrong"})
    assert broken.json() == {"error": {"code": "400", "message": "Invalid JSON in request body"}}
    unknown = await post(client, asked("nothing"), {"api-key": "wrong"})
    assert unknown.status_code == 401
    assert unknown.json()["error"]["type"] == "invalid_key"
    model = await post(client, asked("MiMo-V2.5-TTS"))
    assert model.json() == {"error": {"code": "400", "message": "Unsupported model MiMo-V2.5-TTS"}}
    nameless = await post(client, {"messages": []})
    assert nameless.json()["error"]["message"] == "Unsupported model unknown-model"


async def test_the_api_key_header_wins_over_the_other(client: httpx.AsyncClient) -> None:
    both = {"api-key": "wrong", "authorization": "Bearer sk-test"}
    assert (await post(client, asked(), both)).status_code == 401
    assert (await post(client, asked(), {"authorization": "Bearer sk-test"})).status_code == 200


@pytest.mark.parametrize("state", ["402", "402upstream", "403", "429"])
async def test_an_account_has_a_state(server: MimoServer, client: httpx.AsyncClient, state: str) -> None:
    server.keys["sk-test"] = state
    assert (await post(client, asked(text=None))).status_code == int(state[:3])


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (asked(text=None, user="hi"), "messages must contain an assistant role for TTS model"),
        (
            asked(audio={"voice": "Emma"}),
            "Unknown voice: Emma. Available voices: [mimo_default, 冰糖, 茉莉, 苏打, 白桦, Mia, Chloe, Milo, Dean]",
        ),
        (
            asked(V2, audio={"voice": "Mia"}),
            "Unknown voice: Mia. Available voices: [mimo_default, default_zh, default_en]",
        ),
        (asked(DESIGN, audio={"voice": "Mia"}), "audio.voice is not supported for voice design model"),
        (asked(DESIGN, user=" "), "user message content must not be empty for voice design model"),
        (asked(CLONE), "audio must not be empty for voice clone model"),
        (asked(CLONE, audio={"format": "wav"}), "audio.voice must not be empty for voice clone model"),
        (asked(CLONE, audio={"voice": "Mia"}), "audio.voice must be a DataURL for voice clone model"),
        (asked(audio={"format": "opus"}), "Unsupported audio format: opus"),
        (
            asked(max_completion_tokens=0),
            (
                "max_completion_tokens is too small: 0. This model supports at least 1 completion tokens, "
                "whereas you provided 0."
            ),
        ),
        (asked(stream="yes"), ""),
        (asked(temperature=9), ""),
    ],
)
async def test_each_rule_in_the_services_words(client: httpx.AsyncClient, body: dict[str, Any], param: str) -> None:
    answer = await post(client, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    streamed = await post(client, {"stream": True, **body})
    if "stream" not in body:
        assert streamed.content.startswith(b"data:{")


async def test_a_voice_has_its_tone_and_a_format_its_bytes(client: httpx.AsyncClient) -> None:
    whole = sound(await post(client, asked(audio={"voice": "Dean"})))
    assert whole[:4] == b"RIFF"
    assert (len(whole) - 44) % 7680 == 0
    assert tones.pitch(whole[44:]) == pytest.approx(TONES["Dean"], abs=5)
    assert sound(await post(client, asked(audio={"format": "pcm", "voice": "Dean"}))) == whole[44:]
    assert sound(await post(client, asked(audio={"format": "mp3"})))[0] == 0xFF


async def test_a_foreign_style_is_read_out(client: httpx.AsyncClient) -> None:
    async def length(model: str, text: str, **more: Any) -> int:
        return len(sound(await post(client, asked(model, text, **more))))

    assert await length(V25, f"(开心){TEXT}") == await length(V25, TEXT)
    assert await length(V25, f"<style>开心</style>{TEXT}") > await length(V25, TEXT)
    assert await length(V2, f"<style>开心</style>{TEXT}") == await length(V2, TEXT)
    assert await length(DESIGN, f"(开心){TEXT}", user="a man") > await length(DESIGN, TEXT, user="a man")


async def test_a_stream_has_the_services_framing(server: MimoServer, client: httpx.AsyncClient) -> None:
    answer = await post(client, asked(stream=True, audio={"format": "pcm16"}))
    lines = answer.text.split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    events = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    assert events[0]["choices"][0]["delta"]["audio"] is None
    assert events[-2]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["choices"] == []
    data = [event["choices"][0]["delta"]["audio"]["data"] for event in events[1:-2]]
    assert len(data) > 1
    assert events[-1]["usage"]["completion_tokens"] == sum(len(base64.b64decode(d)) for d in data) // 7680 + 2


async def test_design_streams_everything_at_once(client: httpx.AsyncClient) -> None:
    answer = await post(client, asked(DESIGN, user="a man", stream=True))
    assert answer.text.count('"data"') == 1


async def test_both_lists_of_models_need_the_key(client: httpx.AsyncClient) -> None:
    for path in ("/v1/models", "/models"):
        assert (await client.get(path)).status_code == 401
        assert V25 in {row["id"] for row in (await client.get(path, headers=KEY)).json()["data"]}


async def test_words_are_moderated_and_bursts_refused(server: MimoServer, client: httpx.AsyncClient) -> None:
    assert (await post(client, asked(text="forbidden words"))).status_code == 421
    server.moderation_status = 400
    assert (await post(client, asked(text="forbidden words"))).json()["error"]["code"] == "421"
    server.burst = 2
    assert [(await post(client, asked())).status_code for _ in range(3)] == [200, 200, 429]


async def test_too_many_calls_at_once_are_refused(server: MimoServer, client: httpx.AsyncClient) -> None:
    server.concurrency = 1
    gate = server.hold_after(0)
    first = asyncio.create_task(post(client, asked(stream=True)))
    await gate.reached.wait()
    assert (await post(client, asked())).status_code == 429
    gate.set()
    assert (await first).status_code == 200
    assert server.most_at_once == 2


async def test_a_fault_lasts_as_often_as_it_says(server: MimoServer, client: httpx.AsyncClient) -> None:
    server.faults.append(Fault("503", times=2))
    assert [(await post(client, asked())).status_code for _ in range(3)] == [503, 503, 200]
    with pytest.raises(ValueError, match="no fault"):
        Fault("earthquake")


def test_it_runs_alone() -> None:
    command = [sys.executable, "-m", "tests.fakes.mimo_server", "--port", "0", "--key", "sk-alone"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        base = process.stdout.readline().strip()
        answer = httpx.get(f"{base}/models", headers={"api-key": "sk-alone"}, trust_env=False)
        process.terminate()
    assert answer.status_code == 200
