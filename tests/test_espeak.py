"""The built-in engine, heard and measured: real worker processes, real sound."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.pcm import Pcm
from bot.errors import ErrorKind, InputError, ProviderError
from bot.model import Note, Usage, Voice, VoiceKind
from bot.speech.espeak_runs import split_runs
from bot.speech.markup import split_tags
from bot.speech.provider import Provider, SpeechRequest
from bot.speech.providers.espeak import EspeakProvider

RATE = 22_050
ENGLISH = "The quick brown fox jumps over the lazy dog, and then it goes home."
CHINESE = "今天天气很好，我们一起去公园散步吧。"
Samples = npt.NDArray[np.float64]


@pytest.fixture
async def espeak() -> AsyncIterator[EspeakProvider]:
    provider = EspeakProvider("espeak")
    yield provider
    await provider.close()


async def hear(provider: EspeakProvider, text: str, *styles: str, voice: str = "") -> Samples:
    """The whole sound, after checking the shape of the answer."""
    answer = [part async for part in provider.synthesize(SpeechRequest(text, styles, Voice(id=voice)))]
    assert answer[-1] == Usage()
    pcm = [part for part in answer[:-1] if isinstance(part, Pcm)]
    assert len(pcm) == len(answer) - 1
    assert {part.rate for part in pcm} == {RATE}
    return np.frombuffer(b"".join(part.samples for part in pcm), dtype="<i2").astype(float)


def level(sound: Samples) -> float:
    return float(np.sqrt((sound**2).mean()))


def melody(sound: Samples) -> tuple[float, float]:
    """Median pitch in hertz and the share of voiced blocks (autocorrelation above a half) among those not silent."""
    size = 882  # 40 ms
    pitches, heard = [], 0
    for start in range(0, len(sound) - size, size // 2):
        block = sound[start : start + size]
        if level(block) < 0.1 * level(sound):
            continue
        heard += 1
        block = block - block.mean()
        power = np.abs(np.fft.rfft(block, 4 * size)) ** 2
        correlation = np.fft.irfft(power)[:size]
        correlation = correlation / (correlation[0] * (1 - np.arange(size) / size))
        low, high = RATE // 400, RATE // 60
        lag = low + int(np.argmax(correlation[low:high]))
        if correlation[lag] > 0.5:
            pitches.append(RATE / lag)
    return float(np.median(pitches)) if pitches else 0.0, len(pitches) / heard


def longest_silence(sound: Samples) -> float:
    """Seconds, between the first and the last sound."""
    loud = np.nonzero(np.abs(sound) > 60)[0]
    return float(np.diff(loud).max()) / RATE


def ended(pid: int) -> bool:
    """Whether a worker of this process is dead and its exit status taken in."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


# Styles


@pytest.mark.parametrize(
    ("text", "voice"), [(ENGLISH, "en"), (ENGLISH, "en-f"), (ENGLISH, "en-gb"), (CHINESE, "zh"), (CHINESE, "zh-f")]
)
async def test_styles_can_be_measured(espeak: EspeakProvider, text: str, voice: str) -> None:
    neutral = await hear(espeak, text, voice=voice)
    pitch, voiced = melody(neutral)
    assert voiced > 0.6
    made = {
        name: await hear(espeak, text, name, voice=voice)
        for name in ("Slow down", "变快", "Happy", "悲伤", "angry", "Whisper")
    }
    assert len(made["Slow down"]) >= 1.25 * len(neutral)
    assert len(made["变快"]) <= 0.75 * len(neutral)
    assert melody(made["Happy"])[0] >= 1.15 * pitch
    assert melody(made["悲伤"])[0] <= 0.85 * pitch
    assert level(made["angry"]) >= 1.2 * level(neutral)
    assert melody(made["Whisper"])[1] < 0.15
    for sound in (neutral, *made.values()):
        assert np.abs(sound).max() < 32_000
        assert level(sound) > 800


@pytest.mark.parametrize(("text", "voice"), [(ENGLISH, "en"), (CHINESE, "zh")])
async def test_styles_combine(espeak: EspeakProvider, text: str, voice: str) -> None:
    neutral = await hear(espeak, text, voice=voice)
    both = await hear(espeak, text, "Happy", "Slow down", voice=voice)
    assert len(both) >= 1.25 * len(neutral)
    assert melody(both)[0] >= 1.15 * melody(neutral)[0]
    all_at_once = await hear(espeak, text, "Angry", "Excited", "Sharp", "Surprised", voice=voice)
    assert np.abs(all_at_once).max() < 32_700


