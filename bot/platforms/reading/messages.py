"""Values of reading aloud: a chat message, its outcome, announced names, and failures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from cachetools import FIFOCache

from bot.errors import BotError, ErrorKind, InputError, ProviderError, QuotaError, StoreError
from bot.model import Account, Note, Space, Utterance
from bot.normalization.clean import clean_message
from bot.normalization.message import Applied, ChatMessage, Reading, VocalCues
from bot.normalization.reader import text_language
from bot.texts import spoken


@dataclass(frozen=True, slots=True)
class Heard:
    """A message written in a channel that is read."""

    message: ChatMessage
    id: str
    """Unique on its platform."""
    key: str
    """Key in the ledger: a second delivery has the same one."""
    account: Account
    space: Space
    channel: str
    """As in ``Utterance``."""
    roles: tuple[str, ...] = ()
    """Scopes of the author's roles."""
    is_bot: bool = False
    is_webhook: bool = False
    in_call: bool = True
    """Whether the author is in the call; True if there is none."""
    muted: bool = False
    """Whether a moderator muted the author in the call."""
    voice: str = ""
    """Voice of the bound channel for people without one of their own; empty: the place's."""
    style: str = ""
    max_characters: int = 0
    """Longest reading in the bound channel, in characters; 0: the place's."""
    answered: Account | None = None
    """Account replied to, if known."""
    author: Account | None = None
    """As in ``Utterance``."""
    manages: bool = False
    """As in ``Utterance``."""
    thread: str = ""
    """Id of the private thread it was written in; empty elsewhere."""

    @property
    def writer(self) -> Account:
        """The author, whether or not that account pays."""
        return self.author or self.account


@dataclass(frozen=True, slots=True)
class Readable:
    """A message that is to be read."""

    heard: Heard
    utterance: Utterance
    """Its cleaned text without the name, with the chosen voice and style."""
    reading: Reading
    """How it is read, without the name."""
    name: str
    """The author's name as it is spoken; empty if names are not announced."""
    priority: bool = False
    """Whether it goes before other people's."""
    rules: tuple[Applied, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a message is not read."""

    code: str
    """``unread.<gate>``: the code of the sentence."""
    facts: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Explained:
    """What would be spoken of a message."""

    text: str
    """With the name, if it may be said; empty if there is nothing to say."""
    rules: tuple[Applied, ...]
    """Changes, rule by rule."""
    unread: Unread | None
    """What stops it, if anything does."""
    utterance: Utterance
    """With the voice and the style."""


MOST = 5000

Outcome = Literal["read"] | Unread


class Outcomes:
    """Outcomes of recent messages; one per process."""

    def __init__(self, most: int = MOST) -> None:
        self._kept: FIFOCache[str, Outcome] = FIFOCache(most)

    def put(self, message_id: str, outcome: Outcome) -> None:
        """Record the outcome of a message, replacing an earlier one."""
        self._kept[message_id] = outcome

    def get(self, message_id: str) -> Outcome | None:
        """Return the outcome of a message, or None if it is forgotten or unknown."""
        return self._kept.get(message_id)


SECONDS = 60.0
"""Seconds after which a listener may have forgotten who is speaking."""


class NameMemory:
    """Remembers whose message was read last."""

    def __init__(self, clock: Callable[[], float], seconds: float = SECONDS) -> None:
        """Set up; ``clock`` gives monotonic seconds."""
        self._clock = clock
        self._seconds = seconds
        self._last = ""
        self._at = 0.0

    def says(self, who: str) -> bool:
        """Return whether to announce the author of the next message, and note it as read."""
        now = self._clock()
        fresh = who == self._last and now - self._at < self._seconds
        self._last, self._at = who, now
        return not fresh


_MOST = 100_000
"""Characters: nothing is cut off here, the synthesis core refuses long texts."""


def chosen_words(message: ChatMessage, language: str) -> str:
    """Return only the spoken words of a message, without author and attachments; empty if there are none.

    ``language``: of words too short to detect it.
    """
    words = ChatMessage(
        message.text,
        message.platform,
        users=message.users,
        roles=message.roles,
        channels=message.channels,
        spans=message.spans,
    )
    spoken_in = text_language(message.text, spoken(language))
    return clean_message(words, Reading(spoken_in, VocalCues.off(), max_characters=_MOST)).text


EVERYBODY = ""
"""Scope of a failure that is not one person's."""
_QUOTA, _NOTE = "quota", "note"
_LASTING = frozenset({"note.quota_built_in", "note.own_voice_gone", "note.place_voice_gone"})
"""Notes that hold for more than one message, and the facts that distinguish them."""
_OURS = "note.tags_dropped"
"""Tags that reading aloud adds for emoji and the like; nobody asked for them."""
_FACTS = ("scope", "until", "voice")
_MOST_FAILURES = 200


def unread_for(error: BotError | TimeoutError) -> Unread:
    """Return the gate for a failure."""
    match error:
        case QuotaError():
            return Unread("unread.quota")
        case InputError(code="text.empty"):
            return Unread("unread.empty")
        case StoreError():
            return Unread("unread.store")
        case _:
            return Unread("unread.provider")


class Told:
    """What was posted in one place. Bounded: the oldest may be posted again."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], None] = {}

    def first(self, whose: str, what: str) -> bool:
        """Return whether to post it; from then on it is not, until it is forgotten."""
        if (whose, what) in self._told:
            return False
        self._told[whose, what] = None
        if len(self._told) > _MOST_FAILURES:
            del self._told[next(iter(self._told))]
        return True

    def first_failure(self, error: BotError, account: Account | None) -> bool:
        """Return whether to post why a text of ``account`` was not spoken.

        An exhausted quota is posted once until it resets. An unspeakable or refused text says nothing about other
        people's. All ways in which a provider is out of reach count as one.
        """
        match error:
            case QuotaError():
                return self.first(_QUOTA, f"{error.code} {error.facts['scope']} {error.facts['resets']:%Y-%m-%d}")
            case ProviderError(kind=ErrorKind.INVALID | ErrorKind.MODERATION) | InputError():
                return self.first(account.scope if account is not None else EVERYBODY, error.code)
            case ProviderError() if error.retryable or error.kind is ErrorKind.TIMEOUT:
                return self.first(EVERYBODY, "provider")
            case _:
                return self.first(EVERYBODY, error.code)

    def new_notes(self, notes: Sequence[Note]) -> list[Note]:
        """Return a receipt's notes that are to be posted: each once while it holds."""
        holding = {note.code for note in notes} | _LASTING
        for whose, what in tuple(self._told):
            if whose == _NOTE and what.partition(" ")[0] not in holding:
                del self._told[whose, what]
        return [note for note in notes if note.code != _OURS and self.first(_NOTE, _named(note))]

    def works(self, account: Account | None) -> None:
        """Note that a text of ``account`` was spoken: earlier failures of everybody, or of that person, are over."""
        self.forget(EVERYBODY)
        if account is not None:
            self.forget(account.scope)

    def forget(self, whose: str) -> None:
        """Post it again if it recurs."""
        self._told = {kind: None for kind in self._told if kind[0] != whose}


def _named(note: Note) -> str:
    facts = dict(note.facts)
    return " ".join([note.code, *(str(facts[name]) for name in _FACTS if note.code in _LASTING and name in facts)])
