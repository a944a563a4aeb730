"""Every Telegram group that is read aloud (``/read on``): its messages are judged, and queued for their voice.

Built by ``client.py``; ``commands.py`` passes the messages. The voices of a chat or topic are made in ``chat.py``.
Messages of a group are handled one after the other, so that they are read in order.
"""

import asyncio
import logging
from collections.abc import Callable
from weakref import WeakValueDictionary

from telegram import Message

from bot.errors import StoreError
from bot.model import Space
from bot.platforms.base import Services
from bot.platforms.reading.messages import EVERYBODY, Heard, Readable, Unread
from bot.platforms.telegram.delivery import Delivery, Traffic
from bot.platforms.telegram.messages import Asked, author_of, command_of, heard_of, id_of, is_speech, payer_of, topic_of
from bot.platforms.telegram.reading.chat import ChatReading
from bot.platforms.telegram.updates import Sleep, Timings
from bot.store.sessions import Binding
from bot.texts import in_chat

_log = logging.getLogger(__name__)

WHOLE = ""
"""The channel of a binding for a whole chat."""
_MOST = 500
"""Chats and topics that are remembered; idle ones are forgotten first."""


class Aloud:
    """The groups of a bot."""

    def __init__(
        self,
        services: Services,
        delivery: Delivery,
        traffic: Traffic,
        *,
        timings: Timings,
        clock: Callable[[], float],
        sleep: Sleep,
    ) -> None:
        """Set up; ``clock`` gives monotonic seconds; ``sleep`` uses the same clock."""
        self._services = services
        self._delivery = delivery
        self._traffic = traffic
        self._timings = timings
        self._clock = clock
        self._sleep = sleep
        self._readings: dict[tuple[int, str], ChatReading] = {}
        self._orders: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        """Locks for sending, by chat; each is held by the readings of its topics."""

    async def hear(self, message: Message, bot_id: int) -> None:
        """Read a group message aloud, unless it is a command, even another bot's. Raises nothing expected."""
        if command_of(message):
            return
        order = self._orders.setdefault(message.chat_id, asyncio.Lock())
        async with order:
            try:
                binding = await self.binding_of(message)
            except StoreError as error:  # whether messages are read here is unknown, too, so nothing is posted
                _log.warning("a message was not processed: %s", error.code)
                return
            if binding is not None and is_speech(message, bot_id):
                await self._take(message, binding)

    async def changed(self, message: Message) -> None:
        """Update an edited message that still waits; what was spoken stays. Raises nothing expected."""
        order = self._orders.setdefault(message.chat_id, asyncio.Lock())
        async with order:
            reading = self._readings.get((message.chat_id, topic_of(message)))
            if reading is None or not reading.waits(id_of(message)):
                return
            try:
                binding = await self.binding_of(message)
                heard = await self.heard(message, binding)
                album = reading.album_with(heard.id)
                judged = await self._services.reader.judge(album.with_part(heard) if album is not None else heard)
                if command_of(message):
                    judged = Unread("unread.command")
            except StoreError as error:
                await self._tell_store(message, error)
                return
            reading.edit(heard, judged)

    async def binding_of(self, message: Message) -> Binding | None:
        """Return the binding that applies to a message, or None. Raises StoreError."""
        space = Space("telegram", str(message.chat_id))
        bound = {each.channel: each for each in await self._services.reader.bindings.of(space)}
        return bound.get(topic_of(message)) or bound.get(WHOLE)

    async def heard(self, message: Message, binding: Binding | None) -> Heard:
        """Return a group message as a value, with the role of its author. Raises nothing expected."""
        author = author_of(message)
        assert author is not None, "what nobody wrote is not read"
        asked = Asked(
            message, "", "", payer_of(message, author)[0], Space("telegram", str(message.chat_id)), None, "en"
        )
        return heard_of(message, binding, await self._delivery.roles(asked))

    def waits(self, message: Message) -> bool:
        """Return whether a message is on its way."""
        reading = self._readings.get((message.chat_id, topic_of(message)))
        return reading is not None and reading.waits(id_of(message))

    def stop_reading(self, chat_id: int, channel: str) -> None:
        """Drop what waits in a topic; in a whole chat for ``WHOLE``."""
        for (chat, topic), reading in self._readings.items():
            if chat == chat_id and channel in (WHOLE, topic):
                reading.clear(Unread("unread.not_read_here"))

    async def close(self, grace: float) -> None:
        """Let current voices finish, ``grace`` seconds at most; what waits is dropped and costs nothing."""
        await asyncio.gather(*(reading.close(grace) for reading in self._readings.values()))

    async def _take(self, message: Message, binding: Binding) -> None:
        """Judge a message and queue it, unless it waits already."""
        if self.waits(message):
            return
        reader = self._services.reader
        try:
            heard = await self.heard(message, binding)
            if await self._added_to_album(message, heard):
                return
            judged = await reader.judge(heard)
        except StoreError as error:
            await self._tell_store(message, error)
            return
        refused = await self._offer(message, judged) if isinstance(judged, Readable) else judged
        if refused is not None:
            reader.outcomes.put(id_of(message), refused)

    async def _added_to_album(self, message: Message, heard: Heard) -> bool:
        """Add a message to its album, if that still waits. Return whether it was. Raises StoreError."""
        reading = self._readings.get((message.chat_id, topic_of(message)))
        album = reading.album_of(message) if reading is not None and message.media_group_id else None
        if reading is None or album is None:
            return False
        judged = await self._services.reader.judge(album.with_part(heard))
        return isinstance(judged, Readable) and reading.put_in_album(album, heard, judged)

    async def _offer(self, message: Message, readable: Readable) -> Unread | None:
        reading = await self._reading(message)
        return reading.offer(readable, message) if reading is not None else Unread("unread.queue_full", (("limit", 0),))

    async def _tell_store(self, message: Message, error: StoreError) -> None:
        _log.warning("a message was not read aloud: %s", error.code)
        self._services.reader.outcomes.put(id_of(message), Unread("unread.store"))
        reading = await self._reading(message)
        if reading is not None:
            await reading.tell_once(message, (EVERYBODY, error.code), in_chat(error, reading.language))

    async def _reading(self, message: Message) -> ChatReading | None:
        """Return the reading of a chat or topic, creating it if needed; None if too many are busy."""
        place, language = (message.chat_id, topic_of(message)), await self._language(message)
        found = self._readings.pop(place, None)
        if found is None:
            if len(self._readings) >= _MOST and not self._forget_one():
                return None
            found = ChatReading(
                message.chat_id,
                language,
                self._services,
                self._delivery,
                self._traffic,
                turn=self._turns.setdefault(message.chat_id, asyncio.Lock()),
                timings=self._timings,
                clock=self._clock,
                sleep=self._sleep,
            )
        found.language = language
        self._readings[place] = found
        return found

    async def _language(self, message: Message) -> str:
        """Return the group's language for posts; the bot's if unknown."""
        try:
            kept = await self._services.requests.spaces.get(Space("telegram", str(message.chat_id)))
        except StoreError:
            return self._services.language
        return kept.language or self._services.language

    def _forget_one(self) -> bool:
        for place, reading in self._readings.items():
            if reading.is_idle:
                del self._readings[place]
                return True
        return False
