"""Audio of a voice call: one source of 20 ms Opus packets for as long as the session lives.

Written by the session on the event loop, item by item, through ``Line`` (a sink of the synthesis core); read by
discord.py's player thread, which waits 20 ms between two reads and sends whatever it gets. ``read`` therefore never
waits: if nothing is due it returns the silence packet, and after a while nothing, which ends that thread until the next
words.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

import discord

SILENCE = b"\xf8\xff\xfe"
"""20 ms of silence from Discord's documentation; end-to-end encryption passes it unchanged."""
PACKET_MS = 20
GAP = 6
"""Silent packets between two items, so that two messages do not sound like one."""
IDLE = 75
"""Silent packets (1.5 s) after which the player thread ends, and with it the green ring around the bot."""
LEAST_LEAD, MOST_LEAD = 60, 400
"""Milliseconds of sound that are buffered before an item begins during silence."""
_GROWTH, _SHRINKAGE = 40, 20
_SMOOTH_ITEMS = 8
"""Items without an underrun after which the buffer shrinks."""
AHEAD = 1500
"""Unheard packets (30 s) at which no further segment is begun."""
_PATIENCE = 30.0
"""Seconds that one item may be kept waiting in all: a longer pause must not hold a turn for ever."""


class Listener(Protocol):
    """Receives playback events. Called on the event loop."""

    def started(self, item: str) -> None:
        """Note that the first packet of an item was sent."""
        ...

    def finished(self, item: str, skipped: bool) -> None:
        """Note that the last packet of an item was sent, or that it was dropped."""
        ...


class _Item:
    """Packets of one item; all fields are guarded by the source's lock."""

    __slots__ = ("closed", "id", "packets", "played", "started", "waited")

    def __init__(self, item: str) -> None:
        self.id = item
        self.packets: deque[bytes] = deque()
        self.played = 0
        self.started = False
        self.closed = False
        self.waited = 0
        """Silent packets sent since its first packet arrived."""


class Line:
    """The sink of one item."""

    live = True
    max_bytes: int | None = None

    def __init__(self, source: "LiveSource", item: _Item) -> None:
        self._source = source
        self._item = item
        self._patience = _PATIENCE

    async def write(self, packets: Sequence[bytes]) -> None:
        """Queue packets. Packets of a dropped item are discarded."""
        self._source.put(self._item, packets)

    async def ready(self) -> None:
        """Wait while far more is queued than was heard, for a bounded time."""
        if self._item.closed or self._source.ahead <= AHEAD or self._patience <= 0:
            return
        loop = asyncio.get_running_loop()
        since = loop.time()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                await self._source.ready()
        self._patience -= loop.time() - since

    def close(self) -> None:
        """Mark the item as complete. Idempotent."""
        self._source.close(self._item)


