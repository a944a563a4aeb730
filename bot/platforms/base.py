"""The seam to a chat network: what app.py starts, supervises and stops."""

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
    """What every front end is given."""

    speech: SpeechService
    requests: Requests
    reader: Reader
    doctor: Doctor
    moves: Moves
    accepted: Accepted
    language: str
    """Language where a person's own is not known: ``en`` or ``zh``."""


class Platform(Protocol):
    """A chat network."""

    name: str
    """``discord``, ``telegram``."""

    async def run(self, ready: asyncio.Event) -> None:
        """Log in and serve until ``stop``; sets ``ready`` once commands are taken.

        Raises PlatformError: ``platform.token`` for a token that is refused (final), ``platform.unreachable`` for
        a network that cannot be reached (the supervisor tries again).
        """
        ...

    async def examine(self) -> Sequence[Finding]:
        """Log in without taking anything, and say what is found: the token, and rights that a host has to switch on.

        For the command line, where nothing runs. Raises PlatformError.
        """
        ...

    async def stop(self, grace: float) -> None:
        """Take no more commands, let what is being said finish (``grace`` seconds at most), close. Idempotent."""
        ...
