"""The table of ``chat_cases.toml`` as messages, readings and what is to be said."""

import tomllib
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.normalization.message import Attachment, AttachmentKind, ChatMessage, Poll, Reading, VocalCues

_PATH = Path(__file__).parent / "chat_cases.toml"
_USERS = {"1": "Sam", "2": "Alex Green", "3": "小明"}
_ROLES = {"10": "Moderators", "11": "管理员"}
_CHANNELS = {"20": "general", "21": "off-topic", "22": "闲聊"}
NOW = datetime(2023, 11, 14, 22, 8, 20, tzinfo=UTC)
_OF_READING = {field.name for field in fields(Reading)}


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    item: str
    rule: str
    message: ChatMessage
    reading: Reading
    said: str

    @property
    def id(self) -> str:
        return f"{self.item}-{self.reading.language}-{self.message.text[:24]!r}"


def _case(item: str, table: dict[str, Any], language: str, row: list[Any]) -> Case:
    more: dict[str, Any] = dict(row[2]) if len(row) > 2 else {}
    rule = more.pop("rule", table["rule"])
    reading = {name: more.pop(name) for name in list(more) if name in _OF_READING}
    for name in ("dictionary", "patterns", "blocklist"):
        if name in reading:
            reading[name] = tuple(tuple(each) if isinstance(each, list) else each for each in reading[name])
    if "attachments" in more:
        more["attachments"] = tuple(Attachment(AttachmentKind(kind), *rest) for kind, *rest in more["attachments"])
    if "poll" in more:
        more["poll"] = Poll(more["poll"][0], tuple(more["poll"][1:]))
    if "stickers" in more:
        more["stickers"] = tuple(more["stickers"])
    delivery = VocalCues() if table.get("delivery") else VocalCues.off()
    return Case(
        item,
        rule,
        ChatMessage(row[0], users=_USERS, roles=_ROLES, channels=_CHANNELS, **more),
        Reading(language, now=NOW, delivery=delivery, **reading),  # type: ignore[arg-type]
        row[1],
    )


def load() -> list[Case]:
    """Every line, in order."""
    tables = tomllib.loads(_PATH.read_text(encoding="utf-8"))
    return [
        _case(item, table, language, row)
        for item, table in tables.items()
        for language in ("en", "zh")
        for row in table[language]
    ]
