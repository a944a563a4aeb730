"""The interface of a chat network: what the app starts, supervises and stops."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.platforms.doctor import Doctor, Finding
from bot.platforms.reading.judge import Reader
from bot.platforms.requests import Accepted, Requests
from bot.speech.service import SpeechService
from bot.store.migrate_space import Moves


@dataclass(frozen=True, slots=True)
class Services:
    """The dependencies of every front end."""

    speech: SpeechService
    requests: Requests
    reader: Reader
    doctor: Doctor
    moves: Moves
    accepted: Accepted
    language: str
    """Reply language where a person's own is unknown: ``en`` or ``zh``."""


class Platform(Protocol):
    """A chat network."""

    name: str
    """``discord``, ``telegram``."""

    async def run(self, ready: asyncio.Event) -> None:
        """Log in and serve until ``stop``; sets ``ready`` once commands are accepted.

        Raises PlatformError: ``platform.token`` for a refused token (final), ``platform.unreachable`` for a network
        that cannot be reached (the supervisor retries).
        """
        ...

    async def examine(self) -> Sequence[Finding]:
        """Log in without serving, and report on the token and on rights the host has to enable.

        For the command line, when no bot is running. Raises PlatformError.
        """
        ...

    async def stop(self, grace: float) -> None:
        """Accept no more commands, let speech finish (``grace`` seconds at most), close. Idempotent."""
        ...
