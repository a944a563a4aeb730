"""Ogg files of ours, read by libavformat and by our own reader: exact to the sample, refused when damaged."""

import io
import random

import av
import numpy as np
import pytest

from bot.audio import ogg
from bot.audio.opus import ClipEncoder, decode
from bot.audio.pcm import Pcm
from bot.errors import AudioError
from bot.model import SAMPLE_RATE, Clip
from tests.at_once import encode


def speech(seconds: float, seed: int = 1) -> bytes:
    """A voiced sound with syllables and pauses."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 2 * np.pi * 120 * time + 3 * np.sin(2 * np.pi * 0.7 * time)
    voiced = np.sum([np.sin(pitch * harmonic) / harmonic for harmonic in (1, 2, 3, 5, 9, 14)], axis=0)
    envelope = np.clip(np.sin(2 * np.pi * 3.1 * time), 0, 1) * (np.sin(2 * np.pi * 0.4 * time) > -0.7)
    noise = np.random.default_rng(seed).normal(0, 0.02, len(time))
    return bytes((np.clip((voiced * 0.25 + noise) * envelope, -1, 1) * 32767).astype("<i2"))


def length_by_libav(data: bytes) -> int:
    """Samples at 48 kHz that libavformat and libavcodec play of a file, its trims applied."""
    with av.open(io.BytesIO(data), mode="r", format="ogg") as container:
        return sum(frame.samples for frame in container.decode(audio=0))


def clip_of(samples: bytes, chunks: random.Random) -> Clip:
    encoder = ClipEncoder()
    at = 0
    while at < len(samples):
        step = chunks.choice((1, 3, 479, 960, 961, 4801, 9999))
        encoder.feed(samples[at : at + step])
        at += step
    return encoder.finish()[1]


LENGTHS = sorted({47_999, 48_000, *range(0, 48_001, 6_007), *(480 * (n % 3) + n for n in range(480))})
"""Every remainder of a packet, and a spread up to two seconds."""


@pytest.mark.parametrize("batch", range(4))
def test_length_is_exact_for_another_decoder(batch: int) -> None:
    chunks = random.Random(batch)
    sound = speech(2.0)
    for samples in LENGTHS[batch::4]:
        clip = clip_of(sound[: 2 * samples], chunks)
        assert clip.samples == samples
        assert length_by_libav(ogg.write(clip, {})) == 2 * samples, samples
        assert len(decode(clip.packets, clip.pre_skip, clip.samples).samples) == 2 * samples


def test_another_demuxer_finds_the_same_packets_and_tags() -> None:
    clip = encode(Pcm(speech(3), SAMPLE_RATE))
    with av.open(io.BytesIO(ogg.write(clip, {"TITLE": "你好"})), mode="r", format="ogg") as container:
        packets = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
        tags = {key.upper(): value for key, value in container.streams.audio[0].metadata.items()}
        assert container.streams.audio[0].codec_context.channels == 1
    assert packets == list(clip.packets)
    assert tags["TITLE"] == "你好"
    assert tags["SYNTHETIC"] == "1"


def test_write_and_read_are_inverse() -> None:
    clip = encode(Pcm(speech(2.345), SAMPLE_RATE))
    data = ogg.write(clip, {"TITLE": "a=b\n\0", "SYNTHETIC": "0"})
    again, tags = ogg.read(data)
    assert again == clip
    assert tags == {"TITLE": "a=b\n\0", **ogg.SYNTHETIC_TAGS}
    assert ogg.write(again, tags) == data


def test_packets_of_any_size_survive_paging() -> None:
    """Sizes around multiples of 255 decide where a length ends; 1275 bytes is Opus's largest packet."""
    sizes = [1, 2, 254, 255, 256, 509, 510, 511, 1275] * 30 + [1275] * 120
    packets = tuple(bytes([0x68]) + random.Random(size).randbytes(size - 1) for size in sizes)
    clip = Clip(packets, 312, len(packets) * 480 - 156, b"\x01\x02")
    data = ogg.write(clip, {})
    assert ogg.read(data)[0] == clip
    with av.open(io.BytesIO(data), mode="r", format="ogg") as container:
        assert [bytes(packet) for packet in container.demux(audio=0) if packet.size] == list(packets)


