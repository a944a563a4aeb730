"""Xiaomi's MiMo TTS service as a provider. The app makes it; its files know each other and no other provider."""

from bot.speech.providers.mimo.provider import MimoProvider
from bot.speech.providers.mimo.settings import MimoSettings

__all__ = ["MimoProvider", "MimoSettings"]
