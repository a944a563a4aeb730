"""What a call posts in its text channel: that it is there, what goes wrong, why it went. Each failure once.

Used by ``session`` and ``calls``. Posting never holds up the call, and what cannot be posted is logged by its code.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress

import aiohttp
import discord

from bot.errors import BotError
from bot.model import Account, Note
from bot.platforms.reading.failures import EVERYBODY, Told
from bot.texts import in_chat, of_note, say

LIMIT = 10.0
"""Seconds for posting."""
_MOST = 20
"""Posts under way; what comes beyond is dropped, since nobody would read it."""
_NOTES = frozenset({"note.backup", "note.quota_built_in", "note.own_voice_gone", "note.place_voice_gone"})
"""Notes that listeners should hear of."""

_log = logging.getLogger("mouthpiece.discord")


class Notices:
    """One for a session."""

    def __init__(self, channel: discord.abc.Messageable | None, language: str) -> None:
        """``channel``: where to post; None posts nowhere. ``language``: of the posts."""
        self.channel = channel
        self.language = language
        self._told = Told()
        self._posting: set[asyncio.Task[None]] = set()

    def post(self, code: str, **facts: object) -> None:
        """Post a sentence."""
        self._post(code, say(code, self.language, **facts))

    def fault(self, error: BotError, account: Account | None = None) -> None:
        """Post why something failed, unless the same was told since it last worked. ``account``: whose words."""
        if self._told.first_failure(error, account):
            self._post(error.code, in_chat(error, self.language))

    def notes(self, notes: Iterable[Note]) -> None:
        """Post what the waist notes of who spoke instead of whom: once, until it is not so any more."""
        for note in self._told.new_notes([note for note in notes if note.code in _NOTES]):
            self._post(note.code, of_note(note, self.language))

    def once(self, code: str, **facts: object) -> None:
        """Post a sentence, unless it was told since it last worked."""
        if self._told.first(EVERYBODY, code):
            self.post(code, **facts)

    def works(self, account: Account | None = None) -> None:
        """It works: what stood in the way of everybody, or of this person, is told again if it comes back."""
        self._told.works(account)

    def _post(self, code: str, words: str) -> None:
        if self.channel is None or len(self._posting) >= _MOST:
            _log.warning("a notice was not posted: %s", code)
            return
        task = asyncio.create_task(self._send(self.channel, code, words))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _send(self, channel: discord.abc.Messageable, code: str, words: str) -> None:
        try:
            async with asyncio.timeout(LIMIT):
                await channel.send(words)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            _log.warning("a notice could not be posted: %s (%s)", code, type(error).__name__)

    async def close(self) -> None:
        """Let what is being posted go out, ``LIMIT`` seconds at most."""
        with suppress(ValueError):
            await asyncio.wait(set(self._posting), timeout=LIMIT)
