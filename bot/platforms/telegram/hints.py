"""Hints for private messages that have no words, such as stickers: once in a while. Registered in ``handlers.py``."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from bot import texts
from bot.platforms.telegram.asking import Asked
from bot.platforms.telegram.counter import Counter

_QUIET = 600.0
"""Seconds for which a chat gets no second hint."""
_MOST = 1000
"""Chats, and albums, that are remembered."""
K = TypeVar("K")
V = TypeVar("V")


class Hints:
    """One for a bot."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock``: seconds that never go back."""
        self._clock = clock
        self._hinted: OrderedDict[int, float] = OrderedDict()
        self._albums: OrderedDict[str, None] = OrderedDict()
        """Those of which one item has words: Telegram sends a message for each item, in any order."""

    def has_words(self, asked: Asked) -> None:
        """A message has words, which may be those of an album."""
        if asked.message.media_group_id:
            _put(self._albums, asked.message.media_group_id, None)

    async def has_none(self, counter: Counter, asked: Asked) -> None:
        """Say what is wanted, unless an album has its words in another message, or it was said a while ago."""
        album, chat = asked.message.media_group_id, asked.message.chat_id
        if album:
            await asyncio.sleep(counter.timings.gather)
        if album in self._albums or self._clock() - self._hinted.get(chat, float("-inf")) < _QUIET:
            return
        _put(self._hinted, chat, self._clock())
        await counter.delivery.sentence(asked.message, texts.say("telegram.no_words", asked.language))


def _put(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > _MOST:
        kept.popitem(last=False)
