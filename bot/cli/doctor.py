"""``mouthpiece doctor``: the checks of ``/doctor``, for the host."""

import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

from bot.app import build, platforms_of, provider_of, services_of
from bot.cli.arguments import Arguments
from bot.cli.info import warnings_of
from bot.config import Config
from bot.errors import ConfigError, StoreError
from bot.platforms.doctor import Check, Finding, State, examine_without_store, found, rights_of_files
from bot.providers.base import Provider
from bot.store.files import check_lock
from bot.texts import of_error

_FAILED = 1


async def doctor(config: Config, asked: Arguments) -> int:
    """Print one line per check; exit code 1 unless none failed."""
    findings = await _examine(config, speak=asked.speak)
    if asked.json:
        rows = [{"check": each.check, "state": each.state, "says": each.sentence(config.language)} for each in findings]
        print(json.dumps(rows, ensure_ascii=False))
    else:
        for each in findings:
            print(each.sentence(config.language))
    return _FAILED if any(each.state is State.BAD for each in findings) else 0


async def _examine(config: Config, *, speak: bool) -> tuple[Finding, ...]:
    # Before the store is opened, which restricts the files' permissions.
    wide = rights_of_files(config.data_dir) if config.data_dir.is_dir() else ()
    return (*(each for each in await _examine_parts(config, speak=speak) if each.check != "files"), *wide)


async def _examine_parts(config: Config, *, speak: bool) -> tuple[Finding, ...]:
    try:
        check_lock(config.data_dir)
        async with build(config, kind="cli") as core:
            more: list[tuple[str, Check]] = [("key", partial(_keys, core.providers))]
            nobody: tuple[Finding, ...] = ()
            try:
                more += [(platform.name, platform.examine) for platform in platforms_of(core)]
            except ConfigError:
                nobody = (found("platform", State.BAD, "doctor.no_token"),)
            return await services_of(core).doctor.examine(more=more, speak=speak) + nobody
    except StoreError as error:
        problem = of_error(error, config.language)
        store = found("store", State.BAD, "doctor.failed", check="store", problem=problem)
    async with AsyncExitStack() as stack:
        providers = [provider_of(name, config) for name in config.chain]
        for provider in providers:
            stack.push_async_callback(provider.close)
        rest = await examine_without_store(providers, config.language, speak=speak)
        return (store, *rest, *await _keys(providers))


async def _keys(providers: Sequence[Provider]) -> Sequence[Finding]:
    """Return warnings about the providers' keys, which concern the host alone."""
    return [
        found("key", State.WARNING, code, provider=provider.name)
        for provider in providers
        for code in warnings_of(provider)
    ]
