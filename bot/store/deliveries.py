"""What became of the sound of each command, and the journal of commands that are still to be answered.

A spend counts as earned only when its sound was delivered. Of a command with sound the table ``delivery`` knows::

    spent      the sound was made and charged, and is in the clip cache
    sending    written before the first byte of the upload leaves; back to spent when the platform refused the upload
    done       the platform has answered, or the person was told otherwise; then nothing is charged
    telling    of a command without sound: written before its answer leaves, which is not repeated

After the process was killed, ``command_state`` says what is to be done with a command that comes again, or that
``left`` finds in the journal. Front ends write a command into the journal before they acknowledge it to a platform that
would not repeat it; it leaves the journal in the transaction that makes it done.

Called by ``ledger.py``, in whose queue these marks travel: they are merged with each other, with holds and with
settlements. ``commands.py`` asks for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, delete, func, insert, select, update

from bot.errors import QuotaError, StoreError
from bot.model import Owed
from bot.store import entries as money
from bot.store.database import insert_rows, packed
from bot.store.entries import Deltas, LimitPassedError, Outcome, SettleEntry
from bot.store.schema import delivery, journal, ledger
from bot.windows import DAY, Moment

MOST_JOURNALED = 1000
"""Commands that may wait for their answers at once; more stay with the platform."""
BATCH = 500
"""Rows per transaction, to hold the write lock only briefly."""


@dataclass(frozen=True, slots=True)
class AcceptEntry:
    """Write a command into the journal."""

    key: str
    platform: str
    content: str = field(repr=False)
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class UploadEntry:
    """An upload begins, or was refused."""

    key: str
    begins: bool


@dataclass(frozen=True, slots=True)
class TellEntry:
    """An answer without sound begins, or was refused."""

    key: str
    begins: bool


@dataclass(frozen=True, slots=True)
class FinishEntry:
    """A command was answered; if its sound was not delivered, nothing is charged."""

    key: str
    earned: bool


@dataclass(frozen=True, slots=True)
class ReturnEntry:
    """Refund a command's lost sound; it may be spoken once more."""

    key: str


class Next(Enum):
    """What is to be done with a command."""

    ANSWER = auto()
    """Answer it: it is new, or was cut off before its sound was made."""
    DELIVER = auto()
    """Its sound was made and charged; deliver it without charging again."""
    UNCERTAIN = auto()
    """Its sound may have arrived: do not send it again, and inform the person once."""
    GIVE_UP = auto()
    """It was cut off twice; inform the person once."""
    NOTHING = auto()
    """It was answered."""


@dataclass(frozen=True, slots=True)
class CommandState:
    """The state of a command."""

    next: Next
    owed: Owed | None = None
    """Set with DELIVER."""


@dataclass(frozen=True, slots=True)
class Left:
    """A command in the journal."""

    key: str
    content: str = field(repr=False)
    token: str = field(repr=False)
    """Empty if there is none, or it has expired."""


Mark = AcceptEntry | UploadEntry | TellEntry | FinishEntry | ReturnEntry
AnyEntry = money.Entry | Mark


def apply(connection: Connection, entries: Sequence[AnyEntry], moment: Moment) -> list[Outcome]:
    """Apply a batch of the ledger's queue. Return one outcome per entry, in order. Keys must differ within a batch.

    Raises LimitPassedError when the batch has several entries and passes a limit, QuotaError when it has one.
    """
    charged = [e for e in entries if isinstance(e, money.HoldEntry | SettleEntry | money.ExtendEntry)]
    try:
        written = money.apply(connection, charged, moment)
    except QuotaError:
        if len(entries) > 1:
            raise LimitPassedError from None
        raise
    outcomes: dict[str, Outcome] = {e.key: outcome for e, outcome in zip(charged, written, strict=True)}
    _mark(connection, entries, moment.now)
    deltas = Deltas()
    for entry in sorted(entries, key=lambda entry: entry.key):
        match entry:
            case AcceptEntry():
                outcomes[entry.key] = _accept(connection, entry, moment.now)
            case FinishEntry():
                outcomes[entry.key] = _finish(connection, entry, moment, deltas)
            case ReturnEntry():
                _give_back(connection, entry.key, moment, deltas)
                connection.execute(delete(delivery).where(delivery.c.command == entry.key))
                outcomes[entry.key] = True
            case TellEntry():
                _tell(connection, entry, moment.now)
                outcomes[entry.key] = True
            case UploadEntry():
                outcomes[entry.key] = True
    deltas.write(connection)
    return [outcomes[entry.key] for entry in entries]


_ANSWERED = ("done", "telling")
_marked = insert_rows(delivery, ["command", "stage", "clip", "changed"])
_MARK = _marked.on_conflict_do_update(
    index_elements=[delivery.c.command],
    set_={
        "stage": case((delivery.c.stage == "done", "done"), else_=_marked.excluded.stage),
        # An upload does not name the clip.
        "clip": case(
            (_marked.excluded.stage == "done", None), else_=func.coalesce(_marked.excluded.clip, delivery.c.clip)
        ),
        "changed": _marked.excluded.changed,
    },
)


def _mark(connection: Connection, entries: Sequence[AnyEntry], now: int) -> None:
    """Write all stages but the last in one statement."""
    rows: dict[str, tuple[str, str, str | None, int]] = {}
    for entry in entries:
        if isinstance(entry, SettleEntry) and entry.command and entry.clip:
            rows[entry.command] = (entry.command, "spent", entry.clip, now)
        elif isinstance(entry, UploadEntry):
            rows[entry.key] = (entry.key, "sending" if entry.begins else "spent", None, now)
    if rows:
        connection.execute(_MARK, packed([rows[key] for key in sorted(rows)]))


