"""Commands that were accepted: each ends heard once, or told in a sentence with nothing charged, whatever is killed.

Used by the front ends of both platforms. ``answering`` stands around each command; uploads of its sound happen inside
of ``uploading``, and the connection that carries them calls ``upload_begins`` and ``upload_answered`` around each
request. ``bot/store/deliveries.py`` says what is written down at each step.
"""

import logging
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any

from bot.errors import CutOffError, StoreError
from bot.model import Owed
from bot.store.commands import Commands
from bot.store.deliveries import Left, Next, Standing

_log = logging.getLogger("mouthpiece")


class AcceptedCommand:
    """One command while it is answered."""

    def __init__(self, commands: Commands, key: str, standing: Standing) -> None:
        self.key = key
        self._commands = commands
        self._next = standing.next
        self._owed = standing.owed
        self._sending = False
        self._heard = False
        """Whether some of its sound was delivered."""
        self._arrived = False
        """Whether all of it was that was sent so far."""
        self._done = False
        self._telling = False
        self.speaks = standing.next is not Next.ANSWER
        """Whether it is, or was, to be spoken: then a sentence is said again rather than not at all."""
        self.journaled = False

    @property
    def owed(self) -> Owed | None:
        """What it is answered with, where it was spoken before the process was killed."""
        return self._owed

    @property
    def is_over(self) -> bool:
        """Whether it was answered before."""
        return self._next is Next.NOTHING

    def check(self) -> None:
        """Raise CutOffError for a command that is not taken up again, once it was cut off."""
        if self._next is Next.UNCERTAIN:
            raise CutOffError("cut_off.sending")
        if self._next is Next.GIVE_UP:
            raise CutOffError("cut_off.twice")

    async def upload_begins(self) -> None:
        """Note that its sound is being sent, before the first byte. Raises nothing."""
        self._arrived = False
        if not self._sending:
            self._sending = await self._noted(self._commands.begin_upload(self.key))

    async def upload_answered(self, status: int) -> None:
        """Note what the platform answered: refused, it is still to be delivered. Raises nothing."""
        if 200 <= status < 300:
            self._heard = self._arrived = True
        elif 400 <= status < 500 and self._sending and not self._heard:
            self._sending = not await self._noted(self._commands.refuse_upload(self.key))

    async def answer_begins(self) -> None:
        """Note that it is being answered, if not by sound, so that this is not repeated. Raises nothing."""
        if not (self.speaks or self._telling or self._done):
            self._telling = await self._noted(self._commands.begin_telling(self.key))

    async def answer_answered(self, status: int) -> None:
        """Note what the platform said to it: refused, it may still be given. Raises nothing."""
        if 400 <= status < 500 and self._telling and not self._done:
            self._telling = not await self._noted(self._commands.refuse_telling(self.key))

    async def delivered(self) -> None:
        """Note that all of its sound was delivered, or is taken to be. Raises nothing."""
        self._arrived = True
        await self.finish()

    async def finish(self) -> None:
        """Note that it was answered; where its sound was not delivered, nothing is charged. Harmless when repeated."""
        if self._telling and not self.journaled:
            self._done = True
        if not self._done:
            self._done = await self._noted(self._commands.finish(self.key, earned=self._arrived))

    async def _noted(self, work: Coroutine[Any, Any, None]) -> bool:
        """Whether it was written down. Where it cannot be, people are still answered."""
        try:
            await work
        except StoreError as error:
            _log.warning("what became of a command could not be written down: %s", error.code)
            return False
        return True


