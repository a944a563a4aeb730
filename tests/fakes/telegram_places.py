"""Where the Telegram stand-in's methods act: chats, replies, files, texts with their marks, keyboards.

The ground that ``telegram_methods`` and ``telegram_more`` stand on.
"""

import re
from typing import Any

from tests.fakes.telegram_chats import ApiError, Chat, Json, StoredFile, World, commands, units
from tests.fakes.telegram_markup import parse
from tests.fakes.telegram_requests import Call, Upload

TEXT, CAPTION, BUTTON = 4096, 1024, 64
QUERY, BUTTONS, ROW = 256, 100, 8
_BUTTON_KINDS = (
    *("callback_data", "url", "switch_inline_query", "switch_inline_query_current_chat", "copy_text", "pay"),
    *("switch_inline_query_chosen_chat", "web_app", "login_url", "callback_game"),
)


class Places:
    """What all methods need."""

    def __init__(self, world: World) -> None:
        self.world = world

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
        markup = keyboard(call)
        shown = _shown(markup) if markup and "inline_keyboard" in markup else None  # other kinds are not in messages
        return self.world.post(chat, self.world.bot, **content, **place, reply_to_message=reply, reply_markup=shown)

    def _thread(self, call: Call, chat: Chat) -> int | None:
        thread = call.whole("message_thread_id")
        if thread is not None and thread not in chat.threads:
            raise ApiError.bad("message thread not found")
        return thread

    def _reply(self, call: Call, chat: Chat) -> Json | None:
        asked = call.json("reply_parameters")
        if asked is None and call.whole("reply_to_message_id"):  # the older way, which is still taken
            lenient = call.flag("allow_sending_without_reply")
            asked = {"message_id": call.whole("reply_to_message_id"), "allow_sending_without_reply": lenient}
        if asked is None:
            return None
        found = self.world.messages.get((int(asked.get("chat_id") or chat.id), asked.get("message_id", 0)))
        if found is None and not asked.get("allow_sending_without_reply"):
            raise ApiError.bad("message to be replied not found")
        return found and {key: value for key, value in found.items() if key != "reply_to_message"}

    def _again(self, call: Call, kind: str) -> StoredFile | None:
        """The file that an id names; None where the call brings one along. Raises ApiError."""
        named = call.params.get(kind, "")
        if not named or named.startswith("attach://"):
            return None
        stored = self.world.files.get(named)
        if stored is None and re.match("https?://", named):
            raise ApiError.bad("failed to get HTTP URL content")
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

    def _mine(self, call: Call, chat: Chat) -> Json:
        """The bot's own message that is to be changed. Raises ApiError."""
        message = self.world.messages.get((chat.id, call.whole("message_id") or 0))
        if message is None:
            raise ApiError.bad("message to edit not found")
        if message["from"]["id"] != self.world.bot["id"]:
            raise ApiError.bad("message can't be edited")
        return message

    def _change(self, call: Call, message: Json, content: Json) -> Json:
        """Give a message another content. Without buttons, those that were there go. Raises ApiError."""
        markup = keyboard(call, inline_alone=True)
        buttons = _shown(markup) if markup and any(markup["inline_keyboard"]) else None
        content = {name: value for name, value in content.items() if value}
        if (buttons, content) == (message.get("reply_markup"), {name: message.get(name) for name in content}):
            raise ApiError.bad(
                "message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message"
            )
        for name in ("reply_markup", *_ALONGSIDE):
            if name == "reply_markup" or any(marked in content for marked in _ALONGSIDE[name]):
                message.pop(name, None)
        message |= content | ({"reply_markup": buttons} if buttons else {})
        return message

    def _text(self, call: Call) -> Json:
        """The text of a message and its entities. Raises ApiError."""
        return self._marked(call.text("text"), call, "text", "entities")

    def _captioned(self, call: Call) -> Json:
        """The words beside a file and their entities. Raises ApiError."""
        found = self._marked(call.text("caption"), call, "caption", "caption_entities")
        if units(found["caption"] or "") > CAPTION:
            raise ApiError.bad("message caption is too long")
        return found

    def _marked(self, text: str, call: Call, name: str, marks: str) -> Json:
        mode = call.text("parse_mode")
        plain, entities = parse(text, mode) if text else (text, [])
        if not mode:
            entities = [_entity(entity) for entity in call.list(marks)]
            check_entities(entities, plain)
        return self._worded(plain, entities, name, marks)

    def _worded(self, text: str, entities: list[Json], name: str, marks: str) -> Json:
        """A text without blanks around it, with the marks that are left and those that the service finds itself."""
        left = units(text) - units(text.lstrip())
        text = text.strip()
        kept = []
        for entity in entities:
            begin = max(entity["offset"] - left, 0)
            length = min(entity["offset"] + entity["length"] - left, units(text)) - begin
            what = {name: value for name, value in entity.items() if name != "user_id"}
            person = self.world.people.get(entity.get("user_id", 0))
            what |= {"user": person} if person else {}
            if length > 0 and (person or "user_id" not in entity):
                kept.append({**what, "offset": begin, "length": length})
        kept += [found for found in commands(text) if not any(_overlaps(found, mark) for mark in kept)]
        if name == "text":
            message_text(text)
        return {name: text or None, marks: sorted(kept, key=lambda mark: int(mark["offset"])) or None}

    def _permit(self, chat: Chat, kind: str, *, forbidden: bool) -> None:
        """Whether a chat takes something: a person's wish in private, a right of members in a group."""
        if forbidden and chat.id > 0:
            raise ApiError.bad("VOICE_MESSAGES_FORBIDDEN")
        if forbidden and self.world.bot["id"] not in chat.admins:
            raise ApiError.bad(f"not enough rights to send {kind} to the chat")


