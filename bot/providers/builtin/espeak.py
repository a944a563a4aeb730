"""espeak-ng in worker processes: one of the built-in engines, for every language but with a robotic voice.

Used by ``provider``: alone if the natural voices are not installed, and for languages they do not speak. Speaks at 22
050 Hz, is free, needs no network. ``runs`` chooses the language by script, ``styles`` the sound.
"""

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.audio.pcm import Pcm
from bot.errors import ErrorKind, InputError, ProviderError, unknown_voice
from bot.model import Note, Usage, VoiceKind
from bot.providers.base import Capabilities, Health, Plan, SpeechRequest, VoiceInfo, spoken
from bot.providers.builtin.pool import Workers
from bot.providers.builtin.protocol import SAMPLE_RATE
from bot.providers.builtin.runs import LATIN, Run, dropped_tags, split_runs
from bot.providers.builtin.styles import Manner, manner
from bot.text.language import LATIN as LATIN_LANGUAGES
from bot.text.language import language_of
from bot.text.markup import named_tags

_MODEL = "espeak-ng"
_CHARACTERS = 2000
_PATIENCE = 10.0
"""Seconds a worker may take for its next 60 ms of sound; it needs under one millisecond."""


@dataclass(frozen=True, slots=True)
class _Preset:
    """A preset voice, as espeak-ng knows it."""

    info: VoiceInfo
    latin: str = "en-us"
    """The variety of English it speaks. Other languages are chosen by script or by the request's language."""
    female: bool = False


PRESETS = {
    preset.info.id: preset
    for preset in (
        _Preset(VoiceInfo("en", "en", "male, American")),
        _Preset(VoiceInfo("en-f", "en", "female, American"), female=True),
        _Preset(VoiceInfo("en-gb", "en", "male, British"), latin="en"),
        _Preset(VoiceInfo("en-gb-f", "en", "female, British"), latin="en", female=True),
        _Preset(VoiceInfo("zh", "zh", "male, Mandarin")),
        _Preset(VoiceInfo("zh-f", "zh", "female, Mandarin"), female=True),
    )
}
REPLACEMENTS = {
    "冰糖": "zh-f",
    "茉莉": "zh-f",
    "苏打": "zh",
    "白桦": "zh",
    "Mia": "en-f",
    "Chloe": "en-f",
    "Milo": "en",
    "Dean": "en",
    "default_zh": "zh-f",
    "default_en": "en-f",
}
"""MiMo's voices, which are requested when this engine is the fallback, and their replacements."""
LATIN_VOICES = {code: "nb" if code == "no" else code for code in LATIN_LANGUAGES - {"en"}}
"""espeak-ng's voices for languages that the script does not identify. The variety of English depends on the preset."""
_LANGUAGES = LATIN_LANGUAGES | {
    "zh",
    "ko",
    "ru",
    "el",
    "ar",
    "hi",
    "bn",
    "ta",
    "te",
    "kn",
    "ml",
    "gu",
    "pa",
    "ka",
    "hy",
}
"""Languages it reads well enough. Not Japanese: it names Han characters instead of reading them."""
_ANY = ("", "mimo_default")
_TIMBRES = {"": ("", "+f3"), "whisper": ("+whisper", "+whisperf"), "aged": ("+grandpa", "+grandma")}
"""espeak-ng's variants of any voice, by timbre: male, female."""
_CAPABILITIES = Capabilities(
    voices=tuple(preset.info for preset in PRESETS.values()),
    segment_characters=_CHARACTERS,
    languages=_LANGUAGES,
    metered=False,
)


def _choose(request: SpeechRequest) -> tuple[_Preset, tuple[Note, ...]]:
    """Return the voice of a request and notes about it. Raises InputError for an unknown id."""
    asked = request.voice.id.strip()
    if asked in _ANY:
        return PRESETS[_usual(request)], ()
    if own := PRESETS.get(asked.casefold()):
        return own, ()
    known = next((name for name in REPLACEMENTS if name.casefold() == asked.casefold()), None)
    if known is None and not request.stands_in:
        raise unknown_voice(asked, [*PRESETS, *REPLACEMENTS])
    replacement = REPLACEMENTS[known] if known is not None else _usual(request)
    facts = (("voice", known or asked), ("replacement", replacement))
    return PRESETS[replacement], (Note("note.voice_replaced", facts),)


def _usual(request: SpeechRequest) -> str:
    """Return the preset if no voice is named."""
    return "zh" if (request.language or language_of(request.text)) == "zh" else "en"


def _run_body(run: Run, preset: _Preset, timbre: str, latin: str) -> dict[str, Any]:
    if run.silence:
        return {"silence": run.silence}
    language = latin if run.language == LATIN else run.language
    body: dict[str, Any] = {"voice": language + _TIMBRES[timbre][preset.female], "text": run.text}
    return {**body, "pause": True} if run.pause else body


def _body(request: SpeechRequest, preset: _Preset, how: Manner) -> dict[str, Any]:
    """Return the request as the worker receives it."""
    default = "cmn" if preset.info.language == "zh" else LATIN
    latin = LATIN_VOICES.get(request.language, preset.latin)
    return _sent([_run_body(run, preset, how.timbre, latin) for run in split_runs(request.text, default)], how)


