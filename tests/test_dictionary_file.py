"""A dictionary as a file: what goes out comes back, what is wrong is refused with its place, nothing is a formula."""

import asyncio
import csv
import io
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import texts
from bot.errors import InputError
from bot.model import Account, Space
from bot.platforms.reading.dictionary import MOST_BYTES, Lexicon, read, understand, write
from bot.store.database import Database
from bot.store.dictionary import MOST_OWN, Dictionaries, Entry

pytest_plugins = ["tests.ledger_fixtures"]

GUILD = Space("discord", "9")
ANN = Account("discord", "1")
_COSTLY = "dictionary.patterns_too_costly"
_LETTERS = st.characters(codec="utf-8", exclude_characters="\x00")
_CELLS = st.text(st.one_of(_LETTERS, st.sampled_from(";,'\"=+-@＝ \t")), max_size=40)
_WORDS = _CELLS.map(lambda text: " ".join(text.split()))
"""As the store keeps them: on one line."""
_PATTERNS = st.sampled_from(["=+", "'x", r"@here\b", "-{2,3}", "(a|b);=c", r"\d+"])
_ENTRIES = st.lists(
    st.one_of(st.builds(Entry, _WORDS.filter(bool), _WORDS), st.builds(Entry, _PATTERNS, _WORDS, st.just(True))),
    max_size=20,
    unique_by=lambda entry: entry.written.casefold(),
)


@pytest.mark.parametrize("form", ["json", "csv"])
@given(entries=_ENTRIES)
def test_what_goes_out_comes_back(form: Literal["json", "csv"], entries: list[Entry]) -> None:
    data = write(entries, form).removeprefix(b"\xef\xbb\xbf")
    assert list(read(data, f"dictionary.{form}", GUILD)) == entries
    assert list(read(b"\xef\xbb\xbf" + data, f"MINE.{form.upper()}", GUILD)) == entries


@pytest.mark.parametrize("delimiter", [",", ";"])
@given(entries=_ENTRIES)
def test_no_cell_is_a_formula_however_a_spreadsheet_parts_them(delimiter: str, entries: list[Entry]) -> None:
    text = write(entries, "csv").decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]
    assert [cell for cell in cells if cell.lstrip(' "').startswith(("=", "+", "-", "@", "＝"))] == []


@given(entries=_ENTRIES, delimiter=st.sampled_from(";\t"))
def test_a_spreadsheet_s_own_signs_between_cells_are_understood(entries: list[Entry], delimiter: str) -> None:
    rows = csv.reader(io.StringIO(write(entries, "csv").decode("utf-8-sig"), newline=""))
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    assert list(read(out.getvalue().encode(), "a.csv", GUILD)) == entries


def test_a_spreadsheet_takes_the_file_for_utf_8() -> None:
    assert write([Entry("你懂的", "你知道")], "csv").startswith(b"\xef\xbb\xbfwritten,")


def test_a_file_made_by_hand_is_taken() -> None:
    assert read("brb,be right back\n\n你懂的,你知道,\n,,\n".encode(), "a.csv", GUILD) == (
        Entry("brb", "be right back"), Entry("你懂的", "你知道"),
    )  # fmt: skip
    assert read(b'written,said\n"a,b",c\n', "a.csv", ANN) == (Entry("a,b", "c"),)
    assert read(b"Written;Said;Pattern\r\na+;b;TRUE;;\r\nc;d;no\r\n", "a.csv", GUILD) == (
        Entry("a+", "b", pattern=True), Entry("c", "d"),
    )  # fmt: skip
    assert read(b'[{"written": "x", "said": ""}]', "a.json", ANN) == (Entry("x", ""),)
    assert read(b" [ ] \n", "a.json", ANN) == read(b"", "a.csv", ANN) == ()


