"""Utterances made ready: cleaned, joined, split, their style and voice in order. Called by the waist.

Several short messages of one person become one script: a line each, as few segments as possible, and for every
stretch of it known whose it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.config import SpeechConfig
from bot.errors import BotError, InputError
from bot.model import Segment, Utterance, Voice
from bot.speech.casting import Role
from bot.speech.clean import clean, clean_instruction, clean_line
from bot.speech.language import language_of
from bot.speech.provider import SpeechRequest
from bot.speech.split import gap_at, split_burst, split_live, split_recording
from bot.speech.styles import StyleType, find
from bot.speech.truncation import likely_seconds

_RAW_PER_CLEAN = 16
"""Raw text may be so many times longer than what is allowed before it is not even cleaned."""
_MOST_STYLES = 6
_STYLE_CHARACTERS = 48
_VOICE_CHARACTERS = 96
_INSTRUCTION_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Manner:
    """How an utterance is said: cleaned, whatever is said."""

    styles: tuple[str, ...]
    voice: Voice
    instruction: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one of several utterances contributes."""

    key: str
    start: int
    """Where it begins in the script's text, in characters."""
    end: int


@dataclass(frozen=True, slots=True)
class Script:
    """What is going to be said, ready for any provider."""

    spoken: str
    """The cleaned text, audio tags included; a line for each utterance where there are several."""
    segments: tuple[Segment, ...]
    manner: Manner
    parts: tuple[Part, ...]
    """One for each utterance, in order."""
    owners: frozenset[str] = frozenset()
    """Names of the providers that may have the wanted voice; empty where that is whoever is asked."""

    @property
    def characters(self) -> int:
        """What is counted and charged: code points of the cleaned texts."""
        return sum(part.end - part.start for part in self.parts)

    @property
    def is_cast(self) -> bool:
        """Whether several voices may speak it."""
        return any(segment.provider for segment in self.segments)

    @property
    def voice(self) -> Voice:
        """The one that was asked for."""
        return self.manner.voice

    def request(self, segment: Segment, provider: str = "") -> SpeechRequest:
        """A piece of it as a provider gets it: the style is repeated on each.

        A voice that was chosen for the segment's language is its provider's alone; others get the wanted voice.
        """
        chosen = bool(segment.provider) and segment.provider == provider
        voice = segment.voice if chosen else self.voice
        how = self.manner
        stands_in = not chosen and bool(self.owners) and provider not in self.owners
        return SpeechRequest(
            segment.text, how.styles, voice, how.instruction, language=segment.language, stands_in=stands_in
        )

    def shares(self, start: int = 0, end: int | None = None) -> dict[str, int]:
        """How many characters of a stretch of the text are whose, by key; those without a share are left out."""
        last = len(self.spoken) if end is None else end
        shares = {part.key: min(part.end, last) - max(part.start, start) for part in self.parts}
        return {key: share for key, share in shares.items() if share > 0}


def manner_of(utterance: Utterance) -> Manner:
    """How it is said. Raises InputError ``instruction.too_long``, ``voice.description_too_long``."""
    names = [clean_line(name, _STYLE_CHARACTERS) for name in utterance.styles[:_MOST_STYLES]]
    voice = replace(
        utterance.voice,
        id=clean_line(utterance.voice.id, _VOICE_CHARACTERS),
        description=_bounded(utterance.voice.description, "voice.description_too_long"),
    )
    return Manner(
        styles=tuple(dict.fromkeys(name for name in (*names, _usual_speed(utterance.speed, names)) if name)),
        voice=voice,
        instruction=_bounded(utterance.instruction, "instruction.too_long"),
    )


def speakable_text(text: str, config: SpeechConfig) -> str:
    """Return what is spoken of a text. Raises InputError: ``text.empty``, ``.too_long``, ``.too_long_spoken``."""
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
    """Several cleaned texts as one."""
    return "\n".join(lines.values())


def speakable_lines(
    utterances: Sequence[Utterance], config: SpeechConfig
) -> tuple[dict[str, str], dict[str, BotError]]:
    """By key: what is spoken, and why something is not. A key that comes twice counts once."""
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
    manner: Manner,
    lines: Mapping[str, str],
    roles: Sequence[Role] = (),
    *,
    short: bool,
    segment_characters: int,
    owners: frozenset[str] = frozenset(),
) -> Script:
    """Join and split cleaned texts, by the keys of their utterances; ``short``: into a few sentences at a time.

    ``roles``: who says which part of the joined text.
    """
    spoken = joined(lines)
    parts: list[Part] = []
    for key, line in lines.items():
        start = parts[-1].end + 1 if parts else 0
        parts.append(Part(key, start, start + len(line)))
    roles = roles or (Role(0, len(spoken)),)
    if len(parts) > 1 and clean(spoken) != spoken:
        # Pieces of markup that mean nothing each by itself must not meet in one request.
        roles = [_role_at(roles, part) for part in parts]
    split = split_burst if len(parts) > 1 else split_live
    segments: list[Segment] = []
    last = len(spoken.rstrip())
    for role in roles:
        text = spoken[role.start : role.end]
        own = split(text) if short else split_recording(text, segment_characters)
        segments.extend(
            replace(
                segment,
                start=role.start + segment.start,
                language=role.language,
                provider=role.provider,
                voice=role.voice,
            )
            for segment in own
        )
        if own:
            segments[-1] = replace(segments[-1], gap=gap_at(spoken, role.end) if role.end < last else 0.0)
    return Script(spoken, tuple(segments), manner, tuple(parts), owners)


def _usual_speed(speed: str, names: Sequence[str]) -> str:
    """The style for a person's usual speed; empty where there is none, or the styles name a speed themselves."""
    usual = find(speed) if speed else None
    named = any(style is not None and style.type is StyleType.RATE for style in map(find, names))
    return usual.en if usual is not None and not named else ""


def _role_at(roles: Sequence[Role], part: Part) -> Role:
    """Who says a whole part: whoever says its beginning."""
    role = next(role for role in roles if role.end > part.start)
    return replace(role, start=part.start, end=part.end)


def _bounded(text: str, code: str) -> str:
    """An instruction, cleaned. Raises InputError where it is too long."""
    cleaned = clean_instruction(text[: _INSTRUCTION_CHARACTERS * _RAW_PER_CLEAN])
    if len(cleaned) > _INSTRUCTION_CHARACTERS:
        raise InputError(code, length=len(cleaned), limit=_INSTRUCTION_CHARACTERS)
    return cleaned
