"""What the Discord stand-in remembers: messages, and for each interaction what the bot made of it.

Filled by discord_rest.py, read and waited on by tests.
"""

import asyncio
import mimetypes
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.fakes.discord_components import parts
from tests.fakes.discord_rules import EPHEMERAL, LOADING, VOICE, Upload
from tests.fakes.discord_world import Channel, User, snowflake, timestamp

ANSWER_WITHIN = 3.0
"""Seconds until an interaction that nobody answered is unknown."""
TOKEN_LASTS = 15 * 60.0
"""Seconds that an interaction can be followed up."""
PATIENCE = 15.0
"""Seconds that a test waits for something before it fails."""
_T = TypeVar("_T")


class Clock:
    """The stand-in's clock. A frozen one moves only by ``advance``: nothing is late because a machine is slow."""

    def __init__(self, *, frozen: bool = False) -> None:
        self._frozen = frozen
        self._ahead = 0.0

    def now(self) -> float:
        """Seconds since some moment."""
        return self._ahead + (0.0 if self._frozen else time.monotonic())

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += seconds


class Changes:
    """Waiting for something to have happened, without polling."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Event] = []

    def tell(self) -> None:
        """Something happened: everyone looks again."""
        for event in self._waiting:
            event.set()

    async def until(self, look: Callable[[], _T | None]) -> _T:
        """The first true value of ``look``. Raises TimeoutError after PATIENCE."""
        event = asyncio.Event()
        self._waiting.append(event)
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := look()):
                    await event.wait()
                    event.clear()
                return found
        finally:
            self._waiting.remove(event)


@dataclass(slots=True)
class Message:
    """A message as it stands."""

    channel: Channel
    author: User
    data: dict[str, Any]
    """The payload as it was sent."""
    files: list[Upload] = field(default_factory=list)
    flags: int = 0
    edits: int = 0
    deleted: bool = False
    id: int = field(default_factory=snowflake)

    @property
    def content(self) -> str:
        """Its words."""
        return self.data.get("content") or ""

    @property
    def voice(self) -> bool:
        """Whether it shows as a voice message."""
        return bool(self.flags & VOICE)

    @property
    def private(self) -> bool:
        """Whether only one person sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Whether it still says that the bot is thinking."""
        return bool(self.flags & LOADING)

    @property
    def buttons(self) -> list[str]:
        """The custom ids of what can be pressed under it."""
        return [part["custom_id"] for part in parts(self.data.get("components") or []) if not part.get("disabled")]

    def button(self, start: str) -> str:
        """The first custom id that starts so."""
        return next(name for name in self.buttons if name.startswith(start))

    def payload(self, root: str, application_id: int) -> dict[str, Any]:
        """A message object."""
        more: dict[str, Any] = {
            key: self.data[key] for key in ("sticker_items", "poll", "webhook_id") if key in self.data
        }
        if "snapshots" in self.data:
            more["message_snapshots"] = self.data["snapshots"]
        if self.author.id == application_id:
            more["application_id"] = str(application_id)
        return more | {
            "id": str(self.id), "channel_id": str(self.channel.id), "author": self.author.payload(),
            "content": self.content, "timestamp": timestamp(), "edited_timestamp": None, "tts": False,
            "mention_everyone": False, "mentions": self.data.get("mentions") or [],
            "mention_roles": self.data.get("mention_roles") or [],
            "embeds": self.data.get("embeds") or [], "components": self.data.get("components") or [],
            "pinned": False, "type": self.data.get("type", 0), "flags": self.flags, "nonce": self.data.get("nonce"),
            "attachments": [self._attachment(index, root) for index in range(len(self.files))],
        }  # fmt: skip

    def _attachment(self, index: int, root: str) -> dict[str, Any]:
        upload = self.files[index]
        url = f"{root}/attachments/{self.channel.id}/{self.id}/{index}/{upload.filename}"
        base = {"id": str(self.id + index + 1), "filename": upload.filename, "size": len(upload.data), "url": url,
                "proxy_url": url, "ephemeral": self.private,
                "content_type": mimetypes.guess_type(upload.filename)[0]}  # fmt: skip
        if self.voice:
            base |= {key: upload.entry[key] for key in ("duration_secs", "waveform")} | {"content_type": "audio/ogg"}
        return base


@dataclass(slots=True)
class Exchange:
    """An interaction: what a person did, and all that the bot answered."""

    payload: dict[str, Any]
    """INTERACTION_CREATE."""
    channel: Channel
    user: User
    changes: Changes
    sent: float = 0.0
    """When, by the stand-in's clock."""
    started: float = field(default_factory=time.monotonic)
    installed_in_guild: bool = True
    callback: dict[str, Any] | None = None
    """The first response: ``type`` and ``data``."""
    latency: float | None = None
    """Seconds from the dispatch to the first response."""
    source: Message | None = None
    """The message whose button was pressed."""
    original: Message | None = None
    deleted: bool = False
    """Whether the original response was taken back."""
    deferred_voice: bool = False
    followups: list[Message] = field(default_factory=list)

    @property
    def id(self) -> int:
        """The interaction's id."""
        return int(self.payload["id"])

    @property
    def token(self) -> str:
        """What follow-ups are addressed to."""
        return str(self.payload["token"])

    async def acknowledged(self) -> dict[str, Any]:
        """The first response, once it is there."""
        return await self.changes.until(lambda: self.callback)

    async def answered(self) -> Message:
        """The original response, once it says something."""
        return await self.changes.until(lambda: self.original if self.original and not self.original.loading else None)

    async def form(self) -> dict[str, Any]:
        """The form that was opened."""
        answer = await self.acknowledged()
        assert answer["type"] == 9, answer
        return dict(answer["data"])

    async def withdrawn(self) -> None:
        """Until the original response is taken back."""
        await self.changes.until(lambda: self.deleted)

    async def followup(self, number: int = 1) -> Message:
        """The n-th follow-up."""
        return await self.changes.until(lambda: self.followups[number - 1] if len(self.followups) >= number else None)

    async def suggestions(self) -> list[dict[str, Any]]:
        """What was suggested while typing."""
        return list((await self.acknowledged())["data"]["choices"])
