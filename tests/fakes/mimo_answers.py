"""What MiMo's stand-in sends when it does not stream: refusals, pages, whole recordings; and its faults by name.

Used by ``mimo_server``. Bodies are those of the reference (3, 8), verbatim where they are known.
"""

import base64
import gzip
import json
import time
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aiohttp import web

from tests.fakes import tones
from tests.fakes.mimo_rules import REFUSALS, Job, RefusedError

BEFORE_ANSWER = frozenset(
    {
        *REFUSALS,
        "402upstream",
        "421as400",
        "404html",
        "502html",
        "redirect",
        "silent_socket",
        "reset",
        "refusal_hangs",
        "foreign_error",
    }
)
"""Faults in place of an answer."""
IN_BODY = frozenset(
    {"no_audio", "bad_base64", "truncated", "content_filter", "length", "repetition_truncation", "no_usage",
     "strange_usage", "error_in_200", "gzip_bomb", "huge", "html_200", "not_json", "nan",
     "not_wav", "odd", "endless_wav", "raw"}
)  # fmt: skip
"""Faults of any answer."""
IN_STREAM = frozenset(
    {"cut", "cut_in_event", "odd_split", "slow_drip", "no_done", "comments", "crlf", "nospace", "wav_in_stream",
     "keep_alives", "empty_chunks", "huge_event", "split_reads", "json_for_stream", "no_finish", "error_in_stream",
     "stays_open", "broken_event"}
)  # fmt: skip
"""Faults of a streamed answer. ``cut`` and ``error_in_stream`` come after ``after`` chunks."""


@dataclass(slots=True)
class Fault:
    """Something to go wrong, for the next ``times`` calls."""

    kind: str
    times: int = 1
    after: int = 1
    """Chunks sent before a cut."""
    body: bytes = b""
    """What ``raw`` answers, in place of everything; as events where a stream was asked for."""
    retry_after: str = ""
    """Header of a refusal."""

    def __post_init__(self) -> None:
        if self.kind not in BEFORE_ANSWER | IN_BODY | IN_STREAM:
            raise ValueError(f"no fault named {self.kind}")


def refusal(refused: RefusedError, *, stream: bool, retry_after: str = "") -> web.Response:
    """A refused stream has its body behind ``data:``, without a space."""
    body = json.dumps({"error": refused.error}, ensure_ascii=False)
    headers = {"Retry-After": retry_after} if retry_after else {}
    text = f"data:{body}" if stream else body
    kind = "text/event-stream" if stream else "application/json"
    return web.Response(status=refused.status, text=text, content_type=kind, headers=headers)


def refused_as(kind: str, fault: Fault, *, stream: bool) -> web.Response:
    match kind:
        case "402upstream":
            body = {"type": "server_error", "message": "Upstream request failed: Insufficient account funds"}
            return web.json_response(body, status=402)
        case "421as400":
            return refusal(RefusedError(400, **REFUSALS["421"].error), stream=stream)
        case "404html":
            return page(404, "404 Not Found")
        case "502html":
            return page(502, "502 Bad Gateway")
        case "redirect":
            return web.Response(status=307, headers={"Location": "http://127.0.0.1:9/v1/chat/completions"})
        case "foreign_error":
            return web.json_response({"error": {"code": "authentication_failed", "type": "error"}}, status=401)
        case _:
            return refusal(REFUSALS[kind], stream=stream, retry_after=fault.retry_after)


def page(status: int, title: str) -> web.Response:
    html = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    html += "<hr><center>openresty</center>\r\n</body>\r\n</html>\r\n"
    return web.Response(status=status, text=html, content_type="text/html", headers={"Server": "openresty"})


def not_an_answer(fault: Fault | None, *, stream: bool) -> web.Response | None:
    """What is sent in place of sound with status 200."""
    kind = fault.kind if fault else ""
    if fault and kind == "raw":
        return web.Response(body=fault.body, content_type="text/event-stream" if stream else "application/json")
    match kind:
        case "html_200":
            return page(200, "Welcome")
        case "not_json":
            return web.Response(text='{"choices": [', content_type="application/json")
        case "nan":
            return web.Response(text='{"choices": [], "usage": {"total_tokens": NaN}}', content_type="application/json")
        case "error_in_200":
            return web.json_response({"error": REFUSALS["429"].error})
        case "gzip_bomb":
            headers = {"Content-Encoding": "gzip"}
            return web.Response(body=_bomb(), content_type="application/json", headers=headers)
        case "huge":
            return web.Response(body=b'{"choices": "' + b" " * (98 * 2**20), content_type="application/json")
    return None


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    return gzip.compress(b'{"choices": "' + b" " * (98 * 2**20), compresslevel=1)


def usage_of(job: Job, frames: int) -> dict[str, Any]:
    prompt = max(1, len(job.text.encode()) // 3 + len(job.user.encode()) // 3)
    return {
        "completion_tokens": frames + 2,
        "prompt_tokens": prompt,
        "total_tokens": prompt + frames + 2,
        "completion_tokens_details": {"reasoning_tokens": 0},
        "prompt_tokens_details": {"cached_tokens": 0},
    }


def encoded(job: Job, pcm: bytes, kind: str = "") -> str:
    """Audio in the format asked for, as base64."""
    if kind == "odd":
        pcm = pcm[:-1]
    if job.format == "wav":
        data = tones.wav(pcm, declared=0xFFFFFFFF if kind == "endless_wav" else None)
    else:
        data = tones.mp3(pcm) if job.format == "mp3" else pcm
    if kind == "not_wav":
        data = b"<audio>" + data
    text = base64.b64encode(data).decode()
    return text[:-5] + "!" if kind == "bad_base64" else text


def finish_of(kind: str) -> str:
    return kind if kind in {"content_filter", "length", "repetition_truncation"} else "stop"


def spent(usage: dict[str, Any], kind: str) -> dict[str, Any] | None:
    if kind == "strange_usage":
        return {"completion_tokens": -5, "prompt_tokens": "many"}
    return None if kind == "no_usage" else usage


def completion(job: Job, pcm: bytes, usage: dict[str, Any], kind: str) -> web.Response:
    audio: dict[str, Any] | None = {
        "id": uuid.uuid4().hex,
        "data": encoded(job, pcm, kind),
        "expires_at": None,
        "transcript": None,
    }
    if kind in {"no_audio", "content_filter"}:
        audio = None
    message = {"content": "", "role": "assistant", "tool_calls": None, "audio": audio}
    answer = {
        "id": uuid.uuid4().hex,
        "choices": [{"finish_reason": finish_of(kind), "index": 0, "message": message}],
        "created": int(time.time()),
        "model": job.model,
        "object": "chat.completion",
        "usage": spent(usage, kind),
    }
    return web.json_response(answer)
