"""Commands that are written down before Telegram forgets them, and taken up after the process was killed.

``webhook.py`` writes each down before it acknowledges it; ``polling.py`` those alone that it acknowledges before they
are answered. Built by ``client.py``. What is no command (messages of groups, inline queries) is never written down.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

from telegram import Bot, Update
from telegram.error import TelegramError

from bot.platforms.accepted import Accepted
from bot.platforms.telegram.places import Places
from bot.store.commands import LONGEST_CONTENT

_log = logging.getLogger(__name__)

_PLATFORM = "telegram"
KeyOf = Callable[[Update], str | None]
"""The key of a command; None for every other update."""


class Journal:
    """One for a bot."""

    def __init__(self, accepted: Accepted, bot: Bot, key_of: KeyOf) -> None:
        self._accepted = accepted
        self._bot = bot
        self._key_of = key_of

    async def accept(self, update: Update, raw: dict[str, Any] | None = None) -> bool:
        """Write an update down if it is a command; False for a command that was written down, or answered, before.

        ``raw``: as it came, where that is known. Raises StoreError: then Telegram is to keep it.
        """
        key = self._key_of(update)
        if key is None:
            return True
        content = json.dumps(raw or update.to_dict())
        if len(content) > LONGEST_CONTENT:  # no message that Telegram allows; refused, it would come again for a day
            _log.warning("an update is too long to be written down")
            return True
        return await self._accepted.accept(key, _PLATFORM, content)

    async def take_up(self, places: Places) -> None:
        """Answer what the last run wrote down and did not answer, as places become free. Raises nothing.

        Before that, remove its messages that show how far something is: nothing will change them any more.
        """
        for chat, message in await self._accepted.progress_left(_PLATFORM):
            try:
                await self._bot.delete_message(chat, int(message))
            except TelegramError as error:
                _log.info("a message of the last run was not removed (%s)", type(error).__name__)
            await self._accepted.progress_removed(_PLATFORM, chat, message)
        for left in await self._accepted.left(_PLATFORM):
            try:
                update = Update.de_json(json.loads(left.content), self._bot)
                known = self._key_of(update) == left.key
            except (ValueError, TypeError, LookupError, AttributeError, TelegramError):
                known = False
            if not known:
                _log.error("a command of the last run cannot be understood and is given up")
                await self._accepted.close(left.key)
                continue
            await places.some_free()
            places.take(update)
