"""Accounts seen before, and accounts blocked everywhere."""

import time
from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection, delete, select, union

from bot.model import Account
from bot.store.database import Database, insert_into
from bot.store.schema import blocked_account, counter, ledger, preference, quota_override
from bot.store.settings import Recall


class BlockedAccounts:
    """One per process and database."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Set up; ``clock`` gives monotonic seconds, by which cached answers expire."""
        self._database = database
        self._recall: Recall[bool] = Recall(clock=clock)

    async def block(self, account: Account) -> bool:
        """Block an account. Return False if it was blocked before. Raises StoreError."""
        try:
            return await self._database.write(partial(_block, scope=account.scope, now=self._database.now()))
        finally:
            self._recall.drop(account.scope)

    async def unblock(self, account: Account) -> bool:
        """Unblock an account. Return False if it was not blocked. Raises StoreError."""
        try:
            return await self._database.write(partial(_unblock, scope=account.scope))
        finally:
            self._recall.drop(account.scope)

    async def is_blocked(self, account: Account) -> bool:
        """Return whether an account is blocked; another process' change arrives within 10 s. Raises StoreError."""
        return await self._recall.get(
            account.scope, lambda: self._database.read(partial(_is_blocked, scope=account.scope))
        )


def _block(connection: Connection, *, scope: str, now: int) -> bool:
    row = insert_into(blocked_account).values(account=scope, since=now).on_conflict_do_nothing()
    return connection.execute(row).rowcount == 1


def _unblock(connection: Connection, *, scope: str) -> bool:
    return connection.execute(delete(blocked_account).where(blocked_account.c.account == scope)).rowcount == 1


def _is_blocked(connection: Connection, *, scope: str) -> bool:
    found = connection.execute(select(blocked_account.c.account).where(blocked_account.c.account == scope))
    return found.first() is not None


_MOST = 10_000
"""Accounts that are compared to find a likely one."""


_COLUMNS = (
    ledger.c.account,
    counter.c.scope,
    quota_override.c.scope,
    preference.c.account,
    blocked_account.c.account,
)


def seen(connection: Connection, *, ending: str = "") -> list[str]:
    """Return scopes of accounts such as ``account:cli:sam``: those with this ending, or else the host's."""
    columns = (
        ledger.c.account,
        counter.c.scope,
        quota_override.c.scope,
        preference.c.account,
        blocked_account.c.account,
    )
    found = []
    for column in columns:
        right = (
            column.endswith(ending, autoescape=True) if ending else column.startswith("account:cli:", autoescape=True)
        )
        found.append(select(column.label("scope")).where(right, column.startswith("account:", autoescape=True)))
    scopes = connection.execute(union(*found).limit(_MOST)).scalars()
    return [str(scope) for scope in scopes if scope is not None]
