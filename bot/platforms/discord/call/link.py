"""The connection of one session to a voice channel: joins, notices when it is dead, joins again, moves, leaves.

Joining is ours because discord.py 2.7.1's own ways of trying again, resuming and moving leave a call silent for up to
30 seconds, or connected to nothing: it is told not to try (``reconnect=False``), and a fresh connection is made
instead. A moderator's move it follows by itself in some milliseconds, so that is left to it. Used by ``session``.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Protocol

import aiohttp
import discord

from bot.errors import BotError, PlatformError
from bot.platforms.discord.call import rooms
from bot.platforms.discord.call.client import LEFT, CallClient
from bot.platforms.discord.call.playback import Playback
from bot.platforms.discord.call.rooms import Room
from bot.platforms.discord.call.source import LiveSource
from bot.platforms.discord.call.timing import Timing

JOIN_LIMIT = 10.0
"""Seconds for one try."""
_LIBRARY_LIMIT = 15.0
"""Seconds after which the library would give up itself, so that ours comes first."""
LEAVE_LIMIT, LEAVE_LOOK = 3.0, 0.05
"""Seconds for leaving, and between two looks whether the gateway says so, too."""
STAGE_LIMIT = 3.0
"""Seconds for coming onto a stage."""
JOIN_PAUSES = (0.0, 1.0, 2.0, 4.0)
"""Seconds before each try when somebody waits for an answer."""
HEAL_PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 30.0)
"""The same when a call broke off."""
LOOK, DEAD = 0.5, 3.0
"""Seconds between two looks at the connection, and of being dead until it is made anew."""
PRIVACY, PRIVACY_LOOK = 2.0, 0.05
"""Seconds that the first words wait for the group that encrypts them, and between two looks."""
FATAL = {4004: "call.not_let_in", 4014: "call.taken_out", 4017: "call.encryption", 4021: "call.rate_limited"}
"""Close codes of the voice server after which trying again does not help."""

_log = logging.getLogger("mouthpiece.discord")


class Owner(Protocol):
    """Who is told. Called on the event loop; must not wait."""

    def lost(self) -> None:
        """The connection broke and could not be made anew at once; it goes on being tried."""
        ...

    def back(self) -> None:
        """It is there again, after it had to be made anew."""
        ...

    def ended(self, error: BotError) -> None:
        """It is over, and why. Nothing is tried any more."""
        ...


class Link:
    """One for a session. ``playback`` plays over whatever connection there is."""

    def __init__(self, source: LiveSource, owner: Owner, timing: Timing) -> None:
        self.playback = Playback(source, self._may_begin)
        self._owner = owner
        self._timing = timing
        self._room: Room | None = None
        self._client: CallClient | None = None
        self._changing = asyncio.Lock()
        self._gone = asyncio.Event()
        self.healing = False
        """Whether the connection is being made anew: what is synthesized now could only wait."""
        self._watching: asyncio.Task[None] | None = None
        self._privacy: asyncio.Task[None] | None = None
        self._unprotected: CallClient | None = None
        """The connection whose group was waited for in vain."""

    @property
    def room(self) -> Room | None:
        """Where the bot is, or means to be again; None before joining and after leaving."""
        return self._room

    @property
    def connected(self) -> bool:
        """Whether packets arrive at the moment."""
        return self._client is not None and self._client.alive

    async def join(self, room: Room) -> None:
        """Go into a voice channel. Raises InputError as ``rooms.check``, PlatformError for what goes wrong."""
        rooms.check(room)
        async with self._changing:
            await self._connect(room, JOIN_PAUSES)
            self._room = room
            if self._watching is None:
                self._watching = asyncio.create_task(self._watch())

    async def move(self, room: Room) -> None:
        """Go into another one of the same guild; stays where it is when that fails. Raises as ``join``."""
        rooms.check(room)
        async with self._changing:
            before = self._room
            await self._disconnect()
            try:
                await self._connect(room, JOIN_PAUSES)
            except BotError:
                self._room = before
                self._gone.set()  # whoever watches makes the old connection anew
                raise
            self._room = room

    def follow(self, room: Room) -> None:
        """The bot is said to be there: it went itself, or somebody moved it and discord.py is about to follow."""
        if self._room is not None:
            self._room = room

    async def leave(self) -> None:
        """Leave. Idempotent; whatever goes wrong, there is no connection afterwards."""
        room, self._room = self._room, None
        for task in (self._watching, self._privacy):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        self._watching = self._privacy = None
        async with self._changing:
            await self._disconnect()
            if room is not None:
                await self._drop(room.guild.voice_client)

    # Connecting

    async def _connect(self, room: Room, pauses: Sequence[float]) -> None:
        """Try until it works. Raises PlatformError."""
        for pause in pauses:
            await self._timing.sleep(pause)
            client = await self._try(room)
            if client is not None:
                await self._settle(client)
                return
        raise PlatformError("call.unreachable", channel=room.mention)

    async def _try(self, room: Room) -> CallClient | None:
        """One try; None where another one may help. Raises PlatformError where not."""
        await self._drop(room.guild.voice_client)
        joining: Coroutine[Any, Any, CallClient] = room.connect(
            timeout=_LIBRARY_LIMIT, reconnect=False, self_deaf=True, cls=CallClient
        )
        reason: object
        try:
            client = await self._timing.within(JOIN_LIMIT, joining)
        except discord.ConnectionClosed as error:
            if error.code in FATAL:
                raise PlatformError(FATAL[error.code], channel=room.mention) from error
            reason = error.code
        except IndexError as error:  # the library found no way of encryption that both know
            raise PlatformError("call.encryption", channel=room.mention) from error
        except (TimeoutError, discord.DiscordException, aiohttp.ClientError, OSError) as error:
            reason = type(error).__name__
        else:
            if client.is_connected():
                return client
            reason = "not connected"
        _log.warning("a voice call could not be joined: %s", reason)
        await self._drop(room.guild.voice_client)
        return None

    async def _settle(self, client: CallClient) -> None:
        self._client = client
        if isinstance(client.channel, discord.StageChannel):
            await self._ask_to_speak(client.channel)
        self._gone.clear()
        client.gone = self._gone.set
        self.playback.attach(client)

    async def _ask_to_speak(self, stage: discord.StageChannel) -> None:
        """From the audience onto the stage, where the bot may; else a moderator has to let it."""
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
        while me.voice is not None and me.voice.suppress:  # until the gateway says so, too
            await self._timing.sleep(LEAVE_LOOK)

    async def _disconnect(self) -> None:
        self.playback.detach()
        client, self._client = self._client, None
        await self._drop(client)

    async def _drop(self, client: discord.VoiceProtocol | None) -> None:
        """Be rid of a connection, in whatever state it is."""
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
        """The library left without waiting for the gateway's word, which the next connection would take for its own."""
        end = self._timing.clock() + LEAVE_LIMIT
        while guild.me.voice is not None and self._timing.clock() < end:
            await self._timing.sleep(LEAVE_LOOK)

    # Watching

    async def _watch(self) -> None:
        """Until it is over: look whether the connection lives, and make it anew when it does not."""
        dead_since: float | None = None
        while self._room is not None:
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
                _log.exception("a voice call could not be made anew")
                self._give_up(PlatformError("call.unreachable", channel=self._room.mention if self._room else ""))

    def _give_up(self, error: BotError) -> None:
        self._room = None
        self._owner.ended(error)

    async def _wait_gone(self) -> None:
        await self._gone.wait()

    async def _heal(self) -> None:
        """A new connection in the place of a dead one. Raises BotError when that is in vain."""
        async with self._changing:
            room, client = self._room, self._client
            if room is None or self.connected:
                return
            if client is not None and client.taken_out:
                raise PlatformError("call.taken_out", channel=room.mention)
            code = client.close_code if client is not None else None
            self.healing = True
            try:
                await self._disconnect()
                if code in FATAL and code != LEFT:  # that one may be a move, or a channel that is gone
                    raise PlatformError(FATAL[code], channel=room.mention)
                await self._retry()
            finally:
                self.healing = False
            self._owner.back()

    async def _retry(self) -> None:
        told = False
        for pause in HEAL_PAUSES:
            await self._timing.sleep(pause)
            room = self._room  # somebody may have moved the bot in between
            if room is None:
                return
            rooms.check(room)  # a right was taken away, or the channel filled up
            client = await self._try(room)
            if client is not None:
                await self._settle(client)
                return
            if not told:
                told = True
                self._owner.lost()
        raise PlatformError("call.unreachable", channel=room.mention if room is not None else "")

    # End-to-end encryption

    def _may_begin(self) -> bool:
        """Whether the first words would reach those who listen.

        Until the group that encrypts them exists, discord.py sends packets that listeners drop. Nobody has to be
        waited for in an empty channel; on a stage there is no such group.
        """
        client = self._client
        if client is None or client is self._unprotected or client.voice_privacy_code is not None:
            return True
        if isinstance(self._room, discord.StageChannel) or self._room is None or not rooms.others(self._room):
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
