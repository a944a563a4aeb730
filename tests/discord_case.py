"""What the Discord front end's tests share."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import SecretStr

from bot.app import EXTENSIONS
from bot.audio.pcm import Pcm
from bot.config import DiscordConfig, EndpointsConfig
from bot.model import Account, Clip
from bot.platforms.base import Services
from bot.platforms.discord.client import DiscordPlatform
from tests.at_once import encode
from tests.fakes.discord_server import DiscordServer, Message

__all__ = ["EXTENSIONS", "TEXT", "Start", "account", "build", "bursts", "voices_of", "words_of"]

TEXT = "Good evening, everybody."
Start = Callable[..., AbstractAsyncContextManager[DiscordPlatform]]
"""Runs the platform against the stand-in until the block ends; keywords are settings of ``[discord]``."""


def build(
    server: DiscordServer, services: Services, state: Path, *, calls: bool = False, **settings: Any
) -> DiscordPlatform:
    """``calls``: the bot trusts the stand-in's voice server."""
    config = DiscordConfig(**({"token": SecretStr(server.token)} | settings))
    endpoints = EndpointsConfig(
        discord_api=server.api, discord_gateway=server.gateway.url, ca_file=str(server.voice.ca_file)
    )
    return DiscordPlatform(config, endpoints, services, EXTENSIONS, state_dir=state, guild_ready_timeout=0.0)


def account(server: DiscordServer) -> Account:
    return Account("discord", str(server.world.ada.id))


def words_of(server: DiscordServer) -> list[str]:
    """The lines that stand beside voice messages."""
    return [message.content for message in server.messages if not message.voice]


def voices_of(server: DiscordServer) -> list[Message]:
    """The voice messages."""
    return [message for message in server.messages if message.voice]


def bursts(seconds: float = 2.0) -> Clip:
    """A tone that comes and goes: a sound with a shape."""
    at = np.arange(round(seconds * 24_000)) / 24_000
    loudness = np.where((at * 2.5).astype(int) % 2 == 0, 0.8, 0.05)
    return encode(Pcm((np.sin(2 * np.pi * 330 * at) * loudness * 32767).astype("<i2").tobytes(), 24_000))
