"""A Telegram chat or topic that is read aloud: messages wait here and become voice messages, albums as one."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import httpx
from telegram import Message
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.audio.effects import joined
from bot.errors import AudioError, BotError, DuplicateError, StoreError
from bot.model import Account, Note, Receipt
from bot.normalization.message import ChatMessage
from bot.platforms.base import Services
from bot.platforms.reading.messages import EVERYBODY, Heard, NameMemory, Readable, Told, Unread, unread_for
from bot.platforms.reading.queue import Batch, Pace, ReadingQueue
from bot.platforms.telegram.delivery import VOICE_BYTES, Delivery, Traffic
from bot.platforms.telegram.messages import of_one_album
from bot.platforms.telegram.updates import Sleep, Timings
from bot.speech.sink import Recording
from bot.texts import in_chat, of_note, say


@dataclass(slots=True)
class Album:
    """A waiting album, in the position of its first message."""

    group: str
    """Telegram's id of it."""
    first: Heard
    parts: dict[str, ChatMessage] = field(default_factory=dict)
    """Its messages by id, in order."""

    def with_part(self, heard: Heard) -> Heard:
        """Return all of it as one message, with one more, or with an edited one."""
        parts = self.parts | {heard.id: heard.message}
        return replace(self.first, message=reduce(of_one_album, parts.values()))


_log = logging.getLogger(__name__)

RESERVED_FOR_COMMANDS = 2
"""Messages per minute that are reserved for commands."""
_TOGETHER, _CHARACTERS = 8, 1500
"""Batches in one voice message at most, and their total length in characters."""
_PACE = Pace(burst_messages=10, burst_characters=800, behind=120.0, far_behind=240.0)
"""Nobody waits for a voice message as for a call: more is read together, and shortening starts later."""
_SENDING = "sending"
"""Kind of a failure to send."""
CLOSED = 60.0
"""Seconds without synthesizing for a chat that accepts neither voices nor files: nobody would hear what was paid for.
"""


