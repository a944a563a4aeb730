"""Command, button and menu handlers on Telegram, and the border where failures become sentences."""

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    Update,
)
from telegram.constants import CallbackQueryLimit
from telegram.error import BadRequest, InvalidToken, TelegramError
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
from bot.errors import BotError, ConfigError, DuplicateError, InputError, ProviderError, QuotaError, StoreError
from bot.platforms import command_log
from bot.platforms.fairness import Verdict
from bot.platforms.requests import FREE, AcceptedCommand
from bot.platforms.telegram import dictionary, keyboard, settings, speaking, why
from bot.platforms.telegram.context import Queued, TelegramContext
from bot.platforms.telegram.delivery import units
from bot.platforms.telegram.inline import Guest, Inline
from bot.platforms.telegram.keyboard import OLD_BUTTON
from bot.platforms.telegram.messages import Asked, command_of, read
from bot.platforms.telegram.migration import follow
from bot.platforms.telegram.reading import commands as reading_commands
from bot.platforms.telegram.reading import settings as reading_settings
from bot.platforms.telegram.reading.commands import Hints, listen
from bot.platforms.telegram.updates import KeyOf
from bot.texts import codes, say


async def press(context: TelegramContext, asked: Asked) -> None:
    """Run the handler of a pressed button; the query is answered in any case, so that the button stops loading.

    Raises InputError ``telegram.old_button`` for data that no current button carries, forged or old.
    """
    letter = asked.line.partition(":")[0]
    form = _FORMS.get(letter)
    if form is None or not form.fullmatch(asked.line):
        raise InputError(OLD_BUTTON)
    await PRESSES[letter](context, asked)
    await context.delivery.toast(asked)


async def other_style(context: TelegramContext, asked: Asked) -> None:
    """Handle ``s:whisper:TOKEN``: the same text in another style. Raises InputError ``telegram.old_button``."""
    _, key, token = asked.line.split(":")
    style = keyboard.style_of(key)
    if style is None:
        raise InputError(OLD_BUTTON)
    await speaking.again(context, asked, token, styles=(style.en,))


async def again(context: TelegramContext, asked: Asked) -> None:
    """Handle ``r:TOKEN``: the same text as another take."""
    await speaking.again(context, asked, _matter(asked), styles=None)


async def free(context: TelegramContext, asked: Asked) -> None:
    """Handle ``q:TOKEN``: speak what the quota refused with the free voice."""
    await speaking.free(context, asked, _matter(asked))


async def words(context: TelegramContext, asked: Asked) -> None:
    """Handle ``w:TOKEN``: show the voice's text, as a notification if it fits, else in a hidden message below."""
    kept = await context.services.requests.words.get(_matter(asked))
    if kept is None:
        raise InputError("words.gone")
    if units(kept.text) <= CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH:
        await context.delivery.toast(asked, kept.text, alert=True)
    elif await context.delivery.toast(asked):  # a second delivery must not post it twice
        await context.delivery.sentence(asked.message, kept.text, hidden=True)


async def voice(context: TelegramContext, asked: Asked) -> None:
    """Handle ``v:Mia``: set the person's own voice."""
    await context.delivery.toast(asked, await settings.choose_voice(context, asked, _matter(asked)))
    await settings.press_choice(context, asked, "v")


async def style(context: TelegramContext, asked: Asked) -> None:
    """Handle ``t:whisper``: set the person's own style. Raises InputError ``telegram.old_button``."""
    if (key := _matter(asked)) and keyboard.style_of(key) is None:
        raise InputError(OLD_BUTTON)
    await context.delivery.toast(asked, await settings.choose_style(context, asked, _matter(asked)))
    await settings.press_choice(context, asked, "t")


async def cancel(context: TelegramContext, asked: Asked) -> None:
    """Handle ``x:NAME``: cancel what waits or is being spoken. Raises InputError ``waiting.over``."""
    queued = context.waiting.get(_matter(asked))
    allowed = queued is not None and await _may_cancel(context, asked, queued)
    if queued is None or not allowed or queued.waiting.is_over:
        raise InputError("waiting.over")
    queued.task.cancel()
    await context.delivery.toast(asked, texts.say("waiting.cancelled", asked.language))


