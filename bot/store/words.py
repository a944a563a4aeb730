"""Spoken texts, for the buttons under a voice message, and who had them spoken, for moderators.

The table ``words`` alone holds what people wrote, for a day by default; ``spoken`` holds ids only.
"""

import re
import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select, tuple_, update

from bot.model import Account, Space, Utterance, Voice, VoiceKind
from bot.store import setting_fields
from bot.store.database import Database, insert_into
from bot.store.schema import spoken, words

HOURS = 24.0
MESSAGE_DAYS = 30
"""Days for which it is known who had a message spoken."""
MOST_KEPT = 500
"""Per account: repeating the same text is free, so the quota does not limit the rows."""
LONGEST = 100_000
"""Characters of text and instruction; longer ones are not kept."""
_TOKEN = re.compile(r"[\w-]{12}", re.ASCII)
_HOUR = 3_600_000
_BATCH = 500
"""Rows removed per transaction, to hold the write lock only briefly."""


@dataclass(frozen=True, slots=True)
class KeptWords:
    """A text someone had spoken."""

    text: str
    styles: tuple[str, ...]
    voice: Voice
    instruction: str
    account: Account | None
    """Where."""
    space: Space | None
    """Where."""
    take: int

    def utterance(self, key: str, account: Account | None, **changes: Any) -> Utterance:
        """Return the same text as a new request, paid by the person who now asks. ``changes``: fields of Utterance."""
        whole: dict[str, Any] = {
            "text": self.text,
            "space": self.space,
            "styles": self.styles,
            "voice": self.voice,
            "instruction": self.instruction,
            "take": self.take,
        }
        return Utterance(key=key, account=account, **(whole | changes))


class Words:
    """The kept texts; one per process and database."""

    def __init__(self, database: Database, *, hours: float = HOURS) -> None:
        """Set up; texts are kept for ``hours``; 0 keeps none."""
        self._database = database
        self._kept = round(hours * _HOUR)

    async def keep(self, utterance: Utterance, *, instead_of: str = "") -> str:
        """Keep an utterance's text and manner. Return its token of 12 url-safe characters.

        ``instead_of``: what this account kept before, unfinished; its token is reused. Empty if nothing is kept:
        retention is 0, the text is longer than any command's, or the voice needs a sample (recordings of people are not
        kept here). Raises StoreError.
        """
        size = len(utterance.text) + len(utterance.instruction) + len(utterance.voice.description)
        if not self._kept or size > LONGEST or utterance.voice.sample is not None:
            return ""
        before = instead_of if _TOKEN.fullmatch(instead_of) else ""
        row = _row(utterance, secrets.token_urlsafe(9), self._database.now())
        return await self._database.write(partial(_keep, row=row, before=before))

    async def get(self, token: str) -> KeptWords | None:
        """Return the text of a token, or None if it expired or never existed. Raises StoreError."""
        if not self._kept or not _TOKEN.fullmatch(token):
            return None
        after = self._database.now() - self._kept
        return await self._database.read(partial(_get, token=token, after=after))

    async def newest(self, account: Account, most: int) -> tuple[KeptWords, ...]:
        """Return an account's latest texts, the newest first. Raises StoreError."""
        if not self._kept:
            return ()
        after = self._database.now() - self._kept
        return await self._database.read(partial(_newest, scope=account.scope, after=after, most=most))

    async def forget(self, account: Account) -> None:
        """Remove the texts of an account. Who had which message spoken stays, for moderators. Raises StoreError."""
        await self._database.write(
            lambda connection: connection.execute(delete(words).where(words.c.account == account.scope))
        )

    async def remember_message(self, platform: str, chat_id: str, message_id: str, account: Account) -> None:
        """Remember that a message of ours speaks for this account. Harmless when repeated. Raises StoreError."""
        row = {
            "platform": platform,
            "chat": chat_id,
            "message": message_id,
            "account": account.scope,
            "created": self._database.now(),
        }
        await self._database.write(
            lambda connection: connection.execute(insert_into(spoken).values(row).on_conflict_do_nothing())
        )

    async def said_by(self, platform: str, chat_id: str, message_id: str) -> Account | None:
        """Return who had a message spoken, or None if it is not ours or too old. Raises StoreError.

        The chat is part of the id: Telegram numbers messages per chat.
        """
        after = self._database.now() - MESSAGE_DAYS * 24 * _HOUR
        name = (platform, chat_id, message_id)
        return await self._database.read(partial(_said_by, name=name, after=after))

    async def expire(self) -> int:
        """Remove expired texts, a few rows at a time. Return how many. Raises StoreError."""
        now = self._database.now()
        return await self._remove(words, now - self._kept) + await self._remove(spoken, now - MESSAGE_DAYS * 24 * _HOUR)

    async def _remove(self, table: Table, until: int) -> int:
        total = 0
        while gone := await self._database.write(partial(_remove, table=table, until=until)):
            total += gone
        return total


