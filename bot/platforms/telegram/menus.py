"""Telegram's menus of commands: by kind of chat and by language. Set by ``client.py`` at the start."""

import logging

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.error import TelegramError

from bot.platforms.telegram.handlers import COMMANDS
from bot.texts import say

_log = logging.getLogger(__name__)

_LANGUAGES = (("en", ""), ("zh", "zh"))
"""Ours, and Telegram's code for it; without a code it is shown to everyone else."""


async def set_menus(bot: Bot) -> None:
    """Say in every menu what there is. Raises nothing: commands work without."""
    try:
        for language, code in _LANGUAGES:
            for scope, names in _scopes():
                menu = [BotCommand(name, say(f"telegram.command.{name}", language)) for name in names]
                await bot.set_my_commands(menu, scope=scope, language_code=code)
    except TelegramError as error:
        _log.warning("the menu of commands was not set (%s)", type(error).__name__)


def _scopes() -> tuple[tuple[BotCommandScope, list[str]], ...]:
    in_groups = [name for name, command in COMMANDS.items() if command.in_groups]
    return (
        (BotCommandScopeAllPrivateChats(), [name for name, command in COMMANDS.items() if command.in_private]),
        (BotCommandScopeAllGroupChats(), [name for name in in_groups if not COMMANDS[name].for_admins]),
        (BotCommandScopeAllChatAdministrators(), in_groups),
    )
