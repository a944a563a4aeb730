"""What the bot answers on Telegram: the commands, registered here, and the border at which failures become sentences.

Built by ``client.py``. A new command is a function in one of the files named below and a line in ``COMMANDS``.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from telegram import Update
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChosenInlineResultHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot import texts
from bot.errors import BotError, ConfigError, DuplicateError, ProviderError, QuotaError, StoreError
from bot.platforms import command_log
from bot.platforms.accepted import AcceptedCommand
from bot.platforms.desk import FREE
from bot.platforms.fairness import Verdict
from bot.platforms.telegram import (
    buttons,
    choices,
    dictionary,
    doctor,
    keyboard,
    moderation,
    read_aloud,
    reading_settings,
    settings,
    speaking,
    why,
)
from bot.platforms.telegram.asking import Asked, command_of, read
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.guest import Guest
from bot.platforms.telegram.hints import Hints
from bot.platforms.telegram.inline import Inline
from bot.platforms.telegram.journal import KeyOf
from bot.platforms.telegram.keyboard import OLD_BUTTON
from bot.platforms.telegram.listening import listen
from bot.platforms.telegram.migration import follow

_log = logging.getLogger(__name__)

_OURS_TO_MEND = (ConfigError, ProviderError, StoreError)
"""Failures that the operator has to know of."""
_IN_PASSING = ("press.under_way",)
"""Refusals of a pressed button that need nobody's attention."""
_PRESS = 0.5
"""What a pressed button counts as: it seldom puts a message into the chat."""
_NEW = filters.UpdateType.MESSAGE
"""Only what was just written: an edited command would be spoken, and charged, again."""


