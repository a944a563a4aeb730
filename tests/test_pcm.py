"""WAV files of every honest and dishonest kind, and the change of rate."""

import contextlib
import io
import random
import struct
import tracemalloc
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audio.pcm import Pcm, Resampler, decode_wav
from bot.errors import AudioError
from tests.at_once import resample

TONE = (np.sin(2 * np.pi * 440 * np.arange(2400) / 24_000) * 0.5).astype(np.float64)
S16 = (TONE * 32767).astype("<i2").tobytes()


def fmt(kind: int = 1, channels: int = 1, rate: int = 24_000, bits: int = 16, more: bytes = b"") -> bytes:
    frame = channels * bits // 8
    body = struct.pack("<HHIIHH", kind, channels, rate, rate * frame & 0xFFFFFFFF, frame, bits) + more
    return b"fmt " + struct.pack("<I", len(body)) + body


def riff(*chunks: bytes, size: int = 0xFFFFFFFF) -> bytes:
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + b"".join(chunks)


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(body) if size is None else size) + body


def code_of(data: bytes, **options: float) -> str:
    with pytest.raises(AudioError) as refused:
        decode_wav(data, **options)
    return refused.value.code


def test_canonical_header_as_the_standard_library_writes_it() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(24_000)
        writer.writeframes(S16)
    assert decode_wav(file.getvalue()) == Pcm(S16, 24_000)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, len(S16) + 1, len(S16) + 10_000, 100, 7])
def test_a_streamed_header_may_claim_any_size(size: int) -> None:
    assert decode_wav(riff(fmt(), chunk(b"data", S16, size), size=size)).samples == S16


def test_chunks_before_and_after_the_samples() -> None:
    around = chunk(b"LIST", b"INFOISFT\x05\0\0\0Lavf\0\0"), chunk(b"fact", b"\0\0\0\0"), chunk(b"odd ", b"123") + b"\0"
    data = riff(*around, fmt(), *around, chunk(b"data", S16), *around)
    assert decode_wav(data) == Pcm(S16, 24_000)


def test_an_empty_data_chunk_before_others_is_empty() -> None:
    assert code_of(riff(fmt(), chunk(b"data", b""), chunk(b"LIST", b"INFO"))) == "audio.empty"


@pytest.mark.parametrize(
    ("kind", "bits", "body"),
    [
        (1, 8, (TONE * 127 + 128).astype(np.uint8).tobytes()),
        (1, 16, S16),
        (1, 24, b"".join(int(value * 8_388_607).to_bytes(3, "little", signed=True) for value in TONE)),
        (1, 32, (TONE * 2_147_483_647).astype("<i4").tobytes()),
        (3, 32, TONE.astype("<f4").tobytes()),
    ],
)
@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_sample_formats_and_channels(kind: int, bits: int, body: bytes, extensible: bool, channels: int) -> None:
    more = struct.pack("<HHIH", 22, bits, 0, kind) + bytes.fromhex("000000001000800000AA00389B71")
    header = fmt(0xFFFE, channels, 48_000, bits, more) if extensible else fmt(kind, channels, 48_000, bits)
    width = bits // 8
    frames = b"".join(body[at : at + width] * channels for at in range(0, len(body), width))
    pcm = decode_wav(riff(header, chunk(b"data", frames)))
    assert pcm.rate == 48_000
    error = np.frombuffer(pcm.samples, "<i2") / 32768 - TONE
    assert np.abs(error).max() < (0.02 if bits == 8 else 0.0002)


def test_channels_are_mixed_not_dropped() -> None:
    frames = np.column_stack([np.full(100, 8000), np.full(100, -2000)]).astype("<i2").tobytes()
    assert set(np.frombuffer(decode_wav(riff(fmt(channels=2), chunk(b"data", frames))).samples, "<i2")) == {3000}


def test_floats_beyond_the_range_are_clipped_not_wrapped() -> None:
    values = np.array([2.0, -2.0, np.inf, -np.inf, np.nan, 1.0, -1.0], "<f4").tobytes()
    pcm = decode_wav(riff(fmt(3, bits=32), chunk(b"data", values)))
    assert np.frombuffer(pcm.samples, "<i2").tolist() == [32767, -32768, 32767, -32768, 0, 32767, -32768]


