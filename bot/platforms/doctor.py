"""The checks of ``/doctor`` and ``mouthpiece doctor``: what works, what does not, and what to do about it.

Built by ``app.py``. A check is a function that returns findings; platforms add their own. No check spends anything, and
none may take longer than ``LONGEST``.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from bot.audio.opus import PACKET_SAMPLES, OpusStream, decode
from bot.errors import AudioError, BotError
from bot.model import Account, Space
from bot.providers.base import Provider
from bot.speech.quota import BUILT_IN, PAID, Balance
from bot.speech.service import SpeechService
from bot.store import files
from bot.store.database import Database
from bot.store.provider_calls import ProviderCalls, ProviderLimits
from bot.texts import codes, in_chat, of_error, say

LONGEST = 10.0
"""Seconds that one check may take."""
_SHARE = 0.9
"""Part of that for one provider: a slow one must not hide the others."""
_LOW_DISK = 200
"""Megabytes below which the store will not last long."""


class State(StrEnum):
    """State of a finding."""

    GOOD = "good"
    WARNING = "warning"
    """It works, but something should be known about it."""
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was checked, its state, and the sentence about it."""

    check: str
    """``store``, ``opus``, ``dave``, ``provider``, ``quota``, ``discord``, ``telegram``, ``permissions`` …"""
    state: State
    code: str
    facts: tuple[tuple[str, object], ...] = ()

    def sentence(self, language: str, *, brief: bool = False) -> str:
        """Return a mark and one line for a person; ``brief``: without details for the host."""
        code = codes.BRIEF.get(self.code, self.code) if brief else self.code
        words = " ".join(say(code, language, **dict(self.facts)).split())
        return f"{say(codes.STATE[self.state], language)} {words}"


Check = Callable[[], Awaitable[Sequence[Finding]]]


def found(name: str, state: State, code: str, /, **facts: object) -> Finding:
    """Return a finding."""
    return Finding(name, state, code, tuple(facts.items()))


@dataclass(frozen=True, slots=True)
class Doctor:
    """Runs the checks that every front end shares."""

    database: Database
    calls: ProviderCalls
    providers: Sequence[Provider]
    limits: dict[str, ProviderLimits]
    speech: SpeechService
    language: str

    async def examine(
        self,
        account: Account | None = None,
        space: Space | None = None,
        *,
        more: Sequence[tuple[str, Check]] = (),
        speak: bool = False,
    ) -> tuple[Finding, ...]:
        """Run every check at once and return the findings in the order of the list. Raises nothing expected.

        ``account`` and ``space``: whose quota is checked. ``more``: a platform's own checks by name. ``speak``: speak a
        word even with paid providers.
        """
        checks: list[tuple[str, Check]] = [
            ("store", self._store),
            ("opus", _opus),
            ("dave", _dave),
            ("provider", lambda: self._providers(speak=speak)),
            ("quota", lambda: self._quota(account, space)),
            *more,
        ]
        return await _examine(checks, self.language)

    async def _store(self) -> Sequence[Finding]:
        """Return whether the store is writable, and how long the disk will last."""
        await self.database.write(lambda connection: connection.exec_driver_sql("SELECT * FROM alembic_version"))
        folder = self.database.path.parent
        free = (await asyncio.to_thread(shutil.disk_usage, folder)).free // 1_000_000
        low = free < _LOW_DISK
        code = "doctor.store.low" if low else "doctor.store"
        capacity = found("store", State.WARNING if low else State.GOOD, code, megabytes=free)
        return (capacity, *await asyncio.to_thread(rights_of_files, folder))

    async def _providers(self, *, speak: bool) -> Sequence[Finding]:
        answers = await asyncio.gather(*(_answering(each, self.language, speak=speak) for each in self.providers))
        findings = await asyncio.gather(*map(self._provider, self.providers, answers))
        return (*_weighed(findings), *(warning for answer in answers for warning in answer.warnings))

    async def _provider(self, provider: Provider, answered: "_Answer") -> Finding:
        """Return what a provider's answer amounts to, with its limits."""
        name, answer = provider.name, answered.finding
        if answer.state is State.BAD:
            return answer
        limits = self.limits.get(name, ProviderLimits())
        totals = await self.calls.totals(name, datetime.now(UTC).date())
        if (limits.rpd and totals.calls >= limits.rpd) or (limits.tpd and totals.tokens >= limits.tpd):
            return found("provider", State.BAD, "doctor.provider.spent", provider=name)
        facts = {**dict(answer.facts), "calls": totals.calls}
        return found("provider", State.GOOD, codes.WITH_REQUESTS.get(answer.code, answer.code), **facts)

    async def _quota(self, account: Account | None, space: Space | None) -> Sequence[Finding]:
        """Return the rest of the person's and the place's quota; without either, whether the ledger answers."""
        balances: list[tuple[str, Balance]] = []
        meter = PAID if any(each.capabilities.metered for each in self.providers) else BUILT_IN
        if account is not None or space is None:
            asked = account or Account("cli", "doctor")
            balances.append(("doctor.quota.account", await self.speech.balance(asked, meter=meter)))
        if space is not None:
            balances.append(("doctor.quota.space", await self.speech.space_balance(space)))
        return [_share(code, balance) for code, balance in balances]


