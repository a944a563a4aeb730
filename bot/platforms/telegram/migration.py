"""A Telegram group that becomes a supergroup has another id from then on: what is set there goes along.

Telegram says so twice, in the old chat and in the new one; either is enough. Registered by ``handlers.py``.
"""

import logging
from typing import Any

from telegram import Update
from telegram.ext import Application, MessageHandler, filters

from bot.errors import StoreError
from bot.model import Space
from bot.store.moving import Moves

_log = logging.getLogger(__name__)


def follow(application: Application[Any, Any, Any, Any, Any, Any], moves: Moves) -> None:
    """Move what is kept of a group to its new id."""

    async def moved(update: Update, _: object) -> None:
        message = update.message
        if message is None:
            return
        old = message.migrate_from_chat_id or message.chat_id
        new = message.migrate_to_chat_id or message.chat_id
        try:
            await moves.move(Space("telegram", str(old)), Space("telegram", str(new)))
        except StoreError as error:
            _log.error("the settings of a group did not follow it to its new id: %s", error.code)
        else:
            _log.info("a group became a supergroup; what is set there follows it")

    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE & filters.StatusUpdate.MIGRATE, moved))
