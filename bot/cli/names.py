"""Accounts, spaces and roles as they are typed on the command line. Used by its commands."""

from bot.digits import is_id
from bot.errors import InputError
from bot.model import CHANNEL_SENDERS, Account, Space

_PLATFORMS = ("discord", "telegram")


def account(text: str) -> Account:
    """``NAME``, ``discord:1`` or ``account:discord:1``. Raises InputError ``account.bad``."""
    return _account(text, text.removeprefix("account:"))


def space(text: str) -> Space:
    """``discord:1`` or ``space:discord:1``. Raises InputError ``account.bad``."""
    found = _account(text, text.removeprefix("space:"))
    return Space(found.platform, found.id)


def scope(text: str) -> str:
    """What has counters or overrides: an account as above, ``space:discord:1``, ``role:discord:1``."""
    kind, _, rest = text.partition(":")
    if kind in {"space", "role"}:
        found = _account(text, rest)
        return f"{kind}:{found.platform}:{found.id}"
    return account(text).scope


def _account(typed: str, text: str) -> Account:
    try:
        found = Account.parse(text)
    except ValueError:
        raise InputError("account.bad", name=typed) from None
    if found.platform != "cli" and not (found.platform in _PLATFORMS and is_id(found.id.removesuffix(CHANNEL_SENDERS))):
        raise InputError("account.bad", name=typed)
    return found
