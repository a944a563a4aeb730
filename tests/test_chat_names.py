"""Names and templates are a person's and a moderator's words: whatever they hold, only words are said. Every switch
of reading is a setting of a place.
"""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.normalization.clean import clean, clean_message
from bot.normalization.mentions import spoken_name
from bot.normalization.message import ChatMessage, Language, Reading, VocalCues
from bot.store.settings import ReadingSettings
from tests.naughty_strings import NAUGHTY

_BRACKETS = frozenset("()[]{}<>（）【】［］｛｝〔〕＜＞")
_HOSTILE = st.one_of(
    st.sampled_from(NAUGHTY),
    st.lists(
        st.sampled_from(
            ["Sam", "小明", " ", "[laughs]", "(whisper)", "<style>x</style>", "{name}", "{", "}", "&lt;", "||", "<@1>",
             "\u202e", "\u0336", "\u20dd", "🔥", "12345", "：", ",", "\n", "*", "_", "`", "プ", "ि"]
        ),
        max_size=8,
    ).map("".join),
    st.text(max_size=40),
)  # fmt: skip


@given(_HOSTILE, _HOSTILE, st.sampled_from(["en", "zh"]))
def test_a_name_and_a_template_say_words_and_nothing_else(name: str, template: str, language: Language) -> None:
    reading = Reading(language, say_names=True, name_template=template)
    spoken = clean_message(ChatMessage("hello", author=name), reading)
    assert spoken.text.endswith("hello")
    assert not _BRACKETS & set(spoken.text)
    assert not spoken.cues
    assert clean(spoken.text) == spoken.text


@given(_HOSTILE)
def test_a_spoken_name_is_short_and_has_a_letter_or_is_nothing(name: str) -> None:
    said = spoken_name(name)
    assert len(said) <= 40
    assert said == "" or any(map(str.isalnum, said))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("88392019", ""), ("8 8 3 9 2", ""), ("1337", "1337"), ("4 you", "4 you"), ("s̶a̶m̶", "sam"), ("1️⃣", "1"),
        ("प्रिया", "प्रिया"), ("สมชาย", "สมชาย"), ("José", "José"), ("Jose\u0301", "José"), ("☆彡", "彡"),
    ],
)  # fmt: skip
def test_names_of_digits_strokes_and_other_scripts(name: str, said: str) -> None:
    assert spoken_name(name) == said


def test_every_switch_of_reading_is_a_setting_of_a_place() -> None:
    settings = {field.name: field.type for field in fields(ReadingSettings)}
    switches = {field.name for field in (*fields(VocalCues), *fields(Reading)) if field.type in (bool, "bool")}
    assert switches - {"say_names"} <= settings.keys()
    assert {"laugh", "emphasis", "whisper", "actions", "skip_emoji", "expand_slang", "read_silent"} <= switches
    assert {"names", "name_template", "language", "max_characters", "timezone"} <= settings.keys()