@pytest.mark.parametrize(
    ("data", "name", "code", "place"),
    [
        (b"x" * (MOST_BYTES + 1), "a.csv", "dictionary.file_size", "512"),
        (b"a,b", "a.xlsx", "dictionary.file_kind", ""),
        (b"\xff\xfe", "a.csv", "dictionary.file_encoding", ""),
        (b"[\n{", "a.json", "dictionary.file_json", "2"),
        (b"\n" + b"[" * 100_000, "a.json", "dictionary.file_json", "2"),
        (b"[\n" + b"9" * 5000 + b"]", "a.json", "dictionary.file_json", "2"),
        (b"", "a.json", "dictionary.file_json", "1"),
        (b"\n3", "a.json", "dictionary.file_json", "2"),
        (b'[{"written": "a", "said": "b"}\n{"written": "c"}]', "a.json", "dictionary.file_json", "2"),
        (b'[{"written": "a", "said": "b"},\n]', "a.json", "dictionary.file_json", "2"),
        (b'[{"written": "a", "said": "b"}\n] []', "a.json", "dictionary.file_json", "2"),
        (b'[\n{"written": "a", "said": "b", "said": "c"}]', "a.json", "dictionary.file_json", "2"),
        (b'[{"written": "a", "said": "b"},\n\n3]', "a.json", "dictionary.file_row", "3"),
        (b'[{"written": "a", "said": 3}]', "a.json", "dictionary.file_row", "1"),
        (b'{"written": "a",\n"said": "b"}\n7', "a.json", "dictionary.file_json", "3"),
        (b'{"a": "b",\n"c": 7}', "a.json", "dictionary.file_row", "2"),
        (b'[["a", "b"],\n["c"]]', "a.json", "dictionary.file_row", "2"),
        (b'[["a", "b"],\n["c", "d", "e"]]', "a.json", "dictionary.file_row", "2"),
        (b'{"entries": [\n{"word": "a", "yomi": "b"},\n{"word": "c"}]}', "a.json", "dictionary.file_row", "3"),
        (b'{"a": "b",\n"A": "c"}', "a.json", "dictionary.file_twice", "2"),
        ("你好,您好\n再见,拜".encode() + b"\xff\n", "a.csv", "dictionary.file_byte", "2"),
        (b"a\tb\nc\td\te\tf\tg\n", "a.tsv", "dictionary.file_row", "1"),
        (b"PK\x03\x04zip", "a", "dictionary.file_kind", ""),
        (b'[\n{"written": " ", "said": "b"}]', "a.json", "dictionary.file_entry", "2"),
        (b"a\n", "a.csv", "dictionary.file_row", "1"),
        (b"written,said\na,b,,d\n", "a.csv", "dictionary.file_row", "2"),
        (b"a,b,maybe\n", "a.csv", "dictionary.file_row", "1"),
        (b'x,y\na,"b\n\n', "a.csv", "dictionary.file_row", "2"),
        (b'"a\nb",c\n\nd\n', "a.csv", "dictionary.file_row", "4"),
        (b"a,b\n" + b"c" * 200_000 + b",d\n", "a.csv", "dictionary.file_row", "2"),
        (b"a,b\n'" + b'; "' * 40_000 + b",d\n", "a.csv", "dictionary.file_entry", "64"),
        (b"ok,b\n" + b"c" * 65 + b",d\n", "a.csv", "dictionary.file_entry", "2"),
        (b"ok,b\na," + b"c" * 201, "a.csv", "dictionary.file_entry", "200"),
        (b"ok,b\n(,d,yes\n", "a.csv", "dictionary.file_entry", "2"),
        (b"a,b\nc,d\n A ,c\n", "a.csv", "dictionary.file_twice", "3"),
        (b"a,b\nA\x00,c\n", "a.csv", "dictionary.file_twice", "2"),
        ("".join(f"{n},x\n" for n in range(501)).encode(), "a.csv", "dictionary.full", "500"),
        ("".join(f"a{n},x,yes\n" for n in range(51)).encode(), "a.csv", "dictionary.file_entry", "51"),
        ("".join(f"{chr(97 + n) * 200},x,yes\n" for n in range(7)).encode(), "a.csv", "dictionary.file_entry", "1"),
        ("".join(f"{chr(97 + n)}{{120}}b{{100}},x,yes\n" for n in range(6)).encode(), "a.csv", _COSTLY, ""),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(data: bytes, name: str, code: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data, name, GUILD)
    assert caught.value.code == code
    for language in ("en", "zh"):
        sentence = texts.of_error(caught.value, language)
        assert place in sentence
        assert not {"dictionary.", "…"} & {sentence[:11], sentence[-1]}


def test_a_person_s_file_has_a_person_s_bounds() -> None:
    with pytest.raises(InputError, match=r"dictionary\.full"):
        read("".join(f"{n},x\n" for n in range(MOST_OWN + 1)).encode(), "a.csv", ANN)
    with pytest.raises(InputError, match=r"dictionary\.file_entry") as caught:
        read(b"a,b\na+,x,yes\n", "a.csv", ANN)
    assert texts.of_error(caught.value, "en").startswith("Line 2: Patterns are only for moderators")


@given(st.one_of(st.binary(max_size=300), _CELLS.map(str.encode)), st.sampled_from(["a.csv", "a.json"]))
def test_no_file_is_a_fault(data: bytes, name: str) -> None:
    try:
        read(data, name, GUILD)
    except InputError:
        return


_LOL, _BRB = Entry("lol", "haha, yes"), Entry("brb", "back")
_NI = Entry("你懂的", "你知道")


@pytest.mark.parametrize(
    ("text", "name", "entries"),
    [
        ("lol;haha, yes\nbrb;back\n", "a.csv", (_LOL, _BRB)),
        ("lol;haha, yes\n", "a.csv", (_LOL,)),
        ("written,said,\nbrb,back,\n", "a.csv", (_BRB,)),
        ("word,reading\nbrb,back\n", "a.csv", (_BRB,)),
        ("単語,読み\nbrb,back\n", "a.csv", (_BRB,)),
        ("reading;Word\nback;brb\n", "a.csv", (_BRB,)),
        ("id,word,yomi,priority\n7,brb,back,5\n", "a.csv", (_BRB,)),
        ("lol\thaha, yes\nbrb\tback\n", "a.tsv", (_LOL, _BRB)),
        ("lol\thaha, yes\r\nbrb\tback\r\n", "a.txt", (_LOL, _BRB)),
        ("lol|haha, yes\nbrb|back\n", "a.csv", (_LOL, _BRB)),
        ('"lol","haha,\nyes"\n"brb","back"\n', "a.csv", (_LOL, _BRB)),
        ('lol;"haha, yes"\nbrb;back', "a", (_LOL, _BRB)),
        ('{"lol": "haha, yes", "brb": "back"}', "a.json", (_LOL, _BRB)),
        ('[["lol", "haha, yes"], ["brb", "back"]]', "a.json", (_LOL, _BRB)),
        ('{"version": 2, "entries": [{"word": "lol", "yomi": "haha, yes"}]}', "a.json", (_LOL,)),
        ('{"dictionary": {"lol": "haha, yes"}}', "a.json", (_LOL,)),
        ('{"lol": {"reading": "haha, yes", "priority": 5}, "brb": {"reading": "back"}}', "a.json", (_LOL, _BRB)),
        ('{"0c1": {"surface": "lol", "pronunciation": "haha, yes", "accent_type": 1}}', "a.json", (_LOL,)),
        ('{"word": "lol", "said": "haha, yes"}\n{"word": "brb", "said": "back"}\n', "a.jsonl", (_LOL, _BRB)),
        ('{"lol": "haha, yes"}', "a.txt", (_LOL,)),
        ('[["a+", "x", true]]', "a.json", (Entry("a+", "x", pattern=True),)),
        ("{}", "a.json", ()),
    ],
)
def test_files_of_other_programs_are_understood_without_a_question(
    text: str, name: str, entries: tuple[Entry, ...]
) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        understood = understand(text.encode(encoding), name, GUILD)
        assert (understood.entries, understood.doubts) == (entries, ())


@pytest.mark.parametrize(
    ("data", "entries", "doubt"),
    [
        (b"a;b,c\nd;e,f\n", (Entry("a", "b,c"), Entry("d", "e,f")), "delimiter"),
        (b"lol=haha, yes\n", (_LOL,), "delimiter"),
        (b"lol,haha,5\nbrb,back,3\n", (Entry("lol", "haha"), _BRB), "numbers"),
        (b"5\tN\tlol\thaha, yes\n-1\tN\tbrb\tback\n", (_LOL, _BRB), "numbers"),
        (b"word,foo\nbrb,back\n", (Entry("word", "foo"), _BRB), "head"),
        (b"word,reading,mood\nbrb,back,sad\n", (_BRB,), "column"),
        (b'[{"written": "brb", "said": "back", "evil": 1}]', (_BRB,), "column"),
        ("你懂的,你知道\n".encode("gb18030"), (_NI,), "encoding"),
        ("單詞,讀音\n你懂的,你知道\n".encode("big5"), (_NI,), "encoding"),
        ("草,くさ\n".encode("cp932"), (Entry("草", "くさ"),), "encoding"),
        ("東京,とうきょう\n".encode("euc_jp"), (Entry("東京", "とうきょう"),), "encoding"),
        ("안녕,안녕하세요\n".encode("cp949"), (Entry("안녕", "안녕하세요"),), "encoding"),
        ("спс,спасибо\n".encode("cp1251"), (Entry("спс", "спасибо"),), "encoding"),
        ("café,coffee\n".encode("cp1252"), (Entry("café", "coffee"),), "encoding"),
        ("lol,haha\nbrb,back\n".encode("utf-16-le"), (Entry("lol", "haha"), _BRB), "encoding"),
    ],
)
def test_what_is_guessed_is_a_doubt(data: bytes, entries: tuple[Entry, ...], doubt: str) -> None:
    understood = understand(data, "a", GUILD)
    assert understood.entries == entries
    assert [each.code for each in understood.doubts] == [f"dictionary.doubt.{doubt}"]
    for language in ("en", "zh"):
        for each in understood.doubts:
            assert "{" not in texts.say(each.code, language, **dict(each.facts))


async def test_an_import_adds_or_replaces_and_is_whole_or_nothing(database: Database) -> None:
    lexicon = Lexicon(Dictionaries(database))
    await lexicon.add(GUILD, "gg", "good game")
    await lexicon.add(GUILD, "brb", "be right back")
    assert await lexicon.imported(GUILD, b"GG,well played\nafk,away\n", "a.csv", keep=True) == 2
    assert [entry.written for entry in read(await lexicon.exported(GUILD, "json"), "a.json", GUILD)] == [
        "brb",
        "GG",
        "afk",
    ]
    with pytest.raises(InputError, match=r"dictionary\.file_entry"):
        await lexicon.imported(GUILD, b"ok,fine\n(,x,true\n", "a.csv", keep=False)
    assert len(read(await lexicon.exported(GUILD, "csv"), "a.csv", GUILD)) == 3
    assert await lexicon.imported(GUILD, b"new,words\n", "a.csv", keep=False) == 1
    assert [entry.written for entry in read(await lexicon.exported(GUILD, "csv"), "a.csv", GUILD)] == ["new"]


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("(", "dictionary.pattern"),
        ("a*", "dictionary.pattern_empty"),
        ("(?:a{50}){50}", "dictionary.pattern_too_costly"),
        (r"(a)\1", "dictionary.pattern"),
    ],
)
async def test_a_bad_pattern_is_refused_with_a_sentence(database: Database, pattern: str, code: str) -> None:
    lexicon = Lexicon(Dictionaries(database))
    with pytest.raises(InputError) as caught:
        await lexicon.add(GUILD, pattern, "x", pattern=True)
    assert caught.value.code == code
    for language in ("en", "zh"):
        assert texts.of_error(caught.value, language) != code
    with pytest.raises(InputError, match=r"dictionary\.patterns_shared"):
        await lexicon.add(ANN, "a+", "x", pattern=True)