async def _may_cancel(context: TelegramContext, asked: Asked, queued: Queued) -> bool:
    """Return whether the person may cancel: the one who asked, or an administrator of that group."""
    if queued.account == asked.account:
        return True
    return queued.chat_id == asked.message.chat_id and await context.delivery.is_admin(asked)  # not of another group


def _matter(asked: Asked) -> str:
    return asked.line.partition(":")[2]


Answer = Callable[[TelegramContext, Asked], Awaitable[None]]
PRESSES: dict[str, Answer] = {
    "s": other_style,
    "r": again,
    "w": words,
    "q": free,
    "v": voice,
    "t": style,
    "f": settings.press_favourite,
    "l": settings.press_language,
    "g": settings.press_group,
    "o": settings.press_open,
    "p": settings.press_own,
    "x": cancel,
    "i": dictionary.answered,
}
"""Handlers of buttons, by their letter."""
_NAMED = r"[A-Za-z0-9_-]{1,32}"
_FORMS = {
    letter: re.compile(form, re.ASCII)
    for letter, form in {
        "s": rf"s:[a-z0-9_]{{1,32}}:{_NAMED}",
        "r": rf"r:{_NAMED}",
        "w": rf"w:{_NAMED}",
        "q": rf"q:{_NAMED}",
        "v": r"v:[^\x00-\x1f\x7f]{0,62}",
        "t": r"t:[a-z0-9_]{0,32}",
        "f": r"f:[vt]:(?:on|off):[^\x00-\x1f\x7f]{1,62}",
        "l": "l:(?:" + "|".join(("", *texts.LANGUAGES)) + ")",
        "g": settings.GROUP_FORM,
        "o": "o:[a-z]{1,16}",
        "p": "p:readme:(?:on|off)",
        "x": rf"x:{_NAMED}",
        "i": rf"i:(?:yes|no):{_NAMED}",
    }.items()
}
"""The data of each button, as ``keyboard.py`` writes it."""

_log = logging.getLogger(__name__)

_OURS_TO_MEND = (ConfigError, ProviderError, StoreError)
"""Failures that the operator has to know about."""
_IN_PASSING = ("press.under_way",)
"""Refusals of a pressed button that can be shown in passing."""
_PRESS = 0.5
"""Weight of a pressed button: it seldom posts a message in the chat."""
_NEW = filters.UpdateType.MESSAGE
"""Only new messages: an edited command would be spoken, and charged, again."""


@dataclass(frozen=True, slots=True)
class MenuCommand:
    """A command and where Telegram's menu shows it."""

    answer: Answer
    in_private: bool = True
    in_groups: bool = True
    for_admins: bool = False
    """In groups, shown to administrators only."""


COMMANDS: dict[str, MenuCommand] = {
    "say": MenuCommand(speaking.say),
    "sing": MenuCommand(speaking.sing),
    "voice": MenuCommand(settings.voice),
    "style": MenuCommand(settings.style),
    "quota": MenuCommand(settings.quota),
    "settings": MenuCommand(settings.settings),
    "who": MenuCommand(settings.who, in_private=False, for_admins=True),
    "read": MenuCommand(reading_commands.read, in_private=False, for_admins=True),
    "reading": MenuCommand(reading_settings.reading),
    "dictionary": MenuCommand(dictionary.dictionary),
    "why": MenuCommand(why.why, in_private=False),
    "explain": MenuCommand(why.explain, in_private=False),
    "doctor": MenuCommand(why.doctor, in_private=False, for_admins=True),
    "help": MenuCommand(settings.show_help),
    "start": MenuCommand(settings.start, in_groups=False),
}
"""All commands; ``telegram.command.NAME`` in bot/texts is the menu's description of each."""


