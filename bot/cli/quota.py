"""``mouthpiece quota show | grant | reset``: what people spend, and what the host gives them."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

from bot.app import Core, build
from bot.cli import names
from bot.cli.arguments import Arguments
from bot.config import Config
from bot.errors import InputError
from bot.speech.meter import BUILT_IN, PAID
from bot.store.quota import Override
from bot.texts import say

_MOST = 1_000_000_000
"""Characters that can be given at once."""


async def show(config: Config, asked: Arguments) -> int:
    """Today's use of an account, and what every provider was asked for."""
    async with build(config, kind="cli") as core:
        account = await _rows(core, asked.account) if asked.account else []
        providers = [await _provider(core, name) for name in config.chain]
    if asked.json:
        print(json.dumps({"account": account, "providers": providers}, ensure_ascii=False, default=str))
        return 0
    for row in account:
        print(say("quota.row" if row["limit"] is not None else "quota.row_free", config.language, **row))
    for row in providers:
        print(say("quota.provider", config.language, **row | {"price": f"{row['price']:.4f}"}))
    return 0


async def _rows(core: Core, name: str) -> list[dict[str, object]]:
    """An account's balance on both meters, or a space's."""
    if name.startswith("space:"):
        shared = await core.speech.space_balance(names.space(name.removeprefix("space:")))
        return [{"account": name} | asdict(shared)]
    account = names.account(name)
    named = {"account": f"{account.platform}:{account.id}"}
    return [named | asdict(await core.speech.balance(account, meter=meter)) for meter in (PAID, BUILT_IN)]


async def _provider(core: Core, name: str) -> dict[str, object]:
    totals = await core.calls.totals(name, datetime.now(UTC).date())
    price = core.config.provider(name).price_per_1k_tokens * totals.tokens / 1000
    return {"provider": name, "calls": totals.calls, "tokens": totals.tokens, "price": round(price, 6)}


async def grant(config: Config, asked: Arguments) -> int:
    """Characters on top for today, or a daily limit of its own."""
    if not 0 <= asked.characters <= _MOST:
        raise InputError("quota.out_of_range", limit=_MOST)
    scope = names.scope(asked.account)
    if scope.startswith("role:") and not asked.per_day:
        raise InputError("quota.role_per_day")
    async with build(config, kind="cli") as core:
        if asked.per_day:
            await core.ledger.set_override(Override(scope, characters_per_day=asked.characters))
        else:
            await core.ledger.grant(scope, asked.characters)
    code = "quota.changed" if asked.per_day else "quota.granted"
    print(say(code, config.language, account=asked.account, characters=asked.characters))
    return 0


async def reset(config: Config, asked: Arguments) -> int:
    """Nothing used today, on both meters; with --all no limit of its own either."""
    scope = names.scope(asked.account)
    async with build(config, kind="cli") as core:
        await core.ledger.reset(scope)
        await core.ledger.reset(scope, BUILT_IN)
        if asked.all:
            await core.ledger.set_override(Override(scope))
    print(say("quota.was_reset", config.language, account=asked.account))
    return 0
