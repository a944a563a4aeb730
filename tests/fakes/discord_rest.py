"""The Discord stand-in's REST interface: the routes that a discord.py bot calls, with the answers it parses.

Part of discord_server.py; what answers an interaction is in discord_responses.py. Bodies are answered with exactly
``application/json``: the library reads nothing else.
"""

import json
from typing import Any

from aiohttp import web

from tests.fakes.discord_calls import Calls
from tests.fakes.discord_chat import Chat
from tests.fakes.discord_errors import Refused
from tests.fakes.discord_exchange import Message
from tests.fakes.discord_responses import Responses
from tests.fakes.discord_rules import VOICE, Upload, check_commands, check_message, read_body
from tests.fakes.discord_stage import change_own_state
from tests.fakes.discord_state import LOST_FLAG, Fault, Handler, State, as_json
from tests.fakes.discord_world import (
    ATTACH_FILES,
    FORUM,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    SEND_VOICE_MESSAGES,
    VIEW_CHANNEL,
    Channel,
    Guild,
    User,
    snowflake,
    timestamp,
)


class Rest:
    """The routes."""

    def __init__(self, state: State, chat: Chat, calls: Calls) -> None:
        self.state, self.chat, self.calls = state, chat, calls

    def routes(self) -> list[web.RouteDef]:
        """Everything that is answered."""
        table: list[tuple[str, str, str, Handler]] = [
            ("GET", "/users/@me", "me", self._me),
            ("GET", "/oauth2/applications/@me", "application", self._application),
            ("GET", "/applications/@me", "application", self._application),
            ("GET", "/users/{user}", "look", self._user),
            ("GET", "/guilds/{guild}", "look", self._guild),
            ("GET", "/guilds/{guild}/{part:channels|roles}", "look", self._guild),
            ("GET", "/guilds/{guild}/members/{user}", "look", self._member),
            ("GET", "/channels/{channel}/messages/{message}", "look", self._get_message),
            ("PATCH", "/channels/{channel}/messages/{message}", "change", self._edit_message),
            ("POST", "/channels/{channel}/typing", "typing", self._typing),
            *(
                (method, f"/applications/{{app}}{place}/commands{one}", "commands", handler)
                for place in ("", "/guilds/{guild}")
                for method, one, handler in (
                    ("GET", "", self._get_commands),
                    ("PUT", "", self._put_commands),
                    ("POST", "", self._post_command),
                    ("GET", "/{command}", self._get_command),
                    ("PATCH", "/{command}", self._patch_command),
                    ("DELETE", "/{command}", self._delete_command),
                )
            ),
            ("GET", "/channels/{channel}", "channel", self._channel),
            ("POST", "/channels/{channel}/messages", "message", self._post_message),
            ("DELETE", "/channels/{channel}/messages/{message}", "delete", self._delete_message),
            ("PATCH", "/guilds/{guild}/voice-states/@me", "stage", self._stage),
            ("GET", "/gateway", "gateway", self._gateway_address),
            ("GET", "/gateway/bot", "gateway", self._gateway),
            *Responses(self.state).routes(),
        ]
        return [
            web.route(method, f"/api/v10{path}", self._guarded(operation, handler))
            for method, path, operation, handler in table
        ] + [web.route("*", "/api/{path:.*}", self._nowhere)]

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
            return as_json(body, 429, via | {"X-RateLimit-Scope": "user", "Retry-After": "1"})
        if fault.kind.isdigit() and len(fault.kind) == 5:
            refused = Refused(int(fault.kind))
            return as_json(refused.body(), refused.status)
        if fault.kind == "lost flag":
            request[LOST_FLAG] = True
            return await self._answer(request, handler)
        if fault.kind == "500 after":
            await self._answer(request, handler)
            return as_json({"message": "500: Internal Server Error", "code": 0}, 500)
        if fault.kind == "500":
            return as_json({"message": "500: Internal Server Error", "code": 0}, 500)
        assert fault.kind == "reset", fault.kind
        assert request.transport is not None
        request.transport.abort()
        return web.Response(status=400)

    async def _answer(self, request: web.Request, handler: Handler) -> web.Response:
        try:
            return await handler(request)
        except Refused as refused:
            self.state.refusals.append(refused)
            return as_json(refused.body(), refused.status)
        except PermissionError:
            return as_json({"message": "401: Unauthorized", "code": 0}, 401)
        except Exception as error:
            self.state.crashes.append(error)
            raise

    async def _nowhere(self, request: web.Request) -> web.Response:
        return as_json({"message": "404: Not Found", "code": 0}, 404)

    def _check_token(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {self.state.token}":
            raise PermissionError

    async def _me(self, request: web.Request) -> web.Response:
        self._check_token(request)
        return as_json(self.state.world.bot.payload())

    async def _application(self, request: web.Request) -> web.Response:
        self._check_token(request)
        return as_json(self.state.world.application())

    async def _put_commands(self, request: web.Request) -> web.Response:
        self._check_token(request)
        commands = json.loads(await request.read())
        check_commands(commands)
        guild = self._place(request)
        self.state.commands[guild] = stored = [self._stored(request, command) for command in commands]
        self.state.syncs += 1
        return as_json(stored)

    def _place(self, request: web.Request) -> int | None:
        """The guild whose commands are meant; None: those of everywhere."""
        if request.match_info["app"] != str(self.state.world.application_id):
            raise Refused(50001)
        guild = int(request.match_info["guild"]) if "guild" in request.match_info else None
        if guild is not None and guild not in self.state.world.guilds:
            raise Refused(50001)
        return guild

    @staticmethod
    def _stored(request: web.Request, command: dict[str, Any]) -> dict[str, Any]:
        """A command as it is kept: with its id, and what was left out."""
        guild = {"guild_id": request.match_info["guild"]} if "guild" in request.match_info else {}
        return {
            "id": str(snowflake()), "application_id": request.match_info["app"], "version": str(snowflake()),
            "type": 1, "description": "", **guild, **command,
        }  # fmt: skip

    async def _get_commands(self, request: web.Request) -> web.Response:
        self._check_token(request)
        kept = self.state.commands.get(self._place(request), [])
        if request.query.get("with_localizations", "").lower() in ("1", "true"):
            return as_json(kept)
        hidden = ("name_localizations", "description_localizations")
        return as_json([{name: value for name, value in each.items() if name not in hidden} for each in kept])

    async def _post_command(self, request: web.Request) -> web.Response:
        """A new command; it replaces one of its name and type."""
        self._check_token(request)
        command, place = json.loads(await request.read()), self._place(request)
        kept = self.state.commands.setdefault(place, [])
        same = (command.get("name"), command.get("type", 1))
        old = next((each for each in kept if (each["name"], each["type"]) == same), None)
        others = [each for each in kept if each is not old]
        check_commands([*others, command])
        stored = self._stored(request, command) | ({"id": old["id"]} if old else {})
        self.state.commands[place] = [*others, stored]
        return as_json(stored, 200 if old else 201)

    def _named(self, request: web.Request) -> dict[str, Any]:
        """The command that an address names."""
        kept = self.state.commands.get(self._place(request), [])
        found = next((each for each in kept if each["id"] == request.match_info["command"]), None)
        if found is None:
            raise Refused(10063)
        return found

    async def _get_command(self, request: web.Request) -> web.Response:
        self._check_token(request)
        return as_json(self._named(request))

    async def _patch_command(self, request: web.Request) -> web.Response:
        self._check_token(request)
        command = self._named(request)
        changed = command | json.loads(await request.read()) | {"version": str(snowflake())}
        kept = self.state.commands[self._place(request)]
        check_commands([changed if each is command else each for each in kept])
        kept[kept.index(command)] = changed
        return as_json(changed)

    async def _delete_command(self, request: web.Request) -> web.Response:
        self._check_token(request)
        self.state.commands[self._place(request)].remove(self._named(request))
        return web.Response(status=204)

    def _viewed(self, request: web.Request) -> Channel:
        """The channel of a request, which the bot may view."""
        channel = self.state.world.channels.get(int(request.match_info["channel"]))
        if channel is None:
            raise Refused(10003)
        if not channel.bot_is_here or not channel.permissions & VIEW_CHANNEL:
            raise Refused(50001)
        return channel

    async def _channel(self, request: web.Request) -> web.Response:
        self._check_token(request)
        channel = self._viewed(request)
        return as_json(channel.payload())

    async def _post_message(self, request: web.Request) -> web.Response:
        self._check_token(request)
        channel = self.state.world.channels.get(int(request.match_info["channel"]))
        if channel is None:
            raise Refused(10003)
        data, files = await read_body(request, limit=self.state.file_limit)
        self._check_may_post(channel, data, files)
        check_message(data, files)
        if data.get("flags", 0) & VOICE and not channel.voice_messages:
            raise Refused(50173)
        self._check_reference(channel, data.get("message_reference"))
        if (twin := self._twin(channel.id, data)) is not None:
            return self.state.answer(twin)
        flags = data.get("flags", 0) & (VOICE if LOST_FLAG not in request else 0)
        message = Message(channel, self.state.world.bot, data, files, flags)
        self.state.messages.append(message)
        await self.chat.announce(message)
        return self.state.answer(message)

    def _check_reference(self, channel: Channel, reference: Any) -> None:
        """An answer to a message: of the same channel, and there unless its absence is allowed."""
        if reference is None:
            return
        if channel.guild_id is not None and not channel.permissions & READ_MESSAGE_HISTORY:
            raise Refused(160002)
        answered = str(reference.get("message_id"))
        there = (*self.state.messages, *self.state.said.values())
        known = any(str(message.id) == answered and not message.deleted for message in there)
        if str(reference.get("channel_id", channel.id)) != str(channel.id):
            raise Refused(50035, "message_reference: of another channel")
        if not known and reference.get("fail_if_not_exists", True):
            raise Refused(50035, "message_reference: unknown message")

    def _people(self) -> dict[int, User]:
        """Everybody known, by id."""
        world = self.state.world
        members = (user for guild in world.guilds.values() for user, _ in guild.members.values())
        return {user.id: user for user in (world.bot, world.ada, *members)}

    async def _user(self, request: web.Request) -> web.Response:
        self._check_token(request)
        found = self._people().get(_number(request, "user"))
        if found is None:
            raise Refused(10013)
        return as_json(found.payload())

    def _home(self, request: web.Request) -> Guild:
        """The guild of a request, of which the bot is a member."""
        guild = self.state.world.guilds.get(_number(request, "guild"))
        if guild is None or not guild.bot_is_member:
            raise Refused(10004)
        return guild

    async def _guild(self, request: web.Request) -> web.Response:
        self._check_token(request)
        whole = self._home(request).payload()
        events = ("channels", "members", "threads", "voice_states", "presences", "joined_at", "member_count", "large")
        plain = {name: value for name, value in whole.items() if name not in events}
        return as_json(whole[request.match_info["part"]] if "part" in request.match_info else plain)

    async def _member(self, request: web.Request) -> web.Response:
        self._check_token(request)
        found = self._home(request).members.get(_number(request, "user"))
        if found is None:
            raise Refused(10007)
        return as_json(self._home(request).member(found[0]))

    def _message(self, request: web.Request) -> Message:
        """The message of a request, in a channel that the bot may view."""
        channel, wanted = self._viewed(request), _number(request, "message")
        for message in (*self.state.messages, *self.state.said.values()):
            if message.id == wanted and message.channel is channel and not message.deleted:
                return message
        raise Refused(10008)

    async def _get_message(self, request: web.Request) -> web.Response:
        self._check_token(request)
        return self.state.answer(self._message(request))

    async def _edit_message(self, request: web.Request) -> web.Response:
        self._check_token(request)
        message = self._message(request)
        if message.author is not self.state.world.bot:
            raise Refused(50005)
        if message.voice:
            raise Refused(50162)
        data, files = await read_body(request, limit=self.state.file_limit)
        check_message(data, files, editing=True)
        message.data, message.edits = {**message.data, **data}, message.edits + 1
        message.files = files if "attachments" in data else message.files + files
        await self.chat.announce(message, "MESSAGE_UPDATE", edited_timestamp=timestamp())
        return self.state.answer(message)

    async def _typing(self, request: web.Request) -> web.Response:
        self._check_token(request)
        self._check_may_post(self._viewed(request), {}, [])
        return web.Response(status=204)

    async def _delete_message(self, request: web.Request) -> web.Response:
        self._check_token(request)
        channel = self._viewed(request)
        wanted = int(request.match_info["message"])
        responses = [exchange.original for exchange in self.state.exchanges.values() if exchange.original]
        for message in [*self.state.messages, *(one for one in responses if not one.private)]:
            if message.id == wanted and message.channel is channel and not message.deleted:
                message.deleted = True
                await self.chat.gone(message)
                return web.Response(status=204)
        raise Refused(10008)

    async def _stage(self, request: web.Request) -> web.Response:
        self._check_token(request)
        await change_own_state(self.calls, int(request.match_info["guild"]), json.loads(await request.read()))
        return web.Response(status=204)

    async def _gateway_address(self, request: web.Request) -> web.Response:
        return as_json({"url": self.state.gateway_url})

    async def _gateway(self, request: web.Request) -> web.Response:
        self._check_token(request)
        limit = {"total": 1000, "remaining": self.state.starts_left, "reset_after": 86_400_000, "max_concurrency": 1}
        return as_json({"url": self.state.gateway_url, "shards": 1, "session_start_limit": limit})

    @staticmethod
    def _check_may_post(channel: Channel, data: dict[str, Any], files: list[Upload]) -> None:
        allowed = channel.permissions if channel.bot_is_here else 0
        if not allowed & VIEW_CHANNEL:
            raise Refused(50001)
        if channel.kind == FORUM:
            raise Refused(50024)
        if channel.locked:
            raise Refused(50083)
        if not allowed & (SEND_MESSAGES_IN_THREADS if channel.thread else SEND_MESSAGES):
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


def _number(request: web.Request, name: str) -> int:
    """An id in the address. Raises Refused."""
    written = request.match_info[name]
    if not (written.isascii() and written.isdigit()):
        said = f'Value "{written}" is not snowflake.'
        raise Refused(50035, said, at=f"{name}_id", kind="NUMBER_TYPE_COERCE")
    return int(written)
