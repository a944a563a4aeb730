"""The built-in engine, heard and measured: styles, voices, languages, hostile text."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.loudness import MOST_PEAK, TARGET, loudness, true_peak
from bot.errors import ErrorKind, InputError, ProviderError
from bot.model import Note, Voice, VoiceKind
from bot.providers.base import Provider, SpeechRequest
from bot.providers.builtin.espeak import EspeakProvider
from bot.providers.builtin.runs import split_runs
from bot.providers.builtin.styles import _CHANGES
from bot.text.markup import split_tags
from tests.espeak_hearing import CHINESE, ENGLISH, RATE, hear, level, longest_silence, melody


@pytest.fixture
async def espeak() -> AsyncIterator[EspeakProvider]:
    provider = EspeakProvider("espeak")
    yield provider
    await provider.close()


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


@pytest.mark.parametrize(("text", "voice"), [(ENGLISH, "en"), (ENGLISH, "en-f"), (CHINESE, "zh"), (CHINESE, "zh-f")])
async def test_every_style_has_the_loudness_of_all_voices(espeak: EspeakProvider, text: str, voice: str) -> None:
    for style in ("", *(key for key in _CHANGES if key not in ("whisper", "angry"))):
        sound = (await hear(espeak, text, *([style] if style else []), voice=voice)).astype(np.float32) / np.float32(
            32_768
        )
        assert loudness(sound, RATE) == pytest.approx(TARGET, abs=1.5), style
        assert true_peak(sound) < MOST_PEAK, style


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
        ("dean", "你好", "cmn"),
    ],
)
def test_who_speaks(asked: str, text: str, first: str) -> None:
    plan = EspeakProvider("espeak").plan(SpeechRequest(text, voice=Voice(id=asked)))
    assert plan.body["runs"][0]["voice"] == first
    replaced = asked in ("冰糖", "白桦", "Dean", "dean")
    assert [note.code for note in plan.notes] == (["note.voice_replaced"] if replaced else [])


def test_an_unknown_voice_is_refused_with_those_on_offer() -> None:
    with pytest.raises(InputError) as caught:
        EspeakProvider("espeak").plan(SpeechRequest("Hi", voice=Voice(id="Nobody+whisper")))
    assert caught.value.code == "voice.unknown"
    voices = caught.value.facts["voices"]
    assert isinstance(voices, list)
    assert voices[:6] == ["en", "en-f", "en-gb", "en-gb-f", "zh", "zh-f"]
    assert "Mia" in voices, "somebody stands in for those of MiMo"


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


def test_tags_that_are_left_out_are_told_and_pauses_are_none(espeak: EspeakProvider) -> None:
    notes = espeak.plan(SpeechRequest("Well [laughs] [pause] yes (叹气)[laughs].")).notes
    assert notes == (Note("note.tags_dropped", (("tags", "[laughs] (叹气)"),)),)
    assert espeak.plan(SpeechRequest("Well [pause] yes.")).notes == ()


@pytest.mark.parametrize("text", ["[cough]", "", "   "])
async def test_nothing_to_speak_is_told_and_not_tried_again(espeak: EspeakProvider, text: str) -> None:
    with pytest.raises(ProviderError) as failed:
        await hear(espeak, text)
    assert (failed.value.kind, failed.value.retryable) == (ErrorKind.UNSUPPORTED, False)


async def test_text_is_never_a_command(espeak: EspeakProvider) -> None:
    hello = await hear(espeak, "hello")
    # As phonemes, as SSML and as a volume command these would be as short as "hello", or silent.
    assert len(await hear(espeak, "[[h@l'oU]]")) > 1.5 * len(hello)
    assert len(await hear(espeak, "<emphasis>hello</emphasis>")) > 1.5 * len(hello)
    assert level(await hear(espeak, "\x010A hello")) > 0.5 * level(hello)
    assert len(await hear(espeak, "hello\0 and the rest \ud800 of it")) > 2 * len(hello)
