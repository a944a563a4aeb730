"""The encoder: exact lengths for any chunking, packets that fit both front ends, sound that is still the sound."""

import random

import numpy as np
import pytest

from bot.audio.opus import ClipEncoder, OpusStream, decode
from bot.audio.pcm import Pcm
from bot.errors import AudioError
from tests.at_once import encode

NOISE = np.random.default_rng(7)


def chirp(samples: int) -> bytes:
    time = np.arange(samples) / 24_000
    return bytes((np.sin(2 * np.pi * (200 + 300 * time) * time) * 12_000).astype("<i2"))


def feed_in_pieces(stream: OpusStream, sound: bytes, steps: random.Random) -> list[bytes]:
    packets: list[bytes] = []
    at = 0
    while at < len(sound):
        step = steps.choice((1, 2, 7, 959, 960, 961, 4800, 9601))
        packets += stream.feed(sound[at : at + step])
        at += step
    return packets + stream.finish()


@pytest.mark.parametrize("residue", range(0, 480, 13))
def test_every_sample_fed_can_be_decoded(residue: int) -> None:
    for blocks in (0, 1, 4):
        samples = 480 * blocks + residue
        stream = OpusStream()
        packets = feed_in_pieces(stream, chirp(samples), random.Random(residue))
        assert stream.samples == samples
        pcm = decode(packets, stream.pre_skip, samples)
        assert len(pcm.samples) == 2 * samples
        # No packet more than the look-ahead needs.
        assert len(packets) == max(1, -(-(2 * samples + stream.pre_skip) // 960))


def test_chunking_does_not_change_a_byte() -> None:
    sound = chirp(30_000)
    whole = OpusStream()
    expected = whole.feed(sound) + whole.finish()
    for seed in range(5):
        assert feed_in_pieces(OpusStream(), sound, random.Random(seed)) == expected


def test_a_packet_comes_as_soon_as_20_ms_are_there() -> None:
    stream = OpusStream()
    sound = chirp(960)
    assert stream.feed(sound[:959]) == []
    assert len(stream.feed(sound[959:960])) == 1
    assert len(stream.feed(sound[960:])) == 1


def test_packets_are_20_ms_mono_one_frame() -> None:
    """The byte at the front (RFC 6716, 3.1): five bits of configuration, one for stereo, two for the frame count."""
    lengths = {0: 10, 1: 20, 2: 40, 3: 60}
    for packet in encode(Pcm(chirp(48_000), 24_000)).packets:
        configuration, stereo, code = packet[0] >> 3, packet[0] >> 2 & 1, packet[0] & 3
        if configuration < 12:
            assert lengths[configuration & 3] == 20
        elif configuration < 16:
            assert (10, 20)[configuration & 1] == 20
        else:
            assert (2.5, 5, 10, 20)[configuration & 3] == 20
        assert (stereo, code) == (0, 0)


def test_the_sound_is_still_the_sound() -> None:
    sound = chirp(48_000)
    clip = encode(Pcm(sound, 24_000))
    a = np.frombuffer(sound, "<i2").astype(float)
    b = np.frombuffer(decode(clip.packets, clip.pre_skip, clip.samples).samples, "<i2").astype(float)
    lags = [np.corrcoef(a[100:-100], b[100 + lag : len(b) - 100 + lag])[0, 1] for lag in range(-4, 5)]
    assert max(lags) > 0.97
    assert abs(int(np.argmax(lags)) - 4) <= 1


def test_bitrate_is_followed() -> None:
    rng = np.random.default_rng(5)
    sound = Pcm(bytes((rng.normal(0, 3000, 72_000)).astype("<i2")), 24_000)
    small, large = (sum(map(len, encode(sound, bitrate).packets)) for bitrate in (16_000, 48_000))
    assert 0.7 < small * 8 / 3 / 16_000 < 1.3
    assert 0.7 < large * 8 / 3 / 48_000 < 1.3


def test_two_streams_do_not_disturb_each_other() -> None:
    one, two, alone = OpusStream(), OpusStream(), OpusStream()
    sound, other = chirp(9600), bytes(NOISE.integers(-9000, 9000, 9600).astype("<i2"))
    mixed: list[bytes] = []
    for at in range(0, len(sound), 960):
        mixed += one.feed(sound[at : at + 960])
        two.feed(other[at : at + 960])
    assert mixed == alone.feed(sound)


def test_decode_refuses_what_is_not_opus_or_too_short() -> None:
    clip = encode(Pcm(chirp(4800), 24_000))
    with pytest.raises(AudioError, match="broken"):
        decode(clip.packets[:3], clip.pre_skip, clip.samples)
    with pytest.raises(AudioError, match="broken"):
        decode([b"\xff\xff\xff\xff"] * 9, 312, 100)
    with pytest.raises(AudioError, match="broken"):
        decode([], 0, 1)


def test_slices_are_the_feed_in_short_turns() -> None:
    sound = chirp(24_000)
    whole, sliced = ClipEncoder(), ClipEncoder()
    packets = whole.feed(sound)
    turns = list(sliced.slices(sound[:10_001])) + list(sliced.slices(sound[10_001:]))
    assert len(turns[0]) == 1
    assert max(map(len, turns)) <= 5
    assert [packet for turn in turns for packet in turn] == packets
    assert whole.finish() == sliced.finish()


def test_a_clip_has_all_packets_and_its_length() -> None:
    encoder = ClipEncoder()
    first = encoder.feed(chirp(12_000))
    last, clip = encoder.finish()
    assert clip.packets == tuple(first + last)
    assert clip.seconds == 0.5
    assert len(clip.waveform) == 5


def test_encode_resamples_other_rates() -> None:
    clip = encode(Pcm(chirp(22_050), 22_050))
    assert clip.samples == 24_000
