"""The values that pass between the layers: frozen, with their units. Everyone may import them."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import Literal, Self

from bot.errors import BotError

SAMPLE_RATE = 24_000
"""Hertz. Used throughout the core: MiMo's rate, and one libopus accepts without a resampler."""


_LONGEST_SCOPE = 128
CHANNEL_SENDERS = "/channels"
"""Ends the id of ``Space.channel_senders``: ``telegram:-100123/channels``."""
Speed = Literal["", "slow", "fast"]
"""How fast a person is spoken; empty leaves it to the voice."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person on a platform."""

    platform: str
    """``discord``, ``telegram``, ``cli``."""
    id: str

    @property
    def scope(self) -> str:
        """The scope of its counters: ``account:discord:42``."""
        return f"account:{self.platform}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``discord:42``; a bare name is a command-line account. Raises ValueError for an invalid name."""
        platform, separator, identity = text.strip().partition(":")
        found = cls(platform, identity) if separator else cls("cli", platform)
        if not (found.platform and found.id) or len(found.scope) > _LONGEST_SCOPE or not found.scope.isprintable():
            raise ValueError("an account is a name or platform:id")
        return found


@dataclass(frozen=True, slots=True)
class Space:
    """A Discord guild or a Telegram chat."""

    platform: str
    id: str

    @property
    def scope(self) -> str:
        """The scope of its counters: ``space:telegram:-100123``."""
        return f"space:{self.platform}:{self.id}"

    @property
    def channel_senders(self) -> Account:
        """The shared account of everyone who writes there as a channel: creating channels is free."""
        return Account(self.platform, f"{self.id}{CHANNEL_SENDERS}")


class Lane(IntEnum):
    """Priority when all slots of a provider are taken. Lower is sooner."""

    CALL = 0
    """Someone in a voice call waits for the next sentence."""
    SAY = 1
    """A command waits for its voice message."""
    JOB = 2
    """Long work in the background."""


class VoiceKind(StrEnum):
    """Where a voice comes from."""

    PRESET = "preset"
    DESIGNED = "designed"
    CLONED = "cloned"


@dataclass(frozen=True, slots=True)
class Sample:
    """A recording for a cloned voice."""

    data: bytes
    """A complete mp3 or wav file."""
    media_type: str
    """``audio/mpeg`` or ``audio/wav``."""
    digest: str
    """SHA-256 of the data in hexadecimal, used where the data itself is too long."""

    @classmethod
    def of(cls, data: bytes, media_type: str) -> Self:
        """Return a sample with its digest. Takes some milliseconds for a large one."""
        return cls(data, media_type, sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice: a preset, a described or a cloned one."""

    kind: VoiceKind = VoiceKind.PRESET
    id: str = ""
    """A preset's id; empty leaves the choice to the provider."""
    description: str = ""
    """A designed voice: one to four sentences."""
    sample: Sample | None = None
    """A cloned voice."""

    @classmethod
    def typed(cls, name: str, description: str) -> Self:
        """Return the voice a person typed: a name, or a description."""
        return cls(VoiceKind.DESIGNED, description=description) if description else cls(id=name)


@dataclass(frozen=True, slots=True)
class Owed:
    """Sound that was made and charged but not delivered before the process was killed."""

    clip: str
    """Its key in the cache."""
    charged: int
    """Characters."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something a person wants spoken."""

    text: str
    """As written; hostile until cleaned."""
    key: str
    """Unique per request, not per attempt: interaction id, update id. A second delivery has the same key."""
    account: Account | None = None
    """Who pays. None is the operator, who has no quota."""
    space: Space | None = None
    channel: str = ""
    """Id of the channel or topic; for a thread, of its parent channel. Empty if there is none."""
    roles: tuple[str, ...] = ()
    """Scopes of the roles the person has (``role:discord:77``): their quota overrides count."""
    styles: tuple[str, ...] = ()
    """As written, one name each."""
    voice: Voice = Voice()
    instruction: str = ""
    """How to say it, in a sentence or as director's paragraphs; never spoken."""
    take: int = 0
    """0 is the shared take; another number asks for a different one."""
    lane: Lane = Lane.SAY
    speed: Speed = ""
    """The person's usual speed; a style that names a speed takes precedence."""
    language: str = ""
    """Language of the person or the place, ``en`` or ``zh``, for texts too short to detect it. Empty: unknown."""
    command: str = ""
    """Key of the command it answers, whose delivery is recorded. Empty when reading aloud."""
    owed: Owed | None = None
    """What answers the command if it was spoken before the process was killed."""
    unpaid: bool = False
    """Whether only free providers are tried."""
    mixed: bool = True
    """Whether in a call parts in other languages are spoken by a voice that speaks them, if the requested one does not.
    """
    author: Account | None = None
    """The author, if several share the paying account; blocked like it."""
    manages: bool = False
    """Whether the account manages the space and is exempt from its rules about roles and channels."""

    @property
    def manner(self) -> tuple[object, ...]:
        """Return who, where and how: utterances with equal values may be spoken together."""
        how = (
            self.styles,
            self.voice,
            self.instruction,
            self.take,
            self.lane,
            self.speed,
            self.language,
            self.unpaid,
            self.mixed,
        )
        return (self.account, self.author, self.space, *how)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the cleaned text sent to a provider in one request."""

    text: str
    gap: float = 0.0
    """Seconds of silence after it."""
    start: int = 0
    """Where it begins in the cleaned text, in characters."""
    language: str = ""
    """The owner of the voice that speaks it instead of the requested one; empty for the requested one."""
    provider: str = ""
    """The owner of the voice that speaks it instead of the requested one; empty for the requested one."""
    voice: Voice = Voice()
    """That provider's voice."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The cost of one request at the provider."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    """True if the provider did not report it and we estimated."""

    @property
    def tokens(self) -> int:
        """The sum of tokens."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Clip:
    """Finished speech: mono Opus packets of 20 ms, and what a chat shows of them."""

    packets: tuple[bytes, ...]
    pre_skip: int
    """Samples at 48 kHz that a decoder drops at the start (RFC 7845, 4.2)."""
    samples: int
    """Samples at 24 kHz that remain: the sound's exact length."""
    waveform: bytes
    """1 to 256 peaks from 0 to 255, spread evenly over the whole length."""

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return self.samples / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Note:
    """A remark for the person: another provider spoke, a style was dropped."""

    code: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of an utterance."""

    clip: Clip
    provider: str
    spoken: str
    """The cleaned text."""
    charged: int
    """Characters taken from the quota; 0 if it came from the cache or nobody pays."""
    cached: bool = False
    clip_key: str = ""
    """Its key in the cache; empty if it was not kept."""
    notes: tuple[Note, ...] = ()
    free: int = 0
    """How many of the charged characters are on the built-in engine's meter, which is free."""
    left_out: tuple[tuple[str, BotError], ...] = ()
    """If several were to be spoken together: the keys of those that were not, and why."""

    @property
    def paid(self) -> int:
        """Characters taken from the quota of paid providers."""
        return self.charged - self.free
