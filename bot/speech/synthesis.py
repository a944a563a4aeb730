"""Synthesis of one script: utterances become segments, segments become packets in a live or recorded track."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.audio import effects
from bot.audio.opus import ClipEncoder
from bot.audio.pcm import Pcm
from bot.config import SpeechConfig
from bot.errors import BotError, BusyError, ConfigError, ErrorKind, InputError, ProviderError
from bot.model import SAMPLE_RATE, Clip, Note, Segment, Utterance, Voice
from bot.normalization.clean import clean, clean_instruction, clean_line
from bot.providers.base import Plan, Provider, SpeechRequest
from bot.speech.fallback import Chain
from bot.speech.limits import Asker
from bot.speech.quota import BUILT_IN, PAID, Meter, RefusedError
from bot.speech.sink import Sink
from bot.speech.voices import provider_for
from bot.store.entries import Meter as MeterName
from bot.text.language import language_of
from bot.text.split import (
    expected_seconds,
    gap_at,
    likely_seconds,
    looks_truncated,
    split_burst,
    split_live,
    split_recording,
)
from bot.text.styles import StyleType, find

_RAW_PER_CLEAN = 16
"""Ratio of raw to cleaned length above which a text is refused without cleaning it."""
_MOST_STYLES = 6
_STYLE_CHARACTERS = 48
_VOICE_CHARACTERS = 96
_INSTRUCTION_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Part:
    """The share of one of several utterances."""

    key: str
    start: int
    """Where it begins in the script's text, in characters."""
    end: int


@dataclass(frozen=True, slots=True)
class Script:
    """A script ready for any provider."""

    spoken: str
    """The cleaned text, audio tags included; one line per utterance if there are several."""
    segments: tuple[Segment, ...]
    manner: SpeechRequest
    """How it is spoken; without a text."""
    parts: tuple[Part, ...]
    """One per utterance, in order."""
    owners: frozenset[str] = frozenset()
    """Names of the providers that own the voice; empty if any provider may speak."""
    plans: dict[tuple[str, Segment], Plan] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The providers' plans for the segments, by provider, as far as they were asked."""

    @property
    def characters(self) -> int:
        """Return the characters that are counted and charged: code points of the cleaned texts."""
        return sum(part.end - part.start for part in self.parts)

    @property
    def is_cast(self) -> bool:
        """Return whether several voices may speak it."""
        return any(segment.provider for segment in self.segments)

    @property
    def voice(self) -> Voice:
        """Return the requested voice."""
        return self.manner.voice

    def request(self, segment: Segment, provider: str = "") -> SpeechRequest:
        """Return the request for one segment; the style is repeated in each.

        A voice chosen for the segment's language belongs to its provider; the others get the requested voice.
        """
        chosen = bool(segment.provider) and segment.provider == provider
        voice = segment.voice if chosen else self.voice
        stands_in = not chosen and bool(self.owners) and provider not in self.owners
        return replace(self.manner, text=segment.text, voice=voice, language=segment.language, stands_in=stands_in)

    def plan(self, segment: Segment, provider: Provider, *, again: bool = False) -> Plan:
        """Return what a provider would do with a segment; it plans once, or ``again`` if that may have changed.

        Raises what its ``plan`` raises.
        """
        asked = (provider.name, segment)
        if again or asked not in self.plans:
            self.plans[asked] = provider.plan(self.request(segment, provider.name))
        return self.plans[asked]

    def shares(self, start: int = 0, end: int | None = None) -> dict[str, int]:
        """Return each utterance's number of characters in a range of the text, by key, without zeros."""
        last = len(self.spoken) if end is None else end
        shares = {part.key: min(part.end, last) - max(part.start, start) for part in self.parts}
        return {key: share for key, share in shares.items() if share > 0}


