"""A stand-in for Discord: real HTTP and a real websocket on loopback, for the unmodified discord.py.

Every test of the Discord front end starts one; ``python -m tests.fakes.discord_server`` runs it alone and prints its
addresses. People act as discord_people.py lets them, write as discord_chat.py, and call as discord_calls.py
(``voice``). ``fail`` and ``hold`` make it misbehave; ``messages`` and the exchanges are what the bot made of it.
Rules are in discord_rules.py, routes in discord_rest.py.
"""

import asyncio
import contextlib
import ssl
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from tests.fakes.discord_calls import Calls
from tests.fakes.discord_chat import Chat
from tests.fakes.discord_errors import Refused
from tests.fakes.discord_exchange import Changes, Clock, Exchange, Message
from tests.fakes.discord_gateway import Gateway
from tests.fakes.discord_people import People
from tests.fakes.discord_rest import Rest
from tests.fakes.discord_state import OPERATIONS, Fault, OperationGate, State
from tests.fakes.discord_world import Channel, Guild, Role, World

__all__ = ["Clock", "DiscordServer", "Exchange", "Message"]

GUILDS = 1
"""The intent."""
TOKEN = "stand-in.token-for.a-bot"
_T = TypeVar("_T")


class DiscordServer(People, Chat):
    """Discord. An async context manager."""

    def __init__(
        self, *, clock: Clock | None = None, token: str = TOKEN, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.clock = clock or Clock(frozen=True)
        self.world = World()
        self._changes = Changes()
        self.state = State(self.world, self.clock, self._changes, token)
        self.gateway = Gateway(self.world, self._changes.tell)
        self.gateway.token = token
        self.voice = Calls(self.world, self.gateway, self._changes.tell)
        """Voice channels, and what is heard there."""
        self._port = port
        self._tls = tls
        self._runner: web.AppRunner | None = None

    @property
    def token(self) -> str:
        """The bot token it knows."""
        return self.state.token

    @property
    def root(self) -> str:
        """Scheme, host and port."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self._port}"

    @property
    def api(self) -> str:
        """The REST address."""
        return f"{self.root}/api/v10"

    @property
    def messages(self) -> list[Message]:
        """What was posted into channels, apart from responses."""
        return self.state.messages

    @property
    def exchanges(self) -> list[Exchange]:
        """Every interaction, in order."""
        return list(self.state.exchanges.values())

    async def start(self) -> None:
        """Listen on loopback."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes(Rest(self.state, self, self.voice).routes())
        app.router.add_get("/gateway/", self.gateway.serve)
        app.router.add_get("/attachments/{channel}/{message}/{index}/{name}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.state.root = self.root
        self.gateway.url = self.state.gateway_url = self.root.replace("http", "ws", 1) + "/gateway/"

    async def stop(self) -> None:
        """Close every connection."""
        for gate in self.state.gates:
            gate.open()
        await self.voice.server.stop()
        await self.gateway.drop(1001)
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if error is None and (crashes := self.state.crashes + self.voice.server.crashes):
            raise crashes[0]

    # What people do (and in discord_people.py)

    async def redeliver(self, exchange: Exchange) -> None:
        """The same interaction once more: same id, same token."""
        await self.gateway.dispatch("INTERACTION_CREATE", exchange.payload)

    async def delete_channel(self, channel: Channel) -> None:
        """Somebody who manages a guild takes a channel away."""
        guild = self.world.guilds[channel.guild_id or 0]
        guild.channels.remove(channel)
        del self.world.channels[channel.id]
        await self.gateway.dispatch("CHANNEL_DELETE", channel.payload(), intent=GUILDS, guild_id=guild.id)

    async def delete_role(self, guild: Guild, role: Role) -> None:
        """Somebody who manages a guild takes a role away, and with it from all who held it."""
        guild.roles.remove(role)
        for user, roles in guild.members.values():
            guild.members[user.id] = (user, tuple(each for each in roles if each is not role))
        gone = {"guild_id": str(guild.id), "role_id": str(role.id)}
        await self.gateway.dispatch("GUILD_ROLE_DELETE", gone, intent=GUILDS, guild_id=guild.id)

    # What goes wrong

    def fail(self, operation: str, kind: str, *, times: int = 1, retry_after: float = 0.02) -> None:
        """The next calls of an operation go wrong; ``Fault`` lists the kinds."""
        assert operation in OPERATIONS, operation
        self.state.faults.append(Fault(operation, kind, times, retry_after))

    def hold(self, operation: str) -> OperationGate:
        """Calls of an operation wait until the gate that is returned is opened."""
        assert operation in OPERATIONS, operation
        gate = OperationGate(operation)
        self.state.gates.append(gate)
        return gate

    # What is waited for

    async def until(self, look: Callable[[], _T | None]) -> _T:
        """The first true value of ``look``, which is asked again whenever the bot did something."""
        return await self._changes.until(look)

    async def message(self, number: int = 1) -> Message:
        """The n-th message posted into a channel."""
        return await self.until(lambda: self.messages[number - 1] if len(self.messages) >= number else None)

    def statuses(self, operation: str) -> list[int]:
        """HTTP statuses of the calls of an operation, in order."""
        return [status for name, status in self.state.calls if name == operation]

    # Inside

    async def _download(self, request: web.Request) -> web.Response:
        """The CDN."""
        wanted = int(request.match_info["message"])
        sent = [
            *self.messages,
            *self.state.said.values(),
            *(m for e in self.exchanges for m in (e.original, *e.followups) if m is not None),
        ]
        for message in sent:
            if message.id == wanted and int(request.match_info["index"]) < len(message.files):
                upload = message.files[int(request.match_info["index"])]
                return web.Response(body=upload.data, content_type="audio/ogg")
        return web.Response(status=404)

    @property
    def refusals(self) -> list[Refused]:
        """What was refused because of a rule, not by a fault."""
        return self.state.refusals


async def _alone() -> None:
    async with DiscordServer(clock=Clock()) as server:
        addresses = f"rest     {server.api}\ngateway  {server.gateway.url}\ntoken    {server.token}\n"
        addresses += f"ca_file  {server.voice.ca_file}\n"
        sys.stdout.write(addresses)
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_alone())
