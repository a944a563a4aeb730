"""How to take back an answer where the bot is no member or may not look: by the command's token, while it lasts.

One for a connection (``Bot.replies``): filled by ``answer.py``, used by the panel's Delete. It lives in memory, since
tokens are secrets, and ends with them.
"""

from collections.abc import Awaitable, Callable

MOST = 1000
"""Messages that are remembered; the earliest go first."""
Remove = Callable[[], Awaitable[None]]
"""Deletes one message. Raises discord.HTTPException."""


class Replies:
    """Who deletes which message."""

    def __init__(self) -> None:
        self._known: dict[int, Remove] = {}

    def keep(self, message_id: int, remove: Remove) -> None:
        """Remember how a message is deleted."""
        self._known[message_id] = remove
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]

    def of(self, message_id: int) -> Remove | None:
        """How it is deleted, if anybody knows."""
        return self._known.get(message_id)
