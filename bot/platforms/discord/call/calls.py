"""Every voice call of the process: joining, leaving when alone, markers for a restart, rights, unread messages."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import discord

from bot import texts
from bot.errors import BotError, BusyError, InputError, StoreError
from bot.model import Space
from bot.patterns import whole
from bot.platforms.base import Services
from bot.platforms.discord.call import link
from bot.platforms.discord.call.link import CallChannel, Timing
from bot.platforms.discord.call.messages import channel_of, has_content, heard_of, is_speech
from bot.platforms.discord.call.session import Notices, Session
from bot.platforms.discord.context import account_of
from bot.platforms.reading.judge import Reader
from bot.platforms.reading.messages import Explained, Heard, Unread
from bot.platforms.reading.why import reason
from bot.store.sessions import Binding, Marker, Markers
from bot.store.settings import ReadingSettings

ASK_AGAIN = 60.0
"""Seconds between two checks of the setting, while a call stays for ever."""


class Alone:
    """Timers of calls in which the bot is alone, by guild id; one per connection to Discord."""

    def __init__(
        self,
        seconds: Callable[[Session], Awaitable[float]],
        leave: Callable[[Session], Awaitable[None]],
        timing: Timing,
    ) -> None:
        """Set up; ``seconds`` gives how long a call may stay so, 0 for ever; ``leave`` is called after that."""
        self._seconds = seconds
        self._leave = leave
        self._timing = timing
        self._timers: dict[str, asyncio.Task[None]] = {}

    def look(self, session: Session) -> None:
        """Start or stop a guild's timer after someone joined or left."""
        guild_id, voice_channel = session.space.id, session.link.voice_channel
        if voice_channel is None or link.people(voice_channel):
            self.forget(guild_id)
        elif guild_id not in self._timers:
            self._timers[guild_id] = asyncio.create_task(self._wait(session))

    def forget(self, guild_id: str) -> None:
        """Stop a guild's timer."""
        timer = self._timers.pop(guild_id, None)
        if timer is not None and timer is not asyncio.current_task():
            timer.cancel()

    def close(self) -> None:
        """Stop all timers."""
        for guild_id in list(self._timers):
            self.forget(guild_id)

    async def _wait(self, session: Session) -> None:
        while not (seconds := await self._seconds(session)):
            await self._timing.sleep(ASK_AGAIN)
        await self._timing.sleep(seconds)
        await self._leave(session)


MOST_WAITING = 100
"""Events of one guild that may wait for an earlier one, such as a join."""


@dataclass(slots=True)
class GuildState:
    """State of a guild."""

    stay_out_until: float = float("-inf")
    """Until then the bot does not join by itself."""
    refused: str = ""
    """Why joining by itself failed the last time."""
    waiting: int = 0
    """Events in progress or waiting for one."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def turn(self, *, always: bool = False) -> AsyncIterator[None]:
        """Handle events one at a time, in order. Raises BusyError if too many wait, unless ``always``."""
        if self.waiting >= MOST_WAITING and not always:
            raise BusyError("call.busy")
        self.waiting += 1
        try:
            async with self._lock:
                yield
        finally:
            self.waiting -= 1


RENEW = 60.0
"""Seconds between two writes of a call's marker."""
YOUNG = 600.0
"""Seconds after which an interrupted call is not resumed."""

_log = logging.getLogger("mouthpiece.discord")


class Marks:
    """Markers of running calls; one per connection to Discord."""

    def __init__(self, markers: Markers, timing: Timing) -> None:
        self._markers = markers
        self._timing = timing

    async def put(self, session: Session) -> None:
        """Write the marker of a running call with its current channel."""
        voice_channel = session.link.voice_channel
        if voice_channel is None:
            return
        marker = Marker(session.space, str(voice_channel.id), tuple(session.channels))
        try:
            await self._markers.put(marker)
        except StoreError as error:
            _log.warning("the marker of a call could not be saved: %s", error.code)

    async def drop(self, space: Space) -> None:
        """Remove the marker of an ended call."""
        try:
            await self._markers.drop(space)
        except StoreError as error:
            _log.warning("the marker of a call could not be removed: %s", error.code)

    async def recent(self) -> Sequence[Marker]:
        """Return recently interrupted calls."""
        try:
            return await self._markers.recent("discord", YOUNG)
        except StoreError as error:
            _log.warning("calls could not be resumed: %s", error.code)
            return ()

    async def renew(self, living: Callable[[], Iterable[Session]]) -> None:
        """Rewrite the markers of running calls periodically. Never returns."""
        while True:
            await self._timing.sleep(RENEW)
            for session in list(living()):
                await self.put(session)


