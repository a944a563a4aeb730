"""Voices as people are shown them: ``Mia · English, female``, those of the reader's language first.

Used by the suggestions, menus and keyboards of both platforms.
"""

from collections.abc import Iterable

from bot.speech.provider import VoiceInfo
from bot.texts import of_voice, say


def in_order(voices: Iterable[VoiceInfo], language: str) -> list[VoiceInfo]:
    """Return voices of the language first, then those of any, then the others; otherwise in the order they came."""
    return sorted(voices, key=lambda voice: 0 if voice.language == language else 1 if not voice.language else 2)


def title(voice: VoiceInfo, language: str) -> str:
    """Return a voice in one line: its id, its language and kind, and a mark if it is built in."""
    kind = voice.description.partition(",")[0].strip()
    about = _about(voice, kind, language)
    return f"{voice.id} · {about}" if about else voice.id


def description(voice: VoiceInfo, language: str) -> str:
    """Return all that is known of a voice, without its id."""
    return _about(voice, voice.description, language)


def _about(voice: VoiceInfo, kind: str, language: str) -> str:
    spoken = {"en": "English", "zh": "Chinese"}.get(voice.language, "")
    parts = dict.fromkeys(part for part in (spoken, *(part.strip() for part in kind.split(","))) if part)
    mark = say("voice.built_in", language) if voice.built_in else ""
    return " · ".join(filter(None, (of_voice(", ".join(parts), language), mark)))
