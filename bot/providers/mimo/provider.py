"""Speech from Xiaomi's MiMo: settings, and one attempt per call, streamed if the model streams."""

import asyncio
import base64
import json
import math
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.audio.pcm import Pcm
from bot.errors import ConfigError, ErrorKind, InputError, ProviderError
from bot.model import Sample, Usage, Voice, VoiceKind
from bot.providers.base import Capabilities, Health, Plan, SpeechRequest, Timeouts, estimate_tokens, spoken
from bot.providers.http import Wire, check_key, is_key, is_plain_text_abroad, service_root
from bot.providers.mimo.dialect import MAX_TEXT, dialect_of, voice_id, word
from bot.providers.mimo.stream import AnswerReader, completion_tokens, is_wav, streamed, whole
from bot.text.split import expected_seconds, longest_seconds

BASE_URL = "https://api.xiaomimimo.com/v1"
TOKEN_PLAN_URL = "https://token-plan-cn.xiaomimimo.com/v1"  # noqa: S105 an address, not a password
MODEL = "mimo-v2.5-tts"
DESIGN_MODEL = "mimo-v2.5-tts-voicedesign"
CLONE_MODEL = "mimo-v2.5-tts-voiceclone"
TOKEN_PLAN_KEYS = ("tp-", "ttp-")
"""Keys that the service's terms forbid for bots."""


@dataclass(frozen=True, slots=True)
class MimoSettings:
    """An account at MiMo, or at a compatible service. Empty strings mean the defaults."""

    api_key: str = field(default="", repr=False)
    auth: Literal["api-key", "bearer"] = "api-key"
    """The one header that carries the key."""
    base_url: str = ""
    """With or without ``/v1`` and what follows it."""
    model: str = ""
    """For preset voices."""
    design_model: str = ""
    clone_model: str = ""
    ca_file: str = ""
    """A PEM file of authorities trusted besides the public ones."""
    timeouts: Timeouts = Timeouts()

    @property
    def address(self) -> str:
        """The effective base URL: the service's own for this kind of key if none is set."""
        own = TOKEN_PLAN_URL if self.is_token_plan else BASE_URL
        return self.base_url.strip() or own

    @property
    def is_token_plan(self) -> bool:
        """Return whether the key belongs to a plan for coding tools."""
        return self.api_key.strip().startswith(TOKEN_PLAN_KEYS)

    @property
    def headers(self) -> dict[str, str]:
        """The key in its header; nothing without a key."""
        key = self.api_key.strip()
        if not key:
            return {}
        return {"api-key": key} if self.auth == "api-key" else {"authorization": f"Bearer {key}"}


MAX_SAMPLE_URI = 10_000_000
"""Characters of a clone sample's data URI that the service accepts."""
_SAMPLE_TYPES = {
    "audio/mpeg": "audio/mpeg",
    "audio/mp3": "audio/mpeg",
    "audio/wav": "audio/wav",
    "audio/x-wav": "audio/wav",
}
_LIST_LIMIT = 2 * 2**20
"""Bytes of a list of models; its small objects take 30 times as many."""
_LIST_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Composed(Plan):
    """A plan, with all that sending it takes."""

    text: str
    streams: bool
    sample: Sample | None
    """It takes the place of its digest in the body that is sent."""
    prompt_tokens: int

    def reader(self, provider: str, secret: str) -> AnswerReader:
        """Return the reader of the answer."""
        return AnswerReader(
            provider,
            secret,
            self.voice,
            raw=self.streams,
            longest=longest_seconds(self.text),
            prompt_tokens=self.prompt_tokens,
        )


