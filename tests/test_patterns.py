"""Patterns in the dictionary of a place: refused with a sentence, bounded, linear, and never the end of a reading."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InputError
from bot.normalization.clean import clean_message
from bot.normalization.lexicon import MOST_PATTERNS, Dictionary, Patterns, check_pattern
from bot.normalization.message import ChatMessage, Mark, Reading, Span, VocalCues
from bot.patterns import normal_form
from bot.texts import of_error


def say(text: str, *patterns: tuple[str, str], **more: object) -> str:
    reading = Reading("en", patterns=patterns, **more)  # type: ignore[arg-type]
    return clean_message(ChatMessage(text, users={"1": "Sam"}), reading).text


@pytest.mark.parametrize(
    ("pattern", "said", "text", "spoken"),
    [
        (r"\bgg+\b", "good game", "ggggg all", "good game all"),
        (r"\bGG+\b", "good game", "gg all", "good game all"),
        (r"(?-i:ZED)", "z", "zed ZED", "zed z"),
        (r"#(\d+)", r"issue \1", "see #42, please", "see issue 42, please"),
        (r"(\w+)-(\d+)", r"\2 of \1", "cards-7", "7 of cards"),
        (r"(\w+)-(\d+)", r"\9\3 x", "cards-7", "x"),
        (r"第(\d+)集", r"episode \1", "看第3集吧", "看 episode 3 吧"),
        (r"\pL+ing\b", "", "going home", "home"),
        (r"h.*k", "all", "hi <@1>, look at it", "hi Sam, look at it"),
        ("you", "thou", "look https://youtu.be/x you", "look a link to YouTube thou"),
        ("(?s)a.b", "x", "a\nb", "a\nb"),
        ("b", "[laughs] <style>(x)", "a b", "a laughs style x"),
    ],
)
def test_a_pattern_is_said_otherwise(pattern: str, said: str, text: str, spoken: str) -> None:
    check_pattern(pattern)
    assert say(text, (pattern, said)) == spoken


def test_patterns_go_before_words_and_in_order() -> None:
    reading = Reading("en", dictionary=(("zz", "words"), ("up", "down")), patterns=(("z+", "first"), ("zh?", "second")))
    spoken = clean_message(ChatMessage("zz zzz zh up"), reading)
    assert spoken.text == "first first first h down"
    assert {rule.rule for rule in spoken.rules} == {"dictionary"}


def test_the_content_of_a_spoiler_is_not_found() -> None:
    assert "Bob" not in say("||Bob|| dies", ("(bob)", r"\1 \1"))
    message = ChatMessage("Bob dies", spans=(Span(Mark.SPOILER, 0, 3),))
    spoken = clean_message(message, Reading("en", patterns=(("(bob)", r"\1"),), delivery=VocalCues.off()))
    assert "Bob" not in spoken.text


def test_a_blocked_word_is_blocked_behind_a_pattern_too() -> None:
    assert say("x1", (r"x(\d)", "fire"), blocklist=("fire",)) == "bleep"


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("(", "dictionary.pattern"),
        ("a**", "dictionary.pattern"),
        (r"(a)\1", "dictionary.pattern"),
        ("(?=a)b", "dictionary.pattern"),
        ("\ud800", "dictionary.pattern"),
        ("", "dictionary.pattern_empty"),
        ("x*", "dictionary.pattern_empty"),
        (r"\b", "dictionary.pattern_empty"),
        ("^", "dictionary.pattern_empty"),
        ("(?m)$|x", "dictionary.pattern_empty"),
        ("(a)" * 10, "dictionary.pattern_groups"),
        ("a{1001}", "dictionary.pattern_too_costly"),
        ("[ab]*a[ab]{300}c", "dictionary.pattern_too_costly"),
        (r"(\pL{30}){30}", "dictionary.pattern_too_costly"),
        (r"\pL{20}", "dictionary.pattern_too_costly"),
        ("a" * 129, "dictionary.pattern_too_costly"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(pattern: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        check_pattern(pattern)
    assert caught.value.code == code
    for language in ("en", "zh"):
        assert code not in of_error(caught.value, language)
    assert say("hello (a b) x", (pattern, "y")) == say("hello (a b) x"), "and where it got in, it does nothing"


def test_there_are_only_so_many() -> None:
    check_pattern("a", others=MOST_PATTERNS - 1)
    with pytest.raises(InputError, match=r"dictionary\.patterns_full"):
        check_pattern("a", others=MOST_PATTERNS)
    many = tuple((f"word{number}x", "found") for number in range(MOST_PATTERNS + 1))
    assert say(f"word{MOST_PATTERNS - 1}x word{MOST_PATTERNS}x", *many) == f"found word{MOST_PATTERNS}x"


def test_costly_ones_together_are_bounded() -> None:
    """Each passes; of many only so many are used that a text made to hurt them stays cheap."""
    evil = [(f"[ab]*a[ab]{{{100 + number}}}c", "x") for number in range(40)]
    for pattern, _ in evil:
        check_pattern(pattern)
    assert 5 < len(Patterns(evil)._entries) < 15


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    for pattern in ("(", r"(\pL{30}){30}", "[ab]*a[ab]{200}c"):
        say("ab" * 900, (pattern, "x"))
    assert capfd.readouterr() == ("", "")


def test_a_pattern_that_blows_a_message_up_is_cut() -> None:
    text = say("ab " * 600, ("(.)", r"\1\1\1 and so on, " * 9), max_characters=300)
    assert len(text) <= 300
    assert text.endswith("… and so on")


def test_a_long_text_takes_time_in_proportion() -> None:
    """The finds are counted, not the seconds: none past the bound, however long the text."""
    finds: list[str] = []

    def put(written: str, said: str) -> str:
        finds.append(written)
        return said

    rewritten = Patterns([("a", "b")]).rewrite("a" * 100_000, put)
    assert (len(finds), len(rewritten)) == (200, 100_000)


_LIKELY = st.sampled_from(
    [
        "(",
        ")",
        "[",
        "]",
        "a",
        "b+",
        ".",
        ".*",
        r"\d",
        r"\pL",
        r"\b",
        "|",
        "{3}",
        "(?i)",
        "^",
        "$",
        "好",
        "x?",
        "😂",
        "<",
        r"\1",
    ]
)
_PATTERNS = st.lists(_LIKELY, max_size=8).map("".join) | st.text(max_size=12)
_SAID = st.lists(st.sampled_from([r"\1", r"\2", "\\", "word", "[laughs]", "<style>", "||", "a", "😂"]), max_size=6).map(
    "".join
)
_TEXTS = st.text(max_size=80) | st.lists(
    st.sampled_from(["a", "abc", "123 ", "好", "😂", "||x||", "<@1>", "https://x.org ", "**b**", " ", "\n", "\ud800"]),
    max_size=20,
).map("".join)


@given(_TEXTS, st.lists(st.tuples(_PATTERNS, _SAID), max_size=4), st.integers(1, 90))
def test_no_pattern_and_no_text_make_it_raise_or_run_over(
    text: str, patterns: list[tuple[str, str]], most: int
) -> None:
    reading = Reading("en", patterns=tuple(patterns), max_characters=most, delivery=VocalCues.off())
    spoken = clean_message(ChatMessage(text, users={"1": "Sam"}), reading)
    assert len(spoken.text) <= most
    assert not re.search(r"[\[\]()<>*\ue000-\uf8ff\U000f0000-\U0010ffff]", spoken.text)
    assert spoken == clean_message(ChatMessage(text, users={"1": "Sam"}), reading)


@given(_TEXTS, _PATTERNS)
def test_reading_a_reading_changes_nothing_where_the_pattern_says_the_same(text: str, pattern: str) -> None:
    """What a pattern finds is said as it stands: then a reading with it and one without are stable alike."""
    reading = Reading("en", patterns=((pattern, "plainly"),), delivery=VocalCues.off(), max_characters=500)
    once = clean_message(ChatMessage(text), reading).text
    dictionary = Dictionary((), ((pattern, "plainly"),))
    if once and not dictionary.patterns.found_in(once):
        assert clean_message(ChatMessage(once), reading).text == once


@given(_PATTERNS)
def test_checking_a_pattern_raises_nothing_else(pattern: str) -> None:
    with suppress(InputError):
        check_pattern(pattern)


def test_a_normal_form_takes_linear_time_and_keeps_thirty_marks_in_a_row() -> None:
    reversed_marks = "a" + "\u0301" * 8_000 + "\u0336" * 8_000  # sorted by insertion if they were left
    assert len(normal_form("NFC", reversed_marks)) == 30
    assert normal_form("NFC", "e\u0301" * 100) == "é" * 100
    assert normal_form("NFD", "é" * 100) == "e\u0301" * 100
    assert normal_form("NFKC", "ﬁ１" * 40) == "fi1" * 40
    stacked = "o" + "\u0301" * 30
    assert normal_form("NFD", stacked) == stacked
