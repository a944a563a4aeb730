"""Policy: who may speak what, where and how often. Checked by the synthesis core before any quota."""

import asyncio
import math
import re
import time
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from bot.errors import DuplicateError, InputError, ProviderError
from bot.model import Account, Lane, Space, Utterance, VoiceKind
from bot.store.accounts import BlockedAccounts
from bot.store.entries import Override
from bot.store.settings import USES, Spaces, SpaceSettings, for_use
from bot.text.markup import INVISIBLE
from bot.text.styles import SINGING, find
from bot.texts import codes

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Chinese, Japanese; and Korean, whose words take endings."""
_END = ""
"""The key in a node that says: an entry ends here. No sign is empty, so it stands in nobody's way."""

_Node = dict[str, Any]


def folded(text: str) -> str:
    """Return the form in which texts and entries are compared: NFKC, without case, without what cannot be seen."""
    plain = unicodedata.normalize("NFKC", INVISIBLE.sub("", text))
    plain = unicodedata.normalize("NFKC", INVISIBLE.sub("", plain).casefold())
    return " ".join(plain.split())


class Blocklist:
    """The entries of one space, as a tree of signs: at each place of a text one walk finds whatever begins there."""

    def __init__(self, words: Iterable[str]) -> None:
        self._root: _Node = {}
        for word in words:
            self._add(folded(word))

    def __bool__(self) -> bool:
        """Return whether anything is blocked at all."""
        return bool(self._root)

    def found_in(self, *texts: str) -> bool:
        """Return whether any entry stands in one of the texts."""
        return any(self._found(folded(text)) for text in texts)

    def _found(self, text: str) -> bool:
        return any(sign in self._root and self._begins(text, place) for place, sign in enumerate(text))

    def _add(self, word: str) -> None:
        if not word:
            return
        node = self._root
        for sign in word:
            node = node.setdefault(sign, {})
        node[_END] = _UNSPACED.search(word) is not None  # whether it counts inside a longer word, too

    def _begins(self, text: str, start: int) -> bool:
        node = self._root
        inside = _inside_word(text, start)
        for place in range(start, len(text)):
            found: _Node | None = node.get(text[place])
            if found is None:
                return False
            node = found
            anywhere = node.get(_END)
            if anywhere or (anywhere is False and not inside and not _inside_word(text, place + 1)):
                return True
        return False


def _inside_word(text: str, place: int) -> bool:
    """Return whether the signs on both sides of a place belong to one word."""
    return 0 < place < len(text) and _of_word(text[place - 1]) and _of_word(text[place])


def _of_word(sign: str) -> bool:
    """Letters, digits and the vowel signs of Indian scripts; not accents piled on a letter, nor unspaced scripts."""
    if sign.isalnum():
        return _UNSPACED.match(sign) is None
    return unicodedata.category(sign)[0] == "M" and not "\u0300" <= sign <= "\u036f"


@lru_cache(maxsize=256)
def blocklist(words: tuple[str, ...]) -> Blocklist:
    """Return the list of these words; the latest ones are kept ready."""
    return Blocklist(words)


EVERYWHERE = ""
"""The place of the host's rule."""
_MOST_RESTING = 10_000
"""Rests that are remembered; the earliest go first."""


class Cooldowns:
    """One for a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: in seconds, never going back."""
        self._clock = clock
        self._last: dict[tuple[str, str], tuple[float, str]] = {}

    def begin(self, key: str, person: str, seconds: Mapping[str, int]) -> None:
        """Let a wish pass and begin its person's rests. ``seconds``: by place; 0 is none.

        The same key again passes. Raises InputError ``guard.cooldown`` (seconds, of the longest rest that is left).
        """
        rests = [(person, place) for place, length in seconds.items() if length]
        if any(self._last.get(rest, (0.0, None))[1] == key for rest in rests):
            return
        now = self._clock()
        left = max((self._last.get(rest, (-math.inf, ""))[0] + seconds[rest[1]] - now for rest in rests), default=0.0)
        if left > 0:
            raise InputError("guard.cooldown", seconds=math.ceil(left))
        for rest in rests:
            self._last.pop(rest, None)
            self._last[rest] = now, key
        while len(self._last) > _MOST_RESTING:
            del self._last[next(iter(self._last))]

    def end(self, key: str, person: str, places: Iterable[str]) -> None:
        """Nothing came of a wish: its person need not rest after it."""
        for place in places:
            if self._last.get((person, place), (0.0, None))[1] == key:
                del self._last[person, place]


_LONG_TEXT = 2000
"""Characters from which on the search takes milliseconds and leaves the event loop."""


