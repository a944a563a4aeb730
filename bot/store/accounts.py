"""Accounts that were seen before: who spoke, has limits of its own, set something or is blocked.

Called by the command line, which takes a name without a platform only for those.
"""

from sqlalchemy import Connection, select, union

from bot.store.schema import blocked_account, counter, ledger, preference, quota_override

_MOST = 10_000
"""Accounts that are looked at for a likely one."""


_COLUMNS = (
    ledger.c.account,
    counter.c.scope,
    quota_override.c.scope,
    preference.c.account,
    blocked_account.c.account,
)


def seen(connection: Connection, *, ending: str = "") -> list[str]:
    """Return scopes of accounts, ``account:cli:sam``; with ``ending`` those that end so, else those of the host."""
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
