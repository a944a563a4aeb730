"""From a cleaned text to segments."""

from hypothesis import given
from hypothesis import strategies as st

from bot.model import Segment
from bot.speech.markup import brackets, is_audio_tag, split_tags, without_tags
from bot.speech.split import FIRST_CHARACTERS, LIVE_CHARACTERS, split_live, split_recording

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
