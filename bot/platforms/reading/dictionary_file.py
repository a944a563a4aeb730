"""A dictionary as a file: pure, and the same when it comes back. Used by both doors and the host.

Out goes JSON, a list of objects with ``written``, ``said`` and, where it is one, ``pattern: true``, or CSV with these
columns and a head line. In comes what other bots and spreadsheets write, too: other names of the columns, other signs
between cells, other encodings, other shapes of JSON. What had to be guessed is a doubt, for a person to confirm.
A cell that a spreadsheet would take for a formula gets an apostrophe, which is taken off again.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.errors import InputError
from bot.patterns import linear
from bot.platforms.reading import dictionary_json
from bot.platforms.reading.dictionary_text import decode
from bot.speech.chat.lexicon import check_pattern, check_patterns
from bot.store.dictionaries import Entry, Owner, check, most_of

Format = Literal["json", "csv"]
MOST_BYTES = 512_000
_ENDINGS = frozenset({"json", "jsonl", "csv", "tsv", "tab", "txt", "dic"})
_COLUMNS = ("written", "said", "pattern")
_NAMES = {
    "written": "written word words term text from original source key surface before input find abbreviation abbr "
    "entry phrase 单词 词 词语 词汇 原文 写法 文字 單詞 詞 詞語 寫法 単語 表記 語 言葉 登録語 置換前 원문 단어 слово "
    "wort mot palabra",
    "said": "said reading read yomi pronunciation pronounce pron spoken say to replacement replace after output target "
    "读法 读音 发音 读作 说法 念法 讀法 讀音 發音 読み よみ ヨミ 読み方 発音 置換後 읽기 발음 чтение произношение "
    "aussprache lecture lectura",
    "pattern": "pattern regex regexp isregex is_regex use_regex 正则 正則 正規表現",
    "": "id uuid no # index priority weight accent accent_type word_type type kind pos part_of_speech lang language "
    "note comment created_at updated_at created updated author user added_by guild guild_id enabled case_sensitive "
    "优先级 優先度 優先順位 アクセント 品詞 备注 語言",
}
"""What programs call the columns; under no name, those that are left out."""
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names.split()}
_DELIMITERS = "\t;|,="
"""In the order in which they win a tie."""
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"", "false", "no", "0"})
_YES = "yes"
"""Not ``true``, which a spreadsheet translates and then saves in its own language."""
_SHOWN = 5
"""Entries of a preview."""

_LEAD = r"((?:^|;)[ \"]*+)"
"""Where a cell begins; behind a semicolon as well, for a spreadsheet that parts cells there."""
_RUN = "(?=[=+\\-@＝＋－＠'])"
"""What a spreadsheet may run (a Japanese one the wide signs, too), and the sign that stops it from doing so."""
_ONCE = "begins at a semicolon, which is no part of what it passes"
_OPEN, _STOPPED = linear(_LEAD + _RUN, _ONCE), linear(f"{_LEAD}'{_RUN}", _ONCE)
_NUMBER = re.compile(r"[+-]?\d{1,9}")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that was guessed, as code and facts of its sentence."""

    code: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Understood:
    """A file as it was understood."""

    entries: tuple[Entry, ...]
    doubts: tuple[Doubt, ...]
    """What a person should confirm; empty where nothing was guessed."""
    dead: tuple[str, ...] = ()
    """Words that no message can hold by the time they are looked up."""

    @property
    def preview(self) -> tuple[Entry, ...]:
        """The first entries."""
        return self.entries[:_SHOWN]

    @property
    def more(self) -> int:
        """How many entries follow the preview."""
        return max(0, len(self.entries) - _SHOWN)


def write(entries: Iterable[Entry], form: Format) -> bytes:
    """UTF-8. CSV begins with a byte order mark: without one a spreadsheet takes the text for another encoding."""
    if form == "json":
        rows = [
            {"written": each.written, "said": each.said} | ({"pattern": True} if each.pattern else {})
            for each in entries
        ]
        return json.dumps(rows, ensure_ascii=False, indent=1).encode()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for each in entries:
        writer.writerow([_guarded(each.written), _guarded(each.said), _YES if each.pattern else ""])
    return out.getvalue().encode("utf-8-sig")


