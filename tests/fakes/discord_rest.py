"""The Discord stand-in's REST interface: the routes that a discord.py bot calls, with the answers it parses.

Part of discord_server.py. Bodies are answered with exactly ``application/json``: the library reads nothing else.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord_exchange import ANSWER_WITHIN, TOKEN_LASTS, Changes, Clock, Exchange, Message
from tests.fakes.discord_rules import (
    EPHEMERAL,
    LOADING,
    VOICE,
    Refused,
    Upload,
    check_choices,
    check_commands,
    check_message,
    read_body,
)
from tests.fakes.discord_world import ATTACH_FILES, SEND_MESSAGES, SEND_VOICE_MESSAGES, VIEW_CHANNEL, World, snowflake

Handler = Callable[[web.Request], Awaitable[web.Response]]
LOST_FLAG = web.RequestKey("LOST_FLAG", bool)
OPERATIONS = frozenset({"me", "application", "commands", "message", "callback", "edit", "followup", "withdraw"})


@dataclass(slots=True)
class Fault:
    """Something to go wrong with the next ``times`` calls of an operation."""

    operation: str
    kind: str
    """A Discord code (``50173``), ``429``, ``429 without Via``, ``500``, ``500 after`` (done, then 500), ``reset``,
    ``lost flag`` (the voice flag is ignored)."""
    times: int = 1
    retry_after: float = 0.02


class Gate:
    """Holds every call of an operation until it is opened."""

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self.reached = asyncio.Event()
        """Set when a call stands before it."""
        self._opened = asyncio.Event()

    def open(self) -> None:
        """Let everything through from now on."""
        self._opened.set()

    async def passed(self) -> None:
        """Stand before it until it is open."""
        self.reached.set()
        await self._opened.wait()


@dataclass(slots=True)
class State:
    """What REST knows and tests look at."""

    world: World
    clock: Clock
    changes: Changes
    token: str
    root: str = ""
    file_limit: int = 10 * 1024 * 1024
    deferred_voice: str = "works"
    """A voice message in place of a deferred response: ``works``, is ``lost`` (a plain file stays), is ``refused``."""
    commands: dict[int | None, list[dict[str, Any]]] = field(default_factory=dict)
    """By guild; None: everywhere."""
    syncs: int = 0
    messages: list[Message] = field(default_factory=list)
    """What was posted into channels, apart from responses."""
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    """By token."""
    faults: list[Fault] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    calls: list[tuple[str, int]] = field(default_factory=list)
    """Operation and status of every call, in order."""
    refusals: list[Refused] = field(default_factory=list)
    """What was refused because of a rule (not by a fault): a test can ask that there was none."""
    crashes: list[Exception] = field(default_factory=list)
    """Mistakes of the stand-in itself."""


class Rest:
    """The routes."""

    def __init__(self, state: State) -> None:
        self.state = state

    def routes(self) -> list[web.RouteDef]:
        """Everything that is answered."""
        table: list[tuple[str, str, str, Handler]] = [
            ("GET", "/users/@me", "me", self._me),
            ("GET", "/oauth2/applications/@me", "application", self._application),
            ("PUT", "/applications/{app}/commands", "commands", self._put_commands),
            ("PUT", "/applications/{app}/guilds/{guild}/commands", "commands", self._put_commands),
            ("POST", "/channels/{channel}/messages", "message", self._post_message),
            ("POST", "/interactions/{id}/{token}/callback", "callback", self._callback),
            ("GET", "/webhooks/{app}/{token}/messages/@original", "original", self._get_original),
            ("PATCH", "/webhooks/{app}/{token}/messages/@original", "edit", self._edit_original),
            ("DELETE", "/webhooks/{app}/{token}/messages/@original", "withdraw", self._delete_original),
            ("POST", "/webhooks/{app}/{token}", "followup", self._followup),
        ]
        return [
            web.route(method, f"/api/v10{path}", self._guarded(operation, handler))
            for method, path, operation, handler in table
        ]

    def _guarded(self, operation: str, handler: Handler) -> Handler:
        """Faults, gates, errors as JSON, and a line in ``calls``."""

        async def serve(request: web.Request) -> web.Response:
            for gate in [gate for gate in self.state.gates if gate.operation == operation]:
                await gate.passed()
            fault = self._next_fault(operation)
            answer = await self._faulty(request, fault, handler) if fault else await self._answer(request, handler)
            self.state.calls.append((operation, answer.status))
            self.state.changes.tell()
            return answer

        return serve

    def _next_fault(self, operation: str) -> Fault | None:
        for fault in self.state.faults:
            if fault.operation == operation and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    async def _faulty(self, request: web.Request, fault: Fault, handler: Handler) -> web.Response:
        if fault.kind.startswith("429"):
            via = {} if fault.kind.endswith("Via") else {"Via": "1.1 stand-in"}
            body = {"message": "You are being rate limited.", "retry_after": fault.retry_after, "global": False}
            return _json(body, 429, via | {"X-RateLimit-Scope": "user", "Retry-After": "1"})
        if fault.kind.isdigit() and len(fault.kind) == 5:
            refused = Refused(int(fault.kind))
            return _json(refused.body(), refused.status)
        if fault.kind == "lost flag":
            request[LOST_FLAG] = True
            return await self._answer(request, handler)
        if fault.kind == "500 after":
            await self._answer(request, handler)
            return _json({"message": "500: Internal Server Error", "code": 0}, 500)
        if fault.kind == "500":
            return _json({"message": "500: Internal Server Error", "code": 0}, 500)
        assert fault.kind == "reset", fault.kind
        assert request.transport is not None
        request.transport.abort()
        return web.Response(status=400)

    async def _answer(self, request: web.Request, handler: Handler) -> web.Response:
        try:
            return await handler(request)
        except Refused as refused:
            self.state.refusals.append(refused)
            return _json(refused.body(), refused.status)
        except PermissionError:
            return _json({"message": "401: Unauthorized", "code": 0}, 401)
        except Exception as error:
            self.state.crashes.append(error)
            raise

    def _check_token(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {self.state.token}":
            raise PermissionError

    async def _me(self, request: web.Request) -> web.Response:
        self._check_token(request)
        return _json(self.state.world.bot.payload())

    async def _application(self, request: web.Request) -> web.Response:
        self._check_token(request)
        return _json(self.state.world.application())

    async def _put_commands(self, request: web.Request) -> web.Response:
        self._check_token(request)
        commands = json.loads(await request.read())
        check_commands(commands)
        guild = int(request.match_info["guild"]) if "guild" in request.match_info else None
        if guild is not None and guild not in self.state.world.guilds:
            raise Refused(50001)
        version = str(snowflake())
        stored = [
            {"id": str(snowflake()), "application_id": request.match_info["app"], "version": version, "type": 1,
             **({} if guild is None else {"guild_id": str(guild)}), **command}
            for command in commands
        ]  # fmt: skip
        self.state.commands[guild] = stored
        self.state.syncs += 1
        return _json(stored)

    async def _post_message(self, request: web.Request) -> web.Response:
        self._check_token(request)
        channel = self.state.world.channels.get(int(request.match_info["channel"]))
        if channel is None:
            raise Refused(10003)
        data, files = await read_body(request, limit=self.state.file_limit)
        self._check_may_post(channel.permissions if channel.bot_is_here else 0, data, files)
        check_message(data, files)
        if data.get("flags", 0) & VOICE and not channel.voice_messages:
            raise Refused(50173)
        if (twin := self._twin(channel.id, data)) is not None:
            return self._message(twin)
        flags = data.get("flags", 0) & (VOICE if LOST_FLAG not in request else 0)
        message = Message(channel, self.state.world.bot, data, files, flags)
        self.state.messages.append(message)
        return self._message(message)

    @staticmethod
    def _check_may_post(allowed: int, data: dict[str, Any], files: list[Upload]) -> None:
        if not allowed & VIEW_CHANNEL:
            raise Refused(50001)
        if not allowed & SEND_MESSAGES:
            raise Refused(50013)
        wanted = SEND_VOICE_MESSAGES if data.get("flags", 0) & VOICE else ATTACH_FILES
        if files and not allowed & wanted:
            raise Refused(50013)

    def _twin(self, channel_id: int, data: dict[str, Any]) -> Message | None:
        """The message that was posted with the same nonce, where it is to be unique."""
        nonce = data.get("nonce")
        if nonce is None or not data.get("enforce_nonce"):
            return None
        if not isinstance(nonce, int | str) or len(str(nonce)) > 25:
            raise Refused(50035, "nonce: 25 characters at most")
        twins = (m for m in self.state.messages if m.channel.id == channel_id and m.data.get("nonce") == nonce)
        return next(twins, None)

    async def _callback(self, request: web.Request) -> web.Response:
        exchange = self.state.exchanges.get(request.match_info["token"])
        if exchange is None or str(exchange.id) != request.match_info["id"]:
            raise Refused(10062)
        if exchange.callback is not None:
            raise Refused(40060)
        if self.state.clock.now() - exchange.sent > ANSWER_WITHIN:
            raise Refused(10062)
        payload, files = await read_body(request, limit=self.state.file_limit)
        kind, data = int(payload.get("type") or 0), payload.get("data") or {}
        typing = exchange.payload["type"] == 4
        if kind not in ((8,) if typing else (4, 5)):
            raise Refused(50035, f"response type {kind} to interaction type {exchange.payload['type']}")
        if typing:
            check_choices(data.get("choices"))
        elif kind == 4:
            check_message(data, files)
        elif data.get("flags", 0) & ~(EPHEMERAL | VOICE):
            raise Refused(50035, "flags of a deferred response")
        if exchange.callback is not None:  # another one came while this one was read
            raise Refused(40060)
        exchange.callback = payload
        exchange.latency = time.monotonic() - exchange.started
        answer: dict[str, Any] = {"interaction": {"id": str(exchange.id), "type": exchange.payload["type"]}}
        if not typing:
            self._respond(exchange, kind, data, files)
            assert exchange.original is not None
            answer["interaction"] |= {
                "response_message_id": str(exchange.original.id),
                "response_message_loading": exchange.original.loading,
                "response_message_ephemeral": exchange.original.private,
            }
            answer["resource"] = {"type": kind, "message": self._payload(exchange.original)}
        if request.query.get("with_response") not in ("1", "true", "True"):
            return web.Response(status=204)
        return _json(answer)

    def _respond(self, exchange: Exchange, kind: int, data: dict[str, Any], files: list[Upload]) -> None:
        flags = data.get("flags", 0)
        bot = self.state.world.bot
        if kind == 5:
            exchange.deferred_voice = bool(flags & VOICE)
            exchange.original = Message(exchange.channel, bot, {}, [], LOADING | (flags & EPHEMERAL))
        else:
            exchange.original = Message(exchange.channel, bot, data, files, flags & (EPHEMERAL | VOICE))

    def _exchange(self, request: web.Request) -> Exchange:
        if request.match_info["app"] != str(self.state.world.application_id):
            raise Refused(10015)
        exchange = self.state.exchanges.get(request.match_info["token"])
        if exchange is None:
            raise Refused(10015)
        if self.state.clock.now() - exchange.sent > TOKEN_LASTS:
            raise Refused(50027)
        return exchange

    async def _get_original(self, request: web.Request) -> web.Response:
        original = self._exchange(request).original
        if original is None:
            raise Refused(10008)
        return self._message(original)

    async def _edit_original(self, request: web.Request) -> web.Response:
        exchange = self._exchange(request)
        if exchange.original is None or exchange.deleted:
            raise Refused(10008)
        data, files = await read_body(request, limit=self.state.file_limit)
        return self._message(self._fill(exchange, exchange.original, data, files, lost=LOST_FLAG in request))

    def _fill(
        self, exchange: Exchange, original: Message, data: dict[str, Any], files: list[Upload], *, lost: bool
    ) -> Message:
        """Edit a response; a deferred one becomes a message."""
        if original.voice:
            raise Refused(50162)
        voice = bool(data.get("flags", 0) & VOICE)
        if exchange.deferred_voice and original.loading and data.get("content"):
            raise Refused(50159)
        if voice and self.state.deferred_voice == "refused":
            raise Refused(50035, "flags")
        kept = voice and exchange.deferred_voice and original.loading and self.state.deferred_voice == "works"
        if voice and not (kept and not lost):  # the flag cannot be set by an edit: it is ignored, the file stays
            data = data | {"flags": data["flags"] & ~VOICE}
            for upload in files:
                upload.entry = {}
        fresh = original.loading
        check_message(data, files, editing=not fresh)
        original.flags = (original.flags & EPHEMERAL) | (data.get("flags", 0) & VOICE)
        if not fresh:
            files = files if "attachments" in data else original.files + files
            data = {**original.data, **data}
        original.data, original.files, original.edits = data, files, original.edits + 1
        return original

    async def _delete_original(self, request: web.Request) -> web.Response:
        exchange = self._exchange(request)
        if exchange.original is None or exchange.deleted:
            raise Refused(10008)
        exchange.deleted = True
        return web.Response(status=204)

    async def _followup(self, request: web.Request) -> web.Response:
        exchange = self._exchange(request)
        if exchange.original is None:
            raise Refused(10008)
        data, files = await read_body(request, limit=self.state.file_limit)
        if exchange.original.loading and not exchange.deleted:  # it stands in for an edit
            return self._message(self._fill(exchange, exchange.original, data, files, lost=True))
        if not exchange.installed_in_guild and len(exchange.followups) >= 5:
            raise Refused(40094)
        if data.get("flags", 0) & VOICE:  # webhooks cannot set it
            data = data | {"flags": data["flags"] & ~VOICE}
        check_message(data, files)
        message = Message(exchange.channel, self.state.world.bot, data, files, data.get("flags", 0) & EPHEMERAL)
        exchange.followups.append(message)
        return self._message(message)

    def _payload(self, message: Message) -> dict[str, Any]:
        return message.payload(self.state.root, self.state.world.application_id)

    def _message(self, message: Message) -> web.Response:
        return _json(self._payload(message))


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    head = {"Content-Type": "application/json", **(headers or {})}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=head)