async def test_a_female_voice_is_higher(espeak: EspeakProvider) -> None:
    for text, low, high in ((ENGLISH, "en", "en-f"), (CHINESE, "zh", "zh-f")):
        assert melody(await hear(espeak, text, voice=high))[0] > 1.5 * melody(await hear(espeak, text, voice=low))[0]


def test_styles_it_cannot_do_are_named() -> None:
    plan = EspeakProvider("espeak").plan(SpeechRequest("Hi", ("Sing", "Cantonese", "happy", "Pirate captain", "Sing")))
    assert plan.notes == tuple(
        Note("note.style_unsupported", (("style", name),)) for name in ("Sing", "Cantonese", "Pirate captain")
    )


def test_an_instruction_is_not_followed_and_says_so() -> None:
    plan = EspeakProvider("espeak").plan(SpeechRequest("Hi", instruction="Like a tired sailor."))
    assert plan.notes == (Note("note.instruction_unsupported"),)


# Voices and the plan


def test_the_plan_shows_what_is_sent() -> None:
    plan = EspeakProvider("espeak").plan(SpeechRequest("你好，world", ("Happy",), Voice(id="Mia")))
    assert plan.body == {
        "engine": "espeak-ng",
        "runs": [{"voice": "cmn+f3", "text": "你好，", "pause": True}, {"voice": "en-us+f3", "text": "world"}],
        "rate": 180,
        "pitch": 72,
        "range": 80,
        "volume": 70,
    }
    assert plan.notes == (Note("note.voice_replaced", (("voice", "Mia"), ("replacement", "en-f"))),)
    assert plan.tokens == 0


@pytest.mark.parametrize(
    ("asked", "text", "first"),
    [
        ("", "Hello", "en-us"),
        ("", "你好", "cmn"),
        ("mimo_default", "你好", "cmn"),
        ("EN-GB", "Hello", "en"),
        ("zh", "2026", "cmn"),
        ("zh", "Hello", "en-us"),
        ("冰糖", "2026", "cmn+f3"),
        ("白桦", "2026", "cmn"),
        ("Dean", "你好", "cmn"),
    ],
)
def test_who_speaks(asked: str, text: str, first: str) -> None:
    plan = EspeakProvider("espeak").plan(SpeechRequest(text, voice=Voice(id=asked)))
    assert plan.body["runs"][0]["voice"] == first
    replaced = asked in ("冰糖", "白桦", "Dean")
    assert [note.code for note in plan.notes] == (["note.voice_replaced"] if replaced else [])


def test_an_unknown_voice_is_refused_with_those_on_offer() -> None:
    with pytest.raises(InputError) as caught:
        EspeakProvider("espeak").plan(SpeechRequest("Hi", voice=Voice(id="Nobody+whisper")))
    assert caught.value.code == "voice.unknown"
    assert caught.value.facts["voices"] == ["en", "en-f", "en-gb", "en-gb-f", "zh", "zh-f"]


@pytest.mark.parametrize("kind", [VoiceKind.DESIGNED, VoiceKind.CLONED])
def test_only_presets(kind: VoiceKind) -> None:
    with pytest.raises(ProviderError) as caught:
        EspeakProvider("espeak").plan(SpeechRequest("Hi", voice=Voice(kind, description="An old man.")))
    assert caught.value.kind is ErrorKind.UNSUPPORTED


def test_a_text_over_the_limit_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        EspeakProvider("espeak").plan(SpeechRequest("x" * 2001))
    assert caught.value.code == "text.too_long"


async def test_it_is_a_provider(espeak: EspeakProvider) -> None:
    provider: Provider = espeak
    assert not provider.capabilities.metered
    assert provider.capabilities.kinds == {VoiceKind.PRESET}
    assert await provider.models() == ("espeak-ng",)
    health = await provider.health()
    assert health.ok
    assert "1.5" in health.detail


