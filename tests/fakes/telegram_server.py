"""A stand-in for Telegram's Bot API: real HTTP on loopback, its rules and refusals, for unmodified client libraries.

Tests start one, write to the bot with ``text`` and look at ``calls``; every uploaded voice was decoded. ``faults``
makes it misbehave. ``python -m tests.fakes.telegram_server --port 0`` runs it alone: each line typed there is a
message from Ann, and each answer of the bot is printed.
"""

import argparse
import asyncio
import contextlib
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.fakes.gate import Gate
from tests.fakes.telegram_chats import (
    ANN,
    ANONYMOUS,
    NOW,
    PHOTO,
    ApiError,
    Chat,
    Json,
    Person,
    World,
    check_entities,
    commands,
    units,
)
from tests.fakes.telegram_markup import parse
from tests.fakes.telegram_methods import Methods
from tests.fakes.telegram_places import QUERY
from tests.fakes.telegram_requests import Call, read
from tests.fakes.telegram_updates import Updates

__all__ = ["BOT", "TOKEN", "Call", "Fault", "Gate", "TelegramServer"]

TOKEN = "123456789:AAtestTokenOfTheStandInForTelegram-xx"
BOT: Json = {
    "id": 123456789,
    "is_bot": True,
    "first_name": "Mouthpiece",
    "username": "mouthpiece_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": True,
    "supports_guest_queries": True,
    "has_main_web_app": False,
}
_PATIENCE = 20.0
"""Seconds after which a condition that a test waits for is taken to be never."""
_UPLOAD = 50_000_000


@dataclass(slots=True)
class Fault:
    """Misbehaviour for some requests of one method."""

    method: str
    times: int = 1
    code: int = 0
    """HTTP status of a refusal; 0: none."""
    description: str = ""
    retry_after: int = 0
    """Seconds, for 429."""
    gate: Gate | None = None
    """The answer is withheld; what was asked is done before."""
    reset: bool = False
    """The connection is cut instead of an answer."""
    body: str = ""
    """What is answered instead of the answer."""
    accept: bool = False
    """With ``reset``: what was asked is done before."""


@dataclass(slots=True)
class _Changes:
    """Wakes whoever waits for something to become true."""

    waiting: set[asyncio.Event] = field(default_factory=set)

    def __call__(self) -> None:
        for event in self.waiting:
            event.set()

    async def until(self, true: Callable[[], bool], patience: float | None) -> None:
        event = asyncio.Event()
        self.waiting.add(event)
        try:
            async with asyncio.timeout(patience):
                while not true():
                    event.clear()
                    await event.wait()
        finally:
            self.waiting.discard(event)


