"""One script on its way through the providers: segment by segment, held and spent as it goes. Made by the waist."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from bot.errors import BusyError, ConfigError, ErrorKind, ProviderError
from bot.model import Note, Segment
from bot.speech.casting import lead
from bot.speech.chain import Chain
from bot.speech.meter import BUILT_IN, PAID, Meter, RefusedError
from bot.speech.provider import Provider
from bot.speech.script import Script
from bot.speech.split import split_recording
from bot.speech.track import Track
from bot.speech.truncation import expected_seconds, looks_truncated
from bot.speech.turns import Asker
from bot.store.quota import Meter as MeterName

_SMALLEST_PIECE = 60
"""Characters: what is cut off even at this length is not cut off for its length."""

Progress = Callable[[int, int], None]
"""Called with segments done and segments in all."""
Failure = ProviderError | BusyError | ConfigError
"""After which another provider may be asked."""


class Performance:
    """One try at a script. What was spoken, and by whom, is known when ``run`` returns."""

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
    ) -> None:
        """``providers``: who may be asked; the first is asked, and goes when it cannot. ``live``: somebody listens."""
        self._chain = chain
        self._script = script
        self._meter = meter
        self._track = track
        self._live = live
        self._asker = asker
        self._providers = providers
        self._meant = tuple(providers)
        self._is_shared = False
        """Whether several meters are going to pay."""
        self._progress = progress
        self._failure: Failure | None = None
        self.notes = list(notes)
        self.spoke: list[tuple[Segment, Provider]] = []
        """Who spoke each segment."""
        self.cut = False
        """Whether a live segment broke off."""

    async def run(self) -> None:
        """Every segment by the first provider that can; a segment cut short is split and asked for again.

        Raises RefusedError before anything is spoken, InputError, QuotaError, DuplicateError, BusyError,
        ProviderError, ConfigError, StoreError.
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
        """Speak one segment; returns the pieces to speak in its stead where it was cut short."""
        while True:
            provider = lead(segment.provider, self._providers)
            meter = counted_on(provider)
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
                        self._leave(provider, error)  # too slow for this, it would be too slow for the rest
                    await self._track.keep(segment.gap)
                    return ()
                if heard or len(self._providers) == 1 or not next_may_speak(error):
                    raise
                self._leave(provider, error)

    def _leave(self, provider: Provider, error: Failure) -> None:
        """Ask another provider from now on, if there is one."""
        if len(self._providers) > 1:
            self._providers.remove(provider)
            self.notes.append(backup(provider, self._providers[0], error))

    @property
    def leader(self) -> Provider | None:
        """Who is asked first, when everything was spoken by whom it is meant for: then the whole may be kept."""
        as_meant = all(lead(segment.provider, self._providers) is provider for segment, provider in self.spoke)
        return self._providers[0] if as_meant and not self.cut else None

    async def _hold_ahead(self) -> None:
        """Where several meters are going to pay: quota for the part of each, before anything is heard."""
        asked: dict[MeterName, Counter[str]] = {}
        for segment in self._script.segments if self._script.is_cast else ():
            meter = counted_on(lead(segment.provider, self._providers))
            asked.setdefault(meter, Counter()).update(self._shares(segment))
        self._is_shared = len(asked) > 1
        for meter in sorted(asked, key=lambda known: known != PAID) if self._is_shared else ():
            await self._meter.hold(meter, asked[meter])

    async def _hold(self, meter: MeterName, segment: Segment) -> None:
        """Quota for all that is still to be spoken; where several meters pay, for this one's part of it."""
        started = bool(self.spoke) or self.cut
        try:
            rest = self._script.shares(segment.start if started else 0)
            await self._meter.hold(meter, self._part_of(meter, segment) if self._is_shared else rest)
        except RefusedError as refused:
            if not started:
                raise
            raise next(iter(refused.refusals.values())) from None

    def _part_of(self, meter: MeterName, segment: Segment) -> dict[str, int]:
        """A segment that a meter is to pay, whether it was meant to or not, and what was meant for it behind that."""
        part = Counter(self._shares(segment))
        for later in self._script.segments:
            if later.start > segment.start and counted_on(lead(later.provider, self._meant)) == meter:
                part.update(self._shares(later))
        return part

    def _shares(self, segment: Segment) -> dict[str, int]:
        return self._script.shares(segment.start, segment.start + len(segment.text))

    async def _by(self, provider: Provider, segment: Segment, meter: MeterName) -> Sequence[Segment]:
        request = self._script.request(segment, provider.name)
        whole = sum(expected_seconds(segment.text)) / 2
        self._asker.waiting.asks(provider.name, lambda: self._track.seconds, whole)
        await self._chain.speak(provider, request, self._asker, self._track)
        if not self._live and looks_truncated(segment.text, self._track.seconds):
            self._track.reset()
            if len(segment.text) < 2 * _SMALLEST_PIECE:
                raise ProviderError(provider.name, ErrorKind.INCOMPLETE, detail="the recording is far too short")
            return _halves(segment)
        joined = len(self._script.segments) > 1
        await self._track.keep(segment.gap, joined=joined, level=provider.capabilities.level)
        self._meter.spend(meter, self._shares(segment))
        self.notes.extend(provider.plan(request).notes)
        self.spoke.append((segment, provider))
        return ()


def counted_on(provider: Provider) -> MeterName:
    """The meter that its speech is counted on."""
    return PAID if provider.capabilities.metered else BUILT_IN


def next_may_speak(error: Failure) -> bool:
    """Whether another provider should be asked instead."""
    return error.next_may_speak if isinstance(error, ProviderError) else True


def backup(instead: Provider, provider: Provider, error: Failure) -> Note:
    """That one provider speaks instead of another, and why."""
    match error:
        case ProviderError():
            reason = str(error.kind)
        case BusyError():
            reason = "busy"
        case _:
            reason = "config"
    return Note("note.backup", (("provider", provider.name), ("instead", instead.name), ("reason", reason)))


def _halves(segment: Segment) -> tuple[Segment, ...]:
    """Of the same language, by the same voice."""
    *pieces, last = split_recording(segment.text, max(_SMALLEST_PIECE, len(segment.text) // 2 + 1))
    return tuple(
        replace(segment, text=piece.text, start=segment.start + piece.start, gap=piece.gap)
        for piece in (*pieces, replace(last, gap=segment.gap))
    )