# Languages


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("你好 world 2026-11-21", [("cmn", "你好"), ("en", "world 2026-11-21")]),
        ("Hello 2026年", [("en", "Hello"), ("cmn", "2026年")]),
        ("123 你好", [("cmn", "123 你好")]),
        ("12!", [("en", "12!")]),
        ("看（see page 3）吧", [("cmn", "看"), ("en", "（see page 3）"), ("cmn", "吧")]),
        ("Привет γειά שלום", [("ru", "Привет"), ("el", "γειά"), ("he", "שלום")]),
        ("ｆｕｌｌ ｶﾞ 한국", [("en", "ｆｕｌｌ"), ("ja", "ｶﾞ"), ("ko", "한국")]),
        ("Hello [cough] there", [("en", "Hello   there")]),
    ],
)
def test_language_goes_by_script(text: str, runs: list[tuple[str, str]]) -> None:
    assert [(run.language, run.text) for run in split_runs(text, "en")] == runs


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aB你好か한Я 1.，(（[]*\n", max_size=300) | st.text(max_size=100))
def test_runs_lose_nothing(text: str) -> None:
    words = "".join(piece.text for piece in split_tags(text) if not piece.tag)
    assert "".join("".join(run.text.split()) for run in split_runs(text, "en")) == "".join(words.split())


@pytest.mark.parametrize("language", ["Привет", "Καλημέρα", "こんにちは", "안녕하세요", "مرحبا", "नमस्ते", "สวัสดี"])
async def test_other_scripts_have_a_voice_of_their_own(espeak: EspeakProvider, language: str) -> None:
    sound = await hear(espeak, language)
    assert 0.3 < len(sound) / RATE < 2  # spelled out letter by letter it would be longer
    assert level(sound) > 500


async def test_languages_are_joined_as_one_speaks(espeak: EspeakProvider) -> None:
    assert longest_silence(await hear(espeak, "你好 world 再见")) < 0.12
    assert 0.2 < longest_silence(await hear(espeak, "你好。world")) < 0.5
    alone = sum([len(await hear(espeak, text)) for text in ("你好", "world 2026-11-21")])
    assert len(await hear(espeak, "你好 world 2026-11-21")) == pytest.approx(alone, rel=0.02)


@pytest.mark.parametrize("piece", ["สวัสดีครับ", "今天天气", "안녕하세요", "note/", "7" * 10, "one two three four five "])
async def test_long_text_without_stops_is_spoken_to_its_end(espeak: EspeakProvider, piece: str) -> None:
    some, many = 4, 1200 // len(piece)
    per_piece = len(await hear(espeak, piece * some)) / some
    assert len(await hear(espeak, piece * many)) / many == pytest.approx(per_piece, rel=0.1)


# Audio tags and hostile text


@pytest.mark.parametrize(
    "text", ["[cough] Hello", "Hello (sobbing)", "*sighs* Hello", "（笑）Hello", "[whisper] Hello"]
)
async def test_audio_tags_are_not_read_out(espeak: EspeakProvider, text: str) -> None:
    assert len(await hear(espeak, text)) == pytest.approx(len(await hear(espeak, "Hello")), rel=0.02)


async def test_other_brackets_are_words(espeak: EspeakProvider) -> None:
    assert len(await hear(espeak, "Look (see page 3)")) > 1.8 * len(await hear(espeak, "Look"))


@pytest.mark.parametrize(("tag", "seconds"), [("[pause]", 0.6), ("[long pause]", 1.2), ("（停顿）", 0.6)])
async def test_pauses_are_silence(espeak: EspeakProvider, tag: str, seconds: float) -> None:
    assert longest_silence(await hear(espeak, f"Hello {tag} there")) == pytest.approx(seconds, abs=0.05)


@pytest.mark.parametrize("text", ["[cough]", "", "   "])
async def test_nothing_to_speak_is_a_short_silence(espeak: EspeakProvider, text: str) -> None:
    sound = await hear(espeak, text)
    assert len(sound) == round(0.2 * RATE)
    assert not sound.any()


async def test_text_is_never_a_command(espeak: EspeakProvider) -> None:
    hello = await hear(espeak, "hello")
    # As phonemes, as SSML and as a volume command these would be as short as "hello", or silent.
    assert len(await hear(espeak, "[[h@l'oU]]")) > 1.5 * len(hello)
    assert len(await hear(espeak, "<emphasis>hello</emphasis>")) > 1.5 * len(hello)
    assert level(await hear(espeak, "\x010A hello")) > 0.5 * level(hello)
    assert len(await hear(espeak, "hello\0 and the rest \ud800 of it")) > 2 * len(hello)


# Processes


async def test_the_first_words_of_every_worker_are_the_same_bytes() -> None:
    sounds = []
    for _ in range(2):
        provider = EspeakProvider("espeak")
        sounds.append((await hear(provider, ENGLISH)).tobytes())
        await provider.close()
    assert sounds[0] == sounds[1]


async def test_one_worker_is_kept_and_two_speak_at_once(espeak: EspeakProvider) -> None:
    assert not any(espeak.worker_pids)
    await asyncio.gather(*(hear(espeak, "Hello") for _ in range(5)))
    assert len(espeak.worker_pids) == 1
    double = EspeakProvider("espeak", processes=2)
    assert (await double.health()).detail.startswith("espeak-ng 1")
    first, second = double.synthesize(SpeechRequest(ENGLISH)), double.synthesize(SpeechRequest(CHINESE))
    assert isinstance(await anext(first), Pcm)
    assert isinstance(await anext(second), Pcm)
    assert "busy" in (await double.health()).detail
    pids = double.worker_pids
    assert len(pids) == 2
    await double.close()
    assert all(ended(pid) for pid in pids)
    with pytest.raises(ProviderError):
        [part async for part in first]


async def test_sound_comes_as_it_is_made_and_a_death_in_the_middle_is_told(espeak: EspeakProvider) -> None:
    speech = espeak.synthesize(SpeechRequest("今天天气很好。" * 280))
    first = await anext(speech)
    assert isinstance(first, Pcm)
    assert first.seconds < 0.1
    (pid,) = espeak.worker_pids
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ProviderError) as caught:
        [part async for part in speech]
    assert caught.value.kind is ErrorKind.INCOMPLETE
    assert len(await hear(espeak, "Hello")) > RATE // 4
    assert espeak.worker_pids != (pid,)


