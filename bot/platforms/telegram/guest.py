"""Guest mode: ``@bot whisper`` as a message in a chat that the bot is no member of, mostly as an answer to another one.

It is answered once and at once, so nothing is synthesized for it: with the voice where Telegram has it already, else
with a card whose button makes it in private, whence it is brought to any chat. Registered in ``handlers.py``.
"""

import logging
from dataclasses import dataclass

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultCachedVoice,
    InputTextMessageContent,
    Message,
    MessageEntity,
    Update,
)
from telegram.error import BadRequest, TelegramError

from bot import texts
from bot.errors import BotError, ConfigError, InputError, ProviderError
from bot.model import Utterance
from bot.platforms.telegram.answered import answered_words
from bot.platforms.telegram.asking import Asked, read_guest
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.delivery import VOICE_BYTES, cut
from bot.speech import grammar, styles
from bot.speech.sink import Recording

_log = logging.getLogger(__name__)

_SHOWN = 200
"""Characters of the words on a card."""
_TITLE = 64


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be spoken, and how, by what somebody wrote beside the bot's name."""

    text: str
    style: str
    command: grammar.Command


class Guest:
    """Answers where the bot is a guest."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def answer(self, update: Update, _: object) -> None:
        """Answer once; the border for its failures."""
        asked = read_guest(update, self._counter.doors.language)
        if asked is None:
            return
        try:
            await self._answer(asked)
        except (BotError, TelegramError) as error:
            _log.info("a guest was not answered (%s)", getattr(error, "code", type(error).__name__))

    async def _answer(self, asked: Asked) -> None:
        desk, username = self._counter.doors.desk, str(asked.message.get_bot().username)
        language = await desk.language(asked.account, asked.space, asked.locale, self._counter.doors.language)
        wanted = _wanted(asked, username)
        if not wanted.text:
            await self._give(asked, _sentence(texts.say("telegram.usage.guest", language, bot=username)))
            return
        wish = await desk.with_defaults(
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
            file_id = await self._counter.doors.speech.uploaded(wish, Recording(VOICE_BYTES), "telegram")
        except (InputError, ProviderError, ConfigError) as error:
            await self._give(asked, _sentence(texts.in_chat(error, language)))
            return
        if file_id is not None and await self._given_voice(asked, file_id, wish):
            return
        token = await desk.words.keep(wish)
        if not token:
            await self._give(asked, _sentence(texts.say("telegram.guest.not_kept", language, bot=username)))
            return
        await self._give(asked, _card(wish, f"https://t.me/{username}?start=make--{token}", language))

    async def _given_voice(self, asked: Asked, file_id: str, wish: Utterance) -> bool:
        """False where Telegram does not know the voice any more."""
        voice = InlineQueryResultCachedVoice(id="voice", voice_file_id=file_id, title=_title(wish))
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
    """The words written, or those of the message replied to; beside these a known style may be named alone."""
    command = grammar.parse(_without_mention(asked.message, username))
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


def _card(wish: Utterance, link: str, language: str) -> InlineQueryResultArticle:
    """The words, with a way to have them spoken in private."""
    manner = f"{', '.join(wish.styles)}: " if wish.styles else ""
    hear = InlineKeyboardButton(texts.say("telegram.inline.hear", language), url=link)
    return InlineQueryResultArticle(
        id="card",
        title=_title(wish),
        input_message_content=InputTextMessageContent(cut(f"{manner}{wish.text}", _SHOWN)),
        reply_markup=InlineKeyboardMarkup([[hear]]),
    )


def _title(wish: Utterance) -> str:
    return cut(" ".join(wish.text.split()), _TITLE)
