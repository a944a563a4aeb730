"""What a failure of synthesis means where messages are read aloud: which gate it is, and whether people know of it.

Both platforms tell people of a failure once. Pure.
"""

from collections.abc import Sequence

from bot.errors import BotError, ErrorKind, InputError, ProviderError, QuotaError, StoreError
from bot.model import Account, Note
from bot.platforms.reading.heard import Unread

EVERYBODY = ""
"""Whose failure it is where it is not one person's."""
_QUOTA, _NOTE = "quota", "note"
_LASTING = frozenset({"note.quota_built_in", "note.own_voice_gone", "note.place_voice_gone"})
"""Notes that are not true of each message while they hold, and which of their facts tell one from another."""
_OURS = "note.tags_dropped"
"""Tags in what is read aloud were put there for an emoji and the like; nobody asked for them."""
_FACTS = ("scope", "until", "voice")
_MOST = 200


def unread_for(error: BotError | TimeoutError) -> Unread:
    """The gate that a failure stands for."""
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
        """Whether it is to be told; from then on it is not, until it is forgotten."""
        if (whose, what) in self._told:
            return False
        self._told[whose, what] = None
        if len(self._told) > _MOST:
            del self._told[next(iter(self._told))]
        return True

    def first_failure(self, error: BotError, account: Account | None) -> bool:
        """The same for why words of ``account`` were not spoken.

        A quota is told once until it begins anew. A text that cannot be spoken, or will not be, says nothing of what
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
        """Those of a receipt's notes that are to be told: each once, until it is not so any more."""
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