_ALONGSIDE = {"entities": ("text",), "caption_entities": ("caption",), "caption": ("caption",)}
"""What goes when something new comes in its place."""


def _overlaps(one: Json, other: Json) -> bool:
    begin, end = one["offset"], one["offset"] + one["length"]
    return bool(other["offset"] < end and begin < other["offset"] + other["length"])


def _entity(given: Any) -> Json:
    """A mark as a bot names it. Raises ApiError."""
    if not isinstance(given, dict):
        raise ApiError.bad("can't parse MessageEntity: expected an Object")
    if not all(isinstance(given.get(name), int) for name in ("offset", "length")):
        raise ApiError.bad('can\'t parse MessageEntity: Field "offset" must be of type Number')
    return given


def check_entities(entities: list[Json], text: str) -> None:
    """Marks stand inside of what they mark. Raises ApiError."""
    for entity in entities:
        offset, length, whole = entity["offset"], entity["length"], units(text)
        if offset < 0:
            raise ApiError.bad("receive an entity with incorrect offset")
        if length < 0:
            raise ApiError.bad("receive an entity with incorrect length")
        if offset > whole:
            raise ApiError.bad(f"entity begins after the end of the text at UTF-16 offset {offset}")
        if offset + length > whole:
            ends = f"ends after the end of the text at UTF-16 offset {offset + length}"
            raise ApiError.bad(f"entity beginning at UTF-16 offset {offset} {ends}")


def message_text(text: str) -> str:
    """A text that can be a message. Raises ApiError."""
    if not text.strip():
        raise ApiError.bad("message text is empty")
    if units(text.strip()) > TEXT:
        raise ApiError.bad("message is too long")
    return text


def keyboard(call: Call, *, inline_alone: bool = False) -> Json | None:
    """The keyboard of a request, whichever kind. Raises ApiError."""
    markup = call.json("reply_markup")
    if markup is None and not call.text("reply_markup"):
        return None
    if not isinstance(markup, dict):
        raise ApiError.bad("object expected as reply markup")
    if inline_alone and markup and "inline_keyboard" not in markup:
        raise ApiError.bad("inline keyboard expected")
    if "inline_keyboard" in markup:
        check_buttons(markup)
        return markup
    for button in _buttons(markup, "keyboard", "ReplyKeyboardMarkup") if "keyboard" in markup else []:
        if not isinstance(button, str | dict):
            raise ApiError.bad("can't parse keyboard button: KeyboardButton must be an Object")
        if not (button if isinstance(button, str) else str(button.get("text", ""))).strip():
            raise ApiError.bad("can't parse keyboard button: Can't find field \"text\"")
    return markup or None


def _shown(markup: Json) -> Json:
    """Buttons as a message shows them: without what the service does not know."""
    known = {"text", "style", "icon_custom_emoji_id", *_BUTTON_KINDS}
    rows = [
        [{name: button[name] for name in button if name in known} for button in row]
        for row in markup["inline_keyboard"]
    ]
    return {"inline_keyboard": rows}


def _buttons(markup: Json, name: str, kind: str) -> list[Any]:
    rows = markup.get(name)
    if not isinstance(rows, list):
        raise ApiError.bad(f'field "{name}" of the {kind} must be an Array')
    if not all(isinstance(row, list) for row in rows):
        raise ApiError.bad(f'field "{name}" of the {kind} must be an Array of Arrays')
    if sum(map(len, rows)) > BUTTONS or any(len(row) > ROW for row in rows if name == "inline_keyboard"):
        raise ApiError.bad("REPLY_MARKUP_TOO_LONG")
    return [button for row in rows for button in row]


def check_buttons(markup: Json | None) -> None:
    """Buttons under a message have one purpose each, and limits. Raises ApiError."""
    for button in _buttons(markup, "inline_keyboard", "InlineKeyboardMarkup") if markup else []:
        if not isinstance(button, dict):
            raise ApiError.bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
        kinds = [name for name in _BUTTON_KINDS if name in button]
        if not button.get("text", "").strip() or len(kinds) != 1:
            raise ApiError.bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        if kinds == ["callback_data"] and not 1 <= len(button["callback_data"].encode()) <= BUTTON:
            raise ApiError.bad("BUTTON_DATA_INVALID")
        if kinds == ["url"] and not re.match(r"(https?|tg|ton)://\S", button["url"]):
            raise ApiError.bad("BUTTON_URL_INVALID")
        if kinds[0].startswith("switch_inline_query") and units(str(button[kinds[0]])) > QUERY:
            raise ApiError.bad("SWITCH_INLINE_QUERY_INVALID")
