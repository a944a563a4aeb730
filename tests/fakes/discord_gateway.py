"""The Discord stand-in's gateway: hello, identify, heartbeats, resume, events; the close codes of the real one.

Part of discord_server.py, which hands it the world and the token.
"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord_wire import Wire
from tests.fakes.discord_world import World

PRIVILEGED = (1 << 1) | (1 << 8) | (1 << 15)
"""Intents that have to be switched on for a bot: members, presences, message content."""
MEMBERS = 1 << 1
_CHUNK, _MOST_NAMED, _NONCE = 1000, 100, 32
"""Members in a chunk; members that are asked for by name; bytes of a nonce that is given back."""
ALL_INTENTS = (1 << 26) - 1
HEARTBEAT_MS = 41_250


@dataclass(slots=True)
class Session:
    """What survives a dropped connection."""

    intents: int
    shard: tuple[int, int] = (0, 1)
    """Its number, and how many there are."""
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    events: list[dict[str, Any]] = field(default_factory=list)
    wire: Wire | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def serves(self, guild_id: int) -> bool:
        """Whether a guild's events go here."""
        return (guild_id >> 22) % self.shard[1] == self.shard[0]

    async def send(self, event: str, data: Any) -> None:
        """Number an event, remember it, and send it where somebody is connected."""
        async with self.lock:
            message = {"op": 0, "t": event, "s": len(self.events) + 1, "d": data}
            self.events.append(message)
            if self.wire is not None and not self.wire.closed:
                await self.wire.send(message)