def _tell(connection: Connection, entry: TellEntry, now: int) -> None:
    """Mark a command without known sound as being answered, or undo that."""
    if entry.begins:
        connection.execute(_marked.on_conflict_do_nothing(), packed([(entry.key, "telling", None, now)]))
    else:
        connection.execute(delete(delivery).where(delivery.c.command == entry.key, delivery.c.stage == "telling"))


def _accept(connection: Connection, entry: AcceptEntry, now: int) -> Outcome:
    done = select(delivery.c.command).where(delivery.c.command == entry.key, delivery.c.stage.in_(_ANSWERED))
    known = select(journal.c.command).where(journal.c.command == entry.key)
    if connection.execute(done.union_all(known)).first() is not None:
        return False
    if connection.execute(select(func.count()).select_from(journal)).scalar_one() >= MOST_JOURNALED:
        return StoreError("store.busy", path="")
    row = {
        "command": entry.key,
        "platform": entry.platform,
        "content": entry.content,
        "token": entry.token,
        "created": now,
    }
    connection.execute(insert(journal), [row])
    return True


def _finish(connection: Connection, entry: FinishEntry, moment: Moment, deltas: Deltas) -> Outcome:
    """Finish a command, once: what was delivered stays charged."""
    stage = connection.execute(select(delivery.c.stage).where(delivery.c.command == entry.key)).scalar()
    if stage is not None and stage != "done" and not entry.earned:
        _give_back(connection, entry.key, moment, deltas)
    if stage != "done":
        connection.execute(_MARK, packed([(entry.key, "done", None, moment.now)]))
    connection.execute(delete(journal).where(journal.c.command == entry.key))
    return stage != "done"


def _give_back(connection: Connection, key: str, moment: Moment, deltas: Deltas) -> None:
    spent = select(ledger).where(_charged_for(key), ledger.c.state == "spent").order_by(ledger.c.key)
    for row in connection.execute(spent.with_for_update()).all():
        deltas.add_row(row, -row.characters, -row.requests, moment.minute)
        returned = {"state": "released", "characters": 0, "requests": 0, "settled": moment.now}
        connection.execute(update(ledger).where(ledger.c.key == row.key).values(returned))


def _charged_for(key: str) -> ColumnElement[bool]:
    """Match the ledger's rows of a command: its key, or longer keys with it as prefix (``speech/quota.py``)."""
    found = ledger.c.key == key
    for sign in "/:":
        found |= (ledger.c.key > key + sign) & (ledger.c.key < key + chr(ord(sign) + 1))
    return found


def command_state(connection: Connection, *, key: str) -> CommandState:
    """Return what is to be done with a command."""
    sound = connection.execute(select(delivery).where(delivery.c.command == key)).first()
    if sound is not None and sound.stage in _ANSWERED:
        return CommandState(Next.NOTHING)
    if sound is not None and sound.stage == "sending":
        return CommandState(Next.UNCERTAIN)
    rows = connection.execute(select(ledger).where(_charged_for(key)).order_by(ledger.c.key)).all()
    if sound is not None:
        return CommandState(Next.DELIVER, Owed(sound.clip or "", sum(row.characters for row in rows)))
    return CommandState(_next(key, rows))


def _next(key: str, rows: Sequence[Row[Any]]) -> Next:
    """Return what is to be done if no sound is known."""
    if any(row.state == "spent" for row in rows):
        return Next.NOTHING  # by a version that did not record deliveries
    tried_again = any(row.key == key and not row.resumable and row.state != "held" for row in rows)
    return Next.GIVE_UP if tried_again else Next.ANSWER


def left(connection: Connection, *, platform: str, living: int) -> list[Left]:
    """Return a platform's commands in the journal, the oldest first; with the tokens of those after ``living``."""
    rows = connection.execute(select(journal).where(journal.c.platform == platform).order_by(journal.c.created))
    return [Left(row.command, row.content, row.token if row.token and row.created > living else "") for row in rows]


def forget_tokens(connection: Connection, *, until: int) -> None:
    """Erase expired tokens."""
    old = (journal.c.token.is_not(None)) & (journal.c.created <= until)
    if connection.execute(select(journal.c.command).where(old).limit(1)).first() is not None:
        connection.execute(update(journal).where(old).values(token=None))


def begun(connection: Connection, *, since: int) -> frozenset[str]:
    """Return the commands cut off after a given moment: in speech, with sound to deliver, or in the journal."""
    undelivered = select(delivery.c.command).where(
        delivery.c.changed > since, delivery.c.stage.in_(("spent", "sending"))
    )
    cut_off = select(ledger.c.key).where(ledger.c.day > since - DAY, ledger.c.state == "unknown")
    return frozenset(connection.execute(undelivered.union(cut_off, select(journal.c.command))).scalars())


def lost(connection: Connection, *, until: int) -> list[str]:
    """Return some commands that were never finished: the platform did not repeat them."""
    old = select(delivery.c.command).where(delivery.c.changed <= until, delivery.c.stage != "done")
    unanswered = select(journal.c.command).where(journal.c.created <= until)
    return list(connection.execute(old.union(unanswered).limit(BATCH)).scalars())


def forget(connection: Connection, *, until: int) -> int:
    """Forget some commands finished long ago. Return how many."""
    old = select(delivery.c.command).where(delivery.c.changed <= until, delivery.c.stage == "done").limit(BATCH)
    return connection.execute(delete(delivery).where(delivery.c.command.in_(old))).rowcount
