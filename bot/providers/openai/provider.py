"""Speech from a self-hosted engine with OpenAI's ``/v1/audio/speech`` (Kokoro, Piper and others)."""

import json
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.audio.pcm import Pcm
from bot.errors import ConfigError, ErrorKind, InputError, ProviderError, unknown_voice
from bot.model import Note, Usage, VoiceKind
from bot.normalization.clean import speakable
from bot.providers.base import Capabilities, Health, Plan, SpeechRequest, Timeouts, VoiceInfo, estimate_tokens, spoken
from bot.providers.http import (
    HttpAnswer,
    Wire,
    check_key,
    is_key,
    is_plain_text_abroad,
    parse_json,
    read_refusal,
    service_root,
    tidy,
)
from bot.providers.openai.sound import Came, SoundReader
from bot.text.language import language_of
from bot.text.markup import named_tags, split_tags, without_tags
from bot.text.split import longest_seconds
from bot.text.styles import SINGING, find

Format = Literal["wav", "mp3", "opus", "flac", "aac", "pcm"]


@dataclass(frozen=True, slots=True)
class OpenAISpeechSettings:
    """An engine. Empty strings mean the defaults."""

    base_url: str = ""
    """With or without ``/v1`` and what follows it."""
    api_key: str = field(default="", repr=False)
    """Sent as a bearer token if set."""
    model: str = ""
    voice: str = ""
    """The voice if a person names none."""
    response_format: Format = "wav"
    """The requested format; the actual one is detected by its first bytes. ``pcm`` carries no rate: 24 kHz is assumed.
    """
    stream_format: Literal["", "audio", "sse"] = ""
    """``sse``: sound in events, as OpenAI's newer models send it. Empty: not sent, because many engines do not know it.
    """
    ca_file: str = ""
    timeouts: Timeouts = Timeouts()


_MOST = 1000
_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 60
_LANGUAGES = {"english": "en", "chinese": "zh", "mandarin": "zh", "cmn": "zh", "cn": "zh"}


def names_in(listed: Any, keys: Sequence[str]) -> tuple[str, ...]:
    """Return the names in a list, or in the list under one of the keys."""
    return tuple(name for name, _ in _rows(listed, keys))


def voices_in(listed: Any) -> tuple[VoiceInfo, ...]:
    """Return the voices in a list."""
    found: dict[str, VoiceInfo] = {}
    for name, row in _rows(listed, ("voices", "data")):
        label = row.get("name")
        described = tidy(label)[:_LONGEST_DESCRIPTION] if isinstance(label, str) and label != name else ""
        found.setdefault(name, VoiceInfo(name, _language(row), described))
    return tuple(found.values())


