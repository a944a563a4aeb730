"""Brings what people write in Telegram groups to reading aloud. Registered by ``handlers.py``, behind the commands."""

from typing import Any

from telegram import Update
from telegram.ext import Application, MessageHandler, filters

from bot.platforms.telegram.aloud import Aloud

_NEW = filters.UpdateType.MESSAGE & filters.ChatType.GROUPS
_EDITED = filters.UpdateType.EDITED_MESSAGE & filters.ChatType.GROUPS


def listen(application: Application[Any, Any, Any, Any, Any, Any], aloud: Aloud) -> None:
    """Hear every message of a group that no command answered, and every change of one."""

    async def new(update: Update, _: object) -> None:
        if update.message is not None:
            await aloud.hear(update.message, application.bot.id)

    async def edited(update: Update, _: object) -> None:
        if update.edited_message is not None:
            await aloud.changed(update.edited_message)

    application.add_handler(MessageHandler(_NEW, new))
    application.add_handler(MessageHandler(_EDITED, edited))
