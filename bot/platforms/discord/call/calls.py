"""Every voice call of the process: goes into them, out of them and after them, and hands each message to its session.

One for a connection to Discord, at ``Bot.calls``; ``cogs/reader.py`` passes on what Discord tells and what people
command. What happens in one guild happens in the order in which Discord told it.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Any

import discord

from bot import texts
from bot.errors import BotError, BusyError, InputError, StoreError
from bot.model import Space
from bot.platforms.base import Doors
from bot.platforms.discord.call import rooms
from bot.platforms.discord.call.alone import Alone
from bot.platforms.discord.call.guilds import MOST_WAITING, GuildState
from bot.platforms.discord.call.heard import channel_of, heard_of
from bot.platforms.discord.call.marks import Marks
from bot.platforms.discord.call.message import has_content, is_speech
from bot.platforms.discord.call.notices import Notices
from bot.platforms.discord.call.rooms import Room
from bot.platforms.discord.call.session import Session
from bot.platforms.discord.call.timing import Timing
from bot.platforms.reading.heard import Unread
from bot.store.bindings import Binding
from bot.store.markers import Marker
from bot.store.readings import ReadingSettings

STAY_OUT = 600.0
"""Seconds without joining by ourselves after somebody sent us away."""
TRY_AGAIN = 60.0
"""Seconds without joining by ourselves after it failed."""

_log = logging.getLogger("mouthpiece.discord")


class Calls:
    """Sessions by the id of their guild."""

    def __init__(self, client: discord.Client, doors: Doors, timing: Timing) -> None:
        self.sessions: dict[int, Session] = {}
        self._client = client
        self._doors = doors
        self._reader = doors.reader
        self._timing = timing
        self._marks = Marks(doors.reader.markers, timing)
        self._alone = Alone(self._alone_seconds, self._leave_alone, timing)
        self._guilds: dict[int, GuildState] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._renewing: asyncio.Task[None] | None = None
        self._restored = False
        self._stopping = False

    # Commands

    async def join(
        self,
        room: Room,
        channels: Iterable[str],
        notices: Notices | None,
        *,
        greet: bool = True,
        reads: bool = True,
    ) -> Session:
        """Read aloud in ``room``, also what is written in ``channels``. A call of the guild elsewhere is moved.

        ``reads``: also the chat of the voice channel. Raises as ``Link.join``.
        """
        async with self._guild(room.guild.id).turn():
            session = await self._join(room, channels, notices, greet=greet)
            session.reads_own_chat = session.reads_own_chat or reads
            return session

    async def leave(self, guild_id: int) -> bool:
        """Leave because somebody wants it. False where there is no call."""
        async with self._guild(guild_id).turn():
            session = self.sessions.get(guild_id)
            if session is None:
                return False
            self._guild(guild_id).stay_out_until = self._timing.clock() + STAY_OUT
            await self._close(session)
            return True

    async def move(self, room: Room) -> None:
        """Go on in another voice channel. Raises InputError ``call.none``, and as ``Link.join``."""
        async with self._guild(room.guild.id).turn():
            session = self.session(room.guild.id)
            await session.link.move(room)
            await self._marks.put(session)
            self._alone.look(session)

    def session(self, guild_id: int | None) -> Session:
        """The guild's. Raises InputError ``call.none``."""
        found = self.sessions.get(guild_id or 0)
        if found is None:
            raise InputError("call.none")
        return found

    # What Discord tells

    async def on_message(self, message: discord.Message) -> None:
        """Somebody wrote something."""
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
        """Somebody edited something. Discord tells of link previews in the same way: they bear no time of editing."""
        guild = message.guild
        if guild is None or message.edited_at is None or not self._concerned(guild.id):
            return
        try:
            async with self._guild(guild.id).turn():
                session = self.sessions.get(guild.id)
                if session is None or not session.waits(str(message.id)):
                    return
                binding = await self._binding(session.space, channel_of(message))
                judged = await self._reader.judge(heard_of(message, session.link.room, binding))
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
        """Somebody came, went, was moved or muted."""
        session = self.sessions.get(member.guild.id)
        if session is None:
            return
        if member.id == member.guild.me.id:
            self._on_own_state(session, after)
        self._alone.look(session)

    def _on_own_state(self, session: Session, after: discord.VoiceState) -> None:
        room, before = after.channel, session.link.room
        if room is None or before is None:
            return
        session.link.follow(room)
        if room.id != before.id:
            self._later(self._marks.put(session))
        silenced = after.mute or after.suppress
        if silenced and not session.held("muted"):
            session.hold("muted")
            session.notices.post(_silence(room, after), channel=room.mention)
        elif not silenced and session.held("muted"):
            session.release("muted")

    async def on_guild_gone(self, guild_id: int) -> None:
        """The bot is no longer a member, or the guild is gone."""
        session = self.sessions.get(guild_id)
        if session is not None:
            await self._close_in_turn(session)
        self._guilds.pop(guild_id, None)

    def on_guild_anew(self, guild: discord.Guild) -> None:
        """Discord told a guild anew: what was known of it before hears of nothing any more."""
        session = self.sessions.get(guild.id)
        if session is None or session.link.room is None:
            return
        room = guild.get_channel(session.link.room.id)
        if isinstance(room, discord.VoiceChannel | discord.StageChannel):
            session.link.follow(room)
            self._alone.look(session)

    async def restore(self) -> None:
        """Take up the calls that a restart broke off, once; where nobody waits for it, or it fails, for good."""
        for guild in self._client.guilds:
            self.on_guild_anew(guild)
        if self._restored:
            return
        self._restored = True
        self._renewing = asyncio.create_task(self._marks.renew(self.sessions.values))
        await asyncio.gather(*(self._take_up(marker) for marker in await self._marks.recent()))

    async def stop(self) -> None:
        """The process ends: leave without a word. Markers stay, so that the next one takes the calls up again."""
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
        """Judge a message and queue it; why not, otherwise. None also where it is none of ours. Raises StoreError."""
        space, channel = Space("discord", str(guild.id)), channel_of(message)
        session = self.sessions.get(guild.id)
        binding = await self._binding(space, channel)
        if binding is None and (session is None or not session.reads(channel)):
            return None
        room = session.link.room if session is not None else await self._wanted_room(message, binding)
        if room is None:
            return self._absence(message, guild)
        if binding is not None and binding.voice_channel not in ("", str(room.id)):
            return Unread("unread.not_bound")
        if not has_content(message):
            return Unread("unread.no_content")
        judged = await self._reader.judge(heard_of(message, room, binding))
        if isinstance(judged, Unread):
            return judged
        if session is None:
            session = await self._come(room, message)
        return session.offer(judged) if session is not None else self._absence(message, guild)

    def _absence(self, message: discord.Message, guild: discord.Guild) -> Unread:
        """Why nobody reads there: a right is missing, for which the bot did not come, or nobody called it."""
        seat = message.author.voice if isinstance(message.author, discord.Member) else None
        kept_out = (
            self._guild(guild.id).refused in rooms.RIGHTS and seat is not None and rooms.lacks_right(seat.channel)
        )
        return Unread("unread.no_speak" if kept_out else "unread.no_session")

    def _store_failed(self, guild_id: int, error: StoreError) -> None:
        """A message or an edit could not be judged: told where a call is."""
        _log.warning("a message could not be judged: %s", error.code)
        if (session := self.sessions.get(guild_id)) is not None:
            session.notices.fault(error)

    async def _binding(self, space: Space, channel: str) -> Binding | None:
        bindings = await self._reader.bindings.of(space)
        return next((binding for binding in bindings if binding.channel == channel), None)

    async def _wanted_room(self, message: discord.Message, binding: Binding | None) -> Room | None:
        """Where to go because somebody who sits there wrote something in a bound channel."""
        guild, author = message.guild, message.author
        assert guild is not None, "asked for messages of guilds"
        if binding is None or author.bot or not isinstance(author, discord.Member) or author.voice is None:
            return None
        if self._timing.clock() < self._guild(guild.id).stay_out_until:
            return None
        settings = await self._settings(Space("discord", str(guild.id)))
        return author.voice.channel if settings.auto_join else None

    async def _come(self, room: Room, message: discord.Message) -> Session | None:
        """Join by ourselves; what goes wrong is posted where the message stands, unless it went wrong before."""
        guild = self._guild(room.guild.id)
        notices = Notices(message.channel, await self.language(room.guild))
        try:
            session = await self._join(room, (), notices, greet=True)
            session.reads_own_chat = True
        except BotError as error:
            guild.stay_out_until = self._timing.clock() + TRY_AGAIN
            if error.code != guild.refused:
                guild.refused = error.code
                notices.fault(error)
            return None
        return session

    # Sessions

    async def _join(self, room: Room, channels: Iterable[str], notices: Notices | None, *, greet: bool) -> Session:
        session = self.sessions.get(room.guild.id)
        if session is None:
            space = Space("discord", str(room.guild.id))
            notices = notices or Notices(room, await self.language(room.guild))
            session = Session(space, self._doors, notices, self._ended, self._timing)
            try:
                await session.open(room, greet=greet)
            except BotError:
                await session.close()
                raise
            self.sessions[room.guild.id] = session
        elif session.link.room is None or session.link.room.id != room.id:
            await session.link.move(room)
        self._guild(room.guild.id).refused = ""
        session.channels.update(channels)
        if room.guild.me.voice is not None:
            self._on_own_state(session, room.guild.me.voice)
        await self._marks.put(session)
        self._alone.look(session)
        return session

    async def _close(self, session: Session) -> None:
        """Leave, and do not come back after a restart. In the guild's turn."""
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
        """Told by a session whose connection is over."""
        guild = self._guild(int(session.space.id))
        guild.stay_out_until = self._timing.clock() + STAY_OUT
        self.sessions.pop(int(session.space.id), None)
        _log.info("a call ended: %s", error.code)
        self._later(self._close_in_turn(session))

    async def _take_up(self, marker: Marker) -> None:
        """Join again after a restart, where somebody still sits there and the rights still hold."""
        guild = self._client.get_guild(int(marker.space.id))
        if guild is None:
            return  # of another process
        room = guild.get_channel(int(marker.voice_channel))
        try:
            if isinstance(room, discord.VoiceChannel | discord.StageChannel) and rooms.people(room):
                await self.join(room, marker.channels, await self._notices(guild, marker), greet=False)
                return
        except BotError as error:
            _log.warning("a call could not be taken up again: %s", error.code)
        await self._marks.drop(marker.space)

    async def _notices(self, guild: discord.Guild, marker: Marker) -> Notices:
        """Where to post: in a channel that is read there, else in the call's own chat."""
        bound = [
            binding.channel
            for binding in await self._reader.bindings.of(marker.space)
            if binding.voice_channel in ("", marker.voice_channel)
        ]
        found = (guild.get_channel(int(channel)) for channel in (*marker.channels, *bound, marker.voice_channel))
        postable = next((channel for channel in found if isinstance(channel, discord.abc.Messageable)), None)
        return Notices(postable, await self.language(guild))

    async def language(self, guild: discord.Guild) -> str:
        """Of what is posted in a guild: what moderators set, else what the guild speaks."""
        space = Space("discord", str(guild.id))
        try:
            set_here = (await self._settings(space)).language or (await self._doors.desk.spaces.get(space)).language
        except StoreError:
            set_here = ""
        of_guild = texts.language(str(guild.preferred_locale), self._doors.language)
        if set_here and set_here == texts.spoken(of_guild):  # what is read names no script
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
            room = session.link.room
            if self.sessions.get(int(session.space.id)) is not session or (room is not None and rooms.people(room)):
                return
            session.notices.post("call.left_alone", channel=room.mention if room is not None else "")
            await self._close(session)

    # One after the other

    def _concerned(self, guild_id: int) -> bool:
        """Whether a call is there, or on its way."""
        return guild_id in self.sessions or self._guild(guild_id).waiting > 0

    def _guild(self, guild_id: int) -> GuildState:
        return self._guilds.setdefault(guild_id, GuildState())

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _silence(room: discord.VoiceChannel | discord.StageChannel, state: discord.VoiceState) -> str:
    """Why the bot is not heard. Discord suppresses a stage's audience, and elsewhere whoever lacks Speak."""
    if not state.suppress:
        return "call.muted"
    return "call.suppressed" if isinstance(room, discord.StageChannel) else "call.no_speak"
