"""What a chat message becomes when it is read aloud: the table, and what holds for every text."""

import ast
import dataclasses
import re
import sys
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import emoji
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import texts
from bot.errors import InputError
from bot.model import Utterance
from bot.normalization.clean import clean, clean_message, speakable
from bot.normalization.extras import kind_of
from bot.normalization.message import (
    Attachment,
    AttachmentKind,
    ChatMessage,
    Mark,
    Poll,
    Reading,
    Span,
    Spoken,
    VocalCues,
)
from bot.normalization.numbers import spoken_time
from bot.normalization.reader import MOST_READ, VOCABULARIES, is_plain
from bot.providers.mimo import MimoProvider, MimoSettings
from bot.text.markup import split_tags
from tests.at_once import script_of
from tests.chat_table import NOW, Case, load
from tests.naughty_strings import NAUGHTY
from tests.trees import tree_of

ROOT = Path(__file__).parent.parent
CASES = load()
_LANGUAGES = ("en", "zh")
_OFF = {name: Reading(name, delivery=VocalCues.off(), now=NOW) for name in _LANGUAGES}  # type: ignore[arg-type]
_ON = {name: Reading(name, now=NOW) for name in _LANGUAGES}  # type: ignore[arg-type]
_SMUGGLERS = frozenset("()[]{}（）【】［］｛｝〔〕＜＞<>*＊&`|")


def say(text: str, reading: Reading = _OFF["en"], **more: object) -> Spoken:
    return clean_message(ChatMessage(text, **more), reading)  # type: ignore[arg-type]


def _departure(case: Case) -> str:
    """What differs from a line of the table; nothing if it holds."""
    spoken = clean_message(case.message, case.reading)
    if spoken.text != case.said:
        return f"{case.id}: {case.message.text!r} is said {spoken.text!r}, not {case.said!r}"
    if any(change.before == change.after for change in spoken.rules):
        return f"{case.id}: a change that changes nothing"
    if case.rule and case.said != case.message.text:
        named = {change.rule for change in spoken.rules}
        return "" if case.rule in named else f"{case.id}: {case.rule} is not among {sorted(named)}"
    if case.said == case.message.text and not case.message.silent and spoken.rules:
        return f"{case.id}: {spoken.rules} without a change"
    return ""


def test_a_message_is_said_as_a_person_would_say_it() -> None:
    departures = [departure for departure in map(_departure, CASES) if departure]
    assert not departures, "\n" + "\n".join(departures)


_ITEMS = re.findall(
    r"\w+",
    """
user_mention role_mention channel_mention everyone telegram_name custom_emoji emoji emoji_run emoji_skipped emoticon
link no_link mail worded_link code_block inline_code spoiler bold italic strike heading list quote subtext timestamp
command discord_place reply forward poll sticker attachment voice_message repeated_letters no_repeat repeated_words
smash no_smash digits zalgo zero_width right_to_left costume abbreviation slang no_slang laughter number unit money date
left_to_the_engine sign hashtag bracket laugh capitals whispered_spoiler action dictionary dictionary_pattern blocked
length names name_template unsayable_name silent
    """,
)
"""What reading aloud has to know, whatever else the table holds."""


def test_the_table_has_five_lines_for_every_item_in_both_languages() -> None:
    lines: Counter[tuple[str, str]] = Counter((case.item, case.reading.language) for case in CASES)
    assert len(CASES) >= 900
    assert {language for _, language in lines} == set(_LANGUAGES)
    for item in {*_ITEMS, *(item for item, _ in lines)}:
        for language in _LANGUAGES:
            assert lines[item, language] >= 5, f"{item} in {language}"


