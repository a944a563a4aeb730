"""``mouthpiece block | unblock``: accounts that may not speak anywhere. A running bot obeys within 10 s."""

from typing import TYPE_CHECKING

from bot.cli import names
from bot.config import Config
from bot.store.accounts import BlockedAccounts
from bot.store.database import Database
from bot.texts import say

if TYPE_CHECKING:
    from bot.cli.arguments import Arguments


async def block(config: Config, asked: "Arguments") -> int:
    """Block an account everywhere."""
    account = names.account(asked.account)
    async with Database.open(config.data_dir) as database:
        await names.check_known(database, asked.account, config.quota.admins)
        new = await BlockedAccounts(database).block(account)
    print(say("account.blocked" if new else "account.blocked_before", config.language, account=asked.account))
    return 0


async def unblock(config: Config, asked: "Arguments") -> int:
    """Unblock an account."""
    account = names.account(asked.account)
    async with Database.open(config.data_dir) as database:
        await names.check_known(database, asked.account, config.quota.admins)
        known = await BlockedAccounts(database).unblock(account)
    print(say("account.unblocked" if known else "account.not_blocked", config.language, account=asked.account))
    return 0
