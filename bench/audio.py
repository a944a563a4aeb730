"""WAV to Ogg Opus: our path beside bare libopus and beside pydub with ffmpeg, in one run. Called by ``bench``.

Figures are ratios of CPU time within a round, the order rotated every round, and of these the median: the machine's
load then affects all sides alike. The milliseconds only show the size.
"""

import ctypes
import functools
import io
import os
import shutil
import statistics
import subprocess
import sys
import time
import warnings
import wave
from collections.abc import Callable
from pathlib import Path

import av

from bot.audio import ogg
from bot.audio.opus import ClipEncoder
from bot.audio.pcm import Pcm, decode_wav
from bot.model import SAMPLE_RATE
from tests.at_once import resample

_ROUNDS = {2: 31, 10: 15}
"""Rounds by seconds of sound."""
_FIRST_PACKETS = 200
_PACKET_BYTES = 960
_CHUNK = 4800
"""Bytes of a provider's first chunk: 100 ms."""


_TEXT = (
    "The north wind and the sun were arguing which of them was the stronger, when a traveller came along, "
    "wrapped in a warm cloak. They agreed that the one who first made him take it off should win. Then the wind "
    "blew as hard as it could; but the more it blew, the closer he held the cloak around him."
)
_SPEAK = """
import ctypes, sys, espeakng_loader
library = ctypes.CDLL(espeakng_loader.get_library_path())
rate = library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0)
kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
@kind
def take(samples, count, events):
    if samples and count:
        sys.stdout.buffer.write(ctypes.string_at(samples, 2 * count))
    return 0
library.espeak_SetSynthCallback(take)
library.espeak_SetVoiceByName(b"en-us")
text = sys.stdin.buffer.read() + bytes(1)
library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, 1, 0, 1, None, None)
library.espeak_Synchronize()
sys.stdout.buffer.flush()
"""
"""Run as a process of its own, as the engine always is: it is GPL, and not safe in threads."""


@functools.cache
def _speech() -> Pcm:
    """Return some 15 seconds read by espeak-ng.

    A synthetic tone will not do: libopus treats it as music, which costs less.
    """
    done = subprocess.run([sys.executable, "-c", _SPEAK], input=_TEXT.encode(), capture_output=True, check=True)
    return resample(Pcm(done.stdout, 22_050))


def speech_wav(seconds: float) -> bytes:
    """Return a canonical WAV file of that much speech."""
    samples = _speech().samples[: 2 * round(seconds * SAMPLE_RATE)]
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(samples)
    return file.getvalue()


def _libopus() -> ctypes.CDLL | None:
    """Return the library inside PyAV's wheel. An undocumented place, good enough for a measurement."""
    package = Path(av.__file__).parent
    places = [*package.parent.glob("av.libs/libopus*"), *package.glob(".dylibs/libopus*")]
    return ctypes.CDLL(str(places[0])) if places else None


class BareOpus:
    """libopus and nothing else: no copy, no container, our settings. The minimum for any encoder."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._create = library.opus_encoder_create
        self._create.restype = ctypes.c_void_p
        self._control = library.opus_encoder_ctl
        self._encode = library.opus_encode
        self._encode.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int32]
        self._destroy = library.opus_encoder_destroy
        self._destroy.argtypes = [ctypes.c_void_p]

    def __call__(self, wav: bytes) -> list[bytes]:
        """Return the packets of a canonical WAV file."""
        encoder = ctypes.c_void_p(self._create(SAMPLE_RATE, 1, 2048, None))  # 2048: application voip
        # bit rate, variable, unconstrained, complexity: as libav sets them for us
        for request, value in ((4002, 32_000), (4006, 1), (4020, 0), (4010, 10)):
            self._control(encoder, request, ctypes.c_int(value))
        buffer = ctypes.create_string_buffer(1500)
        samples = wav[44:]
        packets = []
        for at in range(0, len(samples) - _PACKET_BYTES + 1, _PACKET_BYTES):
            size = self._encode(encoder, samples[at : at + _PACKET_BYTES], _PACKET_BYTES // 2, buffer, 1500)
            packets.append(buffer.raw[:size])
        self._destroy(encoder)
        return packets


def ours(wav: bytes) -> bytes:
    """Measure the cost of a recording: header, sketch, Opus, Ogg."""
    encoder = ClipEncoder()
    encoder.feed(decode_wav(wav).samples)
    return ogg.write(encoder.finish()[1], {})


def pydub_export(wav: bytes) -> bytes:
    """Export the usual way: pydub starts ffmpeg."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pydub import AudioSegment  # noqa: PLC0415 - only where there is an ffmpeg to start
    file = io.BytesIO()
    AudioSegment.from_wav(io.BytesIO(wav)).export(
        file, format="ogg", codec="libopus", bitrate="32k", parameters=["-application", "voip"]
    )
    return file.getvalue()


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process and of the children it has waited for, ffmpeg among them."""
    times = os.times()
    return float(times.user + times.system + times.children_user + times.children_system)


def _compare(routes: dict[str, Callable[[bytes], object]], wav: bytes, rounds: int) -> dict[str, list[float]]:
    """Return CPU seconds by route, round by round."""
    clock = _cpu_seconds if "pydub" in routes else time.process_time
    spent: dict[str, list[float]] = {name: [] for name in routes}
    names = list(routes)
    for name in names:
        routes[name](wav)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            start = clock()
            routes[name](wav)
            spent[name].append(clock() - start)
    return spent


def _median_ratio(ours_spent: list[float], other_spent: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(ours_spent, other_spent, strict=True))


def _first_packet() -> list[float]:
    """Return the milliseconds from the first chunk of 100 ms to its first packet, with a prepared encoder."""
    samples = decode_wav(speech_wav(1)).samples
    times = []
    for _ in range(_FIRST_PACKETS):
        encoder = ClipEncoder()
        start = time.perf_counter()
        packets = next(encoder.slices(samples[:_CHUNK]))
        times.append((time.perf_counter() - start) * 1000)
        assert packets
    return sorted(times)


def run() -> list[str]:
    """Return the rows."""
    library = _libopus()
    rows = []
    bare = BareOpus(library) if library else None
    ffmpeg = shutil.which("ffmpeg")
    for seconds, rounds in _ROUNDS.items():
        wav = speech_wav(seconds)
        if bare:
            spent = _compare({"ours": ours, "bare": bare}, wav, rounds)
            ratio = _median_ratio(spent["ours"], spent["bare"])
            size = statistics.median(spent["ours"]) * 1000
            rows.append(f"WAV to Ogg, {seconds:2} s: {ratio:.3f} x bare libopus CPU (goal 1.15), {size:.1f} ms")
        if ffmpeg:
            spent = _compare({"ours": ours, "pydub": pydub_export}, wav, max(5, rounds // 3))
            ratio = _median_ratio(spent["pydub"], spent["ours"])
            rows.append(f"WAV to Ogg, {seconds:2} s: pydub.export through ffmpeg takes {ratio:.2f} x our CPU")
    if not bare:
        rows.append("bare libopus: skipped, PyAV's wheel shows no libopus here")
    if not ffmpeg:
        rows.append("pydub.export: skipped, there is no ffmpeg on the PATH")
    times = _first_packet()
    rows.append(
        f"first chunk to first packet, encoder prepared: median {times[len(times) // 2]:.2f} ms, "
        f"p95 {times[len(times) * 95 // 100]:.2f} ms (goal 1 ms)"
    )
    return rows
