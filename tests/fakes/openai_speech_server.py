"""A stand-in for an engine behind OpenAI's ``/v1/audio/speech``: real HTTP on loopback, a tone for each voice.

Strict about the fields, as such engines are: an unknown voice, format or speed is refused in FastAPI's words. It sends
every format of OpenAI's service, whole, in pieces of a body or in events; ``really`` and ``files`` make it send what
other engines send.
"""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.fakes import recordings, tones
from tests.fakes.mimo_rules import weight

TONES = {"alloy": 300.0, "af_heart": 420.0, "zf_xiaobei": 540.0}
FAULTS = frozenset(
    {"429", "500", "cut", "empty", "json_200", "html_200", "odd", "silent", "endless", "detail", "error_event",
     "stays_open", "keep_alives", "not_audio"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer in place of the engine's own."""

    pieces: AsyncIterator[bytes]
    media_type: str = "audio/wav"
    headers: dict[str, str] = field(default_factory=dict)


class OpenAISpeechServer:
    """The engine. An async context manager."""

    def __init__(self) -> None:
        self.key = ""
        """Where set, the bearer token that is wanted."""
        self.faults: list[str] = []
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        """Path, headers in lower case, body."""
        self.rate = tones.RATE
        self.really = ""
        """The format that is sent whatever was asked for; empty: that."""
        self.files = 1
        """How many files a body is made of, one after the other."""
        self.is_chunked = True
        """Whether the body is sent while it is made, without a length."""
        self.media_type = ""
        """What the answer claims to be; empty: what it is."""
        self.raw: list[Raw] = []
        """Answers for the next requests for speech."""
        self.has_lists = True
        self.voices: Any = {"voices": list(TONES)}
        self.gate: asyncio.Event | None = None
        """Where set, withholds everything after the first piece of an answer until it is set."""
        self._port = 0
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """With ``/v1``."""
        return f"http://127.0.0.1:{self._port}/v1"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/audio/speech", self._speech)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/v1/audio/voices", self._voices)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1.0, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        if self.gate:
            self.gate.set()
        if self._runner:
            await self._runner.cleanup()

    def _admit(self, request: web.Request, body: Any = None) -> None:
        self.requests.append((request.path, {k.lower(): v for k, v in request.headers.items()}, body))
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            error = {"message": f"Incorrect API key provided: {self.key}", "type": "invalid_request_error"}
            raise web.HTTPUnauthorized(text=json.dumps({"error": error}), content_type="application/json")

    async def _models(self, request: web.Request) -> web.Response:
        self._admit(request)
        if not self.has_lists:
            raise web.HTTPNotFound
        return web.json_response({"object": "list", "data": [{"id": "kokoro"}, {"id": "tts-1"}]})

    async def _voices(self, request: web.Request) -> web.Response:
        self._admit(request)
        if not self.has_lists:
            raise web.HTTPNotFound
        return web.json_response(self.voices)

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
        except ValueError:
            raise _unprocessable("Invalid JSON") from None
        self._admit(request, body)
        _check(body)
        if self.raw:
            return await self._send_raw(request, self.raw.pop(0))
        seconds = max(0.4, weight(body["input"]) / 4.5) / body.get("speed", 1.0)
        samples = round(seconds * self.rate)
        fault = self.faults.pop(0) if self.faults else ""
        if answer := await self._fault(request, fault):
            return answer
        if fault == "endless":
            samples = 90 * self.rate
        pcm = tones.tone(TONES[body["voice"]], samples, rate=self.rate)
        form = self.really or body.get("response_format", "mp3")
        size = -(-len(pcm) // 2 // self.files) * 2
        parts = [pcm[start : start + size] for start in range(0, len(pcm), size)]
        data = b"".join(recordings.encode(part, form, rate=self.rate) for part in parts)
        if fault == "not_audio":
            data = b"<audio>" + data
        kind = self.media_type or recordings.MEDIA_TYPES[form]
        if body.get("stream_format") == "sse":
            return await self._send_events(request, data, fault)
        if not self.is_chunked:
            return web.Response(body=data, content_type=kind)
        return await self._send(request, data, kind, fault)

    async def _send_raw(self, request: web.Request, raw: Raw) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": raw.media_type, **raw.headers})
        await response.prepare(request)
        async for piece in raw.pieces:
            if self._stopping.is_set():
                break
            await response.write(piece)
        return response

    async def _send_events(self, request: web.Request, data: bytes, fault: str) -> web.StreamResponse:
        """As OpenAI's newer models: a delta for each piece, then what it cost."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)

        async def event(said: dict[str, Any]) -> None:
            await response.write(f"data: {json.dumps(said)}\n\n".encode())

        for start in range(0, len(data), 5_001):
            if start and self.gate:
                await self.gate.wait()
            await response.write(b": keep-alive\n\n")
            await event({"type": "speech.audio.delta", "audio": base64.b64encode(data[start : start + 5_001]).decode()})
            if fault == "error_event":
                await event({"type": "error", "error": {"message": "out of memory", "code": "500"}})
        if fault == "cut" and request.transport:
            request.transport.close()
        usage = {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}
        await event({"type": "speech.audio.done", "usage": usage})
        if fault == "stays_open":
            await self._stopping.wait()
        return response

    async def _keep_alives(self, request: web.Request) -> web.StreamResponse:
        """Comments as signs of life, and nothing else."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while not self._stopping.is_set():
            await response.write(b": keep-alive\n\n")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0.02)
        return response

    async def _fault(self, request: web.Request, fault: str) -> web.StreamResponse | None:
        match fault:
            case "429":
                error = {"message": "Slow", "type": "rate_limit_error", "code": "rate_limit_exceeded"}
                return web.json_response({"error": error}, status=429, headers={"Retry-After": "3"})
            case "500" | "detail":
                return web.json_response({"detail": {"error": "x", "message": "out of memory"}}, status=500)
            case "empty":
                return web.Response(content_type="audio/wav")
            case "json_200":
                return web.json_response({"error": {"message": "overloaded", "code": "503"}})
            case "html_200":
                return web.Response(text="<html>", content_type="text/html")
            case "keep_alives":
                return await self._keep_alives(request)
            case "silent":
                await self._stopping.wait()
                return web.Response()
        return None

    async def _send(self, request: web.Request, data: bytes, kind: str, fault: str) -> web.StreamResponse:
        """In pieces of odd sizes, as they come from an engine at work."""
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        if fault == "odd":
            data = data[:-1]
        for start in range(0, len(data), 5_001):
            if fault == "cut" and start > 10_000:
                if request.transport:
                    request.transport.close()
                return response
            if start and self.gate:
                await self.gate.wait()
            await response.write(data[start : start + 5_001])
        return response


def _unprocessable(message: str) -> web.HTTPUnprocessableEntity:
    detail = {"error": "validation_error", "message": message, "type": "invalid_request_error"}
    return web.HTTPUnprocessableEntity(text=json.dumps({"detail": detail}), content_type="application/json")


def _check(body: Any) -> None:
    known = {"model", "input", "voice", "instructions", "response_format", "speed", "stream_format"}
    if not isinstance(body, dict) or not {"model", "input", "voice"} <= set(body) <= known:
        raise _unprocessable("Unknown or missing fields")
    if not isinstance(body["input"], str) or not body["input"].strip():
        raise _unprocessable("input must not be empty")
    if body["voice"] not in TONES:
        raise _unprocessable(f"Voice '{body['voice']}' not found")
    if body.get("response_format", "mp3") not in recordings.FORMATS:
        raise _unprocessable("Unsupported format")
    if body.get("stream_format", "audio") not in {"audio", "sse"}:
        raise _unprocessable("Unsupported stream format")
    speed = body.get("speed", 1.0)
    if not isinstance(speed, int | float) or not 0.25 <= speed <= 4:
        raise _unprocessable("speed must be between 0.25 and 4")
