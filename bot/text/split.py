"""Splitting of cleaned text into segments, and the expected length of its speech."""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from enum import IntEnum

from bot.model import Segment
from bot.patterns import linear
from bot.text.markup import brackets, split_tags

LIVE_CHARACTERS = 200
"""The longest segment of a live call."""
FIRST_CHARACTERS = 80
"""The longest first segment of a live call."""
_LIVE_SENTENCES = 3


class _Rank(IntEnum):
    """Quality of a position for a cut."""

    ANYWHERE = 0
    WORD = 1
    CLAUSE = 2
    SENTENCE = 3
    PARAGRAPH = 4


_GAPS = {_Rank.ANYWHERE: 0.0, _Rank.WORD: 0.0, _Rank.CLAUSE: 0.12, _Rank.SENTENCE: 0.25, _Rank.PARAGRAPH: 0.45}
"""Seconds of silence after such a cut."""
PARAGRAPH_GAP = _GAPS[_Rank.PARAGRAPH]

_NEAR = 64
"""Characters on either side of a cut that are examined."""
_NEWLINES = "\n\r\v\f\x85\u2028\u2029"
_BREAK = linear(
    r"(?:(?P<sentence>[。！？…]++[”’」』）】\"']*+|(?<![.!?])[.!?]++[\"'”’)\]]*+(?=\s))"
    rf"|(?P<clause>[，；、：]|[,;:](?=\s)|[^\S{_NEWLINES}]++[-–—]++(?=\s))"
    r"|(?P<word>(?=\s)))"
    r"(?P<blank>\s*+)",
    "a run of stops is tried from its beginning alone; at a run of blanks one of the choices always matches",
)
"""A possible cut, with all blanks after it: a line break among them ends a paragraph."""
_ENDS = frozenset("。！？….!?")
_CLOSERS = "\"'”’)]」』）】"
_COMMAS = frozenset("，；、：,;:")
_ABBREVIATION = re.compile(r"\b(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|No|Fig|approx|e\.g|i\.e)\.$")
_ITEM = re.compile(
    rf"(?:^|[{_NEWLINES}])[ \t]{{0,4}}"
    r"(?:[-–—*•·]|\(?(?:\d{1,3}|[A-Za-z])[.)]|\d{1,3}、|（?[一二三四五六七八九十]{1,3}[、）])$"
)
"""The bullet or number of a list item, which stays with its item."""
_LONGEST_BEFORE = 12
"""Characters before a cut in which the two are searched."""


@dataclass(frozen=True, slots=True)
class _Cut:
    stop: int
    """End of the sound before it; blanks follow."""
    end: int
    rank: _Rank


def split_recording(text: str, limit: int = 2000) -> tuple[Segment, ...]:
    """Return segments of at most ``limit`` characters, cut at the best positions."""
    return _segments(text, limit, limit, sentences=None)


def split_live(text: str) -> tuple[Segment, ...]:
    """Return segments of one to three sentences, at most ``LIVE_CHARACTERS``; the first one short."""
    return _segments(text, FIRST_CHARACTERS, LIVE_CHARACTERS, sentences=_LIVE_SENTENCES)


def gap_at(text: str, place: int) -> float:
    """Return the seconds of silence for a cut at an externally chosen position."""
    behind = text[place : place + _NEAR]
    if _breaks(behind[: len(behind) - len(behind.lstrip())]):
        return PARAGRAPH_GAP
    last = text[max(0, place - _NEAR) : place].rstrip().rstrip(_CLOSERS)[-1:]
    rank = _Rank.SENTENCE if last in _ENDS else _Rank.CLAUSE if last in _COMMAS else _Rank.WORD
    return _GAPS[rank] if last else 0.0


def split_burst(text: str) -> tuple[Segment, ...]:
    """Return segments of several short messages, one per line: few segments of at most ``LIVE_CHARACTERS``."""
    return _segments(text, LIVE_CHARACTERS, LIVE_CHARACTERS, sentences=None)


def _breaks(blank: str) -> bool:
    """Return whether a text has a line break."""
    return any(sign in _NEWLINES for sign in blank)


def _end(cut: _Cut) -> int:
    return cut.end


def _stop(cut: _Cut) -> int:
    return cut.stop


def _goodness(cut: _Cut) -> tuple[int, int]:
    return cut.rank, cut.end


def _segments(text: str, first: int, limit: int, sentences: int | None) -> tuple[Segment, ...]:
    text = text.rstrip()
    cuts = _cuts(text)
    segments: list[Segment] = []
    start = 0
    while start < len(text):
        capacity = first if not segments else limit
        cut = _next_cut(text, cuts, start, capacity, sentences if segments or sentences is None else 1)
        raw = text[start : cut.end]
        piece = raw.strip()
        if piece:
            begin = start + len(raw) - len(raw.lstrip())
            segments.append(Segment(piece, _GAPS[cut.rank] if cut.end < len(text) else 0.0, begin))
        start = cut.end
    return tuple(segments)