def test_the_readme_shows_lines_of_the_table() -> None:
    shown = re.findall(r"^\| `(.+)` \| (.+) \|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    rows = [(before.replace("\\|", "|"), after) for before, after in shown if not after.startswith("`bot")]
    table = {(case.message.text, case.said) for case in CASES}
    told = [row for row in rows if row in table]
    assert len(told) == 20
    begin = rows.index(told[0])
    assert rows[begin : begin + 20] == told


def _rules_in_the_code() -> set[str]:
    found = set()
    for path in (ROOT / "bot" / "normalization").glob("*.py"):
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = {"note": 0, "put": 0, "tag": 0, "whole": 0, "change": 1, "_noted": 1, "_take_unstyled": 1}.get(name)
            if place is not None and len(node.args) > place:
                found |= {
                    leaf.value
                    for leaf in ast.walk(node.args[place])
                    if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
                    if len(leaf.value) > 2
                }
    return found


def test_every_rule_has_a_name_for_people() -> None:
    used = _rules_in_the_code()
    assert len(used) > 35
    for language in _LANGUAGES:
        named = {code[5:] for code in texts.LANGUAGES[language] if code.startswith("rule.")}
        assert used <= named
        assert named - used == set(), "a name without a rule"


def test_both_languages_have_words_for_the_same_things() -> None:
    english, chinese = VOCABULARIES["en"], VOCABULARIES["zh"]
    for name in ("phrases", "tags", "aloud", "emoticons", "kinds", "places", "spans", "money"):
        assert getattr(english, name).keys() == getattr(chinese, name).keys(), name
    assert {kind.value.replace(" ", "_") for kind in AttachmentKind} == english.kinds.keys()
    for words in (english, chinese):
        assert set(words.actions.values()) <= words.tags.keys() == words.aloud.keys() | {"emphasis", "whisper"}


# What holds for every text

_PARTS = st.sampled_from(
    [
     "<@1>", "<@9>", "<#2>", "<:lol:123>", "<a:blob_fox:1>", "||", "`", "```", "```py\n", "*", "**", "_",
     "__", "~~", "# ", "- ", "> ", "-# ", "\n", "😂", "🔥", "❤️", "👨‍👩‍👧", "🇵🇹", "1️⃣",
     "https://x.com/a", "www.youtube.com", "(", ")", "[a](http://b.c)", "[", "]", "（", "）", "*sighs*",
     "[cough]", "(laughs)", "<style>", "</style>", "&lt;", "&amp;", "<", "STOP IT", "NO", "hello", "你好",
     "lol", "btw", "2333", "666", "88", "yyds", "hhh", "haha", "hahaha", "noooooo", "asdfgh", "12345678",
     "5km", "$5", "1/2", "5-10", "2+2=4", "a", "b", " ", ", ", ",", ".", "!", "?", "…", "@sam", "&",
     "@everyone", "#5", "#tag", "sam@x.com", "<t:0:R>", "<t:99999999999999>", "</say:1>", "<id:guide>",
     ":)", "<3", "xD", ":smile:", ":/", "c++", "w/", "=", "+", "->", "\u200b", "\u202e", "e\u0301",
     "\u0336", "\x00", "\ud800", "𝓗", "\\", "|", "~", "-", "'", "“", "「", "0", "1", "x", "：", "、",
     "。", "！", "~5", "°", "℃", "½", "24/7", "3x", "10k", "2023-11-14", "\U000f0000", "\U00100000",
     "\ue000", "【", "⦅", "＊", "&#91;laughs&#93;", "\U000f0001",
     "A+", "18+", "100w", "10½", "2 1/2", "$AAPL", "'90s", "-5°C", "5%~", "10%", "u/spez", "r/funny", "k/d",
     "<-", "=>", "-->", "vs.", "w/o", "xd", "👉", "👈", "lmaooo", "tql", "了", "一共", "(≧▽≦)", "$1.5B", "5m",
     " views", ">", ">=", "≠", "¥5w", "周一", "五", "10:00",
     "/mo", "4k", "^2", "<5", "$0.99"
]
)  # fmt: skip
_TEXTS = st.lists(_PARTS, max_size=16).map("".join) | st.text(max_size=60)
_LANGUAGE = st.sampled_from(_LANGUAGES)


def _without_cues(spoken: Spoken) -> str:
    """The text without our tags, each taken once, in order."""
    rest, done = spoken.text, ""
    for cue in spoken.cues:
        before, found, rest = rest.partition(cue.tag)
        assert found, "a cue that is not in the text"
        done += before
    return done + rest