async def hint(context: TelegramContext, asked: Asked) -> None:
    """Answer an unknown command with a hint."""
    await context.delivery.sentence(asked.message, texts.say("telegram.hint", asked.language))


async def in_private(hints: Hints, context: TelegramContext, asked: Asked) -> None:
    """Speak private text that is no command, also in captions of a picture or a file."""
    hints.has_words(asked)
    name, _, bot = command_of(asked.message)[1:].casefold().partition("@")
    if not name:
        await speaking.plain(context, asked)
        return
    command = COMMANDS.get(name) if bot in {"", asked.message.get_bot().username.casefold()} else None
    await (command.answer if command is not None else hint)(context, asked)


async def below_file(hints: Hints, context: TelegramContext, asked: Asked) -> None:
    """Handle ``/dictionary`` in a file's caption, possibly within an album."""
    hints.has_words(asked)
    await dictionary.captioned(context, asked)


def register(
    application: Application[Any, Any, Any, Any, Any, Any], context: TelegramContext, clock: Callable[[], float]
) -> KeyOf:
    """Register every handler; return what distinguishes commands from other updates.

    ``clock``: monotonic seconds.
    """
    for name, command in COMMANDS.items():
        application.add_handler(CommandHandler(name, partial(_serve, context, command.answer), filters=_NEW))
    hints, private = Hints(clock), _NEW & filters.ChatType.PRIVATE
    file = _NEW & filters.Document.ALL & filters.CaptionRegex(dictionary.CAPTION)
    application.add_handler(MessageHandler(file, partial(_serve, context, partial(below_file, hints))))
    words = private & (filters.TEXT | filters.CAPTION)
    application.add_handler(MessageHandler(words, partial(_serve, context, partial(in_private, hints))))
    application.add_handler(MessageHandler(private & filters.ATTACHMENT, partial(_serve, context, hints.has_none)))
    application.add_handler(CallbackQueryHandler(partial(_serve, context, press)))
    commands = tuple(application.handlers[0])
    inline = Inline(context)
    application.add_handler(InlineQueryHandler(inline.answer))
    guests = filters.UpdateType.GUEST_MESSAGE & filters.TEXT
    application.add_handler(MessageHandler(guests, Guest(context).answer))
    application.add_handler(ChosenInlineResultHandler(inline.chosen))
    follow(application, context.services.moves, context.timings)
    listen(application, context.aloud)

    def key_of(update: Update) -> str | None:
        asked = read(update, context.services.language)
        if asked is None or all(handler.check_update(update) in (None, False) for handler in commands):
            return None
        return asked.key

    return key_of


async def _serve(context: TelegramContext, answer: Answer, update: Update, _: object) -> None:
    """Answer one update, unless it was answered before; the border at which every failure becomes a sentence."""
    asked = read(update, context.services.language)
    if asked is None:
        await _let_go(update)
        return
    if not await _admitted(context, asked, update):
        await context.services.accepted.drop(asked.key)
        return
    async with context.services.accepted.answering(asked.key) as command:
        if command is None:
            return
        with command_log.logged(
            asked.key.rpartition(":")[2], _name_of(asked), asked.author or asked.account, asked.space
        ) as entry:
            await _answer(context, answer, replace(asked, command=command), command, entry)


async def _admitted(context: TelegramContext, asked: Asked, update: Update) -> bool:
    """Return whether a command is within its sender's limit. Resumed commands always are."""
    group = asked.message.chat_id if asked.space is not None else None
    verdict = context.flood.judge(asked.account, group, weight=1.0 if asked.query is None else _PRESS)
    if verdict is not Verdict.ANSWER and await context.services.accepted.was_begun(asked.key):
        return True
    if verdict is Verdict.TELL:
        await context.delivery.sentence(asked.message, texts.say("busy.flood", asked.language))
    if verdict is not Verdict.ANSWER:
        await _let_go(update)
    return verdict is Verdict.ANSWER


