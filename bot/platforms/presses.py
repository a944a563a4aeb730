"""One press at a time: a person who taps a button again before its sound is there has it made once, and pays once.

One for a process (``Desk.presses``); the doors hold it while they answer a button that makes something new.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import InputError
from bot.model import Account


class Presses:
    """What is being made for whom. It holds no more than there are presses under way."""

    def __init__(self) -> None:
        self._under_way: set[tuple[Account, tuple[str, ...]]] = set()

    @contextmanager
    def alone(self, account: Account, *what: str) -> Iterator[None]:
        """Around the answer to a press. ``what``: the words' token and what is to be done with them.

        Raises InputError ``press.under_way`` while the same is made for the same account.
        """
        press = (account, what)
        if press in self._under_way:
            raise InputError("press.under_way")
        self._under_way.add(press)
        try:
            yield
        finally:
            self._under_way.discard(press)