def _row(utterance: Utterance, token: str, now: int) -> dict[str, Any]:
    return {
        "token": token,
        "account": utterance.account.scope if utterance.account else "",
        "space": utterance.space.scope if utterance.space else "",
        "text": setting_fields.well_formed(utterance.text),
        "styles": [setting_fields.well_formed(style) for style in utterance.styles],
        "voice_kind": utterance.voice.kind.value,
        "voice": setting_fields.well_formed(utterance.voice.id),
        "description": setting_fields.well_formed(utterance.voice.description),
        "instruction": setting_fields.well_formed(utterance.instruction),
        "take": utterance.take,
        "created": now,
    }


def _keep(connection: Connection, *, row: dict[str, Any], before: str) -> str:
    own = words.c.account == row["account"]
    if before:
        again = update(words).where(words.c.token == before, own).values(row | {"token": before})
        if connection.execute(again).rowcount:
            return before
    connection.execute(insert(words), [row])
    newest = select(words.c.created).where(own).order_by(words.c.created.desc())
    last = newest.offset(MOST_KEPT - 1).limit(1).scalar_subquery()
    connection.execute(delete(words).where(own, words.c.created < last))
    token: str = row["token"]
    return token


def _get(connection: Connection, *, token: str, after: int) -> KeptWords | None:
    row = connection.execute(select(words).where(words.c.token == token, words.c.created > after)).first()
    return _read(row) if row is not None else None


def _newest(connection: Connection, *, scope: str, after: int, most: int) -> tuple[KeptWords, ...]:
    own = select(words).where(words.c.account == scope, words.c.created > after)
    rows = connection.execute(own.order_by(words.c.created.desc(), words.c.token).limit(most))
    return tuple(_read(row) for row in rows)


def _read(row: Row[Any]) -> KeptWords:
    return KeptWords(
        text=row.text,
        styles=tuple(row.styles),
        voice=Voice(VoiceKind(row.voice_kind), row.voice, row.description),
        instruction=row.instruction,
        account=Account(*_parts(row.account)) if row.account else None,
        space=Space(*_parts(row.space)) if row.space else None,
        take=row.take,
    )


def _parts(scope: str) -> tuple[str, str]:
    """Return platform and id of ``account:discord:42``; the id may contain colons."""
    _, platform, identity = scope.split(":", 2)
    return platform, identity


def _said_by(connection: Connection, *, name: tuple[str, str, str], after: int) -> Account | None:
    found = select(spoken.c.account).where(
        spoken.c.platform == name[0], spoken.c.chat == name[1], spoken.c.message == name[2], spoken.c.created > after
    )
    scope = connection.execute(found).scalar()
    return Account(*_parts(scope)) if scope is not None else None


def _remove(connection: Connection, *, table: Table, until: int) -> int:
    key = list(table.primary_key.columns)
    old = select(*key).where(table.c.created <= until).limit(_BATCH)
    return connection.execute(delete(table).where(tuple_(*key).in_(old))).rowcount