STAY_OUT = 600.0
"""Seconds without joining by itself after someone sent the bot away."""
TRY_AGAIN = 60.0
"""Seconds without joining by itself after a failure."""


class Calls:
    """Sessions by the id of their guild."""

    def __init__(self, client: discord.Client, services: Services, timing: Timing) -> None:
        self.sessions: dict[int, Session] = {}
        self._client = client
        self._services = services
        self._reader = services.reader
        self._timing = timing
        self._marks = Marks(services.reader.markers, timing)
        self._alone = Alone(self._alone_seconds, self._leave_alone, timing)
        self._guilds: dict[int, GuildState] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._renewing: asyncio.Task[None] | None = None
        self._restored = False
        self._stopping = False

    # Commands

    async def join(
        self,
        voice_channel: CallChannel,
        channels: Iterable[str],
        notices: Notices | None,
        *,
        greet: bool = True,
        reads: bool = True,
    ) -> Session:
        """Read aloud in a voice channel, also messages of ``channels``. A call elsewhere in the guild is moved.

        ``reads``: also the chat of the voice channel. Raises as ``Link.join``.
        """
        async with self._guild(voice_channel.guild.id).turn():
            session = await self._join(voice_channel, channels, notices, greet=greet)
            session.reads_own_chat = session.reads_own_chat or reads
            return session

    async def leave(self, guild_id: int) -> bool:
        """Leave on somebody's request. Return False if there is no call."""
        async with self._guild(guild_id).turn():
            session = self.sessions.get(guild_id)
            if session is None:
                return False
            self._guild(guild_id).stay_out_until = self._timing.clock() + STAY_OUT
            await self._close(session)
            return True

    async def move(self, voice_channel: CallChannel) -> None:
        """Move the call to another voice channel. Raises InputError ``call.none``, and as ``Link.join``."""
        async with self._guild(voice_channel.guild.id).turn():
            session = self.session(voice_channel.guild.id)
            await session.link.move(voice_channel)
            await self._marks.put(session)
            self._alone.look(session)

    def session(self, guild_id: int | None) -> Session:
        """Return the guild's session. Raises InputError ``call.none``."""
        found = self.sessions.get(guild_id or 0)
        if found is None:
            raise InputError("call.none")
        return found

    # Events from Discord

    async def on_message(self, message: discord.Message) -> None:
        """Read a new message aloud if its channel is read."""
        guild = message.guild
        if guild is None or self._stopping or not is_speech(message) or message.author.id == guild.me.id:
            return
        try:
            async with self._guild(guild.id).turn():
                unread = await self._hear(message, guild)
        except BusyError:
            unread = Unread("unread.queue_full", (("limit", MOST_WAITING),))
        except StoreError as error:
            self._store_failed(guild.id, error)
            unread = Unread("unread.store")
        if unread is not None:
            self._reader.outcomes.put(str(message.id), unread)

    async def on_edit(self, message: discord.Message) -> None:
        """Update an edited message. Link previews arrive as the same event, without a time of editing."""
        guild = message.guild
        if guild is None or message.edited_at is None or not self._concerned(guild.id):
            return
        try:
            async with self._guild(guild.id).turn():
                session = self.sessions.get(guild.id)
                if session is None or not session.waits(str(message.id)):
                    return
                binding = await self._binding(session.space, channel_of(message))
                judged = await self._reader.judge(heard_of(message, session.link.voice_channel, binding))
                session.edit(str(message.id), judged)
        except BusyError as error:
            _log.warning("an edited message could not be judged: %s", error.code)
        except StoreError as error:
            self._store_failed(guild.id, error)

    async def on_delete(self, guild_id: int, message_ids: Iterable[int]) -> None:
        """Messages were deleted."""
        if not self._concerned(guild_id):
            return
        async with self._guild(guild_id).turn(always=True):
            session = self.sessions.get(guild_id)
            for message_id in message_ids if session is not None else ():
                assert session is not None
                session.delete(str(message_id))

    def on_voice_state(self, member: discord.Member, after: discord.VoiceState) -> None:
        """Handle a member who joined, left, was moved or muted."""
        session = self.sessions.get(member.guild.id)
        if session is None:
            return
        if member.id == member.guild.me.id:
            self._on_own_state(session, after)
        self._alone.look(session)

    def _on_own_state(self, session: Session, after: discord.VoiceState) -> None:
        voice_channel, before = after.channel, session.link.voice_channel
        if voice_channel is None or before is None:
            return
        session.link.follow(voice_channel)
        if voice_channel.id != before.id:
            self._later(self._marks.put(session))
        silenced = after.mute or after.suppress
        if silenced and not session.held("muted"):
            session.hold("muted")
            session.notices.post(_silence(voice_channel, after), channel=voice_channel.mention)
        elif not silenced and session.held("muted"):
            session.release("muted")

    async def on_guild_gone(self, guild_id: int) -> None:
        """End the call of a guild that is gone or has removed the bot."""
        session = self.sessions.get(guild_id)
        if session is not None:
            await self._close_in_turn(session)
        self._guilds.pop(guild_id, None)

    def on_guild_resent(self, guild: discord.Guild) -> None:
        """Replace a guild that Discord resent; drop objects that hold the stale one."""
        session = self.sessions.get(guild.id)
        if session is None or session.link.voice_channel is None:
            return
        voice_channel = guild.get_channel(session.link.voice_channel.id)
        if isinstance(voice_channel, discord.VoiceChannel | discord.StageChannel):
            session.link.follow(voice_channel)
            self._alone.look(session)

    async def restore(self) -> None:
        """Resume the calls interrupted by a restart, once; give up those nobody waits for and those that fail."""
        for guild in self._client.guilds:
            self.on_guild_resent(guild)
        if self._restored:
            return
        self._restored = True
        self._renewing = asyncio.create_task(self._marks.renew(self.sessions.values))
        await asyncio.gather(*(self._take_up(marker) for marker in await self._marks.recent()))

    async def stop(self) -> None:
        """Leave silently at shutdown. Markers stay, so that the next run resumes the calls."""
        self._stopping = True
        sessions = list(self.sessions.values())
        await asyncio.gather(*(self._marks.put(session) for session in sessions))
        self.sessions.clear()
        self._alone.close()
        if self._renewing is not None:
            self._renewing.cancel()
        await asyncio.gather(*(session.close() for session in sessions))

    # Messages

    async def _hear(self, message: discord.Message, guild: discord.Guild) -> Unread | None:
        """Judge a message and queue it. Return why not; None also if it is none of ours. Raises StoreError."""
        space, channel = Space("discord", str(guild.id)), channel_of(message)
        session = self.sessions.get(guild.id)
        binding = await self._binding(space, channel)
        if binding is None and (session is None or not session.reads(channel)):
            return None
        voice_channel = (
            session.link.voice_channel if session is not None else await self._channel_to_join(message, binding)
        )
        if voice_channel is None:
            return self._absence(message, guild)
        if binding is not None and binding.voice_channel not in ("", str(voice_channel.id)):
            return Unread("unread.not_bound")
        if not has_content(message):
            return Unread("unread.no_content")
        judged = await self._reader.judge(heard_of(message, voice_channel, binding))
        if isinstance(judged, Unread):
            return judged
        if session is None:
            session = await self._come(voice_channel, message)
        return session.offer(judged) if session is not None else self._absence(message, guild)

    def _absence(self, message: discord.Message, guild: discord.Guild) -> Unread:
        """Return why nobody reads there: a missing right kept the bot from joining, or nobody called it."""
        seat = message.author.voice if isinstance(message.author, discord.Member) else None
        kept_out = self._guild(guild.id).refused in link.RIGHTS and seat is not None and link.lacks_right(seat.channel)
        return Unread("unread.no_speak" if kept_out else "unread.no_session")

    def _store_failed(self, guild_id: int, error: StoreError) -> None:
        """Report a message or an edit that could not be judged, if there is a call."""
        _log.warning("a message could not be judged: %s", error.code)
        if (session := self.sessions.get(guild_id)) is not None:
            session.notices.fault(error)

    async def _binding(self, space: Space, channel: str) -> Binding | None:
        bindings = await self._reader.bindings.of(space)
        return next((binding for binding in bindings if binding.channel == channel), None)

    async def _channel_to_join(self, message: discord.Message, binding: Binding | None) -> CallChannel | None:
        """Return the voice channel to join because someone in it wrote in a bound channel."""
        guild, author = message.guild, message.author
        assert guild is not None, "asked for messages of guilds"
        if binding is None or author.bot or not isinstance(author, discord.Member) or author.voice is None:
            return None
        if self._timing.clock() < self._guild(guild.id).stay_out_until:
            return None
        settings = await self._settings(Space("discord", str(guild.id)))
        return author.voice.channel if settings.auto_join else None

    async def _come(self, voice_channel: CallChannel, message: discord.Message) -> Session | None:
        """Join by itself; post an error in the message's channel, unless the same happened before."""
        guild = self._guild(voice_channel.guild.id)
        notices = Notices(message.channel, await self.language(voice_channel.guild))
        try:
            session = await self._join(voice_channel, (), notices, greet=True)
            session.reads_own_chat = True
        except BotError as error:
            guild.stay_out_until = self._timing.clock() + TRY_AGAIN
            if error.code != guild.refused:
                guild.refused = error.code
                notices.fault(error)
            return None
        return session

    # Sessions

    async def _join(
        self, voice_channel: CallChannel, channels: Iterable[str], notices: Notices | None, *, greet: bool
    ) -> Session:
        session = self.sessions.get(voice_channel.guild.id)
        if session is None:
            space = Space("discord", str(voice_channel.guild.id))
            notices = notices or Notices(voice_channel, await self.language(voice_channel.guild))
            session = Session(space, self._services, notices, self._ended, self._timing)
            try:
                await session.open(voice_channel, greet=greet)
            except BotError:
                await session.close()
                raise
            self.sessions[voice_channel.guild.id] = session
        elif session.link.voice_channel is None or session.link.voice_channel.id != voice_channel.id:
            await session.link.move(voice_channel)
        self._guild(voice_channel.guild.id).refused = ""
        session.channels.update(channels)
        if voice_channel.guild.me.voice is not None:
            self._on_own_state(session, voice_channel.guild.me.voice)
        await self._marks.put(session)
        self._alone.look(session)
        return session

    async def _close(self, session: Session) -> None:
        """Leave, and do not return after a restart. In the guild's turn."""
        guild_id = int(session.space.id)
        if self.sessions.get(guild_id, session) is session:
            self.sessions.pop(guild_id, None)
            self._alone.forget(session.space.id)
            await self._marks.drop(session.space)
        await session.close()

    async def _close_in_turn(self, session: Session) -> None:
        async with self._guild(int(session.space.id)).turn(always=True):
            await self._close(session)

    def _ended(self, session: Session, error: BotError) -> None:
        """Handle a session whose connection has ended."""
        guild = self._guild(int(session.space.id))
        guild.stay_out_until = self._timing.clock() + STAY_OUT
        self.sessions.pop(int(session.space.id), None)
        _log.info("a call ended: %s", error.code)
        self._later(self._close_in_turn(session))

    async def _take_up(self, marker: Marker) -> None:
        """Rejoin after a restart, if someone is still there and the rights still hold."""
        guild = self._client.get_guild(int(marker.space.id))
        if guild is None:
            return  # from another process
        voice_channel = guild.get_channel(int(marker.voice_channel))
        try:
            if isinstance(voice_channel, discord.VoiceChannel | discord.StageChannel) and link.people(voice_channel):
                await self.join(voice_channel, marker.channels, await self._notices(guild, marker), greet=False)
                return
        except BotError as error:
            _log.warning("a call could not be resumed: %s", error.code)
        await self._marks.drop(marker.space)

    async def _notices(self, guild: discord.Guild, marker: Marker) -> Notices:
        """Return where to post: in a channel that is read there, otherwise in the call's own chat."""
        bound = [
            binding.channel
            for binding in await self._reader.bindings.of(marker.space)
            if binding.voice_channel in ("", marker.voice_channel)
        ]
        found = (guild.get_channel(int(channel)) for channel in (*marker.channels, *bound, marker.voice_channel))
        postable = next((channel for channel in found if isinstance(channel, discord.abc.Messageable)), None)
        return Notices(postable, await self.language(guild))

    async def language(self, guild: discord.Guild) -> str:
        """Return the language of posts in a guild: the configured one, otherwise the guild's own."""
        space = Space("discord", str(guild.id))
        try:
            set_here = (await self._settings(space)).language or (
                await self._services.requests.spaces.get(space)
            ).language
        except StoreError:
            set_here = ""
        of_guild = texts.language(str(guild.preferred_locale), self._services.language)
        if set_here and set_here == texts.spoken(of_guild):  # what is read does not distinguish scripts
            return of_guild
        return set_here or of_guild

    async def _settings(self, space: Space) -> ReadingSettings:
        return await self._reader.readings.get(space)

    async def _alone_seconds(self, session: Session) -> float:
        try:
            return (await self._settings(session.space)).alone_seconds
        except StoreError:
            return ReadingSettings().alone_seconds

    async def _leave_alone(self, session: Session) -> None:
        async with self._guild(int(session.space.id)).turn(always=True):
            voice_channel = session.link.voice_channel
            if self.sessions.get(int(session.space.id)) is not session or (
                voice_channel is not None and link.people(voice_channel)
            ):
                return
            session.notices.post("call.left_alone", channel=voice_channel.mention if voice_channel is not None else "")
            await self._close(session)

    # One at a time

    def _concerned(self, guild_id: int) -> bool:
        """Return whether there is a call, or one is being joined."""
        return guild_id in self.sessions or self._guild(guild_id).waiting > 0

    def _guild(self, guild_id: int) -> GuildState:
        return self._guilds.setdefault(guild_id, GuildState())

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _silence(voice_channel: discord.VoiceChannel | discord.StageChannel, state: discord.VoiceState) -> str:
    """Return why the bot cannot be heard.

    Discord suppresses a stage's audience, and members who lack Speak elsewhere.
    """
    if not state.suppress:
        return "call.muted"
    return "call.suppressed" if isinstance(voice_channel, discord.StageChannel) else "call.no_speak"