async def test_a_worker_that_died_between_requests_is_replaced(espeak: EspeakProvider) -> None:
    await hear(espeak, "Hello")
    (pid,) = espeak.worker_pids
    os.kill(pid, signal.SIGKILL)
    assert len(await hear(espeak, "Hello")) > RATE // 4
    assert espeak.worker_pids not in ((), (pid,))


READY = "import sys; w = sys.stdout.buffer; w.write(b'R\\0\\0\\0\\x011'); w.flush(); sys.stdin.readline(); "


async def test_a_hung_worker_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    program = f"import os; print(os.getpid(), file=open({str(note)!r}, 'a'), flush=True); {READY}sys.stdin.readline()"
    provider = EspeakProvider("espeak", patience=0.2, program=(sys.executable, "-c", program))
    for _ in range(2):
        with pytest.raises(ProviderError) as caught:
            await hear(provider, "Hello")
        assert caught.value.kind is ErrorKind.TIMEOUT
    await provider.close()
    first, second = (int(pid) for pid in note.read_text().split())
    assert first != second
    assert ended(first)
    assert ended(second)


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        (READY, ErrorKind.SERVER),
        (READY + "w.write(b'S\\0\\0\\0\\x0212'); w.flush()", ErrorKind.INCOMPLETE),
        (READY + "w.write(b'S\\xff\\xff\\xff\\xff'); w.flush(); sys.stdin.readline()", ErrorKind.SERVER),
        (READY + "w.write(b'?\\0\\0\\0\\0'); w.flush(); sys.stdin.readline()", ErrorKind.SERVER),
        (READY + "w.write(b'F\\0\\0\\0\\x02no'); w.flush(); sys.stdin.readline()", ErrorKind.SERVER),
        ("raise SystemExit(3)", ErrorKind.SERVER),
    ],
)
async def test_a_worker_that_misbehaves(program: str, kind: ErrorKind) -> None:
    provider = EspeakProvider("espeak", program=(sys.executable, "-c", program))
    with pytest.raises(ProviderError) as caught:
        await hear(provider, "Hello")
    assert caught.value.kind is kind
    await provider.close()
    assert provider.worker_pids == ()