def rights_of_files(folder: Path) -> Sequence[Finding]:
    """Return a warning if others than its owner may use the data folder or our files in it. Blocks."""
    names = [str(path) if path == folder else path.name for path in files.wide(folder)]
    return (found("files", State.WARNING, "doctor.files.wide", names=names),) if names else ()


async def examine_without_store(
    providers: Sequence[Provider], language: str, *, speak: bool = False
) -> tuple[Finding, ...]:
    """Run the checks that need no database, if it cannot be opened. Raises nothing expected."""

    async def answering() -> Sequence[Finding]:
        answers = await asyncio.gather(*(_answering(provider, language, speak=speak) for provider in providers))
        warnings = (warning for answer in answers for warning in answer.warnings)
        return (*_weighed([answer.finding for answer in answers]), *warnings)

    return await _examine([("opus", _opus), ("dave", _dave), ("provider", answering)], language)


async def _examine(checks: Sequence[tuple[str, Check]], language: str) -> tuple[Finding, ...]:
    findings = await asyncio.gather(*(_run(name, check, language) for name, check in checks))
    return tuple(finding for each in findings for finding in each)


async def _run(name: str, check: Check, language: str) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(LONGEST):
            return await check()
    except TimeoutError:
        return (found(name, State.BAD, "doctor.timeout", check=name, seconds=int(LONGEST)),)
    except BotError as error:
        return (found(name, State.BAD, "doctor.failed", check=name, problem=in_chat(error, language)),)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A provider's answer to the check."""

    finding: Finding
    warnings: tuple[Finding, ...] = ()


async def _answering(provider: Provider, language: str, *, speak: bool) -> _Answer:
    """Check whether a provider is set up, answers and, if that is free or ``speak``, really speaks."""
    name = provider.name
    try:
        provider.check_ready()
        async with asyncio.timeout(_SHARE * LONGEST):
            health = await provider.health(speak=speak)
    except TimeoutError:
        seconds = int(_SHARE * LONGEST)
        return _Answer(found("provider", State.BAD, "doctor.provider.slow", provider=name, seconds=seconds))
    except BotError as error:
        problem = of_error(error, language)
        return _Answer(found("provider", State.BAD, "doctor.provider.not_set_up", provider=name, problem=problem))
    if not health.ok:
        return _Answer(found("provider", State.BAD, "doctor.provider.bad", provider=name, detail=health.detail))
    warnings = tuple(Finding("provider", State.WARNING, note.code, note.facts) for note in health.warnings)
    if health.came:
        spoke = found("provider", State.GOOD, "doctor.provider.spoke.answers", provider=name, came=health.came)
        return _Answer(spoke, warnings)
    return _Answer(found("provider", State.GOOD, "doctor.provider.answers", provider=name), warnings)


def _weighed(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return the findings with the failure of one of several providers reduced to a warning."""
    if not any(finding.state is State.GOOD for finding in findings):
        return findings
    return [
        Finding(each.check, State.WARNING, each.code, each.facts) if each.state is State.BAD else each
        for each in findings
    ]


def _share(code: str, balance: Balance) -> Finding:
    if balance.left is None:
        return found("quota", State.GOOD, codes.FREE[code])
    if balance.left <= 0:
        return found("quota", State.BAD, codes.SPENT[code], limit=balance.limit, resets=balance.resets)
    return found("quota", State.GOOD, code, left=balance.left, limit=balance.limit)


async def _opus() -> Sequence[Finding]:
    """Check Opus by encoding and decoding 0.2 s."""

    def there_and_back() -> None:
        stream = OpusStream()
        samples = 10 * PACKET_SAMPLES
        decode([*stream.feed(bytes(2 * samples)), *stream.finish()], 0, samples)

    try:
        await asyncio.to_thread(there_and_back)
    except AudioError:
        return (found("opus", State.BAD, "doctor.opus.bad"),)
    return (found("opus", State.GOOD, "doctor.opus", version=metadata.version("av")),)


async def _dave() -> Sequence[Finding]:
    """Check Discord's end-to-end encryption, which every voice call there needs."""
    try:
        import davey  # noqa: PLC0415  its absence is what is looked for
        import nacl  # noqa: F401, PLC0415
    except ImportError as error:
        return (found("dave", State.BAD, "doctor.dave.bad", library=error.name or "davey"),)
    return (found("dave", State.GOOD, "doctor.dave", version=davey.DAVE_PROTOCOL_VERSION),)
