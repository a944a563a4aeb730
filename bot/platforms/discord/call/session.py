"""One server's voice call: messages wait here, are synthesized in turn, and play."""

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import aiohttp
import discord

from bot.errors import BotError, BusyError, DuplicateError
from bot.model import Account, Lane, Note, Receipt, Space, Utterance
from bot.platforms.base import Services
from bot.platforms.discord.call.link import CallChannel, Link, Timing
from bot.platforms.discord.call.source import Line, LiveSource
from bot.platforms.reading.messages import EVERYBODY, NameMemory, Outcome, Readable, Told, Unread, unread_for
from bot.platforms.reading.queue import Batch, ReadingQueue
from bot.speech.service import MOST_TOGETHER
from bot.texts import in_chat, of_note, say


@dataclass(slots=True)
class Item:
    """A queue item on its way to the listeners."""

    id: str
    batch: Batch | None
    """None for the bot's own lines."""
    utterances: tuple[Utterance, ...]
    task: asyncio.Task[None] | None = None
    started: bool = False
    unread: Unread | None = None
    """Why it is not read, if so."""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """Outcomes of individual messages, by id; they take precedence over the item's."""
    transferred: bool = False
    """Whether its messages went into another item, so that their outcome is not recorded here."""

    def outcome(self, readable: Readable) -> Outcome:
        """Return the outcome of one of its messages, now that it has ended."""
        return self.outcomes.get(readable.heard.id) or self.unread or "read"

    @property
    def readables(self) -> tuple[Readable, ...]:
        """The messages in it."""
        return self.batch.items if self.batch is not None else ()

    @property
    def bound(self) -> str:
        """Voice of the channel its messages come from; empty for none."""
        return self.readables[0].heard.voice if self.readables else ""

    def split_off(self, message_id: str) -> tuple[tuple[Readable, ...], tuple[Readable, ...]]:
        """Return its messages up to and including this one, and those after it."""
        at = 1 + next(at for at, readable in enumerate(self.readables) if readable.heard.id == message_id)
        return self.readables[:at], self.readables[at:]

    def ends(self, message_id: str) -> float:
        """Return the share of its sound at which a message ends, 0 to 1, estimated by the number of letters."""
        letters = [len(utterance.text) for utterance in self.utterances]
        upto, _ = self.split_off(message_id)
        return sum(letters[: len(upto)]) / (sum(letters) or 1)

    def holds(self, message_id: str) -> bool:
        """Return whether a message is part of it."""
        return any(readable.heard.id == message_id for readable in self.readables)


def runs(utterances: Sequence[Utterance]) -> Iterator[Sequence[Utterance]]:
    """Yield the utterances that may be spoken together, in order."""
    for _, alike in itertools.groupby(utterances, key=lambda utterance: utterance.manner):
        run = tuple(alike)
        for at in range(0, len(run), MOST_TOGETHER):
            yield run[at : at + MOST_TOGETHER]


LIMIT = 10.0
"""Seconds for posting."""
_MOST = 20
"""Posts in progress; more are dropped, since nobody would read them."""
_NOTES = frozenset({"note.backup", "note.quota_built_in", "note.own_voice_gone", "note.place_voice_gone"})
"""Notes that concern listeners."""

_log = logging.getLogger("mouthpiece.discord")


class Notices:
    """Posts in a session's channel."""

    def __init__(self, channel: discord.abc.Messageable | None, language: str) -> None:
        """Set up; ``channel`` gives where to post, None for nowhere; ``language`` the language of the posts."""
        self.channel = channel
        self.language = language
        self._told = Told()
        self._posting: set[asyncio.Task[None]] = set()

    def post(self, code: str, **facts: object) -> None:
        """Post a sentence."""
        self._post(code, say(code, self.language, **facts))

    def fault(self, error: BotError, account: Account | None = None) -> None:
        """Post an error, unless the same was posted since it last worked. ``account``: the author."""
        if self._told.first_failure(error, account):
            self._post(error.code, in_chat(error, self.language))

    def notes(self, notes: Iterable[Note]) -> None:
        """Post new notes of the synthesis core, for example on a replacement voice: once while they hold."""
        for note in self._told.new_notes([note for note in notes if note.code in _NOTES]):
            self._post(note.code, of_note(note, self.language))

    def once(self, code: str, **facts: object) -> None:
        """Post a sentence, unless it was posted since it last worked."""
        if self._told.first(EVERYBODY, code):
            self.post(code, **facts)

    def works(self, account: Account | None = None) -> None:
        """Note that it works, so that errors of everybody, or of this person, are posted again when they recur."""
        self._told.works(account)

    def _post(self, code: str, words: str) -> None:
        if self.channel is None or len(self._posting) >= _MOST:
            _log.warning("a notice was not posted: %s", code)
            return
        task = asyncio.create_task(self._send(self.channel, code, words))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _send(self, channel: discord.abc.Messageable, code: str, words: str) -> None:
        try:
            async with asyncio.timeout(LIMIT):
                await channel.send(words)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            _log.warning("a notice could not be posted: %s (%s)", code, type(error).__name__)

    async def close(self) -> None:
        """Let current posts finish, ``LIMIT`` seconds at most."""
        with suppress(ValueError):
            await asyncio.wait(set(self._posting), timeout=LIMIT)


