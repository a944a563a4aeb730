"""Everything Mouthpiece expects to go wrong. Every floor raises these; the front ends turn their codes into sentences.

BotError
├── ConfigError      the configuration cannot be used
├── InputError       what a person asked for cannot be spoken: text, style, voice, sample
├── QuotaError       an account or a space has used its share
├── DuplicateError   this wish was heard before: nothing is spoken, nothing charged, nothing said
├── CutOffError      this command was cut off by the end of the process and is not taken up again: that is said once
├── BusyError        a bounded wait ran out or a queue is full; later it may work
├── ProviderError    whoever synthesizes refused or failed (kind says how, retryable whether again may help)
├── AudioError       sound that cannot be decoded or encoded
├── StoreError       the database or the data folder cannot be used
└── PlatformError    a chat network refused us

An error has a code such as ``text.empty`` and facts such as ``limit=2000``. The sentence a person reads is made
from both by ``bot.texts``. ``str()`` gives the code alone: facts may hold what a person wrote, and logs must not.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from enum import StrEnum


class BotError(Exception):
    """Base of all expected failures."""

    exit_code = 1
    """What a command of ours returns to the shell."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        """Machine-readable: the key of the sentence in bot/texts."""
        self.facts = facts
        """What the sentence fills in. Never logged."""


class ConfigError(BotError):
    """The configuration cannot be used."""

    exit_code = 2
    more: tuple["ConfigError", ...] = ()
    """Other faults of the same configuration."""


class InputError(BotError):
    """What a person asked for cannot be spoken."""

    exit_code = 3


def unknown_voice(voice: str, voices: Sequence[str]) -> InputError:
    """Return the refusal of a voice that is not among ``voices``: with the likely one, else with all of them."""
    near = get_close_matches(voice.casefold()[:100], [name.casefold() for name in voices], n=1)
    likely = next((name for name in voices if near and name.casefold() == near[0]), "")
    return InputError("voice.unknown", voice=voice, suggestion=likely, voices=[] if likely else list(voices))


class QuotaError(BotError):
    """An account or a space has used its share. Facts: scope, metric, limit, left, asked, resets (a datetime)."""

    exit_code = 4


class DuplicateError(BotError):
    """The same key was spoken, is being spoken, or failed before. Front ends stay silent."""

    exit_code = 0


class CutOffError(BotError):
    """A command was cut off when the process ended, and is not taken up again; nothing is charged."""


class BusyError(BotError):
    """A bounded wait ran out or a queue is full."""

    exit_code = 5


class ErrorKind(StrEnum):
    """How a provider failed, in words common to all providers."""

    AUTHENTICATION = "authentication"
    """No key, or one the provider does not know."""
    BALANCE = "balance"
    """No money left there."""
    FORBIDDEN = "forbidden"
    """Region or risk control."""
    MODEL = "model"
    """It has no such model, or the address is wrong."""
    INVALID = "invalid"
    """It does not accept this request; another provider would not be asked to."""
    MODERATION = "moderation"
    """It will not speak this text; another provider is not asked to."""
    RATE_LIMIT = "rate_limit"
    """Too many requests at once or a minute, by its own word."""
    BUDGET = "budget"
    """The limits set for it in our configuration are reached."""
    SERVER = "server"
    """It broke."""
    CONNECTION = "connection"
    """It cannot be reached."""
    TIMEOUT = "timeout"
    """It did not answer in time."""
    BAD_ANSWER = "bad_answer"
    """Its answer has no audio, or audio that cannot be read."""
    INCOMPLETE = "incomplete"
    """Its answer broke off, or is far shorter than the text."""
    UNSUPPORTED = "unsupported"
    """It cannot do this at all (an engine without cloning, say)."""


_TRY_AGAIN = frozenset(
    {
        ErrorKind.RATE_LIMIT,
        ErrorKind.SERVER,
        ErrorKind.CONNECTION,
        ErrorKind.BAD_ANSWER,
        ErrorKind.INCOMPLETE,
    }
)
_STOP_HERE = frozenset({ErrorKind.INVALID, ErrorKind.MODERATION})


_PROVIDER = {
    ErrorKind.AUTHENTICATION: "provider.authentication",
    ErrorKind.BALANCE: "provider.balance",
    ErrorKind.FORBIDDEN: "provider.forbidden",
    ErrorKind.MODEL: "provider.model",
    ErrorKind.INVALID: "provider.invalid",
    ErrorKind.MODERATION: "provider.moderation",
    ErrorKind.RATE_LIMIT: "provider.rate_limit",
    ErrorKind.BUDGET: "provider.budget",
    ErrorKind.SERVER: "provider.server",
    ErrorKind.CONNECTION: "provider.connection",
    ErrorKind.TIMEOUT: "provider.timeout",
    ErrorKind.BAD_ANSWER: "provider.bad_answer",
    ErrorKind.INCOMPLETE: "provider.incomplete",
    ErrorKind.UNSUPPORTED: "provider.unsupported",
}
"""Codes of the sentences for failures of providers."""


class ProviderError(BotError):
    """Whoever synthesizes refused or failed. Its code is ``provider.<kind>``."""

    exit_code = 6

    def __init__(self, provider: str, kind: ErrorKind, *, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(_PROVIDER[kind], provider=provider, detail=detail)
        self.provider = provider
        self.kind = kind
        self.detail = detail
        """The provider's own words, for the person who asked or hosts; may echo what was sent."""
        self.retry_after = retry_after
        """Seconds the provider asked us to wait, where it did."""

    @property
    def retryable(self) -> bool:
        """Return whether the same request may work a moment later (nothing having been delivered yet)."""
        return self.kind in _TRY_AGAIN

    @property
    def allows_fallback(self) -> bool:
        """Return whether the next provider of the chain should be asked instead."""
        return self.kind not in _STOP_HERE


class AudioError(BotError):
    """Sound that cannot be decoded or encoded."""

    exit_code = 7


class StoreError(BotError):
    """The database or the data folder cannot be used."""

    exit_code = 8


class PlatformError(BotError):
    """A chat network refused us."""

    exit_code = 9
    """What a restart may mend."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code, **facts)
        if code in ("platform.token", "platform.intents", "platform.bad_ca_file"):
            self.exit_code = ConfigError.exit_code  # only the host can mend it, so a service manager must not try again
