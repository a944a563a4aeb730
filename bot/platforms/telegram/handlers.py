"""What the bot answers on Telegram: a function for each command, and the list that registers them.

Built by ``client.py``. A new command is a function and a line in ``COMMANDS``.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import Application, CommandHandler, MessageHandler, filters

from bot import texts
from bot.errors import BotError, BusyError, ConfigError, DuplicateError, ProviderError, StoreError
from bot.model import Account, Space, Utterance, Voice
from bot.platforms.base import Doors
from bot.platforms.telegram.delivery import VOICE_BYTES, Delivery
from bot.speech import grammar, styles
from bot.speech.sink import Recording

_log = logging.getLogger(__name__)

WAITING = 3
"""Commands of one person that may wait while another one is spoken."""
_OURS_TO_MEND = (ConfigError, ProviderError, StoreError)
"""Failures that the operator has to know of."""
_NEW = filters.UpdateType.MESSAGE
"""Only what was just written: an edited command would be spoken, and charged, again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A message for the bot, read."""

    message: Message
    key: str
    """The same for a second delivery of the update."""
    line: str
    """What stands behind the command."""
    account: Account
    space: Space | None
    language: str


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    aboard: int = 0


class Turns:
    """Lets everyone have one command spoken at a time, and some more wait."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._lines: dict[Account, _Line] = {}

    @asynccontextmanager
    async def turn(self, account: Account) -> AsyncIterator[None]:
        """Wait for what the same person sent before. Raises BusyError ``busy.person``."""
        line = self._lines.setdefault(account, _Line())
        if line.aboard > WAITING:
            raise BusyError("busy.person", limit=WAITING + 1)
        line.aboard += 1
        try:
            try:
                async with asyncio.timeout(self._longest):
                    await line.lock.acquire()
            except TimeoutError:
                raise BusyError("busy.person", limit=WAITING + 1) from None
            try:
                yield
            finally:
                line.lock.release()
        finally:
            line.aboard -= 1
            if not line.aboard:
                self._lines.pop(account, None)


@dataclass(frozen=True, slots=True)
class Counter:
    """What the commands work with."""

    doors: Doors
    delivery: Delivery
    turns: Turns


async def say(counter: Counter, asked: Asked) -> None:
    """``/say style:Whisper voice:Mia text``, or as a reply: the text of the message replied to."""
    command = grammar.parse(asked.line)
    text = command.text or _replied_text(asked.message)
    if not text:
        await counter.delivery.sentence(asked.message, texts.say("telegram.usage", asked.language))
        return
    utterance = Utterance(
        text,
        asked.key,
        account=asked.account,
        space=asked.space,
        styles=styles.parse(command.style),
        voice=Voice(id=command.voice),
        instruction=command.instruction,
        take=command.take,
    )
    async with counter.turns.turn(asked.account), counter.delivery.recording(asked.message):
        receipt = await counter.doors.speech.speak(utterance, Recording(VOICE_BYTES))
        await counter.delivery.voice(asked.message, receipt, asked.language)


async def show_help(counter: Counter, asked: Asked) -> None:
    """``/help``, ``/start``: what the bot does and how it is asked."""
    await counter.delivery.sentence(asked.message, texts.say("telegram.help", asked.language))


async def hint(counter: Counter, asked: Asked) -> None:
    """Anything else that is written to the bot in private."""
    await counter.delivery.sentence(asked.message, texts.say("telegram.hint", asked.language))


Answer = Callable[[Counter, Asked], Awaitable[None]]
COMMANDS: dict[str, Answer] = {"say": say, "help": show_help, "start": show_help}
"""The registration list; ``telegram.command.NAME`` in bot/texts is what Telegram's menu says of each."""


def register(application: Application[Any, Any, Any, Any, Any, Any], counter: Counter) -> None:
    """Give every command to the application."""
    for name, answer in COMMANDS.items():
        application.add_handler(CommandHandler(name, partial(_serve, counter, answer), filters=_NEW))
    private_text = _NEW & filters.ChatType.PRIVATE & filters.TEXT
    application.add_handler(MessageHandler(private_text, partial(_serve, counter, hint)))


async def _serve(counter: Counter, answer: Answer, update: Update, _: object) -> None:
    """Answer one update; the border at which every failure becomes a sentence."""
    asked = read(update, counter.doors.language)
    if asked is None:
        return
    try:
        await answer(counter, asked)
    except DuplicateError:
        return
    except BotError as error:
        if isinstance(error, _OURS_TO_MEND):
            _log.warning("a command failed: %s", error.code)
        await counter.delivery.sentence(asked.message, texts.of_error(error, asked.language))
    except Exception:  # noqa: BLE001  a border: one command's fault must not take the bot down
        _log.exception("a command broke off")
        await counter.delivery.sentence(asked.message, texts.say("error.unexpected", asked.language))


def read(update: Update, otherwise: str) -> Asked | None:
    """Who asks, where, and for what. None for bots, and for posts that Telegram forwards from a channel."""
    message = update.message
    if message is None or message.is_automatic_forward:
        return None
    person, stands_for = message.from_user, message.sender_chat
    # An admin who writes as the group, or somebody as a channel, is that chat; the user is then Telegram's own bot.
    if stands_for is None and (person is None or person.is_bot):
        return None
    identity = stands_for or person
    assert identity is not None
    in_private = message.chat.type == ChatType.PRIVATE
    return Asked(
        message=message,
        key=f"telegram:update:{update.update_id}",
        line=_after_command(message),
        account=Account("telegram", str(identity.id)),
        space=None if in_private else Space("telegram", str(message.chat_id)),
        language=texts.language(person.language_code if person else None, otherwise),
    )


def _after_command(message: Message) -> str:
    """The text behind a command at the start; as written, line breaks included."""
    text = message.text or ""
    first = message.entities[0] if message.entities else None
    if first is None or first.type != first.BOT_COMMAND or first.offset != 0:
        return text
    return text[first.length :]  # a command is ASCII, so its length in UTF-16 units is that in characters


def _replied_text(message: Message) -> str:
    """What is to be read aloud of the message replied to: the part quoted, or all of it."""
    if message.quote is not None:
        return message.quote.text
    replied = message.reply_to_message
    return (replied.text or replied.caption or "") if replied is not None else ""
