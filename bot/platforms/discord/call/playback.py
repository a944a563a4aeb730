"""Starts discord.py's player on a session's source when there is something to hear, and again after it ended.

Used by ``link``, which says over which voice client; everything here runs on the event loop.
"""

import asyncio
import logging
from collections.abc import Callable

import discord

from bot.platforms.discord.call.source import LiveSource

_log = logging.getLogger("mouthpiece.discord")


class Playback:
    """One for a session."""

    def __init__(self, source: LiveSource, may_begin: Callable[[], bool]) -> None:
        """``may_begin`` is asked before a player starts; whoever said no calls ``wake`` when it is yes."""
        self._source = source
        self._may_begin = may_begin
        self._loop = asyncio.get_running_loop()
        self._client: discord.VoiceClient | None = None
        self._playing: discord.VoiceClient | None = None
        """The client whose player thread reads the source, until that thread has ended."""

    def attach(self, client: discord.VoiceClient) -> None:
        """Play over this connection; what is queued begins at once."""
        self._client = client
        self.wake()

    def detach(self) -> None:
        """There is no connection: what is queued stays. Stops the player."""
        client, self._client = self._client, None
        if client is not None:
            client.stop()

    @property
    def playing(self) -> bool:
        """Whether a player thread runs."""
        return self._playing is not None

    def wake(self) -> None:
        """There is, or may be, something to hear."""
        client = self._client
        if client is None or self._playing is not None or not client.is_connected():
            return
        if not self._source.wanted or not self._may_begin():
            return
        self._playing = client
        try:
            client.play(self._source, after=lambda error: self._after(client, error))
        except discord.ClientException:  # the connection broke in between: the link joins again and wakes us
            self._playing = None

    def _after(self, client: discord.VoiceClient, error: Exception | None) -> None:
        """Called in the player thread when it ends."""
        try:
            self._loop.call_soon_threadsafe(self._ended, client, error)
        except RuntimeError:  # the loop is closed
            return

    def _ended(self, client: discord.VoiceClient, error: Exception | None) -> None:
        if error is not None:
            _log.warning("a voice player broke off: %s", type(error).__name__)
        if self._playing is client:
            self._playing = None
            self.wake()
