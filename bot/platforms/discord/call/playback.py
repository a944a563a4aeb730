"""Starts discord.py's player on a session's source when there is something to hear, and again after it ended.

Used by ``link``, which says over which voice client; everything here runs on the event loop.
"""

import asyncio
import logging
from collections.abc import Callable

import discord

from bot.platforms.discord.call.source import LiveSource

_log = logging.getLogger("mouthpiece.discord")


class _Tap(discord.AudioSource):
    """What one player thread reads: the source, until it is shut.

    A thread that waits for its broken connection may wake up while another one plays already.
    """

    def __init__(self, source: LiveSource) -> None:
        self._source = source
        self._open = True

    def shut(self) -> None:
        self._open = False

    def is_opus(self) -> bool:
        return True

    def read(self) -> bytes:
        return self._source.read() if self._open else b""


class Playback:
    """One for a session."""

    def __init__(self, source: LiveSource, may_begin: Callable[[], bool]) -> None:
        """``may_begin`` is asked before a player starts; whoever said no calls ``wake`` when it is yes."""
        self._source = source
        self._may_begin = may_begin
        self._loop = asyncio.get_running_loop()
        self._client: discord.VoiceClient | None = None
        self._tap: _Tap | None = None
        """What the player thread reads, until it has ended."""

    def attach(self, client: discord.VoiceClient) -> None:
        """Play over this connection; what is queued begins at once."""
        self._client = client
        self.wake()

    def detach(self) -> None:
        """There is no connection: what is queued stays. Stops the player."""
        client, self._client = self._client, None
        if self._tap is not None:
            self._tap.shut()
            self._tap = None
        if client is not None:
            client.stop()

    @property
    def playing(self) -> bool:
        """Whether a player thread runs."""
        return self._tap is not None

    def wake(self) -> None:
        """There is, or may be, something to hear."""
        client = self._client
        if client is None or self._tap is not None or not client.is_connected():
            return
        if not self._source.wanted or not self._may_begin():
            return
        self._tap = tap = _Tap(self._source)
        try:
            client.play(tap, after=lambda error: self._after(tap, error))
        except discord.ClientException:  # the connection broke in between: the link joins again and wakes us
            self._tap = None

    def _after(self, tap: _Tap, error: Exception | None) -> None:
        """Called in the player thread when it ends."""
        try:
            self._loop.call_soon_threadsafe(self._ended, tap, error)
        except RuntimeError:  # the loop is closed
            return

    def _ended(self, tap: _Tap, error: Exception | None) -> None:
        if error is not None:
            _log.warning("a voice player broke off: %s", type(error).__name__)
        if self._tap is tap:
            self._tap = None
            self.wake()