def manner_of(utterance: Utterance) -> SpeechRequest:
    """Return the request for an utterance, cleaned, still without a text.

    Raises InputError ``instruction.too_long``, ``voice.description_too_long``.
    """
    names = [clean_line(name, _STYLE_CHARACTERS) for name in utterance.styles[:_MOST_STYLES]]
    voice = replace(
        utterance.voice,
        id=clean_line(utterance.voice.id, _VOICE_CHARACTERS),
        description=_bounded(utterance.voice.description, "voice.description_too_long"),
    )
    return SpeechRequest(
        text="",
        styles=tuple(dict.fromkeys(name for name in (*names, _usual_speed(utterance.speed, names)) if name)),
        voice=voice,
        instruction=_bounded(utterance.instruction, "instruction.too_long"),
    )


def speakable_text(text: str, config: SpeechConfig) -> str:
    """Return the cleaned text. Raises InputError: ``text.empty``, ``.too_long``, ``.too_long_spoken``."""
    most = config.max_characters
    if len(text) > most * _RAW_PER_CLEAN:
        raise InputError("text.too_long", length=len(text), limit=most)
    spoken = clean(text, language_of(text))
    if len(spoken) > most:
        raise InputError("text.too_long", length=len(spoken), limit=most)
    seconds = likely_seconds(spoken)
    if seconds > config.longest_seconds:
        minutes, limit = round(seconds / 60, 1), round(config.longest_seconds / 60, 1)
        raise InputError("text.too_long_spoken", minutes=minutes, limit=limit)
    return spoken


def joined(lines: Mapping[str, str]) -> str:
    """Return several cleaned texts joined into one."""
    return "\n".join(lines.values())


def speakable_lines(
    utterances: Sequence[Utterance], config: SpeechConfig
) -> tuple[dict[str, str], dict[str, BotError]]:
    """Return cleaned texts and errors, each by key. A repeated key counts once."""
    lines: dict[str, str] = {}
    unspoken: dict[str, BotError] = {}
    for utterance in utterances:
        if utterance.key not in lines:
            try:
                lines[utterance.key] = speakable_text(utterance.text, config)
            except InputError as error:
                unspoken[utterance.key] = error
    return lines, unspoken


def compose(
    manner: SpeechRequest,
    lines: Mapping[str, str],
    stretches: Sequence[Segment] = (),
    *,
    short: bool,
    segment_characters: int,
    owners: frozenset[str] = frozenset(),
) -> Script:
    """Join and split cleaned texts by the keys of their utterances; ``short``: a few sentences per segment.

    ``stretches``: the joined text by its speakers.
    """
    spoken = joined(lines)
    parts: list[Part] = []
    for key, line in lines.items():
        start = parts[-1].end + 1 if parts else 0
        parts.append(Part(key, start, start + len(line)))
    stretches = stretches or (Segment(spoken),)
    if len(parts) > 1 and clean(spoken) != spoken:
        # Pieces of markup that mean nothing by themselves must not meet in one request.
        stretches = [_stretch_of(part, spoken, stretches) for part in parts]
    split = split_burst if len(parts) > 1 else split_live
    segments: list[Segment] = []
    last = len(spoken.rstrip())
    for stretch in stretches:
        own = split(stretch.text) if short else split_recording(stretch.text, segment_characters)
        end = stretch.start + len(stretch.text)
        if own:
            segments.extend(_pieces(stretch, own, gap_at(spoken, end) if end < last else 0.0))
    return Script(spoken, tuple(segments), manner, tuple(parts), owners)


def _usual_speed(speed: str, names: Sequence[str]) -> str:
    """Return the style for a person's usual speed; empty if there is none, or if the styles name a speed themselves."""
    usual = find(speed) if speed else None
    named = any(style is not None and style.type is StyleType.RATE for style in map(find, names))
    return usual.en if usual is not None and not named else ""


def _stretch_of(part: Part, spoken: str, stretches: Sequence[Segment]) -> Segment:
    """Return a whole part, spoken by the speaker of its beginning."""
    first = next(each for each in stretches if each.start + len(each.text) > part.start)
    return replace(first, text=spoken[part.start : part.end], start=part.start)


