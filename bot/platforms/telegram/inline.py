"""Inline mode, ``@bot words`` in any chat: nothing is synthesized for what is only being typed.

Offered are the person's own voices that Telegram has already, cards with styles, and a button that makes the voice in
private, whence it is brought back. Registered in ``handlers.py``.
"""

import asyncio
import logging
from dataclasses import dataclass

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultCachedVoice,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Update,
)
from telegram.error import TelegramError

from bot import texts
from bot.errors import BotError, InputError, ProviderError
from bot.model import Account, Utterance, Voice
from bot.platforms.telegram import keyboard
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.delivery import cut
from bot.platforms.telegram.ready import ReadyVoice
from bot.speech import grammar, styles
from bot.speech.styles import Style
from bot.store.words import KeptWords

_log = logging.getLogger(__name__)

_MOST_READY = 10
_TITLE = 64
"""Characters."""
_CARDS = keyboard.UNDER_A_VOICE
_CACHE = 0
"""Seconds that Telegram may give the same answer again: a voice made meanwhile must show."""

Result = InlineQueryResultCachedVoice | InlineQueryResultArticle


@dataclass(frozen=True, slots=True)
class _Typed:
    account: Account
    language: str
    line: str


class Inline:
    """Answers inline queries."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._newest: dict[int, str] = {}
        """Ids of the queries that are being answered, the newest of each person."""

    async def answer(self, update: Update, _: object) -> None:
        """Answer one query, in time or not at all; the border for its failures.

        Who types on gets an answer to the newest query alone: the others are shown to nobody, and their words are
        not kept.
        """
        query = update.inline_query
        if query is None or query.from_user.is_bot:
            return
        person = query.from_user.id
        self._newest[person] = query.id
        try:
            async with asyncio.timeout(self._counter.timings.inline):
                await asyncio.sleep(self._counter.timings.typing)
                if self._newest.get(person) == query.id:
                    await self._answer(query)
        except (BotError, TelegramError, TimeoutError) as error:
            _log.info("an inline query was not answered (%s)", getattr(error, "code", type(error).__name__))
        finally:
            if self._newest.get(person) == query.id:
                del self._newest[person]

    async def _answer(self, query: InlineQuery) -> None:
        account = Account("telegram", str(query.from_user.id))
        desk, otherwise = self._counter.doors.desk, self._counter.doors.language
        code = query.from_user.language_code
        language = await desk.language(account, None, texts.language(code) if code else None, otherwise)
        typed = _Typed(account, language, query.query)
        results: list[Result] = [*await self._ready(typed)]
        button, token = None, await self._keep(typed)
        if token:
            button = InlineQueryResultsButton(
                texts.say("telegram.inline.make", language), start_parameter=f"make--{token}"
            )
            results += self._cards(typed, token, query.get_bot().username)
        await query.answer(results, cache_time=_CACHE, is_personal=True, button=button)

    async def _ready(self, typed: _Typed) -> list[InlineQueryResultCachedVoice]:
        """The person's voices whose words hold what is typed; all for nothing typed."""
        wanted = _folded(grammar.parse(typed.line).text)
        results: list[InlineQueryResultCachedVoice] = []
        for voice in self._counter.ready.of(typed.account):
            kept = await self._counter.doors.desk.words.get(voice.token)
            if kept is not None and wanted in _folded(kept.text):
                results.append(_voice(len(results), voice, kept))
            if len(results) == _MOST_READY:
                break
        return results

    async def _keep(self, typed: _Typed) -> str:
        """The token of what is typed so far; empty where there is nothing to speak, or it may not be spoken."""
        command = grammar.parse(typed.line)
        if not command.text:
            return ""
        wish = Utterance(
            command.text,
            "",
            account=typed.account,
            styles=styles.parse(command.style),
            voice=Voice(id=command.voice),
            instruction=command.instruction,
            take=command.take,
        )
        desk = self._counter.doors.desk
        try:
            await desk.speech.explain(wish)  # asks nobody
        except (InputError, ProviderError):
            return ""
        return await desk.words.keep(await desk.with_defaults(wish))

    def _cards(self, typed: _Typed, token: str, bot: str) -> list[InlineQueryResultArticle]:
        """For each style: the words as a message, with a way to have them spoken in private."""
        text = grammar.parse(typed.line).text
        named = [style for key in _CARDS if (style := keyboard.style_of(key)) is not None]
        return [self._card(style, text, token, bot, typed.language) for style in named]

    def _card(self, style: Style, text: str, token: str, bot: str, language: str) -> InlineQueryResultArticle:
        name = keyboard.label(style, language)
        link = f"https://t.me/{bot}?start=make-{style.key}-{token}"
        hear = InlineKeyboardButton(texts.say("telegram.inline.hear", language), url=link)
        return InlineQueryResultArticle(
            id=f"style-{style.key}",
            title=name,
            description=cut(text, _TITLE),
            input_message_content=InputTextMessageContent(f"{name}: {text}"),
            reply_markup=InlineKeyboardMarkup([[hear]]),
        )


def _voice(number: int, voice: ReadyVoice, kept: KeptWords) -> InlineQueryResultCachedVoice:
    style = f" ({', '.join(kept.styles)})" if kept.styles else ""
    title = cut(cut(" ".join(kept.text.split()), _TITLE) + style, 2 * _TITLE)
    return InlineQueryResultCachedVoice(id=f"voice-{number}", voice_file_id=voice.file_id, title=title)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
