"""What MiMo accepts, in the order in which it looks, and how long it speaks. Used by ``mimo_server``.

Sources: the reference, 1 (order), 2 (fields), 5 (lengths), 6 (styles), 8 (error bodies, verbatim).
"""

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

V2 = "mimo-v2-tts"
V25 = "mimo-v2.5-tts"
DESIGN = "mimo-v2.5-tts-voicedesign"
CLONE = "mimo-v2.5-tts-voiceclone"
VOICES: dict[str, tuple[str, ...]] = {
    V2: ("mimo_default", "default_zh", "default_en"),
    V25: ("mimo_default", "冰糖", "茉莉", "苏打", "白桦", "Mia", "Chloe", "Milo", "Dean"),
}
TONES: dict[str, float] = {
    "mimo_default": 200.0, "default_zh": 240.0, "default_en": 280.0,
    "冰糖": 320.0, "茉莉": 360.0, "苏打": 400.0, "白桦": 440.0,
    "Mia": 520.0, "Chloe": 600.0, "Milo": 680.0, "Dean": 760.0,
}  # fmt: skip
"""Hertz by preset voice."""
FRAME = 3840
"""Samples: 0.16 s."""
_FORMATS = ("wav", "mp3", "pcm", "pcm16")
_DATA_URL = re.compile(r"data:audio/(?:mpeg|mp3|wav);base64,(?P<data>.+)", re.DOTALL)
_STYLE = re.compile(r"\s*<style>[^<>]*</style>")
_ROUND_OR_SQUARE = re.compile(r"\([^()]*\)|（[^（）]*）|\[[^\[\]]*\]")
_V2_TAGS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\*[^*]+\*")


class RefusedError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, **error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


def incorrect(param: str) -> RefusedError:
    return RefusedError(400, code="400", message="Param Incorrect", param=param, type="")


def wrong_enum() -> RefusedError:
    return RefusedError(400, code="400", message="Invalid request parameters", param="", type="Bad Request")


