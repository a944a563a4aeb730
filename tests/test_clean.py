"""From what a person wrote to what can be spoken."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InputError
from bot.normalization.clean import clean, clean_instruction, clean_line, speakable
from bot.text.markup import strip_markup

_STYLE_DISGUISES = [
    "<style>Happy</style>hello",
    "< style >Happy< / style >hello",
    "<STYLE>Happy</StYlE>hello",
    "<s t y l e>Happy</s\tt y l e>hello",
    "＜style＞Happy＜／style＞hello",
    "﹤style﹥Happy﹤/style﹥hello",
    "〈style〉Happy〈/style〉hello",
    "⟨style⟩Happy⟨/style⟩hello",
    "<ｓｔｙｌｅ>Happy</ｓｔｙｌｅ>hello",
    "<st\u200byle>Happy</sty\u200dle>hello",
    "<\u2060style\ufeff>Happy</\u00adstyle>hello",
    "&lt;style&gt;Happy&lt;/style&gt;hello",
    "&amp;lt;style&amp;gt;Happy&amp;lt;/style&amp;gt;hello",
    "&#60;style&#62;Happy&#x3c;/style&#x3E;hello",
    "&ltstyle&gtHappy&lt/style&gthello",
    "<sty<style>le>Happy</sty</style>le>hello",
    "<<style>style>Happy<</style>/style>hello",
    "<sty&lt;style&gt;le>Happy</style>hello",
    "<style x='1'>Happy</style >hello",
    "<style/>Happy hello",
    "<style>Happy hello",
    "Happy</style>hello",
    "<style Happy hello",
    "<style\nHappy>Happy</style\n>hello",
    "<\x00style>Happy</\x00style>hello",
    "<sty\u202ele>Happy</sty\u202cle>hello",
    "<b><style>Happy</style></b>hello",
]


@pytest.mark.parametrize("text", _STYLE_DISGUISES)
def test_a_style_in_disguise_is_removed_and_the_rest_is_spoken(text: str) -> None:
    cleaned = clean(text)
    assert "style" not in cleaned.casefold().replace(" ", "")
    assert "Happy" in cleaned
    assert "hello" in cleaned
    assert not set("<>＜＞&") & set(cleaned)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("a < b and c > d", "a < b and c > d"),
        ("I <3 you -> ok", "I <3 you -> ok"),
        ("AT&T & friends", "AT&T & friends"),
        ("5 &gt; 3", "5 > 3"),
        ("stylish <i>hats</i>", "stylish hats"),
        ("《红楼梦》很好", "《红楼梦》很好"),
        ("keep [cough] and (sobbing) and （笑）", "keep [cough] and (sobbing) and （笑）"),
        ("one\r\n\r\n\r\ntwo   three\tfour", "one\ntwo three four"),
        ("party 🎉 time", "party time"),
        ("🎉", "party"),
        ("😂😂😂🔥", "[laughs] fire"),
        ("😂", "[laughs] haha"),
        ("look https://youtu.be/x now", "look a link to YouTube now"),
        ("see https://a.com https://b.com", "see 2 links"),
        ("mail me@x.com (sighs)", "mail an e-mail address (sighs)"),
        ("well done 👍 :)", "well done, thumbs up:)"),
        ("hi :smile: [cough]", "hi, grin [cough]"),
        ("<st😂yle>x", "st [laughs] yle x"),
        ("https://evil.com/<style>x</style>", "a link to evil x"),
        ("<:blob_fox:123456789012345678> hi", "blob fox, hi"),
        ("<a:blob_fox:123456789012345678>", "blob fox"),
        ("e\u0301te\u0301", "été"),
        ("สวัสดี", "สวัสดี"),
        ("नमस्ते", "नमस्ते"),
        ("100€", "100€"),
        ("\U0001d573ello", "\U0001d573ello"),
    ],
)
def test_what_becomes_of_ordinary_text(text: str, spoken: str) -> None:
    assert clean(text) == spoken


def test_only_emoji_are_named_in_the_language_asked_for() -> None:
    assert clean("🔥", "zh") == "火焰" or "火" in clean("🔥", "zh")


def test_stacked_marks_are_cut_down() -> None:
    cleaned = clean("Z" + "\u0336\u0321\u0353\u0340" * 20 + "algo")
    assert sum(unicodedata.combining(sign) > 0 for sign in cleaned) <= 2


@pytest.mark.parametrize(
    "text", ["", " \n\t", "...", "[cough]", "(sobbing) *sighs*", "\u200b", "<style></style>", "—", "\ud800"]
)
def test_nothing_to_speak(text: str) -> None:
    with pytest.raises(InputError, match=r"text\.empty"):
        clean(text)


@given(st.text())
def test_cleaning_never_breaks_and_cleaning_again_changes_nothing(text: str) -> None:
    try:
        cleaned = clean(text)
    except InputError:
        return
    assert clean(cleaned) == cleaned
    assert speakable(cleaned)
    cleaned.encode("utf-8")
    assert "\x00" not in cleaned


_PARTS = st.sampled_from(
    ["<", ">", "/", "style", "STYLE", "s", "t", "y", "l", "e", " ", "\u200b", "&lt;", "&gt;", "&amp;", "lt;", "gt;",
     "＜",     "＞", "&#60;", "\n", "x", "hello", "<style>", "</style>", "[cough]", "(Happy)",
     "〈", "〉", "=", "'", "ｓ", "\u202e"]
)  # fmt: skip


@given(st.lists(_PARTS, max_size=30).map("".join))
def test_no_order_of_the_parts_makes_a_style(text: str) -> None:
    stripped = strip_markup(text)
    folded = unicodedata.normalize("NFKC", stripped).casefold()
    assert "<style" not in "".join(folded.split())
    assert "</style" not in "".join(folded.split())
    assert strip_markup(stripped) == stripped


@given(st.text(), st.integers(1, 50))
def test_a_name_has_no_brackets_and_keeps_its_length(text: str, limit: int) -> None:
    name = clean_line(text, limit)
    assert len(name) <= limit
    assert not set("[]()（）【】<>\n") & set(name)


def test_an_instruction_keeps_its_paragraphs() -> None:
    assert clean_instruction("Role: a sailor\nScene: <style>x</style> storm") == "Role: a sailor\nScene: x storm"
