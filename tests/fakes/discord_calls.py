"""Calls in the Discord stand-in: who is in which voice channel, as the main gateway tells it.

``DiscordServer.voice``. The bot joins by opcode 4; people join, move and leave as tests say; moderators move the bot
or throw it out. What is said in a call goes over the voice server (discord_voice.py).
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.fakes.discord_dave import Group
from tests.fakes.discord_gateway import Gateway, Session
from tests.fakes.discord_listener import Listener
from tests.fakes.discord_room import Room
from tests.fakes.discord_tls import authority
from tests.fakes.discord_voice import Faults, Ticket, VoiceServer
from tests.fakes.discord_voice_line import CLIENT_DISCONNECT, CLIENTS_CONNECT, VoiceLine
from tests.fakes.discord_world import (
    CONNECT,
    MOVE_MEMBERS,
    SPEAK,
    VIEW_CHANNEL,
    Channel,
    Guild,
    User,
    VoiceState,
    World,
)

GUILDS, VOICE_STATES = 1, 1 << 7
"""Intents."""
LEFT, CRASHED, ENDED = 4014, 4015, 4022
"""Close codes of the voice server."""
_GRACE = 0.25
"""Seconds that a client has to close the connection to where it no longer is."""


class Calls:
    """Every call."""

    def __init__(self, world: World, gateway: Gateway, changed: Callable[[], None]) -> None:
        self.server = VoiceServer(changed)
        self.people = Callers(self)
        self.answers = True
        """False: nobody answers opcode 4."""
        self.withheld = 0
        """So many of the next VOICE_SERVER_UPDATEs name no endpoint: the server is being made ready."""
        self.server_first = False
        """Whether VOICE_SERVER_UPDATE comes before VOICE_STATE_UPDATE."""
        self.abrupt = False
        """Whether the old voice connection is closed in the moment of a move, not when the client had time to.

        discord.py 2.7.1 may then miss that it has everything to follow, and wait until the timeout it joined with.
        """
        self.requests: list[dict[str, Any]] = []
        """Every opcode 4."""
        self._world, self._gateway = world, gateway
        self._owners: dict[int, str] = {}
        """Ids of the gateway sessions that the bot is in calls by, by guild."""
        gateway.on_voice_state, gateway.on_end = self._requested, self._over

    @property
    def ca_file(self) -> Path:
        """What a bot has to trust to reach the voice server: for its setting ``endpoints.ca_file``."""
        return authority().ca_file

    @property
    def faults(self) -> Faults:
        """What the voice server does wrong."""
        return self.server.faults

    @property
    def violations(self) -> list[str]:
        """What the bot did that the real service would not take."""
        return self.server.violations

    @property
    def lines(self) -> list[VoiceLine]:
        """Every voice connection there was, in order."""
        return self.server.lines

    # Looking

    def listener(self, channel: Channel) -> Listener:
        """Who records what is heard in a channel."""
        return self._room(channel).listener

    def group(self, channel: Channel) -> Group:
        """Who shares keys in a channel."""
        return self._room(channel).group

    def bot_in(self, guild: Guild | None = None) -> Channel | None:
        """Where the bot is."""
        state = (guild or self._world.home).voice_states.get(self._world.bot.id)
        return self._world.channels[state.channel_id] if state is not None else None

    def bot_state(self, guild: Guild | None = None) -> VoiceState | None:
        """How the bot is there."""
        return (guild or self._world.home).voice_states.get(self._world.bot.id)

    def line(self, guild: Guild | None = None) -> VoiceLine | None:
        """The bot's open voice connection."""
        return self.server.live((guild or self._world.home).id)

    # What moderators do

    async def move_bot(self, channel: Channel) -> None:
        """Into another channel of the guild."""
        guild = self.guild_of(channel)
        assert self.bot_in(guild) not in (None, channel), "there is nothing to move"
        await self._place(guild, channel)

    async def kick_bot(self, guild: Guild | None = None) -> None:
        """Out of the call."""
        guild = guild or self._world.home
        await self._remove(guild)
        self._close_line(guild, LEFT)

    async def mute_bot(self, guild: Guild | None = None, *, on: bool = True) -> None:
        """For everybody."""
        guild = guild or self._world.home
        guild.voice_states[self._world.bot.id].mute = on
        await self.tell(guild, self._world.bot)

    async def suppress_bot(self, guild: Guild | None = None, *, on: bool = True) -> None:
        """Off the stage, or onto it."""
        guild = guild or self._world.home
        state = guild.voice_states[self._world.bot.id]
        state.suppress, state.asked_to_speak = on, None
        await self.tell(guild, self._world.bot)

    async def change(self, channel: Channel, *, permissions: int | None = None, user_limit: int | None = None) -> None:
        """What the bot may do in a channel, or how many it takes."""
        channel.permissions = channel.permissions if permissions is None else permissions
        channel.user_limit = channel.user_limit if user_limit is None else user_limit
        guild = self.guild_of(channel)
        await self._gateway.dispatch("CHANNEL_UPDATE", channel.payload(), intent=GUILDS, guild_id=guild.id)
        state = guild.voice_states.get(self._world.bot.id)
        if state is not None and state.channel_id == channel.id and not channel.stage:
            suppressed = not channel.permissions & SPEAK
            if suppressed != state.suppress:
                await self.suppress_bot(guild, on=suppressed)

    async def set_user_limit(self, channel: Channel, limit: int) -> None:
        """How many people a channel takes."""
        await self.change(channel, user_limit=limit)

    # What goes wrong

    def refuse(self, code: int, times: int = 1) -> None:
        """The next identifications at the voice server are answered with a close code."""
        self.faults.refusals += [code] * times

    def close(self, code: int, guild: Guild | None = None) -> None:
        """Close the bot's voice connection in mid-call; the bot stays in the channel's list."""
        assert self._close_line(guild or self._world.home, code), "there is no connection"

    def hold_welcome(self, channel: Channel) -> None:
        """The bot's welcome to the group is kept back."""
        self.group(channel).held = True

    def release_welcome(self, channel: Channel) -> None:
        """It is sent after all."""
        self.group(channel).release()

    async def name_endpoint(self, guild: Guild | None = None) -> None:
        """The server that was being made ready is there."""
        await self._announce(guild or self._world.home)

    # The main gateway

    async def _requested(self, session: Session, data: dict[str, Any]) -> None:
        """Opcode 4. What Discord does not allow, it does not answer."""
        self.requests.append(data)
        guild = self._world.guilds.get(int(data["guild_id"]))
        if not self.answers or guild is None or not guild.bot_is_member:
            return
        state = guild.voice_states.get(self._world.bot.id)
        if data["channel_id"] is None:
            if state is not None:
                await self._remove(guild)
            return
        channel = self._world.channels.get(int(data["channel_id"]))
        if channel is None or channel.guild_id != guild.id or not channel.voice:
            return
        flags = bool(data["self_mute"]), bool(data["self_deaf"])
        again = state is not None and state.channel_id == channel.id and self._owners.get(guild.id) == session.id
        if again and self.line(guild) is not None:
            assert state is not None
            state.self_mute, state.self_deaf = flags
            await self.tell(guild, self._world.bot)
        elif again or self._lets_in(guild, channel):
            self._owners[guild.id] = session.id
            await self._place(guild, channel, flags)

    def _lets_in(self, guild: Guild, channel: Channel) -> bool:
        may = channel.permissions
        if not (may & VIEW_CHANNEL and may & CONNECT):
            return False
        return not self.full(guild, channel) or bool(may & MOVE_MEMBERS)

    async def _place(self, guild: Guild, channel: Channel, flags: tuple[bool, bool] | None = None) -> None:
        """The bot is in a channel from now on, with a ticket for the voice server.

        ``flags``: whether it is mute and deaf by its own wish; None: as before.
        """
        await self.server.start()
        bot = self._world.bot
        if flags is None:
            flags = guild.voice_states[bot.id].self_mute, guild.voice_states[bot.id].self_deaf
        suppress = channel.stage or not channel.permissions & SPEAK
        guild.voice_states[bot.id] = VoiceState(
            bot, channel.id, self_mute=flags[0], self_deaf=flags[1], suppress=suppress
        )
        steps: list[Callable[[], Awaitable[None]]] = [lambda: self.tell(guild, bot), lambda: self._announce(guild)]
        for step in reversed(steps) if self.server_first else steps:
            await step()
        if self.abrupt:
            self._close_line(guild, LEFT)
        elif (line := self.server.live(guild.id)) is not None:
            asyncio.get_running_loop().call_later(_GRACE, line.close, LEFT)

    async def _announce(self, guild: Guild) -> None:
        """VOICE_SERVER_UPDATE, with a new token."""
        channel, state = self.bot_in(guild), self.bot_state(guild)
        if channel is None or state is None:
            return
        ticket = Ticket(guild.id, state.user.id, state.session_id, secrets.token_hex(8), self._room(channel))
        self.server.tickets[ticket.token] = ticket
        endpoint = self.server.endpoint if self.withheld <= 0 else None
        self.withheld = max(0, self.withheld - 1)
        data = {"token": ticket.token, "guild_id": str(guild.id), "endpoint": endpoint}
        await self._gateway.dispatch("VOICE_SERVER_UPDATE", data, guild_id=guild.id)

    async def _remove(self, guild: Guild) -> None:
        """The bot is in no channel from now on."""
        self._owners.pop(guild.id, None)
        await self.tell(guild, self._world.bot, guild.voice_states.pop(self._world.bot.id))

    async def _over(self, session: Session) -> None:
        """A gateway session ended: whoever was in a call by it is not any more."""
        for guild in self._world.guilds.values():
            if self._owners.get(guild.id) == session.id and self.bot_in(guild) is not None:
                await self._remove(guild)
                self._close_line(guild, LEFT)

    async def tell(self, guild: Guild, user: User, gone: VoiceState | None = None) -> None:
        """VOICE_STATE_UPDATE: of somebody who is there, or was until now."""
        state = gone or guild.voice_states[user.id]
        data = state.payload() | {"guild_id": str(guild.id), "member": guild.member(user)}
        if gone is not None:
            data |= {"channel_id": None, "suppress": False, "request_to_speak_timestamp": None}
        await self._gateway.dispatch("VOICE_STATE_UPDATE", data, intent=VOICE_STATES, guild_id=guild.id)
        self.server.changed()

    # Inside

    @property
    def guilds(self) -> list[Guild]:
        """All of them."""
        return list(self._world.guilds.values())

    def channel(self, channel_id: int) -> Channel:
        """A channel by its id."""
        return self._world.channels[channel_id]

    def guild_of(self, channel: Channel) -> Guild:
        """Whose channel it is."""
        assert channel.guild_id is not None
        return self._world.guilds[channel.guild_id]

    @staticmethod
    def full(guild: Guild, channel: Channel) -> bool:
        """Whether nobody else gets in."""
        inside = sum(1 for state in guild.voice_states.values() if state.channel_id == channel.id)
        return 0 < channel.user_limit <= inside

    def _room(self, channel: Channel) -> Room:
        return self.server.room(self.guild_of(channel), channel)

    def _close_line(self, guild: Guild, code: int) -> bool:
        line = self.server.live(guild.id)
        if line is not None:
            line.close(code)
        return line is not None