class Policy:
    """One for a process."""

    def __init__(
        self,
        spaces: Spaces,
        blocked: BlockedAccounts,
        overrides: Callable[[Sequence[str]], Awaitable[Sequence[Override]]],
        *,
        admins: Collection[str] = (),
        cooldown: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``overrides``: what the host set for some scopes. ``cooldown``: the host's, for everyone and everywhere.

        ``admins``: accounts (``discord:1``) that no role and no cooldown holds back. ``clock``: in seconds.
        """
        self._spaces = spaces
        self._blocked = blocked
        self._overrides = overrides
        self._admins = frozenset(admins)
        self._cooldown = cooldown
        self._cooldowns = Cooldowns(clock)

    async def admit(self, utterance: Utterance, spoken: str = "") -> None:
        """Let an utterance pass, and begin the person's cooldown. ``spoken``: its cleaned text.

        A second delivery of the same key passes: the ledger knows it and keeps silent. Raises InputError
        ``guard.cooldown`` (seconds), and all that ``check`` raises.
        """
        settings = await self._examine(utterance, spoken)
        if utterance.lane is Lane.CALL:
            return  # a chat that is read aloud has a queue that is fair; a cooldown would silence it
        if (account := utterance.account) is not None:
            rests = await self._rests(account, utterance.space, utterance.roles, settings)
            self._cooldowns.begin(utterance.key, account.scope, rests)

    @contextmanager
    def refund_cooldown_on_failure(self, utterances: Sequence[Utterance], charged: Callable[[], int]) -> Iterator[None]:
        """Around their speaking: where it fails before anything is ``charged``, the cooldown that they began ends.

        It stays where the text was refused, which is the asker's doing, and for a second delivery.
        """
        try:
            yield
        except BaseException as error:
            refused = isinstance(error, ProviderError) and not error.allows_fallback
            if not (refused or isinstance(error, DuplicateError) or charged()):
                for utterance in utterances:
                    self._excuse(utterance)
            raise

    def _excuse(self, utterance: Utterance) -> None:
        if utterance.account is not None:
            places = (EVERYWHERE, *([utterance.space.scope] if utterance.space is not None else []))
            self._cooldowns.end(utterance.key, utterance.account.scope, places)

    async def check(self, utterance: Utterance, spoken: str = "") -> None:
        """The same without the cooldown, for what is only explained.

        Raises InputError ``guard.blocked_account``, ``guard.role`` (with ``.singing`` and the like for what needs a
        role of its own), ``guard.channel``, ``guard.word`` (which word is the moderators' secret: no facts);
        StoreError.
        """
        await self._examine(utterance, spoken)

    async def _examine(self, utterance: Utterance, spoken: str) -> SpaceSettings:
        account = utterance.account
        for each in (account, utterance.author):
            if each is not None and await self._blocked.is_blocked(each):
                raise InputError("guard.blocked_account")
        if utterance.space is None:
            return SpaceSettings()
        settings = await self._spaces.get(utterance.space)
        if account is not None and not utterance.manages:  # who sets the rules must be able to take them back
            if not self._is_admin(account):
                _check_roles(settings, utterance)
            # A front end that names no channel cannot show that its channel is one of these.
            if settings.channels and utterance.channel not in settings.channels:
                raise InputError("guard.channel")
        await _check_words(settings, utterance, spoken)
        return settings

    def _is_admin(self, account: Account) -> bool:
        return f"{account.platform}:{account.id}" in self._admins

    async def _rests(
        self, account: Account, space: Space | None, roles: tuple[str, ...], settings: SpaceSettings
    ) -> dict[str, int]:
        """Return seconds by place.

        What is set for an account or a role takes the place of the rule; the shortest counts.
        """
        overrides = await self._overrides((account.scope, *roles))
        if self._is_admin(account) or any(override.unlimited for override in overrides):
            return {}
        own = [override.cooldown for override in overrides if override.cooldown is not None]
        rests = {EVERYWHERE: min(own, default=self._cooldown)}
        if space is not None:
            of_roles = [seconds for role, seconds in settings.role_cooldowns.items() if role in roles]
            rests[space.scope] = min(of_roles, default=settings.cooldown)
        return rests


def _check_roles(settings: SpaceSettings, utterance: Utterance) -> None:
    """Whether they let the person speak at all, and then what this utterance makes use of besides."""
    for use in ("", *_uses_of(utterance)):
        held = [for_use(use, role) for role in utterance.roles]
        about = [entry for entry in settings.allowed_roles if entry.rpartition("@")[0] == use]
        refused = any(entry in settings.blocked_roles for entry in held)
        if refused or (about and not any(entry in about for entry in held)):
            raise InputError(codes.GUARD_ROLE[use])


def _uses_of(utterance: Utterance) -> list[str]:
    """Return what roles may be needed for, of ``USES``."""
    sings = any((style := find(name)) is not None and style.key == SINGING for name in utterance.styles)
    described = utterance.voice.kind is not VoiceKind.PRESET
    return [use for use, used in zip(USES, (sings, bool(utterance.instruction), described), strict=True) if used]


async def _check_words(settings: SpaceSettings, utterance: Utterance, spoken: str) -> None:
    """Look at what is spoken, and at what was written: cleaning takes emoji away, and names of styles are shown."""
    words = blocklist(settings.blocked_words)
    if not words:
        return
    texts = (spoken, utterance.text, *utterance.styles, utterance.instruction, utterance.voice.description)
    if sum(map(len, texts)) > _LONG_TEXT:
        found = await asyncio.to_thread(words.found_in, *texts)
    else:
        found = words.found_in(*texts)
    if found:
        raise InputError("guard.word")
