"""Blocked words: found whole, whatever their case, width and invisible signs; in Chinese anywhere; in linear time."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.speech.policy import BlockedWords, folded

WORDS = ("darn", "two words", "a$$", "该死", "傻b", "바보", "ばか", "🍆", "Straße", "don't")


@pytest.mark.parametrize(
    "text",
    [
        "darn", "Well, DARN!", "darn.", "(darn)", "_darn_", "**darn**", "so-darn-good", "ＤＡＲＮ it",
        "d\u200bar\u00adn", "da\ufeffr\u2060n", "d\U000e0061arn", "𝐝𝐚𝐫𝐧", "ⓓⓐⓡⓝ", "darn\u0336",
        "你darn好", "日本darn語", "two words", "two \n  words", "Two\u3000Words", "an a$$ it is", "A$$",
        "真是该死的", "该\u200b死", "你傻B啊", "你傻Ｂ啊", "바보야", "ばかもの", "so 🍆 funny", "🍆🍆",
        "die STRASSE dort", "I DON'T",
    ],
)  # fmt: skip
def test_a_blocked_word_is_found(text: str) -> None:
    assert BlockedWords(WORDS).found_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "darned", "goddarn", "d arn", "ndarn darnn 1darn darn2", "two-words twowords two wordsmith", "as", "a $$",
        "该不该去死", "傻 瓜", "b", "바 보", "the straßen", "don t", "darnя", "कदarn",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_not(text: str) -> None:
    assert not BlockedWords(WORDS).found_in(text)


def test_the_vowel_signs_of_hindi_belong_to_their_word() -> None:
    assert BlockedWords(["कम"]).found_in("यह कम है")
    assert not BlockedWords(["कम"]).found_in("यह कमी है")


def test_a_word_that_begins_another_is_found_and_so_is_the_other() -> None:
    both = BlockedWords(["bad", "bad apple"])
    assert both.found_in("a bad pear")
    assert both.found_in("a bad apple")
    assert BlockedWords(["bad apple"]).found_in("bad bad apple")
    assert not BlockedWords(["bad apple"]).found_in("a bad pear")


def test_several_texts_are_looked_at_one_by_one() -> None:
    assert BlockedWords(["two words"]).found_in("nothing", "two words")
    assert not BlockedWords(["two words"]).found_in("two", "words")


def test_nothing_is_blocked_by_nothing() -> None:
    for empty in (BlockedWords([]), BlockedWords(["\u200b", " "])):
        assert not empty
        assert not empty.found_in("any words \u200b at all")
    assert BlockedWords(["x"])


@given(st.text())
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


_LETTERS = st.text(alphabet="abAB", min_size=1, max_size=4)


@given(st.lists(_LETTERS, max_size=5), st.text(alphabet="abAB .,-'\u200b", max_size=40))
def test_latin_words_are_found_where_a_regular_expression_finds_them(words: list[str], text: str) -> None:
    plain = folded(text)
    expected = any(re.search(rf"(?<![a-z]){re.escape(word.casefold())}(?![a-z])", plain) for word in words)
    assert BlockedWords(words).found_in(text) == expected


@given(
    st.lists(st.text(alphabet="天地人", min_size=1, max_size=3), max_size=4),
    st.text(alphabet="天地人a 。", max_size=30),
)
def test_chinese_words_are_found_wherever_they_stand(words: list[str], text: str) -> None:
    assert BlockedWords(words).found_in(text) == any(word in folded(text) for word in words)


class _Counted(dict[str, object]):
    """A node that counts the steps through it."""

    steps = 0

    def get(self, sign: str, default: object = None) -> object:
        _Counted.steps += 1
        return super().get(sign, default)


def _counting(node: dict[str, object]) -> _Counted:
    return _Counted({sign: _counting(below) if isinstance(below, dict) else below for sign, below in node.items()})


def test_the_work_grows_with_the_text_and_not_with_the_list() -> None:
    """The worst list there is: 200 words that all begin as the text does, at every place, and end otherwise."""
    words = ["a" * 62 + unicodedata.lookup("GREEK SMALL LETTER ALPHA") + chr(0x61 + n % 26) for n in range(26)]
    words += ["a" * n + "b" for n in range(1, 63)]

    def steps(length: int) -> int:
        listed = BlockedWords(words)
        listed._root = _counting(listed._root)
        _Counted.steps = 0
        assert not listed.found_in("a" * length)
        return _Counted.steps

    assert steps(2000) < 2000 * 2 * 65
    assert steps(4000) < 2.1 * steps(2000)
