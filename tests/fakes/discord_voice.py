"""The Discord stand-in's voice server: a TLS websocket (version 8) and UDP, as strict as the real one.

Part of discord_calls.py, which sells the tickets that are shown here. Connections are in discord_voice_line.py.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from tests.fakes.discord_room import Room
from tests.fakes.discord_tls import authority
from tests.fakes.discord_udp import MODE
from tests.fakes.discord_voice_line import VoiceLine
from tests.fakes.discord_world import Channel, Guild

HEARTBEAT_MS = 13_750


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a voice server is told of somebody who is about to come, and what they have to show."""

    guild_id: int
    user_id: int
    session_id: str
    token: str
    room: Room


@dataclass(slots=True)
class Faults:
    """What goes wrong on purpose."""

    refusals: list[int] = field(default_factory=list)
    """Close codes for the next identifications, in turn."""
    refuse_always: int | None = None
    """A close code for every identification."""
    answers_discovery: bool = True
    modes: list[str] = field(default_factory=lambda: ["aead_aes256_gcm_rtpsize", MODE])
    """The ways of encryption it offers."""
    heartbeat_ms: int = HEARTBEAT_MS


class VoiceServer:
    """Where calls are."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.faults = Faults()
        self.tickets: dict[str, Ticket] = {}
        """By token."""
        self.lines: list[VoiceLine] = []
        """Every voice connection there was, in order."""
        self.violations: list[str] = []
        """What the real service would drop, or a client must not do. A test asks that there was nothing."""
        self.closes: list[int] = []
        """Codes with which connections were closed from here, in order."""
        self.crashes: list[Exception] = []
        """Mistakes of the stand-in itself."""
        self.changed = changed
        self._rooms: dict[int, Room] = {}
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def endpoint(self) -> str:
        """Host and port, as a VOICE_SERVER_UPDATE names them."""
        return f"127.0.0.1:{self._port}"

    def room(self, guild: Guild, channel: Channel) -> Room:
        """The room of a channel."""
        if channel.id not in self._rooms:
            self._rooms[channel.id] = Room(guild, channel, self.complain, self.changed)
        return self._rooms[channel.id]

    def complain(self, of: str) -> None:
        """Note a violation."""
        self.violations.append(of)
        self.changed()

    def live(self, guild_id: int) -> VoiceLine | None:
        """The bot's open voice connection in a guild."""
        return next((line for line in self.lines if line.open and line.guild_id == guild_id), None)

    async def start(self) -> None:
        """Listen on loopback; once."""
        if self._runner is not None:
            return
        app = web.Application()
        app.router.add_get("/", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        context: ssl.SSLContext = authority().context
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close every connection."""
        for line in self.lines:
            line.close(1001)
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        line = VoiceLine(self, len(self.lines) + 1)
        self.lines.append(line)
        try:
            return await line.serve(request)
        except Exception as error:
            self.crashes.append(error)
            raise
