"""Compressed sound that is decoded before it is whole."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio import ogg
from bot.audio.decoding import SLICE, CompressedStream, codec_of
from bot.audio.opus import ClipEncoder
from bot.audio.pcm import Pcm
from bot.errors import AudioError
from bot.model import SAMPLE_RATE
from tests.fakes import recordings, tones

SECONDS = 1.5
SOUND = tones.tone(440, round(SECONDS * tones.RATE))
FORMATS = ("mp3", "aac", "flac", "opus")
FILES = {form: recordings.encode(SOUND, form) for form in FORMATS}


def heard(data: bytes, cuts: list[int] | None = None, longest: float = 60.0) -> tuple[Pcm, int]:
    """All sound, and how many bytes of it came before the end."""
    codec = codec_of(data)
    assert codec is not None
    stream = CompressedStream(codec, longest)
    edges = [0, *(range(SLICE, len(data), SLICE) if cuts is None else cuts), len(data)]
    early = [pcm for a, b in pairwise(edges) for pcm in stream.feed(data[a:b])]
    every = early + stream.finish()
    assert len({pcm.rate for pcm in every}) == 1
    return Pcm(b"".join(pcm.samples for pcm in every), every[0].rate), sum(len(pcm.samples) for pcm in early)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_each_format_is_heard_at_its_pitch_and_length(form: str, channels: int) -> None:
    data = recordings.encode(SOUND, form, channels=channels)
    pcm, early = heard(data)
    assert abs(tones.pitch(pcm.samples, pcm.rate) - 440) < 2
    assert pcm.seconds == pytest.approx(SECONDS, abs={"flac": 0, "opus": 0.01}.get(form, 0.12))
    assert early > 0
    assert pcm.rate == (48_000 if form == "opus" else tones.RATE)


def test_what_is_not_lossy_is_exact() -> None:
    assert heard(FILES["flac"])[0] == Pcm(SOUND, tones.RATE)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=20)
@given(data=st.data())
def test_pieces_of_any_size_give_the_same_sound(form: str, data: st.DataObject) -> None:
    file = FILES[form]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(file)), max_size=8)))
    assert heard(file, cuts)[0] == heard(file)[0]


@pytest.mark.parametrize("form", FORMATS)
def test_files_in_a_row_are_all_heard(form: str) -> None:
    other = recordings.encode(tones.tone(880, tones.RATE), form)
    pcm, _ = heard(FILES[form] + other)
    assert pcm.seconds == pytest.approx(SECONDS + 1, abs=0.25)
    middle = round(SECONDS * pcm.rate) * 2
    assert abs(tones.pitch(pcm.samples[: middle - 8000], pcm.rate) - 440) < 2
    assert abs(tones.pitch(pcm.samples[middle + 8000 :], pcm.rate) - 880) < 3


def test_our_own_voice_messages_come_back_to_the_sample() -> None:
    encoder = ClipEncoder(32_000)
    encoder.feed(SOUND)
    _, clip = encoder.finish()
    pcm, _ = heard(ogg.write(clip, {}))
    assert len(pcm.samples) // 4 == len(SOUND) // 2
    assert pcm.rate == 2 * SAMPLE_RATE


def test_a_tag_before_the_sound_is_no_sound() -> None:
    size = 300_000
    tag = b"ID3\x04\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + b"\xff\xfb\x90\x44" * (size // 4)
    bare = FILES["mp3"][FILES["mp3"].index(b"\xff\xf3") :]
    assert heard(tag + bare)[0] == heard(FILES["mp3"])[0]


@pytest.mark.parametrize("form", FORMATS)
def test_sound_that_does_not_end_is_refused(form: str) -> None:
    with pytest.raises(AudioError, match=r"audio\.too_long"):
        heard(FILES[form], longest=1.0)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=30)
@given(data=st.data())
def test_damage_ends_in_sound_or_an_error(form: str, data: st.DataObject) -> None:
    raw = bytearray(FILES[form])
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=12)):
        raw[place] = data.draw(st.integers(0, 255))
    stream = CompressedStream(form, 60.0)  # type: ignore[arg-type]
    try:
        for start in range(0, len(raw), SLICE):
            stream.feed(bytes(raw[start : start + SLICE]))
        stream.finish()
    except AudioError:
        pass


def test_a_head_that_no_decoder_takes_is_refused() -> None:
    raw = bytearray(FILES["opus"])
    head = raw.index(b"OpusHead")
    raw[head + 9], raw[head + 18] = 0, 255  # channels, and how they are mapped
    with pytest.raises(AudioError):
        CompressedStream("opus", 60.0).feed(bytes(raw))


def test_ogg_without_opus_is_refused() -> None:
    page = struct.pack("<4sBBqIIIB", b"OggS", 0, 2, 0, 1, 0, 0, 1) + bytes([30]) + b"\x01vorbis".ljust(30)
    with pytest.raises(AudioError, match=r"audio\.unsupported"):
        CompressedStream("opus", 60.0).feed(page)


def test_a_packet_without_end_is_refused() -> None:
    page = struct.pack("<4sBBqIIIB", b"OggS", 0, 0, -1, 1, 0, 0, 255) + b"\xff" * 255 + bytes(255 * 255)
    with pytest.raises(AudioError, match=r"audio\.broken"):
        CompressedStream("opus", 60.0).feed(30 * page)


@pytest.mark.parametrize(
    "head", [b"", b"RIFF0000WAVE", b"\xff\xff\xff\xff", b"\xff\xfb\xf0\x00", b"<html>", b"\0" * 12]
)
def test_other_bytes_are_no_codec(head: bytes) -> None:
    assert codec_of(head) is None