def _check(spoken: Spoken, reading: Reading) -> None:
    """What holds for every reading."""
    assert len(spoken.text) <= reading.max_characters
    spoken.text.encode("utf-8")
    assert not _SMUGGLERS & set(_without_cues(spoken))
    assert not any(unicodedata.category(sign) in {"Co", "Cs", "Cc"} for sign in spoken.text if sign != "\n")
    tags = [piece.text for piece in split_tags(spoken.text) if piece.tag]
    assert tags == [cue.tag for cue in spoken.cues]
    for change in spoken.rules:
        assert len(change.before) <= 80
        assert len(change.after) <= 80
    assert len(spoken.rules) <= 100
    if spoken.text:
        assert speakable(spoken.text)
        assert clean(spoken.text, reading.language) == spoken.text, "the waist speaks what was shown"


@given(_TEXTS, _LANGUAGE)
def test_a_reading_holds_only_words_and_our_tags(text: str, language: str) -> None:
    _check(say(text, _ON[language]), _ON[language])


@given(_TEXTS, _LANGUAGE)
def test_reading_a_reading_changes_nothing_without_delivery(text: str, language: str) -> None:
    reading = _OFF[language]
    spoken = say(text, reading)
    assert spoken.cues == ()
    _check(spoken, reading)
    assert say(spoken.text, reading) == Spoken(spoken.text)


@pytest.mark.parametrize("language", _LANGUAGES)
def test_naughty_strings_are_read_or_left(language: str) -> None:
    changing = []
    for text in NAUGHTY:
        for readings in (_ON, _OFF):
            spoken = say(text, readings[language])
            _check(spoken, readings[language])
        if say(spoken.text, _OFF[language]).text != spoken.text:
            changing.append(text)
    assert changing == []


@given(_TEXTS, _LANGUAGE, st.sampled_from(["mimo-v2.5-tts", "mimo-v2-tts"]))
def test_only_our_tags_leave_for_the_service(text: str, language: str, model: str) -> None:
    spoken = say(text, _ON[language])
    if not spoken.text:
        return
    script = script_of(Utterance(spoken.text, "k"), short=True)
    assert script.spoken == spoken.text
    provider = MimoProvider("mimo", MimoSettings(api_key="sk-test", model=model))
    sent = []
    for segment in script.segments:
        try:
            sent.append(provider.plan(script.request(segment)).body["messages"][-1]["content"])
        except InputError:  # a segment of tags or signs alone is not sent
            sent.append(segment.text)
    whole = " ".join(sent)
    assert re.findall(r"\[[^\[\]]*\]", whole) == [cue.tag for cue in spoken.cues]
    assert not _SMUGGLERS - set("[]") & set(whole)
    assert all(not part.startswith(("[", "(")) for part in sent if model == "mimo-v2.5-tts" and speakable(part))


@given(_TEXTS, _TEXTS, _TEXTS, st.booleans(), _LANGUAGE)
def test_what_comes_with_a_message_smuggles_nothing(
    text: str, name: str, other: str, silent: bool, language: str
) -> None:
    message = ChatMessage(
        text,
        author=name,
        reply_to=other,
        attachments=(Attachment(AttachmentKind.VOICE, 1, 12.0), Attachment(AttachmentKind.IMAGE, -3)),
        stickers=(name, other, text, name),
        poll=Poll(other, (text, name, other, text, name, other)),
        users={"1": name},
        channels={"2": other},
        spans=(Span(Mark.SPOILER, 1, 3), Span(Mark.CODE, 2, 99), Span(Mark.LINK, -4, 2)),
        silent=silent,
    )
    reading = dataclasses.replace(_ON[language], say_names=True, max_characters=300)
    _check(clean_message(message, reading), reading)


@given(_TEXTS, st.lists(st.tuples(_TEXTS, _TEXTS), max_size=4), st.lists(_TEXTS, max_size=4), st.integers(-5, 60))
def test_people_s_word_lists_and_limits_do_no_harm(
    text: str, entries: list[tuple[str, str]], blocked: list[str], most: int
) -> None:
    reading = Reading("en", dictionary=tuple(entries), blocklist=tuple(blocked), max_characters=most, now=NOW)
    spoken = say(text, reading)
    assert len(spoken.text) <= max(1, most)
    assert not _SMUGGLERS & set(_without_cues(spoken))