Answer = Callable[[Counter, Asked], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command and where Telegram's menu shows it."""

    answer: Answer
    in_private: bool = True
    in_groups: bool = True
    for_admins: bool = False
    """In groups, shown to administrators alone."""


COMMANDS: dict[str, Command] = {
    "say": Command(speaking.say),
    "sing": Command(speaking.sing),
    "voice": Command(choices.voice),
    "style": Command(choices.style),
    "quota": Command(choices.quota),
    "settings": Command(settings.settings),
    "who": Command(moderation.who, in_private=False, for_admins=True),
    "read": Command(read_aloud.read, in_private=False, for_admins=True),
    "reading": Command(reading_settings.reading),
    "dictionary": Command(dictionary.dictionary),
    "why": Command(why.why, in_private=False),
    "explain": Command(why.explain, in_private=False),
    "doctor": Command(doctor.doctor, in_private=False, for_admins=True),
    "help": Command(choices.show_help),
    "start": Command(choices.start, in_groups=False),
}
"""The registration list; ``telegram.command.NAME`` in bot/texts is what Telegram's menu says of each."""


async def hint(counter: Counter, asked: Asked) -> None:
    """A command that is none."""
    await counter.delivery.sentence(asked.message, texts.say("telegram.hint", asked.language))


async def in_private(hints: Hints, counter: Counter, asked: Asked) -> None:
    """Words without a command that was answered above, also those below a picture or a file, where one may stand."""
    hints.has_words(asked)
    name, _, bot = command_of(asked.message)[1:].casefold().partition("@")
    if not name:
        await speaking.plain(counter, asked)
        return
    command = COMMANDS.get(name) if bot in {"", asked.message.get_bot().username.casefold()} else None
    await (command.answer if command is not None else hint)(counter, asked)


async def below_file(hints: Hints, counter: Counter, asked: Asked) -> None:
    """``/dictionary`` below a file, which may be one of an album."""
    hints.has_words(asked)
    await dictionary.captioned(counter, asked)


def register(
    application: Application[Any, Any, Any, Any, Any, Any], counter: Counter, clock: Callable[[], float]
) -> KeyOf:
    """Give every command to the application; returns what tells commands from other updates.

    ``clock``: seconds that never go back.
    """
    for name, command in COMMANDS.items():
        application.add_handler(CommandHandler(name, partial(_serve, counter, command.answer), filters=_NEW))
    hints, private = Hints(clock), _NEW & filters.ChatType.PRIVATE
    file = _NEW & filters.Document.ALL & filters.CaptionRegex(dictionary.CAPTION)
    application.add_handler(MessageHandler(file, partial(_serve, counter, partial(below_file, hints))))
    words = private & (filters.TEXT | filters.CAPTION)
    application.add_handler(MessageHandler(words, partial(_serve, counter, partial(in_private, hints))))
    application.add_handler(MessageHandler(private & filters.ATTACHMENT, partial(_serve, counter, hints.has_none)))
    application.add_handler(CallbackQueryHandler(partial(_serve, counter, buttons.press)))
    commands = tuple(application.handlers[0])
    inline = Inline(counter)
    application.add_handler(InlineQueryHandler(inline.answer))
    guests = filters.UpdateType.GUEST_MESSAGE & filters.TEXT
    application.add_handler(MessageHandler(guests, Guest(counter).answer))
    application.add_handler(ChosenInlineResultHandler(inline.chosen))
    follow(application, counter.doors.moves, counter.timings)
    listen(application, counter.aloud)

    def key_of(update: Update) -> str | None:
        asked = read(update, counter.doors.language)
        if asked is None or all(handler.check_update(update) in (None, False) for handler in commands):
            return None
        return asked.key

    return key_of


async def _serve(counter: Counter, answer: Answer, update: Update, _: object) -> None:
    """Answer one update, unless it was answered before; the border at which every failure becomes a sentence."""
    asked = read(update, counter.doors.language)
    if asked is None:
        await _let_go(update)
        return
    if not await _admitted(counter, asked, update):
        await counter.doors.accepted.drop(asked.key)
        return
    async with counter.doors.accepted.answering(asked.key) as command:
        if command is None:
            return
        with command_log.logged(
            asked.key.rpartition(":")[2], _name_of(asked), asked.author or asked.account, asked.space
        ) as entry:
            await _answer(counter, answer, replace(asked, command=command), command, entry)


async def _admitted(counter: Counter, asked: Asked, update: Update) -> bool:
    """Whether a command is not one too many of its sender; what was begun by an earlier run is not asked about."""
    group = asked.message.chat_id if asked.space is not None else None
    verdict = counter.flood.judge(asked.account, group, weight=1.0 if asked.query is None else _PRESS)
    if verdict is not Verdict.ANSWER and await counter.doors.accepted.was_begun(asked.key):
        return True
    if verdict is Verdict.TELL:
        await counter.delivery.sentence(asked.message, texts.say("busy.flood", asked.language))
    if verdict is not Verdict.ANSWER:
        await _let_go(update)
    return verdict is Verdict.ANSWER


def _name_of(asked: Asked) -> str:
    """Return what is logged of a command: one of ours, or its kind; never what somebody typed."""
    if asked.query is not None:
        return "button"
    name = command_of(asked.message)[1:].partition("@")[0].casefold()
    return f"/{name}" if name in COMMANDS else "/?" if name else "words"


async def _answer(
    counter: Counter, answer: Answer, asked: Asked, command: AcceptedCommand, entry: command_log.Entry
) -> None:
    try:
        desk = counter.doors.desk
        language = await desk.language(asked.account, asked.space, asked.locale, counter.doors.language)
        asked = replace(asked, language=language)
        command.check()
        await answer(counter, asked)
    except DuplicateError as error:  # cut off so often that no try is left
        entry.failed(error)
        await _tell(counter, asked, texts.say("cut_off.twice", asked.language))
    except BotError as error:
        entry.failed(error)
        if error.code == OLD_BUTTON:
            _log.info("an old or made-up button was pressed")
        if isinstance(error, _OURS_TO_MEND):
            _log.warning("a command failed: %s", error.code)
        if not counter.flood.may_refuse(asked.account, error):
            await _stop_spinning(asked)
            return
        text = texts.in_chat(error, asked.language)
        if isinstance(error, QuotaError) and (token := str(error.facts.get(FREE, ""))):
            await counter.delivery.toast(asked)
            await counter.delivery.sentence(asked.message, text, keyboard=keyboard.free_voice(token, asked.language))
            return
        await _tell(counter, asked, text, alert=error.code not in _IN_PASSING)
    except Exception as error:  # noqa: BLE001  a border: one command's fault must not take the bot down
        entry.failed(error)
        _log.exception("a command broke off")
        await _tell(counter, asked, texts.say("error.unexpected", asked.language))


async def _stop_spinning(asked: Asked) -> None:
    """Acknowledge a pressed button without words."""
    if asked.query is not None and not asked.answered.is_set():
        with contextlib.suppress(TelegramError):
            await asked.query.answer()


async def _let_go(update: Update) -> None:
    """A button of which nothing is known any more: it stops spinning."""
    if update.callback_query is not None:
        with contextlib.suppress(TelegramError):
            await update.callback_query.answer()


async def _tell(counter: Counter, asked: Asked, text: str, *, alert: bool = True) -> None:
    """Over the chat where a button was pressed and not answered yet, else below the message."""
    if not await counter.delivery.toast(asked, text, alert=alert):
        await counter.delivery.sentence(asked.message, text)