class MimoProvider:
    """The service at ``api.xiaomimimo.com`` and compatible ones."""

    def __init__(self, name: str, settings: MimoSettings) -> None:
        """Set up under the ``name`` of the configuration. Raises ConfigError ``provider.bad_url``."""
        self.name = name
        self._settings = settings
        self._key = settings.api_key.strip()
        self._root = service_root(name, settings.address)
        self._models = {
            VoiceKind.PRESET: settings.model.strip() or MODEL,
            VoiceKind.DESIGNED: settings.design_model.strip() or DESIGN_MODEL,
            VoiceKind.CLONED: settings.clone_model.strip() or CLONE_MODEL,
        }
        headers = settings.headers if is_key(self._key) else {}
        self._wire = Wire(name, self._root, headers, timeouts=settings.timeouts, ca_file=settings.ca_file)

    @property
    def identity(self) -> str:
        """The service's address."""
        return self._root

    @property
    def capabilities(self) -> Capabilities:
        """Preset voices of the configured model; ids typed by hand are tried too."""
        return Capabilities(
            voices=dialect_of(self._models[VoiceKind.PRESET]).voices,
            kinds=frozenset(self._models),
            segment_characters=MAX_TEXT,
        )

    def check_ready(self) -> None:
        """Raise ConfigError if no request can be sent: ``provider.no_key``, ``provider.bad_key``."""
        check_key(self.name, self._key, required=True)

    def warnings(self) -> tuple[str, ...]:
        """Return warnings: ``key.token_plan``, ``key.plain_http``."""
        found = [("key.token_plan", self._settings.is_token_plan)]
        found.append(("key.plain_http", bool(self._key) and is_plain_text_abroad(self._root)))
        return tuple(code for code, holds in found if holds)

    def plan(self, request: SpeechRequest) -> _Composed:
        """Return the body that ``synthesize`` sends, a clone sample by its digest.

        Raises InputError if it is impossible, ProviderError for a model of the wrong kind.
        """
        model = self._models[request.voice.kind]
        dialect = dialect_of(model)
        if dialect.kind is not request.voice.kind:
            detail = f"{model} does not speak with {request.voice.kind} voices"
            raise ProviderError(self.name, ErrorKind.MODEL, detail=detail)
        wording = word(dialect, request)
        streams = request.stream and dialect.streams
        audio: dict[str, Any] = {"format": "pcm16" if streams else "wav"}
        voice, sample, notes = "", None, wording.notes
        if dialect.kind is VoiceKind.PRESET:
            voice, replaced = voice_id(dialect, request)
            audio["voice"], notes = voice, (*notes, *replaced)
        elif dialect.kind is VoiceKind.CLONED:
            sample = _checked_sample(request.voice)
            audio["voice"] = f"{_uri_head(sample)}<sha256:{sample.digest}>"
        messages = [{"role": "user", "content": wording.user}] if wording.user else []
        messages.append({"role": "assistant", "content": wording.assistant})
        prompt = estimate_tokens(wording.user, wording.assistant)
        return _Composed(
            body={"model": model, "messages": messages, "audio": audio, "stream": streams},
            tokens=prompt + completion_tokens(sum(expected_seconds(request.text)) / 2),
            voice=voice,
            notes=notes,
            text=request.text,
            streams=streams,
            sample=sample,
            prompt_tokens=prompt,
        )

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Pcm | Usage, None]:
        """Make one attempt: yield sound as it arrives, finally one Usage.

        Raises InputError, ProviderError, ConfigError.
        """
        self.check_ready()
        composed = request.planned if isinstance(request.planned, _Composed) else self.plan(request)
        content = await self._encode(composed)
        times = self._settings.timeouts
        idle = times.idle if composed.streams else None
        within = times.first_audio if composed.streams else times.whole(request.text)
        reader = composed.reader(self.name, self._key)
        async with self._wire.ask("POST", "/v1/chat/completions", content, within=within, idle=idle) as answer:
            if not answer.ok:
                raise reader.error(await answer.refusal(), answer.status, answer.retry_after)
            if "html" in answer.media_type:
                raise reader.bad("a web page")
            is_stream = composed.streams and "json" not in answer.media_type
            parts = streamed(answer, reader) if is_stream else whole(answer, reader)
            async with aclosing(parts):
                async for part in parts:
                    yield part

    async def models(self) -> tuple[str, ...]:
        """Return the ids the service lists, at ``/v1/models`` or, failing that, ``/models``.

        Raises ProviderError, ConfigError.
        """
        self.check_ready()
        reader = AnswerReader(self.name, self._key)
        for path in ("/v1/models", "/models"):
            async with self._wire.ask("GET", path, within=_LIST_SECONDS) as answer:
                if answer.status == 404 and path == "/v1/models":
                    continue
                if not answer.ok:
                    raise reader.error(await answer.refusal(), answer.status, answer.retry_after)
                return _ids(reader.parse(await answer.read(_LIST_LIMIT), _LIST_LIMIT))
        return ()

    async def health(self, *, speak: bool = False) -> Health:
        """Ask for the list of models, which is free; also for a word if ``speak``."""
        try:
            listed = await self.models()
        except ConfigError as error:
            return Health(ok=False, detail=_UNUSABLE[error.code].format_map(error.facts))
        except ProviderError as error:
            return Health(ok=False, detail=f"{_TROUBLE.get(error.kind, 'It failed')}: {error.detail}.")
        model = self._models[VoiceKind.PRESET]
        detail = f"It answers and lists {len(listed)} models."
        if listed and model not in listed:
            detail = f"It answers, but does not list the model {model}."
        if self._settings.is_token_plan:
            detail += " The key is of a Token Plan, which the service forbids for bots: an sk- key is needed."
        return await spoken(self, detail, lambda: "pcm16") if speak else Health(ok=True, detail=detail)

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def _encode(self, composed: _Composed) -> bytes:
        if composed.sample is None:
            return _to_json(composed.body)
        return await asyncio.to_thread(_with_sample, composed.body, composed.sample)


