"""The Bot API's methods for bots that talk: rules, refusals and answers. Called by ``telegram_server``."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from tests.fakes.telegram_chats import ApiError, Json, World, units
from tests.fakes.telegram_markup import parse
from tests.fakes.telegram_more import More
from tests.fakes.telegram_places import Places, check_buttons, check_entities, message_text
from tests.fakes.telegram_requests import Call
from tests.fakes.telegram_sound import NotAVoiceError, hear

ALERT, RESULTS = 200, 50
SCOPES = {
    *("default", "all_private_chats", "all_group_chats", "all_chat_administrators"),
    *("chat", "chat_administrators", "chat_member"),
}
_ACTIONS = {
    *("typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document"),
    *("choose_sticker", "find_location", "record_video_note", "upload_video_note"),
}


class Methods(Places):
    """What a bot may call besides the ways it gets updates."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.more = More(world)
        self.commands: dict[tuple[str, str], list[Json]] = {}
        """What was set, by scope and language."""
        self.about: dict[tuple[str, str], str] = {}
        """Descriptions, by kind and language."""
        self._by_name: dict[str, Callable[[Call], Awaitable[Any]]] = {
            "getme": self._get_me,
            "sendmessage": self._send_message,
            "sendvoice": self._send_voice,
            "sendchataction": self._send_chat_action,
            "setmycommands": self._set_my_commands,
            "getmycommands": self._get_my_commands,
            "setmydescription": partial(self._set_about, "description", 512),
            "getmydescription": partial(self._get_about, "description"),
            "setmyshortdescription": partial(self._set_about, "short_description", 120),
            "getmyshortdescription": partial(self._get_about, "short_description"),
            "deletemycommands": self._delete_my_commands,
            "editmessagetext": self._edit_message_text,
            "answercallbackquery": self._answer_callback_query,
            "answerinlinequery": self._answer_inline_query,
            "answerguestquery": self._answer_guest_query,
            "deletemessage": self._delete_message,
            "getchatmember": self._get_chat_member,
            "getchat": self._get_chat,
            "getfile": self._get_file,
        }

    def find(self, name: str) -> Callable[[Call], Awaitable[Any]] | None:
        """Names are taken in any case, as the service takes them."""
        return self._by_name.get(name.casefold()) or self.more.find(name)

    async def _get_me(self, call: Call) -> Json:
        return self.world.bot

    async def _send_message(self, call: Call) -> Json:
        chat = self._chat(call)
        return self._post(call, chat, **self._text(call))

    async def _send_voice(self, call: Call) -> Json:
        chat = self._chat(call)
        stored = self._again(call, "voice")
        self._permit(chat, "voice notes", forbidden=chat.no_voices)
        if stored is None:
            upload = self._upload(call, "voice")
            duration = call.whole("duration")
            try:
                call.sound = await asyncio.to_thread(hear, upload.data, duration)
            except NotAVoiceError as error:
                raise ApiError.bad(f"not a voice message: {error}") from None
            lasts = round(call.sound.seconds) if duration is None else duration
            stored = self.world.store("voice", upload.data, {"duration": lasts, "mime_type": "audio/ogg"})
        return self._post(call, chat, voice=stored.about, **self._captioned(call))

    async def _send_chat_action(self, call: Call) -> bool:
        self._thread(call, self._chat(call))
        if call.params.get("action") not in _ACTIONS:
            raise ApiError.bad("wrong parameter action in request")
        return True

    async def _set_my_commands(self, call: Call) -> bool:
        listed = call.json("commands")
        if not isinstance(listed, list) or len(listed) > 100:
            raise ApiError.bad("BOT_COMMANDS_TOO_MUCH")
        for entry in listed:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", entry.get("command", "")):
                raise ApiError.bad("BOT_COMMAND_INVALID")
            if not 1 <= units(entry.get("description", "")) <= 256:
                raise ApiError.bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[self._scope(call)] = listed
        return True

    async def _get_my_commands(self, call: Call) -> list[Json]:
        return self.commands.get(self._scope(call), [])

    async def _delete_my_commands(self, call: Call) -> bool:
        self.commands.pop(self._scope(call), None)
        return True

    def _scope(self, call: Call) -> tuple[str, str]:
        """For whom commands are, and in which language. Raises ApiError."""
        language = call.text("language_code")
        if not re.fullmatch(r"([a-z]{2})?", language):
            raise ApiError.bad("invalid language code specified")
        scope = call.json("scope") or {"type": "default"}
        if scope.get("type") not in SCOPES:
            raise ApiError.bad("can't parse BotCommandScope: invalid type specified")
        return scope["type"], language

    async def _set_about(self, name: str, limit: int, call: Call) -> bool:
        """A description, by language; empty takes it away."""
        words = call.params.get(name, "")
        if units(words) > limit:
            raise ApiError.bad(f"BOT_{name.upper()}_TOO_LONG")
        self.about[name, call.params.get("language_code", "")] = words
        return True

    async def _get_about(self, name: str, call: Call) -> Json:
        code = call.params.get("language_code", "")
        return {name: self.about.get((name, code)) or self.about.get((name, ""), "")}

    async def _edit_message_text(self, call: Call) -> Json:
        chat = self._chat(call)
        return self._change(call, self._mine(call, chat), self._text(call))

    async def _answer_callback_query(self, call: Call) -> bool:
        if units(call.params.get("text", "")) > ALERT:
            raise ApiError.bad("MESSAGE_TOO_LONG")
        if self.world.queries.get(call.params.get("callback_query_id", ""), True):  # unknown, or answered before
            raise ApiError.bad("query is too old and response timeout expired or query ID is invalid")
        self.world.queries[call.params["callback_query_id"]] = True
        return True

    async def _answer_inline_query(self, call: Call) -> bool:
        if self.world.inline_queries.get(call.params.get("inline_query_id", ""), True):
            raise ApiError.bad("query is too old and response timeout expired or query ID is invalid")
        results = call.json("results")
        if not isinstance(results, list) or len(results) > RESULTS:
            raise ApiError.bad("RESULTS_TOO_MUCH")
        if len({result.get("id") for result in results}) < len(results):
            raise ApiError.bad("RESULT_ID_DUPLICATE")
        for result in results:
            self._check_result(result)
        start = (call.json("button") or {}).get("start_parameter", "start")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", start) or call.json("button") == {}:
            raise ApiError.bad("BUTTON_START_PARAMETER_INVALID")
        self.world.inline_queries[call.params["inline_query_id"]] = True
        return True

    async def _answer_guest_query(self, call: Call) -> Json:
        if self.world.guest_queries.get(call.params.get("guest_query_id", ""), True):
            raise ApiError.bad("query is too old and response timeout expired or query ID is invalid")
        self._check_result(call.json("result") or {})
        self.world.guest_queries[call.params["guest_query_id"]] = True
        return {"inline_message_id": f"guest-{call.params['guest_query_id']}"}

    def _check_result(self, result: Json) -> None:
        """A voice that was uploaded, or an article that sends a message."""
        if not 1 <= len(str(result.get("id", "")).encode()) <= 64:
            raise ApiError.bad("RESULT_ID_INVALID")
        if not result.get("title"):
            raise ApiError.bad("can't parse inline query result: Field title must be non-empty")
        check_buttons(result.get("reply_markup"))
        parse(result.get("caption") or "", result.get("parse_mode") or "")
        if result.get("type") == "voice":
            stored = self.world.files.get(result.get("voice_file_id", ""))
            if stored is None or stored.kind != "voice":
                raise ApiError.bad("wrong file identifier/HTTP URL specified")
        elif result.get("type") == "article":
            content = result.get("input_message_content", {})
            plain, _ = parse(message_text(content.get("message_text", "")), content.get("parse_mode") or "")
            check_entities(content.get("entities") or [], message_text(plain))
        else:
            raise ApiError.bad("can't parse inline query result: Unsupported type")

    async def _delete_message(self, call: Call) -> bool:
        chat = self._chat(call)
        message = self.world.messages.get((chat.id, call.whole("message_id") or 0))
        if message is None:
            raise ApiError.bad("message to delete not found")
        if message["from"]["id"] != self.world.bot["id"] and chat.id < 0:
            raise ApiError.bad("message can't be deleted")
        del self.world.messages[chat.id, message["message_id"]]
        return True

    async def _get_chat_member(self, call: Call) -> Json:
        chat, user = self._chat(call), call.whole("user_id")
        if user is None or user <= 0:
            raise ApiError.bad("PARTICIPANT_ID_INVALID")
        person = self.world.people.get(user, {"id": user, "is_bot": False, "first_name": "P"})
        if user == self.world.bot["id"]:
            person = {key: self.world.bot[key] for key in ("id", "is_bot", "first_name", "username")}
        rights = [
            *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats"),
            *("can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users"),
            *("can_post_stories", "can_edit_stories", "can_delete_stories"),
        ]
        hidden = {"is_anonymous": user in chat.anonymous}
        if user in chat.admins:
            return {"status": "administrator", "user": person, **dict.fromkeys(rights, False), **hidden}
        return {"status": "member", "user": person}

    async def _get_chat(self, call: Call) -> Json:
        chat = self._chat(call)
        gifts = dict.fromkeys(
            (*("unlimited_gifts", "limited_gifts", "unique_gifts"), *("premium_subscription", "gifts_from_channels")),
            True,
        )
        known = {**chat.json, "accent_color_id": 1, "max_reaction_count": 11, "accepted_gift_types": gifts}
        if chat.id > 0:
            return known
        allowed = {"can_send_messages": True, "can_send_voice_notes": not chat.no_voices}
        return known | {"permissions": allowed | {"can_send_audios": not chat.no_files}}

    async def _get_file(self, call: Call) -> Json:
        stored = self.world.files.get(call.params.get("file_id", ""))
        if stored is None:
            raise ApiError.bad("invalid file_id")
        keep = {key: stored.about[key] for key in ("file_id", "file_unique_id", "file_size")}
        return keep | {"file_path": stored.path}
