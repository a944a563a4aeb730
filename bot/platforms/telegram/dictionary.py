"""``/dictionary``: pronunciation of words when messages are read aloud; in private one's own, in a group the group's.

Registered in ``handlers.py``; ``bot/platforms/reading/dictionary.py`` does the work for both platforms.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from telegram import Document, Message
from telegram.error import TelegramError

from bot.errors import InputError, PlatformError
from bot.model import Account, Space
from bot.patterns import linear
from bot.platforms.reading.dictionary import (
    MOST_BYTES,
    Format,
    Import,
    Lexicon,
    dead_words,
    imported,
    needs_question,
    question,
    warning,
)
from bot.platforms.telegram import keyboard
from bot.platforms.telegram.context import TelegramContext
from bot.platforms.telegram.messages import Asked
from bot.texts import LANGUAGES, codes, say

CAPTION = linear(
    r"^\s*+/dictionary(?:@(\w++))?(?:\s(.*+))?$",
    "looked for at the beginning alone, and taken there in one way",
    re.DOTALL | re.IGNORECASE,
)
"""The command in a file's caption, where Telegram's clients do not look for commands."""
_CHANGES = frozenset({"add", "remove", "import"})
_PATTERN = re.compile(r"(?:pattern|正则|正則)\s{0,4}[:：]\s*", re.IGNORECASE)
_REPLACE = frozenset({"replace", "替换", "替換"})

Answer = Callable[[TelegramContext, Asked, Lexicon, Account | Space, str], Awaitable[None]]


async def dictionary(context: TelegramContext, asked: Asked) -> None:
    """Handle ``add WORD = SAID``, ``remove WORD``, ``list``, ``export``, ``import``. Raises InputError, StoreError."""
    order, _, rest = asked.line.strip().partition(" ")
    name = _ORDERS.get(order.casefold())
    if name is None:
        code = "telegram.dictionary.usage" if asked.space is None else "telegram.dictionary.usage.group"
        await context.delivery.sentence(asked.message, say(code, asked.language))
        return
    if name in _CHANGES and asked.space is not None and not await context.delivery.is_admin(asked):
        raise InputError("telegram.dictionary.admins_only")
    await _ANSWERS[name](
        context, asked, Lexicon(context.services.reader.dictionaries), asked.space or asked.account, rest
    )


async def captioned(context: TelegramContext, asked: Asked) -> None:
    """Handle the command in a file's caption; ignore another bot's."""
    found = CAPTION.fullmatch(asked.message.caption or "")
    if found is not None and (found[1] or "").casefold() in {"", asked.message.get_bot().username.casefold()}:
        await dictionary(context, replace(asked, line=found[2] or ""))


async def _add(context: TelegramContext, asked: Asked, lexicon: Lexicon, owner: Account | Space, rest: str) -> None:
    pattern = _PATTERN.match(rest.strip())
    typed = rest.strip()[pattern.end() :] if pattern is not None else rest
    written, said = _halves(typed)
    entry = await lexicon.add(owner, written, said, pattern=pattern is not None)
    added = say("dictionary.added", asked.language, written=entry.written, said=entry.said or "–")
    dead = warning(await asyncio.to_thread(dead_words, [entry]), asked.language)
    await _tell(context, asked, "\n".join([added, *dead]))


async def _remove(context: TelegramContext, asked: Asked, lexicon: Lexicon, owner: Account | Space, rest: str) -> None:
    pattern = _PATTERN.match(rest.strip())
    written = rest.strip()[pattern.end() :] if pattern is not None else rest.strip()
    await lexicon.remove(owner, written)
    await _tell(context, asked, say("dictionary.removed", asked.language, written=written))


async def _list(context: TelegramContext, asked: Asked, lexicon: Lexicon, owner: Account | Space, _: str) -> None:
    await _tell(context, asked, await lexicon.lines(owner, asked.language))


async def _export(context: TelegramContext, asked: Asked, lexicon: Lexicon, owner: Account | Space, rest: str) -> None:
    form: Format = "csv" if rest.strip().casefold() == "csv" else "json"
    await context.delivery.document(asked.message, await lexicon.exported(owner, form), f"dictionary.{form}")


async def _import(context: TelegramContext, asked: Asked, lexicon: Lexicon, owner: Account | Space, rest: str) -> None:
    document = _file(asked.message)
    if document is None:
        raise InputError("telegram.dictionary.no_file")
    data = await _fetched(document)
    keep = rest.strip().casefold() not in _REPLACE
    found = await lexicon.understood(owner, data, document.file_name or "", keep=keep)
    waiting = Import(asked.account, owner, found, keep)
    if needs_question(found, keep=keep):
        buttons = keyboard.answers("i", context.imports.ask(waiting), asked.language)
        await context.delivery.sentence(asked.message, question(found, asked.language, keep=keep), keyboard=buttons)
        return
    await lexicon.take_in(owner, found, keep=keep)
    await _tell(context, asked, imported(found, asked.language))


async def answered(context: TelegramContext, asked: Asked) -> None:
    """Handle ``i:yes:TOKEN``: import a file, or not, as its sender decides.

    Raises InputError ``dictionary.ask_gone``, ``dictionary.ask_others``, ``telegram.dictionary.admins_only``.
    """
    _, word, token = asked.line.split(":")
    waiting = context.imports.answer(token, asked.account)
    if isinstance(waiting.owner, Space) and (
        asked.space != waiting.owner or not await context.delivery.is_admin(asked)
    ):
        raise InputError("telegram.dictionary.admins_only")
    if word == "no":
        await context.delivery.change(asked.message, say("dictionary.not_imported", asked.language))
        return
    await Lexicon(context.services.reader.dictionaries).take_in(waiting.owner, waiting.found, keep=waiting.keep)
    await context.delivery.change(asked.message, imported(waiting.found, asked.language))


_ANSWERS: dict[str, Answer] = {"add": _add, "remove": _remove, "list": _list, "export": _export, "import": _import}
_ORDERS = {say(codes.DICTIONARY_NAME[name], language): name for language in LANGUAGES for name in _ANSWERS} | {
    name: name for name in _ANSWERS
}
"""Subcommands, in either language."""


def _halves(typed: str) -> tuple[str, str]:
    """Return a word and its replacement, split at an equals sign between blanks, else at the first one.

    Raises InputError ``telegram.dictionary.equals``.
    """
    parts = re.split(r"\s[=＝](?:\s|$)", typed, maxsplit=1)
    if len(parts) < 2:
        parts = re.split(r"[=＝]", typed, maxsplit=1)
    if len(parts) < 2:
        raise InputError("telegram.dictionary.equals")
    return parts[0].strip(), parts[1].strip()


def _file(message: Message) -> Document | None:
    """Return the file of the caption, or of the message replied to."""
    answered = message.reply_to_message
    return message.document or (answered.document if answered is not None else None)


async def _fetched(document: Document) -> bytes:
    """Return the file's bytes; one that is too large is not fetched. Raises PlatformError ``telegram.file.unread``."""
    if (document.file_size or 0) > MOST_BYTES:
        return bytes(MOST_BYTES + 1)
    try:
        return bytes(await (await document.get_file()).download_as_bytearray())
    except TelegramError:
        raise PlatformError("telegram.file.unread") from None


async def _tell(context: TelegramContext, asked: Asked, text: str) -> None:
    await context.delivery.sentence(asked.message, text)
