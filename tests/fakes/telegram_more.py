"""Methods of the Telegram stand-in that bots of other libraries call at start and in ordinary sending.

Called by ``telegram_methods``; our own bot needs few of them.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.fakes.telegram_chats import ApiError, Chat, Json, World, units
from tests.fakes.telegram_places import Places
from tests.fakes.telegram_requests import Call

_MEDIA = {"photo": 512, "video": 512, "animation": 512, "video_note": 240, "sticker": 512, "document": 0, "audio": 0}
"""Kinds of files, and how many pixels each is told to have on a side."""
_ALBUM = {"photo", "video", "audio", "document"}
_PROFILE = {"name": 64, "description": 512, "short_description": 120}
"""What a bot says of itself, and how long it may be."""
_REACTIONS = {"👍", "👎", "❤", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🎉", "👀", "🙏", "👌", "😢", "🤣", "💯", "⚡"}


class More(Places):
    """What a bot may call besides what ours calls."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.profile: dict[tuple[str, str], str] = {}
        """What the bot says of itself, by kind and language."""
        self.reactions: dict[tuple[int, int], list[Json]] = {}
        """The bot's, by chat and message."""
        self.drafts: dict[tuple[int, int], str] = {}
        """Texts that are still being written, by chat and their number."""
        self.pinned: dict[int, list[int]] = {}
        """Pinned messages, by chat."""
        self.logged_out = False
        self._menu: Json = {"type": "default"}
        self._rights: Json = {}
        self._by_name: dict[str, Callable[[Call], Awaitable[Any]]] = {
            "sendmediagroup": self._send_media_group,
            "sendlocation": self._send_location,
            "sendmessagedraft": self._send_message_draft,
            "editmessagecaption": self._edit_message_caption,
            "editmessagereplymarkup": self._edit_message_reply_markup,
            "copymessage": self._copy_message,
            "copymessages": self._copy_messages,
            "forwardmessage": self._forward_message,
            "forwardmessages": self._forward_messages,
            "deletemessages": self._delete_messages,
            "setmessagereaction": self._set_message_reaction,
            "pinchatmessage": self._pin_chat_message,
            "unpinchatmessage": self._unpin_chat_message,
            "unpinallchatmessages": self._unpin_chat_message,
            "getchatadministrators": self._get_chat_administrators,
            "getchatmembercount": self._get_chat_member_count,
            "getuserprofilephotos": self._get_user_profile_photos,
            "leavechat": self._leave_chat,
            "setchatmenubutton": self._set_chat_menu_button,
            "getchatmenubutton": self._get_chat_menu_button,
            "setmydefaultadministratorrights": self._set_rights,
            "getmydefaultadministratorrights": self._get_rights,
            "logout": self._log_out,
            "close": self._close,
        }
        for kind in _MEDIA:
            self._by_name[f"send{kind.replace('_', '')}"] = self._sender(kind)
        for kind in _PROFILE:
            name = kind.replace("_", "")
            self._by_name |= {f"setmy{name}": self._profile_setter(kind), f"getmy{name}": self._profile_getter(kind)}

    def find(self, name: str) -> Callable[[Call], Awaitable[Any]] | None:
        """A method by its name in any case."""
        return self._by_name.get(name.casefold())

    def _sender(self, kind: str) -> Callable[[Call], Awaitable[Json]]:
        async def send(call: Call) -> Json:
            chat = self._chat(call)
            words = self._captioned(call) if kind not in {"video_note", "sticker"} else {}
            return self._post(call, chat, **self._media(call, chat, kind, kind), **words)

        return send

    def _media(self, call: Call, chat: Chat, kind: str, name: str) -> Json:
        """A file of a message, uploaded now or before. Raises ApiError."""
        stored = self._again(call, kind) if name == kind else None
        if kind in {"document", "audio"}:
            self._permit(chat, f"{kind}s", forbidden=chat.no_files)
        if stored is None:
            upload = self._upload(call, name)
            side = _MEDIA.get(kind, 0)
            about: Json = {"width": side, "height": side} if side else {}
            if kind in {"document", "video", "animation", "audio"}:
                about |= {"file_name": upload.filename, "mime_type": upload.content_type}
            if kind in {"video", "animation", "video_note", "audio"}:
                about["duration"] = call.whole("duration") or 0
            if kind == "video_note":
                about["length"] = about.pop("width")
                about.pop("height")
            if kind == "sticker":
                about |= {"type": "regular", "is_animated": False, "is_video": False}
            stored = self.world.store(kind, upload.data, about)
        shown: Json = {kind: [stored.about] if kind == "photo" else stored.about}
        return shown | ({"document": stored.about} if kind == "animation" else {})

    async def _send_media_group(self, call: Call) -> list[Json]:
        chat, media = self._chat(call), call.list("media")
        if not 2 <= len(media) <= 10:
            raise ApiError.bad("there must be 2-10 media items in the album" if media else "media must be non-empty")
        posted = []
        for item in media:
            kind = item.get("type", "")
            if kind not in _ALBUM:
                raise ApiError.bad("can't parse InputMedia: invalid media type specified")
            single = Call(call.method, call.params | {kind: item.get("media", "")}, call.files)
            for name in ("caption", "parse_mode"):
                single.params[name] = item.get(name) or ""
            name = item.get("media", "").removeprefix("attach://")
            content = self._media(single, chat, kind, name if name in call.files else kind)
            posted.append(self._post(single, chat, **content, **self._captioned(single), media_group_id="1"))
        return posted

    async def _send_location(self, call: Call) -> Json:
        chat = self._chat(call)
        try:
            place = {name: float(call.text(name)) for name in ("latitude", "longitude")}
        except ValueError:
            raise ApiError.bad("bad location") from None
        if abs(place["latitude"]) > 90 or abs(place["longitude"]) > 180:
            raise ApiError.bad("bad location")
        return self._post(call, chat, location=place)

    async def _send_message_draft(self, call: Call) -> bool:
        chat, number = self._chat(call), call.whole("draft_id")
        if chat.id < 0:
            raise ApiError.bad("message drafts can be sent only to private chats")
        if not number:
            raise ApiError.bad("draft identifier must be non-zero")
        self.drafts[chat.id, number] = self._text(call)["text"]
        return True

    async def _edit_message_caption(self, call: Call) -> Json:
        message = self._mine(call, self._chat(call))
        if "text" in message:
            raise ApiError.bad("there is no caption in the message to edit")
        return self._change(call, message, self._captioned(call))

    async def _edit_message_reply_markup(self, call: Call) -> Json:
        return self._change(call, self._mine(call, self._chat(call)), {})

    def _source(self, call: Call, number: int | None, verb: str) -> Json:
        """The message that is to be sent once more. Raises ApiError."""
        origin = self.world.chat(call.text("from_chat_id"))
        message = self.world.messages.get((origin.id, number or 0))
        if message is None:
            raise ApiError.bad(f"message to {verb} not found")
        return message

    def _copy(self, call: Call, number: int | None, chat: Chat) -> Json:
        source = self._source(call, number, "copy")
        about = {"message_id", "date", "chat", "from", "reply_to_message", "reply_markup", "via_bot", "edit_date"}
        content = {name: value for name, value in source.items() if name not in about}
        if "caption" in call.params and "text" not in content:
            content |= self._captioned(call)
        return {"message_id": self._post(call, chat, **content)["message_id"]}

    async def _copy_message(self, call: Call) -> Json:
        return self._copy(call, call.whole("message_id"), self._chat(call))

    async def _copy_messages(self, call: Call) -> list[Json]:
        chat = self._chat(call)
        return [self._copy(call, number, chat) for number in self._numbers(call)]

    def _forward(self, call: Call, number: int | None, chat: Chat) -> Json:
        source = self._source(call, number, "forward")
        about = {"message_id", "date", "chat", "from", "reply_to_message", "reply_markup"}
        content = {name: value for name, value in source.items() if name not in about}
        origin = {"type": "user", "date": source["date"], "sender_user": source["from"]}
        return self._post(call, chat, **{"forward_origin": origin} | content)

    async def _forward_message(self, call: Call) -> Json:
        return self._forward(call, call.whole("message_id"), self._chat(call))

    async def _forward_messages(self, call: Call) -> list[Json]:
        chat = self._chat(call)
        posted = [self._forward(call, number, chat) for number in self._numbers(call)]
        return [{"message_id": message["message_id"]} for message in posted]

    async def _delete_messages(self, call: Call) -> bool:
        chat = self._chat(call)
        for number in self._numbers(call):  # those that are not there are passed over
            self.world.messages.pop((chat.id, number), None)
        return True

    def _numbers(self, call: Call) -> list[int]:
        numbers = call.list("message_ids")
        if not 1 <= len(numbers) <= 100:
            raise ApiError.bad("message identifiers are not specified" if not numbers else "too many messages")
        return [int(number) for number in numbers]

    async def _set_message_reaction(self, call: Call) -> bool:
        chat, number = self._chat(call), call.whole("message_id") or 0
        if (chat.id, number) not in self.world.messages:
            raise ApiError.bad("message to react not found")
        reactions = call.list("reaction")
        if any(each.get("type") == "emoji" and each.get("emoji") not in _REACTIONS for each in reactions):
            raise ApiError.bad("REACTION_INVALID")
        if len(reactions) > 1:
            raise ApiError.bad("REACTIONS_TOO_MANY")
        self.reactions[chat.id, number] = reactions
        return True

    async def _pin_chat_message(self, call: Call) -> bool:
        chat, number = self._chat(call), call.whole("message_id") or 0
        self._administers(chat, "manage pinned messages in the chat")
        if (chat.id, number) not in self.world.messages:
            raise ApiError.bad("message to pin not found")
        self.pinned.setdefault(chat.id, []).append(number)
        return True

    async def _unpin_chat_message(self, call: Call) -> bool:
        chat, number = self._chat(call), call.whole("message_id")
        self._administers(chat, "manage pinned messages in the chat")
        there = self.pinned.setdefault(chat.id, [])
        if number is not None and number not in there:
            raise ApiError.bad("message to unpin not found")
        if call.method.casefold() == "unpinallchatmessages":
            there.clear()
        elif there:
            there.remove(number if number is not None else there[-1])
        return True

    def _administers(self, chat: Chat, what: str) -> None:
        if chat.id < 0 and self.world.bot["id"] not in chat.admins:
            raise ApiError.bad(f"not enough rights to {what}")

    async def _get_chat_administrators(self, call: Call) -> list[Json]:
        chat = self._chat(call)
        if chat.id > 0:
            raise ApiError.bad("there are no administrators in the private chat")
        known = self.world.people
        people = [known.get(user, {"id": user, "is_bot": False, "first_name": "P"}) for user in sorted(chat.admins)]
        return [{"status": "creator", "user": person, "is_anonymous": False} for person in people]

    async def _get_chat_member_count(self, call: Call) -> int:
        chat = self._chat(call)
        wrote = {key["from"]["id"] for (where, _), key in self.world.messages.items() if where == chat.id}
        return len(wrote | chat.admins | {self.world.bot["id"]}) if chat.id < 0 else 2

    async def _get_user_profile_photos(self, call: Call) -> Json:
        if call.whole("user_id") not in self.world.people:
            raise ApiError.bad("user not found")
        return {"total_count": 0, "photos": []}

    async def _leave_chat(self, call: Call) -> bool:
        chat = self._chat(call)
        if chat.id > 0:
            raise ApiError.bad("chat member status can't be changed in private chats")
        chat.blocked = True
        return True

    def _profile_setter(self, kind: str) -> Callable[[Call], Awaitable[bool]]:
        async def set_profile(call: Call) -> bool:
            words = call.text(kind)
            if units(words) > _PROFILE[kind]:
                raise ApiError.bad(f"BOT_{'TITLE' if kind == 'name' else kind.replace('short_', '').upper()}_TOO_LONG")
            self.profile[kind, call.text("language_code")] = words
            return True

        return set_profile

    def _profile_getter(self, kind: str) -> Callable[[Call], Awaitable[Json]]:
        async def get_profile(call: Call) -> Json:
            usual = self.world.bot["first_name"] if kind == "name" else ""
            shared = self.profile.get((kind, "")) or usual
            return {kind: self.profile.get((kind, call.text("language_code"))) or shared}

        return get_profile

    async def _set_chat_menu_button(self, call: Call) -> bool:
        button = call.json("menu_button") or {"type": "default"}
        if button.get("type") not in {"default", "commands", "web_app"}:
            raise ApiError.bad("can't parse menu button: MenuButton has unsupported type")
        self._menu = button
        return True

    async def _get_chat_menu_button(self, call: Call) -> Json:
        return self._menu

    async def _set_rights(self, call: Call) -> bool:
        self._rights = call.json("rights") or {}
        return True

    async def _get_rights(self, call: Call) -> Json:
        names = ("manage_chat", "delete_messages", "manage_video_chats", "restrict_members", "promote_members")
        more = ("change_info", "invite_users", "post_stories", "edit_stories", "delete_stories")
        return {"is_anonymous": False, **{f"can_{name}": False for name in (*names, *more)}, **self._rights}

    async def _log_out(self, call: Call) -> bool:
        self.logged_out = True
        return True

    async def _close(self, call: Call) -> bool:
        return True
