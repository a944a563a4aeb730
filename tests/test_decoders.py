"""Programs of others read the voice messages that are delivered; each is used where it is installed."""

import asyncio
import json
import re
import shutil
from pathlib import Path

import pytest

from tests.telegram_case import Line, fixture_launch, fixture_line, fixture_server  # noqa: F401  this file's fixtures

WORDS = "The rain fell for three days.\nNobody went out, and nobody came in."


@pytest.fixture
def program(request: pytest.FixtureRequest) -> str:
    """The path of a program by its name; the test is skipped when it is not installed."""
    name = str(request.param)
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
async def delivered(line: Line, tmp_path: Path) -> tuple[Path, float]:
    """A voice message as it reached the platform, and how long it is by our own count."""
    await line.server.text(f"/say {WORDS}")
    (call,) = await line.server.wait_for("sendVoice")
    assert call.sound is not None
    assert call.sound.seconds > 2, "several pages"
    path = tmp_path / "voice.ogg"
    path.write_bytes(call.files["voice"].data)
    return path, call.sound.seconds


async def run(*command: str) -> str:
    """What a program prints; it must find nothing wrong."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    assert not re.search("warning|error|invalid", said, re.IGNORECASE), said
    return said


@pytest.mark.parametrize("program", ["opusinfo"], indirect=True)
async def test_opusinfo_finds_nothing_wrong(program: str, delivered: tuple[Path, float]) -> None:
    path, seconds = delivered
    said = await run(program, str(path))
    length = re.search(r"Playback length: (\d+)m:([\d.]+)s", said)
    assert length is not None, said
    assert int(length[1]) * 60 + float(length[2]) == pytest.approx(seconds, abs=0.002)
    assert "Channels: 1" in said


@pytest.mark.parametrize("program", ["oggz-validate"], indirect=True)
async def test_oggz_finds_nothing_wrong(program: str, delivered: tuple[Path, float]) -> None:
    await run(program, str(delivered[0]))


@pytest.mark.parametrize("program", ["ffprobe"], indirect=True)
async def test_ffprobe_finds_opus_of_that_length(program: str, delivered: tuple[Path, float]) -> None:
    path, seconds = delivered
    shown = ("-show_entries", "stream=codec_name,channels,duration", "-of", "json")
    said = await run(program, "-v", "warning", *shown, str(path))
    (stream,) = json.loads(said)["streams"]
    assert (stream["codec_name"], stream["channels"]) == ("opus", 1)
    assert float(stream["duration"]) == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize("program", ["ffmpeg"], indirect=True)
async def test_ffmpeg_decodes_every_packet(program: str, delivered: tuple[Path, float]) -> None:
    assert await run(program, "-v", "warning", "-xerror", "-i", str(delivered[0]), "-f", "null", "-") == ""
