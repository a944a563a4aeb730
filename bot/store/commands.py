"""The commands that people gave: accepted, answered, delivered. Called by the front ends around each command.

``deliveries.py`` explains the stages, and what is written in one transaction.
"""

from functools import partial

from sqlalchemy import Connection, delete, insert, select

from bot.errors import StoreError
from bot.store import deliveries
from bot.store.deliveries import AcceptEntry, CommandState, FinishEntry, Left, ReturnEntry, TellEntry, UploadEntry
from bot.store.ledger import Ledger
from bot.store.schema import progress_message

LONGEST_CONTENT = 300_000
"""Characters of a platform's payload."""
TOKEN_SECONDS = 15 * 60.0
"""Seconds for which a token is valid."""
REMEMBERED_HOURS = 49
"""Hours for which an answered command is remembered: Telegram repeats updates for a day."""


class Commands:
    """The commands of a ledger. Has no state of its own."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._database = ledger.database

    async def accept(self, key: str, platform: str, content: str, token: str = "") -> bool:
        """Write a command into the journal. Return False if it is there already, or was answered.

        Raises StoreError, also when the journal is full.
        """
        if len(content) > LONGEST_CONTENT:
            raise StoreError("store.full", path=str(self._database.path))
        return bool(await self._ledger.enter(AcceptEntry(key, platform, content, token or None)))

    async def command_state(self, key: str) -> CommandState:
        """Return what is to be done with a command. Raises StoreError."""
        return await self._database.read(partial(deliveries.command_state, key=key))

    async def begin_upload(self, key: str) -> None:
        """Note that the sound is being uploaded. Raises StoreError: then nothing was noted."""
        await self._ledger.enter(UploadEntry(key, begins=True))

    async def refuse_upload(self, key: str) -> None:
        """Note that the platform refused the upload, so the sound is still to be delivered. Raises StoreError."""
        await self._ledger.enter(UploadEntry(key, begins=False))

    async def begin_telling(self, key: str) -> None:
        """Note that an answer without sound is being sent. Raises StoreError."""
        await self._ledger.enter(TellEntry(key, begins=True))

    async def refuse_telling(self, key: str) -> None:
        """Note that the platform refused it. Raises StoreError."""
        await self._ledger.enter(TellEntry(key, begins=False))

    async def finish(self, key: str, *, earned: bool) -> None:
        """Note that a command was answered; unless ``earned``, refund what its sound cost.

        Harmless when repeated. Raises StoreError.
        """
        await self._ledger.enter(FinishEntry(key, earned))

    async def give_back(self, key: str) -> None:
        """Refund a lost sound, so that it can be spoken again. Raises StoreError."""
        await self._ledger.enter(ReturnEntry(key))

    async def left(self, platform: str) -> list[Left]:
        """Return the commands in the journal, the oldest first. Raises StoreError."""
        living = self._database.now() - round(TOKEN_SECONDS * 1000)
        return await self._database.read(partial(deliveries.left, platform=platform, living=living))

    async def show_progress(self, platform: str, chat: str, message: str) -> None:
        """Note a message that shows a command's progress. Raises StoreError."""
        row = {"platform": platform, "chat": chat, "message": message}
        await self._database.write(partial(_note_progress, row=row))

    async def hide_progress(self, platform: str, chat: str, message: str) -> None:
        """Forget a removed progress message. Raises StoreError."""
        await self._database.write(partial(_forget_progress, platform=platform, chat=chat, message=message))

    async def progress_left(self, platform: str) -> list[tuple[str, str]]:
        """Return the chat and id of each progress message that was not removed. Raises StoreError."""
        return await self._database.read(partial(_progress_left, platform=platform))

    async def begun(self) -> frozenset[str]:
        """Return the recent commands that were begun and not finished. Raises StoreError."""
        since = self._database.now() - REMEMBERED_HOURS * 3_600_000
        return await self._database.read(partial(deliveries.begun, since=since))

    async def expire(self) -> int:
        """Forget expired tokens and old commands, and refund those that were never repeated.

        Returns how many were forgotten or refunded. Raises StoreError.
        """
        now = self._database.now()
        await self._database.write(partial(deliveries.forget_tokens, until=now - round(TOKEN_SECONDS * 1000)))
        old = now - REMEMBERED_HOURS * 3_600_000
        await self._database.empty_log()
        total = 0
        while keys := await self._database.read(partial(deliveries.lost, until=old)):
            for key in keys:
                await self.finish(key, earned=False)
            total += len(keys)
        while gone := await self._database.write(partial(deliveries.forget, until=old)):
            total += gone
        return total


def _note_progress(connection: Connection, *, row: dict[str, str]) -> None:
    connection.execute(insert(progress_message), [row])


def _forget_progress(connection: Connection, *, platform: str, chat: str, message: str) -> None:
    shown = progress_message.c
    named = (shown.platform == platform) & (shown.chat == chat) & (shown.message == message)
    connection.execute(delete(progress_message).where(named))


def _progress_left(connection: Connection, *, platform: str) -> list[tuple[str, str]]:
    shown = progress_message.c
    rows = connection.execute(select(shown.chat, shown.message).where(shown.platform == platform))
    return [(row.chat, row.message) for row in rows]
