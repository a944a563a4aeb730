"""Text next to a voice message, progress sentences, and how voices are listed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bot.errors import InputError
from bot.normalization.clean import clean, speakable
from bot.providers.base import VoiceInfo
from bot.speech.limits import Waiting
from bot.texts import of_provider, of_voice, say

SPOILER = "||"
_DOTS = "…"


@dataclass(frozen=True, slots=True)
class TextRun:
    """A run of the text."""

    text: str
    hidden: bool = False
    """Whether it is a spoiler."""


def words_beside(spoken: str, written: str) -> tuple[TextRun, ...]:
    """Return the spoken text on one line, in runs; ``written``: the uncleaned text, with its spoilers.

    If a spoiler cannot be found in the spoken text, all of it is hidden.
    """
    line = _on_one_line(spoken)
    runs = _marked(line)
    if any(run.hidden for run in runs):
        return tuple(runs)
    secrets = [_cleaned(run.text) for run in _marked(written) if run.hidden]
    return tuple(run for run in _hide(line, filter(None, secrets)) if run.text)


def cut_runs(runs: Iterable[TextRun], limit: int, length: Callable[[TextRun], int]) -> tuple[TextRun, ...]:
    """Return as much of the runs as fits into ``limit``, cut between words, with an ellipsis if something is missing.

    ``length``: length of a run in the platform's own units, with its markup.
    """
    kept: list[TextRun] = []
    left = limit
    for run in runs:
        if length(run) > left:
            short = _shortened(run, left, length)
            return (*kept, short) if short.text else tuple(kept)
        kept.append(run)
        left -= length(run)
    return tuple(kept)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _marked(text: str) -> list[TextRun]:
    """Return the text in runs, split at pairs of double bars; a single double bar is text."""
    parts = text.split(SPOILER)
    if len(parts) % 2 == 0:
        parts[-2:] = [parts[-2] + SPOILER + parts[-1]]
    return [TextRun(part, bool(number % 2)) for number, part in enumerate(parts) if part.strip()]


def _cleaned(text: str) -> str:
    """Return a spoiler as it is spoken; empty if nothing of it is."""
    try:
        return _on_one_line(clean(text)) if speakable(text) else ""
    except InputError:
        return ""


def _hide(line: str, secrets: Iterable[str]) -> list[TextRun]:
    runs: list[TextRun] = []
    rest = line
    for secret in secrets:
        before, found, rest = rest.partition(secret)
        if not found:
            return [TextRun(line, hidden=True)]
        runs += (TextRun(before), TextRun(secret, hidden=True))
    return [*runs, TextRun(rest)]


def _shortened(run: TextRun, limit: int, length: Callable[[TextRun], int]) -> TextRun:
    """Return the longest beginning that fits with an ellipsis, cut between words; empty if there is none."""
    low, high = 0, len(run.text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = length(replace(run, text=run.text[:middle] + _DOTS)) <= limit
        low, high = (middle, high) if fits else (low, middle - 1)
    text = run.text[:low]
    at_space = text.rfind(" ", low // 2)
    text = (text[:at_space] if at_space > 0 else text).rstrip()
    return replace(run, text=text + _DOTS if text else "")


def progress(waiting: Waiting, language: str) -> str:
    """Return the queue position, the finished parts, or the provider being waited for; empty when it is over."""
    place = waiting.place()
    if place is not None:
        code = "waiting.place" if place[0] else "waiting.next"
        return say(code, language, before=place[0], seconds=max(1, round(place[1])))
    if waiting.is_over:
        return ""
    if waiting.done:
        return say("waiting.parts", language, done=waiting.done, total=waiting.parts)
    if waiting.seconds >= 1:
        seconds = int(waiting.seconds)
        return say("waiting.seconds", language, seconds=seconds, whole=max(seconds, round(waiting.whole)))
    if waiting.provider:
        return say("waiting.slow", language, provider=of_provider(waiting.provider, language))
    return say("waiting.begun", language)


def in_order(voices: Iterable[VoiceInfo], language: str) -> list[VoiceInfo]:
    """Return voices of the language first, then those of any, then the others; otherwise in the same order."""
    return sorted(voices, key=lambda voice: 0 if voice.language == language else 1 if not voice.language else 2)


def title(voice: VoiceInfo, language: str) -> str:
    """Return a voice in one line: its id, its language and kind, and a mark if it is built in."""
    kind = voice.description.partition(",")[0].strip()
    about = _about(voice, kind, language)
    return f"{voice.id} · {about}" if about else voice.id


def description(voice: VoiceInfo, language: str) -> str:
    """Return everything known about a voice, without its id."""
    return _about(voice, voice.description, language)


def _about(voice: VoiceInfo, kind: str, language: str) -> str:
    spoken = {"en": "English", "zh": "Chinese"}.get(voice.language, "")
    parts = dict.fromkeys(part for part in (spoken, *(part.strip() for part in kind.split(","))) if part)
    mark = say("voice.built_in", language) if voice.built_in else ""
    return " · ".join(filter(None, (of_voice(", ".join(parts), language), mark)))
