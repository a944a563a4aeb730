"""Who may speak where, how often, and what is not said there. Asked by the waist for every door, before any quota.

Rules come from the moderators of a space (``bot/store/spaces.py``) and from the host (blocked accounts, admins). The
operator, who has no account, is held to a space's words alone.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from bot.errors import DuplicateError, InputError, ProviderError
from bot.model import Account, Lane, Space, Utterance, VoiceKind
from bot.speech.blocklist import blocklist
from bot.speech.cooldown import EVERYWHERE, Cooldowns
from bot.speech.styles import SINGING, find
from bot.store.blocked import BlockedAccounts
from bot.store.quota import Override
from bot.store.spaces import USES, Spaces, SpaceSettings, for_use
from bot.texts import codes

_LONG_TEXT = 2000
"""Characters from which on the search takes milliseconds and leaves the event loop."""


class Guard:
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
    def excusing(self, utterances: Sequence[Utterance], charged: Callable[[], int]) -> Iterator[None]:
        """Around their speaking: where it fails before anything is ``charged``, the cooldown that they began ends.

        It stays where the text was refused, which is the asker's doing, and for a second delivery.
        """
        try:
            yield
        except BaseException as error:
            refused = isinstance(error, ProviderError) and not error.next_may_speak
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
            # A door that names no channel cannot show that its channel is one of these.
            if settings.channels and utterance.channel not in settings.channels:
                raise InputError("guard.channel")
        await _check_words(settings, utterance, spoken)
        return settings

    def _is_admin(self, account: Account) -> bool:
        return f"{account.platform}:{account.id}" in self._admins

    async def _rests(
        self, account: Account, space: Space | None, roles: tuple[str, ...], settings: SpaceSettings
    ) -> dict[str, int]:
        """Seconds by place. What is set for an account or a role takes the place of the rule; the shortest counts."""
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
    """What roles may be needed for, of ``USES``."""
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
