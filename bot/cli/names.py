"""Accounts, servers and roles as they are typed on the command line."""

from collections.abc import Collection
from difflib import get_close_matches
from functools import partial

from bot.errors import InputError
from bot.model import CHANNEL_SENDERS, Account, Space
from bot.patterns import is_id
from bot.store.accounts import seen
from bot.store.database import Database

_PLATFORMS = ("discord", "telegram")


async def check_known(database: Database, typed: str, admins: Collection[str] = ()) -> None:
    """Refuse a bare name that was never seen: ``sam`` would silently mean the command line's account, not a chat's.

    Raises InputError ``account.no_platform``, StoreError.
    """
    name = typed.removeprefix("account:")
    if ":" in name or f"cli:{name}" in admins:
        return
    alike = await database.read(partial(seen, ending=f":{name}"))
    if f"account:cli:{name}" in alike:
        return
    there = [scope.removeprefix("account:") for scope in alike]
    if not there:
        own = {scope.removeprefix("account:cli:"): scope for scope in await database.read(seen)}
        there = [own[near].removeprefix("account:") for near in get_close_matches(name[:100], list(own), n=1)]
    raise InputError("account.no_platform", name=name, suggestion=there[0] if there else "")


def account(text: str) -> Account:
    """Parse ``NAME``, ``discord:1`` or ``account:discord:1``. Raises InputError ``account.bad``."""
    return _account(text, text.removeprefix("account:"))


def space(text: str) -> Space:
    """Parse ``discord:1`` or ``space:discord:1``. Raises InputError ``account.bad``."""
    found = _account(text, text.removeprefix("space:"))
    return Space(found.platform, found.id)


def scope(text: str) -> str:
    """Parse anything that has counters or overrides: an account as above, ``space:discord:1``, ``role:discord:1``."""
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