def guild_of(interaction: discord.Interaction[Any]) -> discord.Guild:
    """Return the guild of a command, if the bot is a member. Raises InputError ``call.only_in_servers``."""
    guild = interaction.guild
    if guild is None or not interaction.is_guild_integration():
        raise InputError("call.only_in_servers")
    return guild


def moderates(interaction: discord.Interaction[Any], voice_channel: CallChannel | None) -> bool:
    """Return whether a person may moderate a call.

    Their permissions in the command's channel do not count: one channel may give Manage Messages to everybody.
    """
    if interaction.permissions.manage_guild:  # no channel can grant that
        return True
    rights = rights_in(interaction, voice_channel) if voice_channel is not None else discord.Permissions.none()
    return rights.manage_messages or rights.move_members


def rights_in(
    interaction: discord.Interaction[Any], channel: discord.abc.GuildChannel | discord.Thread
) -> discord.Permissions:
    """Return a person's permissions in a channel of the guild: those on which Discord and the bot's cache agree."""
    if interaction.channel_id == channel.id:
        return interaction.permissions
    person = interaction.user
    if not isinstance(person, discord.Member):
        return discord.Permissions.none()
    known = channel.permissions_for(person)
    data: dict[str, Any] = dict(interaction.data or {})
    told = data.get("resolved", {}).get("channels", {}).get(str(channel.id), {}).get("permissions")
    return known if told is None else discord.Permissions(known.value & int(told))


