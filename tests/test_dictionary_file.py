"""A dictionary as a file: what goes out comes back, what is wrong is refused with its place, nothing is a formula."""

import csv
import io
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import texts
from bot.errors import InputError
from bot.model import Account, Space
from bot.platforms.reading.dictionary import Lexicon
from bot.platforms.reading.dictionary_file import MOST_BYTES, read, write
from bot.store.database import Database
from bot.store.dictionaries import MOST_OWN, Dictionaries, Entry

pytest_plugins = ["tests.ledger_fixtures"]

GUILD = Space("discord", "9")
ANN = Account("discord", "1")
_WORDS = st.text(st.characters(codec="utf-8"), max_size=40).map(lambda text: " ".join(text.split()))
"""As the store keeps them: on one line."""
_ENTRIES = st.lists(
    st.builds(Entry, _WORDS.filter(bool), _WORDS, st.booleans()),
    max_size=20,
    unique_by=lambda entry: entry.written.casefold(),
)


@pytest.mark.parametrize("form", ["json", "csv"])
@given(entries=_ENTRIES)
def test_what_goes_out_comes_back(form: Literal["json", "csv"], entries: list[Entry]) -> None:
    assert list(read(write(entries, form), f"dictionary.{form}")) == entries
    assert list(read(b"\xef\xbb\xbf" + write(entries, form), f"MINE.{form.upper()}")) == entries


@given(entries=_ENTRIES)
def test_no_cell_is_a_formula(entries: list[Entry]) -> None:
    rows = list(csv.reader(io.StringIO(write(entries, "csv").decode(), newline="")))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)


def test_a_file_made_by_hand_is_taken() -> None:
    assert read("brb,be right back\n你懂的,你知道\n".encode(), "a.csv") == (
        Entry("brb", "be right back"), Entry("你懂的", "你知道"),
    )  # fmt: skip
    assert read(b'written,said\n"a,b",c\n', "a.csv") == (Entry("a,b", "c"),)
    assert read(b'[{"written": "x", "said": ""}]', "a.json") == (Entry("x", ""),)


@pytest.mark.parametrize(
    ("data", "name", "code", "place"),
    [
        (b"x" * (MOST_BYTES + 1), "a.csv", "dictionary.file_size", "512"),
        (b"a,b", "a.xlsx", "dictionary.file_kind", ""),
        (b"\xff\xfe", "a.csv", "dictionary.file_encoding", ""),
        (b"[\n{", "a.json", "dictionary.file_json", "2"),
        (b"[" * 100_000, "a.json", "dictionary.file_json", ""),
        (b"{}", "a.json", "dictionary.file_json", ""),
        (b'[{"written": "a", "said": "b"}, 3]', "a.json", "dictionary.file_row", "2"),
        (b'[{"written": "a", "said": 3}]', "a.json", "dictionary.file_row", "1"),
        (b'[{"written": "a", "said": "b", "evil": 1}]', "a.json", "dictionary.file_row", "1"),
        (b'[{"written": " ", "said": "b"}]', "a.json", "dictionary.file_row", "1"),
        (b"a\n", "a.csv", "dictionary.file_row", "1"),
        (b"written,said\na,b,c,d\n", "a.csv", "dictionary.file_row", "2"),
        (b"a,b,maybe\n", "a.csv", "dictionary.file_row", "1"),
        (b'a,"b\n', "a.csv", "dictionary.file_row", ""),
        (b"a,b\nA,c\n", "a.csv", "dictionary.file_twice", "2"),
        ("".join(f"{n},x\n" for n in range(501)).encode(), "a.csv", "dictionary.full", "500"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(data: bytes, name: str, code: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data, name)
    assert caught.value.code == code
    for language in ("en", "zh"):
        assert place in texts.of_error(caught.value, language)


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.json"]))
def test_no_file_is_a_fault(data: bytes, name: str) -> None:
    try:
        read(data, name)
    except InputError:
        return


async def test_an_import_adds_or_replaces_and_is_whole_or_nothing(database: Database) -> None:
    lexicon = Lexicon(Dictionaries(database))
    await lexicon.add(GUILD, "gg", "good game")
    await lexicon.add(GUILD, "brb", "be right back")
    assert await lexicon.imported(GUILD, b"GG,well played\nafk,away\n", "a.csv", keep=True) == 2
    assert [entry.written for entry in read(await lexicon.exported(GUILD, "json"), "a.json")] == ["brb", "GG", "afk"]
    with pytest.raises(InputError, match=r"dictionary\.pattern"):
        await lexicon.imported(GUILD, b"ok,fine\n(,x,true\n", "a.csv", keep=False)
    assert len(read(await lexicon.exported(GUILD, "csv"), "a.csv")) == 3
    assert await lexicon.imported(GUILD, b"new,words\n", "a.csv", keep=False) == 1
    assert [entry.written for entry in read(await lexicon.exported(GUILD, "csv"), "a.csv")] == ["new"]


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