REFUSALS: dict[str, RefusedError] = {
    "400": incorrect("messages must contain an assistant role for TTS model"),
    "401": RefusedError(
        401, message="Invalid API Key", param="Please provide valid API Key", code="401", type="invalid_key"
    ),
    "402": RefusedError(402, code="402", message="Insufficient account balance", type="insufficient_balance"),
    "403": RefusedError(403, code="403", message="Illegal access", type="illegal_access"),
    "421": RefusedError(
        421, code="421", message="Moderation Block", type="content_filter",
        param="The request was rejected because it was considered high risk",
    ),
    "429": RefusedError(429, code="429", message="Too many requests", type="limitation"),
    "500": RefusedError(500, code="500", message="Server Error", type="server_error"),
    "503": RefusedError(503, code="503", message="Server Overloaded", type="server_error"),
    "529": RefusedError(529, code="529", message="Server Overloaded", type="server_error"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """A request that was accepted."""

    model: str
    text: str
    user: str
    format: str
    stream: bool
    hertz: float

    @property
    def frames(self) -> int:
        """Frames of 0.16 s that speaking takes."""
        if not self.text.strip():
            return 7 + len(self.user) % 23
        return max(7, round(weight(spoken(self.model, self.text)) / 4.5 / 0.16))

    @property
    def compatible(self) -> bool:
        """Whether a stream of it is everything in one chunk."""
        return self.model in {DESIGN, CLONE}


def weight(text: str) -> float:
    """Characters of Chinese; three and a third letters of an alphabet take as long as one."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.3 for c in text)


def spoken(model: str, text: str) -> str:
    """What the model reads out: everything but the markup it knows. A foreign style is read out too."""
    if model == V2:
        return _V2_TAGS.sub("", _STYLE.sub("", text, count=1))
    return text if model == DESIGN else _ROUND_OR_SQUARE.sub("", text)


def check_model(body: dict[str, Any], *, worded_as_in_may: bool = False) -> str:
    """The model asked for. Raises RefusedError."""
    model = body.get("model")
    if model is None:
        model = "unknown-model"
    if not isinstance(model, str):
        raise wrong_enum()
    if model in {V2, V25, DESIGN, CLONE}:
        return model
    if worded_as_in_may:
        raise incorrect(f"Not supported model {model}")
    raise RefusedError(400, code="400", message=f"Unsupported model {model}")


def check(body: dict[str, Any], model: str) -> Job:
    """Validation per model, in the service's order. Raises RefusedError."""
    messages = _messages(body)
    texts = dict(messages)
    audio = body.get("audio")
    polished = isinstance(audio, dict) and audio.get("optimize_text_preview") is True and model == DESIGN
    if "assistant" not in texts and not polished:
        raise incorrect("messages must contain an assistant role for TTS model")
    if audio is not None and not isinstance(audio, dict):
        raise wrong_enum()
    hertz = _hertz(model, audio, texts.get("user", ""))
    stream = body.get("stream", False)
    if not isinstance(stream, bool):
        raise wrong_enum()
    kind = (audio or {}).get("format") or ("pcm" if stream else "wav")
    if kind not in _FORMATS:
        raise incorrect(f"Unsupported audio format: {kind}")
    _check_numbers(body)
    return Job(model, texts.get("assistant", "a text of its own"), texts.get("user", ""), kind, stream, hertz)


def _messages(body: dict[str, Any]) -> list[tuple[str, str]]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(row, dict) for row in messages):
        raise wrong_enum()
    rows = [(row.get("role"), row.get("content")) for row in messages]
    if not all(role in {"system", "user", "assistant"} and isinstance(content, str) for role, content in rows):
        raise wrong_enum()
    return [(str(role), str(content)) for role, content in rows]


def _hertz(model: str, audio: dict[str, Any] | None, user: str) -> float:
    voice = (audio or {}).get("voice")
    if model == DESIGN:
        if voice is not None:
            raise incorrect("audio.voice is not supported for voice design model")
        if not user.strip():
            raise incorrect("user message content must not be empty for voice design model")
        return _hertz_of(user.encode())
    if model == CLONE:
        return _hertz_of(_sample(audio))
    if voice is None:
        return TONES["mimo_default"]
    if voice not in VOICES[model]:
        raise incorrect(f"Unknown voice: {voice}. Available voices: [{', '.join(VOICES[model])}]")
    return TONES[voice]


def _sample(audio: dict[str, Any] | None) -> bytes:
    if not audio:
        raise incorrect("audio must not be empty for voice clone model")
    voice = audio.get("voice")
    if not isinstance(voice, str) or not voice:
        raise incorrect("audio.voice must not be empty for voice clone model")
    match = _DATA_URL.fullmatch(voice)
    if not match or len(voice) > 10_000_000:
        raise incorrect("audio.voice must be a DataURL for voice clone model")
    try:
        return base64.b64decode(match["data"], validate=True)
    except binascii.Error:
        raise incorrect("audio.voice must be a DataURL for voice clone model") from None


def _hertz_of(data: bytes) -> float:
    """A tone of its own for a description or a sample, above those of the presets."""
    return 900.0 + 20 * (sha256(data).digest()[0] % 64)


def _check_numbers(body: dict[str, Any]) -> None:
    most = body.get("max_completion_tokens")
    if most is not None:
        if not isinstance(most, int):
            raise wrong_enum()
        said = f"completion tokens, whereas you provided {most}."
        if most < 1:
            raise incorrect(f"max_completion_tokens is too small: {most}. This model supports at least 1 {said}")
        if most > 8192:
            raise incorrect(f"max_completion_tokens is too large: {most}. This model supports at most 8192 {said}")
    for name, low, high in (("temperature", 0, 1.5), ("top_p", 0.01, 1), ("frequency_penalty", -2, 2)):
        value = body.get(name)
        if value is not None and not (isinstance(value, int | float) and low <= value <= high):
            raise wrong_enum()
