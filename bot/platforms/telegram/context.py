"""Dependencies of Telegram's handlers. Built by ``client.py``, passed by ``handlers.py`` to each handler."""

import asyncio
from dataclasses import dataclass, field

from bot.model import Account
from bot.platforms.base import Services
from bot.platforms.fairness import FloodGuard, PersonalQueues
from bot.platforms.reading.dictionary import Imports
from bot.platforms.telegram.delivery import Delivery, Rights
from bot.platforms.telegram.reading.groups import Aloud
from bot.platforms.telegram.updates import Timings
from bot.speech.limits import Waiting


@dataclass(frozen=True, slots=True)
class Queued:
    """A command that may be cancelled until all of it is spoken."""

    account: Account
    task: asyncio.Task[object]
    waiting: Waiting
    chat_id: int
    """Chat of the command."""


@dataclass(frozen=True, slots=True)
class TelegramContext:
    """The dependencies of a bot's handlers."""

    services: Services
    delivery: Delivery
    turns: PersonalQueues
    flood: FloodGuard
    timings: Timings
    aloud: Aloud
    rights: Rights
    imports: Imports = field(default_factory=Imports)
    """Dictionary files that wait for confirmation."""
    waiting: dict[str, Queued] = field(default_factory=dict)
    """What is spoken or waits, by the name on its cancel button; removed at its end."""
