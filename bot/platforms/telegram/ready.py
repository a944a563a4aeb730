"""Voices that were made and can be sent again by inline mode: ids alone, a few for each person, of this run.

Filled by ``speaking.py``, read by ``inline.py``. The words behind a token stay where words are kept.
"""

from collections import OrderedDict
from dataclasses import dataclass

from bot.model import Account

_PEOPLE = 2000
_EACH = 20


@dataclass(frozen=True, slots=True)
class ReadyVoice:
    """A voice message that Telegram has."""

    token: str
    """Names the words it says."""
    file_id: str
    seconds: float


class ReadyVoices:
    """The newest voices of the people who spoke last."""

    def __init__(self) -> None:
        self._by_account: OrderedDict[Account, OrderedDict[str, ReadyVoice]] = OrderedDict()

    def add(self, account: Account, voice: ReadyVoice) -> None:
        """Remember one; the same file again is the same voice, with its newest words."""
        own = self._by_account.setdefault(account, OrderedDict())
        self._by_account.move_to_end(account)
        own[voice.file_id] = voice
        own.move_to_end(voice.file_id)
        if len(own) > _EACH:
            own.popitem(last=False)
        if len(self._by_account) > _PEOPLE:
            self._by_account.popitem(last=False)

    def of(self, account: Account) -> tuple[ReadyVoice, ...]:
        """Those of one person, newest first."""
        return tuple(reversed(self._by_account.get(account, OrderedDict()).values()))
