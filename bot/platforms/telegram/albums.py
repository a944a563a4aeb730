"""Albums: Telegram sends a message for each picture and shows them as one, so they are read as one.

Used by ``aloud.py`` and ``chat_reading.py``.
"""

from dataclasses import dataclass, field, replace
from functools import reduce

from bot.platforms.reading.heard import Heard
from bot.platforms.telegram.heard import of_one_album
from bot.speech.chat.message import ChatMessage


@dataclass(slots=True)
class Album:
    """One that waits, in the place of its first message."""

    group: str
    """As Telegram names it."""
    first: Heard
    parts: dict[str, ChatMessage] = field(default_factory=dict)
    """What came of it, by id, in order."""

    def with_part(self, heard: Heard) -> Heard:
        """All of it as one message, with one more, or with one that was edited."""
        parts = self.parts | {heard.id: heard.message}
        return replace(self.first, message=reduce(of_one_album, parts.values()))