def test_every_damaged_byte_is_noticed() -> None:
    data = ogg.write(encode(Pcm(speech(0.3), SAMPLE_RATE)), {})
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        with pytest.raises(AudioError):
            ogg.read(bytes(damaged))


def test_every_cut_is_noticed() -> None:
    data = ogg.write(encode(Pcm(speech(1.5), SAMPLE_RATE)), {})
    for end in range(0, len(data), 7):
        with pytest.raises(AudioError):
            ogg.read(data[:end])
    with pytest.raises(AudioError, match="not_ogg"):
        ogg.read(b"ID3" + data)


def test_missing_and_swapped_pages_are_noticed() -> None:
    data = ogg.write(encode(Pcm(speech(3.5), SAMPLE_RATE)), {})
    pages = [b"OggS" + page for page in data.split(b"OggS")[1:]]
    assert len(pages) == 6
    for place in range(len(pages)):
        with pytest.raises(AudioError):
            ogg.read(b"".join(pages[:place]))
        with pytest.raises(AudioError):
            ogg.read(b"".join(pages[:place] + pages[place + 1 :]))
    with pytest.raises(AudioError, match="broken"):
        ogg.read(b"".join([*pages[:2], pages[3], pages[2], *pages[4:]]))


@pytest.mark.parametrize("name", ["", "A=B", "A\n", "Ä", "~"])
def test_tag_names_the_format_cannot_hold_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="tag"):
        ogg.write(encode(Pcm(b"", SAMPLE_RATE)), {name: "x"})


def test_lone_surrogates_in_tags_are_replaced() -> None:
    clip = encode(Pcm(b"", SAMPLE_RATE))
    assert ogg.read(ogg.write(clip, {"TITLE": "a\ud800b"}))[1]["TITLE"] == "a?b"


@pytest.mark.parametrize("limit", [9_000, 20_000, 41_000])
def test_split_parts_fit_and_add_up(limit: int) -> None:
    sound = speech(20)
    clip = encode(Pcm(sound, SAMPLE_RATE))
    tags = {"TITLE": "a book"}
    parts = ogg.split(clip, limit, tags)
    assert len(parts) > 1
    assert sum(part.samples for part in parts) == clip.samples
    assert all(len(ogg.write(part, tags)) < limit for part in parts)
    assert all(part.pre_skip == 4 * 960 for part in parts[1:])
    for part in parts:
        assert length_by_libav(ogg.write(part, tags)) == 2 * part.samples
        assert abs(len(part.waveform) / len(clip.waveform) - part.samples / clip.samples) < 0.02


def test_split_parts_joined_sound_like_the_whole() -> None:
    clip = encode(Pcm(speech(12), SAMPLE_RATE))
    parts = ogg.split(clip, 15_000)
    joined = b"".join(decode(part.packets, part.pre_skip, part.samples).samples for part in parts)
    whole = decode(clip.packets, clip.pre_skip, clip.samples).samples
    a, b = np.frombuffer(joined, "<i2").astype(float), np.frombuffer(whole, "<i2").astype(float)
    assert np.corrcoef(a, b)[0, 1] > 0.999
    # The 20 ms after each cut, where a decoder without pre-roll would still be finding its feet.
    at = 0
    for part in parts[:-1]:
        at += part.samples
        near = slice(at, at + 480)
        assert np.sqrt(np.mean((a[near] - b[near]) ** 2)) < 0.02 * 32768


def test_split_leaves_alone_what_fits() -> None:
    clip = encode(Pcm(speech(2), SAMPLE_RATE))
    assert ogg.split(clip, 1_000_000) == [clip]
    empty = encode(Pcm(b"", SAMPLE_RATE))
    assert ogg.split(empty, 1_000_000) == [empty]


def test_split_of_a_part_is_exact_too() -> None:
    clip = encode(Pcm(speech(20), SAMPLE_RATE))
    part = ogg.split(clip, 41_000)[1]
    pieces = ogg.split(part, 15_000)
    assert len(pieces) > 1
    assert sum(piece.samples for piece in pieces) == part.samples


def test_split_refuses_an_impossible_limit() -> None:
    with pytest.raises(AudioError, match="too_large"):
        ogg.split(encode(Pcm(speech(5), SAMPLE_RATE)), 1_000)