def _pieces(whole: Segment, cut: Sequence[Segment], gap: float) -> list[Segment]:
    """Return what a segment was cut into, spoken by its speaker, with a gap after the last."""
    pieces = [replace(whole, text=each.text, start=whole.start + each.start, gap=each.gap) for each in cut]
    return [*pieces[:-1], replace(pieces[-1], gap=gap)]


def _bounded(text: str, code: str) -> str:
    """Return an instruction, cleaned. Raises InputError if it is too long."""
    cleaned = clean_instruction(text[: _INSTRUCTION_CHARACTERS * _RAW_PER_CLEAN])
    if len(cleaned) > _INSTRUCTION_CHARACTERS:
        raise InputError(code, length=len(cleaned), limit=_INSTRUCTION_CHARACTERS)
    return cleaned


class Track(Protocol):
    """Takes segments one after the other; a ``Take`` for the providers."""

    async def ready(self) -> None:
        """Wait until the next segment can be taken."""
        ...

    async def write(self, samples: bytes) -> None:
        """Take 24 kHz samples of the current segment."""
        ...

    def reset(self) -> bool:
        """Discard the current segment. Return False if it was already heard."""
        ...

    @property
    def seconds(self) -> float:
        """Return the seconds of the current segment so far."""
        ...

    async def keep(self, gap: float, *, joined: bool = False, level: float | None = None) -> None:
        """Keep the current segment, followed by ``gap`` seconds of silence.

        ``joined``: it is one of several, so its own quiet ends are trimmed. ``level``: target in dBFS for a provider
        without a level of its own.
        """
        ...

    async def finish(self) -> Clip:
        """Send the last packets to the sink and return the clip."""
        ...


class RecordingTrack:
    """Holds a segment back until it is complete, then encodes it in a thread."""

    def __init__(self, sink: Sink, bitrate: int) -> None:
        self._sink = sink
        self._encoder = ClipEncoder(bitrate)
        self._segment = bytearray()

    async def ready(self) -> None:
        """Return at once: nobody is listening."""

    async def write(self, samples: bytes) -> None:
        """Collect samples."""
        self._segment += samples

    def reset(self) -> bool:
        """Discard the current segment, which nobody has heard."""
        self._segment.clear()
        return True

    @property
    def seconds(self) -> float:
        """Return the seconds of the current segment so far."""
        return len(self._segment) / 2 / SAMPLE_RATE

    async def keep(self, gap: float, *, joined: bool = False, level: float | None = None) -> None:
        """Edit and encode the segment and its gap."""
        whole = Pcm(bytes(self._segment), SAMPLE_RATE)
        self._segment.clear()

        def encoded() -> list[bytes]:
            sound = effects.trim(whole) if joined else whole
            sound = effects.loudness(sound, level) if level is not None else sound
            return self._encoder.feed(effects.join([sound], [gap]).samples)

        await self._sink.write(await asyncio.to_thread(encoded))

    async def finish(self) -> Clip:
        """Flush the encoder and return the clip."""
        packets, clip = await asyncio.to_thread(self._encoder.finish)
        await self._sink.write(packets)
        return clip


class LiveTrack:
    """Encodes on the event loop as samples arrive: the first packet goes out with the first 20 ms of sound."""

    def __init__(self, sink: Sink, bitrate: int) -> None:
        self._sink = sink
        self._encoder = ClipEncoder(bitrate)
        self._samples = 0

    async def ready(self) -> None:
        """Wait until the listener's buffer can take more."""
        await self._sink.ready()

    async def write(self, samples: bytes) -> None:
        """Encode in slices of about 1 ms of work, the first of one packet, yielding to the event loop in between."""
        self._samples += len(samples) // 2
        for packets in self._encoder.slices(samples):
            if packets:
                await self._sink.write(packets)
            await asyncio.sleep(0)

    def reset(self) -> bool:
        """Return whether nothing was played yet; what was played cannot be taken back."""
        return not self._samples

    @property
    def seconds(self) -> float:
        """Return the seconds of the current segment so far."""
        return self._samples / SAMPLE_RATE

    async def keep(self, gap: float, *, joined: bool = False, level: float | None = None) -> None:
        """Play the gap and begin the next segment. What was played can be neither trimmed nor levelled."""
        if gap:
            await self.write(effects.silence(gap, SAMPLE_RATE).samples)
        self._samples = 0

    async def finish(self) -> Clip:
        """Flush the encoder and return the clip."""
        packets, clip = self._encoder.finish()
        await self._sink.write(packets)
        return clip


