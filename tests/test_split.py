"""From a cleaned text to segments."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Segment
from bot.text.markup import brackets, is_audio_tag, split_tags, without_tags
from bot.text.split import (
    FIRST_CHARACTERS,
    LIVE_CHARACTERS,
    PARAGRAPH_GAP,
    gap_at,
    split_burst,
    split_live,
    split_recording,
)

_WORDS = st.sampled_from(
    ["Hello", "there.", "Dr.", "Smith", "said", "3.14", "你好。", "今天天气很好，", "[cough]", "(sobbing)", "（笑）",
     "well…", "\n", "what?!", "*long sigh*", "no;", "x" * 90, "字" * 250, "(see page 3)", "—", "「好吗？」"]
)  # fmt: skip
_TEXTS = st.lists(_WORDS, min_size=1, max_size=60).map(lambda words: " ".join(words).strip()).filter(bool)


def _texts(segments: tuple[Segment, ...]) -> list[str]:
    return [segment.text for segment in segments]


def _bare(text: str) -> str:
    return "".join(text.split())


@given(_TEXTS)
def test_nothing_is_lost_and_nothing_too_long(text: str) -> None:
    for segments, limit in ((split_recording(text, 120), 120), (split_live(text), LIVE_CHARACTERS)):
        assert _bare("".join(_texts(segments))) == _bare(text)
        assert all(0 < len(segment.text) <= limit for segment in segments)
        assert segments[-1].gap == 0


@given(_TEXTS)
def test_no_cut_falls_inside_a_tag(text: str) -> None:
    whole = [text[begin:end] for begin, end in brackets(text)]
    for segments in (split_recording(text, 120), split_live(text)):
        pieces = [piece.text[begin:end] for piece in segments for begin, end in brackets(piece.text)]
        assert pieces == whole


def test_a_short_text_is_one_recording() -> None:
    assert split_recording("Hello. There. Friend.") == (Segment("Hello. There. Friend."),)


def test_a_live_call_hears_the_first_sentence_first() -> None:
    segments = split_live("Short one. " + "Then a second sentence follows here. " * 6)
    assert segments[0].text == "Short one."
    assert all(segment.text.count(".") <= 3 for segment in segments)


def test_a_long_first_sentence_is_cut_at_a_clause() -> None:
    segments = split_live(
        "When the rain had fallen for three days, and nobody had any hope left, the sun came out at last."
    )
    assert len(segments[0].text) <= FIRST_CHARACTERS
    assert segments[0].text.endswith(",")


def test_an_abbreviation_ends_no_sentence() -> None:
    assert split_live("Dr. Smith lives in St. Ives. He is old.")[0].text == "Dr. Smith lives in St. Ives."


def test_gaps_follow_what_stands_at_the_cut() -> None:
    first, second, _ = split_recording("A" * 40 + "\n" + "B" * 40 + ". " + "C" * 40, 60)
    assert first.gap > second.gap > 0


_ENGLISH = "The rain fell for three days. Nobody went out."
_CHINESE = "雨下了三天三夜，街上没有人。大家都在家里等太阳出来。"


@pytest.mark.parametrize(
    "paragraph", [_ENGLISH, _CHINESE, "“Is it over?”", "他说：“下雨了。”", "etc.", "no stop", "well,"]
)
@pytest.mark.parametrize("between", ["\n", "\r\n", "\r", "\n\n", "\n \t\n", " \n", "\r\n\r\n", "\u2029", "\x85"])
def test_a_paragraph_is_followed_by_its_own_pause(paragraph: str, between: str) -> None:
    text = between.join([paragraph] * 4)
    segments = split_recording(text, len(paragraph))
    assert _texts(segments) == [paragraph] * 4
    assert [segment.gap for segment in segments] == [PARAGRAPH_GAP] * 3 + [0.0]
    assert [text[segment.start :].startswith(segment.text) for segment in segments] == [True] * 4
    assert gap_at(text, len(paragraph)) == PARAGRAPH_GAP == 0.45


@pytest.mark.parametrize(
    ("first", "second"), [(_ENGLISH, "It stopped. The sun came out. We all went for a walk."), (_CHINESE, _CHINESE)]
)
def test_paragraphs_are_cut_at_first(first: str, second: str) -> None:
    """A sentence that ends later is no better place, be the paragraph's end early or late in the segment."""
    for room in range(max(len(first), len(second)), len(first) + len(second)):
        assert _texts(split_recording(f"{first}\n{second}", room)) == [first, second]
        assert _texts(split_recording(f"{second}\r\n \r\n{first}", room)) == [second, first]
    assert _texts(split_recording(f"{first}\n{second}", len(first) + len(second) + 1)) == [f"{first}\n{second}"]