_UNUSABLE = {
    "provider.no_key": "The API key is missing; set {variable}.",
    "provider.bad_key": "The API key holds characters that no key has; see {variable}.",
    "provider.bad_proxy": "The environment names a proxy that cannot be used.",
    "provider.bad_ca_file": "The certificate file {path} cannot be read.",
}
_TROUBLE = {
    ErrorKind.AUTHENTICATION: "It does not accept the API key",
    ErrorKind.BALANCE: "The account there has no money left",
    ErrorKind.FORBIDDEN: "It refuses this account or region",
    ErrorKind.MODEL: "The address is not that of the service",
    ErrorKind.RATE_LIMIT: "It answers that there are too many requests",
    ErrorKind.SERVER: "It is broken at the moment",
    ErrorKind.CONNECTION: "It cannot be reached",
    ErrorKind.TIMEOUT: "It does not answer in time",
}


def _to_json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def _uri_head(sample: Sample) -> str:
    return f"data:{_SAMPLE_TYPES[sample.media_type]};base64,"


def _with_sample(body: Mapping[str, Any], sample: Sample) -> bytes:
    uri = _uri_head(sample) + base64.b64encode(sample.data).decode("ascii")
    return _to_json({**body, "audio": {**body["audio"], "voice": uri}})


def _checked_sample(voice: Voice) -> Sample:
    """Return a sample that the service would accept. Its size is checked before anything is encoded."""
    sample = voice.sample
    if sample is None or not sample.data:
        raise InputError("sample.missing")
    media_type = sample.media_type.partition(";")[0].strip().lower()
    if media_type not in _SAMPLE_TYPES:
        raise InputError("sample.not_audio")
    sample = replace(sample, media_type=media_type)
    capacity = MAX_SAMPLE_URI - len(_uri_head(sample))
    if 4 * math.ceil(len(sample.data) / 3) > capacity:
        raise InputError("sample.too_large", limit=capacity // 4 * 3)
    wav = is_wav(sample.data)
    mpeg = sample.data[:3] == b"ID3" or (sample.data[0] == 0xFF and sample.data[1:2] >= b"\xe0")
    if not (wav if _SAMPLE_TYPES[media_type] == "audio/wav" else mpeg):
        raise InputError("sample.not_audio")
    return sample


def _ids(answer: dict[str, Any]) -> tuple[str, ...]:
    rows = answer.get("data")
    ids = (row.get("id") for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()
    return tuple(name for name in ids if isinstance(name, str) and 0 < len(name) <= 200)[:1000]
