"""Chat messages normalized per second on one core, beside a minimal baseline. Called by ``bench``.

The mix resembles a busy channel: most messages are a few plain words, some have a link, an emoji, a mention, slang or
formatting, a few of them in Chinese. The baseline handles links and emoji only, by two expressions. Both take turns
within each round; figures are medians.
"""

import re
import statistics
import time
from collections.abc import Callable

from bot.normalization.clean import clean_message
from bot.normalization.message import ChatMessage, Reading

GOAL = 50_000
"""Messages a second."""
_ROUNDS = 9
_REPEATS = 60
_PLAIN = (
    "hey, anyone up for a game tonight?", "I think so, give me ten minutes", "did you see the match yesterday",
    "no way", "ok sounds good to me", "what time is it over there?", "that was so good!", "I'll be there soon",
    "see you later then", "haha yes", "thanks, that helped a lot", "can you hear me now?",
    "my cat just walked over the keyboard", "fair enough", "wait what", "it is raining here again",
    "who has the key?", "let me check", "on my way", "same here, honestly", "I have never played that one",
    "sure, why not", "the second half was much better",
)  # fmt: skip
_MARKED = (
    "lol nice one", "brb, food is here", "look at this https://www.youtube.com/watch?v=dQw4w9WgXcQ", "so funny 😂",
    "<@123456789012345678> come here", "that's **really** cool", "nooooooo", "meet at 20:40", "we won 3:1!",
)  # fmt: skip
_CHINESE = (
    "今晚有人打游戏吗？",
    "好的，马上来",
    "我不知道",
    "哈哈哈哈哈",
    "真的yyds",
    "等我十分钟",
    "太好笑了😂",
    "没问题",
)
_TEXTS = _PLAIN + _MARKED + _CHINESE
_LINK = re.compile(r"https?://\S+")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]")


def _rate(clean: Callable[[], None]) -> float:
    """Return the messages per second of this process' own time."""
    start = time.process_time()
    for _ in range(_REPEATS):
        clean()
    return _REPEATS * len(_TEXTS) / (time.process_time() - start)


def _least() -> None:
    for text in _TEXTS:
        _EMOJI.sub("", _LINK.sub("a link", text)).strip()


def run() -> list[str]:
    """Return the rows."""
    english, chinese = Reading("en"), Reading("zh")
    messages = [(ChatMessage(text), chinese if text in _CHINESE else english) for text in _TEXTS]

    def ours() -> None:
        for message, reading in messages:
            clean_message(message, reading)

    ours()
    rates = [(_rate(ours), _rate(_least)) for _ in range(_ROUNDS)]
    mine, least = (statistics.median(column) for column in zip(*rates, strict=True))
    ratio = statistics.median(baseline / own for own, baseline in rates)
    marked = len(_MARKED) + sum(not text.isalpha() or len(set(text)) < 3 for text in _CHINESE)
    return [
        f"chat messages a second: {mine:,.0f} (goal {GOAL:,}); {len(_TEXTS)} kinds, {marked} of them with marks",
        f"two expressions for links and emoji alone: {least:,.0f} a second, {ratio:.1f} x ours",
    ]