_TINY = (
    "`", "||", "||a", "```a\n", "*", "**a", "_a", "<a", "<@", "&lt;", "[a](http://", "http://", "a.", "a@",
    "@a.", "#a", "\n> ", ", ", " ,", "!?", "a", "ab", "abc ", "A ", "AB ", "1-", "1.", "$1", "12 ", "😂",
    "👨‍", "🔥 ", "\u0336", "a\u0336", "\u200b", "哈", "加油呀", "233", "hahaha", "lol ", ":", ":a",
    "¯\\_(", "\\*", " ", "mailto:", "a/", "1=", "->", "A'", "fjd", "<style>", "（笑）", "a b ",
    "a<-", "a+", "k/d ", "vs. a", "5k-", "5%~", "$A ", "'90s", "2 1/2 ", "r/aa ", "lmaooo ", "-5°", "👉👈", "a>", "5w",
    "共233", "周一~", "10:00-", "5/h ", "a^2 ", "<5 ", "xddd "
)  # fmt: skip


def _work(text: str, reading: Reading) -> int:
    """Calls made while a text is read: Python functions and built-in ones."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        say(text, reading)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("part", _TINY)
def test_twice_the_text_is_at_most_twice_the_work(part: str) -> None:
    reading = dataclasses.replace(_OFF["en"], max_characters=20_000)
    half, whole = part * (5000 // len(part)), part * (10_000 // len(part))
    say(half, reading)  # prepared lists are prepared
    assert _work(whole, reading) <= 2.2 * _work(half, reading) + 500
    assert len(say(whole, reading).text) <= 4 * MOST_READ


# One thing at a time


@pytest.mark.parametrize("language", _LANGUAGES)
def test_every_emoji_has_a_name_that_stays(language: str) -> None:
    for sign in emoji.EMOJI_DATA:
        said = say(sign, _OFF[language]).text
        if sign[0] in "©®™‼⁉":
            continue
        assert said, f"{sign!r} has no name"
        assert say(said, _OFF[language]).text == said, sign


def test_the_content_of_a_spoiler_is_neither_spoken_nor_told() -> None:
    for text in (
        "it is ||SECRET||",
        "||SECRET <@1> 🔥||",
        "|\u200b|SECRET||",
        "||SECRET\nSECRET||",
        "&#124;&#124;SECRET||",
    ):
        for reading in (_ON["en"], _OFF["en"]):
            spoken = say(text, reading, users={"1": "SECRET"})
            told = " ".join((spoken.text, *(change.before + change.after for change in spoken.rules)))
            assert "SECRET" not in told
            assert "spoiler" in spoken.text


def test_marks_beside_the_text_count_as_marks_in_it() -> None:
    spans = (Span(Mark.SPOILER, 14, 17), Span(Mark.CODE_BLOCK, 22, 27, "python"))
    spoken = say("the killer is Bob see x = 1", spans=spans)
    assert spoken.text == "the killer is spoiler see a block of Python code"
    assert say("one [two] three", spans=(Span(Mark.LINK, 0, 3),)).text == "one, two, three"


@pytest.mark.parametrize("field", ["laugh", "emphasis", "whisper", "actions"])
def test_each_way_of_speaking_can_be_switched_off(field: str) -> None:
    text = "😂 STOP IT ||x|| *sighs*"
    every = {cue.kind for cue in say(text, _ON["en"]).cues}
    assert every == {"laugh", "emphasis", "whisper", "sigh"}
    delivery = VocalCues(**{field: False})
    less = {cue.kind for cue in say(text, dataclasses.replace(_ON["en"], delivery=delivery)).cues}
    assert every - less == {"sigh" if field == "actions" else field}


@pytest.mark.parametrize("language", _LANGUAGES)
def test_every_tag_of_ours_is_an_audio_tag(language: str) -> None:
    for name in VOCABULARIES[language].tags.values():
        assert [piece.tag for piece in split_tags(f"[{name}]")] == [True]


def test_a_refused_message_says_so() -> None:
    spoken = say("what the frick", Reading("en", blocklist=("frick",), blocked="refuse"))
    assert (spoken.text, spoken.refused, spoken.rules[-1].rule) == ("", True, "blocked")
    assert not say("hello", Reading("en", blocklist=("frick",), blocked="refuse")).refused


def test_a_blocked_word_is_not_said_by_a_detour() -> None:
    reading = Reading("en", blocklist=("fire", "sam", "by the way"), dictionary=(("x", "fire"),))
    reading = dataclasses.replace(reading, delivery=VocalCues.off())
    for text in ("🔥", "fi\u200bre", "f**ir**e", "𝐟𝐢𝐫𝐞", "FIRE", "x", "<@1>", "btw"):
        assert say(text, reading, users={"1": "Sam"}).text == "bleep", text


def test_a_cut_reading_keeps_its_tags_whole() -> None:
    for most in range(14, 60):
        spoken = say(
            "😂 haha *sighs* well ||x|| 😂 STOP IT NOW please 😂 " * 3,
            dataclasses.replace(_ON["en"], max_characters=most),
        )
        assert len(spoken.text) <= most
        assert [piece.text for piece in split_tags(spoken.text) if piece.tag] == [cue.tag for cue in spoken.cues]
        assert not set("[]") & set(_without_cues(spoken))


def test_times_follow_the_listeners_zone_and_clock() -> None:
    berlin = Reading("en", now=NOW, zone=ZoneInfo("Europe/Berlin"))
    assert say("<t:1700000000:t>", berlin).text == "11:13 PM"
    english, chinese = VOCABULARIES["en"], VOCABULARIES["zh"]
    for seconds, en, zh in ((0, "now", "现在"), (1, "in a second", "1秒后"), (-90, "a minute ago", "1分钟前"),
                            (86_400 * 40, "in a month", "1个月后"), (86_400 * 800, "in 2 years", "2年后")):  # fmt: skip
        moment = int((NOW + timedelta(seconds=seconds)).timestamp())
        assert (spoken_time(moment, "R", NOW, english), spoken_time(moment, "R", NOW, chinese)) == (en, zh)
    assert spoken_time(0, "t", datetime(2023, 1, 1, tzinfo=UTC), english) == "12:00 AM"
    assert spoken_time(43_200, "t", datetime(2023, 1, 1, tzinfo=UTC), chinese) == "中午12点"


@pytest.mark.parametrize(
    ("name", "media_type", "kind"),
    [
        ("cat.PNG", "", AttachmentKind.IMAGE),
        ("a.b.tar.gz", "", AttachmentKind.ARCHIVE),
        ("main.rs", "text/plain", AttachmentKind.SCRIPT),
        ("cat", "image/gif", AttachmentKind.GIF),
        ("noise", "audio/mpeg", AttachmentKind.AUDIO),
        ("setup.exe", "application/x-msdownload", AttachmentKind.PROGRAM),
        ("thesis.pdf", "", AttachmentKind.DOCUMENT),
        ("", "", AttachmentKind.FILE),
    ],
)
def test_the_kind_of_a_file(name: str, media_type: str, kind: AttachmentKind) -> None:
    assert kind_of(name, media_type) is kind


def test_a_long_dictionary_is_looked_up_whole_word_and_longest_first() -> None:
    entries = tuple((f"word{number}", f"value {number}") for number in range(3000))
    reading = Reading("en", dictionary=(*entries, ("c", "see"), ("c++", "see plus plus"), ("a.b", "dotted")))
    assert (
        say("Word7 word77 word7x c++ c a.b axb", reading).text == "value 7 value 77 word7x see plus plus see dotted axb"
    )


_SIMPLE = st.sampled_from(["hi", "lol", "ok", "you", "no", "asdfgh", "我们", "好", "haha", "STOP", "cool"])


@given(st.lists(_SIMPLE, max_size=9), st.sampled_from([" ", ", ", ". ", ""]), _LANGUAGE)
def test_what_is_taken_for_plain_at_a_glance_is_plain(words: list[str], between: str, language: str) -> None:
    text = between.join(words)
    if is_plain(text, _OFF[language]):
        spoken = say(text, _OFF[language], spans=(Span(Mark.LINK, 0, len(text)),))  # a span takes the long way
        assert spoken == Spoken(text)