def _name_of(asked: Asked) -> str:
    """Return the logged name of a command: one of ours, or its kind; never anything typed."""
    if asked.query is not None:
        return "button"
    name = command_of(asked.message)[1:].partition("@")[0].casefold()
    return f"/{name}" if name in COMMANDS else "/?" if name else "words"


async def _answer(
    context: TelegramContext, answer: Answer, asked: Asked, command: AcceptedCommand, entry: command_log.CommandEntry
) -> None:
    try:
        requests = context.services.requests
        language = await requests.language(asked.account, asked.space, asked.locale, context.services.language)
        asked = replace(asked, language=language)
        command.check()
        await answer(context, asked)
    except DuplicateError as error:  # cut off so often that no attempt is left
        entry.failed(error)
        await _tell(context, asked, texts.say("cut_off.twice", asked.language))
    except BotError as error:
        entry.failed(error)
        if error.code == OLD_BUTTON:
            _log.info("an outdated or forged button was pressed")
        if isinstance(error, _OURS_TO_MEND):
            _log.warning("a command failed: %s", error.code)
        if not context.flood.may_refuse(asked.account, error):
            await _stop_spinning(asked)
            return
        text = texts.in_chat(error, asked.language)
        if isinstance(error, QuotaError) and (token := str(error.facts.get(FREE, ""))):
            await context.delivery.toast(asked)
            await context.delivery.sentence(asked.message, text, keyboard=keyboard.free_voice(token, asked.language))
            return
        await _tell(context, asked, text, alert=error.code not in _IN_PASSING)
    except Exception as error:  # noqa: BLE001  a border: one command's fault must not take the bot down
        entry.failed(error)
        _log.exception("a command failed unexpectedly")
        await _tell(context, asked, texts.say("error.unexpected", asked.language))


async def _stop_spinning(asked: Asked) -> None:
    """Acknowledge a pressed button without a notification."""
    if asked.query is not None and not asked.answered.is_set():
        with contextlib.suppress(TelegramError):
            await asked.query.answer()


async def _let_go(update: Update) -> None:
    """Answer an unknown callback query so its button stops loading."""
    if update.callback_query is not None:
        with contextlib.suppress(TelegramError):
            await update.callback_query.answer()


async def _tell(context: TelegramContext, asked: Asked, text: str, *, alert: bool = True) -> None:
    """Show a notification if a button was pressed and not answered yet, else a message below."""
    if not await context.delivery.toast(asked, text, alert=alert):
        await context.delivery.sentence(asked.message, text)


T = TypeVar("T")
_LANGUAGES = (("en", ""), ("zh", "zh"))
"""Our languages with Telegram's codes; the one without a code is the default.

Telegram accepts two-letter codes here, so clients in Traditional Chinese show the menu of ``zh``.
"""


async def set_menus(bot: Bot) -> None:
    """Update menus and descriptions. Raises nothing: commands work without them."""
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
    """Set the texts people read before they start the bot, and on its profile."""
    words = say("telegram.description", language)
    known = await _known(bot.get_my_description(language_code=code))
    if known is None or known.description != words:
        await bot.set_my_description(words, language_code=code)
    words = say("telegram.short_description", language)
    short = await _known(bot.get_my_short_description(language_code=code))
    if short is None or short.short_description != words:
        await bot.set_my_short_description(words, language_code=code)


async def _known(asked: Coroutine[Any, Any, T]) -> T | None:
    """Return the current value; None if Telegram refuses. Raises NetworkError, RetryAfter."""
    try:
        return await asked
    except (BadRequest, InvalidToken):  # a self-hosted server that lacks the method answers 400 or 404
        return None


def _scopes() -> tuple[tuple[BotCommandScope, list[str]], ...]:
    in_groups = [name for name, command in COMMANDS.items() if command.in_groups]
    return (
        (BotCommandScopeAllPrivateChats(), [name for name, command in COMMANDS.items() if command.in_private]),
        (BotCommandScopeAllGroupChats(), [name for name in in_groups if not COMMANDS[name].for_admins]),
        (BotCommandScopeAllChatAdministrators(), in_groups),
    )
