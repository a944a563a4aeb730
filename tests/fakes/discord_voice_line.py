"""One voice connection in the Discord stand-in: its websocket messages, and the close codes of the real service.

Made by discord_voice.py for each websocket that a client opens.
"""

import asyncio
import json
import secrets
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiohttp import WSMessage, WSMsgType, web

from tests.fakes.discord_dave import INVALID, READY, VERSION
from tests.fakes.discord_listener import Packet
from tests.fakes.discord_mls import MlsError
from tests.fakes.discord_udp import MODE, Udp

if TYPE_CHECKING:
    from tests.fakes.discord_voice import Ticket, VoiceServer

IDENTIFY, SELECT_PROTOCOL, SERVER_READY, HEARTBEAT, SESSION_DESCRIPTION, SPEAKING, HEARTBEAT_ACK = range(7)
RESUME, HELLO, RESUMED, CLIENTS_CONNECT, CLIENT_DISCONNECT = 7, 8, 9, 11, 13
_NUMBERED = frozenset({SPEAKING, CLIENTS_CONNECT, CLIENT_DISCONNECT, 21, 22, 24})
"""JSON messages that carry a sequence number, which heartbeats acknowledge; all binary ones do."""
_KNOWN = frozenset({12, 14, 15, 16, 18, 20})
"""Opcodes of clients that mean nothing for sound."""
_MISSED = 3
"""Heartbeats that may be missing."""


