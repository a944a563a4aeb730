"""Speech from an engine that people host themselves behind OpenAI's ``/v1/audio/speech`` (Kokoro, Piper and others).

Made by the app. It answers with raw bytes: a WAV file, or bare samples of 24 kHz. What such engines know beside text
and voice differs, so speed is the one style sent as a number; all others go into ``instructions``, which engines that
do not know them ignore.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from bot.audio.pcm import Pcm
from bot.errors import ConfigError, ErrorKind, InputError, ProviderError, unknown_voice
from bot.model import Note, Usage, VoiceKind
from bot.speech.clean import speakable
from bot.speech.estimate import estimate_tokens
from bot.speech.language import language_of
from bot.speech.markup import named_tags, split_tags, without_tags
from bot.speech.provider import Capabilities, Health, Plan, SpeechRequest, VoiceInfo
from bot.speech.providers.openai_speech.lists import names_in, voices_in
from bot.speech.providers.openai_speech.settings import OpenAISpeechSettings
from bot.speech.providers.openai_speech.sound import Came, SoundReader
from bot.speech.refusal import parse_json, read_refusal, tidy
from bot.speech.styles import SINGING, find
from bot.speech.trial import spoken
from bot.speech.truncation import longest_seconds
from bot.speech.wire import Answer, Wire, is_key, is_plain_text_abroad, service_root

MODEL = "tts-1"
BASE_URL = "http://127.0.0.1:8880/v1"
"""Where Kokoro's own container listens."""
VOICE = "alloy"
"""A name that OpenAI's service knows and most engines accept in its place."""
MAX_TEXT = 2000
"""Characters. OpenAI's limit is 4096; engines at home are slower."""
_LEVEL = -20.0
"""dBFS: these engines differ by 10 dB and more, so recordings are brought to one level."""
_SHOWN = 50
"""Voices named in one sentence."""
_SPEEDS = {"slow_down": 0.8, "speed_up": 1.25}
_LIST_LIMIT = 2 * 2**20
"""Bytes of a list; its small objects take 30 times as many."""
_LIST_SECONDS = 15.0


class OpenAISpeechProvider:
    """One engine. It has preset voices only; which ones is known after ``models`` or ``health`` asked it."""

    def __init__(self, name: str, settings: OpenAISpeechSettings) -> None:
        """``name``: as the configuration calls it. Raises ConfigError ``provider.bad_url``."""
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
        """Where it is."""
        return self._root

    @property
    def capabilities(self) -> Capabilities:
        """Voices as far as the engine has told."""
        return Capabilities(voices=self._voices, segment_characters=MAX_TEXT, level=_LEVEL)

    def check_ready(self) -> None:
        """Raises ConfigError ``provider.bad_key``. Without a key it asks without one."""
        if self._key and not is_key(self._key):
            variable = f"MOUTHPIECE_PROVIDERS__{self.name.upper().replace('-', '_')}__API_KEY"
            raise ConfigError("provider.bad_key", provider=self.name, variable=variable)

    def warnings(self) -> tuple[str, ...]:
        """Codes of what works but should not stay so: ``key.plain_http``."""
        return ("key.plain_http",) if self._key and is_plain_text_abroad(self._root) else ()

    def plan(self, request: SpeechRequest) -> Plan:
        """The body that ``synthesize`` sends. Raises InputError, ProviderError."""
        body, notes = self._compose(request)
        tokens = estimate_tokens(body["input"], body.get("instructions", ""))
        return Plan(body, tokens, str(body["voice"]), notes)

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Pcm | Usage, None]:
        """One attempt: sound, at the end one Usage. Raises InputError, ProviderError, ConfigError."""
        self.check_ready()
        plan = self.plan(request)
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
        """Return the ids the engine lists, none if it has no list. Its voices are asked for as well."""
        self.check_ready()
        self._voices = voices_in(await self._list("/v1/audio/voices"))
        return names_in(await self._list("/v1/models"), ("data", "models"))

    async def health(self, *, speak: bool = False) -> Health:
        """Ask for the lists of models and voices, and for a word; on an engine with a key, only if ``speak``."""
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
        """Give the connections back."""
        await self._wire.close()

    def _compose(self, request: SpeechRequest) -> tuple[dict[str, Any], tuple[Note, ...]]:
        """The body, and what had to be left out."""
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

    async def _check(self, answer: Answer, voice: str) -> None:
        """Raises ProviderError or InputError for everything that is not sound."""
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
        """A list the engine may have; None where it has not. Raises ProviderError."""
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
    """Speed, instructions in words, and the styles that no such engine can render."""
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
