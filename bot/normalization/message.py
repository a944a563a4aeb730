"""Values for reading aloud: a message from a front end, how it is to be read, and the result.

Made by front ends and by the command line, taken by ``bot.normalization.clean.clean_message``. All frozen; nothing is
checked here, since the rules accept any text.
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


class AttachmentKind(StrEnum):
    """Kind of an attachment."""

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
    """Source code."""
    ARCHIVE = "archive"
    PROGRAM = "program"
    DOCUMENT = "document"
    CONTACT = "contact"
    PLACE = "place"
    FILE = "file"
    """Anything else."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Files of one kind attached to a message."""

    kind: AttachmentKind
    count: int = 1
    seconds: float | None = None
    """Length of one voice or video message."""


@dataclass(frozen=True, slots=True)
class Poll:
    """A question to the chat."""

    question: str
    options: tuple[str, ...] = ()


class Mark(StrEnum):
    """Formatting that a platform gives beside the text instead of in it, as Telegram does."""

    SPOILER = "spoiler"
    CODE = "code"
    CODE_BLOCK = "code block"
    LINK = "link"
    """Text of a link, which is read."""


@dataclass(frozen=True, slots=True)
class Span:
    """A formatted span of the text. Spans that overlap an earlier one are ignored."""

    mark: Mark
    start: int
    """Start in code points."""
    end: int
    """End, exclusive."""
    detail: str = ""
    """Language of a code block."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A chat message that is no command."""

    text: str = ""
    platform: Literal["discord", "telegram"] = "discord"
    author: str = ""
    """Display name."""
    reply_to: str | None = None
    """Display name of the author replied to; empty if unknown."""
    forwarded_from: str | None = None
    """The original author; empty if unknown; None if it is not forwarded."""
    attachments: tuple[Attachment, ...] = ()
    stickers: tuple[str, ...] = ()
    """Their names."""
    poll: Poll | None = None
    users: Mapping[str, str] = field(default_factory=lambda: _NO_NAMES)
    """Display names by id."""
    roles: Mapping[str, str] = field(default_factory=lambda: _NO_NAMES)
    channels: Mapping[str, str] = field(default_factory=lambda: _NO_NAMES)
    spans: tuple[Span, ...] = ()
    silent: bool = False
    """Sent without a notification (``@silent``)."""


@dataclass(frozen=True, slots=True)
class VocalCues:
    """Ways of writing that become ways of speaking."""

    laugh: bool = True
    """A laughing emoji becomes a laugh."""
    emphasis: bool = True
    """ALL CAPS are stressed."""
    whisper: bool = True
    """The placeholder of a spoiler is whispered."""
    actions: bool = True
    """``*sighs*`` becomes a sigh."""

    @classmethod
    def off(cls) -> "VocalCues":
        """Return cues with everything off."""
        return cls(laugh=False, emphasis=False, whisper=False, actions=False)


@dataclass(frozen=True)
class Reading:
    """How messages are read in a place, or of a person. Make it once and keep it: it prepares its word lists."""

    language: Language = "en"
    """Language of the words for what cannot be read."""
    delivery: VocalCues = VocalCues()
    skip_emoji: bool = False
    """Emoji, emoticons and stickers are dropped."""
    say_names: bool = False
    """``Sam says:`` comes first."""
    name_template: str = ""
    """Its template, with ``{name}`` in it; empty: the language's own."""
    read_silent: bool = False
    """Whether messages sent without a notification are read."""
    expand_slang: bool = True
    """``btw`` is read as ``by the way``."""
    dictionary: tuple[tuple[str, str], ...] = ()
    """Written words and their replacements."""
    patterns: tuple[tuple[str, str], ...] = ()
    r"""Regular expressions (RE2, ignoring case) and their replacements; ``\1`` is a group."""
    blocklist: tuple[str, ...] = ()
    """Words that are not spoken."""
    blocked: Literal["redact", "refuse"] = "redact"
    """Whether a blocked word is bleeped or stops the whole message."""
    max_characters: int = 500
    """Longest reading in code points; a cut is announced."""
    now: datetime | None = None
    """Reference of relative times; None: the current time."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """Time zone of the listeners."""

    @cached_property
    def says(self) -> Dictionary:
        """The dictionary, prepared."""
        from bot.normalization.sanitize import unstyled  # noqa: PLC0415  it imports this module

        return Dictionary(self.dictionary, self.patterns, unstyled)

    @cached_property
    def blocks(self) -> Blocklist:
        """The block list, prepared."""
        return Blocklist(self.blocklist)

    def varied(self, **changes: Any) -> "Reading":
        """Return a copy with other settings; prepared word lists are shared if unchanged."""
        other = replace(self, **changes)
        for prepared, sources in (("says", {"dictionary", "patterns"}), ("blocks", {"blocklist"})):
            if prepared in self.__dict__ and sources.isdisjoint(changes):
                other.__dict__[prepared] = self.__dict__[prepared]
        return other

    def moment(self) -> datetime:
        """Return the current time in the listeners' zone."""
        return (self.now or datetime.now(UTC)).astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class Applied:
    """A change and the rule that made it."""

    rule: str
    """Its name; ``rule.<name>`` is its label in ``bot.texts``."""
    before: str
    """As written; without the content of a spoiler."""
    after: str
    """As read; empty if dropped."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A way of speaking derived from the writing."""

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
    """Changes, rule by rule."""
    cues: tuple[Cue, ...] = ()
    """Every audio tag in the text, in order. There is no other."""
    refused: bool = False
    """Not read because of a blocked word."""