async def test_no_worker_at_all() -> None:
    provider = EspeakProvider("espeak", program=("/nonexistent/python",))
    with pytest.raises(ProviderError) as caught:
        await hear(provider, "Hello")
    assert caught.value.kind is ErrorKind.SERVER
    assert not (await provider.health()).ok


async def test_a_death_before_the_first_sound_is_not_noticed(tmp_path: Path) -> None:
    mark = tmp_path / "died"
    program = (
        f"import pathlib, runpy; mark = pathlib.Path({str(mark)!r})\n"
        f"if mark.exists(): runpy.run_module('bot.speech.providers.espeak_worker', run_name='__main__')\n"
        f"mark.touch(); {READY}"
    )
    provider = EspeakProvider("espeak", program=(sys.executable, "-c", program))
    assert len(await hear(provider, "Hello")) > RATE // 4
    assert mark.exists()
    await provider.close()


async def test_whoever_leaves_early_leaves_the_place_usable(espeak: EspeakProvider) -> None:
    speech = espeak.synthesize(SpeechRequest("今天天气很好。" * 280))
    await anext(speech)
    waiting = asyncio.create_task(hear(espeak, "你好"))
    started = asyncio.create_task(hear(espeak, "Hello"))
    await asyncio.sleep(0)
    waiting.cancel()
    await speech.aclose()  # type: ignore[attr-defined]
    assert len(await started) > RATE // 4
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(espeak.worker_pids) == 1


async def test_a_cancelled_listener_leaves_the_place_usable(espeak: EspeakProvider) -> None:
    heard = asyncio.Event()

    async def listen() -> None:
        async for _ in espeak.synthesize(SpeechRequest("今天天气很好。" * 280)):
            heard.set()

    task = asyncio.create_task(listen())
    await heard.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await hear(espeak, "Hello")) < 2 * RATE


async def test_close_under_a_waiting_reader() -> None:
    provider = EspeakProvider("espeak")
    await hear(provider, "Hello")
    (pid,) = provider.worker_pids
    os.kill(pid, signal.SIGSTOP)
    task = asyncio.create_task(hear(provider, "Hello"))
    await asyncio.sleep(0)
    await provider.close()
    with pytest.raises(ProviderError):
        await task
    assert ended(pid)
    with pytest.raises(ProviderError):
        await hear(provider, "Hello")


async def test_signals_to_the_group_do_not_cut_a_worker_off(espeak: EspeakProvider) -> None:
    await hear(espeak, "Hello")
    pids = espeak.worker_pids
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pids[0], number)
    assert len(await hear(espeak, "Hello")) > RATE // 4
    assert espeak.worker_pids == pids


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="reads /proc")
async def test_the_bot_neither_loads_the_library_nor_hands_out_its_secrets(
    espeak: EspeakProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIMO_API_KEY", "sk-planted")
    await hear(espeak, "Hello")
    (pid,) = espeak.worker_pids
    files = (f"/proc/{pid}/maps", "/proc/self/maps", f"/proc/{pid}/environ")
    theirs, ours, environment = await asyncio.to_thread(lambda: [Path(file).read_bytes() for file in files])
    assert b"libespeak" in theirs
    assert b"libespeak" not in ours
    assert b"PATH=" in environment
    assert b"sk-planted" not in environment


BOT = """
import asyncio, sys
from bot.speech.provider import SpeechRequest
from bot.speech.providers.espeak import EspeakProvider

async def main():
    provider = EspeakProvider("espeak")
    speech = provider.synthesize(SpeechRequest(sys.argv[1]))
    await anext(speech)
    print(*provider.worker_pids, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="watches a process that is not its child")
@pytest.mark.parametrize("sentences", [1, 280], ids=["waiting for a request", "in the middle of one"])
def test_no_worker_outlives_a_bot_that_is_killed(sentences: int) -> None:
    program = [sys.executable, "-c", BOT, "今天天气很好。" * sentences]
    with subprocess.Popen(program, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]) as bot:
        assert bot.stdout is not None
        pid = int(bot.stdout.readline())
        worker = os.pidfd_open(pid)
        bot.kill()
        bot.wait()
    assert select.select([worker], [], [], 10)[0]
    os.close(worker)
