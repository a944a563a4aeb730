"""``/doctor``: the list of checks that ``mouthpiece doctor`` shows, and what Telegram lets the bot do in this group.

For administrators. Registered in ``handlers.py``.
"""

from collections.abc import Sequence
from functools import partial

from bot.errors import InputError
from bot.platforms.doctor import Finding, State, found
from bot.platforms.telegram.asking import Asked
from bot.platforms.telegram.counter import Counter
from bot.texts import codes


async def doctor(counter: Counter, asked: Asked) -> None:
    """Check everything and say what to do. Raises InputError ``telegram.groups_only``, ``telegram.admins_only``."""
    if asked.space is None:
        raise InputError("telegram.groups_only")
    if not await counter.delivery.is_admin(asked):
        raise InputError("telegram.admins_only")
    rights = partial(_rights, counter, asked.message.chat_id)
    findings = await counter.doors.doctor.examine(asked.account, asked.space, more=[("telegram", rights)])
    lines = (each.sentence(asked.language, brief=True) for each in findings)
    await counter.delivery.sentence(asked.message, "\n".join(lines))


async def _rights(counter: Counter, chat_id: int) -> Sequence[Finding]:
    """What the bot sees in the group, and whether it may send voices there."""
    return (
        _finding("doctor.telegram.groups", await counter.rights.sees_messages(chat_id)),
        _finding("telegram.doctor.voices", await counter.rights.may_send_voices(chat_id)),
    )


def _finding(code: str, good: bool | None) -> Finding:
    """One line; None where Telegram did not say."""
    if good is None:
        return found("telegram", State.BAD, "telegram.doctor.silent")
    return found("telegram", State.GOOD if good else State.WARNING, code if good else codes.OFF[code])