class LiveSource(discord.AudioSource):
    """The source of a session; create it on the event loop."""

    def __init__(self, listener: Listener, wake: Callable[[], None]) -> None:
        """Set up; ``wake`` is called on the event loop when there is something to hear, even while a player runs."""
        self._listener = listener
        self._wake = wake
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._items: deque[_Item] = deque()
        self._silent = 0
        """Silent packets since the last one of an item, or since the player thread began."""
        self._fresh = True
        """No packet of an item was sent since the player thread began: nobody waits during a silence."""
        self._paused = False
        self._dry = False
        """The item that was playing has run out of packets."""
        self._ahead = 0
        self._lead = LEAST_LEAD
        self._smooth = 0
        self._voice_channel = asyncio.Event()
        self._capacity_wanted = False
        self.underruns = 0
        """How often an item ran out of packets in its middle."""

    # On the event loop

    def line(self, item: str) -> Line:
        """Return a new item after the existing ones."""
        entry = _Item(item)
        with self._lock:
            self._items.append(entry)
        return Line(self, entry)

    def put(self, item: _Item, packets: Sequence[bytes]) -> None:
        """Called by ``Line``."""
        with self._lock:
            if item.closed:
                return
            item.packets.extend(packets)
            self._ahead += len(packets)
        if packets and not self._paused:
            self._wake()

    def close(self, item: _Item) -> None:
        """Called by ``Line``."""
        with self._lock:
            if item.closed:
                return
            item.closed = True
            if not item.packets:
                self._end(item, skipped=False)

    def skip(self, item: str) -> bool:
        """Drop an item, playing or not; ``read`` returns none of it afterwards. Return False if it is not here."""
        with self._lock:
            found = [entry for entry in self._items if entry.id == item]
            self._drop(found)
        return bool(found)

    def skip_all(self) -> None:
        """Drop everything."""
        with self._lock:
            self._drop(list(self._items))

    def pause(self) -> None:
        """Return silence from the next packet on; the items stay."""
        self._paused = True

    def resume(self) -> None:
        """Continue where it paused."""
        self._paused = False
        if self.wanted:
            self._wake()

    @property
    def wanted(self) -> bool:
        """Return whether there is something to hear."""
        with self._lock:
            return not self._paused and any(entry.packets for entry in self._items)

    @property
    def ahead(self) -> int:
        """The packets not yet heard."""
        return self._ahead

    @property
    def items(self) -> int:
        """The items not yet heard to the end."""
        return len(self._items)

    def heard(self, item: str) -> float:
        """Return the share of an item that was heard, 0 to 1; 0 while its length is unknown."""
        with self._lock:
            found = next((entry for entry in self._items if entry.id == item and entry.closed), None)
            return found.played / (found.played + len(found.packets)) if found is not None and found.packets else 0.0

    @property
    def lead(self) -> int:
        """The milliseconds buffered before an item begins during silence."""
        return self._lead

    async def ready(self) -> None:
        """Wait until less is queued. The caller sets the limit."""
        with self._lock:
            if self._ahead <= AHEAD:
                return
            self._voice_channel.clear()
            self._capacity_wanted = True
        await self._voice_channel.wait()

    # In the player thread

    def is_opus(self) -> bool:
        """Return True: packets are sent unchanged."""
        return True

    def read(self) -> bytes:
        """Return one packet of 20 ms; empty to end the player thread."""
        with self._lock:
            item = None if self._paused else self._due()
            if item is None:
                return self._silence()
            if not item.started:
                item.started = True
                self._tell(self._listener.started, item.id)
            packet = item.packets.popleft()
            item.played += 1
            self._ahead -= 1
            self._silent, self._fresh, self._dry = 0, False, False
            if item.closed and not item.packets:
                self._end(item, skipped=False)
            self._free_slot()
            return packet

    def _due(self) -> _Item | None:
        """Return the item to take a packet from. Lock held."""
        if not self._items:
            return None
        item = self._items[0]
        if not item.packets:
            if item.started and not self._dry:
                self._run_dry(item)
            return None
        if item.started and not self._dry:
            return item
        if not item.started and not self._fresh and self._silent < GAP:
            return None
        return item if self._collected(item) else None

    def _run_dry(self, item: _Item) -> None:
        self._dry = True
        item.waited = 0
        self.underruns += 1
        self._smooth = 0
        self._lead = min(MOST_LEAD, self._lead + _GROWTH)

    def _collected(self, item: _Item) -> bool:
        """Return whether an item can begin, or continue after an underrun: enough is buffered, or it waited enough.

        After idleness the first packet is sent at once, as long as there was no recent underrun.
        """
        lead = self._lead - LEAST_LEAD if self._fresh and not item.started else self._lead
        return item.closed or max(len(item.packets), item.waited) * PACKET_MS >= lead

    def _silence(self) -> bytes:
        """Return a silent packet, or after many of them the end of the player thread. Lock held."""
        if self._silent >= IDLE:
            self._silent, self._fresh = 0, True
            return b""
        self._silent += 1
        if self._items and self._items[0].packets:
            self._items[0].waited += 1
        return SILENCE

    # In both, with the lock held

    def _drop(self, found: Sequence[_Item]) -> None:
        for entry in found:
            self._ahead -= len(entry.packets)
            entry.packets.clear()
            entry.closed = True
            self._end(entry, skipped=True)
        self._free_slot()

    def _end(self, item: _Item, *, skipped: bool) -> None:
        self._items.remove(item)
        if item.started:
            self._dry = False
        self._smooth += 1
        if self._smooth >= _SMOOTH_ITEMS:
            self._smooth = 0
            self._lead = max(LEAST_LEAD, self._lead - _SHRINKAGE)
        self._tell(self._listener.finished, item.id, skipped)

    def _free_slot(self) -> None:
        if self._capacity_wanted and self._ahead <= AHEAD:
            self._capacity_wanted = False
            self._tell(self._voice_channel.set)

    def _tell(self, what: Callable[..., object], *facts: object) -> None:
        """Run a callback on the event loop, in order."""
        with suppress(RuntimeError):  # the loop is closed: there is no listener
            self._loop.call_soon_threadsafe(what, *facts)