def _next_cut(text: str, cuts: list[_Cut], start: int, capacity: int, sentences: int | None) -> _Cut:
    """Return the best end of a segment that begins at ``start``."""
    low = bisect_right(cuts, start, key=_end)
    high = bisect_right(cuts, start + capacity, lo=low, key=_stop)
    near = cuts[low:high]
    if sentences is not None:
        whole = [cut for cut in near if cut.rank >= _Rank.SENTENCE][:sentences]
        if len(whole) == sentences or (whole and len(text) - start > capacity):
            return max(whole, key=_goodness)
    if len(text) - start <= capacity:
        return _Cut(len(text), len(text), _Rank.PARAGRAPH)
    if near:
        late = [cut for cut in near if cut.stop - start >= capacity // 2] or near
        best = max(late, key=_goodness)
        early = max(near, key=_goodness)
        if early.rank is _Rank.PARAGRAPH and _paragraph_ends(text, cuts, high, early.end + capacity):
            return early  # the paragraph after it needs no cut
        return best
    place = _outside(text, start, start + capacity)
    return _Cut(place, place, _Rank.ANYWHERE)


def _paragraph_ends(text: str, cuts: list[_Cut], index: int, limit: int) -> bool:
    """Return whether the paragraph of this cut ends within ``limit``."""
    while index < len(cuts) and cuts[index].stop <= limit:
        if cuts[index].rank is _Rank.PARAGRAPH:
            return True
        index += 1
    return len(text) <= limit


def _cuts(text: str) -> list[_Cut]:
    """Return every possible cut in order, except those inside brackets."""
    closed = brackets(text)
    starts = [begin for begin, _ in closed]
    cuts: list[_Cut] = []
    for match in _BREAK.finditer(text):
        stop, end = match.start("blank"), match.end()
        index = bisect_right(starts, end - 1) - 1
        if index >= 0 and end < closed[index][1]:
            continue
        rank = _Rank[next(name for name in ("sentence", "clause", "word") if match[name] is not None).upper()]
        near = max(0, stop - _LONGEST_BEFORE)
        if _breaks(match["blank"]):
            rank = _Rank.PARAGRAPH
        elif _ITEM.search(text, near, stop):
            continue
        elif rank is _Rank.SENTENCE and _ABBREVIATION.search(text, near, stop):
            rank = _Rank.WORD
        cuts.append(_Cut(stop, end, rank))
    return cuts


def _outside(text: str, start: int, end: int) -> int:
    """Return ``end``, or the start of the bracket it falls into; past that bracket if it begins the segment."""
    for begin, close in brackets(text[start : end + 64]):
        if start + begin < end < start + close:
            return start + begin if begin else start + close
    return end


_IDEOGRAPHS_PER_SECOND = (3.5, 5.5)
_LETTERS_PER_SECOND = (10.0, 18.0)
_IDEOGRAPHS_USUAL, _LETTERS_USUAL, _DIGITS_USUAL = 4.5, 14.0, 1.8
"""Characters per second, usually. A digit is a word: espeak-ng takes 0.58 s for each of a long number."""
_MOST_OVER = 300.0
"""Seconds that a recording may exceed slow speech: ten times a long text would fill the memory."""
_ENOUGH_TEXT = 100
"""Characters. Below it a short recording proves nothing."""
_ALWAYS_BELIEVED = 60.0
"""Seconds that speech of any text may last."""


def _count(text: str) -> tuple[int, int]:
    """Return the numbers of wide letters (Chinese, Japanese, Korean) and of others, digits included, tags excluded."""
    wide = narrow = 0
    for piece in split_tags(text):
        if piece.tag:
            continue
        for character in piece.text:
            if unicodedata.category(character)[0] not in "LNM":
                continue
            if unicodedata.east_asian_width(character) in "WF":
                wide += 1
            else:
                narrow += 1
    return wide, narrow


def expected_seconds(text: str) -> tuple[float, float]:
    """Return the seconds that speaking the text takes: fast, and slowly."""
    wide, narrow = _count(text)
    low = wide / _IDEOGRAPHS_PER_SECOND[1] + narrow / _LETTERS_PER_SECOND[1]
    high = wide / _IDEOGRAPHS_PER_SECOND[0] + narrow / _LETTERS_PER_SECOND[0]
    return low, high


def likely_seconds(text: str) -> float:
    """Return the seconds that speaking the text usually takes, spelled-out numbers included."""
    wide, narrow = _count(text)
    digits = sum(character.isdecimal() for character in text)
    return wide / _IDEOGRAPHS_USUAL + max(0, narrow - digits) / _LETTERS_USUAL + digits / _DIGITS_USUAL


def looks_truncated(text: str, seconds: float) -> bool:
    """Return whether a recording is too short for the text: under half the length of fast speech."""
    return len(text) >= _ENOUGH_TEXT and seconds < expected_seconds(text)[0] / 2


def longest_seconds(text: str) -> float:
    """Return the seconds beyond which a recording is not of this text: ten times slow speech, within bounds."""
    slow = max(expected_seconds(text)[1], likely_seconds(text))
    return min(max(_ALWAYS_BELIEVED, 10 * slow), slow + _MOST_OVER)
