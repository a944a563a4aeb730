"""How far a command is, shown to people who wait longer than a moment, with a button that cancels it.

Used by answer.py around everything that is spoken; the button is answered in cogs/panel.py.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord

from bot.platforms.discord.panel import Buttons, Press, button
from bot.platforms.discord.voice_message import show
from bot.platforms.progress import progress
from bot.speech.turns import Waiting

AFTER = 3.0
"""Seconds of waiting until the queue position is shown."""
SLOW = 3.0
"""Seconds until it is shown how much of it is spoken."""
EVERY = 3.0
"""Seconds between two looks, so that Discord's limit on edits is not touched."""
_SETTLING = 2.0
"""Seconds that a cancelled command may take to settle; the press is answered within Discord's three."""
_LAST_EDIT = 3.0
"""Seconds that an edit under way may take when the waiting is over."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A command that may be cancelled until all of it is spoken."""

    task: asyncio.Task[Any]
    user_id: int
    channel_id: int | None
    waiting: Waiting


class Queue:
    """Commands under way, by the id of their interaction. One for a connection."""

    def __init__(self) -> None:
        self._queued: dict[int, Queued] = {}

    async def cancel(self, interaction_id: int, user_id: int, *, moderates: int | None = None) -> bool:
        """Cancel a command and wait until it has given back what was not spoken.

        ``moderates``: the channel in which this person may cancel what others asked for. False if it is not this
        person's, or is over.
        """
        queued = self._queued.get(interaction_id)
        if queued is None or queued.waiting.is_over:
            return False
        if queued.user_id != user_id and (moderates is None or queued.channel_id != moderates):
            return False
        queued.task.cancel()
        await asyncio.wait([queued.task], timeout=_SETTLING)
        return True

    @asynccontextmanager
    async def shown(
        self, interaction: discord.Interaction[Any], waiting: Waiting, language: str
    ) -> AsyncIterator[None]:
        """Show how far it is what is done inside, if that takes longer than a moment."""
        task = asyncio.current_task()
        assert task is not None, "commands run in tasks"
        self._queued[interaction.id] = Queued(task, interaction.user.id, interaction.channel_id, waiting)
        over = asyncio.Event()
        showing = asyncio.create_task(_show(interaction, waiting, language, over))
        try:
            yield
        finally:
            del self._queued[interaction.id]
            over.set()
            await asyncio.wait([showing], timeout=_LAST_EDIT)  # an edit that came later would undo the answer
            showing.cancel()


async def _show(interaction: discord.Interaction[Any], waiting: Waiting, language: str, over: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    began, pause, shown = loop.time(), min(AFTER, SLOW), ""
    press = Press("cancel", (str(interaction.id),))
    while not over.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await over.wait()
        due = waiting.place() is not None or loop.time() - began >= SLOW
        words = progress(waiting, language) if due else ""
        if words and words != shown and not over.is_set():
            shown = words
            with suppress(discord.DiscordException, aiohttp.ClientError, OSError):
                await show(interaction, words, Buttons(button("waiting.cancel", language, press)))
        pause = EVERY
