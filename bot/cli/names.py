"""Accounts, spaces and roles as they are typed on the command line. Used by its commands."""

from bot.errors import InputError
from bot.model import Account, Space

_PLATFORMS = ("discord", "telegram")


def account(text: str) -> Account:
    """``NAME`` or ``discord:1``. Raises InputError ``account.bad``."""
    try:
        found = Account.parse(text)
    except ValueError:
        raise InputError("account.bad", name=text) from None
    if found.platform != "cli" and not (found.platform in _PLATFORMS and found.id.lstrip("-").isdecimal()):
        raise InputError("account.bad", name=text)
    return found


def space(text: str) -> Space:
    """The same for a space."""
    found = account(text)
    return Space(found.platform, found.id)


def scope(text: str) -> str:
    """What has counters or overrides: an account as above, ``space:discord:1``, ``role:discord:1``."""
    kind, _, rest = text.partition(":")
    if kind in {"space", "role", "account"}:
        found = account(rest)
        return f"{kind}:{found.platform}:{found.id}"
    return account(text).scope