class Gateway:
    """The websocket side."""

    def __init__(self, world: World, changed: Callable[[], None]) -> None:
        self.world = world
        self.token = ""
        self.url = ""
        self.privileged = 0
        """Privileged intents that are switched on for the bot."""
        self.refuse_with: int | None = None
        """A close code for every identify."""
        self.sessions: dict[str, Session] = {}
        self.identified: list[dict[str, Any]] = []
        """Every identify that was received."""
        self.resumed = 0
        self.heartbeats = 0
        self.on_voice_state: Callable[[Session, dict[str, Any]], Awaitable[None]] | None = None
        """Takes opcode 4."""
        self.on_end: Callable[[Session], Awaitable[None]] | None = None
        """Told when a client ended its session for good."""
        self._changed = changed

    @property
    def connected(self) -> list[Session]:
        """Sessions with an open connection."""
        return [s for s in self.sessions.values() if s.wire is not None and not s.wire.closed]

    async def dispatch(
        self,
        event: str,
        data: Any,
        *,
        intent: int = 0,
        guild_id: int = 0,
        shape: Callable[[int], Any] | None = None,
    ) -> None:
        """Send an event to all of its shard who are connected and asked for its intent (0: everyone gets it).

        What belongs to no guild goes to the first shard. ``shape`` makes the data from a session's intents instead.
        """
        for session in self.sessions.values():
            if (not intent or session.intents & intent) and session.serves(guild_id):
                await session.send(event, data if shape is None else shape(session.intents))

    async def drop(self, code: int = 4000, *, forget: bool = False) -> None:
        """Close all connections; sessions stay, or cannot be resumed either."""
        dropped = self.connected
        if forget:
            self.sessions.clear()
        for session in dropped:
            wire, session.wire = session.wire, None
            assert wire is not None
            await wire.close(code)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection."""
        socket = web.WebSocketResponse(autoclose=True)
        await socket.prepare(request)
        compress = request.query.get("compress", "")
        known = compress in {"", "zlib-stream", "zstd-stream"}
        if request.query.get("v") != "10" or request.query.get("encoding") != "json" or not known:
            await socket.close(code=4012)
            return socket
        wire = Wire(socket, compress)
        await wire.send({"op": 10, "d": {"heartbeat_interval": HEARTBEAT_MS}, "s": None, "t": None})
        session: Session | None = None
        try:
            async for message in socket:  # both kinds of frames carry the encoding that the address names
                code, session = await self._receive(wire, session, message.data)
                if code:
                    await socket.close(code=code)
        finally:
            if session is not None and session.wire is wire:
                session.wire = None
                if socket.close_code in (1000, 1001) and self.on_end is not None:  # it will not be resumed
                    await self.on_end(session)
            self._changed()
        return socket

    async def _receive(self, wire: Wire, session: Session | None, frame: str | bytes) -> tuple[int, Session | None]:
        """Handle one message; returns a close code (0: stay) and the session."""
        try:
            message = json.loads(frame)
            operation, data = message["op"], message.get("d")
        except (ValueError, KeyError, TypeError):
            return 4002, session
        if operation == 1:
            self.heartbeats += 1
            await wire.send({"op": 11, "d": None, "s": None, "t": None})
            return 0, session
        if operation == 2:
            return (4005, session) if session else await self._identify(wire, data)
        if operation == 6:
            return (4005, session) if session else await self._resume(wire, data)
        if session is None:
            return 4003, None
        if operation == 4 and self.on_voice_state is not None:
            await self.on_voice_state(session, data)
        if operation == 8 and not await self._members(session, data):
            return 4002, session
        return (0 if operation in (3, 4, 8) else 4001), session

    async def _identify(self, wire: Wire, data: dict[str, Any]) -> tuple[int, Session | None]:
        self.identified.append(data)
        if self.refuse_with:
            return self.refuse_with, None
        if data.get("token") != self.token:
            return 4004, None
        intents = data.get("intents")
        if not isinstance(intents, int) or not 0 <= intents <= ALL_INTENTS:
            return 4013, None
        if intents & PRIVILEGED & ~self.privileged:
            return 4014, None
        shard = data.get("shard", [0, 1])
        if not isinstance(shard, list) or len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            return 4010, None
        session = Session(intents, (shard[0], shard[1]), wire=wire)
        self.sessions[session.id] = session
        ours = [guild for guild in self.world.guilds.values() if guild.bot_is_member and session.serves(guild.id)]
        ready = {
            "v": 10, "user": self.world.bot.payload(), "session_id": session.id, "resume_gateway_url": self.url,
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in ours], "shard": shard,
            "application": {"id": str(self.world.application_id), "flags": 0},
        }  # fmt: skip
        await session.send("READY", ready)
        if intents & 1:
            for guild in ours:
                await session.send("GUILD_CREATE", guild.payload())
        self._changed()
        return 0, session

    async def _resume(self, wire: Wire, data: dict[str, Any]) -> tuple[int, Session | None]:
        session = self.sessions.get(str(data.get("session_id")))
        if session is None or data.get("token") != self.token:
            await wire.send({"op": 9, "d": False, "s": None, "t": None})
            return 0, None
        async with session.lock:
            session.wire = wire
            for event in session.events[int(data.get("seq") or 0) :]:
                await wire.send(event)
        await session.send("RESUMED", {})
        self.resumed += 1
        self._changed()
        return 0, session

    async def _members(self, session: Session, data: Any) -> bool:
        """Answer a request for members with chunks; False when it makes no sense.

        Without the intent for members nobody gets the whole list, and no answer: the client waits in vain.
        """
        if not isinstance(data, dict) or ("query" in data) == ("user_ids" in data):
            return False
        guild = self.world.guilds.get(int(data.get("guild_id") or 0))
        if guild is None or not guild.bot_is_member:
            return True
        people = [user for user, _ in guild.members.values()]
        absent: list[str] = []
        if "user_ids" in data:
            asked = data["user_ids"] if isinstance(data["user_ids"], list) else [data["user_ids"]]
            wanted = [str(each) for each in asked[:_MOST_NAMED]]
            people = [user for user in people if str(user.id) in wanted]
            absent = [each for each in wanted if each not in {str(user.id) for user in people}]
        elif data["query"] or data.get("limit"):
            begins = str(data["query"]).casefold()
            limit = min(int(data.get("limit") or _MOST_NAMED), _MOST_NAMED)
            people = [user for user in people if user.name.casefold().startswith(begins)][:limit]
        elif not session.intents & MEMBERS:
            return True
        chunks = [people[at : at + _CHUNK] for at in range(0, len(people), _CHUNK)] or [[]]
        nonce = data.get("nonce")
        for number, chunk in enumerate(chunks):
            found = {
                "guild_id": str(guild.id), "members": [guild.member(user) for user in chunk],
                "chunk_index": number, "chunk_count": len(chunks), "not_found": absent if number == 0 else [],
            }  # fmt: skip
            found |= {"presences": []} if data.get("presences") else {}
            found |= {"nonce": nonce} if isinstance(nonce, str) and len(nonce.encode()) <= _NONCE else {}
            await session.send("GUILD_MEMBERS_CHUNK", found)
        return True