class ChatReading:
    """The reading of a chat or topic."""

    def __init__(
        self,
        chat_id: int,
        language: str,
        services: Services,
        delivery: Delivery,
        traffic: Traffic,
        *,
        turn: asyncio.Lock,
        timings: Timings,
        clock: Callable[[], float],
        sleep: Sleep,
    ) -> None:
        """Set up; ``language`` of posts; ``turn`` is shared by the topics of a chat, which sends one message at a time.

        ``clock`` gives monotonic seconds; ``sleep`` uses the same clock.
        """
        self.language = language
        self._chat_id = chat_id
        self._services = services
        self._delivery = delivery
        self._traffic = traffic
        self._turn = turn
        self._timings = timings
        self._sleep = sleep
        self._clock = clock
        self._closed_until = float("-inf")
        self._queue = ReadingQueue(clock, pace=_PACE)
        self._names = NameMemory(clock)
        self._messages: dict[str, Message] = {}
        """Waiting messages by id: voices reply to them."""
        self._making: tuple[str, ...] = ()
        """Ids of messages being spoken."""
        self._albums: dict[str, Album] = {}
        """Albums that wait or are being spoken, by the id of the first message."""
        self._told = Told()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def is_idle(self) -> bool:
        """Return whether nothing waits and nothing is being spoken."""
        return self._task is None or self._task.done()

    def waits(self, message_id: str) -> bool:
        """Return whether a message is on its way."""
        known = message_id in self._messages or message_id in self._making
        return known or self.album_with(message_id) is not None

    def offer(self, readable: Readable, message: Message) -> Unread | None:
        """Queue a message. Return why not."""
        closed = self._clock() < self._closed_until
        refused = Unread("unread.no_speak") if closed else self._queue.offer(readable)
        if refused is None:
            self._messages[readable.heard.id] = message
            if message.media_group_id:
                heard = readable.heard
                self._albums[heard.id] = Album(message.media_group_id, heard, {heard.id: heard.message})
            if self.is_idle and not self._closing:
                self._task = asyncio.create_task(self._read())
        return refused

    def album_of(self, message: Message) -> Album | None:
        """Return the album of a message, while it waits."""
        albums = (album for album in self._albums.values() if album.group == message.media_group_id)
        return next((album for album in albums if album.first.id not in self._making), None)

    def album_with(self, message_id: str) -> Album | None:
        """Return the album that a message is part of."""
        return next((album for album in self._albums.values() if message_id in album.parts), None)

    def put_in_album(self, album: Album, heard: Heard, judged: Readable) -> bool:
        """Add or update a message of an album; ``judged`` is all of it. Return False if it is too late."""
        if not self._queue.replace(judged):
            return False
        album.parts[heard.id] = heard.message
        return True

    def edit(self, heard: Heard, judged: Readable | Unread) -> None:
        """Update an edited waiting message in its position, or remove it; an album as a whole."""
        album = self.album_with(heard.id)
        place = album.first.id if album is not None else heard.id
        if isinstance(judged, Unread):
            if self._queue.remove(place) is not None:
                self._done(place, judged)
        elif album is not None:
            self.put_in_album(album, heard, judged)
        else:
            self._queue.replace(judged)

    def clear(self, why: Unread) -> None:
        """Drop everything that waits."""
        for readable in self._queue.remove_all():
            self._done(readable.heard.id, why)

    async def close(self, grace: float) -> None:
        """Let a current voice finish, ``grace`` seconds at most; what waits is dropped and costs nothing."""
        self._closing = True
        self.clear(Unread("unread.skipped"))
        if self._task is None:
            return
        if self._making:
            await asyncio.wait({self._task}, timeout=grace)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def tell_once(self, message: Message, kind: tuple[str, str], words: str) -> None:
        """Reply with an error, unless the same was posted since it last worked.

        ``kind``: the person, and what failed.
        """
        if self._told.first(*kind):
            await self._delivery.sentence(message, words)

    # Inside

    def _done(self, message_id: str, outcome: Unread | None = None) -> None:
        self._messages.pop(message_id, None)
        album = self._albums.pop(message_id, None)
        for each in album.parts if album is not None else (message_id,):
            self._services.reader.outcomes.put(each, outcome or "read")

    async def _read(self) -> None:
        """Send voice after voice, until nothing waits."""
        while len(self._queue):
            await self._sleep(self._timings.gather)
            await self._until_capacity(1 + RESERVED_FOR_COMMANDS)
            if batches := self._take():
                await self._voice(batches)

    async def _until_capacity(self, messages: int) -> None:
        """Wait until Telegram accepts so many messages here: a minute at most, if nobody else speaks."""
        while pause := self._traffic.wait(self._chat_id, messages):
            await self._sleep(pause)

    def _take(self) -> list[Batch]:
        """Return the content of the next voice: one batch, or more if too few voices may be sent."""
        capacity = max(1, self._traffic.capacity(self._chat_id) - RESERVED_FOR_COMMANDS)
        count = min(_TOGETHER, -(-len(self._queue) // capacity))
        batches: list[Batch] = []
        characters = 0
        while len(batches) < count and characters < _CHARACTERS and (batch := self._queue.take()) is not None:
            batches.append(batch)
            characters += sum(len(item.utterance.text) for item in batch.items)
        return batches

    async def _voice(self, batches: Sequence[Batch]) -> None:
        """Speak some batches and send them as one voice."""
        first = self._messages[batches[0].items[0].heard.id]
        items = [item for batch in batches for item in batch.items]
        self._making = tuple(item.heard.id for item in items)
        unread: dict[str, Unread] = {}
        try:
            for batch in batches:
                for item in batch.left_out:
                    self._done(item.heard.id, Unread("unread.left_out"))
            receipts = [spoken for batch in batches if (spoken := await self._spoken(batch, unread)) is not None]
            accounts = list(dict.fromkeys(item.heard.writer for item in items if item.heard.id not in unread))
            if receipts and (failed := await self._send(first, receipts, accounts)) is not None:
                unread |= {item.heard.id: failed for item in items if item.heard.id not in unread}
        except asyncio.CancelledError:
            unread |= {item.heard.id: Unread("unread.skipped") for item in items}
            raise
        except Exception:  # noqa: BLE001  a border: one message's fault must not end the reading of a chat
            _log.exception("messages could not be read aloud")
            unread |= {item.heard.id: Unread("unread.provider") for item in items}
            await self.tell_once(first, (EVERYBODY, "unexpected"), say("error.unexpected", self.language))
        finally:
            self._making = ()
            for item in items:
                self._done(item.heard.id, unread.get(item.heard.id))

    async def _spoken(self, batch: Batch, unread: dict[str, Unread]) -> Receipt | None:
        """Speak one batch. Return None, after noting why, if nothing of it can be spoken."""
        utterances = self._services.reader.compose(
            batch.items, self._names, shorter=batch.shorter, left_out=len(batch.left_out)
        )
        items = {utterance.key: item for utterance, item in zip(utterances, batch.items, strict=True)}
        try:
            async with asyncio.timeout(self._timings.turn):
                bound = batch.items[0].heard.voice
                receipt, _ = await self._services.requests.saved.speak(utterances, Recording(VOICE_BYTES), bound=bound)
        except DuplicateError:
            return None  # spoken before the last restart
        except (BotError, TimeoutError) as error:
            unread |= {item.heard.id: unread_for(error) for item in batch.items}
            await self._tell_failure(batch.items[0], error)
            return None
        self._told.works(batch.items[0].heard.account)
        for key, refused in receipt.left_out:
            if not isinstance(refused, DuplicateError):
                unread[items[key].heard.id] = unread_for(refused)
                await self._tell_failure(items[key], refused)
        return receipt

    async def _tell_failure(self, item: Readable, error: BotError | TimeoutError) -> None:
        """Post a failure once per kind, and once per person if it is that person's."""
        message, account = self._messages[item.heard.id], item.heard.account
        if isinstance(error, TimeoutError):
            await self.tell_once(message, (EVERYBODY, "timeout"), say("error.unexpected", self.language))
            return
        _log.info("a message was not read aloud: %s", error.code)
        if self._told.first_failure(error, account):
            await self._delivery.sentence(message, in_chat(error, self.language))

    async def _send(self, first: Message, receipts: Sequence[Receipt], accounts: Sequence[Account]) -> Unread | None:
        """Reply to the first message with a voice. Return why not, if it is not delivered."""
        notes = dict.fromkeys(note for receipt in receipts for note in receipt.notes)
        receipt = receipts[0]
        if len(receipts) > 1:
            clip = await asyncio.to_thread(joined, [receipt.clip for receipt in receipts])
            spoken = "\n".join(receipt.spoken for receipt in receipts)
            receipt = replace(receipt, clip=clip, spoken=spoken, clip_key="", notes=())
        try:
            async with self._turn:  # another topic may have spoken meanwhile
                await self._until_capacity(1)
                sent = await self._delivery.deliver(first, receipt, self._remark(tuple(notes)))
        except (TelegramError, AudioError, StoreError) as error:
            return await self._undelivered(first, error)
        self._told.forget(_SENDING)
        if len(accounts) == 1:
            await self._remember(sent, accounts[0])
        return None

    async def _remember(self, sent: Sequence[Message], account: Account) -> None:
        """Record whose text the voices say, for ``/who``. Raises nothing: they were delivered."""
        words = self._services.requests.words
        try:
            for message in sent:
                await words.remember_message("telegram", str(message.chat_id), str(message.message_id), account)
        except StoreError as error:
            _log.warning("the authors of a voice message could not be recorded: %s", error.code)

    async def _undelivered(self, first: Message, error: TelegramError | AudioError | StoreError) -> Unread | None:
        """Return why a voice was not delivered.

        It is never sent twice: one that Telegram may have received counts as read.
        """
        _log.warning("a voice message of a chat being read aloud was not delivered (%s)", type(error).__name__)
        match error:
            case Forbidden():
                self._close_for_now()
            case BadRequest():
                if "rights" in error.message:
                    self._close_for_now()
                words = say("telegram.refused", self.language, detail=error.message)
                await self.tell_once(first, (_SENDING, "refused"), words)
            case TelegramError() if isinstance(error.__cause__, httpx.ReadTimeout):
                return None
            case TelegramError():
                await self.tell_once(first, (_SENDING, "unconfirmed"), say("telegram.read.unconfirmed", self.language))
            case BotError():
                await self.tell_once(first, (_SENDING, error.code), in_chat(error, self.language))
        return Unread("unread.no_speak")

    def _close_for_now(self) -> None:
        self._closed_until = self._clock() + CLOSED
        self.clear(Unread("unread.no_speak"))

    def _remark(self, notes: tuple[Note, ...]) -> str:
        """Return the caption of the voice: notes on a replacement voice and the like, once while they hold."""
        return " ".join(of_note(note, self.language) for note in self._told.new_notes(notes))
