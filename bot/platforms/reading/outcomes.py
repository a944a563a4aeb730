"""What became of the last messages, so that "Why wasn't this read?" has an answer. Ids alone, in memory, bounded."""

from typing import Literal

from bot.platforms.reading.heard import Unread

MOST = 5000

Outcome = Literal["read"] | Unread


class Outcomes:
    """One for a process."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[str, Outcome] = {}

    def put(self, message_id: str, outcome: Outcome) -> None:
        """Write down what became of a message; the latest word counts."""
        self._kept.pop(message_id, None)
        self._kept[message_id] = outcome
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]

    def get(self, message_id: str) -> Outcome | None:
        """None where it was forgotten, or never seen."""
        return self._kept.get(message_id)