def test_a_heading_stays_beside_a_paragraph_that_must_be_cut_anyway() -> None:
    first, *_ = split_recording("One.\n" + "The rain fell for three days. " * 9, 100)
    assert first.text.startswith("One.\nThe rain")


def test_a_live_call_cuts_at_paragraphs_too() -> None:
    assert [
        (segment.text, segment.gap) for segment in split_live("Hi.\nIt rains. It pours.\nI stay. You go. Bye.")
    ] == [
        ("Hi.", PARAGRAPH_GAP),
        ("It rains. It pours.", PARAGRAPH_GAP),
        ("I stay. You go. Bye.", 0.0),
    ]
    assert [segment.text for segment in split_live("嗨。\n下雨了。下大了。\n我在家。你走吧。再见。")] == [
        "嗨。",
        "下雨了。下大了。",
        "我在家。你走吧。再见。",
    ]


@pytest.mark.parametrize("sign", ["1.", "12.", "-", "*", "•", "a)", "(2)", "3、", "二、"])
def test_the_sign_of_an_item_stays_with_it(sign: str) -> None:
    item = f"{sign} some fresh bread" if sign[-1] != "、" else f"{sign}新鲜的面包两个"
    text = f"To buy:\n{item}\n{item}\r\n{item}"
    for room in range(len(item), len(text)):
        for segment in split_recording(text, room):
            assert not segment.text.endswith(sign)
        assert all(segment.gap == PARAGRAPH_GAP for segment in split_recording(text, room)[:-1])


def test_messages_of_a_burst_are_cut_between_them() -> None:
    segments = split_burst("\n".join(["It rained again. " * 7 + "Yes."] * 3))
    assert [segment.gap for segment in segments] == [PARAGRAPH_GAP, PARAGRAPH_GAP, 0.0]


@pytest.mark.parametrize("sign", [*" .!?…。'\"”）)[]-—,:，\n\r\t\u2028", "x", "St. ", "a.\n", " -", "1. ", "?!", ".'"])
def test_the_work_grows_with_the_text(sign: str) -> None:
    """Ten times the text in much less than a hundred times the time."""

    def seconds(length: int) -> float:
        text = sign * (length // len(sign)) + "x"
        begin = time.process_time()
        split_live(text)
        split_recording(text)
        return time.process_time() - begin

    split_live(sign * 50)
    assert min(seconds(40_000) for _ in range(2)) < 35 * min(seconds(4_000) for _ in range(3)) + 0.02


def test_chinese_is_cut_at_its_own_stops() -> None:
    assert _texts(split_recording("今天天气很好。我们去公园吧！" * 10, 50))[0].endswith(("。", "！"))


def test_tags_are_known_words_in_brackets() -> None:
    assert [piece.text for piece in split_tags("a [cough] b (see page 3) c （笑） *long sigh*") if piece.tag] == [
        "[cough]",
        "（笑）",
        "*long sigh*",
    ]
    assert is_audio_tag("Laughs softly")
    assert not is_audio_tag("my dear")
    assert without_tags("2*3*4 = [laughs] 24") == "2*3*4 = 24"


@given(st.text())
def test_pieces_joined_are_the_text(text: str) -> None:
    assert "".join(piece.text for piece in split_tags(text)) == text
