"""What a person, and the place where it is asked, have used today and have left. ``/quota`` of both doors shows it.

The words are the same on every platform; a door adds its own way to write a heading and a time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.model import Account, Space
from bot.speech.meter import BUILT_IN, PAID, Balance
from bot.speech.service import SpeechService
from bot.texts import say

_CELLS = 12


@dataclass(frozen=True, slots=True)
class Share:
    """One meter of a person, or what a place shares."""

    title: str
    bar: str
    """Empty where there is no limit."""
    words: str


async def shares(
    speech: SpeechService,
    account: Account,
    roles: tuple[str, ...],
    space: Space | None,
    *,
    language: str,
    moment: Callable[[datetime], object],
) -> tuple[Share, ...]:
    """A person's own, then the place's. ``moment``: how the platform writes a time. Raises StoreError.

    The built-in engine is left out where it is only a backup that did not speak and has no limit; nobody shares it.
    """
    meters = speech.meters()
    shown: list[Share] = []
    for meter in meters:
        own = await speech.balance(account, roles, meter)
        if meter == PAID or len(meters) == 1 or own.used or own.limit is not None:
            shown.append(_share("share.builtin" if meter == BUILT_IN else "share.paid", own, language, moment))
    if space is not None and PAID in meters:
        shown.append(_share("share.place", await speech.space_balance(space), language, moment))
    return tuple(shown)


def _share(title: str, balance: Balance, language: str, moment: Callable[[datetime], object]) -> Share:
    heading = say(title, language)
    if balance.limit is None:
        code = "share.builtin_free" if balance.meter == BUILT_IN else "share.free"
        words = say(code, language, used=balance.used, requests=balance.requests)
        return Share(heading, "", words)
    whole = balance.limit + balance.granted
    words = say(
        "share.line",
        language,
        used=balance.used,
        limit=whole,
        left=balance.left,
        requests=balance.requests,
        resets=moment(balance.resets),
    )
    return Share(heading, bar(balance.used, whole), words)


def bar(used: int, whole: int) -> str:
    """A bar of twelve cells. Something used shows at least one, something left leaves at least one."""
    if whole <= 0:
        return "▱" * _CELLS
    full = round(_CELLS * min(used, whole) / whole)
    full = max(full, 1) if used else 0
    full = min(full, _CELLS - 1) if used < whole else _CELLS
    return "▰" * full + "▱" * (_CELLS - full)