def understand(data: bytes, name: str, owner: Owner) -> Understood:
    """Return the entries of a file, fit for the dictionary of ``owner``, and what was guessed. Some milliseconds.

    Raises InputError ``dictionary.file_size`` (limit), ``dictionary.file_kind``, ``dictionary.file_encoding``,
    ``dictionary.file_byte`` (line), ``dictionary.file_json`` (line), ``dictionary.file_row`` (line),
    ``dictionary.file_twice`` (line, word, first), ``dictionary.file_entry`` (line, problem: what ``check`` and
    ``check_pattern`` raise), ``dictionary.full`` (limit), ``dictionary.patterns_too_costly``.
    """
    if len(data) > MOST_BYTES:
        raise InputError("dictionary.file_size", limit=MOST_BYTES // 1000)
    ending = name.rpartition(".")[2].casefold()
    if ("." in name and ending not in _ENDINGS) or data.startswith(b"PK\x03\x04"):
        raise InputError("dictionary.file_kind")
    text, guessed = decode(data)
    doubts: dict[Doubt, None] = {}
    if guessed:
        doubts[Doubt("dictionary.doubt.encoding", (("encoding", guessed),))] = None
    is_json = ending in ("json", "jsonl") or (ending != "csv" and text.lstrip().startswith(("[", "{")))
    rows = _from_json(text, doubts) if is_json else _from_csv(text, doubts)
    return Understood(_checked(rows, owner), tuple(doubts))


def read(data: bytes, name: str, owner: Owner) -> tuple[Entry, ...]:
    """Return the entries alone. Raises as ``understand``."""
    return understand(data, name, owner).entries


def _checked(rows: Iterable[tuple[int, Entry]], owner: Owner) -> tuple[Entry, ...]:
    lines: dict[str, int] = {}
    entries: list[Entry] = []
    patterns = 0
    for line, row in rows:
        try:
            entry = check(owner, row)
            if entry.pattern:
                check_pattern(entry.written, patterns)
                patterns += 1
        except InputError as error:
            raise InputError("dictionary.file_entry", line=line, problem=error) from None
        first = lines.setdefault(entry.written.casefold(), line)
        if len(lines) == len(entries):
            raise InputError("dictionary.file_twice", line=line, word=entry.written, first=first)
        entries.append(entry)
        if len(entries) > most_of(owner):
            raise InputError("dictionary.full", limit=most_of(owner))
    check_patterns(entry.written for entry in entries if entry.pattern)
    return tuple(entries)


def _column(name: Any) -> str | None:
    """Which column a name is of; empty for one that is left out, None for a name that nobody knows."""
    return _COLUMN_OF.get("_".join(str(name).strip().strip("\"'").casefold().replace("-", "_").split()))


def _names_entry(value: Any) -> bool:
    """Whether the names of an object are those of an entry's columns."""
    columns = set(map(_column, value))
    return {"written", "said"} <= columns and not any(isinstance(each, dict | list) for each in value.values())


def _from_json(text: str, doubts: dict[Doubt, None]) -> Iterator[tuple[int, Entry]]:
    for line, cells in dictionary_json.items(text, is_entry=_names_entry):
        found: dict[str, Any] = {}
        unnamed = iter(_COLUMNS)
        for name, value in cells:
            column = _column(name) if name else next(unnamed, "more")
            if column is None:
                doubts[Doubt("dictionary.doubt.column", (("column", name[:40]),))] = None
            elif column:
                if column in found:
                    raise InputError("dictionary.file_row", line=line)
                found[column] = value
        yield line, _entry(found, line)


def _entry(found: dict[str, Any], line: int) -> Entry:
    written, said, pattern = found.get("written"), found.get("said"), found.get("pattern", False)
    if "more" in found or not (isinstance(written, str) and isinstance(said, str) and isinstance(pattern, bool)):
        raise InputError("dictionary.file_row", line=line)
    return Entry(written, said, pattern)


def _from_csv(text: str, doubts: dict[Doubt, None]) -> Iterator[tuple[int, Entry]]:
    text = text.replace("\x00", "")
    delimiter = _delimiter(text, doubts)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: tuple[str, ...] | None = None
    begun = False
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows, None)
        except csv.Error:
            raise InputError("dictionary.file_row", line=line) from None
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if not begun:
            begun = True
            if (columns := _head(cells, doubts)) is not None:
                continue
        yield line, _from_cells(cells, columns, line, doubts)