def _sent(runs: list[dict[str, Any]], how: Manner) -> dict[str, Any]:
    return {
        "engine": _MODEL,
        "runs": runs,
        "rate": how.rate,
        "pitch": how.pitch,
        "range": how.range,
        "volume": how.volume,
    }


async def audible(name: str, speech: AsyncGenerator[Pcm, None]) -> AsyncGenerator[Pcm | Usage, None]:
    """Yield speech, then an empty Usage. Raises ProviderError ``UNSUPPORTED`` if all of it was silence."""
    heard = False
    async with contextlib.aclosing(speech) as blocks:
        async for pcm in blocks:
            heard = heard or bool(pcm.samples.strip(b"\0"))
            yield pcm
    if not heard:  # the same text would fail again
        raise ProviderError(name, ErrorKind.UNSUPPORTED, detail="no sound for this text")
    yield Usage()


class EspeakProvider:
    """espeak-ng as a provider. See ``bot.providers.base.Provider`` for what its members promise.

    ``processes`` is how many segments are spoken at once; ``patience`` the seconds after which a silent worker counts
    as hung; ``idle`` those without work after which it ends; ``program`` the worker to start (the real one unless a
    test sends another).
    """

    def __init__(
        self,
        name: str,
        *,
        processes: int = 1,
        patience: float = _PATIENCE,
        idle: float = 0.0,
        program: Sequence[str] | None = None,
    ) -> None:
        self.name = name
        extra = {} if program is None else {"program": program}
        self._workers = Workers(name, processes=processes, patience=patience, idle=idle, **extra)

    @property
    def identity(self) -> str:
        """Empty: there is only one such engine."""
        return "espeak-ng"

    @property
    def capabilities(self) -> Capabilities:
        """Preset voices only, free of charge."""
        return _CAPABILITIES

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """Process ids of the live workers."""
        return self._workers.pids

    def check_ready(self) -> None:
        """Do nothing: it needs no key and no address."""

    def plan(self, request: SpeechRequest) -> Plan:
        """Return the runs and values sent to a worker.

        Raises InputError (voice, length) or ProviderError (not a preset).
        """
        if request.voice.kind is not VoiceKind.PRESET:
            raise ProviderError(self.name, ErrorKind.UNSUPPORTED, detail=f"no {request.voice.kind} voices")
        if len(request.text) > _CHARACTERS:
            raise InputError("text.too_long", limit=_CHARACTERS, length=len(request.text))
        preset, notes = _choose(request)
        how, unable = manner(request.styles)
        notes += tuple(Note("note.style_unsupported", (("style", name),)) for name in unable)
        if request.instruction.strip():
            notes += (Note("note.instruction_unsupported"),)
        if tags := named_tags(dropped_tags(request.text)):
            notes += (Note("note.tags_dropped", (("tags", tags),)),)
        return Plan(body=_body(request, preset, how), voice=preset.info.id, notes=notes)

    def body_of_run(self, run: Run, preset: str, request: SpeechRequest) -> dict[str, Any]:
        """Return a worker's request for one run, spoken by a preset in the styles of a request."""
        chosen, (how, _) = PRESETS[preset], manner(request.styles)
        latin = LATIN_VOICES.get(request.language, chosen.latin)
        return _sent([_run_body(run, chosen, how.timbre, latin)], how)

    def body_of_text(self, text: str, preset: str) -> dict[str, Any]:
        """Return a worker's request for a text that another engine cannot pronounce."""
        chosen, how = PRESETS[preset], Manner()
        return _sent([_run_body(run, chosen, "", chosen.latin) for run in split_runs(text, LATIN)], how)

    async def speak(self, body: Mapping[str, Any]) -> AsyncGenerator[Pcm, None]:
        """Yield the sound of a worker's request in blocks of about 60 ms. Raises ProviderError."""
        async with contextlib.aclosing(self._workers.speak(body)) as blocks:
            async for samples in blocks:
                yield Pcm(samples, SAMPLE_RATE)

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Pcm | Usage, None]:
        """Yield sound in blocks of about 60 ms, as the engine makes it; then an empty Usage."""
        async with contextlib.aclosing(audible(self.name, self.speak(self.plan(request).body))) as sound:
            async for item in sound:
                yield item

    async def models(self) -> tuple[str, ...]:
        """Return the only engine."""
        return (_MODEL,)

    async def health(self, *, speak: bool = False) -> Health:  # noqa: ARG002  it costs nothing, so it always speaks
        """Ask a worker for the engine's version and a test word, starting one if needed."""
        if self._workers.busy:
            return Health(ok=True, detail="espeak-ng is busy speaking.")
        try:
            version = await self._workers.version()
        except ProviderError as error:
            return Health(ok=False, detail=f"espeak-ng does not answer: {error.detail}.")
        return await spoken(self, f"espeak-ng {version}, built in.", lambda: "pcm16")

    async def close(self) -> None:
        """End the worker processes."""
        await self._workers.close()