def _rows(listed: Any, keys: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each name with its other properties."""
    rows = next((listed[key] for key in keys if key in listed), None) if isinstance(listed, dict) else listed
    if isinstance(rows, dict):
        rows = [{**about, "id": name} if isinstance(about, dict) else name for name, about in rows.items()]
    for row in rows[:_MOST] if isinstance(rows, list) else ():
        about = row if isinstance(row, dict) else {"id": row}
        name = about.get("id") or about.get("voice_id") or about.get("name")
        if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable():
            yield name, about


def _language(row: dict[str, Any]) -> str:
    """Return a two-letter language code, empty if none is named."""
    named = next((row[key] for key in ("language", "lang", "locale", "language_code") if row.get(key)), "")
    if isinstance(named, list):
        named = named[0]
    word = re.split(r"[-_ (]", named.strip().casefold())[0] if isinstance(named, str) else ""
    return _LANGUAGES.get(word) or (word if re.fullmatch("[a-z]{2,3}", word) else "")


MODEL = "tts-1"
BASE_URL = "http://127.0.0.1:8880/v1"
"""The address of Kokoro's own container."""
VOICE = "alloy"
"""A name that OpenAI's service knows and most engines accept in its place."""
MAX_TEXT = 2000
"""Characters. OpenAI's limit is 4096; self-hosted engines are slower."""
_LEVEL = -20.0
"""dBFS: these engines differ by 10 dB and more, so recordings are normalized."""
_SHOWN = 50
"""Voices named in one sentence."""
_SPEEDS = {"slow_down": 0.8, "speed_up": 1.25}
_LIST_LIMIT = 2 * 2**20
"""Bytes of a list; its small objects take 30 times as many."""
_LIST_SECONDS = 15.0


class OpenAISpeechProvider:
    """One engine. It has preset voices only; they are known after ``models`` or ``health``."""

    def __init__(self, name: str, settings: OpenAISpeechSettings) -> None:
        """Set up under the ``name`` of the configuration. Raises ConfigError ``provider.bad_url``."""
        self.name = name
        self._settings = settings
        self._key = settings.api_key.strip()
        self._root = service_root(name, settings.base_url.strip() or BASE_URL)
        self._voices: tuple[VoiceInfo, ...] = ()
        self._came = Came()
        headers = {"authorization": f"Bearer {self._key}"} if is_key(self._key) else {}
        self._wire = Wire(name, self._root, headers, timeouts=settings.timeouts, ca_file=settings.ca_file)

    @property
    def identity(self) -> str:
        """The engine's address."""
        return self._root

    @property
    def capabilities(self) -> Capabilities:
        """Preset voices, as far as the engine has listed them."""
        return Capabilities(voices=self._voices, segment_characters=MAX_TEXT, level=_LEVEL)

    def check_ready(self) -> None:
        """Raise ConfigError ``provider.bad_key``. No key is needed."""
        check_key(self.name, self._key, required=False)

    def warnings(self) -> tuple[str, ...]:
        """Return warnings: ``key.plain_http``."""
        return ("key.plain_http",) if self._key and is_plain_text_abroad(self._root) else ()

    def plan(self, request: SpeechRequest) -> Plan:
        """Return the body that ``synthesize`` sends. Raises InputError, ProviderError."""
        body, notes = self._compose(request)
        tokens = estimate_tokens(body["input"], body.get("instructions", ""))
        return Plan(body, tokens, str(body["voice"]), notes)

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Pcm | Usage, None]:
        """Make one attempt: yield sound, finally one Usage. Raises InputError, ProviderError, ConfigError."""
        self.check_ready()
        plan = request.planned or self.plan(request)
        content = json.dumps(plan.body, ensure_ascii=False).encode("utf-8", "replace")
        reader = SoundReader(self.name, self._settings.response_format, longest_seconds(request.text), self._key)
        within = self._settings.timeouts.whole(request.text)
        async with self._wire.ask("POST", "/v1/audio/speech", content, within=within) as answer:
            await self._check(answer, str(plan.body["voice"]))
            async with aclosing(reader.sound(answer)) as parts:
                async for part in parts:
                    yield part
        self._came = reader.came
        yield Usage(prompt_tokens=plan.tokens, estimated=True)

    async def models(self) -> tuple[str, ...]:
        """Return the ids the engine lists, empty if it has no list. Asks for its voices as well."""
        self.check_ready()
        self._voices = voices_in(await self._list("/v1/audio/voices"))
        return names_in(await self._list("/v1/models"), ("data", "models"))

    async def health(self, *, speak: bool = False) -> Health:
        """Ask for the lists of models and voices, and for a word; for an engine with a key, only if ``speak``."""
        try:
            listed = await self.models()
        except ConfigError as error:
            return Health(ok=False, detail=f"It cannot be asked as it is configured ({error.code}).")
        except ProviderError as error:
            return Health(ok=False, detail=f"It does not answer as it should ({error.kind}): {error.detail}.")
        answered = f"It answers and lists {len(listed)} models and {len(self._voices)} voices."
        if self._key and not speak:
            return Health(ok=True, detail=answered)
        return await spoken(self, answered, lambda: self._came.form)

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    def _compose(self, request: SpeechRequest) -> tuple[dict[str, Any], tuple[Note, ...]]:
        """Return the body, and notes about what was dropped."""
        if request.voice.kind is not VoiceKind.PRESET:
            raise ProviderError(self.name, ErrorKind.UNSUPPORTED, detail=f"no {request.voice.kind} voices")
        if len(request.text) > MAX_TEXT:
            raise InputError("text.too_long", length=len(request.text), limit=MAX_TEXT)
        if not speakable(request.text):
            raise InputError("text.empty")
        speed, words, notes = _rendered(request)
        tags = named_tags(piece.text for piece in split_tags(request.text) if piece.tag)
        if tags:
            notes = (*notes, Note("note.tags_dropped", (("tags", tags),)))
        wanted = request.voice.id.strip()
        voice = wanted or self._settings.voice.strip() or VOICE
        if wanted and request.stands_in and wanted not in {listed.id for listed in self._voices}:
            voice = self._settings.voice.strip() or VOICE
            notes = (*notes, Note("note.voice_replaced", (("voice", wanted), ("replacement", voice))))
        body: dict[str, Any] = {
            "model": self._settings.model.strip() or MODEL,
            "input": without_tags(request.text),
            "voice": voice,
            "response_format": self._settings.response_format,
            "speed": speed,
        }
        if self._settings.stream_format:
            body["stream_format"] = self._settings.stream_format
        if words:
            body["instructions"] = words
        return body, notes

    async def _check(self, answer: HttpAnswer, voice: str) -> None:
        """Raise ProviderError or InputError for everything but sound."""
        if not answer.ok:
            refusal = await answer.refusal()
            words = tidy(refusal.words, self._key) or f"HTTP {answer.status}"
            if refusal.kind is ErrorKind.INVALID and self._voices and voice not in {v.id for v in self._voices}:
                raise unknown_voice(voice, [v.id for v in self._voices[:_SHOWN]])
            raise ProviderError(self.name, refusal.kind, detail=words, retry_after=answer.retry_after)
        if "json" in answer.media_type:
            refusal = read_refusal(200, bytes(await answer.read(_LIST_LIMIT)))
            raise ProviderError(self.name, refusal.kind, detail=tidy(refusal.words, self._key) or "JSON, not audio")
        if answer.media_type.startswith("text/") and answer.media_type != "text/event-stream":
            raise self._bad("text, not audio")

    def _bad(self, words: str) -> ProviderError:
        return ProviderError(self.name, ErrorKind.BAD_ANSWER, detail=words)

    async def _list(self, path: str) -> Any:
        """Return a list the engine may have, or None. Raises ProviderError."""
        async with self._wire.ask("GET", path, within=_LIST_SECONDS) as answer:
            if answer.status in {404, 405}:
                return None
            if not answer.ok:
                refusal = await answer.refusal()
                words = tidy(refusal.words, self._key) or f"HTTP {answer.status}"
                raise ProviderError(self.name, refusal.kind, detail=words, retry_after=answer.retry_after)
            data = await answer.read(_LIST_LIMIT)
        try:
            return parse_json(bytes(data))
        except ValueError:
            raise self._bad("not JSON") from None


def _rendered(request: SpeechRequest) -> tuple[float, str, tuple[Note, ...]]:
    """Return the speed, instructions in words, and notes on styles that such engines cannot render."""
    language = language_of(without_tags(request.text))
    speed = 1.0
    words: list[str] = []
    unsung: list[str] = []
    for name in request.styles:
        style = find(name)
        if style and style.key in _SPEEDS:
            speed = _SPEEDS[style.key]
        elif style and style.key == SINGING:
            unsung.append(name)
        else:
            words.append(style.label(language) if style else name)
    notes = (Note("note.style_unsupported", (("style", ", ".join(unsung)),)),) if unsung else ()
    said = ("、" if language == "zh" else ", ").join(dict.fromkeys(words))
    return speed, "\n".join(part for part in (said, request.instruction.strip()) if part), notes