def _delimiter(text: str, doubts: dict[Doubt, None]) -> str:
    """What parts the cells: told by the head, else by what parts all rows alike. A tie is a doubt."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    for sign in _DELIMITERS:
        if _is_head(first.replace('"', "").split(sign)):
            return sign
    ranked = sorted((sign for sign in _DELIMITERS if _parts_all(text, sign)), key=lambda sign: _spaced(text, sign))
    if not ranked:
        return ","
    if len(ranked) > 1 and _spaced(text, ranked[0]) == _spaced(text, ranked[1]):
        doubts[Doubt("dictionary.doubt.delimiter", (("sign", {"\t": "Tab"}.get(ranked[0], ranked[0])),))] = None
    elif ranked[0] == "=":
        doubts[Doubt("dictionary.doubt.delimiter", (("sign", "="),))] = None
    return ranked[0]


def _parts_all(text: str, sign: str) -> bool:
    """Whether a sign parts every row into two to four cells, the same number of them."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True) if any(row)]
    except csv.Error:
        return False
    counts = {len(_trimmed(row)) for row in rows}
    return bool(rows) and max(counts) > 1 and counts <= {2, 3, 4} and (len(counts) == 1 or counts <= {2, 3})


def _trimmed(row: Sequence[str]) -> Sequence[str]:
    """A row without empty cells at its end, of which a spreadsheet writes many; two at least stay."""
    end = len(row)
    while end > 2 and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _spaced(text: str, sign: str) -> bool:
    """Whether a blank follows a sign: it is of a sentence, not between cells."""
    return f"{sign} " in text


def _is_head(cells: Sequence[str]) -> bool:
    columns = list(map(_column, _trimmed(cells)))
    return len(columns) > 1 and {"written", "said"} <= set(columns)


def _head(cells: Sequence[str], doubts: dict[Doubt, None]) -> tuple[str, ...] | None:
    """The columns that the first row names; None where it is an entry. One that may be either is a doubt."""
    names = _trimmed(cells)
    columns = list(map(_column, names))
    if not _is_head(cells):
        if any(columns[:2]):
            doubts[Doubt("dictionary.doubt.head", (("row", " | ".join(names)[:80]),))] = None
        return None
    for name, column in zip(names, columns, strict=True):
        if column is None:
            doubts[Doubt("dictionary.doubt.column", (("column", name.strip()[:40]),))] = None
    return tuple(column or "" for column in columns)


def _from_cells(cells: Sequence[str], columns: tuple[str, ...] | None, line: int, doubts: dict[Doubt, None]) -> Entry:
    row = _trimmed(cells)
    if columns is None:
        columns = _usual_columns(row, doubts)
    found = dict.fromkeys(_COLUMNS, "")
    for place, cell in enumerate(row):
        column = columns[place] if place < len(columns) else None
        if column is None and cell.strip():
            raise InputError("dictionary.file_row", line=line)
        if column:
            found[column] = cell
    word = found["pattern"].strip().casefold()
    if len(cells) < 2 or not found["written"].strip() or word not in _TRUE | _FALSE:
        raise InputError("dictionary.file_row", line=line)
    return Entry(_unguarded(found["written"]), _unguarded(found["said"]), word in _TRUE)


def _usual_columns(row: Sequence[str], doubts: dict[Doubt, None]) -> tuple[str, ...]:
    """Word, what is said, pattern; a number in the third place is a priority, and may stand first as well."""
    if len(row) == 4 and _NUMBER.fullmatch(row[0].strip()) and len(row[1].strip()) == 1:
        doubts[Doubt("dictionary.doubt.numbers")] = None
        return ("", "", "written", "said")
    if len(row) == 3 and _NUMBER.fullmatch(row[2].strip()) and row[2].strip() not in _TRUE | _FALSE:
        doubts[Doubt("dictionary.doubt.numbers")] = None
        return ("written", "said", "")
    return _COLUMNS


def _guarded(cell: str) -> str:
    return _OPEN.sub(r"\1'", _line(cell))


def _unguarded(cell: str) -> str:
    return _STOPPED.sub(r"\1", _line(cell))


def _line(cell: str) -> str:
    """Single-spaced, as it is stored; the expressions would take long over many blanks."""
    return " ".join(cell.split())