MOST_SAID = 10
"""Commanded utterances that may wait."""
MOST_ITEMS = 2
"""Items in the source: one that plays and one that is synthesized meanwhile."""
_CLEARING = 3.0
"""Seconds that cancelled synthesis may take to settle its quota."""


Ended = Callable[["Session", BotError], None]


class Session:
    """The call of a guild."""

    def __init__(self, space: Space, services: Services, notices: Notices, on_ended: Ended, timing: Timing) -> None:
        """Set up; ``on_ended`` is called when the call ends without a request from here."""
        self.space = space
        self.notices = notices
        self.channels: set[str] = set()
        """Text channels that are read because of a ``/join``, besides bound ones."""
        self.reads_own_chat = False
        """Whether the chat of the voice channel is read: not if the bot only joined for a ``/say``."""
        self._services = services
        self._outcomes = services.reader.outcomes
        self._on_ended = on_ended
        self._timing = timing
        self._queue = ReadingQueue(timing.clock)
        self._names = NameMemory(timing.clock)
        self._source = LiveSource(self, self._wake)
        self.link = Link(self._source, self, timing)
        self._items: dict[str, Item] = {}
        self._again: deque[Item] = deque()
        """Items that have to be synthesized again, before anything else."""
        self._said: deque[Item] = deque()
        self._said_is_next = True
        self._ids = itertools.count(1)
        self._held: set[str] = set()
        self._changed = asyncio.Event()
        self._producing: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[None] | None = None

    # Called by ``Calls``

    async def open(self, voice_channel: CallChannel, *, greet: bool) -> None:
        """Join and start reading. Raises as ``Link.join``."""
        await self.link.join(voice_channel)
        self._producing = asyncio.create_task(self._produce())
        self._preparing = asyncio.create_task(self._services.speech.prepare())
        if greet:
            self.notices.post("call.joined", channel=voice_channel.mention)
            self.greet()

    def greet(self) -> None:
        """Announce before anything else that the voice is synthetic."""
        self._say_ourselves("call.spoken_greeting")

    async def close(self) -> None:
        """Leave without reading what is queued. Idempotent."""
        for task in (self._producing, self._preparing):
            if task is not None:
                task.cancel()
        self.skip_all(Unread("unread.no_session"))
        tasks = [item.task for item in self._items.values() if item.task is not None and not item.task.done()]
        if tasks:
            await asyncio.wait(tasks, timeout=_CLEARING)
        await self.link.leave()
        await self.notices.close()

    def offer(self, readable: Readable) -> Unread | None:
        """Queue a message. Return why not."""
        refused = self._queue.offer(readable)
        self._changed.set()
        return refused

    def say(self, readable: Readable) -> int:
        """Queue a commanded text, in turns with messages. Return the number of items before it.

        Raises BusyError ``call.said_full``.
        """
        if len(self._said) >= MOST_SAID:
            raise BusyError("call.said_full", limit=MOST_SAID)
        before = 2 * len(self._said) if len(self._queue) > len(self._said) else len(self._said) + len(self._queue)
        self._said.append(Item(str(next(self._ids)), Batch((readable,)), (readable.utterance,)))
        self._changed.set()
        return before + len(self._items)

    def edit(self, message_id: str, judged: Readable | Unread) -> None:
        """Update an edited message in its position, or remove it. What plays, plays on."""
        if isinstance(judged, Unread):
            self._take_out(message_id, judged)
        elif not self._queue.replace(judged):
            self._remake(message_id, judged, None)

    def delete(self, message_id: str) -> None:
        """Remove a deleted message, stopping it if it plays."""
        self._take_out(message_id, Unread("unread.deleted"))

    def skip(self) -> bool:
        """Cut off what plays, or else what would play next. Return False if there is nothing."""
        for item in self._items.values():
            self._cut(item, Unread("unread.skipped"))
            return True
        return False

    def skip_all(self, why: Unread | None = None) -> int:
        """Cut off what plays and clear the queue. Return how many messages were cleared."""
        why = why or Unread("unread.skipped")
        removed = self._queue.remove_all()
        again = [readable for item in (*self._again, *self._said) for readable in item.readables]
        self._again.clear()
        self._said.clear()
        for readable in (*removed, *again):
            self._note(readable, why)
        for item in list(self._items.values()):
            self._cut(item, why)
        return len(removed) + len(again)

    def remove(self, message_id: str, account: Account | None) -> bool:
        """Remove a message from the queue: one's own, or any if ``account`` is None. Return False if there is none."""
        listed = [readable for readable in self.listing() if readable.heard.id == message_id]
        if not listed or account not in (None, listed[0].heard.account):
            return False
        self._take_out(message_id, Unread("unread.skipped"))
        return True

    def listing(self) -> Sequence[Readable]:
        """Return the queue: commanded texts, then messages, each in order of arrival."""
        return [*(readable for item in self._said for readable in item.readables), *self._queue.listing()]

    @property
    def underruns(self) -> int:
        """Return how often an item ran out of packets in its middle."""
        return self._source.underruns

    @property
    def busy(self) -> bool:
        """Return whether anything is on its way to the listeners."""
        return bool(self._items or self._again or self._said or len(self._queue))

    @property
    def playing(self) -> Sequence[Readable]:
        """The messages that are playing."""
        return [readable for item in self._items.values() if item.started for readable in item.readables]

    def reads(self, channel: str) -> bool:
        """Return whether a text channel is read without a binding: because of ``/join``, or as the call's own chat."""
        own = self.link.voice_channel if self.reads_own_chat else None
        return channel in self.channels or (own is not None and channel == str(own.id))

    def waits(self, message_id: str) -> bool:
        """Return whether a message is on its way and not heard yet."""
        unheard = (*self._again, *(item for item in self._items.values() if not item.started))
        return any(readable.heard.id == message_id for readable in self.listing()) or any(
            item.holds(message_id) for item in unheard
        )

    def hold(self, reason: str) -> None:
        """Be silent and synthesize nothing, until every reason is released."""
        self._held.add(reason)
        self._source.pause()

    def release(self, reason: str) -> None:
        """Release a reason for silence."""
        self._held.discard(reason)
        if not self._held:
            self._queue.resume()
            self._source.resume()
            self._changed.set()

    def held(self, reason: str) -> bool:
        """Return whether it is silent for this reason."""
        return reason in self._held

    # Called by the source

    def started(self, item: str) -> None:
        """Note that the first packet of an item was sent."""
        if item in self._items:
            self._items[item].started = True

    def finished(self, item: str, skipped: bool) -> None:  # noqa: ARG002  the item knows why it was cut
        """Record an item's outcome after its last packet, or after it was cut."""
        done = self._items.pop(item, None)
        if done is not None and not done.transferred:
            for readable in done.readables:
                self._note(readable, done.outcome(readable))
        self._changed.set()

    # Called by the link

    def lost(self) -> None:
        """Pause: the connection broke, and the queue waits."""
        self.notices.once("call.lost", channel=self._channel())

    def back(self) -> None:
        """Continue: the connection is back."""
        self.notices.works()
        self._changed.set()

    def ended(self, error: BotError) -> None:
        """End the session: the connection has ended."""
        self.notices.fault(error)
        self._on_ended(self, error)

    # Inside

    def _note(self, readable: Readable, outcome: Outcome) -> None:
        self._outcomes.put(readable.heard.id, outcome)

    def _wake(self) -> None:
        self.link.playback.wake()

    def _channel(self) -> str:
        return self.link.voice_channel.mention if self.link.voice_channel is not None else ""

    async def _produce(self) -> None:
        """Synthesize item after item, while the source has capacity."""
        while True:
            self._changed.clear()
            item = self._next() if self._may_take() else None
            if item is None:
                await self._changed.wait()
            else:
                await self._make(item)

    def _may_take(self) -> bool:
        return not self._held and not self.link.healing and self._source.items < MOST_ITEMS

    def _next(self) -> Item | None:
        if self._again:
            return self._again.popleft()
        if self._said and (self._said_is_next or not len(self._queue)):
            self._said_is_next = False
            return self._said.popleft()
        self._said_is_next = True
        batch = self._queue.take()
        if batch is None:
            return None
        for readable in batch.left_out:
            self._note(readable, Unread("unread.left_out"))
        try:
            return self._item(batch)
        except Exception:  # noqa: BLE001  a border, as in _synthesize
            self._broke_off()
            for readable in batch.items:
                self._note(readable, Unread("unread.provider"))
            self._changed.set()
            return None

    def _item(self, batch: Batch, key: str = "") -> Item:
        utterances = self._services.reader.compose(
            batch.items, self._names, shorter=batch.shorter, left_out=len(batch.left_out)
        )
        if key:
            utterances = tuple(replace(utterance, key=utterance.key + key) for utterance in utterances)
        return Item(str(next(self._ids)), batch, utterances)

    def _say_ourselves(self, code: str) -> None:
        """Say a line of the bot's own before the queue. Nobody pays for it."""
        words, number = say(code, self.notices.language), str(next(self._ids))
        key = f"discord:call:{self.space.id}:{self._timing.wall():.3f}:{number}"
        self._again.append(Item(number, None, (Utterance(words, key, lane=Lane.CALL),)))
        self._changed.set()

    async def _make(self, item: Item) -> None:
        """Synthesize an item into the source."""
        self._items[item.id] = item
        line = self._source.line(item.id)
        item.task = asyncio.create_task(self._synthesize(item, line))
        await asyncio.wait([item.task])

    async def _synthesize(self, item: Item, line: Line) -> None:
        try:
            for together in runs(item.utterances):
                receipt, _ = await self._services.requests.saved.speak(together, line, bound=item.bound)
                self._worked(item, receipt)
        except BotError as error:
            self._failed(item, error)
        except Exception:  # noqa: BLE001  a border: one message's fault must not end the call
            self._broke_off()
            item.unread = Unread("unread.provider")
        finally:
            line.close()

    def _broke_off(self) -> None:
        """Log an unexpected error with its location, and post that there was one."""
        _log.exception("a message could not be read aloud")
        self.notices.once("call.failed")

    def _failed(self, item: Item, error: BotError) -> None:
        """Record that nothing of an item is spoken. A person's own failure says nothing about others."""
        if isinstance(error, DuplicateError):
            item.transferred = True  # it was read before, and recorded then
            return
        item.unread = self._refused(error, item.utterances[0].account)

    def _refused(self, error: BotError, account: Account | None) -> Unread:
        """Return why a message is not spoken, and post it if that is new."""
        if not isinstance(error, DuplicateError):
            self.notices.fault(error, account)
        return unread_for(error)

    def _worked(self, item: Item, receipt: Receipt) -> None:
        """Post notes on replacement voices after something was spoken, once while they hold."""
        if not receipt.cached:  # which says nothing about the situation
            self.notices.works(item.utterances[0].account)
            self.notices.notes(receipt.notes)
        left_out = dict(receipt.left_out)
        for utterance, readable in zip(item.utterances, item.readables, strict=False):
            if utterance.key in left_out:
                item.outcomes[readable.heard.id] = self._refused(left_out[utterance.key], readable.heard.account)

    def _cut(self, item: Item, why: Unread) -> None:
        """Stop an item, whether it is synthesized or playing."""
        item.unread = why
        if item.task is not None:
            item.task.cancel()
        self._source.skip(item.id)
        self._names = NameMemory(self._timing.clock)  # a name that was cut off has to be said again

    def _take_out(self, message_id: str, why: Unread) -> None:
        """Remove a message wherever it is on its way."""
        if self._queue.remove(message_id) is not None or self._remake(message_id, None, why):
            self._outcomes.put(message_id, why)
            return
        if why.code != "unread.deleted":
            return  # what plays, plays on
        for item in list(self._items.values()):
            if item.holds(message_id) and self._source.heard(item.id) < item.ends(message_id):
                self._cut_at(item, message_id, why)

    def _cut_at(self, item: Item, message_id: str, why: Unread) -> None:
        """Stop playing at one of an item's messages, and synthesize the unheard ones after it again."""
        upto, behind = item.split_off(message_id)
        assert item.batch is not None, "it holds a message"
        rest = replace(item.batch, items=behind)
        item.batch = replace(item.batch, items=upto)
        item.outcomes |= {readable.heard.id: "read" for readable in upto[:-1]}
        self._cut(item, why)
        if behind:
            self._again.appendleft(self._item(rest, f":again{item.id}"))
            self._changed.set()

    def _remake(self, message_id: str, changed: Readable | None, why: Unread | None) -> bool:
        """Synthesize an unheard item again: with a message changed, or without it."""
        for item in (*self._again, *self._said, *self._items.values()):
            if item.started or item.batch is None or not item.holds(message_id):
                continue
            kept = [changed if each.heard.id == message_id else each for each in item.readables]
            left = tuple(each for each in kept if each is not None)
            if item in self._again:
                self._again.remove(item)
            elif item in self._said:
                self._said.remove(item)
            else:
                item.transferred = True
                self._cut(item, why or Unread("unread.skipped"))
            if left:
                self._again.appendleft(self._item(replace(item.batch, items=left), f":again{item.id}"))
                self._changed.set()
            return True
        return False
