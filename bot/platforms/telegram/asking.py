"""What somebody asks of the bot on Telegram, read out of an update. Used by ``handlers.py``, passed to every answer."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from telegram import CallbackQuery, Chat, Message, Update, User
from telegram.constants import ChatType

from bot import texts
from bot.errors import InputError
from bot.model import Account, Space
from bot.platforms.accepted import AcceptedCommand

_BELOW = re.compile(r"/[a-z0-9_]{1,32}+(?:@[a-z0-9_]{1,32}+)?(?!\S)", re.ASCII | re.IGNORECASE)
GENERAL = "1"
"""The topic of a forum that messages do not name; Telegram's own clients call it so."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A message for the bot, or a button pressed under a message of the bot."""

    message: Message
    """What the answer stands under."""
    key: str
    """The same for a second delivery of the update."""
    line: str
    """What stands behind the command; what a pressed button carries."""
    account: Account
    """Who pays, and whose settings hold."""
    space: Space | None
    """None in private."""
    locale: str | None
    """The person's language by Telegram's word: ``en`` or ``zh``; None where it is not known."""
    language: str
    """To answer in."""
    channel: str = ""
    """The topic of a forum; empty outside of forums."""
    author: Account | None = None
    """The channel as which somebody writes; its account is shared with all other channels of the group."""
    query: CallbackQuery | None = None
    """The pressed button."""
    command: AcceptedCommand | None = None
    """What is written down of it; None while it is not answered."""
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the pressed button was answered, which can be done once."""


def admins_of(space: Space) -> str:
    """The role of a group's administrators, for its rules and for the host's quotas: ``role:telegram:-100123``."""
    return f"role:telegram:{space.id}"


def payer_of(message: Message, identity: User | Chat) -> tuple[Account, Account | None]:
    """Return who pays for what ``identity`` writes, and who wrote it where others pay with them.

    All administrators who write as the group are the group. All who write as a channel are one account of the group:
    anybody can have any number of channels, each without a quota, a cooldown or a block of its own.
    """
    writer = Account("telegram", str(identity.id))
    if isinstance(identity, User) or identity.id == message.chat_id:
        return writer, None
    return Space("telegram", str(message.chat_id)).channel_senders, writer


def own_account(asked: Asked) -> Account:
    """Return whose own settings may be changed. Raises InputError ``telegram.channel_settings`` for a channel."""
    if asked.author is not None:
        raise InputError("telegram.channel_settings")
    return asked.account


def read(update: Update, otherwise: str) -> Asked | None:
    """Who asks, where, and for what. ``otherwise``: the language where the person's is not known.

    None for bots, for posts that Telegram forwards from a channel, for commands that somebody forwards, for what came
    through an inline bot (ours above all: it was a choice, not a command), and for buttons under messages that are too
    old to be told. Edited messages, posts of channels and whatever else Telegram may send are none of these.
    """
    if update.callback_query is not None:
        return _pressed(update.callback_query, otherwise)
    message = update.message
    return _written(message, update.update_id, otherwise) if message is not None else None


def read_guest(update: Update, otherwise: str) -> Asked | None:
    """The same where the bot is a guest; None for what it cannot answer."""
    message = update.guest_message
    if message is None or not message.guest_query_id:
        return None
    return _written(message, update.update_id, otherwise)


def _written(message: Message, update_id: int, otherwise: str) -> Asked | None:
    if message.is_automatic_forward or message.via_bot is not None:
        return None
    if message.forward_origin is not None and command_of(message):
        return None
    person, stands_for = message.from_user, message.sender_chat
    # An admin who writes as the group, or somebody as a channel, is that chat; the user is then Telegram's own bot.
    if stands_for is None and (person is None or person.is_bot):
        return None
    identity = stands_for or person
    assert identity is not None
    account, author = payer_of(message, identity)
    return Asked(
        message=message,
        key=f"telegram:update:{update_id}",
        line=_after_command(message),
        account=account,
        author=author,
        **_surroundings(message, person, otherwise),
    )


def _pressed(query: CallbackQuery, otherwise: str) -> Asked | None:
    message = query.message
    if query.from_user.is_bot or not isinstance(message, Message):
        return None
    return Asked(
        message=message,
        key=f"telegram:callback:{query.id}",
        line=query.data or "",
        account=Account("telegram", str(query.from_user.id)),
        query=query,
        **_surroundings(message, query.from_user, otherwise),
    )


def _surroundings(message: Message, person: User | None, otherwise: str) -> dict[str, Any]:
    code = person.language_code if person else None
    in_private = message.chat.type == ChatType.PRIVATE
    return {
        "space": None if in_private else Space("telegram", str(message.chat_id)),
        "locale": texts.language(code) if code else None,
        "language": texts.language(code, otherwise),
        "channel": topic_of(message),
    }


def topic_of(message: Message) -> str:
    """The topic that a message stands in; empty outside of forums."""
    # Outside of topics the thread of a message is a chain of replies.
    if message.is_topic_message:
        return str(message.message_thread_id)
    return GENERAL if message.chat.is_forum else ""


def command_of(message: Message) -> str:
    """``/say@mouthpiece_bot``: the command that a message begins with, or the words below a picture or a file.

    Empty where there is none.
    """
    for entity in message.entities:
        if entity.type == entity.BOT_COMMAND and entity.offset == 0:
            # A command is ASCII, so its length in UTF-16 units is that in characters.
            return (message.text or "")[: entity.length]
    found = _BELOW.match(message.caption or "")  # where Telegram marks none
    return found[0] if found is not None else ""


def _after_command(message: Message) -> str:
    """The text behind a command at the start; as written, line breaks included."""
    return (message.text or message.caption or "")[len(command_of(message)) :]
