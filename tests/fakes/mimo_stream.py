"""What MiMo's stand-in sends when it streams, with all the ways in which a stream goes wrong. Used by ``mimo_server``.

Framing: the reference, 4. A chunk is 0.32 s of audio.
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Protocol

from aiohttp import web

from tests.fakes.mimo_answers import Fault, encoded, finish_of, spent
from tests.fakes.mimo_rules import REFUSALS, Job

CHUNK = 15_360
"""Bytes of a streamed chunk: 0.32 s."""


class Host(Protocol):
    """The server, as a stream sees it."""

    @property
    def stopping(self) -> bool: ...

    async def stand(self, sent: int) -> None: ...

    async def pause(self, seconds: float) -> None: ...

    async def wait_for_end(self) -> None: ...


class Stream:
    """One streamed answer."""

    def __init__(
        self, server: Host, request: web.Request, job: Job, pcm: bytes, usage: dict[str, Any], fault: Fault | None
    ) -> None:
        self._server = server
        self._request = request
        self._job = job
        self._pcm = pcm
        self._usage = usage
        self._kind = fault.kind if fault else ""
        self._after = fault.after if fault else 1
        self._response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        self._id = uuid.uuid4().hex
        self._audio_id = uuid.uuid4().hex
        self._created = int(time.time())

    async def run(self) -> web.StreamResponse:
        """Send it, as the fault has it."""
        await self._response.prepare(self._request)
        try:
            await self._send_all()
        except CutError:
            if self._request.transport:
                self._request.transport.close()
        return self._response

    async def _send_all(self) -> None:
        if self._kind in {"comments", "keep_alives"}:
            await self._write(b": PROCESSING\n\n")
        while self._kind == "keep_alives" and not self._server.stopping:
            await self._write(b": PROCESSING\n\n")
            await self._server.pause(0.01)
        if self._kind == "huge_event":
            await self._write(b"data: ")
            for _ in range(49):
                await self._write(b"A" * 2**20)
        await self._event(self._choice({"content": "", "role": "assistant", "audio": None}))
        await self._send_audio()
        if self._kind in {"no_finish", "cut"}:
            raise CutError
        await self._event(self._choice({"content": ""}, finish_of(self._kind), usage=None))
        await self._event({**self._envelope(), "choices": [], "usage": spent(self._usage, self._kind)})
        if self._kind == "no_done":
            return
        await self._raw(b"[DONE]")
        if self._kind == "stays_open":
            await self._server.wait_for_end()

    async def _send_audio(self) -> None:
        sent = 0
        async for data in self._pieces():
            await self._server.stand(sent)
            if sent >= self._after:
                await self._misbehave()
            audio = {"id": self._audio_id, "data": data, "expires_at": None, "transcript": None}
            await self._event(self._choice({"audio": audio}))
            sent += 1
            if self._kind == "empty_chunks":
                await self._event(self._choice({"audio": None}))
                await self._event(self._choice({"audio": {"id": self._audio_id, "data": ""}}))
                await self._event(self._choice({}))
                await self._event({**self._envelope(), "choices": []})

    async def _misbehave(self) -> None:
        """In the middle of the audio."""
        if self._kind == "cut":
            raise CutError
        if self._kind == "cut_in_event":
            await self._write(b'data: {"id": "half an ev')
            raise CutError
        if self._kind == "broken_event":
            await self._raw(b'{"id": ')
        if self._kind == "error_in_stream":
            await self._event({"error": REFUSALS["500"].error})
            raise CutError

    async def _pieces(self) -> AsyncIterator[str]:
        """Base64 of each chunk."""
        job, kind, pcm = self._job, self._kind, self._pcm
        if kind in {"no_audio", "content_filter"}:
            return
        if job.compatible or job.format == "wav" or kind == "wav_in_stream":
            whole = replace(job, format="wav") if kind == "wav_in_stream" else job
            yield encoded(whole, pcm, kind)
            return
        if kind == "odd":
            pcm = pcm[:-1]
        size = 4_001 if kind == "odd_split" else CHUNK
        for start in range(0, len(pcm), size):
            yield encoded(job, pcm[start : start + size], kind if kind != "odd" else "")

    def _envelope(self) -> dict[str, Any]:
        return {
            "id": self._id, "created": self._created, "model": self._job.model, "object": "chat.completion.chunk"
        }  # fmt: skip

    def _choice(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        return {**self._envelope(), "choices": [{"delta": delta, "finish_reason": finish, "index": 0}], **more}

    async def _event(self, event: dict[str, Any]) -> None:
        await self._raw(json.dumps(event, ensure_ascii=False).encode())

    async def _raw(self, data: bytes) -> None:
        end = b"\r\n" if self._kind == "crlf" else b"\n"
        if self._kind == "comments":
            await self._write(b": PROCESSING" + end + b"event: message" + end + b"retry: 10" + end)
        await self._write((b"data:" if self._kind == "nospace" else b"data: ") + data + end + end)

    async def _write(self, data: bytes) -> None:
        if self._kind not in {"slow_drip", "split_reads"}:
            await self._response.write(data)
            return
        size = 997 if self._kind == "split_reads" else 1
        for start in range(0, len(data), size):
            await self._response.write(data[start : start + size])
            # Let the client read each piece by itself.
            await self._server.pause(0.02 if self._kind == "slow_drip" else 0.0)
            await asyncio.sleep(0)


class CutError(Exception):
    """The connection is to end here."""