async def test_a_list_tells_its_size_and_what_it_leaves_out(database: Database) -> None:
    lexicon = Lexicon(Dictionaries(database))
    rows = "".join(f"word{n},said\n" for n in range(60)).encode()
    await lexicon.imported(ANN, rows, "a.csv", keep=True)
    lines = (await lexicon.lines(ANN, "en")).splitlines()
    assert lines[0] == f"60 of {MOST_OWN} entries:"
    assert "20 earlier" in lines[1]
    assert len(lines) == 42
    with pytest.raises(InputError, match=r"dictionary\.unknown"):
        await lexicon.remove(ANN, "nothing")
    await lexicon.remove(ANN, "WORD7")


async def test_patterns_that_would_be_passed_over_are_refused(database: Database) -> None:
    lexicon = Lexicon(Dictionaries(database))
    for letter in "abcde":
        await lexicon.add(GUILD, f"{letter}{{120}}x{{100}}", "long", pattern=True)
    for entry in (b"z{120}x{100},long,yes\n", b"plain,word\nz{120}x{100},long,yes\n"):
        with pytest.raises(InputError, match=r"dictionary\.patterns_too_costly"):
            await lexicon.imported(GUILD, entry, "a.csv", keep=True)
    with pytest.raises(InputError, match=r"dictionary\.patterns_too_costly"):
        await lexicon.add(GUILD, "z{120}x{100}", "long", pattern=True)
    assert await lexicon.imported(GUILD, b"z{120}x{100},long,yes\n", "a.csv", keep=False) == 1


async def test_imports_and_additions_at_the_same_time_lose_nothing(database: Database) -> None:
    one, other = Lexicon(Dictionaries(database)), Lexicon(Dictionaries(database))
    await one.lines(GUILD, "en")  # what it believes for ten seconds is an empty dictionary
    await other.add(GUILD, "gg", "good game")
    await asyncio.gather(
        *(one.imported(GUILD, f"a{n},x\nb{n},y\n".encode(), "a.csv", keep=True) for n in range(5)),
        *(other.add(GUILD, f"c{n}", "z") for n in range(5)),
    )
    assert len(await Dictionaries(database).get(GUILD)) == 16
