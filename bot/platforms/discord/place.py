"""The place in the queue, shown to whoever waits longer than a moment, with a button that gives it up.

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
from bot.speech.turns import Waiting
from bot.texts import say

AFTER = 3.0
"""Seconds of waiting until a place is shown."""
EVERY = 4.0
"""Seconds between two looks, so that Discord's limit on edits is not touched."""
_LAST_EDIT = 3.0
"""Seconds that an edit under way may take when the waiting is over."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A command that may be given up while it waits."""

    task: asyncio.Task[Any]
    user_id: int
    waiting: Waiting


class Queue:
    """Commands under way, by the id of their interaction. One for a connection."""

    def __init__(self) -> None:
        self._queued: dict[int, Queued] = {}

    def cancel(self, interaction_id: int, user_id: int) -> bool:
        """Give up a command that waits; False when it is not that person's, or does not wait."""
        queued = self._queued.get(interaction_id)
        if queued is None or queued.user_id != user_id or queued.waiting.place() is None:
            return False
        queued.task.cancel()
        return True

    @asynccontextmanager
    async def shown(
        self, interaction: discord.Interaction[Any], waiting: Waiting, language: str
    ) -> AsyncIterator[None]:
        """Show the place of what is done inside, when it waits longer than a moment."""
        task = asyncio.current_task()
        assert task is not None, "commands run in tasks"
        self._queued[interaction.id] = Queued(task, interaction.user.id, waiting)
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
    pause, before = AFTER, -1
    while not over.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await over.wait()
        place = waiting.place()
        if place is not None and not over.is_set() and place[0] != before:
            before = place[0]
            words = say("waiting.place", language, before=before, seconds=max(1, round(place[1])))
            press = Press("cancel", (str(interaction.id),))
            with suppress(discord.DiscordException, aiohttp.ClientError, OSError):
                await show(interaction, words, Buttons(button("waiting.cancel", language, press)))
        pause = EVERY
