"""The commands that people gave: taken in, answered, delivered. Asked by the front ends around each of them.

What the stages mean, and what is written at once, says ``deliveries.py``.
"""

from functools import partial

from sqlalchemy import Connection, delete, insert, select

from bot.errors import StoreError
from bot.store import deliveries
from bot.store.deliveries import AcceptEntry, FinishEntry, Left, ReturnEntry, Standing, TellEntry, UploadEntry
from bot.store.ledger import Ledger
from bot.store.schema import progress_message

LONGEST_CONTENT = 300_000
"""Characters of what a platform brought."""
TOKEN_SECONDS = 15 * 60.0
"""For which a token lives."""
REMEMBERED_HOURS = 49
"""For which a command that was answered is known: Telegram brings an update again for a day."""


class Commands:
    """The commands of a ledger. Has no state of its own."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._database = ledger.database

    async def accept(self, key: str, platform: str, content: str, token: str = "") -> bool:
        """Write a command into the journal; False when it is there, or was answered.

        Raises StoreError, also when the journal is full.
        """
        if len(content) > LONGEST_CONTENT:
            raise StoreError("store.full", path=str(self._database.path))
        return bool(await self._ledger.enter(AcceptEntry(key, platform, content, token or None)))

    async def standing(self, key: str) -> Standing:
        """Say what is to be done with a command. Raises StoreError."""
        return await self._database.read(partial(deliveries.standing, key=key))

    async def begin_upload(self, key: str) -> None:
        """Note that the sound is being sent. Raises StoreError: then nothing was noted."""
        await self._ledger.enter(UploadEntry(key, begins=True))

    async def refuse_upload(self, key: str) -> None:
        """Note that the platform refused it, so that it is still to be delivered. Raises StoreError."""
        await self._ledger.enter(UploadEntry(key, begins=False))

    async def begin_telling(self, key: str) -> None:
        """Note that an answer without sound leaves. Raises StoreError."""
        await self._ledger.enter(TellEntry(key, begins=True))

    async def refuse_telling(self, key: str) -> None:
        """Note that the platform refused it. Raises StoreError."""
        await self._ledger.enter(TellEntry(key, begins=False))

    async def finish(self, key: str, *, earned: bool) -> None:
        """Note that a command was answered; not ``earned``: give back what its sound cost, if it had one.

        Harmless when repeated. Raises StoreError.
        """
        await self._ledger.enter(FinishEntry(key, earned))

    async def give_back(self, key: str) -> None:
        """Give back what was charged for a sound that is lost, so that it can be spoken again. Raises StoreError."""
        await self._ledger.enter(ReturnEntry(key))

    async def left(self, platform: str) -> list[Left]:
        """Return the commands in the journal, the oldest first. Raises StoreError."""
        living = self._database.now() - round(TOKEN_SECONDS * 1000)
        return await self._database.read(partial(deliveries.left, platform=platform, living=living))

    async def show_progress(self, platform: str, chat: str, message: str) -> None:
        """Note a message that shows how far a command is. Raises StoreError."""
        row = {"platform": platform, "chat": chat, "message": message}
        await self._database.write(partial(_note_progress, row=row))

    async def hide_progress(self, platform: str, chat: str, message: str) -> None:
        """Forget such a message, which was removed. Raises StoreError."""
        await self._database.write(partial(_forget_progress, platform=platform, chat=chat, message=message))

    async def progress_left(self, platform: str) -> list[tuple[str, str]]:
        """Return the chat and the id of each such message that was not removed. Raises StoreError."""
        return await self._database.read(partial(_progress_left, platform=platform))

    async def begun(self) -> frozenset[str]:
        """Return the commands that were begun and not done, a few days back. Raises StoreError."""
        since = self._database.now() - REMEMBERED_HOURS * 3_600_000
        return await self._database.read(partial(deliveries.begun, since=since))

    async def expire(self) -> int:
        """Forget tokens that live no longer and commands answered long ago, and give back what never came again.

        Returns how many were forgotten or given back. Raises StoreError.
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
