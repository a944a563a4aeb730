"""Clone samples: real recordings pass, everything else is refused inside its limits."""

import asyncio
import io
import itertools
import json
import re
import resource
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from bot.audio import reference, sample_child
from bot.audio.reference import MAX_BASE64, MAX_BYTES, check_sample, load_sample
from bot.errors import BusyError, InputError


def recording(seconds: float, form: str, codec: str, *, rate: int = 24_000, loud: float = 0.3) -> bytes:
    """A tone as a file, made by the real encoder."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        layout = stream.format.name
        for start in itertools.count(0, rate):
            count = min(rate, round(seconds * rate) - start)
            if count <= 0:
                break
            wave = np.sin(2 * np.pi * 220 * (start + np.arange(count)) / rate) * loud
            ints = (wave * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(ints.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate = rate
            for ready in av.AudioResampler(format=layout, layout="mono", rate=rate).resample(frame):
                container.mux(stream.encode(ready))
        container.mux(stream.encode(None))
    return file.getvalue()


def code_of(data: bytes) -> str:
    with pytest.raises(InputError) as refused:
        asyncio.run(check_sample(data))
    return refused.value.code


@pytest.mark.parametrize(
    ("form", "codec", "media_type"),
    [
        ("mp3", "libmp3lame", "audio/mpeg"),
        ("wav", "pcm_s16le", "audio/wav"),
        ("wav", "pcm_f32le", "audio/wav"),
        ("wav", "pcm_s24le", "audio/wav"),
    ],
)
async def test_a_recording_passes(form: str, codec: str, media_type: str) -> None:
    data = recording(3.0, form, codec)
    sample = await check_sample(data)
    assert sample.data == data
    assert sample.media_type == media_type


async def test_an_mp3_without_a_tag_passes() -> None:
    tagged = recording(2.0, "mp3", "libmp3lame")
    bare = tagged[re.search(rb"\xff[\xf2\xf3\xfa\xfb]", tagged).start() :]  # type: ignore[union-attr]
    assert bare[:3] != b"ID3"
    assert (await check_sample(bare)).media_type == "audio/mpeg"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        b"hello, I am a text",
        b"ID3 but then a text " * 100,
        b"\xff\xfb" + b"\x00" * 5000,
        b"\xff\xf1" + b"\x50" * 5000,
        b"RIFF\xff\xff\xff\xffWAVE" + b"\xff" * 5000,
        b"#EXTM3U\nfile:///etc/passwd\n",
        b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00",
    ],
    ids=range(9),
)
def test_what_is_no_sound_is_refused(data: bytes) -> None:
    assert code_of(data) == "sample.not_audio"


def test_other_containers_are_refused() -> None:
    assert code_of(recording(2.0, "flac", "flac")) == "sample.not_audio"
    with pytest.raises(InputError, match="not_audio"):  # before any process is started
        load_sample(recording(2.0, "adts", "aac"))


def test_another_codec_inside_wav_is_refused() -> None:
    assert code_of(recording(2.0, "wav", "adpcm_ima_wav")) == "sample.not_audio"


def test_length_limits() -> None:
    assert code_of(recording(0.5, "wav", "pcm_s16le")) == "sample.too_short"
    assert code_of(recording(61.0, "wav", "pcm_s16le")) == "sample.too_long"


def test_base64_length_counts() -> None:
    head = recording(1.0, "wav", "pcm_s16le")
    assert len(load_sample(head.ljust(MAX_BYTES, b"\0")).data) == MAX_BYTES
    with pytest.raises(InputError) as refused:
        load_sample(head.ljust(MAX_BYTES + 1, b"\0"))
    assert refused.value.code == "sample.too_large"
    assert refused.value.facts == {"limit": MAX_BYTES}
    assert -(-MAX_BYTES // 3) * 4 <= MAX_BASE64 < -(-(MAX_BYTES + 1) // 3) * 4


async def test_hours_of_silence_stay_within_limits() -> None:
    """A mp3 frame of silence repeated: two hours in a few megabytes. Decoded whole it would be 600 MB of samples."""
    short = recording(10.0, "mp3", "libmp3lame", rate=48_000, loud=0.0)
    frames = short[re.search(rb"\xff[\xfa\xfb]", short).start() :]  # type: ignore[union-attr]
    hostile = (frames * (MAX_BYTES // len(frames)))[:MAX_BYTES]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(InputError) as refused:
        await check_sample(hostile)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert refused.value.code == "sample.too_long"
    assert after.ru_utime - before.ru_utime < sample_child._CPU
    # KiB of the largest child ever, which may be another test's; so it is ours only if it grew.
    assert after.ru_maxrss == before.ru_maxrss or after.ru_maxrss < 300 << 10


def test_a_hostile_flac_named_wav_is_refused_unread() -> None:
    flac = recording(600.0, "flac", "flac", rate=8_000, loud=0.0)
    assert code_of(flac) == "sample.not_audio"
    assert code_of(b"RIFF\0\0\0\0WAVE" + flac) == "sample.not_audio"


def limited(statement: str) -> subprocess.CompletedProcess[bytes]:
    """A statement run under the child's limits."""
    script = f"import runpy; runpy.run_path({sample_child.__file__!r})['limit_resources'](); {statement}"
    return subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, timeout=60, check=False)


def test_the_child_cannot_take_memory_or_write_files(tmp_path: Path) -> None:
    assert b"MemoryError" in limited("bytearray(1 << 30)").stderr
    assert limited(f"open({str(tmp_path / 'x')!r}, 'wb').write(b'x' * 10_000)").returncode != 0
    assert limited("bytearray(1 << 20)").returncode == 0


def test_the_child_stops_counting_past_the_limit() -> None:
    data = recording(30.0, "wav", "pcm_s16le")
    assert 5.0 < sample_child.measure(data, "wav", 5.0) < 7.0
    assert sample_child.measure(data, "wav", 60.0) == pytest.approx(30.0)


def test_the_child_does_not_inherit_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MIMO_API_KEY", "sk-planted")
    spy = tmp_path / "spy.py"
    spy.write_text("import json, os, sys\nsys.stdin.buffer.read()\nprint(json.dumps({'seconds': 2.0 + len("
                   "[v for v in os.environ.values() if 'planted' in v])}))\n")  # fmt: skip
    monkeypatch.setattr(reference, "_CHILD", spy)
    monkeypatch.setattr(reference, "LONGEST", 2.5)
    assert asyncio.run(check_sample(b"ID3 anything")).media_type == "audio/mpeg"


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    spy = tmp_path / "spy.py"
    spy.write_text(f"import os, signal\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\nsignal.pause()\n")
    monkeypatch.setattr(reference, "_CHILD", spy)
    monkeypatch.setattr(reference, "_PATIENCE", 0.5)
    with pytest.raises(BusyError, match=r"sample\.busy"):
        asyncio.run(check_sample(b"ID3 anything"))
    if pid_file.exists() and pid_file.read_text():
        assert not Path(f"/proc/{pid_file.read_text()}").exists()


async def test_many_at_once_all_get_an_answer() -> None:
    data = recording(1.5, "wav", "pcm_s16le")
    samples = await asyncio.gather(*(check_sample(data) for _ in range(5)))
    assert len(samples) == 5


def test_the_child_prints_its_answer() -> None:
    data = recording(2.0, "wav", "pcm_s16le")
    done = subprocess.run(
        [sys.executable, "-I", sample_child.__file__, "wav", "60"], input=data, capture_output=True, check=True
    )
    assert json.loads(done.stdout)["seconds"] == pytest.approx(2.0)
