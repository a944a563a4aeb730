"""``/read on|off``, the handler of group messages, and hints for commands without text."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

from cachetools import FIFOCache, TTLCache
from telegram import Update
from telegram.ext import Application, MessageHandler, filters

from bot import texts, values
from bot.errors import InputError
from bot.model import Space
from bot.platforms.telegram.context import TelegramContext
from bot.platforms.telegram.messages import Asked
from bot.platforms.telegram.reading.groups import WHOLE, Aloud
from bot.store.sessions import Binding
from bot.text import markup
from bot.texts import codes

_ALL = frozenset({"all", "everywhere", "全部", "全群"})
_LENGTH = re.compile(r"(\d{1,6})(?!\S)", re.ASCII)


async def read(context: TelegramContext, asked: Asked) -> None:
    """Show what is read; ``on`` and ``off`` change it. Raises InputError ``telegram.admins_only``, StoreError."""
    if asked.space is None:
        await _tell(context, asked, "telegram.read.private")
        return
    order, _, rest = asked.line.strip().partition(" ")
    begins = values.on_or_off(order)
    if begins is None:
        await _show(context, asked, asked.space)
        return
    await context.delivery.check_admin(asked)
    word, _, after = rest.strip().partition(" ")
    everywhere = word.casefold() in _ALL
    channel = WHOLE if everywhere else asked.channel
    if begins:
        await _begin(context, asked, asked.space, channel, after if everywhere else rest)
    else:
        await _end(context, asked, asked.space, channel)


async def _begin(context: TelegramContext, asked: Asked, space: Space, channel: str, options: str) -> None:
    """Start reading, with options such as ``200 voice:Mia style:Happy``: longest reading, default voice and style."""
    bound = await _bound(context, space, channel, options)
    await context.services.reader.bindings.bind(bound)
    said = [" ".join([texts.say(_place("telegram.read.on", asked, channel), asked.language), *_options(bound, asked)])]
    if await context.rights.sees_messages(asked.message.chat_id) is False:
        said.append(texts.say("telegram.read.privacy", asked.language))
    if await context.rights.may_send_voices(asked.message.chat_id) is False:
        said.append(texts.say("telegram.doctor.voices.off", asked.language))
    await context.delivery.sentence(asked.message, "\n\n".join(said))


async def _bound(context: TelegramContext, space: Space, channel: str, options: str) -> Binding:
    """Return the binding typed after ``on``. Raises InputError ``telegram.read.wanted``, ``voice.unknown``."""
    options = options.strip()
    number = _LENGTH.match(options)
    request = markup.parse(options[number.end() :] if number is not None else options)
    length, rest = (number[1], request.text) if number is not None else (request.text, "")
    if rest or (length and not _LENGTH.fullmatch(length)):
        raise InputError("telegram.read.wanted")
    return Binding(
        space,
        channel,
        voice=await context.services.requests.saved.known(request.voice) if request.voice else "",
        style=request.style,
        max_characters=int(length or 0),
    )


def _options(bound: Binding, asked: Asked) -> list[str]:
    """Return the options of this binding alone."""
    if not (bound.voice or bound.style or bound.max_characters):
        return []
    voice, style, most = (each or "–" for each in (bound.voice, bound.style, bound.max_characters))
    return [texts.say("telegram.read.options", asked.language, voice=voice, style=style, most=most)]


async def _end(context: TelegramContext, asked: Asked, space: Space, channel: str) -> None:
    """Stop reading a topic, or with ``all`` everything."""
    bindings = context.services.reader.bindings
    if channel == WHOLE:
        was = bool(await bindings.of(space))
        await bindings.forget(space)
    else:
        was = await bindings.unbind(space, channel)
        if not was and any(each.channel == WHOLE for each in await bindings.of(space)):
            await _tell(context, asked, "telegram.read.whole")
            return
    context.aloud.stop_reading(asked.message.chat_id, channel)
    await _tell(context, asked, _place("telegram.read.off", asked, channel) if was else "telegram.read.was_off")


async def _show(context: TelegramContext, asked: Asked, space: Space) -> None:
    bound = {each.channel: each for each in await context.services.reader.bindings.of(space)}
    if WHOLE in bound:
        state = "telegram.read.is_on"
    elif asked.channel in bound:
        state = "telegram.read.is_on.topic"
    else:
        state = "telegram.read.is_off"
    here = bound.get(asked.channel) or bound.get(WHOLE)
    said = [texts.say(state, asked.language), *(_options(here, asked) if here is not None else ())]
    await context.delivery.sentence(
        asked.message, " ".join(said) + "\n" + texts.say("telegram.read.usage", asked.language)
    )


def _place(code: str, asked: Asked, channel: str) -> str:
    return codes.TOPIC[code] if channel and channel == asked.channel else code


async def _tell(context: TelegramContext, asked: Asked, code: str) -> None:
    await context.delivery.sentence(asked.message, texts.say(code, asked.language))


_NEW = filters.UpdateType.MESSAGE & filters.ChatType.GROUPS
_EDITED = filters.UpdateType.EDITED_MESSAGE & filters.ChatType.GROUPS


def listen(application: Application[Any, Any, Any, Any, Any, Any], aloud: Aloud) -> None:
    """Read every group message that is no command, and every edit of one."""

    async def new(update: Update, _: object) -> None:
        if update.message is not None:
            await aloud.hear(update.message, application.bot.id)

    async def edited(update: Update, _: object) -> None:
        if update.edited_message is not None:
            await aloud.changed(update.edited_message)

    application.add_handler(MessageHandler(_NEW, new))
    application.add_handler(MessageHandler(_EDITED, edited))


_QUIET = 600.0
"""Seconds for which a chat gets no second hint."""
_MOST = 1000
"""Chats, and albums, that are remembered."""


class Hints:
    """Hints for commands without text; one per bot."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Set up; ``clock`` gives monotonic seconds."""
        self._hinted: TTLCache[int, None] = TTLCache(_MOST, _QUIET, clock)
        self._albums: FIFOCache[str, None] = FIFOCache(_MOST)
        """Albums with text in one item: Telegram sends a message per item, in any order."""

    def has_words(self, asked: Asked) -> None:
        """Note that a message has text, which may be its album's."""
        if asked.message.media_group_id:
            self._albums[asked.message.media_group_id] = None

    async def has_none(self, context: TelegramContext, asked: Asked) -> None:
        """Post a hint, unless an album has its text in another message, or there was one recently."""
        album, chat = asked.message.media_group_id, asked.message.chat_id
        if album:
            await asyncio.sleep(context.timings.gather)
        if album in self._albums or chat in self._hinted:
            return
        self._hinted[chat] = None
        await context.delivery.sentence(asked.message, texts.say("telegram.no_words", asked.language))
