"""Inline mode and guest mode on Telegram: nothing is synthesized while a person only types."""

import asyncio
import logging
from dataclasses import dataclass

from cachetools import FIFOCache
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultCachedVoice,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Message,
    MessageEntity,
    Update,
)
from telegram.error import BadRequest, TelegramError

from bot import texts
from bot.errors import BotError, ConfigError, InputError, ProviderError
from bot.model import Account, Utterance
from bot.platforms.telegram import keyboard
from bot.platforms.telegram.context import TelegramContext
from bot.platforms.telegram.delivery import VOICE_BYTES, cut
from bot.platforms.telegram.messages import Asked, read_guest
from bot.platforms.telegram.speaking import answered_words
from bot.speech.sink import Recording
from bot.store.words import KeptWords
from bot.text import markup, styles
from bot.text.styles import Style

_log = logging.getLogger(__name__)

_SHOWN = 200
"""Characters of the text on a card."""
_TITLE = 64


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be spoken, parsed from the text next to the bot's name."""

    text: str
    style: str
    command: markup.TypedCommand


class Guest:
    """Answers in chats where the bot is a guest."""

    def __init__(self, context: TelegramContext) -> None:
        self._context = context

    async def answer(self, update: Update, _: object) -> None:
        """Answer one message; the border for its failures."""
        asked = read_guest(update, self._context.services.language)
        if asked is None:
            return
        try:
            await self._answer(asked)
        except (BotError, TelegramError) as error:
            _log.info("a guest was not answered (%s)", getattr(error, "code", type(error).__name__))

    async def _answer(self, asked: Asked) -> None:
        requests, username = self._context.services.requests, str(asked.message.get_bot().username)
        language = await requests.language(asked.account, asked.space, asked.locale, self._context.services.language)
        wanted = _wanted(asked, username)
        if not wanted.text:
            await self._give(asked, _sentence(texts.say("telegram.usage.guest", language, bot=username)))
            return
        request = await requests.with_defaults(
            Utterance(
                wanted.text,
                asked.key,
                account=asked.account,
                author=asked.author,
                space=asked.space,
                channel=asked.channel,
                styles=styles.parse(wanted.style),
                voice=wanted.command.whose,
                instruction=wanted.command.instruction,
                take=wanted.command.take,
            )
        )
        try:
            file_id = await self._context.services.speech.uploaded(request, Recording(VOICE_BYTES), "telegram")
        except (InputError, ProviderError, ConfigError) as error:
            await self._give(asked, _sentence(texts.in_chat(error, language)))
            return
        if file_id is not None and await self._given_voice(asked, file_id, request):
            return
        token = await requests.words.keep(request)
        if not token:
            await self._give(asked, _sentence(texts.say("telegram.guest.not_kept", language, bot=username)))
            return
        await self._give(asked, _card(request, f"https://t.me/{username}?start=make--{token}", language))

    async def _given_voice(self, asked: Asked, file_id: str, request: Utterance) -> bool:
        """Send an uploaded voice. Return False if Telegram no longer knows it."""
        voice = InlineQueryResultCachedVoice(id="voice", voice_file_id=file_id, title=_title(request))
        try:
            await self._give(asked, voice)
        except BadRequest as error:
            if "file" not in error.message.casefold():
                raise
            return False
        return True

    async def _give(self, asked: Asked, result: InlineQueryResultArticle | InlineQueryResultCachedVoice) -> None:
        assert asked.message.guest_query_id is not None
        await asked.message.get_bot().answer_guest_query(asked.message.guest_query_id, result)


def _wanted(asked: Asked, username: str) -> _Wanted:
    """Return the text written, or that of the message replied to; then a known style may be given alone."""
    command = markup.parse(_without_mention(asked.message, username))
    replied = answered_words(asked)
    if replied and command.text and not command.style and all(map(styles.find, styles.parse(command.text))):
        return _Wanted(replied, command.text, command)
    return _Wanted(command.text or replied, command.style, command)


def _without_mention(message: Message, username: str) -> str:
    named = message.parse_entities([MessageEntity.MENTION]).values()
    line = message.text or ""
    for mention in named:
        if mention.casefold() == f"@{username}".casefold():
            line = line.replace(mention, " ", 1)
    return line.strip()


