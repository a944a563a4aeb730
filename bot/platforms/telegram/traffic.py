"""How much the bot has put into each group lately: Telegram takes 20 messages a minute. Fed by ``client.py``.

Pure. ``chat_reading.py`` asks it before it makes another voice, so that reading aloud leaves room for answers.
"""

from collections import deque
from collections.abc import Callable

MOST = 20
"""Messages in one group …"""
SECONDS = 60.0
"""… in any span of so many seconds."""
_MOST_GROUPS = 1000
"""Groups beyond which those that are quiet again are forgotten."""


class Traffic:
    """One for a bot."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock``: seconds that never go back."""
        self._clock = clock
        self._sent: dict[int, deque[float]] = {}

    def note(self, chat_id: int) -> None:
        """A message goes out. Chats with one person have no such limit."""
        if chat_id >= 0:
            return
        self._sent.setdefault(chat_id, deque(maxlen=10 * MOST)).append(self._clock())
        if len(self._sent) > _MOST_GROUPS:
            for each in tuple(self._sent):
                self._recent(each)

    def room(self, chat_id: int) -> int:
        """Messages that may go out now."""
        return max(0, MOST - len(self._recent(chat_id)))

    def wait(self, chat_id: int, room: int) -> float:
        """Seconds until so many may go out; 0: they may now."""
        recent = self._recent(chat_id)
        missing = len(recent) + room - MOST
        return max(0.0, recent[missing - 1] + SECONDS - self._clock()) if missing > 0 else 0.0

    def _recent(self, chat_id: int) -> deque[float]:
        sent = self._sent.get(chat_id)
        if sent is None:
            return deque()
        since = self._clock() - SECONDS
        while sent and sent[0] <= since:
            sent.popleft()
        if not sent:
            del self._sent[chat_id]
        return sent
