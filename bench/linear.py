"""The time that hostile texts take as they grow, through reading aloud and through ``/say``. Called by ``bench``.

Each character that matters to a rule, and each pair of two, is repeated to 16,000 characters: alone, alternating, one
half after the other, and between two words. The exponent of growth is that of the time from a quarter of the length to
the whole; 1 is linear. Pairs are measured to 1,000 characters first, on every core, and those that grow fastest or take
longest to 16,000, with all single characters; the worst are measured once more, at their best of several.
"""

import heapq
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import combinations, permutations
from multiprocessing import get_context
from pathlib import Path

from bot.errors import InputError
from bot.normalization import reader
from bot.normalization.clean import clean, clean_message
from bot.normalization.message import ChatMessage, Language, Reading
from bot.providers.builtin.runs import split_runs
from bot.text.language import language_of, stretches
from bot.text.markup import without_tags
from bot.text.split import split_burst, split_live, split_recording

GOAL = 1.15
EXPLAIN_GOAL = 1.5
"""Times the cost of a plain text of the same length."""
_LONG = 16_000
_GROWTH = 4
_SHORT = 1_000
_LIKELY = 100
"""Pairs measured at the whole length: those that grow fastest, and those that take longest."""
_AGAIN = 24
"""Texts that are measured again."""
_ROUNDS = 5
_CHUNK = 500
"""Texts per process while screening."""
_EXPLAINED = 8
"""The slowest texts, which the command line is tried with."""
_MOST_CHARACTERS = 20_000
_PLAIN = "The second half was much better, and who would have thought so? I will be there soon. "
_UNITS = (
    *"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    *"！？，。：；（）【】「」《》＜＞／＊～、…—·“’￥＠＃＆５Ａ①",
    *"aAxZ1 \n\t好哈é",
    " ", "\u3000", "\u200b", "\u200d", "\ufe0f", "\u0301", "\u0336", "\ue000", "\ud800", "\U0001f3fb", "\U000e0067",
    "😂", "👨", "👨\u200d👩\u200d", "🇩", "🏴", "♡", "→", "½", "°", "€", "👈",
    "<@", "<@1>", "||", "```", "``", "**", "](", "[a](http://", "http://", "www.", "a@b.c", ":a:", "<a:b:1>", "<t:1",
    "</say:", "<style",
    "&lt;", "&amp;", "&#60;", "$1", "5m", "10-", "1,", "12:30", "ha", "lol", "no ", "AB ", "[laughs]",
    "\\*", "> ", "- ", "¯\\_", "(╯°", "T_T", ">_<", "mailto:", "a.b", "a/", "1/2", "x^", "周一-", "23", "e.g. ",
    "#a", "@a",
)  # fmt: skip


Make = Callable[[int], str]
"""A text by its length."""


