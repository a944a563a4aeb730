"""What is written to each family of MiMo models."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InputError
from bot.model import Note, Voice, VoiceKind
from bot.providers.base import SpeechRequest
from bot.providers.mimo.dialect import (
    V2,
    V25,
    V25_CLONE,
    V25_DESIGN,
    Dialect,
    dialect_of,
    opens_with_bracket,
    voice_id,
    word,
)
from bot.text.markup import split_tags, without_tags

DESIGNED = Voice(VoiceKind.DESIGNED, description="An old sailor, hoarse, slow.")


def said(dialect: Dialect, text: str, *styles: str, instruction: str = "") -> str:
    voice = DESIGNED if dialect is V25_DESIGN else Voice()
    return word(dialect, SpeechRequest(text, styles, voice, instruction)).assistant


@pytest.mark.parametrize(
    ("model", "dialect"),
    [
        ("mimo-v2-tts", V2),
        ("MiMo-V2-TTS-preview", V2),
        ("mimo-v2.5-tts", V25),
        ("mimo-v2.5-tts-voicedesign", V25_DESIGN),
        ("vendor/mimo-v2.5-tts-voiceclone", V25_CLONE),
        ("mimo-v3-tts", V25),
        ("speech-of-tomorrow", V25),
    ],
)
def test_a_model_id_names_its_dialect(model: str, dialect: Dialect) -> None:
    assert dialect_of(model) is dialect


def test_styles_stand_where_each_dialect_reads_them() -> None:
    assert said(V2, "Hello there", "Happy", "Slow down") == "<style>Happy Slow down</style>Hello there"
    assert said(V25, "Hello there", "Happy", "Slow down") == "(Happy Slow down)Hello there"
    assert said(V25_CLONE, "Hello there", "Happy") == "(Happy)Hello there"
    assert said(V25_DESIGN, "Hello there", "Happy") == "Hello there"
    wording = word(V25_DESIGN, SpeechRequest("Hello there", ("Happy", "Slow down"), DESIGNED, "Warmly."))
    assert wording.user == "An old sailor, hoarse, slow.\nStyle: Happy, Slow down.\nWarmly."


def test_style_names_follow_the_language_of_the_text() -> None:
    assert said(V25, "明天就是周五了", "happy", "Slow down") == "(开心 变慢)明天就是周五了"
    assert said(V25, "Tomorrow is Friday", "开心") == "(Happy)Tomorrow is Friday"
    assert said(V25, "明天就是周五了", "like a pirate") == "(like a pirate)明天就是周五了"
    assert "风格：开心。" in word(V25_DESIGN, SpeechRequest("明天就是周五了", ("Happy",), DESIGNED)).user


def test_the_same_style_twice_is_written_once() -> None:
    assert said(V25, "Hello", "Happy", "开心", "joyful") == "(Happy)Hello"


@pytest.mark.parametrize("name", ["唱歌", "sing", "Singing", "SING"])
def test_singing_is_the_only_tag_and_says_what_it_drops(name: str) -> None:
    wording = word(V25, SpeechRequest("啦啦啦，今天天气真好", ("Happy", name, "Slow down")))
    assert wording.assistant == "(唱歌)啦啦啦，今天天气真好"
    assert wording.notes == (Note("note.singing_alone", (("dropped", "Happy, Slow down"),)),)
    assert said(V2, "la la la", name) == "<style>sing</style>la la la"


@pytest.mark.parametrize("dialect", [V25_DESIGN, V25_CLONE])
def test_models_that_cannot_sing_say_so_and_keep_the_rest(dialect: Dialect) -> None:
    voice = DESIGNED if dialect is V25_DESIGN else Voice(VoiceKind.CLONED)
    wording = word(dialect, SpeechRequest("la la la", ("Sing", "Happy"), voice))
    assert wording.notes == (Note("note.style_unsupported", (("style", "Sing"),)),)
    assert "sing" not in (wording.assistant + wording.user).lower()
    assert "Happy" in wording.assistant + wording.user


def test_a_style_name_cannot_leave_its_brackets() -> None:
    assert said(V25, "Hello", "Happy)(Angry", "<style>") == "(Happy Angry style)Hello"
    assert said(V2, "Hello", "x</style>y") == "<style>x /style y</style>Hello"
    assert said(V25, "Hello", "()") == "Hello"


@pytest.mark.parametrize(
    "bracket", ["(angry)", "（生气）", "[angry]", "【angry】", "(who knows)", "［angry］", "{angry}"]
)
def test_a_bracket_at_the_start_is_no_style_of_ours(bracket: str) -> None:
    for dialect in (V25, V25_CLONE):
        assert said(dialect, f"{bracket} Hello").startswith("…")
        assert said(dialect, f" \n{bracket} Hello", "Happy").startswith("(Happy)…")
    assert said(V2, f"{bracket} Hello")[0] not in "…<"


def test_audio_tags_are_written_in_the_signs_the_model_knows() -> None:
    text = "Well [cough] so (sobbing) and *long sigh* then （咳嗽） or 【laughs】 done"
    assert said(V2, text) == "Well [cough] so (sobbing) and *long sigh* then (咳嗽) or [laughs] done"
    assert said(V25, text) == "Well [cough] so (sobbing) and (long sigh) then （咳嗽） or [laughs] done"
    wording = word(V25_DESIGN, SpeechRequest("Well [cough] so.", (), DESIGNED))
    assert wording.assistant == "Well so."
    assert wording.notes == (Note("note.tags_dropped", (("tags", "[cough]"),)),)


@pytest.mark.parametrize("text", ["", "   \n", "[cough]", " (sobbing) [laughs] ", "…!?"])
@pytest.mark.parametrize("dialect", [V2, V25, V25_CLONE, V25_DESIGN])
def test_nothing_to_speak_is_refused(dialect: Dialect, text: str) -> None:
    with pytest.raises(InputError, match=r"text\.empty"):
        said(dialect, text)


def test_too_much_is_refused_with_the_limit() -> None:
    assert said(V25, "a" * 2000)
    with pytest.raises(InputError) as text:
        said(V25, "a" * 2001)
    assert (text.value.code, text.value.facts["limit"]) == ("text.too_long", 2000)
    with pytest.raises(InputError, match=r"instruction\.too_long"):
        said(V25, "a", instruction="b" * 2001)
    with pytest.raises(InputError, match=r"voice\.description_too_long"):
        word(V25_DESIGN, SpeechRequest("a", (), Voice(VoiceKind.DESIGNED, description="c" * 2001)))
    with pytest.raises(InputError, match=r"voice\.no_description"):
        word(V25_DESIGN, SpeechRequest("a", (), Voice(VoiceKind.DESIGNED, description="  ")))


@pytest.mark.parametrize(
    ("dialect", "wanted", "text", "sent"),
    [
        (V25, "", "Hello", "Mia"),
        (V25, "", "你好", "冰糖"),
        (V25, "default_zh", "Hello", "冰糖"),
        (V25, "default_en", "你好", "Mia"),
        (V25, "chloe", "Hello", "Chloe"),
        (V25, "mimo_default", "Hello", "mimo_default"),
        (V25, "Emma", "Hello", "Emma"),
        (V2, "", "你好", "mimo_default"),
        (V2, "default_zh", "你好", "default_zh"),
    ],
)
def test_the_voice_that_is_asked_for(dialect: Dialect, wanted: str, text: str, sent: str) -> None:
    assert voice_id(dialect, SpeechRequest(text, voice=Voice(id=wanted))) == (sent, ())


@given(
    st.text(alphabet="ab你好 .!([（【)]）】*coughhappy…<>", min_size=1, max_size=60),
    st.lists(st.text(alphabet="ab开心 ()[]<>（）", max_size=8), max_size=3),
)
def test_a_guarded_message_holds_one_style_of_ours_and_the_persons_tags(text: str, styles: list[str]) -> None:
    try:
        bare = word(V25, SpeechRequest(text)).assistant
        styled = word(V25, SpeechRequest(text, tuple(styles))).assistant
    except InputError:
        return
    assert not opens_with_bracket(bare)
    assert styled.endswith(bare)
    ours = styled.removesuffix(bare)
    assert ours == "" or (ours[0] + ours[-1] == "()" and not set("()[]<>（）") & set(ours[1:-1]))
    kept = [piece.name for piece in split_tags(text) if piece.tag]
    assert [piece.name for piece in split_tags(bare) if piece.tag] == kept
    assert without_tags(bare).replace("…", "").split() == without_tags(text).replace("…", "").split()
