"""WAV files that are heard before they are whole: every layout, every header, several in a row."""

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audio.decoding import WavStream
from bot.audio.pcm import Pcm, decode_wav
from bot.errors import AudioError
from tests.fakes import tones

SOUND = tones.tone(300, 500, rate=44_100)
LIST = b"LIST" + struct.pack("<I", 8) + b"INFOISFT"
UNKNOWN = 0xFFFFFFFF


def wav(
    samples: bytes, *, kind: int = 1, channels: int = 1, rate: int = 44_100, bits: int = 16, declared: int = -1,
    before: bytes = b"", align: int = 0, riff: bytes = b"RIFF", subformat: int = 0,
) -> bytes:  # fmt: skip
    """A file of any layout; ``before``: chunks before the samples; ``subformat``: of WAVE_FORMAT_EXTENSIBLE."""
    align = align or channels * bits // 8
    fmt = struct.pack("<HHIIHH", kind, channels, rate, rate * align, align, bits)
    if subformat:
        fmt += struct.pack("<HHIH", 22, bits, 0, subformat) + bytes.fromhex("000000001000800000aa00389b71")
    size = len(samples) if declared < 0 else declared
    head = struct.pack("<4sI4s", riff, UNKNOWN if riff == b"RF64" else 36 + len(samples), b"WAVE") + before
    return head + struct.pack("<4sI", b"fmt ", len(fmt)) + fmt + struct.pack("<4sI", b"data", size) + samples


def chunk(name: bytes, size: int) -> bytes:
    return struct.pack("<4sI", name, size) + bytes(size) + bytes(size & 1)


def values(pcm: bytes = SOUND) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.frombuffer(pcm, "<i2") / 32768


def mu_law(samples: bytes) -> bytes:
    """G.711 by its own formula, rounded to the nearest of its 256 sizes."""
    sizes = np.array([((2 * (m & 15) + 33) << (m >> 4)) - 33 for m in range(128)]) / 8192
    nearest = np.abs(np.abs(values(samples))[:, None] - sizes[None, :]).argmin(axis=1)
    return bytes((np.where(values(samples) < 0, 0x80, 0) | nearest).astype(np.uint8) ^ 0xFF)


def a_law(samples: bytes) -> bytes:
    """The European sister."""
    sizes = [2 * (m & 15) + 1 if m < 16 else (2 * (m & 15) + 33) << ((m >> 4) - 1) for m in range(128)]
    nearest = np.abs(np.abs(values(samples))[:, None] - np.array(sizes)[None, :] / 4096).argmin(axis=1)
    return bytes((np.where(values(samples) < 0, 0, 0x80) | nearest).astype(np.uint8) ^ 0x55)


DS64 = struct.pack("<4sIQQQI", b"ds64", 28, 36 + len(SOUND), len(SOUND), 500, 0)
STEREO = np.repeat(np.frombuffer(SOUND, "<i2"), 2).astype("<i2").tobytes()
WIDE = (np.frombuffer(SOUND, "<i2").astype("<i4") << 16).tobytes()
THREE = np.frombuffer(WIDE, np.uint8).reshape(-1, 4)[:, 1:].tobytes()
FILES = {
    "plain": tones.wav(SOUND, rate=44_100),
    "of unknown length": tones.wav(SOUND, rate=44_100, declared=UNKNOWN),
    "of length 0": tones.wav(SOUND, rate=44_100, declared=0),
    "longer than it says": tones.wav(SOUND, rate=44_100, declared=400),
    "shorter than it says": tones.wav(SOUND, rate=44_100, declared=40_000),
    "with a chunk behind": tones.wav(SOUND, rate=44_100) + LIST,
    "with half a sample behind": tones.wav(SOUND, rate=44_100, declared=UNKNOWN) + b"\x01",
    "stereo": wav(STEREO, channels=2),
    "24 bit": wav(THREE, bits=24),
    "24 bit in four bytes": wav(WIDE, bits=24, align=4),
    "32 bit": wav(WIDE, bits=32),
    "32 bit float": wav(values().astype("<f4").tobytes(), kind=3, bits=32),
    "64 bit float": wav(values().astype("<f8").tobytes(), kind=3, bits=64),
    "extensible": wav(SOUND, kind=0xFFFE, subformat=1),
    "extensible float": wav(values().astype("<f4").tobytes(), kind=0xFFFE, bits=32, subformat=3),
    "of more than 4 GB": wav(SOUND, riff=b"RF64", before=DS64, declared=UNKNOWN),
    "with 70 KB of history": wav(SOUND, before=chunk(b"bext", 70_001)),
    "with a picture before": wav(SOUND, before=chunk(b"JUNK", 28) + chunk(b"LIST", 200_000)),
}
LOSSY = {"µ-law": (wav(mu_law(SOUND), kind=7, bits=8), 0.02), "A-law": (wav(a_law(SOUND), kind=6, bits=8), 0.02)}


