"""The bot, which kills itself (SIGKILL) when a command comes to a named state: ``tests/test_kills.py`` starts it.

``python -m tests.delivery_child STATE TIMES ARGUMENTS...`` runs ``mouthpiece ARGUMENTS`` and dies when it has come to
that state for so many times. The bot is the real one: a step of it is done, or about to be, when the end comes.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from bot.cli import main
from bot.platforms.discord import voice_message
from bot.platforms.requests import Accepted, AcceptedCommand
from bot.speech.cache import ClipCache
from bot.speech.fallback import Chain
from bot.speech.quota import Meter
from bot.speech.synthesis import RecordingTrack
from bot.store.ledger import Ledger

Step = tuple[Any, str, bool]
"""Whose step, its name, whether it is done when the process dies."""

STATES: dict[str, Step] = {
    "journaled": (Accepted, "accept", True),
    "deferred": (voice_message, "defer", True),
    "held": (Ledger, "hold", True),
    "requested": (Chain, "speak", False),
    "first_audio": (RecordingTrack, "write", True),
    "encoded": (Meter, "settle", False),
    "charged": (Meter, "settle", True),
    "spent": (ClipCache, "keep", True),
    "sending": (AcceptedCommand, "upload_begins", True),
    "refused": (AcceptedCommand, "upload_answered", True),
    "uploaded": (AcceptedCommand, "upload_answered", False),
    "told": (AcceptedCommand, "answer_answered", False),
    "delivered": (AcceptedCommand, "delivered", True),
    "answered": (AcceptedCommand, "finish", True),
}


def deadly(step: Callable[..., Any], done: bool, times: int) -> Callable[..., Any]:
    """The same step, at which the process dies when it is taken for so many times."""
    left = [times]

    def die() -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    async def dying(*arguments: Any, **named: Any) -> Any:
        if not done:
            die()
        answer = await step(*arguments, **named)
        if done:
            die()
        return answer

    return dying


if __name__ == "__main__":
    state, times, *arguments = sys.argv[1:]
    whose, name, done = STATES[state]
    setattr(whose, name, deadly(getattr(whose, name), done, int(times)))
    sys.exit(main(arguments))