def _filled(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


def _between_words(unit: str, length: int) -> str:
    return f"a{_filled(unit, length - 2)}b"


def _halves(one: str, other: str, length: int) -> str:
    return _filled(one, length // 2) + _filled(other, length - length // 2)


def _texts() -> Iterator[Make]:
    """Yield every measured text."""
    for unit in _UNITS:
        yield partial(_filled, unit)
        yield partial(_between_words, unit)
    for one, other in combinations(_UNITS, 2):
        yield partial(_filled, one + other)
    for one, other in permutations(_UNITS, 2):
        yield partial(_halves, one, other)


def _heard(language: Language) -> Callable[[str], None]:
    reading = Reading(language, dictionary=(("brb", "back"), ("你好", "hi")), blocklist=("darn", "坏"), say_names=True)

    def read(text: str) -> None:
        clean_message(ChatMessage(text, author="Sam", users={"1": "Bo"}), reading)

    return read


def _said(text: str) -> None:
    try:
        spoken = clean(text)
    except InputError:
        return
    language_of(spoken)
    without_tags(spoken)
    stretches(spoken, frozenset(("en", "zh")), "en")
    split_runs(spoken, "en")
    split_recording(spoken)
    split_live(spoken)
    split_burst(spoken)


def _seconds(work: Callable[[str], None], text: str, rounds: int = 1) -> float:
    """Return the minimum of some rounds, of this thread's own time."""
    best = math.inf
    for _ in range(rounds):
        start = time.thread_time()
        work(text)
        best = min(best, time.thread_time() - start)
    return best


def _exponent(work: Callable[[str], None], make: Make, rounds: int = 1, *, whole: int = _LONG) -> tuple[float, float]:
    """Return the exponent, and the seconds of the whole length."""
    short, long = _seconds(work, make(whole // _GROWTH), rounds), _seconds(work, make(whole), rounds)
    return math.log(long / short, _GROWTH), long


@dataclass(frozen=True)
class _Found:
    """Results of one path."""

    exponent: float
    """The worst one."""
    seconds: float
    """Of that text."""
    text: str
    """Its beginning."""
    measured: int
    slowest: list[Make]


def _prepare() -> None:
    reader.MOST_READ = _LONG  # the rules themselves are measured, not the bound before them


def _measured(path: str, numbers: Sequence[int], whole: int) -> list[tuple[float, float, int]]:
    """Return exponent, seconds and number of some texts, each measured once to a length."""
    work, texts = _PATHS[path], list(_texts())
    return [(*_exponent(work, texts[number], whole=whole), number) for number in numbers]


def _spread(
    processes: Executor, path: str, numbers: Sequence[int], whole: int, chunk: int
) -> list[tuple[float, float, int]]:
    chunks = [numbers[start : start + chunk] for start in range(0, len(numbers), chunk)]
    waiting = [processes.submit(_measured, path, each, whole) for each in chunks]
    return [found for each in waiting for found in each.result()]


def _worst(path: str, processes: Executor) -> _Found:
    texts, work = list(_texts()), _PATHS[path]
    singles = 2 * len(_UNITS)
    quick = _spread(processes, path, range(singles, len(texts)), _SHORT, _CHUNK)
    likely = heapq.nlargest(_LIKELY, quick) + heapq.nlargest(_LIKELY, quick, key=lambda each: each[1])
    chosen = sorted({*range(singles), *(number for *_, number in likely)})
    found = _spread(processes, path, chosen, _LONG, _CHUNK // 20)
    again = [
        (*_exponent(work, texts[number], _ROUNDS), texts[number](24)) for *_, number in heapq.nlargest(_AGAIN, found)
    ]
    slowest = heapq.nlargest(_EXPLAINED, found, key=lambda each: each[1])
    return _Found(*max(again), len(texts), [texts[number] for *_, number in slowest])


def _explained(text: str, folder: Path) -> float:
    """Return seconds of CPU that ``say --explain`` takes for a text, at best of three."""
    command = [sys.executable, "-m", "bot", "say", "-", "--explain", "--json"]
    own = {"MOUTHPIECE_DATA_DIR": str(folder), "MOUTHPIECE_SPEECH__MAX_CHARACTERS": str(_MOST_CHARACTERS)}
    best = math.inf
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            command, input=text.encode(errors="replace"), capture_output=True, env=os.environ | own, check=False
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def _explanations(slowest: list[Make]) -> str:
    with tempfile.TemporaryDirectory() as name:
        plain = _explained(_filled(_PLAIN, _LONG), Path(name))
        hostile = [(_explained(make(_LONG), Path(name)), make(24)) for make in slowest]
    seconds, text = max(hostile)
    return (
        f"say --explain, {_LONG:,} characters: plain {plain:.2f} s, the worst of {len(hostile)} hostile texts"
        f" {seconds:.2f} s, {seconds / plain:.2f} x (goal {EXPLAIN_GOAL}): {text!r} …"
    )


def run() -> list[str]:
    """Return the rows: the worst exponent of each path, and what the command line takes for the slowest texts."""
    before = reader.MOST_READ
    rows = []
    slowest: list[Make] = []
    _prepare()
    try:
        with ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=_prepare) as processes:
            for path in _PATHS:
                found = _worst(path, processes)
                rows.append(
                    f"{path}: worst exponent {found.exponent:.2f} (goal {GOAL}) of {found.measured:,} texts to"
                    f" {_LONG:,} characters, {found.seconds * 1000:.0f} ms: {found.text!r} …"
                )
                slowest = found.slowest
    finally:
        reader.MOST_READ = before
    return [*rows, _explanations(slowest)]


_PATHS = {"read aloud, English": _heard("en"), "read aloud, Chinese": _heard("zh"), "/say": _said}
