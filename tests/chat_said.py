"""What is read aloud of a chat message in English and in Chinese, without vocal cues: for tables of expectations."""

from bot.normalization.clean import clean_message
from bot.normalization.message import ChatMessage, Reading, VocalCues

_EN, _ZH = Reading("en", VocalCues.off()), Reading("zh", VocalCues.off())


def en(text: str) -> str:
    return clean_message(ChatMessage(text), _EN).text


def zh(text: str) -> str:
    return clean_message(ChatMessage(text), _ZH).text