def may_see(interaction: discord.Interaction[Any], heard: Heard) -> bool:
    """Return whether a person may read a message: their own, or one in a channel they can see."""
    if heard.account == account_of(interaction) or (heard.thread and heard.thread == str(interaction.channel_id)):
        return True
    channel = guild_of(interaction).get_channel(whole(heard.channel) or 0)
    if channel is None:
        return False
    rights = rights_in(interaction, channel)
    if heard.thread:  # the members of a private thread are not known here
        return rights.view_channel and rights.manage_threads
    hidden = isinstance(channel, discord.VoiceChannel | discord.StageChannel) and not rights.connect
    return rights.view_channel and not hidden


def check_may_enter(interaction: discord.Interaction[Any], voice_channel: CallChannel) -> None:
    """Check that a person is in a voice channel or could join it.

    Raises InputError ``call.you_no_view``, ``call.you_no_connect``.
    """
    if interaction.user.id in voice_channel.voice_states:
        return
    rights = rights_in(interaction, voice_channel)
    if not rights.view_channel:
        raise InputError("call.you_no_view")
    if not rights.connect:
        raise InputError("call.you_no_connect", channel=voice_channel.mention)


def seat_of(interaction: discord.Interaction[Any]) -> CallChannel:
    """Return the voice channel a person is in. Raises InputError ``call.where``."""
    person = interaction.user
    seat = person.voice if isinstance(person, discord.Member) else None
    if seat is None or seat.channel is None:
        raise InputError("call.where")
    return seat.channel


