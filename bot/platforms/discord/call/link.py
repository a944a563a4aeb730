"""A session's connection to a voice channel: join, detect a dead link, rejoin, move, leave, play."""

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import aiohttp
import discord

from bot.errors import BotError, InputError, PlatformError
from bot.platforms.discord.call.source import LiveSource

_T = TypeVar("_T")
_CLEARING = 1.0
"""Seconds that a cancelled task may take to clean up."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A clock in seconds, and a sleep by the same clock."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    wall: Callable[[], float] = time.time
    """Seconds since 1970, for values that outlive the process."""

    async def within(self, seconds: float, work: Coroutine[Any, Any, _T]) -> _T:
        """Return what ``work`` returns or raises; cancel it and raise TimeoutError when it takes longer."""
        task = asyncio.create_task(work)
        timer = asyncio.ensure_future(self._pass(seconds))
        try:
            await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            task.cancel()
            await asyncio.wait({task}, timeout=_CLEARING)
            raise TimeoutError
        finally:
            timer.cancel()
            if not task.done():
                task.cancel()
            task.add_done_callback(_forgotten)

    async def _pass(self, seconds: float) -> None:
        await self.sleep(seconds)


def _forgotten(task: asyncio.Task[Any]) -> None:
    """Retrieve the result so asyncio does not log "exception was never retrieved"."""
    if not task.cancelled():
        task.exception()


CallChannel = discord.VoiceChannel | discord.StageChannel
RIGHTS = frozenset({"call.no_view", "call.no_connect", "call.no_speak"})
"""Codes of the missing rights that ``check`` raises."""


def check(voice_channel: CallChannel) -> None:
    """Raise InputError if the bot cannot join: ``call.no_view``, ``call.no_connect``, ``call.no_speak``, ``call.full``.

    A full channel does not answer at all, so joining it would only end with the timeout.
    """
    rights = voice_channel.permissions_for(voice_channel.guild.me)
    if not rights.view_channel:
        raise InputError("call.no_view", channel=voice_channel.mention)
    if not rights.connect:
        raise InputError("call.no_connect", channel=voice_channel.mention)
    if not rights.speak and isinstance(voice_channel, discord.VoiceChannel):  # on a stage a moderator grants it
        raise InputError("call.no_speak", channel=voice_channel.mention)
    if 0 < voice_channel.user_limit <= len(others(voice_channel)) and not rights.move_members:
        raise InputError("call.full", channel=voice_channel.mention, limit=voice_channel.user_limit)


def lacks_right(voice_channel: CallChannel | None) -> bool:
    """Return whether the bot lacks the right to join, or to speak there."""
    try:
        if voice_channel is not None:
            check(voice_channel)
    except InputError as error:
        return error.code in RIGHTS
    return False


def others(voice_channel: CallChannel) -> list[int]:
    """Return the ids of everybody in it but the bot."""
    return [member for member in voice_channel.voice_states if member != voice_channel.guild.me.id]


def people(voice_channel: CallChannel) -> list[discord.Member]:
    """Return the people in it. Bots do not listen."""
    return [member for member in voice_channel.members if not member.bot]


LEFT, ENDED = 4014, 4022
"""Close codes of the voice server for a client that is no longer in the call; a move also begins with the first."""
_POLLER = "Voice websocket poller"
"""The library's name of the task that reads the voice server; unhandled closes are raised there."""


def _nobody() -> None:
    return


class CallClient(discord.VoiceClient):
    """One connection."""

    def __init__(self, client: discord.Client, channel: Any) -> None:
        super().__init__(client, channel)
        self.gone: Callable[[], None] = _nobody
        """Called when the library has finished this connection, for whatever reason."""
        self._code: int | None = None
        self.over = False
        """Whether the library has finished it."""
        self.let_go = False
        """Set before the bot leaves by itself."""
        self.taken_out = False
        """Whether someone disconnected the bot from the call."""

    @property
    def alive(self) -> bool:
        """Return whether it is connected and its reader task runs: the library notices only the former.

        After 4014 it leaves the socket half closed and waits for a move.
        """
        socket: aiohttp.ClientWebSocketResponse | None = getattr(self.ws, "ws", None)
        return self.is_connected() and socket is not None and not socket.closed and socket.close_code is None

    @property
    def close_code(self) -> int | None:
        """The close code of the voice server; None while it is open, or if there was none."""
        if self._code is not None:
            return self._code
        socket: aiohttp.ClientWebSocketResponse | None = getattr(self.ws, "ws", None)  # a sentinel before the first one
        return socket.close_code if socket is not None else None

    async def on_voice_state_update(self, data: Any) -> None:
        """Called by the library with the gateway's voice state of the bot itself.

        Without a channel: a client that left by itself, or failed, is disconnected by then; one that was disconnected
        by a moderator is not, or was informed by the voice server.
        """
        if data["channel_id"] is None and not self.let_go:
            self.taken_out = self.is_connected() or self.close_code in (LEFT, ENDED)
        await super().on_voice_state_update(data)

    def cleanup(self) -> None:
        """Called by the library at the end."""
        reason = sys.exc_info()[1]
        if isinstance(reason, discord.ConnectionClosed):  # being handled by the library; its socket loses the code
            self._code = reason.code
        super().cleanup()
        task = asyncio.current_task()
        if task is not None and task.get_name() == _POLLER:
            task.add_done_callback(_heard)  # the reason is in close_code; asyncio would log it as an error
        self.over = True
        self.gone()


