"""What the Telegram stand-in remembers: people, chats, messages, files. Used by the server and its methods."""

import itertools
import re
from dataclasses import dataclass, field
from typing import Any

NOW = 1_760_000_000
"""The date of every message: nothing here depends on it."""
_COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,32}(?:@([A-Za-z0-9_]+))?")

Json = dict[str, Any]


class ApiError(Exception):
    """A refusal as the Bot API words it."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    @classmethod
    def bad(cls, description: str) -> "ApiError":
        """Most refusals."""
        return cls(400, f"Bad Request: {description}")


def units(text: str) -> int:
    """Length in UTF-16 units, in which the Bot API counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def commands(text: str) -> list[Json]:
    """The ``bot_command`` entities of a text."""
    return [
        {"type": "bot_command", "offset": units(text[: found.start()]), "length": units(found[0])}
        for found in _COMMAND.finditer(text)
    ]


PHOTO: Json = {"file_id": "photo-1", "file_unique_id": "p1", "width": 8, "height": 8}


def check_entities(content: Json) -> None:
    """Marks stand inside of what they mark: a test that writes others would show what cannot be."""
    for text, marks in (("text", "entities"), ("caption", "caption_entities")):
        whole = units(content.get(text) or "")
        for mark in content.get(marks) or ():
            assert 0 <= mark["offset"] < mark["offset"] + mark["length"] <= whole, mark


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes."""

    id: int = 1001
    name: str = "Ann"
    language: str | None = "en"
    is_bot: bool = False
    username: str = ""

    @property
    def json(self) -> Json:
        """As in an update."""
        known = {"language_code": self.language} if self.language else {}
        known |= {"username": self.username} if self.username else {}
        return {"id": self.id, "is_bot": self.is_bot, "first_name": self.name, **known}


ANN = Person()
ANONYMOUS: Json = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
"""Who writes where somebody writes as the group."""
BO = Person(1002, "Bo")
LI = Person(1003, "Li", "zh-hans")


@dataclass(slots=True)
class Chat:
    """A private chat or a group."""

    id: int
    title: str = ""
    threads: set[int] = field(default_factory=set)
    """Topics of a forum."""
    blocked: bool = False
    """The person has blocked the bot, or it was thrown out."""
    no_voices: bool = False
    """Voice messages are not wanted."""
    no_files: bool = False
    """In a group: nor are other files of sound."""
    admins: set[int] = field(default_factory=set)
    """Ids of a group's administrators, maybe the bot's own."""
    anonymous: set[int] = field(default_factory=set)
    """Those of them who write as the group."""
    last_message: int = 0
    basic: bool = False
    """A small group that is no supergroup yet."""
    migrated_to: int = 0
    """The supergroup that it became: nothing can be sent here any more."""

    @property
    def json(self) -> Json:
        """As in an update."""
        if self.id > 0:
            return {"id": self.id, "type": "private", "first_name": self.title}
        if self.basic:
            return {"id": self.id, "type": "group", "title": self.title, "all_members_are_administrators": False}
        forum = {"is_forum": True} if self.threads else {}
        return {"id": self.id, "type": "supergroup", "title": self.title, **forum}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was uploaded."""

    file_id: str
    kind: str
    """``voice``, ``audio``, ``document``."""
    data: bytes
    about: Json
    """What a message says of it."""
    path: str


class World:
    """Everything that outlives one call."""

    def __init__(self, bot: Json) -> None:
        self.bot = bot
        self.chats: dict[int, Chat] = {}
        self.people: dict[int, Json] = {}
        """Everyone who wrote, or pressed a button."""
        self.messages: dict[tuple[int, int], Json] = {}
        self.files: dict[str, StoredFile] = {}
        self.queries: dict[str, bool] = {}
        """Pressed buttons by id, and whether they were answered."""
        self.inline_queries: dict[str, bool] = {}
        """Inline queries by id, and whether they were answered."""
        self.guest_queries: dict[str, bool] = {}
        """Messages to the bot where it is a guest by id, and whether they were answered."""
        self._numbers = itertools.count(1)

    def private(self, person: Person) -> Chat:
        """The chat of a person with the bot."""
        return self.chats.setdefault(person.id, Chat(person.id, person.name))

    def chat(self, chat_id: str) -> Chat:
        """A known chat. Raises ApiError."""
        if not chat_id:
            raise ApiError.bad("chat_id is empty")
        known = self.chats.get(int(chat_id)) if re.fullmatch(r"-?\d{1,15}", chat_id) else None
        if known is None:
            raise ApiError.bad("chat not found")
        if known.migrated_to:
            upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
            raise ApiError(400, upgraded, migrate_to_chat_id=known.migrated_to)
        return known

    def post(self, chat: Chat, sender: Json, **content: Any) -> Json:
        """Put a message into a chat."""
        chat.last_message += 1
        self.people[sender["id"]] = sender
        content = {name: value for name, value in content.items() if value is not None}
        number = chat.last_message
        message = {"message_id": number, "date": NOW, "chat": chat.json, "from": sender, **content}
        self.messages[chat.id, number] = message
        return message

    def store(self, kind: str, data: bytes, about: Json) -> StoredFile:
        """Keep a file; its id can be sent again."""
        number = next(self._numbers)
        about = {**about, "file_id": f"{kind}-file-{number}", "file_unique_id": f"u{number}", "file_size": len(data)}
        stored = StoredFile(about["file_id"], kind, data, about, f"{kind}/file_{number}.oga")
        self.files[stored.file_id] = stored
        return stored