def _sentence(text: str) -> InlineQueryResultArticle:
    return InlineQueryResultArticle(
        id="sentence", title=cut(text, _TITLE), input_message_content=InputTextMessageContent(text)
    )


def _card(request: Utterance, link: str, language: str) -> InlineQueryResultArticle:
    """Return a card with the text, and a way to have it spoken in private."""
    manner = f"{', '.join(request.styles)}: " if request.styles else ""
    hear = InlineKeyboardButton(texts.say("telegram.inline.hear", language), url=link)
    return InlineQueryResultArticle(
        id="card",
        title=_title(request),
        input_message_content=InputTextMessageContent(cut(f"{manner}{request.text}", _SHOWN)),
        reply_markup=InlineKeyboardMarkup([[hear]]),
    )


def _title(request: Utterance) -> str:
    return cut(" ".join(request.text.split()), _TITLE)


_MOST_READY = 10
_LOOKED_THROUGH = 50
"""A person's last texts that are searched."""
_LOOKED_UP = 20
"""Matching texts that are looked up in the cache."""
_GOES_ON = 60.0
"""Seconds after which a typed text is no longer an unfinished query."""
_TYPING = 2000
"""People whose unfinished queries are remembered."""
"""Characters."""
_CARDS = keyboard.UNDER_A_VOICE
_CACHE = 0
"""Seconds that Telegram may cache an answer: a voice made meanwhile must show."""

Result = InlineQueryResultCachedVoice | InlineQueryResultArticle


@dataclass(frozen=True, slots=True)
class _Typed:
    account: Account
    language: str
    line: str


@dataclass(slots=True)
class _Unfinished:
    """A query that changes while a person types: its text is kept once, under one token."""

    when: float
    token: str = ""


