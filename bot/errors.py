"""Everything Mouthpiece expects to go wrong. Every layer raises these; the front ends turn their codes into sentences.

BotError
├── ConfigError      the configuration cannot be used
├── InputError       what a person asked for cannot be spoken: text, style, voice, sample
├── QuotaError       an account or a space has used its share
├── DuplicateError   this request was spoken before: nothing is spoken, charged or answered
├── CutOffError      this command was cut off when the process ended and is not resumed: the person is informed once
├── BusyError        a bounded wait ran out or a queue is full; it may work later
├── ProviderError    a provider refused or failed (kind: how, retryable: whether a retry may help)
├── AudioError       sound that cannot be decoded or encoded
├── StoreError       the database or the data folder cannot be used
└── PlatformError    a chat network refused the bot

An error has a code such as ``text.empty`` and facts such as ``limit=2000``. The sentence a person reads is made
from both by ``bot.texts``. ``str()`` gives the code alone: facts may hold what a person wrote, and logs must not.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from enum import StrEnum


class BotError(Exception):
    """Base of all expected failures."""

    exit_code = 1
    """Exit code of our command line."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        """Machine-readable: the key of the sentence in bot/texts."""
        self.facts = facts
        """What fills the placeholders of the sentence. Never logged."""


class ConfigError(BotError):
    """The configuration cannot be used."""

    exit_code = 2
    more: tuple["ConfigError", ...] = ()
    """Other problems of the same configuration."""


class InputError(BotError):
    """What a person asked for cannot be spoken."""

    exit_code = 3


def unknown_voice(voice: str, voices: Sequence[str]) -> InputError:
    """Return the refusal of an unknown voice: with the most similar one of ``voices``, else with all of them."""
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
    """A command was cut off when the process ended and is not resumed; nothing is charged."""


class BusyError(BotError):
    """A bounded wait ran out or a queue is full."""

    exit_code = 5


class ErrorKind(StrEnum):
    """How a provider failed, in terms common to all providers."""

    AUTHENTICATION = "authentication"
    """No key, or an unknown one."""
    BALANCE = "balance"
    """The account has no money left."""
    FORBIDDEN = "forbidden"
    """Region or risk control."""
    MODEL = "model"
    """No such model, or a wrong address."""
    INVALID = "invalid"
    """The request is invalid; another provider is not tried."""
    MODERATION = "moderation"
    """It refuses this text; another provider is not tried."""
    RATE_LIMIT = "rate_limit"
    """Its own limit of concurrent or per-minute requests is reached."""
    BUDGET = "budget"
    """A limit from our configuration is reached."""
    SERVER = "server"
    """It had an internal error."""
    CONNECTION = "connection"
    """It cannot be reached."""
    TIMEOUT = "timeout"
    """It did not answer in time."""
    BAD_ANSWER = "bad_answer"
    """Its answer has no audio, or unreadable audio."""
    INCOMPLETE = "incomplete"
    """Its answer broke off, or is far shorter than the text."""
    UNSUPPORTED = "unsupported"
    """It does not support this at all (for example cloning)."""


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
"""Codes of the sentences for provider failures."""


class ProviderError(BotError):
    """A provider refused or failed. Its code is ``provider.<kind>``."""

    exit_code = 6

    def __init__(self, provider: str, kind: ErrorKind, *, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(_PROVIDER[kind], provider=provider, detail=detail)
        self.provider = provider
        self.kind = kind
        self.detail = detail
        """The provider's own words, for the person who asked or hosts; may echo what was sent."""
        self.retry_after = retry_after
        """Seconds the provider asked us to wait, if it did."""

    @property
    def retryable(self) -> bool:
        """Return whether the same request may work a moment later, if nothing was delivered yet."""
        return self.kind in _TRY_AGAIN

    @property
    def allows_fallback(self) -> bool:
        """Return whether the next provider should be tried."""
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
    """A restart may help."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code, **facts)
        if code in ("platform.token", "platform.intents", "platform.bad_ca_file"):
            self.exit_code = ConfigError.exit_code  # only the host can fix it, so a service manager must not restart
