"""Moves a Telegram group's settings when it becomes a supergroup, which has another id.

Telegram announces it in the old and in the new chat, once each; either is enough. Registered by ``handlers.py``.
"""

import asyncio
import logging
from typing import Any

from telegram import Update
from telegram.ext import Application, MessageHandler, filters

from bot.errors import StoreError
from bot.model import Space
from bot.platforms.telegram.updates import Timings
from bot.store.migrate_space import Moves

_log = logging.getLogger(__name__)

_TRIES = 8


def follow(application: Application[Any, Any, Any, Any, Any, Any], moves: Moves, timings: Timings) -> None:
    """Move a group's data to its new id."""

    async def moved(update: Update, _: object) -> None:
        message = update.message
        if message is None:
            return
        old = Space("telegram", str(message.migrate_from_chat_id or message.chat_id))
        new = Space("telegram", str(message.migrate_to_chat_id or message.chat_id))
        pause = timings.pause_first
        for number in range(1, _TRIES + 1):
            try:
                await moves.move(old, new)
            except StoreError as error:
                _log.error("the settings of a group could not be moved to its new id: %s", error.code)
            else:
                _log.info("a group became a supergroup; its settings were moved")
                return
            if number < _TRIES:
                await asyncio.sleep(pause)
                pause = min(2 * pause, timings.pause_most)

    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE & filters.StatusUpdate.MIGRATE, moved))
