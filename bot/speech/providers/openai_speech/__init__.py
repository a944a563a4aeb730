"""An engine that people host themselves, or OpenAI's own service; see ``provider.py``."""

from bot.speech.providers.openai_speech.provider import OpenAISpeechProvider
from bot.speech.providers.openai_speech.settings import OpenAISpeechSettings

__all__ = ["OpenAISpeechProvider", "OpenAISpeechSettings"]
