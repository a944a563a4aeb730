"""The built-in engine: natural voices for English and Chinese, espeak-ng for the rest and where those are not here.

Built by ``bot.app`` for ``type = "builtin"`` (or ``"espeak"``, its old name) and called by the synthesis core. Costs
nothing and needs no network. Every engine speaks in a process of its own; language goes by script (``runs``), and a
text in two languages is spoken by both engines, at one loudness. The voices of espeak-ng can still be named, and then
it speaks alone.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.audio.pcm import Pcm
from bot.errors import ErrorKind, InputError, ProviderError, unknown_voice
from bot.model import Note, Usage, VoiceKind
from bot.providers.base import Capabilities, Health, Plan, SpeechRequest, VoiceInfo, spoken
from bot.providers.builtin import natural
from bot.providers.builtin.ahead import speak_ahead
from bot.providers.builtin.espeak import LATIN_VOICES, PRESETS, REPLACEMENTS, EspeakProvider, audible
from bot.providers.builtin.natural import HIBARI, KOKORO
from bot.providers.builtin.pool import RefusedPieceError, UnloadableError, Workers
from bot.providers.builtin.prebuffer import Pace, prebuffered
from bot.providers.builtin.runs import LATIN, Run, dropped_tags, split_runs
from bot.providers.builtin.styles import Voicing, voicing
from bot.text.language import language_of
from bot.text.markup import named_tags

_CHARACTERS = 2000
IDLE = 600.0
"""Seconds without work after which a worker ends."""
_PATIENCE = {HIBARI: 20.0, KOKORO: 90.0}
"""Seconds that a worker may take for its next piece of sound, on a machine that is busy with other things."""
_REST = 600.0
"""Seconds until an engine that could not be loaded is tried again."""
_ANY = ("", "mimo_default")
_MANDARIN = "cmn"


@dataclass(frozen=True, slots=True)
class _Voice:
    """A natural voice."""

    info: VoiceInfo
    engine: str
    name: str
    """As the engine calls it."""
    partner: str
    """The voice for the other language of a text; empty for one that speaks both."""
    stand_in: str
    """espeak-ng's voice, where the engine cannot speak."""


_VOICES = {
    voice.info.id: voice
    for voice in (
        _Voice(VoiceInfo("heart", "en", "female, American, natural"), HIBARI, "heart", "nezumi", "en-f"),
        _Voice(VoiceInfo("nezumi", "zh", "female, Mandarin, natural"), KOKORO, "jf_nezumi", "heart", "zh-f"),
        _Voice(VoiceInfo("kumo", "zh", "male, Mandarin, natural"), KOKORO, "jm_kumo", "heart", "zh"),
    )
}
_USUAL = {"en": "heart", "zh": "kumo"}
"""By language, where no voice is named."""
_NATURAL_REPLACEMENTS = {
    old: {"en": "heart", "en-f": "heart", "zh": "kumo", "zh-f": "nezumi"}[preset]
    for old, preset in REPLACEMENTS.items()
}
"""MiMo's voices, which are requested when this engine is the fallback, and their replacements."""


_KINDS = {
    "af": ("en", "female, American, natural", "en-f"),
    "am": ("en", "male, American, natural", "en"),
    "bf": ("en", "female, British, natural", "en-gb-f"),
    "bm": ("en", "male, British, natural", "en-gb"),
    "zf": ("zh", "female, Mandarin, natural", "zh-f"),
    "zm": ("zh", "male, Mandarin, natural", "zh"),
}
"""Language, description and espeak-ng's stand-in, by the first letters of a published voice's name."""


def _published(name: str) -> _Voice:
    """Return one of Kokoro's published voices, which speak English and Chinese."""
    language, description, stand_in = _KINDS[name[:2]]
    return _Voice(VoiceInfo(name, language, description), KOKORO, name, "", stand_in)


@dataclass(frozen=True, slots=True)
class _Cast:
    """The voices that speak a text."""

    first: str
    """The one asked for, or the usual one."""
    by_language: Mapping[str, _Voice]
    """By ``en`` and ``zh``; without those whose engine cannot speak."""
    notes: tuple[Note, ...] = ()


