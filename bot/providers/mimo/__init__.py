"""Xiaomi's MiMo TTS service as a provider. Built by the app; its modules import no other provider."""

from bot.providers.mimo.provider import MimoProvider, MimoSettings

__all__ = ["MimoProvider", "MimoSettings"]