def session_for(calls: Calls, interaction: discord.Interaction[Any]) -> Session:
    """Return the guild's call, if the person may control it.

    Raises InputError ``call.none``, ``call.not_in_it``, and as ``check_may_enter``.
    """
    session = calls.session(guild_of(interaction).id)
    voice_channel = session.link.voice_channel
    if not _sits_in(interaction, voice_channel) and not moderates(interaction, voice_channel):
        raise InputError("call.not_in_it")
    if voice_channel is not None:
        check_may_enter(interaction, voice_channel)
    return session


def check_may_bring(calls: Calls, interaction: discord.Interaction[Any], voice_channel: CallChannel) -> None:
    """Check that a person may bring the bot into a voice channel: not into or out of other people's call.

    Raises InputError ``call.elsewhere``, ``call.not_in_it``, and as ``check_may_enter``.
    """
    check_may_enter(interaction, voice_channel)
    session = calls.sessions.get(voice_channel.guild.id)
    now = session.link.voice_channel if session is not None else None
    if now is None or _sits_in(interaction, now) or not link.people(now):
        return
    if not moderates(interaction, now):
        raise InputError("call.not_in_it" if now.id == voice_channel.id else "call.elsewhere", channel=now.mention)
    check_may_enter(interaction, now)


def _sits_in(interaction: discord.Interaction[Any], voice_channel: CallChannel | None) -> bool:
    return voice_channel is not None and interaction.user.id in voice_channel.voice_states


