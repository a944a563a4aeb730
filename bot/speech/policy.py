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

from cachetools import FIFOCache

from bot.errors import DuplicateError, InputError, ProviderError
from bot.model import Account, Lane, Space, Utterance, VoiceKind
from bot.patterns import normal_form
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
"""Thai, Lao, Burmese, Khmer, Chinese and Japanese; and Korean, whose words take endings."""
_END = ""
"""Key of a node where an entry ends. No character is empty, so it cannot collide."""

_Node = dict[str, Any]


def folded(text: str) -> str:
    """Return the form in which texts and entries are compared: NFKC, case-folded, without invisible characters."""
    plain = normal_form("NFKC", INVISIBLE.sub("", text))
    plain = normal_form("NFKC", INVISIBLE.sub("", plain).casefold())
    return " ".join(plain.split())


class BlockedWords:
    """The blocked words of one space as a trie: one walk per position of a text finds every entry that begins there."""

    def __init__(self, words: Iterable[str]) -> None:
        self._root: _Node = {}
        for word in words:
            self._add(folded(word))

    def __bool__(self) -> bool:
        """Return whether anything is blocked."""
        return bool(self._root)

    def found_in(self, *texts: str) -> bool:
        """Return whether one of the texts contains an entry."""
        return any(self._found(folded(text)) for text in texts)

    def _found(self, text: str) -> bool:
        return any(sign in self._root and self._begins(text, place) for place, sign in enumerate(text))

    def _add(self, word: str) -> None:
        if not word:
            return
        node = self._root
        for sign in word:
            node = node.setdefault(sign, {})
        node[_END] = _UNSPACED.search(word) is not None  # whether it also matches inside a longer word

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
    """Return whether the characters on both sides of a position belong to one word."""
    return 0 < place < len(text) and _of_word(text[place - 1]) and _of_word(text[place])


def _of_word(sign: str) -> bool:
    """Return whether a character is part of a word.

    Letters, digits and Indic vowel signs are; accents piled on a letter and unspaced scripts are not.
    """
    if sign.isalnum():
        return _UNSPACED.match(sign) is None
    return unicodedata.category(sign)[0] == "M" and not "\u0300" <= sign <= "\u036f"


@lru_cache(maxsize=256)
def blocklist(words: tuple[str, ...]) -> BlockedWords:
    """Return the block list of these words; recently used ones are cached."""
    return BlockedWords(words)


EVERYWHERE = ""
"""The setting scope of the host's rule."""
_MOST_RESTING = 10_000
"""Cooldowns that are remembered; the oldest are dropped first."""


class Cooldowns:
    """Cooldowns of people; one per process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Set up; ``clock`` gives monotonic seconds."""
        self._clock = clock
        self._last: FIFOCache[tuple[str, str], tuple[float, str]] = FIFOCache(_MOST_RESTING)

    def begin(self, key: str, person: str, seconds: Mapping[str, int]) -> None:
        """Let a request pass and start its person's cooldowns. ``seconds``: by setting scope; 0 is none.

        The same key passes again. Raises InputError ``guard.cooldown`` with the seconds of the longest remaining one.
        """
        rests = [(person, place) for place, length in seconds.items() if length]
        if any(self._last.get(rest, (0.0, None))[1] == key for rest in rests):
            return
        now = self._clock()
        left = max((self._last.get(rest, (-math.inf, ""))[0] + seconds[rest[1]] - now for rest in rests), default=0.0)
        if left > 0:
            raise InputError("guard.cooldown", seconds=math.ceil(left))
        for rest in rests:
            self._last[rest] = now, key

    def end(self, key: str, person: str, places: Iterable[str]) -> None:
        """End the cooldown of a request that came to nothing."""
        for place in places:
            if self._last.get((person, place), (0.0, None))[1] == key:
                del self._last[person, place]


_LONG_TEXT = 2000
"""Characters above which the search takes milliseconds and leaves the event loop."""


class Policy:
    """Who may speak what and where; one per process."""

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
        """Set up; ``overrides`` are the host's per scope, ``cooldown`` the host's for everyone everywhere.

        ``admins``: accounts (``discord:1``) exempt from roles and cooldowns. ``clock`` gives seconds.
        """
        self._spaces = spaces
        self._blocked = blocked
        self._overrides = overrides
        self._admins = frozenset(admins)
        self._cooldown = cooldown
        self._cooldowns = Cooldowns(clock)

    async def admit(self, utterance: Utterance, spoken: str = "") -> None:
        """Let an utterance pass and start the person's cooldown. ``spoken``: its cleaned text.

        A second delivery of the same key passes; the ledger recognizes it and keeps it silent. Raises InputError
        ``guard.cooldown`` (seconds), and everything ``check`` raises.
        """
        settings = await self._examine(utterance, spoken)
        if utterance.lane is Lane.CALL:
            return  # reading a chat aloud has its own fair queue; a cooldown would silence it
        if (account := utterance.account) is not None:
            rests = await self._rests(account, utterance.space, utterance.roles, settings)
            self._cooldowns.begin(utterance.key, account.scope, rests)

    @contextmanager
    def refund_cooldown_on_failure(self, utterances: Sequence[Utterance], charged: Callable[[], int]) -> Iterator[None]:
        """End the cooldown these utterances started if speaking fails before anything is ``charged``.

        It stays if the text was refused, which is the person's own doing, and for a second delivery.
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
        """Check an utterance without starting a cooldown, for what is only explained.

        Raises InputError ``guard.blocked_account``, ``guard.role`` (with ``.singing`` and the like for uses that need a
        role of their own), ``guard.channel``, ``guard.word`` (the word is the moderators' secret, so it has no facts);
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
        if account is not None and not utterance.manages:  # people who set the rules must be able to take them back
            if not self._is_admin(account):
                _check_roles(settings, utterance)
            # A front end that names no channel cannot show that it is an allowed one.
            if settings.channels and utterance.channel not in settings.channels:
                raise InputError("guard.channel")
        await _check_words(settings, utterance, spoken)
        return settings

    def _is_admin(self, account: Account) -> bool:
        return f"{account.platform}:{account.id}" in self._admins

    async def _rests(
        self, account: Account, space: Space | None, roles: tuple[str, ...], settings: SpaceSettings
    ) -> dict[str, int]:
        """Return the cooldown in seconds by setting scope.

        An override for an account or a role replaces the rule; the shortest one counts.
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
    """Raise if the account's roles do not allow speaking, or a feature this utterance uses."""
    for use in ("", *_uses_of(utterance)):
        held = [for_use(use, role) for role in utterance.roles]
        about = [entry for entry in settings.allowed_roles if entry.rpartition("@")[0] == use]
        refused = any(entry in settings.blocked_roles for entry in held)
        if refused or (about and not any(entry in about for entry in held)):
            raise InputError(codes.GUARD_ROLE[use])


def _uses_of(utterance: Utterance) -> list[str]:
    """Return the features of ``USES`` that this utterance uses."""
    sings = any((style := find(name)) is not None and style.key == SINGING for name in utterance.styles)
    described = utterance.voice.kind is not VoiceKind.PRESET
    return [use for use, used in zip(USES, (sings, bool(utterance.instruction), described), strict=True) if used]


async def _check_words(settings: SpaceSettings, utterance: Utterance, spoken: str) -> None:
    """Check the spoken and the written text: cleaning removes emoji, and style names are shown."""
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
