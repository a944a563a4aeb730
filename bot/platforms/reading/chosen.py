"""The words of a message that somebody chose or answered to have it spoken. Used by the doors of both platforms.

They are another one's, written to be read by eye: a spoiler, code and references are said as they are when a message is
read aloud. Brackets are no tags, and nothing is acted.
"""

from bot.speech.chat.message import ChatMessage, Delivery, Reading
from bot.speech.chat.tongue import tongue
from bot.speech.clean import clean_message
from bot.texts import spoken

_MOST = 100_000
"""Characters: nothing is cut off here, the waist tells what is too long."""


def chosen_words(message: ChatMessage, language: str) -> str:
    """As they are to be spoken; empty where there are none. ``language``: where the words do not tell theirs.

    Only the words: who wrote them, and what came with them, is left out.
    """
    words = ChatMessage(
        message.text,
        message.platform,
        users=message.users,
        roles=message.roles,
        channels=message.channels,
        spans=message.spans,
    )
    spoken_in = tongue(message.text, spoken(language))
    return clean_message(words, Reading(spoken_in, Delivery.off(), max_characters=_MOST)).text