class VoiceLine:
    """One connection."""

    def __init__(self, server: "VoiceServer", number: int) -> None:
        self.number = number
        self.ssrc = secrets.randbelow(1 << 31) + 1
        self.key = b""
        self.speaking: int | None = None
        self.ticket: Ticket | None = None
        self.open = True
        self.heartbeats: list[int] = []
        """What each acknowledged."""
        self.protocol: dict[str, Any] = {}
        """What the client selected."""
        self.closed_with: int | None = None
        """With what code the client closed it, where it did so first."""
        self._address: tuple[str, int] | None = None
        self._server = server
        self._sequence = -1
        self._outgoing: asyncio.Queue[str | bytes | int] = asyncio.Queue()
        self._udp: Udp | None = None
        self._reading: asyncio.Task[WSMessage] | None = None
        self._watchdog: asyncio.TimerHandle | None = None

    # What others call

    @property
    def guild_id(self) -> int:
        """Whose call it is in; 0 before it said so."""
        return self.ticket.guild_id if self.ticket is not None else 0

    @property
    def user_id(self) -> int:
        """Whose it is; 0 before it said so."""
        return self.ticket.user_id if self.ticket is not None else 0

    def post(self, operation: int, data: Any) -> None:
        """Send JSON, after what was sent before."""
        message: dict[str, Any] = {"op": operation, "d": data}
        if operation in _NUMBERED:
            self._sequence += 1
            message["seq"] = self._sequence
        self._outgoing.put_nowait(json.dumps(message))

    def post_binary(self, operation: int, data: bytes) -> None:
        """Send bytes, after what was sent before."""
        self._sequence += 1
        self._outgoing.put_nowait(struct.pack(">HB", self._sequence, operation) + data)

    def close(self, code: int) -> None:
        """Close it, after what was sent before."""
        if self.open:
            self._server.closes.append(code)
            self._gone()
            self._outgoing.put_nowait(code)

    def discovered(self, host: str, port: int) -> bool:
        """Called by the UDP side."""
        self._address = host, port
        return self._server.faults.answers_discovery

    def hear(self, frame: bytes) -> tuple[bytes, bool, tuple[int, ...]]:
        """Called by the UDP side for every frame."""
        assert self.ticket is not None
        return self.ticket.room.hear(self.ticket.user_id, frame)

    def record(self, packet: Packet) -> None:
        """Called by the UDP side for every packet."""
        assert self.ticket is not None
        self.ticket.room.listener.add(packet)

    # The websocket

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Until it is closed."""
        socket = web.WebSocketResponse(timeout=1.0, autoclose=True)
        await socket.prepare(request)
        sending = asyncio.create_task(self._send(socket))
        try:
            if request.query.get("v") != "8":
                self.close(4012)
            else:
                self.post(HELLO, {"v": 8, "heartbeat_interval": self._server.faults.heartbeat_ms})
                self._expect_heartbeat()
            await self._receive(socket)
        finally:
            if self.open:
                self.closed_with = socket.close_code
            self._gone()
            self._outgoing.put_nowait(0)
            await sending
            self._server.changed()
        return socket

    async def _receive(self, socket: web.WebSocketResponse) -> None:
        """Takes what the client sends until either side closes.

        The socket may be closed only while nobody reads from it: aiohttp would not wait for the client's farewell,
        and the client would not see the code. So a read is a task that closing breaks off.
        """
        while self.open:
            self._reading = asyncio.create_task(socket.receive())
            try:
                await asyncio.wait([self._reading])
            finally:
                self._reading.cancel()
            if self._reading.cancelled():
                return
            message = self._reading.result()
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                return
            await self._take(message)

    async def _send(self, socket: web.WebSocketResponse) -> None:
        """Sends what is posted, in order, until the connection ends."""
        while (item := await self._outgoing.get()) != 0:
            with suppress(ConnectionError):  # the client was faster
                if isinstance(item, int):
                    if self._reading is not None and not self._reading.done():
                        self._reading.cancel()
                        await asyncio.wait([self._reading])
                    await socket.close(code=item)
                    return
                await (socket.send_bytes(item) if isinstance(item, bytes) else socket.send_str(item))

    def _gone(self) -> None:
        """Nobody speaks by it any more."""
        if not self.open:
            return
        self.open = False
        if self._watchdog is not None:
            self._watchdog.cancel()
        if self._udp is not None:
            self._udp.close()
        if self.ticket is not None and self.key and self.ticket.room.encrypted:
            self.ticket.room.group.disconnect(self)
        self._server.changed()

    def _expect_heartbeat(self) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
        limit = _MISSED * self._server.faults.heartbeat_ms / 1000
        self._watchdog = asyncio.get_running_loop().call_later(limit, self.close, 4009)

    async def _take(self, message: WSMessage) -> None:
        """One message of the client."""
        if not self.open:
            return
        if message.type is WSMsgType.BINARY:
            code = self._take_binary(message.data)
        elif message.type is WSMsgType.TEXT:
            code = await self._take_text(message.data)
        else:
            code = 4002
        if code:
            self.close(code)
        self._server.changed()

    def _take_binary(self, data: bytes) -> int:
        if self.ticket is None:
            return 4003
        if not self.key or not self.ticket.room.encrypted or not data:
            return 4020
        try:
            self.ticket.room.group.receive_binary(data[0], data[1:])
        except MlsError as error:
            self._server.complain(f"opcode {data[0]}: {error}")
            return 4020
        return 0

    async def _take_text(self, text: str) -> int:
        """Returns a close code, 0 for none."""
        try:
            message = json.loads(text)
            operation, data = message["op"], message["d"]
            return await self._operate(operation, data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._server.complain(f"a message that cannot be read: {error!r}")
            return 4002

    async def _operate(self, operation: int, data: Any) -> int:
        if operation == HEARTBEAT:
            return self._heartbeat(data)
        if operation == IDENTIFY:
            return 4005 if self.ticket is not None else await self._identify(data)
        if operation == RESUME:
            return 4005 if self.ticket is not None else self._resume(data)
        if self.ticket is None:
            return 4003
        if operation == SELECT_PROTOCOL:
            return self._select(data["protocol"], data["data"])
        if operation == SPEAKING:
            return self._speak(data)
        if operation in (READY, INVALID):
            self.ticket.room.group.receive(operation, int(data["transition_id"]))
            return 0
        return 0 if operation in _KNOWN else 4001

    def _heartbeat(self, data: Any) -> int:
        acknowledged = data["seq_ack"]
        if not isinstance(acknowledged, int) or not -1 <= acknowledged <= self._sequence:
            return 4020
        self.heartbeats.append(acknowledged)
        self._expect_heartbeat()
        self.post(HEARTBEAT_ACK, {"t": data["t"]})
        return 0

    def _checked(self, data: Any) -> "tuple[Ticket | None, int]":
        """The ticket that was shown, or the code for what is wrong with it."""
        shown = {name: str(data[name]) for name in ("server_id", "session_id", "token")}
        faults = self._server.faults
        if faults.refusals:
            return None, faults.refusals.pop(0)
        if faults.refuse_always:
            return None, faults.refuse_always
        ticket = self._server.tickets.get(shown["token"])
        if ticket is None:
            return None, 4004
        if shown["server_id"] != str(ticket.guild_id):
            return None, 4011
        state = ticket.room.guild.voice_states.get(ticket.user_id)
        here = state is not None and (state.channel_id, state.session_id) == (ticket.room.channel.id, ticket.session_id)
        return (ticket, 0) if here and shown["session_id"] == ticket.session_id else (None, 4006)

    async def _identify(self, data: Any) -> int:
        user_id, highest = str(data["user_id"]), data.get("max_dave_protocol_version", 0)
        ticket, code = self._checked(data)
        if ticket is None:
            return code
        if user_id != str(ticket.user_id):
            return 4004
        if ticket.room.encrypted and not (isinstance(highest, int) and highest >= VERSION):
            return 4017
        for line in self._server.lines:
            if line is not self and line.open and line.ticket is not None and line.ticket.guild_id == ticket.guild_id:
                line.close(4006 if line.ticket.room is ticket.room else 4014)
        self.ticket = ticket
        loop = asyncio.get_running_loop()
        _, self._udp = await loop.create_datagram_endpoint(
            lambda: Udp(self, self._server.complain), local_addr=("127.0.0.1", 0)
        )
        modes = list(self._server.faults.modes)
        self.post(SERVER_READY, {"ssrc": self.ssrc, "ip": "127.0.0.1", "port": self._udp.port, "modes": modes})
        if people := ticket.room.people:
            self.post(CLIENTS_CONNECT, {"user_ids": [str(user) for user in people]})
        return 0

    def _resume(self, data: Any) -> int:
        """This server keeps nothing of a connection that broke: whoever resumes has to identify again."""
        ticket, code = self._checked(data)
        return 4006 if ticket is not None else code

    def _select(self, protocol: Any, data: Any) -> int:
        assert self.ticket is not None
        address, port, mode = str(data["address"]), int(data["port"]), data["mode"]
        if protocol != "udp":
            return 4012
        if mode != MODE or mode not in self._server.faults.modes:
            return 4016
        if (address, port) != self._address:
            self._server.complain("a protocol was selected for another address than the discovered one")
        self.protocol, self.key = dict(data), secrets.token_bytes(32)
        encrypted = self.ticket.room.encrypted
        self.post(
            SESSION_DESCRIPTION,
            {"mode": mode, "secret_key": list(self.key), "dave_protocol_version": VERSION if encrypted else 0},
        )
        if encrypted:
            self.ticket.room.group.connect(self)
        return 0

    def _speak(self, data: Any) -> int:
        assert self.ticket is not None
        state = data["speaking"]
        if not isinstance(state, int) or not 0 <= state <= 7 or data["ssrc"] != self.ssrc:
            return 4020
        self.speaking = state
        self.ticket.room.listener.spoke(state)
        if self._udp is not None:
            self._udp.spoken()
        return 0
