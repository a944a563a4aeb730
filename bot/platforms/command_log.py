"""One log line per command: who, where, which, provider, duration, characters.

Never the text. Written by the front ends around every command and button press; ``Requests`` adds what was spoken.
Other log lines of the same command end with its request id.
"""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.errors import BotError
from bot.log import Request, request
from bot.model import Account, Receipt, Space

_log = logging.getLogger("mouthpiece.commands")


@dataclass(slots=True)
class CommandEntry(Request):
    """A command in progress."""

    name: str = ""
    """``/say``, ``button again``: never anything typed."""
    account: Account | None = None
    space: Space | None = None
    result: str = "done"
    receipts: list[Receipt] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def failed(self, error: BaseException) -> None:
        """Note the error code of a failed command."""
        if isinstance(error, asyncio.CancelledError):
            self.result = "cancelled"
        else:
            self.result = error.code if isinstance(error, BotError) else type(error).__name__

    def close(self) -> None:
        """Write the line; later work does not belong to this command."""
        if not self.open:
            return
        self.open = False
        facts: dict[str, object] = {"account": _named(self.account), "space": _named(self.space)}
        if self.receipts:
            facts |= {
                "provider": ",".join(dict.fromkeys(receipt.provider for receipt in self.receipts)),
                "seconds": f"{sum(receipt.clip.seconds for receipt in self.receipts):.1f}",
                "characters": sum(len(receipt.spoken) for receipt in self.receipts),
                "charged": sum(receipt.charged for receipt in self.receipts),
                "cached": "yes" if all(receipt.cached for receipt in self.receipts) else "no",
            }
        facts |= {"took": f"{time.monotonic() - self.began:.1f}", "result": self.result, "request": self.id}
        _log.info("command %s: %s", self.name, " ".join(f"{name}={fact}" for name, fact in facts.items()))


def begin(identity: str, name: str, account: Account | None, space: Space | None) -> CommandEntry:
    """Begin a command in this task; ``close`` the entry when it ends."""
    entry = CommandEntry(identity, name=name, account=account, space=space)
    request.set(entry)
    return entry


@contextmanager
def logged(identity: str, name: str, account: Account | None, space: Space | None) -> Iterator[CommandEntry]:
    """Log the command that runs inside."""
    before = request.get()
    entry = begin(identity, name, account, space)
    try:
        yield entry
    except BaseException as error:
        entry.failed(error)
        raise
    finally:
        entry.close()
        request.set(before)


def current() -> CommandEntry | None:
    """Return the command that this task answers, or None."""
    found = request.get()
    return found if isinstance(found, CommandEntry) and found.open else None


def spoke(receipt: Receipt) -> None:
    """Note what was spoken for this task's command."""
    if (entry := current()) is not None:
        entry.receipts.append(receipt)


def _named(whose: Account | Space | None) -> str:
    return f"{whose.platform}:{whose.id}" if whose is not None else "-"
