"""What Telegram shows of the bot: menus of commands by kind of chat, and descriptions, each by language.

Set by ``client.py`` at the start, where it is not set already.
"""

import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.platforms.telegram.handlers import COMMANDS
from bot.texts import codes, say

_log = logging.getLogger(__name__)

T = TypeVar("T")
_LANGUAGES = (("en", ""), ("zh", "zh"))
"""Ours, and Telegram's code for it; without a code it is shown to everyone else.

Telegram takes codes of two letters here, so clients in Traditional Chinese show the menu of ``zh``.
"""


async def set_menus(bot: Bot) -> None:
    """Bring menus and descriptions up to date. Raises nothing: commands work without."""
    try:
        for language, code in _LANGUAGES:
            await _describe(bot, language, code)
            for scope, names in _scopes():
                menu = [BotCommand(name, say(codes.TELEGRAM_COMMAND[name], language)) for name in names]
                if await _known(bot.get_my_commands(scope=scope, language_code=code)) != tuple(menu):
                    await bot.set_my_commands(menu, scope=scope, language_code=code)
    except TelegramError as error:
        _log.warning("the menus and descriptions were not set (%s)", type(error).__name__)


async def _describe(bot: Bot, language: str, code: str) -> None:
    """Set what people read of the bot before they begin, and on its page."""
    words = say("telegram.description", language)
    known = await _known(bot.get_my_description(language_code=code))
    if known is None or known.description != words:
        await bot.set_my_description(words, language_code=code)
    words = say("telegram.short_description", language)
    short = await _known(bot.get_my_short_description(language_code=code))
    if short is None or short.short_description != words:
        await bot.set_my_short_description(words, language_code=code)


async def _known(asked: Coroutine[Any, Any, T]) -> T | None:
    """Return what is set; None if Telegram refuses to say. Raises NetworkError, RetryAfter."""
    try:
        return await asked
    except (BadRequest, InvalidToken):  # a server of one's own that lacks the method answers 400 or 404
        return None


def _scopes() -> tuple[tuple[BotCommandScope, list[str]], ...]:
    in_groups = [name for name, command in COMMANDS.items() if command.in_groups]
    return (
        (BotCommandScopeAllPrivateChats(), [name for name, command in COMMANDS.items() if command.in_private]),
        (BotCommandScopeAllGroupChats(), [name for name in in_groups if not COMMANDS[name].for_admins]),
        (BotCommandScopeAllChatAdministrators(), in_groups),
    )
