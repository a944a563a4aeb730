"""Values of reading aloud: a chat message, its outcome, announced names, and failures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.errors import BotError, ErrorKind, InputError, ProviderError, QuotaError, StoreError
from bot.model import Account, Note, Space, Utterance
from bot.normalization.clean import clean_message
from bot.normalization.message import Applied, ChatMessage, Delivery, Reading
from bot.normalization.reader import tongue
from bot.texts import spoken


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that somebody wrote where messages are read."""

    message: ChatMessage
    id: str
    """Unique on its platform."""
    key: str
    """Of the ledger: a second delivery bears the same."""
    account: Account
    space: Space
    channel: str
    """As in ``Utterance``."""
    roles: tuple[str, ...] = ()
    """Scopes of roles the author holds."""
    is_bot: bool = False
    is_webhook: bool = False
    in_call: bool = True
    """Whether the author sits in the call; True where there is none."""
    muted: bool = False
    """Whether a moderator muted the author in the call."""
    voice: str = ""
    """Of the bound channel, for people without one of their own; empty: the place's."""
    style: str = ""
    max_characters: int = 0
    """Longest reading in the bound channel; 0: the place's."""
    answered: Account | None = None
    """Whom it answers, where that is known."""
    author: Account | None = None
    """As in ``Utterance``."""
    manages: bool = False
    """As in ``Utterance``."""
    thread: str = ""
    """Id of the private thread of that channel in which it was written; empty elsewhere."""

    @property
    def writer(self) -> Account:
        """Return who wrote it, whoever pays."""
        return self.author or self.account


@dataclass(frozen=True, slots=True)
class Readable:
    """A message that is to be read."""

    heard: Heard
    utterance: Utterance
    """Its text is cleaned, without the name; voice and style are chosen."""
    reading: Reading
    """How it is read, without the name."""
    name: str
    """The author's, as it is to be spoken; empty where names are not said."""
    priority: bool = False
    """Whether it goes before those of others."""
    rules: tuple[Applied, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a message is not read."""

    code: str
    """``unread.<gate>``: the key of the sentence."""
    facts: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Explained:
    """What would be said of a message."""

    text: str
    """With the name, where it may be said; empty when there is nothing to say."""
    rules: tuple[Applied, ...]
    """What was changed, rule by rule."""
    unread: Unread | None
    """What stands in the way, if anything does."""
    utterance: Utterance
    """With the voice and the style."""


MOST = 5000

Outcome = Literal["read"] | Unread


class Outcomes:
    """One for a process."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[str, Outcome] = {}

    def put(self, message_id: str, outcome: Outcome) -> None:
        """Write down what became of a message; the latest word counts."""
        self._kept.pop(message_id, None)
        self._kept[message_id] = outcome
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]

    def get(self, message_id: str) -> Outcome | None:
        """None where it was forgotten, or never seen."""
        return self._kept.get(message_id)


SECONDS = 60.0
"""After so long a listener may have forgotten who is speaking."""


class NameMemory:
    """Who was read last."""

    def __init__(self, clock: Callable[[], float], seconds: float = SECONDS) -> None:
        """``clock``: seconds that never go back."""
        self._clock = clock
        self._seconds = seconds
        self._last = ""
        self._at = 0.0

    def says(self, who: str) -> bool:
        """Return whether the name has to be said before this person's next message, which is then taken as read."""
        now = self._clock()
        fresh = who == self._last and now - self._at < self._seconds
        self._last, self._at = who, now
        return not fresh


_MOST = 100_000
"""Characters: nothing is cut off here, the synthesis core tells what is too long."""


def chosen_words(message: ChatMessage, language: str) -> str:
    """As they are to be spoken; empty where there are none. ``language``: where the words do not tell theirs.

    Only the words: who wrote them, and what came with them, is left out.
    """
    words = ChatMessage(
        message.text,
        message.platform,
        users=message.users,
        roles=message.roles,
        channels=message.channels,
        spans=message.spans,
    )
    spoken_in = tongue(message.text, spoken(language))
    return clean_message(words, Reading(spoken_in, Delivery.off(), max_characters=_MOST)).text


EVERYBODY = ""
"""Whose failure it is where it is not one person's."""
_QUOTA, _NOTE = "quota", "note"
_LASTING = frozenset({"note.quota_built_in", "note.own_voice_gone", "note.place_voice_gone"})
"""Notes that are not true of each message while they hold, and which of their facts tell one from another."""
_OURS = "note.tags_dropped"
"""Tags in what is read aloud were put there for an emoji and the like; nobody asked for them."""
_FACTS = ("scope", "until", "voice")
_MOST_FAILURES = 200


def unread_for(error: BotError | TimeoutError) -> Unread:
    """Return the gate that a failure stands for."""
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
    """What people of one place were told. Bounded: what was told longest ago may be told again."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], None] = {}

    def first(self, whose: str, what: str) -> bool:
        """Return whether it is to be told; from then on it is not, until it is forgotten."""
        if (whose, what) in self._told:
            return False
        self._told[whose, what] = None
        if len(self._told) > _MOST_FAILURES:
            del self._told[next(iter(self._told))]
        return True

    def first_failure(self, error: BotError, account: Account | None) -> bool:
        """Return the same for why words of ``account`` were not spoken.

        A quota is told once until it begins again. A text that cannot be spoken, or will not be, says nothing of what
        others write. Every way in which a provider is out of reach is one.
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
        """Return those of a receipt's notes that are to be told: each once, until it is not so any more."""
        holding = {note.code for note in notes} | _LASTING
        for whose, what in tuple(self._told):
            if whose == _NOTE and what.partition(" ")[0] not in holding:
                del self._told[whose, what]
        return [note for note in notes if note.code != _OURS and self.first(_NOTE, _named(note))]

    def works(self, account: Account | None) -> None:
        """Words of ``account`` were spoken: what stood in the way of everybody, or of that person, is over."""
        self.forget(EVERYBODY)
        if account is not None:
            self.forget(account.scope)

    def forget(self, whose: str) -> None:
        """What was told under this name is told again if it comes back."""
        self._told = {kind: None for kind in self._told if kind[0] != whose}


def _named(note: Note) -> str:
    facts = dict(note.facts)
    return " ".join([note.code, *(str(facts[name]) for name in _FACTS if note.code in _LASTING and name in facts)])
