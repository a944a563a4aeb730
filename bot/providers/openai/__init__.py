"""A self-hosted engine, or OpenAI's own service; see ``provider.py``."""

from bot.providers.openai.provider import OpenAISpeechProvider, OpenAISpeechSettings

__all__ = ["OpenAISpeechProvider", "OpenAISpeechSettings"]