class Callers:
    """What people do in calls."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def join(self, user: User, channel: Channel, *, moved: bool = False) -> None:
        """Somebody enters a voice channel, from nowhere or from another one of the guild.

        ``moved``: a moderator puts them there, whatever they may do themselves.
        """
        guild = self._calls.guild_of(channel)
        if not channel.voice or self._calls.full(guild, channel):
            raise ValueError("nobody gets in there")
        if not moved and ~guild.permissions(user, channel) & (VIEW_CHANNEL | CONNECT):
            raise ValueError("they may not go in there")
        guild.members.setdefault(user.id, (user, ()))
        before = guild.voice_states.get(user.id)
        guild.voice_states[user.id] = VoiceState(user, channel.id, suppress=channel.stage)
        if before is not None:
            self._left(guild, before)
        await self._calls.tell(guild, user)
        if not channel.stage:
            self._calls.group(channel).enter(user.id)
        if (line := self._calls.line(guild)) is not None and self._calls.bot_in(guild) is channel:
            line.post(CLIENTS_CONNECT, {"user_ids": [str(user.id)]})

    move = join

    async def leave(self, user: User, guild: Guild | None = None) -> None:
        """Somebody hangs up."""
        for one in [guild] if guild is not None else list(self._calls.guilds):
            if (state := one.voice_states.pop(user.id, None)) is not None:
                self._left(one, state)
                await self._calls.tell(one, user, state)

    async def mute(self, user: User, channel: Channel, *, on: bool = True) -> None:
        """Somebody switches their microphone off, or on."""
        guild = self._calls.guild_of(channel)
        guild.voice_states[user.id].self_mute = on
        await self._calls.tell(guild, user)

    async def deafen(self, user: User, channel: Channel, *, on: bool = True) -> None:
        """Somebody switches everything off, or on."""
        guild = self._calls.guild_of(channel)
        state = guild.voice_states[user.id]
        state.self_deaf = state.self_mute = on
        await self._calls.tell(guild, user)

    def _left(self, guild: Guild, state: VoiceState) -> None:
        channel = self._calls.channel(state.channel_id)
        if not channel.stage:
            self._calls.group(channel).leave(state.user.id)
        if (line := self._calls.line(guild)) is not None and self._calls.bot_in(guild) is channel:
            line.post(CLIENT_DISCONNECT, {"user_id": str(state.user.id)})
