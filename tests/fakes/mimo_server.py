"""A stand-in for MiMo's speech service: real HTTP on loopback, the service's rules, a tone for each voice.

Every test that needs speech over the network starts one; ``python -m tests.fakes.mimo_server --port 0`` runs it alone
and prints its base URL. It looks in the service's order: route, JSON, key, model, state of the account, the model's
rules, moderation. ``faults`` makes it misbehave, ``hold_after`` makes it wait, ``requests`` is what it was sent.
"""

import argparse
import asyncio
import contextlib
import json
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.fakes import tones
from tests.fakes.mimo_answers import (
    BEFORE_ANSWER,
    Fault,
    completion,
    not_an_answer,
    page,
    refusal,
    refused_as,
    usage_of,
)
from tests.fakes.mimo_rules import (
    CLONE,
    DESIGN,
    FRAME,
    REFUSALS,
    TONES,
    V2,
    V25,
    VOICES,
    Job,
    RefusedError,
    check,
    check_model,
)
from tests.fakes.mimo_stream import CHUNK, Stream

__all__ = ["CLONE", "DESIGN", "TONES", "V2", "V25", "VOICES", "Fault", "MimoServer", "Seen"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class Gate:
    """Withholds the rest of each stream until it is set."""

    def __init__(self, after: int) -> None:
        self.after = after
        self._opened = asyncio.Event()
        self.reached = asyncio.Event()
        """Set when a stream stands before it."""

    def set(self) -> None:
        """Let everything through from now on."""
        self._opened.set()

    async def passed(self) -> None:
        """Stand before it until it is open."""
        self.reached.set()
        await self._opened.wait()


class MimoServer:
    """The service. An async context manager."""

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.keys: dict[str, str] = {"sk-test": "ok"}
        """Keys by the state of their account: ok, 402, 402upstream, 403, 429."""
        self.faults: list[Fault] = []
        self.requests: list[Seen] = []
        self.moderated: set[str] = {"forbidden words"}
        """Texts that hold one of these are refused."""
        self.models_path = ""
        """The one of ``/v1/models`` and ``/models`` that alone answers; empty: both."""
        self.model_error_of_may = False
        """The older wording for an unknown model."""
        self.moderation_status = 421
        self.burst: int | None = None
        """Calls that are let through before 429; None: any number."""
        self.concurrency: int | None = None
        """Calls at once that are let through; None: any number."""
        self.most_at_once = 0
        self.frames_per_frame = 1
        """Times as long as the text would take."""
        self.peers: set[object] = set()
        """Connections it was asked over."""
        self.idle = asyncio.Event()
        """Set while nobody is being answered."""
        self.idle.set()
        self.latency = 0.0
        """Seconds before the first byte."""
        self.speed = 0.0
        """Times real time at which streamed audio is made; 0: at once."""
        self._gate: Gate | None = None
        self._now = 0
        self._port = port
        self._tls = tls
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """With ``/v1``."""
        return f"{self.root}/v1"

    @property
    def root(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def calls(self) -> list[Any]:
        """The bodies of the requests for speech."""
        return [seen.json for seen in self.requests if seen.path == "/v1/chat/completions"]

    def hold_after(self, chunks: int = 1) -> Gate:
        """Streams stop after so many chunks of audio until the gate returned is set."""
        self._gate = Gate(chunks)
        return self._gate

    async def start(self) -> None:
        """Listen on loopback."""
        app = web.Application(client_max_size=32 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1.0, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """End all calls and stop listening."""
        self._stopping.set()
        if self._gate:
            self._gate.set()
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.peers.add(request.transport and request.transport.get_extra_info("peername"))
        self.requests.append(Seen(request.method, request.path, headers, body))
        stream = False
        try:
            if request.method == "GET" and request.path in {"/v1/models", "/models"}:
                return self._models(request)
            if request.method != "POST" or request.path != "/v1/chat/completions":
                return page(404, "404 Not Found")
            asked = _parse(body)
            stream = asked.get("stream") is True
            return await self._speak(request, asked)
        except RefusedError as refused:
            return refusal(refused, stream=stream)

    def _models(self, request: web.Request) -> web.Response:
        if self.models_path and request.path != self.models_path:
            return page(404, "404 Not Found")
        self._state(request)
        rows = [{"id": name, "object": "model", "owned_by": "xiaomi"} for name in (V25, DESIGN, CLONE, V2)]
        return web.json_response({"object": "list", "data": rows})

    def _state(self, request: web.Request) -> str:
        """The account's state. Raises RefusedError for a key that is not known; ``api-key`` goes first."""
        key = request.headers.get("api-key")
        if key is None:
            kind, _, key = request.headers.get("authorization", "").partition(" ")
            key = key if kind.lower() == "bearer" else ""
        if key not in self.keys:
            raise REFUSALS["401"]
        return self.keys[key]

    async def _speak(self, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
        state = self._state(request)
        model = check_model(asked, worded_as_in_may=self.model_error_of_may)
        if state != "ok":
            return refused_as(state, Fault("429"), stream=asked.get("stream") is True)
        self._count()
        self._now += 1
        self.idle.clear()
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            if self.concurrency is not None and self._now > self.concurrency:
                raise REFUSALS["429"]
            fault = self._next_fault()
            if fault and fault.kind in BEFORE_ANSWER:
                return await self._before(request, fault, stream=asked.get("stream") is True)
            job = check(asked, model)
            self._moderate(job)
            return await self._synthesize(request, job, fault)
        finally:
            self._now -= 1
            if not self._now:
                self.idle.set()

    def _count(self) -> None:
        if self.burst is not None:
            self.burst -= 1
            if self.burst < 0:
                raise REFUSALS["429"]

    def _next_fault(self) -> Fault | None:
        if not self.faults:
            return None
        fault = self.faults[0]
        fault.times -= 1
        if fault.times <= 0:
            self.faults.pop(0)
        return fault

    def _moderate(self, job: Job) -> None:
        if any(word in job.text for word in self.moderated):
            raise RefusedError(self.moderation_status, **REFUSALS["421"].error)

    async def _before(self, request: web.Request, fault: Fault, *, stream: bool) -> web.StreamResponse:
        if fault.kind == "refusal_hangs":
            response = web.StreamResponse(status=503)
            await response.prepare(request)
            await response.write(b'{"error": ')
            await self._stopping.wait()
            return response
        if fault.kind == "silent_socket":
            await self._stopping.wait()
        if fault.kind in {"silent_socket", "reset"}:
            if request.transport:
                request.transport.abort()
            return web.Response()
        return refused_as(fault.kind, fault, stream=stream)

    async def _synthesize(self, request: web.Request, job: Job, fault: Fault | None) -> web.StreamResponse:
        kind = fault.kind if fault else ""
        await self.pause(self.latency)
        frames = max(7, job.frames // 5) if kind == "truncated" else job.frames * self.frames_per_frame
        samples = frames * FRAME
        pcm = tones.tone(job.hertz, samples) if job.text.strip() else tones.noise(samples)
        usage = usage_of(job, frames)
        if plain := not_an_answer(fault, stream=job.stream):
            return plain
        if job.stream and kind != "json_for_stream":
            return await Stream(self, request, job, pcm, usage, fault).run()
        return completion(job, pcm, usage, kind)

    async def pause(self, seconds: float) -> None:
        """Waits really, or until the server stops."""
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)

    async def stand(self, sent: int) -> None:
        """Before the chunk after ``sent``: the gate and the pace."""
        if self._gate and sent >= self._gate.after:
            await self._gate.passed()
        if self.speed:
            await self.pause(CHUNK / 48_000 / self.speed)

    async def wait_for_end(self) -> None:
        """Until the server stops."""
        await self._stopping.wait()

    @property
    def stopping(self) -> bool:
        """Whether it is being stopped."""
        return self._stopping.is_set()


def _parse(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError:
        raise RefusedError(400, code="400", message="Invalid JSON in request body") from None
    if not isinstance(asked, dict):
        raise RefusedError(400, code="400", message="Invalid JSON in request body")
    return asked


async def _serve(port: int, key: str) -> None:
    async with MimoServer(port=port) as server:
        server.keys = {key: "ok"}
        print(server.base_url, flush=True)  # noqa: T201 the way a program outside learns the port
        await server.wait_for_end()


def main() -> None:
    """Run it until interrupted."""
    parser = argparse.ArgumentParser(description="A stand-in for MiMo's speech service on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--key", default="sk-test", help="the key it accepts")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.port, arguments.key))


if __name__ == "__main__":
    main()