_HELD = {"muted": "unread.no_speak", "paused": "unread.paused"}
"""Gates by why a session is silent."""


async def why(calls: Calls, reader: Reader, message: discord.Message, *, sees_content: bool) -> Unread:
    """Return the gate that stops a message; ``unread.read`` or ``unread.waiting`` if there is none. Raises StoreError.

    ``sees_content``: whether the bot asked for the message-content intent. The message comes from a context menu, so
    its text is available whatever the intents; its author's roles are known while they are in a call.
    """
    session = calls.sessions.get(message.guild.id) if message.guild is not None else None
    held = ""
    if session is not None and session.waits(str(message.id)):
        held = next((code for silent, code in _HELD.items() if session.held(silent)), "unread.waiting")
    now = partial(_now, calls, reader, message, sees_content=sees_content)
    return await reason(reader.outcomes, str(message.id), now, held=held)


async def explain(calls: Calls, reader: Reader, message: discord.Message) -> Explained:
    """Return what would be spoken of a message. Raises StoreError."""
    voice_channel, binding, _ = await _place(calls, reader, message)
    return await reader.explain(heard_of(message, voice_channel, binding))


async def _now(calls: Calls, reader: Reader, message: discord.Message, *, sees_content: bool) -> Unread | None:
    """Return what would stop the message if it came now."""
    guild = message.guild
    if guild is None or not is_speech(message) or message.author.id == guild.me.id:
        return Unread("unread.not_speech")
    voice_channel, binding, is_read = await _place(calls, reader, message)
    if not is_read:
        return Unread("unread.not_read_here")
    if voice_channel is None:
        return Unread("unread.no_session")
    if binding is not None and binding.voice_channel not in ("", str(voice_channel.id)):
        return Unread("unread.not_bound")
    if not sees_content or not has_content(message):
        return Unread("unread.no_content")
    return await reader.refusal(heard_of(message, voice_channel, binding))


async def _place(
    calls: Calls, reader: Reader, message: discord.Message
) -> tuple[CallChannel | None, Binding | None, bool]:
    """Return the guild's voice channel, the channel's binding, and whether the channel is read at all."""
    assert message.guild is not None, "the menus are for servers"
    session = calls.sessions.get(message.guild.id)
    channel = channel_of(message)
    bindings: Sequence[Binding] = await reader.bindings.of(Space("discord", str(message.guild.id)))
    binding = next((each for each in bindings if each.channel == channel), None)
    is_read = binding is not None or (session is not None and session.reads(channel))
    return (session.link.voice_channel if session is not None else None), binding, is_read
