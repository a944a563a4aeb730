"""``mouthpiece doctor``: the list of checks that ``/doctor`` shows, for the person who hosts."""

import json
from functools import partial

from bot.app import build, doors_of, platforms_of
from bot.cli.arguments import Arguments
from bot.config import Config
from bot.errors import ConfigError, StoreError
from bot.platforms.doctor import Finding, State, found
from bot.texts import of_error

_FAILED = 1


async def doctor(config: Config, asked: Arguments) -> int:
    """One line for each check; exit code 1 unless none is bad."""
    findings = await _examine(config)
    if asked.json:
        rows = [{"check": each.check, "state": each.state, "says": each.sentence(config.language)} for each in findings]
        print(json.dumps(rows, ensure_ascii=False))
    else:
        for each in findings:
            print(each.sentence(config.language))
    return _FAILED if any(each.state is State.BAD for each in findings) else 0


async def _examine(config: Config) -> tuple[Finding, ...]:
    try:
        async with build(config, kind="cli") as core:
            try:
                platforms = platforms_of(core)
            except ConfigError:
                nobody = (found("platform", State.WARNING, "doctor.no_token"),)
                return await doors_of(core).doctor.examine() + nobody
            more = [(platform.name, partial(platform.examine)) for platform in platforms]
            return await doors_of(core).doctor.examine(more=more)
    except StoreError as error:
        problem = of_error(error, config.language)
        return (found("store", State.BAD, "doctor.failed", check="store", problem=problem),)
