"""``mouthpiece quota show | grant | set | reset``: what people spend, and what the host gives them."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

from bot.app import Core, build
from bot.cli import names
from bot.cli.arguments import Arguments
from bot.config import Config
from bot.errors import InputError
from bot.speech.quota import BUILT_IN, PAID
from bot.store.entries import Override
from bot.store.settings import LONGEST_COOLDOWN
from bot.texts import say

_MOST = 1_000_000_000
"""Characters that can be given at once."""


async def show(config: Config, asked: Arguments) -> int:
    """Print today's use of an account, its own limits, and the requests made to every provider."""
    async with build(config, kind="cli") as core:
        if asked.account:
            await names.check_known(core.database, asked.account, config.quota.admins)
        account = await _rows(core, asked.account) if asked.account else []
        own = await core.ledger.overrides([names.scope(asked.account)]) if asked.account else []
        providers = [await _provider(core, name) for name in config.chain]
    if asked.json:
        shown = {"account": account, "limits": [asdict(limits) for limits in own], "providers": providers}
        print(json.dumps(shown, ensure_ascii=False, default=str))
        return 0
    for row in account:
        code = "quota.row" if row["limit"] is not None else "quota.row_free"
        meter = say("quota.builtin", config.language) if row["meter"] == BUILT_IN else row["meter"]
        print(say(code, config.language, **row | {"meter": meter}))
    for limits in own:
        print(_described(asked.account, limits, config.language))
    for row in providers:
        priced = config.provider(str(row["provider"])).price_per_1k_tokens > 0
        code = "quota.provider" if priced else "quota.provider_unpriced"
        print(say(code, config.language, **row | {"price": f"{row['price']:.4f}"}))
    return 0


async def _rows(core: Core, name: str) -> list[dict[str, object]]:
    """Return an account's balance on both meters, or a space's; empty for a role."""
    kind = names.scope(name).partition(":")[0]
    if kind == "role":
        return []
    if kind == "space":
        shared = await core.speech.space_balance(names.space(name))
        return [{"account": name} | asdict(shared)]
    account = names.account(name)
    named = {"account": f"{account.platform}:{account.id}"}
    return [named | asdict(await core.speech.balance(account, meter=meter)) for meter in (PAID, BUILT_IN)]


async def _provider(core: Core, name: str) -> dict[str, object]:
    totals = await core.calls.totals(name, datetime.now(UTC).date())
    price = core.config.provider(name).price_per_1k_tokens * totals.tokens / 1000
    return {"provider": name, "calls": totals.calls, "tokens": totals.tokens, "price": round(price, 6)}


async def grant(config: Config, asked: Arguments) -> int:
    """Grant characters for today, or set a daily limit."""
    if not 0 <= asked.characters <= _MOST:
        raise InputError("quota.out_of_range", limit=_MOST)
    scope = names.scope(asked.account)
    if scope.startswith("role:") and not asked.per_day:
        raise InputError("quota.role_per_day")
    async with build(config, kind="cli") as core:
        await names.check_known(core.database, asked.account, config.quota.admins)
        if asked.per_day:
            await core.ledger.change_override(scope, {"characters_per_day": asked.characters})
        else:
            await core.ledger.grant(scope, asked.characters)
    code = "quota.changed" if asked.per_day else "quota.granted"
    print(say(code, config.language, account=asked.account, characters=asked.characters))
    return 0


async def change(config: Config, asked: Arguments) -> int:
    """Set limits of an account, a space or a role; those not named stay."""
    scope = names.scope(asked.account)
    named = {
        "characters_per_day": _within(asked.per_day, _MOST),
        "requests_per_minute": _within(asked.per_minute, _MOST),
        "cooldown": _within(asked.cooldown, LONGEST_COOLDOWN),
        "unlimited": asked.unlimited,
    }
    changes = {name: value for name, value in named.items() if value is not None}
    if not changes:
        raise InputError("quota.nothing_named")
    if "cooldown" in changes and scope.startswith("space:"):
        raise InputError("quota.no_cooldown_of_space")
    async with build(config, kind="cli") as core:
        await names.check_known(core.database, asked.account, config.quota.admins)
        limits = await core.ledger.change_override(scope, changes)
    print(_described(asked.account, limits, config.language))
    return 0


def _within(amount: int | None, most: int) -> int | None:
    if amount is not None and not 0 <= amount <= most:
        raise InputError("quota.out_of_range", limit=most)
    return amount


def _described(name: str, limits: Override, language: str) -> str:
    """Return the limits of an account, a space or a role as a sentence."""
    amounts = {
        "quota.own.day": limits.characters_per_day,
        "quota.own.minute": limits.requests_per_minute,
        "quota.own.cooldown": limits.cooldown,
        "quota.own.unlimited": limits.unlimited or None,
    }
    parts = [say(code, language, amount=amount) for code, amount in amounts.items() if amount is not None]
    return say("quota.own", language, account=name, limits=parts or [say("quota.own.none", language)])


async def reset(config: Config, asked: Arguments) -> int:
    """Reset today's use on both meters; with --all remove the account's own limits, too."""
    scope = names.scope(asked.account)
    if scope.startswith("role:") and not asked.all:
        raise InputError("quota.role_reset")
    async with build(config, kind="cli") as core:
        await names.check_known(core.database, asked.account, config.quota.admins)
        await core.ledger.reset(scope)
        await core.ledger.reset(scope, BUILT_IN)
        if asked.all:
            await core.ledger.set_override(Override(scope))
    if scope.startswith("role:"):
        print(_described(asked.account, Override(scope), config.language))
    else:
        print(say("quota.was_reset", config.language, account=asked.account))
    return 0