class BuiltinProvider:
    """All built-in engines as one provider. See ``bot.providers.base.Provider`` for what its members promise.

    ``processes`` is how many segments each engine speaks at once.
    """

    def __init__(self, name: str, *, processes: int = 1, voices_path: Path | None = None) -> None:
        self.name = name
        self._voices_path, self._voices_problem = voices_path or natural.MORE_VOICES, ""
        self._voices = dict(_VOICES)
        if voices_path is not None or self._voices_path.exists():
            try:
                more = map(_published, natural.more_voices(self._voices_path))
                self._voices |= {voice.info.id: voice for voice in more}
            except (OSError, ValueError) as error:
                self._voices_problem = getattr(error, "strerror", None) or str(error)
        self._espeak = EspeakProvider(name, processes=processes, idle=IDLE)
        self._workers = {engine: self._pool(engine, processes) for engine in (HIBARI, KOKORO)}
        self._missing = {engine: natural.missing(engine) != "" for engine in (HIBARI, KOKORO)}
        self._broken: dict[str, tuple[float, str]] = {}
        """Until when an engine is not used, and why."""
        self._pace = Pace()

    def _pool(self, engine: str, processes: int) -> Workers:
        program = [sys.executable, "-P", "-m", natural.PROGRAM, engine, str(natural.MEGABYTES[engine])]
        if engine == KOKORO and len(self._voices) > len(_VOICES):
            program += ["0", str(self._voices_path)]
        return Workers(self.name, processes=processes, patience=_PATIENCE[engine], program=program, idle=IDLE)

    @property
    def identity(self) -> str:
        """Empty: there is only one; each plan names the engine."""
        return "builtin"

    @property
    def capabilities(self) -> Capabilities:
        """Preset voices only, free of charge; the natural ones first."""
        own = self._espeak.capabilities
        here = tuple(voice.info for voice in self._voices.values() if not self._missing[voice.engine])
        return Capabilities(
            voices=(*here, *own.voices), segment_characters=_CHARACTERS, languages=own.languages, metered=False
        )

    @property
    def worker_pids(self) -> dict[str, tuple[int, ...]]:
        """Process ids of the live workers, by engine."""
        return {
            "espeak-ng": self._espeak.worker_pids,
            **{engine: workers.pids for engine, workers in self._workers.items()},
        }

    def check_ready(self) -> None:
        """Do nothing: it needs no key and no address."""

    def plan(self, request: SpeechRequest) -> Plan:
        """Return the parts sent to the engines. Raises InputError (voice, length) or ProviderError (not a preset)."""
        if request.voice.kind is not VoiceKind.PRESET:
            raise ProviderError(self.name, ErrorKind.UNSUPPORTED, detail=f"no {request.voice.kind} voices")
        if len(request.text) > _CHARACTERS:
            raise InputError("text.too_long", limit=_CHARACTERS, length=len(request.text))
        cast = self._choose(request)
        if cast is None:
            return self._espeak.plan(request)
        how, unable = voicing(request.styles)
        notes = [*cast.notes, *(Note("note.style_unsupported", (("style", style),)) for style in unable)]
        if request.instruction.strip():
            notes.append(Note("note.instruction_unsupported"))
        if tags := named_tags(dropped_tags(request.text)):
            notes.append(Note("note.tags_dropped", (("tags", tags),)))
        body = {"engine": "builtin", "parts": self._parts(request, cast, how)}
        return Plan(body=body, voice=cast.first, notes=tuple(notes))

    def _choose(self, request: SpeechRequest) -> _Cast | None:
        """Return the voices of a request; None if espeak-ng speaks alone. Raises InputError for an unknown voice."""
        asked = request.voice.id.strip().casefold()
        if asked in PRESETS or all(self._silent(engine) for engine in (HIBARI, KOKORO)):
            return None if asked not in self._voices else self._stand_in(request, asked)
        language = "zh" if (request.language or language_of(request.text)) == "zh" else "en"
        notes: tuple[Note, ...] = ()
        if asked in _ANY:
            first = _USUAL[language]
        elif asked in self._voices:
            first = asked
        else:
            known = next((name for name in _NATURAL_REPLACEMENTS if name.casefold() == asked), None)
            if known is None and not request.stands_in:
                raise unknown_voice(request.voice.id.strip(), [*self._voices, *PRESETS, *REPLACEMENTS])
            first = _NATURAL_REPLACEMENTS[known] if known is not None else _USUAL[language]
            facts = (("voice", known or request.voice.id.strip()), ("replacement", first))
            notes = (Note("note.voice_replaced", facts),)
        own = self._voices[first]
        voices = {"en": own, "zh": own}
        if own.partner:
            other = self._voices[own.partner]
            voices = {own.info.language: own, other.info.language: other}
        able = {language: voice for language, voice in voices.items() if not self._silent(voice.engine)}
        return _Cast(first, able, notes)

    def _stand_in(self, request: SpeechRequest, asked: str) -> _Cast:
        """Return espeak-ng's voice for a natural one that is not available, with a note."""
        replacement = self._voices[asked].stand_in
        facts = (("voice", request.voice.id.strip()), ("replacement", replacement))
        return _Cast(asked, {}, (Note("note.voice_replaced", facts),))

    def _silent(self, engine: str) -> bool:
        """Return whether an engine is not installed, or could not be loaded a short time ago."""
        until, _ = self._broken.get(engine, (0.0, ""))
        return self._missing[engine] or time.monotonic() < until

    def _parts(self, request: SpeechRequest, cast: _Cast, how: Voicing) -> list[dict[str, Any]]:
        """Return the runs of a text, each with the engine that speaks it, in order."""
        first = self._voices[cast.first]
        foreign = LATIN_VOICES.get(request.language)
        parts: list[dict[str, Any]] = []
        for run in split_runs(request.text, _MANDARIN if first.info.language == "zh" else LATIN):
            language = "zh" if run.language == _MANDARIN else "en" if run.language == LATIN and not foreign else ""
            voice = cast.by_language.get(language)
            if run.silence:
                parts.append({"silence": run.silence})
            elif voice is None or natural.unpronounceable(run.text):
                self._add_espeak(parts, run, first.stand_in, request)
            elif cut := natural.pieces(voice.engine, run.text, language):
                parts.append({**_natural_part(voice, cut, how), "language": language})
        if parts and parts[-1].get("pieces"):
            parts[-1]["pieces"][-1]["gap"] = 0.0
        return parts

    def _add_espeak(self, parts: list[dict[str, Any]], run: Run, preset: str, request: SpeechRequest) -> None:
        """Add a run for espeak-ng, merging it with a neighbouring one."""
        body = dict(self._espeak.body_of_run(run, preset, request))
        if parts and parts[-1].get("engine") == body["engine"]:
            parts[-1]["runs"].extend(body["runs"])
        else:
            parts.append(body)

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Pcm | Usage, None]:
        """Yield sound as the engines make it, part after part; then an empty Usage."""
        plan = self.plan(request).body
        speech = (
            audible(self.name, self._in_order(plan["parts"])) if "parts" in plan else self._espeak.synthesize(request)
        )
        async with contextlib.aclosing(speech) as sound:
            async for item in sound:
                yield item

    async def _in_order(self, parts: Sequence[Mapping[str, Any]]) -> AsyncGenerator[Pcm, None]:
        """Yield the sound of all parts; in a text of two languages Kokoro begins at once, whatever comes first."""
        slow = [place for place, part in enumerate(parts) if part.get("engine") == KOKORO]
        if slow and len(parts) > 1:
            async with contextlib.aclosing(speak_ahead(parts, slow, self._pace.ratio, self._speak)) as blocks:
                async for pcm in blocks:
                    yield pcm
            return
        for part in parts:
            async with contextlib.aclosing(self._speak(part)) as blocks:
                async for pcm in blocks:
                    yield pcm

    async def _speak(self, part: Mapping[str, Any]) -> AsyncGenerator[Pcm, None]:
        """Yield the sound of one part."""
        if "silence" in part:
            yield Pcm(bytes(2 * round(part["silence"] * natural.RATE)), natural.RATE)
            return
        if "pieces" not in part:
            async with contextlib.aclosing(self._espeak.speak(part)) as blocks:
                async for pcm in blocks:
                    yield pcm
            return
        try:
            samples = self._natural(part)
            async with contextlib.aclosing(samples):
                async for block in samples:
                    yield Pcm(block, natural.RATE)
        except RefusedPieceError:
            # None of it can be pronounced there: espeak-ng names the symbols.
            text = " ".join(piece["text"] for piece in part["pieces"])
            rest = self._espeak.speak(self._espeak.body_of_text(text, part["stand_in"]))
            async with contextlib.aclosing(rest):
                async for pcm in rest:
                    yield pcm

    async def _natural(self, part: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
        """Yield the sound of a part from its worker."""
        engine = part["engine"]
        blocks = self._workers[engine].speak(part)
        ready = prebuffered(blocks, part, self._pace) if engine == KOKORO else blocks
        try:
            async with contextlib.aclosing(ready):
                async for block in ready:
                    yield block
        except UnloadableError as error:
            # The retry gets another plan: a clip of espeak-ng is not cached as one of these.
            self._broken[engine] = (time.monotonic() + _REST, error.detail)
            raise

    async def models(self) -> tuple[str, ...]:
        """Return the available engines."""
        here = (natural.version(engine) for engine in (HIBARI, KOKORO) if not self._missing[engine])
        return (*here, *await self._espeak.models())

    async def health(self, *, speak: bool = False) -> Health:
        """Ask a worker for a test word, starting one if needed, and check what the natural voices need."""
        espeak = await self._espeak.health(speak=speak)
        if not espeak.ok and all(self._missing.values()):
            return espeak
        warnings = await asyncio.to_thread(self._warnings)
        if all(self._silent(engine) for engine in (HIBARI, KOKORO)):
            return Health(ok=espeak.ok, detail=espeak.detail, came=espeak.came, warnings=warnings)
        if self._workers[HIBARI].busy or self._workers[KOKORO].busy:
            return Health(ok=True, detail="The built-in engine is busy speaking.", warnings=warnings)
        here = ", ".join(await self.models())
        health = await spoken(self, f"{here}, built in.", lambda: "pcm16")
        return Health(ok=health.ok, detail=health.detail, came=health.came, warnings=warnings)

    def _warnings(self) -> tuple[Note, ...]:
        """Return what keeps, or may keep, a natural voice from speaking. Reads files."""
        notes = []
        if absent := [engine for engine in (HIBARI, KOKORO) if self._missing[engine]]:
            notes.append(Note("doctor.natural.missing", (("engines", ", ".join(absent)),)))
        for engine in (HIBARI, KOKORO):
            until, why = self._broken.get(engine, (0.0, ""))
            if time.monotonic() < until:
                notes.append(Note("doctor.natural.broken", (("engine", engine), ("detail", why))))
        if self._voices_problem:
            facts = (("path", str(self._voices_path)), ("problem", self._voices_problem))
            notes.append(Note("doctor.natural.voices", facts))
        here = [engine for engine in (HIBARI, KOKORO) if not self._missing[engine]]
        needed, free = sum(natural.MEGABYTES[engine] for engine in here), natural.free_megabytes()
        if here and free is not None and free < needed:
            notes.append(Note("doctor.natural.memory", (("needed", str(needed)), ("free", str(free)))))
        return tuple(notes)

    async def close(self) -> None:
        """End the worker processes."""
        await asyncio.gather(self._espeak.close(), *(workers.close() for workers in self._workers.values()))


def _natural_part(voice: _Voice, cut: list[dict[str, Any]], how: Voicing) -> dict[str, Any]:
    gaps = [{**piece, "gap": round(piece["gap"] / how.speed, 3)} for piece in cut]
    return {
        "engine": voice.engine,
        "release": natural.version(voice.engine),
        "voice": voice.name,
        "stand_in": voice.stand_in,
        "pieces": gaps,
        "speed": how.speed,
        "pitch": how.pitch,
        "gain": how.gain,
        "whisper": how.whisper,
    }
