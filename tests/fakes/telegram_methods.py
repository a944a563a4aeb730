"""The Bot API's methods for bots that talk: rules, refusals and answers. Called by ``telegram_server``."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.telegram_chats import ApiError, Chat, Json, StoredFile, World, commands, units
from tests.fakes.telegram_sound import NotAVoiceError, Sound, hear

TEXT, CAPTION, BUTTON, ALERT = 4096, 1024, 64, 200
QUERY, RESULTS, BUTTONS, ROW = 256, 50, 100, 8
SCOPES = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat"}
_ACTIONS = {"typing", "record_voice", "upload_voice", "upload_document", "choose_sticker", "find_location"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    filename: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Call:
    """A request as it came, and what became of it."""

    method: str
    params: dict[str, str]
    files: dict[str, Upload] = field(default_factory=dict)
    result: Any = None
    refused: str = ""
    """The description of the refusal; empty where it was accepted."""
    sound: Sound | None = None
    """What an uploaded voice sounds like."""

    def json(self, name: str) -> Any:
        """A parameter that is JSON; None where it is missing. Raises ApiError."""
        try:
            return json.loads(self.params[name]) if self.params.get(name) else None
        except ValueError:
            raise ApiError.bad(f"can't parse {name} JSON object") from None

    def whole(self, name: str) -> int | None:
        """A parameter that is a whole number; None where it is missing. Raises ApiError."""
        value = self.params.get(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?\d{1,15}", value):
            raise ApiError.bad(f'field "{name}" must be of type Number')
        return int(value)


class Methods:
    """What a bot may call besides the ways it gets updates."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.commands: dict[tuple[str, str], list[Json]] = {}
        """What was set, by scope and language."""
        self._by_name: dict[str, Callable[[Call], Awaitable[Any]]] = {
            "getme": self._get_me,
            "sendmessage": self._send_message,
            "sendvoice": self._send_voice,
            "sendaudio": self._send_audio,
            "senddocument": self._send_document,
            "sendchataction": self._send_chat_action,
            "setmycommands": self._set_my_commands,
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
        return self._by_name.get(name.casefold())

    async def _get_me(self, call: Call) -> Json:
        return self.world.bot

    async def _send_message(self, call: Call) -> Json:
        chat = self._chat(call)
        text = _text(call.params.get("text", ""))
        return self._post(call, chat, text=text, entities=_entities(call, "entities", text) or commands(text) or None)

    async def _send_voice(self, call: Call) -> Json:
        chat = self._chat(call)
        stored = self._again(call, "voice")
        self._permit(chat, "voice notes", forbidden=chat.no_voices)
        if stored is None:
            upload = self._upload(call, "voice")
            duration = call.whole("duration")
            if duration is None:
                raise ApiError.bad("a voice without duration shows 0:00 once it is long")
            try:
                call.sound = await asyncio.to_thread(hear, upload.data, duration)
            except NotAVoiceError as error:
                raise ApiError.bad(f"not a voice message: {error}") from None
            stored = self.world.store("voice", upload.data, {"duration": duration, "mime_type": "audio/ogg"})
        return self._post(call, chat, voice=stored.about, **_captioned(call))

    async def _send_audio(self, call: Call) -> Json:
        return self._send_file(call, "audio", {"duration": call.whole("duration") or 0})

    async def _send_document(self, call: Call) -> Json:
        return self._send_file(call, "document", {})

    def _send_file(self, call: Call, kind: str, about: Json) -> Json:
        chat = self._chat(call)
        stored = self._again(call, kind)
        self._permit(chat, f"{kind}s", forbidden=chat.no_files)
        if stored is None:
            upload = self._upload(call, kind)
            named = {"file_name": upload.filename, "mime_type": upload.content_type}
            stored = self.world.store(kind, upload.data, about | named)
        return self._post(call, chat, **{kind: stored.about}, **_captioned(call))

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
        language = call.params.get("language_code", "")
        if not re.fullmatch(r"([a-z]{2})?", language):
            raise ApiError.bad("invalid language code specified")
        scope = call.json("scope") or {"type": "default"}
        if scope["type"] not in SCOPES:
            raise ApiError.bad("can't parse BotCommandScope: invalid type specified")
        self.commands[scope["type"], language] = listed
        return True

    async def _edit_message_text(self, call: Call) -> Json:
        chat = self._chat(call)
        message = self.world.messages.get((chat.id, call.whole("message_id") or 0))
        if message is None:
            raise ApiError.bad("message to edit not found")
        if message["from"]["id"] != self.world.bot["id"]:
            raise ApiError.bad("message can't be edited")
        text, buttons = _text(call.params.get("text", "")), _buttons(call)
        if (text, buttons) == (message.get("text"), message.get("reply_markup")):
            raise ApiError.bad("message is not modified")
        message.pop("reply_markup", None)  # without buttons, those that were there go
        message |= {"text": text} | ({"reply_markup": buttons} if buttons else {})
        return message

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
        _check_buttons(result.get("reply_markup"))
        if result.get("type") == "voice":
            stored = self.world.files.get(result.get("voice_file_id", ""))
            if stored is None or stored.kind != "voice":
                raise ApiError.bad("wrong file identifier/HTTP URL specified")
        elif result.get("type") == "article":
            _text(result.get("input_message_content", {}).get("message_text", ""))
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

    def _permit(self, chat: Chat, kind: str, *, forbidden: bool) -> None:
        """Whether a chat takes something: a person's wish in private, a right of members in a group."""
        if forbidden and chat.id > 0:
            raise ApiError.bad("VOICE_MESSAGES_FORBIDDEN")
        if forbidden and self.world.bot["id"] not in chat.admins:
            raise ApiError.bad(f"not enough rights to send {kind} to the chat")

    async def _get_file(self, call: Call) -> Json:
        stored = self.world.files.get(call.params.get("file_id", ""))
        if stored is None:
            raise ApiError.bad("invalid file_id")
        keep = {key: stored.about[key] for key in ("file_id", "file_unique_id", "file_size")}
        return keep | {"file_path": stored.path}

    def _chat(self, call: Call) -> Chat:
        chat = self.world.chat(call.params.get("chat_id", ""))
        if chat.blocked:
            gone = "bot was blocked by the user" if chat.id > 0 else "bot was kicked from the supergroup chat"
            raise ApiError(403, f"Forbidden: {gone}")
        return chat

    def _post(self, call: Call, chat: Chat, **content: Any) -> Json:
        reply = self._reply(call, chat)
        thread = self._thread(call, chat)
        place = {"message_thread_id": thread, "is_topic_message": True} if thread else {}
        return self.world.post(
            chat, self.world.bot, **content, **place, reply_to_message=reply, reply_markup=_buttons(call)
        )

    def _thread(self, call: Call, chat: Chat) -> int | None:
        thread = call.whole("message_thread_id")
        if thread is not None and thread not in chat.threads:
            raise ApiError.bad("message thread not found")
        return thread

    def _reply(self, call: Call, chat: Chat) -> Json | None:
        asked = call.json("reply_parameters")
        if asked is None:
            return None
        found = self.world.messages.get((int(asked.get("chat_id", chat.id)), asked["message_id"]))
        if found is None and not asked.get("allow_sending_without_reply"):
            raise ApiError.bad("message to be replied not found")
        return found and {key: value for key, value in found.items() if key != "reply_to_message"}

    def _again(self, call: Call, kind: str) -> StoredFile | None:
        """The file that an id names; None where the call brings one along. Raises ApiError."""
        named = call.params.get(kind, "")
        if not named or named.startswith("attach://"):
            return None
        stored = self.world.files.get(named)
        if stored is None:
            raise ApiError.bad("wrong remote file identifier specified: wrong padding in the string")
        if stored.kind != kind:
            raise ApiError.bad(f"can't use file of type {stored.kind.title()} as {kind.title()}")
        return stored

    def _upload(self, call: Call, kind: str) -> Upload:
        upload = call.files.get(call.params.get(kind, "").removeprefix("attach://") or kind)
        if upload is None:
            raise ApiError.bad(f"there is no {kind} in the request")
        if not upload.data:
            raise ApiError.bad("file must be non-empty")
        return upload


def _text(text: str) -> str:
    text = text.strip()
    if not text:
        raise ApiError.bad("message text is empty")
    if units(text) > TEXT:
        raise ApiError.bad("message is too long")
    return text


def _caption(call: Call) -> str | None:
    caption = call.params.get("caption", "").strip()
    if units(caption) > CAPTION:
        raise ApiError.bad("message caption is too long")
    return caption or None


def _captioned(call: Call) -> Json:
    caption = _caption(call)
    return {"caption": caption, "caption_entities": _entities(call, "caption_entities", caption or "") or None}


def _entities(call: Call, name: str, text: str) -> list[Json]:
    """Marked stretches of a text, each inside of it."""
    entities: list[Json] = call.json(name) or []
    for entity in entities:
        if entity["offset"] < 0 or entity["length"] < 1 or entity["offset"] + entity["length"] > units(text):
            raise ApiError.bad("can't parse entities: entity is out of the text")
    return entities


def _buttons(call: Call) -> Json | None:
    markup: Json | None = call.json("reply_markup")
    _check_buttons(markup)
    return markup


def _check_buttons(markup: Json | None) -> None:
    rows = (markup or {}).get("inline_keyboard", [])
    if sum(map(len, rows)) > BUTTONS or any(len(row) > ROW for row in rows):
        raise ApiError.bad("REPLY_MARKUP_TOO_LONG")
    for button in (button for row in rows for button in row):
        kinds = [name for name in ("callback_data", "url", "switch_inline_query") if name in button]
        if not button.get("text", "").strip() or len(kinds) != 1:
            raise ApiError.bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        if kinds == ["callback_data"] and not 1 <= len(button["callback_data"].encode()) <= BUTTON:
            raise ApiError.bad("BUTTON_DATA_INVALID")
        if kinds == ["url"] and not button["url"].startswith("https://"):
            raise ApiError.bad("BUTTON_URL_INVALID")
        if kinds == ["switch_inline_query"] and units(button["switch_inline_query"]) > QUERY:
            raise ApiError.bad("SWITCH_INLINE_QUERY_INVALID")
