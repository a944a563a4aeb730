"""Worker process: loads espeak-ng, reads requests on standard input, answers on standard output.

Started only by ``bot.providers.builtin.pool``. The library is neither thread-safe nor under this project's licence
(GPL-3.0-or-later), so only this process loads it. It ends when its standard input closes.

A request: ``{"runs": [{"voice": "en-us+f3", "text": "Hi", "pause": true}, {"silence": 0.6}], "rate": 175, "pitch": 50,
"range": 50, "volume": 70}`` or ``{"version": true}``.
"""

import ctypes
import os
import re
from collections.abc import Callable
from typing import Any

from bot.providers.builtin.protocol import END, FAILED, SAMPLE_RATE
from bot.providers.builtin.serving import Output, begin, leave, limit_cpu, refuse, serve

# From espeak-ng's speak_lib.h.
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 0x1
_END_PAUSE = 0x1000
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_BLOCK_MS = 60
_TONAL = ("cmn", "yue", "hak", "vi", "th")
_STRESS_LEVEL = 1.17
"""Factor on the volume of the other languages."""
_MOST_VOLUME = 105
"""The engine limits peaks beyond."""

_MEMORY_BYTES = 1 << 29
"""Of address space; a worker uses 22 MB."""
_OPEN_FILES = 64
_CPU_SECONDS = 60
"""For one request. The longest text the provider accepts needs about one."""

# espeak-ng reads the control character 1 as the start of a command inside the text, and 0 ends the text.
_NO_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")
# A line is a clause of its own; for espeak-ng a line break is a space.
_LINE_END = re.compile(r"(?<=[^\s,.;:!?…，。；：！？、—])\n")

Sink = Callable[[bytes], bool]
"""Takes samples; False asks the engine to stop."""


class Engine:
    """espeak-ng, loaded once. Raises ImportError or OSError if it cannot be loaded."""

    def __init__(self) -> None:
        import espeakng_loader  # noqa: PLC0415 - loaded by this process only, after its limits are set

        lib = ctypes.CDLL(espeakng_loader.get_library_path())
        # The events, the third argument, are not read.
        callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
        lib.espeak_Info.restype = ctypes.c_char_p
        lib.espeak_Synth.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint,
                                     ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p]  # fmt: skip
        self._lib = lib
        self._callback = callback(self._on_samples)
        self._sink: Sink = lambda _samples: False
        data = os.fsencode(espeakng_loader.get_data_path())
        rate = lib.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, _BLOCK_MS, data, _DONT_EXIT)
        if rate != SAMPLE_RATE:
            raise OSError(f"espeak-ng started with {rate} instead of {SAMPLE_RATE} Hz")
        lib.espeak_SetSynthCallback(self._callback)

    @property
    def version(self) -> str:
        """The version, such as ``1.52.0``."""
        return str(self._lib.espeak_Info(None).decode())

    def _on_samples(self, samples: int | None, count: int, _events: int | None) -> int:
        if not samples or count <= 0:
            return 0
        return 0 if self._sink(ctypes.string_at(samples, count * 2)) else 1

    def speak(self, request: dict[str, Any], sink: Sink) -> None:
        """Pass the sound of a request to the sink as it is made. Raises ValueError if the engine refuses."""
        for run in request["runs"]:
            if "silence" in run:
                sink(bytes(2 * round(run["silence"] * SAMPLE_RATE)))
            else:
                self._speak_run(run, request, sink)

    def _speak_run(self, run: dict[str, Any], request: dict[str, Any], sink: Sink) -> None:
        if self._lib.espeak_SetVoiceByName(run["voice"].encode()) != 0:
            raise ValueError("espeak-ng has no voice " + run["voice"])
        # Choosing a voice sets its own values, so ours come after it. Tones are 2 dB louder than stresses.
        volume = int(request["volume"]) if run["voice"].startswith(_TONAL) else int(request["volume"] * _STRESS_LEVEL)
        self._lib.espeak_SetParameter(_VOLUME, min(volume, _MOST_VOLUME), 0)
        for parameter, name in ((_RATE, "rate"), (_PITCH, "pitch"), (_RANGE, "range")):
            self._lib.espeak_SetParameter(parameter, int(request[name]), 0)
        text = _LINE_END.sub(". ", run["text"]).translate(_NO_CONTROLS).encode("utf-8", "replace") + b"\0"
        # No flag for SSML and none for phonemes in [[brackets]]: a person's text is text.
        flags = _CHARS_UTF8 | (_END_PAUSE if run.get("pause") else 0)
        self._sink = sink
        if self._lib.espeak_Synth(text, len(text), 0, 0, 0, flags, None, None) != 0:
            raise ValueError("espeak-ng did not speak")


def _answer(engine: Engine, request: dict[str, Any], output: Output) -> None:
    broken: list[OSError] = []

    def sink(samples: bytes) -> bool:
        # Called from C, where an exception would be printed and lost.
        try:
            output.send_sound(samples)
        except OSError as error:
            broken.append(error)
            return False
        return True

    limit_cpu(_CPU_SECONDS)
    try:
        engine.speak(request, sink)
    except ValueError as error:
        output.send(FAILED, str(error).encode())
        return
    if broken:
        raise broken[0]
    output.send(END)


def main() -> int:
    """Serve until standard input closes."""
    output = begin(open_files=_OPEN_FILES, memory_bytes=_MEMORY_BYTES)
    try:
        engine = Engine()
    except (ImportError, OSError) as error:
        return refuse(output, f"espeak-ng cannot be loaded: {type(error).__name__}")
    return serve(output, engine.version, lambda request: _answer(engine, request, output))


if __name__ == "__main__":
    leave(main())
