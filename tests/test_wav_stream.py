"""WAV files that are heard before they are whole."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audio.pcm import Pcm, decode_wav
from bot.errors import AudioError
from bot.speech.wav_stream import WavStream
from tests.fakes import tones

SOUND = tones.tone(300, 500, rate=44_100)
LIST = b"LIST" + struct.pack("<I", 8) + b"INFOISFT"


def stereo(pcm: bytes) -> bytes:
    both = np.repeat(np.frombuffer(pcm, "<i2"), 2).astype("<i2").tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 2, 44_100, 176_400, 4, 16)
    return head + b"data" + struct.pack("<I", len(both)) + both


FILES = {
    "plain": tones.wav(SOUND, rate=44_100),
    "of unknown length": tones.wav(SOUND, rate=44_100, declared=0xFFFFFFFF),
    "of length 0": tones.wav(SOUND, rate=44_100, declared=0),
    "longer than it says": tones.wav(SOUND, rate=44_100, declared=400),
    "shorter than it says": tones.wav(SOUND, rate=44_100, declared=40_000),
    "with a chunk behind": tones.wav(SOUND, rate=44_100) + LIST,
    "with half a sample behind": tones.wav(SOUND, rate=44_100, declared=0xFFFFFFFF) + b"\x01",
    "stereo": stereo(SOUND),
}


def heard(file: bytes, cuts: list[int]) -> tuple[bytes, int, int]:
    """All samples, the rate, and how many came before the end."""
    stream = WavStream()
    early = b"".join(stream.feed(file[a:b]) for a, b in zip([0, *cuts], [*cuts, len(file)], strict=True))
    rest = stream.finish()
    return early + (rest.samples if rest else b""), stream.rate, len(early)


@pytest.mark.parametrize("kind", FILES)
@given(data=st.data())
def test_pieces_of_any_size_give_the_sound_of_the_whole(kind: str, data: st.DataObject) -> None:
    file = FILES[kind]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(file)), max_size=8)))
    samples, rate, early = heard(file, cuts)
    assert Pcm(samples, rate) == decode_wav(file) == Pcm(SOUND, 44_100)
    assert early == {"stereo": 0, "longer than it says": 400}.get(kind, len(SOUND))


@pytest.mark.parametrize(
    "file", [b"", b"RIFF", b"RIFF0000WAVEfmt ", b"ID3 and so on, which is no such file", FILES["plain"][:44]]
)
def test_what_holds_no_sound_is_refused_or_gives_none(file: bytes) -> None:
    try:
        samples, _, _ = heard(file, [])
    except AudioError:
        return
    assert file == FILES["plain"][:44]
    assert samples == b""


def test_a_head_without_end_is_refused_early() -> None:
    stream = WavStream()
    stream.feed(b"RIFF0000WAVEjunk" + struct.pack("<I", 10**9))
    with pytest.raises(AudioError):
        stream.feed(bytes(70_000))
