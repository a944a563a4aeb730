"""discord.py's voice client, made to tell what it keeps to itself: that it was taken out of the call, or has given up.

Made by ``link`` through the ``cls`` of ``VoiceChannel.connect``. Only methods are overridden that the library
documents for that; what they call is discord.py's own.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import aiohttp
import discord

LEFT, ENDED = 4014, 4022
"""Close codes of the voice server for somebody who is no longer in the call; a move begins with the first, too."""
_POLLER = "Voice websocket poller"
"""The library's name of the task that reads the voice server; a close it does not handle is raised there."""


def _nobody() -> None:
    return


class CallClient(discord.VoiceClient):
    """One connection."""

    def __init__(self, client: discord.Client, channel: Any) -> None:
        super().__init__(client, channel)
        self.gone: Callable[[], None] = _nobody
        """Called when the library is done with this connection, for whatever reason."""
        self._code: int | None = None
        self.over = False
        """Whether the library is done with it."""
        self.let_go = False
        """Set before we leave by ourselves."""
        self.taken_out = False
        """Whether somebody took the bot out of the call."""

    @property
    def alive(self) -> bool:
        """Whether it is connected, and somebody reads the voice server: the library notices only the former.

        After 4014 it leaves the socket half closed and waits for a move.
        """
        socket: aiohttp.ClientWebSocketResponse | None = getattr(self.ws, "ws", None)
        return self.is_connected() and socket is not None and not socket.closed and socket.close_code is None

    @property
    def close_code(self) -> int | None:
        """With what the voice server closed its connection; None while it is open, or when there was none."""
        if self._code is not None:
            return self._code
        socket: aiohttp.ClientWebSocketResponse | None = getattr(self.ws, "ws", None)  # a sentinel before the first one
        return socket.close_code if socket is not None else None

    async def on_voice_state_update(self, data: Any) -> None:
        """Called by the library with what the gateway says of the bot itself.

        No channel any more: whoever left by itself, or failed, is disconnected by then; whoever was taken out is not,
        or was told so by the voice server.
        """
        if data["channel_id"] is None and not self.let_go:
            self.taken_out = self.is_connected() or self.close_code in (LEFT, ENDED)
        await super().on_voice_state_update(data)

    def cleanup(self) -> None:
        """Called by the library at the end."""
        reason = sys.exc_info()[1]
        if isinstance(reason, discord.ConnectionClosed):  # being handled by the library; its socket forgets the code
            self._code = reason.code
        super().cleanup()
        task = asyncio.current_task()
        if task is not None and task.get_name() == _POLLER:
            task.add_done_callback(_heard)  # the reason is in close_code; asyncio would log it as an accident
        self.over = True
        self.gone()


def _heard(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
