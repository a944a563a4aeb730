"""The values that pass between the floors: frozen, with their units. Everyone may import them."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import Literal, Self

from bot.errors import BotError

SAMPLE_RATE = 24_000
"""Hertz. What the core speaks throughout: MiMo's rate, and one libopus takes without a resampler."""


_LONGEST_SCOPE = 128
CHANNEL_SENDERS = "/channels"
"""Ends the id of ``Space.channel_senders``: ``telegram:-100123/channels``."""
Speed = Literal["", "slow", "fast"]
"""How fast somebody is spoken; empty leaves it to the voice."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person on a platform."""

    platform: str
    """``discord``, ``telegram``, ``cli``."""
    id: str

    @property
    def scope(self) -> str:
        """The name of its counters: ``account:discord:42``."""
        return f"account:{self.platform}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """``discord:42``; a bare name is an account of the command line. Raises ValueError for what is no name."""
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
        """The name of its counters: ``space:telegram:-100123``."""
        return f"space:{self.platform}:{self.id}"

    @property
    def channel_senders(self) -> Account:
        """The one account of all who write there as a channel of theirs: new channels cost nothing to make."""
        return Account(self.platform, f"{self.id}{CHANNEL_SENDERS}")


class Lane(IntEnum):
    """Who goes first when a provider's places are taken. Lower is sooner."""

    CALL = 0
    """Someone in a voice call is waiting for the next sentence."""
    SAY = 1
    """A command that waits for its voice message."""
    JOB = 2
    """Long work in the background."""


class VoiceKind(StrEnum):
    """Where a voice comes from."""

    PRESET = "preset"
    DESIGNED = "designed"
    CLONED = "cloned"


@dataclass(frozen=True, slots=True)
class Sample:
    """A recording that a cloned voice is made after."""

    data: bytes
    """An mp3 or wav file, whole."""
    media_type: str
    """``audio/mpeg`` or ``audio/wav``."""
    digest: str
    """SHA-256 of the data, in hexadecimal: stands for it where the data itself is too long."""

    @classmethod
    def of(cls, data: bytes, media_type: str) -> Self:
        """With its digest. Some milliseconds for a large one."""
        return cls(data, media_type, sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Voice:
    """Whose voice it is."""

    kind: VoiceKind = VoiceKind.PRESET
    id: str = ""
    """A preset's id; empty leaves the choice to the provider."""
    description: str = ""
    """A designed voice: one to four sentences."""
    sample: Sample | None = None
    """A cloned voice."""

    @classmethod
    def typed(cls, name: str, description: str) -> Self:
        """As a person typed it: named, or described in its stead."""
        return cls(VoiceKind.DESIGNED, description=description) if description else cls(id=name)


@dataclass(frozen=True, slots=True)
class Owed:
    """Sound that was made and charged, and not delivered, before the process was killed."""

    clip: str
    """Its name in the cache."""
    charged: int
    """Characters."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What someone wants said."""

    text: str
    """As written; hostile until cleaned."""
    key: str
    """Unique for the wish, not for the try: interaction id, update id. A second delivery bears the same key."""
    account: Account | None = None
    """Who pays. None is the operator, who has no quota."""
    space: Space | None = None
    channel: str = ""
    """Id of the channel or topic there; for a thread, of the channel it hangs on. Empty where there is none."""
    roles: tuple[str, ...] = ()
    """Scopes of roles held there (``role:discord:77``): their overrides of the quota count."""
    styles: tuple[str, ...] = ()
    """As written, one name each."""
    voice: Voice = Voice()
    instruction: str = ""
    """How to say it, in a sentence or as director's paragraphs; never spoken."""
    take: int = 0
    """0 is the take that everyone shares; another number asks for another one."""
    lane: Lane = Lane.SAY
    speed: Speed = ""
    """A person's usual speed; a style that names a speed goes before it."""
    language: str = ""
    """The person's or the place's, ``en`` or ``zh``: of a text too short to tell its own. Empty: unknown."""
    command: str = ""
    """Key of the command that it answers, whose delivery is written down. Empty for what is read aloud."""
    owed: Owed | None = None
    """What the command is answered with, where it was spoken before the process was killed."""
    unpaid: bool = False
    """Whether only engines that cost nothing are asked."""
    mixed: bool = True
    """Whether in a call each language of the text is said by a voice that speaks it, where the wanted one does not."""
    author: Account | None = None
    """Who wrote it, where several share the account that pays; blocked like it."""
    manages: bool = False
    """Whether the account manages the space, whose rules about roles and channels then do not bind it."""

    @property
    def manner(self) -> tuple[object, ...]:
        """Return who has it said, where and how: utterances in which this is equal may be spoken together."""
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
    """A piece of the cleaned text sent to a provider at once."""

    text: str
    gap: float = 0.0
    """Seconds of silence after it."""
    start: int = 0
    """Where it begins in the cleaned text, in characters."""
    language: str = ""
    """Empty where nobody asks."""
    provider: str = ""
    """Who has the voice that speaks it, where the wanted one does not; empty for the wanted one."""
    voice: Voice = Voice()
    """That provider's voice."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one request cost at the provider."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    """True where the provider did not say and we reckoned."""

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Clip:
    """Finished speech: Opus packets of 20 ms, mono, and what a chat shows of them."""

    packets: tuple[bytes, ...]
    pre_skip: int
    """Samples at 48 kHz that a decoder drops at the start (RFC 7845, 4.2)."""
    samples: int
    """Samples at 24 kHz that remain: the sound's exact length."""
    waveform: bytes
    """A sketch: 1 to 256 peaks from 0 to 255, evenly over the whole length."""

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return self.samples / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell the person beside the sound: a backup spoke, a style was dropped."""

    code: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an utterance."""

    clip: Clip
    provider: str
    spoken: str
    """The cleaned text."""
    charged: int
    """Characters taken from the quota; 0 when it came out of the cache or nobody pays."""
    cached: bool = False
    clip_key: str = ""
    """Names the clip in the cache; empty where it was not kept."""
    notes: tuple[Note, ...] = ()
    free: int = 0
    """Of the characters charged, those on the built-in engine's meter, which cost nobody anything."""
    left_out: tuple[tuple[str, BotError], ...] = ()
    """Of several utterances that were to be spoken together: the keys of those that were not, and why."""

    @property
    def paid(self) -> int:
        """Characters taken from the quota of what costs money."""
        return self.charged - self.free
