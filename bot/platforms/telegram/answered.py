"""The words of the message that a command answers, spoken or as the tone. Used by ``speaking`` and ``guest``."""

from bot.platforms.reading.chosen import chosen_words
from bot.platforms.telegram.asking import Asked
from bot.platforms.telegram.heard import chat_message, spans_of
from bot.speech.chat.message import ChatMessage

_CONTEXT = 500
"""Characters of an answered message that may serve for the tone."""


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
