"""Xiaomi's MiMo TTS service as a provider. The app makes it; its files know each other and no other provider."""

from bot.providers.mimo.provider import MimoProvider, MimoSettings

__all__ = ["MimoProvider", "MimoSettings"]