class Accepted:
    """The commands that are being answered. One for a process."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._open: set[str] = set()
        self._journaled: set[str] = set()
        self._begun: frozenset[str] | None = None
        self._left: set[str] = set()
        """Commands of the last run's journal that are still to be answered."""

    async def accept(self, key: str, platform: str, content: str, token: str = "") -> bool:
        """Write a command down before it is acknowledged to the platform; False when it was before.

        Raises StoreError: then it is not to be acknowledged.
        """
        new = await self._commands.accept(key, platform, content, token)
        if new:
            self._journaled.add(key)
        return new

    @asynccontextmanager
    async def answering(self, key: str) -> AsyncIterator[AcceptedCommand | None]:
        """Note that a command was answered when the block ends; None when there is nothing to do: it comes twice.

        A block that is left by an exception answered nothing: the command may be taken up again.
        """
        command, answered = await self.open(key), False
        before = _ANSWERED.set(command)
        try:
            yield command
            answered = True
        finally:
            _ANSWERED.reset(before)
            if command is not None:
                await self.shut(command, answered=answered)

    async def open(self, key: str, *, new: bool = False) -> AcceptedCommand | None:
        """Begin to answer a command, until ``shut``; None when there is nothing to do: it comes twice.

        ``new``: nothing can be known of it. Raises nothing.
        """
        if key in self._open:
            return None
        self._open.add(key)
        try:
            command = AcceptedCommand(self._commands, key, await self._standing(key, new))
            if not command.is_over:
                return command
            await command.finish()  # out of the journal, if it is there
        except BaseException:
            self._open.discard(key)
            raise
        self._open.discard(key)
        return None

    async def shut(self, command: AcceptedCommand, *, answered: bool) -> None:
        """End what ``open`` began; not ``answered``: the command may be taken up again. Raises nothing."""
        try:
            if answered:
                command.journaled = command.key in self._journaled
                await command.finish()
        finally:
            self._open.discard(command.key)
            self._journaled.discard(command.key)
            self._left.discard(command.key)

    async def was_begun(self, key: str) -> bool:
        """Return whether an earlier run began to answer a command, and did not end it. Raises nothing."""
        if key in self._left:
            return True
        if self._begun is None:
            try:
                self._begun = await self._commands.begun() - self._journaled
            except StoreError:
                return False
        return key in self._begun

    async def drop(self, key: str) -> None:
        """Leave a command unanswered, as one of too many; only the journal has to know. Raises nothing."""
        if key in self._journaled:
            self._journaled.discard(key)
            await self.close(key)

    async def close(self, key: str) -> None:
        """Note that a command that was cut off is not taken up again: the person was told. Raises nothing."""
        await AcceptedCommand(self._commands, key, Standing(Next.ANSWER)).finish()

    async def left(self, platform: str) -> list[Left]:
        """Return what the last run wrote down and did not answer. Raises nothing."""
        try:
            found = await self._commands.left(platform)
        except StoreError as error:
            _log.warning("commands of the last run cannot be read: %s", error.code)
            return []
        left = [each for each in found if each.key not in self._open]
        self._journaled.update(each.key for each in left)
        self._left.update(each.key for each in left)
        return left

    async def progress_shown(self, platform: str, chat: str, message: str) -> None:
        """Note a message that shows how far a command is, so that it does not outlive a kill. Raises nothing."""
        try:
            await self._commands.show_progress(platform, chat, message)
        except StoreError as error:
            _log.warning("a message that shows progress could not be noted: %s", error.code)

    async def progress_removed(self, platform: str, chat: str, message: str) -> None:
        """Forget it. Raises nothing."""
        try:
            await self._commands.hide_progress(platform, chat, message)
        except StoreError as error:
            _log.warning("a message that shows progress could not be forgotten: %s", error.code)

    async def progress_left(self, platform: str) -> list[tuple[str, str]]:
        """Return chat and id of the messages that the last run left behind. Raises nothing."""
        try:
            return await self._commands.progress_left(platform)
        except StoreError as error:
            _log.warning("messages that show progress cannot be read: %s", error.code)
            return []

    async def _standing(self, key: str, new: bool) -> Standing:
        if new:
            return Standing(Next.ANSWER)
        try:
            return await self._commands.standing(key)
        except StoreError:
            return Standing(Next.ANSWER)  # the store will say so itself


_UPLOADED: ContextVar[AcceptedCommand | None] = ContextVar("uploaded", default=None)
"""Whose sound the requests of this task carry."""


_ANSWERED: ContextVar[AcceptedCommand | None] = ContextVar("answered", default=None)
"""What the requests of this task answer."""


@contextmanager
def uploading(command: AcceptedCommand | None) -> Iterator[None]:
    """Let the requests inside count as uploads of a command's sound."""
    before = _UPLOADED.set(command)
    try:
        yield
    finally:
        _UPLOADED.reset(before)


async def upload_begins() -> None:
    """Called by a connection before a request leaves."""
    if (command := _UPLOADED.get()) is not None:
        await command.upload_begins()


async def upload_answered(status: int) -> None:
    """Called by a connection with the status of an answer."""
    if (command := _UPLOADED.get()) is not None:
        await command.upload_answered(status)


async def answer_begins() -> None:
    """Called by a connection before a sentence leaves."""
    if (command := _ANSWERED.get()) is not None:
        await command.answer_begins()


async def answer_answered(status: int) -> None:
    """Called by a connection with the status of an answer to a sentence."""
    if (command := _ANSWERED.get()) is not None:
        await command.answer_answered(status)
