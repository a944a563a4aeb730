"""The words of the quota: limits, charges, holds, overrides. Used by the ledger and by whoever calls it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Metric = Literal["characters", "requests"]
Window = Literal["day", "minute"]
Meter = Literal["paid", "builtin"]
"""Which count: what providers charge for, or what the built-in engine speaks for nothing."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``amount`` of ``metric`` in a ``window``."""

    metric: Metric
    amount: int
    window: Window
    """A day is a calendar day in the ledger's time zone; a minute is a sliding one."""


@dataclass(frozen=True, slots=True)
class Charge:
    """A scope that a hold is counted on, and the limits that it has there; without limits it is only counted."""

    scope: str
    """``account:discord:42`` or ``space:discord:9``."""
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Quota set aside under a key until it is settled, or until its lease runs out."""

    key: str
    characters: int
    """Held now."""
    expires: datetime
    """When the lease runs out (UTC), unless extended."""
    resumed: bool = False
    """Whether an earlier try under the same key was lost half-way."""


@dataclass(frozen=True, slots=True)
class ScopeUsage:
    """What a scope has used today."""

    scope: str
    characters: int
    requests: int
    granted: int
    """Characters that an admin gave on top of the limit, for today."""
    resets: datetime
    """When the next day begins, in the ledger's time zone."""

    def left(self, limit: int) -> int:
        """Characters that may still be held today under a limit."""
        return max(0, limit + self.granted - self.characters)


@dataclass(frozen=True, slots=True)
class Override:
    """Limits that replace the configured ones for an account, a space or everyone with a role."""

    scope: str
    """``account:discord:42``, ``space:discord:9``, ``role:discord:77``."""
    characters_per_day: int | None = None
    """None: this override does not speak about it."""
    requests_per_minute: int | None = None
    unlimited: bool = False
    """No limits at all; for admins."""
    cooldown: int | None = None
    """Seconds between two utterances, in place of the configured ones; not of a space, whose moderators set it."""

    def amount(self, limit: Limit) -> int | None:
        """What it says in place of a limit's amount; None when it says nothing."""
        if (limit.metric, limit.window) == ("characters", "day"):
            return self.characters_per_day
        if (limit.metric, limit.window) == ("requests", "minute"):
            return self.requests_per_minute
        return None


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A counter that differs from the sum of its rows."""

    scope: str
    meter: str
    window: str
    start: int
    """Milliseconds since 1970."""
    counted: tuple[int, int, int]
    """Characters, requests and grants in the counter."""
    summed: tuple[int, int, int]
    """The same by the ledger's rows."""


_OVERRIDABLE = (Limit("characters", -1, "day"), Limit("requests", -1, "minute"))
"""What an override may limit where nothing is configured."""


def most_generous(limits: Sequence[Limit], overrides: Iterable[Override]) -> tuple[Limit, ...]:
    """The limits that hold for someone: an override replaces the configured amount, also by a smaller one.

    Where several overrides speak about the same limit, the largest amount counts; ``unlimited`` beats all.
    """
    applying = tuple(overrides)
    if any(override.unlimited for override in applying):
        return ()
    named = {(limit.metric, limit.window) for limit in limits}
    missing = (limit for limit in _OVERRIDABLE if (limit.metric, limit.window) not in named)
    added = tuple(_overridden(limit, applying) for limit in missing)
    return (*(_overridden(limit, applying) for limit in limits), *(limit for limit in added if limit.amount >= 0))


def _overridden(limit: Limit, overrides: Iterable[Override]) -> Limit:
    amounts = [amount for override in overrides if (amount := override.amount(limit)) is not None]
    return Limit(limit.metric, max(amounts), limit.window) if amounts else limit
