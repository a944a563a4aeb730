"""The catalogue and its search; the grammar of typed commands; the language of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Voice, VoiceKind
from bot.text.language import language_of
from bot.text.markup import TypedCommand, parse
from bot.text.styles import CATALOGUE, StyleType, find, search
from bot.text.styles import parse as parse_styles


def test_every_shelf_has_styles_in_both_languages() -> None:
    assert {style.type for style in CATALOGUE} == set(StyleType)
    assert all(style.en and style.zh for style in CATALOGUE)


def test_no_name_means_two_styles() -> None:
    for style in CATALOGUE:
        for name in (style.en, style.zh, style.key, *style.also):
            assert find(name) is style, name


@pytest.mark.parametrize("name", ["Whisper", "whisper", " WHISPER ", "悄悄话", "ｗhisper"])
def test_a_name_is_found_however_it_is_written(name: str) -> None:
    style = find(name)
    assert style is not None
    assert style.key == "whisper"


@pytest.mark.parametrize(
    ("typed", "first"),
    [("whsiper", "whisper"), ("hapy", "happy"), ("slow", "slow_down"), ("东北", "northeastern_dialect"), ("唱", "sing"),
     ("cantonse", "cantonese"), ("sich", "sichuan_dialect")],
)  # fmt: skip
def test_search_forgives_typing(typed: str, first: str) -> None:
    assert search(typed)[0].key == first


def test_search_is_bounded_and_shows_all_for_nothing() -> None:
    assert len(search("", 25)) == 25
    assert search("qqqqqqqq") == ()


@given(st.text(max_size=200))
def test_search_never_breaks(typed: str) -> None:
    assert len(search(typed)) <= 25


@pytest.mark.parametrize("typed", ["Happy, Slow down", "Happy，Slow down", "Happy、Slow down;", " Happy ,, Slow down "])
def test_several_styles_in_one_field(typed: str) -> None:
    assert parse_styles(typed) == ("Happy", "Slow down")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("hello there", TypedCommand("hello there")),
        ("style:Whisper hello", TypedCommand("hello", style="Whisper")),
        ('style:"Taiwanese accent" voice:Mia 你好', TypedCommand("你好", style="Taiwanese accent", voice="Mia")),
        ("STYLE：开心 voice:冰糖 大家好", TypedCommand("大家好", style="开心", voice="冰糖")),
        ("风格:悄悄话 你好", TypedCommand("你好", style="悄悄话")),
        ("style:“Slow down” ok", TypedCommand("ok", style="Slow down")),
        ("Whisper hello", TypedCommand("Whisper hello")),
        ("Note: style:Sad is a style", TypedCommand("Note: style:Sad is a style")),
        ("https://x.org style:Sad", TypedCommand("https://x.org style:Sad")),
        ("style: Whisper", TypedCommand("style: Whisper")),
        ("style:Sad style:Happy x", TypedCommand("style:Happy x", style="Sad")),
        ('style:"Sad x', TypedCommand("x", style='"Sad')),
        ("take:2 instruction:'like a pirate' ahoy", TypedCommand("ahoy", take=2, instruction="like a pirate")),
        ("design:'an old pirate' ahoy", TypedCommand("ahoy", design="an old pirate")),
        ("设计：老海盗 voice:Mia 喂", TypedCommand("喂", design="老海盗", voice="Mia")),
        ("take:two x", TypedCommand("take:two x")),
        ("style:Sad", TypedCommand("", style="Sad")),
        ("", TypedCommand("")),
    ],
)
def test_the_grammar_of_a_typed_command(line: str, command: TypedCommand) -> None:
    assert parse(line) == command


def test_a_described_voice_goes_before_a_named_one() -> None:
    assert parse("design:'an old pirate' voice:Mia ahoy").whose == Voice(
        VoiceKind.DESIGNED, description="an old pirate"
    )
    assert parse("voice:Mia ahoy").whose == Voice(id="Mia")
    assert parse("ahoy").whose == Voice()


@given(st.text())
def test_the_grammar_never_breaks(line: str) -> None:
    parse(line)


@pytest.mark.parametrize(
    ("text", "language"),
    [("hello", "en"), ("你好", "zh"), ("你好 world", "zh"), ("my friend 李 said", "en"), ("123", "en")],
)
def test_the_language_goes_by_script(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("Aggrieved", "Hurt"),
        ("Helpless", "Resigned"),
        ("Clamped voice", "Cutesy voice"),
        ("Capable", "Crisp"),
        ("Aged", "Elderly"),
    ],
)
def test_a_renamed_style_is_found_by_both_names_and_sent_by_the_service_s(before: str, now: str) -> None:
    style = find(now)
    assert style is not None
    assert find(before) is style
    assert find(style.key) is style
    assert style.key == before.lower().replace(" ", "_")  # as buttons in chats and stored favourites have it
    assert style.label("en") == now
    assert style.service_name("en") == before
    assert style.service_name("zh") == style.zh
