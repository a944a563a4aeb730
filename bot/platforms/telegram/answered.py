"""The words of a command, and of the message that it answers. Used by ``speaking`` and ``guest``."""

from telegram import MessageEntity

from bot.platforms.beside import SPOILER
from bot.platforms.reading.chosen import chosen_words
from bot.platforms.telegram.asking import Asked, command_of
from bot.platforms.telegram.heard import chat_message, spans_of
from bot.speech.chat.message import ChatMessage

_CONTEXT = 500
"""Characters of an answered message that may serve for the tone."""


def line_with_spoilers(asked: Asked) -> str:
    """Return what is written after the command, with ``||`` around what Telegram's clients marked as a spoiler."""
    message = asked.message
    entities = message.entities or message.caption_entities
    spoilers = [each for each in entities if each.type == MessageEntity.SPOILER]
    if asked.query is not None or not spoilers:
        return asked.line
    units = asked.line.encode("utf-16-le", "replace")
    begin, at = len(command_of(message)), 0
    pieces: list[str] = []
    for spoiler in spoilers:
        start = max(at, 2 * (spoiler.offset - begin))
        end = max(start, 2 * (spoiler.offset - begin + spoiler.length))
        plain, hidden = (units[a:b].decode("utf-16-le", "ignore") for a, b in ((at, start), (start, end)))
        pieces += (plain, f"{SPOILER}{hidden}{SPOILER}" if hidden else "")
        at = end
    return "".join((*pieces, units[at:].decode("utf-16-le", "ignore")))


def answered_words(asked: Asked) -> str:
    """The part quoted, or all of it, as it is to be spoken; empty where nothing is answered."""
    if asked.query is not None:
        return ""
    quote, answered = asked.message.quote, asked.message.reply_to_message
    if quote is not None:
        said = ChatMessage(quote.text, "telegram", spans=spans_of(quote.text, quote.entities or ()))
    elif answered is not None:
        said = chat_message(answered)
    else:
        return ""
    return chosen_words(said, asked.language)


def context_of(asked: Asked) -> str:
    """As much of them as may serve for the tone of an answer."""
    return answered_words(asked)[:_CONTEXT]
