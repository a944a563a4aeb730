"""What a call posts in its text channel: that it is there, what goes wrong, why it went. Each failure once.

Used by ``session`` and ``calls``. Posting never holds up the call, and what cannot be posted is logged by its code.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress

import aiohttp
import discord

from bot.errors import BotError, ErrorKind, ProviderError, QuotaError
from bot.model import Note
from bot.texts import in_chat, of_note, say

LIMIT = 10.0
"""Seconds for posting."""
_MOST = 20
"""Posts under way; what comes beyond is dropped, since nobody would read it."""
_KEYS = 200
_NOTE = "note"
_BACKUP, _QUOTA = "note.backup", "note.quota_built_in"
_GONE = ("note.own_voice_gone", "note.place_voice_gone")
"""Notes that listeners should hear of."""

_log = logging.getLogger("mouthpiece.discord")


class Notices:
    """One for a session."""

    def __init__(self, channel: discord.abc.Messageable | None, language: str) -> None:
        """``channel``: where to post; None posts nowhere. ``language``: of the posts."""
        self.channel = channel
        self.language = language
        self._told: dict[tuple[str, str], None] = {}
        self._posting: set[asyncio.Task[None]] = set()

    def post(self, code: str, **facts: object) -> None:
        """Post a sentence."""
        self._post(code, say(code, self.language, **facts))

    def fault(self, error: BotError, whose: str = "") -> None:
        """Post why something failed, unless the same was told since it last worked.

        ``whose``: of whom it holds; empty: of everybody. A quota tells itself whose it is, and is told once until it
        begins anew.
        """
        if isinstance(error, QuotaError):
            whose = str(error.facts["scope"])
        if self._first((whose, _failure(error))):
            self._post(error.code, in_chat(error, self.language))

    def notes(self, notes: Iterable[Note]) -> None:
        """Post what the waist notes of who spoke instead of whom.

        A backup is told once, until whoever is asked first speaks again; a quota once, until it begins anew; a saved
        voice that is gone once.
        """
        holding = {note.code: note for note in notes}
        if _BACKUP not in holding:
            self._told.pop((_NOTE, _BACKUP), None)
        for code, note in holding.items():
            facts = dict(note.facts)
            of = " ".join([code, *(str(facts[name]) for name in ("scope", "until", "voice") if name in facts)])
            if code in (_BACKUP, _QUOTA, *_GONE) and self._first((_NOTE, of)):
                self._post(code, of_note(note, self.language))

    def once(self, code: str, **facts: object) -> None:
        """Post a sentence, unless it was told since it last worked."""
        if self._first(("", code)):
            self.post(code, **facts)

    def works(self) -> None:
        """It works: failures that were not one person's are told again if they come back."""
        self._told = {key: None for key in self._told if key[0]}

    def _first(self, key: tuple[str, str]) -> bool:
        if key in self._told:
            return False
        self._told[key] = None
        if len(self._told) > _KEYS:
            del self._told[next(iter(self._told))]
        return True

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


def _failure(error: BotError) -> str:
    """What counts as the same: every way in which a provider is out of reach, and a quota until the day it resets."""
    if isinstance(error, ProviderError) and (error.retryable or error.kind is ErrorKind.TIMEOUT):
        return "provider"
    if isinstance(error, QuotaError):
        return f"{error.code} {error.facts['resets']:%Y-%m-%d}"
    return error.code
