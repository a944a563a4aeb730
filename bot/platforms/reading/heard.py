"""The values of reading aloud: a message as a door heard it, and what was made of it."""

from dataclasses import dataclass

from bot.model import Account, Space, Utterance
from bot.speech.chat.message import Applied, ChatMessage, Reading


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
        """Who wrote it, whoever pays."""
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