@pytest.mark.parametrize("extra", [1, 2, 3])
def test_the_rest_of_a_frame_is_dropped(extra: int) -> None:
    frames = b"\x10\x00\x10\x00" * 50 + b"\x7f" * extra
    assert len(decode_wav(riff(fmt(channels=2), chunk(b"data", frames, 0xFFFFFFFF))).samples) == 100


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "audio.empty"),
        (b"<html>", "audio.not_wav"),
        (b"RIFF\0\0\0\0AVI LIST", "audio.not_wav"),
        (b"RIF", "audio.not_wav"),
        (b"RIFF", "audio.broken"),
        (riff(), "audio.broken"),
        (riff(fmt()), "audio.broken"),
        (riff(fmt()[:-3]), "audio.broken"),
        (riff(chunk(b"fmt ", b"\1\0\1\0")), "audio.broken"),
        (riff(chunk(b"data", S16), fmt()), "audio.broken"),
        (riff(*[chunk(b"junk", b"")] * 100_000, fmt(), chunk(b"data", S16)), "audio.broken"),
        (riff(fmt(), chunk(b"data", b"")), "audio.empty"),
        (riff(fmt(), chunk(b"data", b"", 0xFFFFFFFF)), "audio.empty"),
        (riff(fmt(), chunk(b"data", b"\1", 0xFFFFFFFF)), "audio.empty"),
        (riff(fmt(channels=0), chunk(b"data", S16)), "audio.unsupported"),
        (riff(fmt(channels=9), chunk(b"data", S16)), "audio.unsupported"),
        (riff(fmt(rate=0), chunk(b"data", S16)), "audio.unsupported"),
        (riff(fmt(rate=0xFFFFFFFF), chunk(b"data", S16)), "audio.unsupported"),
        (riff(fmt(kind=0x55, bits=8), chunk(b"data", S16)), "audio.unsupported"),
        (riff(fmt(bits=12), chunk(b"data", S16)), "audio.unsupported"),
        (riff(fmt(bits=0), chunk(b"data", S16)), "audio.unsupported"),
    ],
    ids=range(21),
)
def test_what_cannot_be_read_is_named(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_every_truncation_of_a_file_is_an_error_or_shorter() -> None:
    data = riff(chunk(b"LIST", b"INFO"), fmt(), chunk(b"data", S16[:200]))
    start = data.index(b"data") + 8
    for end in range(len(data)):
        if end < start + 2:
            assert code_of(data[:end]) in {"audio.empty", "audio.not_wav", "audio.broken"}
        else:
            assert decode_wav(data[:end]).samples == S16[: (end - start) // 2 * 2]


def test_too_long_is_refused() -> None:
    data = riff(fmt(rate=8_000), chunk(b"data", bytes(2 * 8_001)))
    assert code_of(data, max_seconds=1.0) == "audio.too_long"
    assert decode_wav(data, max_seconds=1.1).seconds == pytest.approx(1.000125)


def test_memory_follows_the_file_not_its_claims() -> None:
    honest = chunk(b"data", bytes(8 * 4 * 200_000))
    files = [riff(fmt(channels=8, bits=32), honest), riff(fmt(), chunk(b"data", b"\0\0", 0xFFFFFFF0))]
    tracemalloc.start()
    for file in files:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        decode_wav(file)
        assert tracemalloc.get_traced_memory()[1] - before < len(file) * 0.6 + 100_000
    tracemalloc.stop()


@given(st.binary(max_size=200))
def test_no_bytes_bring_another_error(tail: bytes) -> None:
    for data in (tail, b"RIFF" + tail, riff(tail), riff(fmt(), tail), riff(fmt(), b"data" + tail)):
        with contextlib.suppress(AudioError):
            assert decode_wav(data).samples


def run(resampler: Resampler, samples: bytes, steps: random.Random) -> bytes:
    out, at = [], 0
    while at < len(samples):
        step = steps.choice((1, 2, 3, 777, 4410))
        out.append(resampler.feed(samples[at : at + step]))
        at += step
    return b"".join(out) + resampler.finish()


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_resampling_keeps_the_tone_and_the_length(rate: int) -> None:
    tone = (np.sin(2 * np.pi * 1000 * np.arange(rate) / rate) * 16_000).astype("<i2").tobytes()
    whole = resample(Pcm(tone, rate))
    assert whole.rate == 24_000
    assert abs(len(whole.samples) // 2 - 24_000) <= 1
    values = np.frombuffer(whole.samples, "<i2")[1000:23_000].astype(float)
    expected = np.sin(2 * np.pi * 1000 * np.arange(1000, 23_000) / 24_000) * 16_000
    assert np.abs(values - expected).max() < 20


def test_chunking_changes_nothing() -> None:
    noise = np.random.default_rng(3).integers(-20_000, 20_000, 11_025).astype("<i2").tobytes()
    whole = resample(Pcm(noise, 22_050)).samples
    assert run(Resampler(22_050), noise, random.Random(5)) == whole


def test_resampling_clips_instead_of_wrapping() -> None:
    square = (np.sign(np.sin(2 * np.pi * 300 * np.arange(22_050) / 22_050)) * 32_767).astype("<i2").tobytes()
    values = np.frombuffer(resample(Pcm(square, 22_050)).samples, "<i2").astype(int)
    assert values.max() == 32_767
    assert values.min() == -32_768
    # A wrapped overshoot would jump across the whole range and back within one sample.
    jumps = np.abs(np.diff(values))
    assert not np.any((jumps[:-1] > 50_000) & (jumps[1:] > 50_000))


def test_silence_stays_silence() -> None:
    assert not any(resample(Pcm(bytes(44_100), 22_050)).samples)


def test_equal_rates_pass_through_to_the_byte() -> None:
    assert run(Resampler(24_000), S16 + b"\x01", random.Random(1)) == S16
