"""What Telegram lets the bot see and do in a group, and who is there. Asked by ``/read``, ``/reading``, ``/doctor``."""

import logging
from typing import Any

from telegram import Bot, ChatMemberAdministrator, ChatMemberRestricted, User
from telegram.error import TelegramError

from bot.digits import whole

_log = logging.getLogger(__name__)


class Rights:
    """One for a bot. Telegram is asked each time, since people ask in order to see what changed."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def sees_messages(self, chat_id: int) -> bool | None:
        """Whether what people write in a group reaches the bot: where its privacy mode is off, or it administers.

        None where Telegram does not say. Raises nothing.
        """
        try:
            everything = bool((await self._bot.get_me()).can_read_all_group_messages)
            return everything or isinstance(await self._member(chat_id), ChatMemberAdministrator)
        except TelegramError as error:
            _log.info("nobody could say what the bot sees in a group (%s)", type(error).__name__)
            return None

    async def may_send_voices(self, chat_id: int) -> bool | None:
        """Whether a group takes voice messages from the bot; None where Telegram does not say. Raises nothing."""
        try:
            member = await self._member(chat_id)
            everyone = (await self._bot.get_chat(chat_id)).permissions
        except TelegramError as error:
            _log.info("nobody could say what the bot may do in a group (%s)", type(error).__name__)
            return None
        if isinstance(member, ChatMemberAdministrator):
            return True
        if isinstance(member, ChatMemberRestricted) and not member.can_send_voice_notes:
            return False
        return everyone is None or everyone.can_send_voice_notes is not False

    async def person(self, chat_id: int, account_id: str) -> User | None:
        """Who somebody in a group is, as far as the group may know it. Raises nothing.

        None for an administrator who is anonymous there, for a channel, and where Telegram does not say.
        """
        number = whole(account_id)
        if number is None:
            return None
        try:
            member = await self._bot.get_chat_member(chat_id, number)
        except TelegramError as error:
            _log.info("nobody could say who somebody is (%s)", type(error).__name__)
            return None
        return None if getattr(member, "is_anonymous", False) else member.user

    async def _member(self, chat_id: int) -> Any:
        return await self._bot.get_chat_member(chat_id, self._bot.id)