class TelegramServer:
    """The service, with one bot. An async context manager; a second one may go on with the first one's world."""

    def __init__(
        self, *, port: int = 0, token: str = TOKEN, first_update: int = 1000, test_environment: bool = False
    ) -> None:
        """``test_environment``: the other addresses, for bots on the test servers."""
        self.token = token
        self.test_environment = test_environment
        self.world = World(dict(BOT))
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        """Every request but the polls, in order of arrival, refused ones too."""
        self._changes = _Changes()
        self.updates = Updates(first_update, self._changes)
        self.methods = Methods(self.world)
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def root(self) -> str:
        """Scheme, host and port: ``[telegram] api_url``."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pending(self) -> list[Json]:
        """Updates that the bot has not acknowledged."""
        return self.updates.pending

    def done(self, method: str) -> list[Call]:
        """The requests for a method that were accepted."""
        return [call for call in self.calls if call.method == method and call.result is not None]

    def asked(self, method: str) -> list[Call]:
        """All requests for a method."""
        return [call for call in self.calls if call.method == method]

    def group(self, chat_id: int = -1001, title: str = "The village", threads: set[int] | None = None) -> Chat:
        """A group that the bot is in; with topics where ``threads`` has some."""
        return self.world.chats.setdefault(chat_id, Chat(chat_id, title, threads or set()))

    async def text(
        self,
        text: str,
        *,
        user: Person = ANN,
        chat: Chat | None = None,
        reply_to: Json | None = None,
        edited: bool = False,
        thread: int | None = None,
        forwarded_from: Person | None = None,
    ) -> Json:
        """Somebody writes; returns the update, whether the bot is to get it or not (privacy mode in groups)."""
        origin = {"type": "user", "date": NOW, "sender_user": forwarded_from.json} if forwarded_from else None
        marks = commands(text) or None
        content: Json = {"text": text, "entities": marks, "reply_to_message": reply_to, "forward_origin": origin}
        return await self.write(user.json, chat or self.world.private(user), thread, edited=edited, **content)

    async def write(
        self, sender: Json, chat: Chat, thread: int | None = None, *, edited: bool = False, **content: Any
    ) -> Json:
        """Somebody sends anything at all, by the names that the Bot API has for it; as ``text``."""
        place: Json = {"message_thread_id": thread, "is_topic_message": True} if thread else {}
        check_entities(content)
        message = self.world.post(chat, sender, **content, **place)
        if not self._reaches(message):
            return {"update_id": 0, "message": message}
        return self.updates.add("edited_message" if edited else "message", message)

    async def edit(self, message: Json, text: str) -> Json:
        """Somebody changes the words of a message that is there; as ``text``, or the caption of a picture."""
        words = {"caption": text} if "photo" in message else {"text": text, "entities": commands(text)}
        changed = message | words | {"edit_date": NOW + 1}
        self.world.messages[message["chat"]["id"], message["message_id"]] = changed
        if not self._reaches(changed):
            return {"update_id": 0, "edited_message": changed}
        return self.updates.add("edited_message", changed)

    async def photo(self, caption: str, *, user: Person = ANN, chat: Chat | None = None) -> Json:
        """Somebody posts a picture: returns the message; the bot is not told."""
        return self.world.post(chat or self.world.private(user), user.json, photo=[PHOTO], caption=caption)

    async def document(self, data: bytes, name: str, chat: Chat, *, user: Person = ANN, caption: str = "") -> Json:
        """Somebody sends a file; as ``text``."""
        stored = self.world.store("document", data, {"file_name": name})
        return await self.write(user.json, chat, document=stored.about, caption=caption or None)

    async def upgrade(self, group: Chat, new_id: int, *, user: Person = ANN) -> Chat:
        """A group becomes a supergroup: a word of the service in the old chat, and one in the new. Returns that."""
        group.migrated_to = new_id
        new = self.group(new_id, group.title)
        new.admins |= group.admins
        self.updates.add("message", self.world.post(group, user.json, migrate_to_chat_id=new_id))
        said = self.world.post(new, ANONYMOUS, sender_chat=new.json, migrate_from_chat_id=group.id)
        self.updates.add("message", said)
        return new

    async def press(self, message: Json, data: str, *, user: Person = ANN) -> Json:
        """Somebody presses a button under a message of the bot: one that is there."""
        there = [button.get("callback_data") for row in _keyboard(message) for button in row]
        assert data in there, f"there is no button {data!r}, only {there}"
        identity = f"query-{len(self.world.queries) + 1}"
        self.world.queries[identity] = False
        self.world.people[user.id] = user.json
        query = {"id": identity, "from": user.json, "message": message, "data": data, "chat_instance": "1"}
        return self.updates.add("callback_query", query)

    async def inline(self, typed: str, *, user: Person = ANN) -> str:
        """Somebody types the bot's name and some words into any chat; returns the id of the query."""
        assert units(typed) <= QUERY
        identity = f"inline-{len(self.world.inline_queries) + 1}"
        self.world.inline_queries[identity] = False
        query = {"id": identity, "from": user.json, "query": typed, "offset": "", "chat_type": "supergroup"}
        self.updates.add("inline_query", query)
        return identity

    async def guest(self, text: str, *, user: Person = ANN, reply_to: Json | None = None) -> str:
        """Somebody names the bot in a chat that it is no member of; returns the id of the query."""
        identity = f"guest-{len(self.world.guest_queries) + 1}"
        self.world.guest_queries[identity] = False
        chat = Chat(-2001, "Elsewhere")  # not one of the world: nothing can be sent there
        found = re.finditer(r"@\w+", text)
        marks = [{"type": "mention", "offset": units(text[: m.start()]), "length": units(m[0])} for m in found]
        message = self.world.post(
            chat, user.json, text=text, entities=marks, reply_to_message=reply_to, guest_query_id=identity
        )
        self.updates.add("guest_message", message)
        return identity

    async def choose(self, result: Json, chat: Chat, *, user: Person = ANN, typed: str | None = None) -> Json:
        """Somebody takes a result of an inline query: it appears in a chat as theirs, sent with the bot.

        ``typed``: the bot is told, as where inline feedback is switched on.
        """
        if typed is not None:
            chosen = {"result_id": result["id"], "from": user.json, "query": typed}
            self.updates.add("chosen_inline_result", chosen)
        if result["type"] == "voice":
            content: Json = {"voice": self.world.files[result["voice_file_id"]].about}
        else:
            said = result["input_message_content"]
            text, marks = parse(said["message_text"], said.get("parse_mode") or "")
            content = {"text": text, "entities": marks or said.get("entities") or None}
        message = self.world.post(chat, user.json, via_bot=BOT, reply_markup=result.get("reply_markup"), **content)
        if chat.id > 0:
            self.updates.add("message", message)
        return message

    def redeliver(self, update: Json) -> None:
        """Offer an update once more, with the same id."""
        self.updates.put(update)

    async def wait_for(self, method: str, n: int = 1) -> list[Call]:
        """Wait until a method was accepted ``n`` times; returns those requests."""
        await self.until(lambda: len(self.done(method)) >= n)
        return self.done(method)

    async def until(self, true: Callable[[], bool], patience: float | None = _PATIENCE) -> None:
        """Wait until something here is true, at most ``patience`` seconds. Raises TimeoutError."""
        await self._changes.until(true, patience)

    async def all_acknowledged(self) -> None:
        """Wait until the bot has answered every update and asks for more."""
        await self.until(lambda: not self.pending and self.updates.waiting == 1)

    async def start(self) -> None:
        """Listen on loopback."""
        app = web.Application(client_max_size=_UPLOAD)
        suffix = "/test" if self.test_environment else ""
        app.router.add_route("*", f"/bot{{token}}{suffix}/{{method}}", self._answer)
        app.router.add_get(f"/file/bot{{token}}{suffix}/{{path:.+}}", self._download)
        app.router.add_route("*", "/{path:.*}", self._nowhere)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1.0, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close every connection."""
        await self.updates.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _reaches(self, message: Json) -> bool:
        """Privacy mode: of a group's messages the bot gets commands for it and replies to itself.

        Everything where the mode is off, or the bot administers the group.
        """
        if message["chat"]["type"] == "private" or self.world.bot["can_read_all_group_messages"]:
            return True
        if BOT["id"] in self.world.chats[message["chat"]["id"]].admins:
            return True
        if message.get("reply_to_message", {}).get("from", {}).get("id") == BOT["id"]:
            return True
        text, marks = message.get("text", ""), message.get("entities", ())
        orders = [text[e["offset"] :][: e["length"]] for e in marks if e["type"] == "bot_command"]
        return any(order.partition("@")[2] in {"", BOT["username"]} for order in orders)

    async def _answer(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            return _refusal(ApiError(401, "Unauthorized"))
        if self.methods.more.logged_out:
            return _refusal(ApiError(400, "Logged out"))
        try:
            call = await read(request)
        except ApiError as error:
            return _refusal(error)
        name = call.method.casefold()
        poll = {
            "getupdates": self.updates.get,
            "setwebhook": self.updates.set_webhook,
            "deletewebhook": self.updates.delete_webhook,
            "getwebhookinfo": self.updates.webhook_info,
        }.get(name)
        if name != "getupdates":
            self.calls.append(call)
        fault = self._fault(call.method)
        try:
            if fault is not None and fault.code:
                waits = {"retry_after": fault.retry_after} if fault.retry_after else {}
                raise ApiError(fault.code, fault.description, **waits)
            if fault is None or not fault.reset or fault.accept:
                method = poll or self.methods.find(name)
                if method is None:
                    raise ApiError(404, "Not Found")
                call.result = await method(call)
            self._changes()
            await _stand(request, fault)
        except ApiError as error:
            call.refused = error.description
            self._changes()
            return _refusal(error)
        if fault is not None and fault.body:
            return web.Response(text=fault.body, content_type="application/json")
        return web.json_response({"ok": True, "result": call.result})

    def _fault(self, method: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    async def _download(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            return _refusal(ApiError(401, "Unauthorized"))
        for stored in self.world.files.values():
            if stored.path == request.match_info["path"]:
                return web.Response(body=stored.data, content_type="application/octet-stream")
        return _refusal(ApiError(404, "Not Found"))

    async def _nowhere(self, request: web.Request) -> web.Response:
        return _refusal(ApiError(404, "Not Found"))


def _keyboard(message: Json) -> list[list[Json]]:
    keyboard: list[list[Json]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return keyboard


async def _stand(request: web.Request, fault: Fault | None) -> None:
    """Withhold the answer, or cut the connection, where a fault says so."""
    if fault is not None and fault.gate is not None:
        await fault.gate.passed()
    if fault is not None and fault.reset and request.transport is not None:
        request.transport.abort()


def _refusal(error: ApiError) -> web.Response:
    answer: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        answer["parameters"] = error.parameters
    return web.json_response(answer, status=error.code)


async def _alone(port: int) -> None:
    """Run until interrupted; lines of the input are messages from Ann."""
    async with TelegramServer(port=port) as server:
        sys.stdout.write(f"api_url = {server.root}\ntoken = {server.token}\n")
        sys.stdout.flush()
        talking = asyncio.create_task(_converse(server))
        while True:
            seen = len(server.calls)
            await server.until(lambda seen=seen: len(server.calls) > seen, None)  # type: ignore[misc]
            for call in server.calls[seen:]:
                heard = f"{call.sound.seconds:.2f} s of sound" if call.sound else call.params.get("text", "")
                sys.stdout.write(f"{call.method}: {call.refused or heard}\n")
            sys.stdout.flush()
            if talking.done() and talking.exception():
                return


async def _converse(server: TelegramServer) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        await server.text(line.strip())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8081)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_alone(parser.parse_args().port))