class Inline:
    """Answers inline queries."""

    def __init__(self, context: TelegramContext) -> None:
        self._context = context
        self._unfinished: FIFOCache[int, _Unfinished] = FIFOCache(_TYPING)
        self._newest: dict[int, str] = {}
        """The newest query in progress, by person."""

    async def answer(self, update: Update, _: object) -> None:
        """Answer one query in time or not at all; the border for its failures.

        While a person types on, only the newest query is answered: the others are shown to nobody, and their texts are
        not kept.
        """
        query = update.inline_query
        if query is None or query.from_user.is_bot:
            return
        person = query.from_user.id
        self._newest[person] = query.id
        unfinished = self._going_on(person, query.query)
        try:
            async with asyncio.timeout(self._context.timings.inline):
                await asyncio.sleep(self._context.timings.typing)
                if self._newest.get(person) == query.id:
                    await self._answer(query, unfinished)
        except (BotError, TelegramError, TimeoutError) as error:
            _log.info("an inline query was not answered (%s)", getattr(error, "code", type(error).__name__))
        finally:
            if self._newest.get(person) == query.id:
                del self._newest[person]

    async def chosen(self, update: Update, _: object) -> None:
        """Keep the text of a chosen result (if the host has enabled inline feedback)."""
        if update.chosen_inline_result is not None:
            self._unfinished.pop(update.chosen_inline_result.from_user.id, None)

    def _going_on(self, person: int, line: str) -> _Unfinished:
        """Return the query that this one continues, or a new one.

        Clients send an empty query at each beginning.
        """
        now = asyncio.get_running_loop().time()
        before = self._unfinished.get(person)
        if before is None or not line or now - before.when > _GOES_ON:
            before = _Unfinished(now)
        before.when = now
        self._unfinished[person] = before
        return before

    async def _answer(self, query: InlineQuery, unfinished: _Unfinished) -> None:
        account = Account("telegram", str(query.from_user.id))
        requests, otherwise = self._context.services.requests, self._context.services.language
        code = query.from_user.language_code
        language = await requests.language(account, None, texts.language(code) if code else None, otherwise)
        typed = _Typed(account, language, query.query)
        results: list[Result] = [*await self._ready(typed)]
        button, token = None, await self._keep(typed, unfinished)
        if token:
            button = InlineQueryResultsButton(
                texts.say("telegram.inline.make", language), start_parameter=f"make--{token}"
            )
            results += self._cards(typed, token, query.get_bot().username)
        try:
            await query.answer(results, cache_time=_CACHE, is_personal=True, button=button)
        except BadRequest as error:
            if "file" not in error.message.casefold():
                raise
            # Telegram no longer knows a file id (of another bot, say): the rest is offered without voices.
            rest = [result for result in results if not isinstance(result, InlineQueryResultCachedVoice)]
            await query.answer(rest, cache_time=_CACHE, is_personal=True, button=button)

    async def _ready(self, typed: _Typed) -> list[InlineQueryResultCachedVoice]:
        """Return the person's voices whose text contains the typed one; all if nothing is typed."""
        wanted = _folded(markup.parse(typed.line).text)
        rows = await self._context.services.requests.words.newest(typed.account, _LOOKED_THROUGH)
        found: dict[str, KeptWords] = {}
        for kept in [kept for kept in rows if wanted in _folded(kept.text)][:_LOOKED_UP]:
            if (file_id := await uploaded(self._context, kept, typed.account)) is not None:
                found.setdefault(file_id, kept)
            if len(found) == _MOST_READY:
                break
        return [_voice(number, file_id, kept) for number, (file_id, kept) in enumerate(found.items())]

    async def _keep(self, typed: _Typed, unfinished: _Unfinished) -> str:
        """Return the token of the text typed so far, replacing the text typed before.

        Empty if there is nothing to speak, or it may not be spoken.
        """
        command = markup.parse(typed.line)
        if not command.text:
            return ""
        request = Utterance(
            command.text,
            "",
            account=typed.account,
            styles=styles.parse(command.style),
            voice=command.whose,
            instruction=command.instruction,
            take=command.take,
        )
        requests = self._context.services.requests
        try:
            await requests.speech.explain(request)  # makes no requests
        except (InputError, ProviderError):
            return ""
        before = await requests.words.get(unfinished.token)
        same = before is not None and _grown(before.text, command.text)
        whole = await requests.with_defaults(request)
        unfinished.token = await requests.words.keep(whole, instead_of=unfinished.token if same else "")
        return unfinished.token

    def _cards(self, typed: _Typed, token: str, bot: str) -> list[InlineQueryResultArticle]:
        """Return, for each style, a card with the text and a way to have it spoken in private."""
        text = markup.parse(typed.line).text
        named = [style for key in _CARDS if (style := keyboard.style_of(key)) is not None]
        return [self._card(style, text, token, bot, typed.language) for style in named]

    def _card(self, style: Style, text: str, token: str, bot: str, language: str) -> InlineQueryResultArticle:
        name = style.label(language)
        link = f"https://t.me/{bot}?start=make-{style.key}-{token}"
        hear = InlineKeyboardButton(texts.say("telegram.inline.hear", language), url=link)
        return InlineQueryResultArticle(
            id=f"style-{style.key}",
            title=name,
            description=cut(text, _TITLE),
            input_message_content=InputTextMessageContent(f"{name}: {text}"),
            reply_markup=InlineKeyboardMarkup([[hear]]),
        )


async def uploaded(context: TelegramContext, kept: KeptWords, account: Account) -> str | None:
    """Return Telegram's file id of a voice with this text, if there is one. Makes no requests. Raises StoreError."""
    request = kept.utterance("inline", account, space=None)
    try:
        return await context.services.speech.uploaded(request, Recording(VOICE_BYTES), "telegram")
    except (InputError, ProviderError, ConfigError):
        return None


def _voice(number: int, file_id: str, kept: KeptWords) -> InlineQueryResultCachedVoice:
    style = f" ({', '.join(kept.styles)})" if kept.styles else ""
    title = cut(cut(" ".join(kept.text.split()), _TITLE) + style, 2 * _TITLE)
    return InlineQueryResultCachedVoice(id=f"voice-{number}", voice_file_id=file_id, title=title)


def _grown(before: str, line: str) -> bool:
    return line.startswith(before) or before.startswith(line)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
