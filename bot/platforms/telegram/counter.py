"""What every answer on Telegram works with. Built by ``client.py``, passed by ``handlers.py`` to each answer."""

import asyncio
from dataclasses import dataclass, field

from bot.model import Account
from bot.platforms.base import Doors
from bot.platforms.fairness import FloodGuard, PersonalQueues
from bot.platforms.reading.imports import Imports
from bot.platforms.telegram.aloud import Aloud
from bot.platforms.telegram.delivery import Delivery
from bot.platforms.telegram.polling import Timings
from bot.platforms.telegram.rights import Rights
from bot.speech.turns import Waiting


@dataclass(frozen=True, slots=True)
class Queued:
    """A command that may be cancelled until all of it is spoken."""

    account: Account
    task: asyncio.Task[object]
    waiting: Waiting
    chat_id: int
    """Where it was asked for."""


@dataclass(frozen=True, slots=True)
class Counter:
    """One for a bot."""

    doors: Doors
    delivery: Delivery
    turns: PersonalQueues
    flood: FloodGuard
    timings: Timings
    aloud: Aloud
    rights: Rights
    imports: Imports = field(default_factory=Imports)
    """Dictionary files that wait for a yes."""
    waiting: dict[str, Queued] = field(default_factory=dict)
    """What is spoken or waits for it, by the name on its button; gone with its end."""
