"""The values of reading aloud: a message as a platform's front end sees it, how it is to be read, and what came out.

Made by front ends and by the command line, taken by ``bot.normalization.clean.clean_message``. All frozen; nothing is
checked here,
since the rules take any text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo

from bot.normalization.lexicon import Blocklist, Dictionary

Language = Literal["en", "zh"]
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Kind(StrEnum):
    """What was attached."""

    IMAGE = "image"
    GIF = "gif"
    VIDEO = "video"
    VIDEO_NOTE = "video note"
    """Telegram's round video."""
    AUDIO = "audio"
    VOICE = "voice"
    """A voice message."""
    TEXT = "text"
    SCRIPT = "script"
    """Program text."""
    ARCHIVE = "archive"
    PROGRAM = "program"
    DOCUMENT = "document"
    CONTACT = "contact"
    PLACE = "place"
    FILE = "file"
    """Anything else."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Files of one kind that came with a message."""

    kind: Kind
    count: int = 1
    seconds: float | None = None
    """Length of one voice or video message."""


@dataclass(frozen=True, slots=True)
class Poll:
    """A question to the chat."""

    question: str
    options: tuple[str, ...] = ()


class Mark(StrEnum):
    """Formatting that a platform tells beside the text instead of in it, as Telegram does."""

    SPOILER = "spoiler"
    CODE = "code"
    CODE_BLOCK = "code block"
    LINK = "link"
    """Words that lead to an address: they are read."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text with a mark. Spans that overlap an earlier one are ignored."""

    mark: Mark
    start: int
    """In code points."""
    end: int
    """The first that no longer belongs to it."""
    detail: str = ""
    """The language of a code block."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message somebody sent, not a command."""

    text: str = ""
    platform: Literal["discord", "telegram"] = "discord"
    author: str = ""
    """The name shown in the chat."""
    reply_to: str | None = None
    """Whom it answers, by the name shown; empty when nobody knows."""
    forwarded_from: str | None = None
    """Who wrote it first; empty when nobody knows; None when it is not forwarded."""
    attachments: tuple[Attachment, ...] = ()
    stickers: tuple[str, ...] = ()
    """Their names."""
    poll: Poll | None = None
    users: Mapping[str, str] = field(default_factory=lambda: _NO_NAMES)
    """Names shown, by id."""
    roles: Mapping[str, str] = field(default_factory=lambda: _NO_NAMES)
    channels: Mapping[str, str] = field(default_factory=lambda: _NO_NAMES)
    spans: tuple[Span, ...] = ()
    silent: bool = False
    """Sent without a notification (``@silent``)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Which ways of writing become ways of speaking."""

    laugh: bool = True
    """A laughing emoji becomes a laugh."""
    emphasis: bool = True
    """ALL CAPS are stressed."""
    whisper: bool = True
    """The word that stands for a spoiler is whispered."""
    actions: bool = True
    """``*sighs*`` becomes a sigh."""

    @classmethod
    def off(cls) -> "Delivery":
        """Return words only."""
        return cls(laugh=False, emphasis=False, whisper=False, actions=False)


@dataclass(frozen=True)
class Reading:
    """How messages are read in a place, or to a person. Make it once and keep it: it prepares its word lists."""

    language: Language = "en"
    """Of the words that stand for what cannot be read."""
    delivery: Delivery = Delivery()
    skip_emoji: bool = False
    """Emoji, emoticons and stickers are left out."""
    say_names: bool = False
    """``Sam says:`` comes first."""
    name_template: str = ""
    """How that is said, with ``{name}`` in it; empty: as the language does."""
    read_silent: bool = False
    """Whether messages sent without a notification are read."""
    expand_slang: bool = True
    """``btw`` is read as ``by the way``."""
    dictionary: tuple[tuple[str, str], ...] = ()
    """Words as they are written, and as they are to be said."""
    patterns: tuple[tuple[str, str], ...] = ()
    """Regular expressions (RE2's, whatever the case) and what is said for what they find; ``\\1`` is a group of it."""
    blocklist: tuple[str, ...] = ()
    """Words that are not said."""
    blocked: Literal["redact", "refuse"] = "redact"
    """Whether a blocked word is bleeped or the whole message is not read."""
    max_characters: int = 500
    """Longest reading in code points; what is cut off is said to be cut off."""
    now: datetime | None = None
    """The moment that relative times refer to; the clock when None."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """Where the listeners are."""

    @cached_property
    def says(self) -> Dictionary:
        """The dictionary, prepared."""
        from bot.normalization.sanitize import undressed  # noqa: PLC0415  it imports this module

        return Dictionary(self.dictionary, self.patterns, undressed)

    @cached_property
    def blocks(self) -> Blocklist:
        """The blocklist, prepared."""
        return Blocklist(self.blocklist)

    def varied(self, **changes: Any) -> "Reading":
        """With other settings; the prepared word lists are shared where they stay the same."""
        other = replace(self, **changes)
        for prepared, sources in (("says", {"dictionary", "patterns"}), ("blocks", {"blocklist"})):
            if prepared in self.__dict__ and sources.isdisjoint(changes):
                other.__dict__[prepared] = self.__dict__[prepared]
        return other

    def moment(self) -> datetime:
        """Now, where the listeners are."""
        return (self.now or datetime.now(UTC)).astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class Applied:
    """One change and the rule that made it."""

    rule: str
    """Its name; ``rule.<name>`` is its label in ``bot.texts``."""
    before: str
    """As written; the content of a spoiler is left out."""
    after: str
    """As read; empty when it is left out."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A way of speaking taken from the writing."""

    kind: str
    """``laugh``, ``emphasis``, ``whisper``, ``sigh``, ``cough`` …"""
    tag: str
    """The audio tag in the text: ``[laughs]``."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message as it is read aloud."""

    text: str
    """Ready for the synthesis core; empty when there is nothing to read."""
    rules: tuple[Applied, ...] = ()
    """What was changed, rule by rule."""
    cues: tuple[Cue, ...] = ()
    """Every audio tag in the text, in order. There is no other."""
    refused: bool = False
    """Not read because of a blocked word."""
