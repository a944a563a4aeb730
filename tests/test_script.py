"""What leaves for the service: exactly the tags we added plus the audio tags allowed, whatever a person wrote."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import SpeechConfig
from bot.errors import InputError
from bot.model import Utterance, Voice, VoiceKind
from bot.providers.base import SpeechRequest
from bot.providers.mimo import MimoProvider, MimoSettings
from bot.speech.synthesis import Script, speakable_text
from bot.text.markup import OPENING
from bot.texts import of_error
from tests.at_once import script_of

_SETTINGS = MimoSettings(api_key="sk-test")
_PARTS = st.sampled_from(
    ["<style>", "</style>", "< style >", "＜style＞", "&lt;style&gt;", "<sty", "le>", "\u200b", "<", ">",
     "(Happy)", "（开心）",     "[cough]", "[唱歌]", "(sing)",
     "【悲伤】", "*sighs*", "hello", "你好", " ", ". ", "\n", "…", "(", ")", "[", "]",
     "(see page 3)", "🔥"]
)  # fmt: skip
_TEXTS = st.lists(_PARTS, max_size=25).map("".join) | st.text(max_size=80)
_STYLES = st.lists(
    st.sampled_from(["Whisper", "Happy", "开心", "Slow down", "my own style", "<style>x", "(evil)", "]["]), max_size=3
)


def _script(text: str, styles: tuple[str, ...] = (), *, live: bool = False, **more: object) -> Script | None:
    utterance = Utterance(text, "k", styles=styles, **more)  # type: ignore[arg-type]
    try:
        return script_of(utterance, short=live)
    except InputError:
        return None


def _spoken(model: str, script: Script) -> list[tuple[SpeechRequest, str]]:
    """Each request and its assistant message."""
    provider = MimoProvider("mimo", MimoSettings(api_key="sk-test", model=model))
    pairs = []
    for segment in script.segments:
        request = script.request(segment)
        try:
            body = provider.plan(request).body
        except InputError:
            continue
        message = body["messages"][-1]
        assert message["role"] == "assistant"
        pairs.append((request, message["content"]))
    return pairs


def _squeezed(text: str) -> str:
    """Without what a dialect may add or respell: an ellipsis, blanks, and which signs stand around a tag."""
    spelled = re.sub(r"\*([^*\n]{1,32})\*", r"[\1]", text.replace("…", ""))
    return "".join(spelled.translate(str.maketrans("(（【)）】", "[[[]]]")).split())


@given(_TEXTS, _STYLES.map(tuple), st.booleans())
def test_v25_gets_one_leading_tag_of_ours_and_the_person_s_text(text: str, styles: tuple[str, ...], live: bool) -> None:
    script = _script(text, styles, live=live)
    if script is None:
        return
    for request, content in _spoken("mimo-v2.5-tts", script):
        ours, theirs = "", content
        if script.manner.styles:
            match = re.match(r"\(([^()\[\]（）【】]*)\)", content)
            assert match is not None, "the style stands first on every segment"
            ours, theirs = match[0], content[match.end() :]
        assert theirs[:1] not in OPENING or not theirs, "a person's bracket must not stand in the style position"
        assert _squeezed(theirs) == _squeezed(request.text)
        assert "<style" not in _squeezed(content).casefold()
        assert not set("<>") & set(ours)


@given(_TEXTS, _STYLES.map(tuple))
def test_v2_gets_one_style_element_of_ours_and_no_other(text: str, styles: tuple[str, ...]) -> None:
    script = _script(text, styles)
    if script is None:
        return
    for request, content in _spoken("mimo-v2-tts", script):
        opened = [match.start() for match in re.finditer(r"<\s*style", content, re.IGNORECASE)]
        assert opened == ([0] if script.manner.styles else [])
        theirs = re.sub(r"^<style>[^<>]*</style>", "", content)
        assert "style>" not in theirs.casefold()
        assert _squeezed(theirs) == _squeezed(request.text)


@given(_TEXTS)
def test_a_designed_voice_gets_no_tag_at_all(text: str) -> None:
    script = _script(text, ("Whisper",), voice=Voice(VoiceKind.DESIGNED, description="an old sailor <style>x</style>"))
    if script is None:
        return
    provider = MimoProvider("mimo", _SETTINGS)
    for segment in script.segments:
        try:
            body = provider.plan(script.request(segment)).body
        except InputError:
            continue
        sent = json.dumps(body, ensure_ascii=False)
        assert "<style" not in sent
        assert body["messages"][0]["content"].startswith("an old sailor")
        assert "(Whisper)" not in body["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("model", "text", "styles", "content"),
    [
        ("mimo-v2.5-tts", "Hello", ("Whisper",), "(Whisper)Hello"),
        ("mimo-v2.5-tts", "你好", ("Whisper",), "(悄悄话)你好"),
        ("mimo-v2.5-tts", "Hello", ("Happy", "Slow down"), "(Happy Slow down)Hello"),
        ("mimo-v2.5-tts", "Hello", ("like a robot",), "(like a robot)Hello"),
        ("mimo-v2.5-tts", "la la la", ("Happy", "singing"), "(sing)la la la"),
        ("mimo-v2.5-tts", "啦啦啦", ("sing",), "(唱歌)啦啦啦"),
        ("mimo-v2.5-tts", "(sobbing) I am sad", (), "…(sobbing) I am sad"),
        ("mimo-v2.5-tts", "（笑）好", ("开心",), "(开心)…（笑）好"),
        ("mimo-v2.5-tts", "I am [cough] ill", (), "I am [cough] ill"),
        ("mimo-v2-tts", "Hello", ("Happy", "Slow down"), "<style>Happy Slow down</style>Hello"),
        ("mimo-v2-tts", "(sobbing) I am sad", (), "(sobbing) I am sad"),
    ],
)
def test_what_is_sent(model: str, text: str, styles: tuple[str, ...], content: str) -> None:
    script = _script(text, styles)
    assert script is not None
    assert [sent for _, sent in _spoken(model, script)] == [content]


def test_what_a_person_can_set_is_bounded() -> None:
    script = _script("hello", tuple(f"style {'x' * 100} {n}" for n in range(50)), instruction="y" * 2000)
    assert script is not None
    assert len(script.manner.styles) <= 6
    assert all(len(style) <= 48 for style in script.manner.styles)
    assert len(script.manner.instruction) == 2000
    assert _script("hello", instruction="y" * 2001) is None


@pytest.mark.parametrize(
    ("text", "minutes"), [("9" * 1500, 13.9), ("9 " * 1500, 13.9), ("1234567890," * 120, 11.1), ("说" * 3000, 11.1)]
)
def test_what_would_take_too_long_to_speak_is_refused_with_its_length(text: str, minutes: float) -> None:
    with pytest.raises(InputError, match=r"text\.too_long_spoken") as caught:
        speakable_text(text, SpeechConfig())
    assert caught.value.facts == {"minutes": minutes, "limit": 10.0}
    assert f"{minutes} minutes" in of_error(caught.value, "en")
    assert len(speakable_text(text, SpeechConfig(longest_seconds=1200))) >= len(text.strip())


@pytest.mark.parametrize("text", ["word " * 700, "说" * 2500, "9" * 900, "In 2024 we had 1,000,000 people. " * 50])
def test_what_is_long_but_not_too_long_is_spoken(text: str) -> None:
    assert speakable_text(text, SpeechConfig())