def heard(file: bytes, cuts: list[int]) -> tuple[Pcm, int]:
    """All sound of one rate, and how many bytes of it came before the end."""
    stream = WavStream()
    early = [pcm for a, b in pairwise([0, *cuts, len(file)]) for pcm in stream.feed(file[a:b])]
    every = early + stream.finish()
    assert len({pcm.rate for pcm in every}) <= 1
    joined = b"".join(pcm.samples for pcm in every)
    return Pcm(joined, every[0].rate if every else 0), sum(len(pcm.samples) for pcm in early)


@pytest.mark.parametrize("kind", FILES)
@given(data=st.data())
def test_pieces_of_any_size_give_the_sound_of_the_whole(kind: str, data: st.DataObject) -> None:
    file = FILES[kind]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(file)), max_size=8)))
    pcm, early = heard(file, cuts)
    assert pcm == decode_wav(file) == Pcm(SOUND, 44_100)
    assert early == len(SOUND), "nothing waits for the end"


@pytest.mark.parametrize("kind", LOSSY)
def test_the_samples_of_telephones_are_heard(kind: str) -> None:
    file, off = LOSSY[kind]
    pcm, early = heard(file, [50, 51, 300])
    assert pcm == decode_wav(file)
    assert early == len(SOUND)
    assert np.abs(values(pcm.samples) - values()).max() < off


@pytest.mark.parametrize("rate", [4_000, 7_350, 11_025, 37_800, 192_000])
def test_odd_rates_are_taken(rate: int) -> None:
    assert heard(wav(SOUND, rate=rate), [])[0] == Pcm(SOUND, rate)


@pytest.mark.parametrize("declared", [-1, 0, UNKNOWN, 40_000, 400])
@given(data=st.data())
def test_files_in_a_row_are_all_heard(declared: int, data: st.DataObject) -> None:
    first = wav(SOUND, declared=declared)
    rest = wav(STEREO, channels=2) + wav(SOUND, before=chunk(b"bext", 100)) + LIST
    file = first + (LIST if declared == -1 else b"") + rest
    cuts = sorted(data.draw(st.sets(st.integers(0, len(file)), max_size=8)))
    assert heard(file, cuts)[0] == Pcm(3 * SOUND, 44_100)


def test_each_of_them_may_have_its_own_rate() -> None:
    stream = WavStream()
    parts = stream.feed(wav(SOUND, rate=44_100) + wav(SOUND, rate=8_000)) + stream.finish()
    assert [(pcm.samples, pcm.rate) for pcm in parts] == [(SOUND, 44_100), (SOUND, 8_000)]


@pytest.mark.parametrize(
    "file",
    [b"", b"RIFF", b"RIFF0000WAVEfmt ", b"ID3 and so on, which is no such file", FILES["plain"][:44],
     wav(SOUND, kind=2), wav(SOUND, kind=7, bits=16, align=2), wav(SOUND, rate=100), wav(SOUND, channels=0, align=2)],
)  # fmt: skip
def test_what_holds_no_sound_is_refused_or_gives_none(file: bytes) -> None:
    try:
        pcm, _ = heard(file, [])
    except AudioError:
        return
    assert file == FILES["plain"][:44]
    assert pcm.samples == b""


@pytest.mark.parametrize("name", [b"junk", b"fmt "])
def test_a_head_without_end_is_refused_early(name: bytes) -> None:
    stream = WavStream()
    with pytest.raises(AudioError):
        stream.feed(b"RIFF0000WAVE" + name + struct.pack("<IHHIIHH", 10**9, 1, 1, 8000, 16000, 2, 16) + bytes(100))


def test_many_small_chunks_before_the_samples_are_refused() -> None:
    with pytest.raises(AudioError):
        WavStream().feed(b"RIFF0000WAVE" + chunk(b"junk", 0) * 300)