_SMALLEST_PIECE = 60
"""Characters: a piece this short that is cut off is not cut off for its length."""

Progress = Callable[[int, int], None]
"""Called with finished and total segments."""
Admit = Callable[[float], Awaitable[None]]
"""Called with the seconds of speech that a free engine is about to make; may wait, or raise BusyError."""
Failure = ProviderError | BusyError | ConfigError
"""Failures after which another provider may be tried."""


class Synthesis:
    """One attempt at a script. Its speakers are known when ``run`` returns."""

    def __init__(
        self,
        chain: Chain,
        script: Script,
        meter: Meter,
        track: Track,
        *,
        live: bool,
        asker: Asker,
        providers: deque[Provider],
        notes: Iterable[Note] = (),
        progress: Progress | None = None,
        admit: Admit | None = None,
    ) -> None:
        """Set up; ``providers`` in fallback order, a failing one is dropped. ``live``: somebody is listening.

        ``admit`` is asked before a free engine speaks.
        """
        self._admit = admit
        self._chain = chain
        self._script = script
        self._meter = meter
        self._track = track
        self._live = live
        self._asker = asker
        self._providers = providers
        self._meant = tuple(providers)
        self._is_shared = False
        """Whether several meters will pay."""
        self._progress = progress
        self._failure: Failure | None = None
        self.notes = list(notes)
        self.spoke: list[tuple[Segment, Provider]] = []
        """Who spoke each segment."""
        self.cut = False
        """Whether a live segment broke off."""

    async def run(self) -> None:
        """Speak every segment with the first provider that can; split a segment that was cut short and retry.

        Raises RefusedError before anything is spoken, InputError, QuotaError, DuplicateError, BusyError, ProviderError,
        ConfigError, StoreError.
        """
        await self._hold_ahead()
        work = deque(self._script.segments)
        done = 0
        self._asker.waiting.has(0, len(work))
        while work:
            await self._track.ready()
            pieces = await self._segment(work.popleft())
            work.extendleft(reversed(pieces))
            done += not pieces
            self._asker.waiting.has(done, done + len(work))
            if self._progress is not None:
                self._progress(done, done + len(work))
        if not self.spoke and self._failure is not None:
            raise self._failure
        self._asker.waiting.is_over = True
        if not (self.cut or self._is_shared):
            self._meter.round_up(self._script.shares())

    async def _segment(self, segment: Segment) -> Sequence[Segment]:
        """Speak one segment. Return the pieces to speak instead if it was cut short."""
        while True:
            provider = provider_for(segment.provider, self._providers)
            meter = meter_for(provider)
            await self._hold(meter, segment)
            try:
                return await self._by(provider, segment, meter)
            except (ProviderError, BusyError, ConfigError) as error:
                heard = not self._track.reset()
                if heard and (self.spoke or len(self._script.segments) > 1):
                    self.cut, self._failure = True, error
                    self.notes.append(Note("note.cut"))
                    is_slow = isinstance(error, ProviderError) and error.kind is ErrorKind.TIMEOUT
                    if is_slow and segment.start < self._script.segments[-1].start:
                        self._leave(provider, error)  # too slow for this one, it would be too slow for the rest
                    await self._track.keep(segment.gap)
                    return ()
                if heard or len(self._providers) == 1 or not allows_fallback(error):
                    raise
                self._leave(provider, error)

    def _leave(self, provider: Provider, error: Failure) -> None:
        """Switch to the next provider, if there is one."""
        if len(self._providers) > 1:
            self._providers.remove(provider)
            self.notes.append(backup(provider, self._providers[0], error))

    @property
    def leader(self) -> Provider | None:
        """Return the first provider if it and the intended ones spoke everything, so the whole clip may be cached."""
        as_meant = all(provider_for(segment.provider, self._providers) is provider for segment, provider in self.spoke)
        return self._providers[0] if as_meant and not self.cut else None

    async def _hold_ahead(self) -> None:
        """Hold each meter's part before anything is heard, if several meters will pay."""
        asked: dict[MeterName, Counter[str]] = {}
        for segment in self._script.segments if self._script.is_cast else ():
            meter = meter_for(provider_for(segment.provider, self._providers))
            asked.setdefault(meter, Counter()).update(self._shares(segment))
        self._is_shared = len(asked) > 1
        for meter in sorted(asked, key=lambda known: known != PAID) if self._is_shared else ():
            await self._meter.hold(meter, asked[meter])

    async def _hold(self, meter: MeterName, segment: Segment) -> None:
        """Hold quota for the rest of the script; if several meters pay, for this meter's part of it."""
        started = bool(self.spoke) or self.cut
        try:
            rest = self._script.shares(segment.start if started else 0)
            await self._meter.hold(meter, self._part_of(meter, segment) if self._is_shared else rest)
        except RefusedError as refused:
            if not started:
                raise
            raise next(iter(refused.refusals.values())) from None

    def _part_of(self, meter: MeterName, segment: Segment) -> dict[str, int]:
        """Return the characters, by key, of a segment that a meter now pays and of its later intended ones."""
        part = Counter(self._shares(segment))
        for later in self._script.segments:
            if later.start > segment.start and meter_for(provider_for(later.provider, self._meant)) == meter:
                part.update(self._shares(later))
        return part

    def _shares(self, segment: Segment) -> dict[str, int]:
        return self._script.shares(segment.start, segment.start + len(segment.text))

    async def _by(self, provider: Provider, segment: Segment, meter: MeterName) -> Sequence[Segment]:
        plan = self._script.plan(segment, provider)
        request = replace(self._script.request(segment, provider.name), planned=plan)
        whole = sum(expected_seconds(segment.text)) / 2
        self._asker.waiting.asks(provider.name, lambda: self._track.seconds, whole)
        if self._admit is not None and not provider.capabilities.metered:
            await self._admit(likely_seconds(segment.text))
        await self._chain.speak(provider, request, self._asker, self._track)
        if not self._live and looks_truncated(segment.text, self._track.seconds):
            self._track.reset()
            if len(segment.text) < 2 * _SMALLEST_PIECE:
                raise ProviderError(provider.name, ErrorKind.INCOMPLETE, detail="the recording is far too short")
            self._script.plans.pop((provider.name, segment), None)  # it was not spoken by this plan
            halves = split_recording(segment.text, max(_SMALLEST_PIECE, len(segment.text) // 2 + 1))
            return _pieces(segment, halves, segment.gap)
        joined = len(self._script.segments) > 1
        await self._track.keep(segment.gap, joined=joined, level=provider.capabilities.level)
        self._meter.spend(meter, self._shares(segment))
        if not provider.capabilities.metered:  # while it spoke, an engine may have turned out to be unable to
            plan = self._script.plan(segment, provider, again=True)
        self.notes.extend(plan.notes)
        self.spoke.append((segment, provider))
        return ()


def meter_for(provider: Provider) -> MeterName:
    """Return the meter for a provider's speech."""
    return PAID if provider.capabilities.metered else BUILT_IN


def allows_fallback(error: Failure) -> bool:
    """Return whether another provider should be tried after this failure."""
    return error.allows_fallback if isinstance(error, ProviderError) else True


def backup(instead: Provider, provider: Provider, error: Failure) -> Note:
    """Return the note that one provider speaks instead of another, and why."""
    match error:
        case ProviderError():
            reason = str(error.kind)
        case BusyError():
            reason = "busy"
        case _:
            reason = "config"
    return Note("note.backup", (("provider", provider.name), ("instead", instead.name), ("reason", reason)))
