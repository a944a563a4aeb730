"""The end of a reading: blocked words bleeped or the message refused, a length that is kept and is heard to be cut.

Used by ``reader`` after everything else.
"""

import re

from bot.speech.chat.draft import Draft

_PLACE = re.compile(r"(?P<sentence>[.!?…。！？\n](?=\s|$|[\u3400-\u9fff]))|(?P<clause>[,;:，；：、])|\s")
_TAG_OPEN = re.compile(r"\[[^\[\]]{0,32}$")


def block(draft: Draft) -> bool:
    """Bleep blocked words; returns whether the message is to be refused instead."""
    pattern = draft.reading.blocks.pattern
    if pattern is None:
        return False
    found = pattern.search(draft.text)
    if found is None:
        return False
    if draft.reading.blocked == "refuse":
        draft.note("blocked", found[0], "")
        return True
    draft.change(pattern, "blocked", lambda _: draft.words.say("bleep"))
    return False


def cut(draft: Draft, text: str) -> str:
    """Text of at most the length that is allowed, cut at the best place and with words that say so."""
    most = max(1, draft.reading.max_characters)
    if len(text) <= most:
        return text
    words = draft.words.say("cut")
    room = most - len(words)
    if room < 1:
        room, words = most, ""
    kept = text[:room]
    if broken := _TAG_OPEN.search(kept):
        kept = kept[: broken.start()]
    kept = kept[: _best(text, len(kept))].rstrip(" \n,;:，；：、.。…")
    short = kept + words
    draft.note("length", text, short)
    return short


def _best(text: str, room: int) -> int:
    """Where to cut at the latest: behind a sentence, else a word, in the second half of the room."""
    words = room
    sentences = 0
    for match in _PLACE.finditer(text, room // 2, room + 1):
        if match["sentence"] and match.end() <= room:
            sentences = match.end()
        words = match.start() if match.start() <= room else words
    return sentences or words
