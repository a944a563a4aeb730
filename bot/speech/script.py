"""An utterance made ready: cleaned, split, its style and voice in order. Made by the waist for every utterance."""

from dataclasses import dataclass, replace

from bot.config import SpeechConfig
from bot.errors import InputError
from bot.model import Segment, Utterance, Voice
from bot.speech.clean import clean, clean_instruction, clean_line
from bot.speech.language import language_of
from bot.speech.provider import SpeechRequest
from bot.speech.split import split_live, split_recording

_RAW_PER_CLEAN = 16
"""Raw text may be so many times longer than what is allowed before it is not even cleaned."""
_MOST_STYLES = 6
_STYLE_CHARACTERS = 48
_VOICE_CHARACTERS = 96
_INSTRUCTION_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Script:
    """What is going to be said, ready for any provider."""

    spoken: str
    """The cleaned text, audio tags included: what is counted and charged."""
    segments: tuple[Segment, ...]
    styles: tuple[str, ...]
    voice: Voice
    instruction: str

    @property
    def characters(self) -> int:
        """Code points of the cleaned text."""
        return len(self.spoken)

    @property
    def language(self) -> str:
        """Of the whole text."""
        return language_of(self.spoken)

    def request(self, text: str) -> SpeechRequest:
        """A piece of it as a provider gets it: the style is repeated on each."""
        return SpeechRequest(text, self.styles, self.voice, self.instruction)


def prepare(utterance: Utterance, config: SpeechConfig, *, short: bool, segment_characters: int) -> Script:
    """Clean and split; ``short``: into a few sentences at a time.

    Raises InputError ``text.empty``, ``text.too_long``, ``instruction.too_long``, ``voice.description_too_long``.
    """
    most = config.max_characters
    if len(utterance.text) > most * _RAW_PER_CLEAN:
        raise InputError("text.too_long", length=len(utterance.text), limit=most)
    spoken = clean(utterance.text, language_of(utterance.text))
    if len(spoken) > most:
        raise InputError("text.too_long", length=len(spoken), limit=most)
    names = (clean_line(name, _STYLE_CHARACTERS) for name in utterance.styles[:_MOST_STYLES])
    voice = replace(
        utterance.voice,
        id=clean_line(utterance.voice.id, _VOICE_CHARACTERS),
        description=_bounded(utterance.voice.description, "voice.description_too_long"),
    )
    return Script(
        spoken=spoken,
        segments=split_live(spoken) if short else split_recording(spoken, segment_characters),
        styles=tuple(dict.fromkeys(name for name in names if name)),
        voice=voice,
        instruction=_bounded(utterance.instruction, "instruction.too_long"),
    )


def _bounded(text: str, code: str) -> str:
    """An instruction, cleaned. Raises InputError where it is too long."""
    cleaned = clean_instruction(text[: _INSTRUCTION_CHARACTERS * _RAW_PER_CLEAN])
    if len(cleaned) > _INSTRUCTION_CHARACTERS:
        raise InputError(code, length=len(cleaned), limit=_INSTRUCTION_CHARACTERS)
    return cleaned