def _heard(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()


_log = logging.getLogger("mouthpiece.discord")


class _Tap(discord.AudioSource):
    """What one player thread reads: the source, until it is closed.

    A thread that waits for its broken connection may wake up while another one is already playing.
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
    """Plays the source over the current connection; one per session."""

    def __init__(self, source: LiveSource, may_begin: Callable[[], bool]) -> None:
        """Set up; ``may_begin`` is asked before a player starts; its owner calls ``wake`` when it becomes True."""
        self._source = source
        self._may_begin = may_begin
        self._loop = asyncio.get_running_loop()
        self._client: discord.VoiceClient | None = None
        self._tap: _Tap | None = None
        """What the player thread reads, until it has ended."""

    def attach(self, client: discord.VoiceClient) -> None:
        """Play over this connection, starting with what is queued."""
        self._client = client
        self.wake()

    def detach(self) -> None:
        """Stop the player because there is no connection; what is queued stays."""
        client, self._client = self._client, None
        if self._tap is not None:
            self._tap.shut()
            self._tap = None
        if client is not None:
            client.stop()

    @property
    def playing(self) -> bool:
        """Return whether a player thread runs."""
        return self._tap is not None

    def wake(self) -> None:
        """Start the player if there is something to hear."""
        client = self._client
        if client is None or self._tap is not None or not client.is_connected():
            return
        if not self._source.wanted or not self._may_begin():
            return
        self._tap = tap = _Tap(self._source)
        try:
            client.play(tap, after=lambda error: self._after(tap, error))
        except discord.ClientException:  # the connection broke in between: the link rejoins and wakes us
            self._tap = None

    def _after(self, tap: _Tap, error: Exception | None) -> None:
        """Called in the player thread when it ends."""
        try:
            self._loop.call_soon_threadsafe(self._ended, tap, error)
        except RuntimeError:  # the loop is closed
            return

    def _ended(self, tap: _Tap, error: Exception | None) -> None:
        if error is not None:
            _log.warning("a voice player failed: %s", type(error).__name__)
        if self._tap is tap:
            self._tap = None
            self.wake()


JOIN_LIMIT = 10.0
"""Seconds for one attempt."""
_LIBRARY_LIMIT = 15.0
"""Seconds after which the library would give up by itself; ours comes first."""
LEAVE_LIMIT, LEAVE_LOOK = 3.0, 0.05
"""Seconds for leaving, and between two checks whether the gateway confirms it."""
STAGE_LIMIT = 3.0
"""Seconds to become a speaker on a stage."""
JOIN_PAUSES = (0.0, 1.0, 2.0, 4.0)
"""Seconds before each attempt while someone waits for an answer."""
HEAL_PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 30.0)
"""Seconds before each attempt after an interruption."""
LOOK, DEAD = 0.5, 3.0
"""Seconds between two checks of the connection, and of being dead before it is rebuilt."""
PRIVACY, PRIVACY_LOOK = 2.0, 0.05
"""Seconds that the first words wait for the encryption group, and between two checks."""
FATAL = {4004: "call.not_let_in", 4014: "call.taken_out", 4017: "call.encryption", 4021: "call.rate_limited"}
"""Close codes of the voice server after which retrying does not help."""


class Owner(Protocol):
    """Receives a link's events. Called on the event loop; must not wait."""

    def lost(self) -> None:
        """Note that the connection broke and could not be rebuilt at once; attempts continue."""
        ...

    def back(self) -> None:
        """Note that the connection was rebuilt."""
        ...

    def ended(self, error: BotError) -> None:
        """Note that the connection has ended for this reason, without further attempts."""
        ...


class Link:
    """The connection of a session. ``playback`` plays over whatever connection there is."""

    def __init__(self, source: LiveSource, owner: Owner, timing: Timing) -> None:
        self.playback = Playback(source, self._may_begin)
        self._owner = owner
        self._timing = timing
        self._voice_channel: CallChannel | None = None
        self._client: CallClient | None = None
        self._changing = asyncio.Lock()
        self._gone = asyncio.Event()
        self.healing = False
        """Whether the connection is being rebuilt: what is synthesized now could only wait."""
        self._watching: asyncio.Task[None] | None = None
        self._privacy: asyncio.Task[None] | None = None
        self._unprotected: CallClient | None = None
        """The connection whose encryption group did not come in time."""

    @property
    def voice_channel(self) -> CallChannel | None:
        """The bot's current or intended voice channel; None before joining and after leaving."""
        return self._voice_channel

    @property
    def connected(self) -> bool:
        """Return whether packets arrive now."""
        return self._client is not None and self._client.alive

    async def join(self, voice_channel: CallChannel) -> None:
        """Join a voice channel. Raises InputError as ``check``, PlatformError for failures."""
        check(voice_channel)
        async with self._changing:
            await self._connect(voice_channel, JOIN_PAUSES)
            self._voice_channel = voice_channel
            if self._watching is None:
                self._watching = asyncio.create_task(self._watch())

    async def move(self, voice_channel: CallChannel) -> None:
        """Move to another voice channel of the same guild; stay if that fails. Raises as ``join``."""
        check(voice_channel)
        async with self._changing:
            before = self._voice_channel
            await self._disconnect()
            try:
                await self._connect(voice_channel, JOIN_PAUSES)
            except BotError:
                self._voice_channel = before
                self._gone.set()  # the watching task rebuilds the old connection
                raise
            self._voice_channel = voice_channel

    def follow(self, voice_channel: CallChannel) -> None:
        """Note a new channel: the bot moved, or someone moved it and discord.py is about to follow."""
        if self._voice_channel is not None:
            self._voice_channel = voice_channel

    async def leave(self) -> None:
        """Leave. Idempotent; afterwards there is no connection, whatever fails."""
        voice_channel, self._voice_channel = self._voice_channel, None
        for task in (self._watching, self._privacy):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        self._watching = self._privacy = None
        async with self._changing:
            await self._disconnect()
            if voice_channel is not None:
                await self._drop(voice_channel.guild.voice_client)

    # Connecting

    async def _connect(self, voice_channel: CallChannel, pauses: Sequence[float]) -> None:
        """Retry until it works. Raises PlatformError."""
        for pause in pauses:
            await self._timing.sleep(pause)
            client = await self._try(voice_channel)
            if client is not None:
                await self._settle(client)
                return
        raise PlatformError("call.unreachable", channel=voice_channel.mention)

    async def _try(self, voice_channel: CallChannel) -> CallClient | None:
        """Make one attempt. Return None if another one may help, otherwise raise PlatformError."""
        await self._drop(voice_channel.guild.voice_client)
        joining: Coroutine[Any, Any, CallClient] = voice_channel.connect(
            timeout=_LIBRARY_LIMIT, reconnect=False, self_deaf=True, cls=CallClient
        )
        reason: object
        try:
            client = await self._timing.within(JOIN_LIMIT, joining)
        except discord.ConnectionClosed as error:
            if error.code in FATAL:
                raise PlatformError(FATAL[error.code], channel=voice_channel.mention) from error
            reason = error.code
        except IndexError as error:  # the library found no common encryption mode
            raise PlatformError("call.encryption", channel=voice_channel.mention) from error
        except (TimeoutError, discord.DiscordException, aiohttp.ClientError, OSError) as error:
            reason = type(error).__name__
        else:
            if client.is_connected():
                return client
            reason = "not connected"
        _log.warning("a voice call could not be joined: %s", reason)
        await self._drop(voice_channel.guild.voice_client)
        return None

    async def _settle(self, client: CallClient) -> None:
        self._client = client
        if isinstance(client.channel, discord.StageChannel):
            await self._ask_to_speak(client.channel)
        self._gone.clear()
        client.gone = self._gone.set
        self.playback.attach(client)

    async def _ask_to_speak(self, stage: discord.StageChannel) -> None:
        """Become a speaker on the stage if the bot may; otherwise ask a moderator."""
        try:
            await self._timing.within(STAGE_LIMIT, self._asked(stage))
        except (TimeoutError, discord.DiscordException, aiohttp.ClientError, OSError) as error:
            _log.info("a stage could not be entered: %s", type(error).__name__)

    async def _asked(self, stage: discord.StageChannel) -> None:
        me = stage.guild.me
        if not stage.permissions_for(me).mute_members:
            await me.request_to_speak()
            return
        await me.edit(suppress=False)
        while me.voice is not None and me.voice.suppress:  # until the gateway confirms it
            await self._timing.sleep(LEAVE_LOOK)

    async def _disconnect(self) -> None:
        self.playback.detach()
        client, self._client = self._client, None
        await self._drop(client)

    async def _drop(self, client: discord.VoiceProtocol | None) -> None:
        """Discard a connection, in whatever state it is."""
        if isinstance(client, CallClient):
            client.let_go = True
            if client.over:
                await self._wait_until_out(client.client.get_guild(client.guild.id) or client.guild)
                return
        if client is None:
            return
        with suppress(TimeoutError, discord.DiscordException, aiohttp.ClientError, OSError):
            await self._timing.within(LEAVE_LIMIT, client.disconnect(force=True))
            return
        client.cleanup()

    async def _wait_until_out(self, guild: discord.Guild) -> None:
        """Wait for the gateway to confirm leaving, or the next connection would mistake that for its own."""
        end = self._timing.clock() + LEAVE_LIMIT
        while guild.me.voice is not None and self._timing.clock() < end:
            await self._timing.sleep(LEAVE_LOOK)

    # Watching

    async def _watch(self) -> None:
        """Check the connection until the end, and rebuild it when it is dead."""
        dead_since: float | None = None
        while self._voice_channel is not None:
            with suppress(TimeoutError):
                await self._timing.within(LOOK, self._wait_gone())
            if self.connected:
                dead_since = None
                self._gone.clear()
                self.playback.wake()
                continue
            now = self._timing.clock()
            dead_since = now if dead_since is None else dead_since
            if not self._gone.is_set() and now - dead_since < DEAD:
                continue  # the library follows a move by itself
            dead_since = None
            try:
                await self._heal()
            except BotError as error:
                self._give_up(error)
            except Exception:  # noqa: BLE001  a border: a call that nobody watches would be silent without a word
                _log.exception("a voice call could not be reconnected")
                self._give_up(
                    PlatformError(
                        "call.unreachable", channel=self._voice_channel.mention if self._voice_channel else ""
                    )
                )

    def _give_up(self, error: BotError) -> None:
        self._voice_channel = None
        self._owner.ended(error)

    async def _wait_gone(self) -> None:
        await self._gone.wait()

    async def _heal(self) -> None:
        """Replace a dead connection. Raises BotError if that fails."""
        async with self._changing:
            voice_channel, client = self._voice_channel, self._client
            if voice_channel is None or self.connected:
                return
            if client is not None and client.taken_out:
                raise PlatformError("call.taken_out", channel=voice_channel.mention)
            code = client.close_code if client is not None else None
            self.healing = True
            try:
                await self._disconnect()
                if code in FATAL and code != LEFT:  # may be a move, or a deleted channel
                    raise PlatformError(FATAL[code], channel=voice_channel.mention)
                await self._retry()
            finally:
                self.healing = False
            self._owner.back()

    async def _retry(self) -> None:
        told = False
        for pause in HEAL_PAUSES:
            await self._timing.sleep(pause)
            voice_channel = self._voice_channel  # someone may have moved the bot in between
            if voice_channel is None:
                return
            check(voice_channel)  # a right was removed, or the channel filled up
            client = await self._try(voice_channel)
            if client is not None:
                await self._settle(client)
                return
            if not told:
                told = True
                self._owner.lost()
        raise PlatformError("call.unreachable", channel=voice_channel.mention if voice_channel is not None else "")

    # End-to-end encryption

    def _may_begin(self) -> bool:
        """Return whether the first words would reach the listeners.

        Until the encryption group exists, discord.py sends packets that listeners drop. In an empty channel nobody has
        to be waited for; a stage has no such group.
        """
        client = self._client
        if client is None or client is self._unprotected or client.voice_privacy_code is not None:
            return True
        if (
            isinstance(self._voice_channel, discord.StageChannel)
            or self._voice_channel is None
            or not others(self._voice_channel)
        ):
            return True
        if self._privacy is None or self._privacy.done():
            self._privacy = asyncio.create_task(self._wait_for_privacy(client, self._timing.clock() + PRIVACY))
        return False

    async def _wait_for_privacy(self, client: CallClient, end: float) -> None:
        while client is self._client and client.voice_privacy_code is None:
            if self._timing.clock() >= end:
                self._unprotected = client
                break
            await self._timing.sleep(PRIVACY_LOOK)
        self.playback.wake()
