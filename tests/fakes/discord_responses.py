"""The Discord stand-in's answers to interactions: callbacks, the original response, follow-ups.

Part of discord_rest.py.
"""

import time
from typing import Any

from aiohttp import web

from tests.fakes.discord_components import check_form
from tests.fakes.discord_errors import Refused
from tests.fakes.discord_exchange import ANSWER_WITHIN, TOKEN_LASTS, Exchange, Message
from tests.fakes.discord_rules import EPHEMERAL, LOADING, VOICE, Upload, check_choices, check_message, read_body
from tests.fakes.discord_state import LOST_FLAG, Handler, State, as_json

MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, SUGGESTIONS, FORM = 4, 5, 6, 7, 8, 9
_ANSWERS = {2: (4, 5, 9), 3: (4, 5, 6, 7, 9), 4: (8,), 5: (4, 5, 6, 7)}
"""By the kind of interaction: command, component, typing, form."""


class Responses:
    """The routes that an interaction's token opens."""

    def __init__(self, state: State) -> None:
        self.state = state

    def routes(self) -> list[tuple[str, str, str, Handler]]:
        """Method, path, operation, handler."""
        original, followup = "/webhooks/{app}/{token}/messages/@original", "/webhooks/{app}/{token}/messages/{message}"
        return [
            ("POST", "/interactions/{id}/{token}/callback", "callback", self._callback),
            ("GET", original, "original", self._get_original),
            ("PATCH", original, "edit", self._edit_original),
            ("DELETE", original, "withdraw", self._delete_original),
            ("DELETE", followup, "withdraw", self._delete_followup),
            ("POST", "/webhooks/{app}/{token}", "followup", self._followup),
        ]

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
        self._check(exchange, kind, data, files)
        if exchange.callback is not None:  # another one came while this one was read
            raise Refused(40060)
        exchange.callback = payload
        exchange.latency = time.monotonic() - exchange.started
        answer: dict[str, Any] = {"interaction": {"id": str(exchange.id), "type": exchange.payload["type"]}}
        if kind in (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE):
            self._respond(exchange, kind, data, files)
            assert exchange.original is not None
            answer["interaction"] |= {
                "response_message_id": str(exchange.original.id),
                "response_message_loading": exchange.original.loading,
                "response_message_ephemeral": exchange.original.private,
            }
            answer["resource"] = {"type": kind, "message": self.state.payload(exchange.original)}
        if request.query.get("with_response") not in ("1", "true", "True"):
            return web.Response(status=204)
        return as_json(answer)

    @staticmethod
    def _check(exchange: Exchange, kind: int, data: dict[str, Any], files: list[Upload]) -> None:
        """What may answer which interaction."""
        asked = exchange.payload["type"]
        if kind not in _ANSWERS[asked] or (kind in (DEFERRED_UPDATE, UPDATE) and exchange.source is None):
            raise Refused(50035, f"response type {kind} to interaction type {asked}")
        if kind == SUGGESTIONS:
            check_choices(data.get("choices"))
        elif kind == FORM:
            check_form(data)
        elif kind in (MESSAGE, UPDATE):
            check_message(data, files, editing=kind == UPDATE)
        elif kind == DEFERRED_MESSAGE and data.get("flags", 0) & ~(EPHEMERAL | VOICE):
            raise Refused(50035, "flags of a deferred response")

    def _respond(self, exchange: Exchange, kind: int, data: dict[str, Any], files: list[Upload]) -> None:
        flags = data.get("flags", 0) | self._hidden(exchange)
        bot = self.state.world.bot
        if kind == DEFERRED_MESSAGE:
            exchange.deferred_voice = bool(flags & VOICE)
            exchange.original = Message(exchange.channel, bot, {}, [], LOADING | (flags & EPHEMERAL))
        elif kind == MESSAGE:
            exchange.original = Message(exchange.channel, bot, data, files, flags & (EPHEMERAL | VOICE))
        else:
            exchange.original = exchange.source
            assert exchange.source is not None
            if kind == UPDATE:
                exchange.source.data = {**exchange.source.data, **data}
                exchange.source.edits += 1

    @staticmethod
    def _hidden(exchange: Exchange) -> int:
        """Where apps from outside may not speak to everyone, whatever they answer is private."""
        return 0 if exchange.installed_in_guild or exchange.channel.external_apps else EPHEMERAL

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
        return self.state.answer(original)

    async def _edit_original(self, request: web.Request) -> web.Response:
        exchange = self._exchange(request)
        if exchange.original is None or exchange.deleted:
            raise Refused(10008)
        data, files = await read_body(request, limit=self.state.file_limit)
        return self.state.answer(self._fill(exchange, exchange.original, data, files, lost=LOST_FLAG in request))

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
            return self.state.answer(self._fill(exchange, exchange.original, data, files, lost=True))
        if not exchange.installed_in_guild and len(exchange.followups) >= 5:
            raise Refused(40094)
        if data.get("flags", 0) & VOICE:  # webhooks cannot set it
            data = data | {"flags": data["flags"] & ~VOICE}
        check_message(data, files)
        flags = (data.get("flags", 0) | self._hidden(exchange)) & EPHEMERAL
        message = Message(exchange.channel, self.state.world.bot, data, files, flags)
        exchange.followups.append(message)
        return self.state.answer(message)

    def _sent(self, request: web.Request) -> Message:
        """A follow-up by its id."""
        wanted = int(request.match_info["message"])
        for message in self._exchange(request).followups:
            if message.id == wanted and not message.deleted:
                return message
        raise Refused(10008)

    async def _delete_followup(self, request: web.Request) -> web.Response:
        self._sent(request).deleted = True
        return web.Response(status=204)
