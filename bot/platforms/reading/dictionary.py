"""The pronunciation dictionary: add, remove, list, export, and import from other bots' files with a preview."""

import asyncio
import codecs
import csv
import io
import json
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from cachetools import TTLCache
from charset_normalizer import from_bytes

from bot.errors import InputError
from bot.model import Account, Space
from bot.normalization.clean import clean_message
from bot.normalization.lexicon import check_pattern, check_patterns
from bot.normalization.message import ChatMessage, Reading, VocalCues
from bot.patterns import linear
from bot.store.dictionary import Dictionaries, Entry, Owner, check, most_of
from bot.texts import say

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LIKELY = ("gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1252", "cp1250")
"""Encodings of other programs, in the order in which they win a tie."""
_LEVELS = {
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "big5": ("big5", 0xA4, 0xC6),
    "cp932": ("shift_jis", 0x88, 0x97),
    "euc_jp": ("euc_jp", 0xB0, 0xCF),
}
"""Rows of common Han characters in a character set, by the first of their two bytes."""
_SYLLABLES = frozenset(
    "이다는을를에의가하고지기도로사서자리시대어나아인해한그것만안있없수들오우부보일주정여과라마게면으니스전제거장무모비생성상소신조"
    "중적요세내러저르네호화국연원계현구위명경공회관방법물문말음식점동등때좋많은했었습까녕단읽크왜너난진짜뭐뭔앙잉웃감사합친"
)
"""Common Korean syllables."""
_SAMPLE = 4_000
"""Characters that are examined."""
_LEAST = 0.3


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and, if the encoding is only guessed, its name.

    Raises InputError ``dictionary.file_byte`` (line) for UTF-8 with an invalid byte, ``dictionary.file_encoding``.
    """
    try:
        for mark, name in _MARKS:
            if data.startswith(mark) and data != mark:
                return data.decode(name).removeprefix("\ufeff"), ""
        if wide := _wide(data):
            return data.decode(wide), wide
        if data in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise InputError("dictionary.file_encoding")
    except UnicodeDecodeError:
        raise InputError("dictionary.file_encoding") from None
    try:
        return data.decode(), ""
    except UnicodeDecodeError as error:
        if _is_utf_8(data):
            raise InputError("dictionary.file_byte", line=data.count(b"\n", 0, error.start) + 1) from None
    return _guessed(data)


def _wide(data: bytes) -> str:
    """Return the kind of UTF-16 without a byte order mark; empty for anything else."""
    if len(data) % 2 or data.count(0) * 5 < len(data):
        return ""
    even, odd = data[::2].count(0), data[1::2].count(0)
    return "utf-16-le" if odd > 4 * even else "utf-16-be" if even > 4 * odd else ""


def _is_utf_8(data: bytes) -> bool:
    """Return whether all but a few bytes are valid UTF-8."""
    text = data.decode(errors="surrogateescape")
    wrong = sum("\udc80" <= sign <= "\udcff" for sign in text)
    right = sum(sign > "\x7f" for sign in text) - wrong
    return right >= 3 * wrong


def _guessed(data: bytes) -> tuple[str, str]:
    found = []
    messy = {match.encoding: match.chaos for match in from_bytes(data, cp_isolation=list(_LIKELY), threshold=0.9)}
    for place, name in enumerate(_LIKELY):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        found.append((_likeness(text[:_SAMPLE], name) - messy.get(name, 1.0), -place, text, name))
    if not found or max(found)[0] < _LEAST - 1:
        raise InputError("dictionary.file_encoding")
    _, _, text, name = max(found)
    return text, name


def _likeness(text: str, name: str) -> float:
    """Return how plausible a text is in this encoding, up to 1 per character beyond ASCII."""
    signs = [(before, sign) for before, sign in zip(" " + text, text, strict=False) if sign > "\x7f"]
    return sum(_worth(sign, before, name) for before, sign in signs) / max(1, len(signs))


def _worth(sign: str, before: str, name: str) -> float:  # noqa: PLR0911  one script after the other
    kind = unicodedata.category(sign)
    if kind[0] == "C":
        return -3
    if "\u4e00" <= sign <= "\u9fff" and name in _LEVELS:
        return _common(sign, name)
    if "\u3041" <= sign <= "\u30ff":
        return 1.2 if name in ("cp932", "euc_jp") else 0.2
    if "\uac00" <= sign <= "\ud7a3":
        return 1.6 if sign in _SYLLABLES else 0.6 if _has(sign, "euc_kr") else -0.5
    if "\u0400" <= sign <= "\u04ff":
        if before.isascii() and before.isalpha():
            return -1
        return -1 if sign.isupper() and before.islower() else 1 if sign.islower() else 0.6
    if kind[0] == "L" and sign < "\u0250":
        usual = 0.7 if name == "cp1252" else 0.6
        return usual if before.isascii() and sign.islower() else 0.1
    return 0.3 if kind[0] == "P" else -0.7


def _common(sign: str, name: str) -> float:
    codec, first, last = _LEVELS[name]
    return 1 if _has(sign, codec) and first <= sign.encode(codec)[0] <= last else -0.4


def _has(sign: str, codec: str) -> bool:
    try:
        return len(sign.encode(codec)) == 2  # a Korean syllable without a code is written in eight bytes
    except UnicodeEncodeError:
        return False


_BLANK = re.compile(r"[ \t\r\n]*+")
_MOST_DEPTH = 4
Cells = list[tuple[str, Any]]
"""Names and values of an entry; those of a pair or a word have no names."""


def items(text: str, *, is_entry: Callable[[Any], bool]) -> Iterator[tuple[int, Cells]]:
    """Yield each entry with its line. ``is_entry``: whether an object is an entry rather than a map of entries.

    Raises InputError ``dictionary.file_json`` (line), ``dictionary.file_row`` (line).
    """
    begin = place = _skip(text, 0)
    while True:
        end = yield from _values(text, place, is_entry, 0)
        place = _skip(text, end)
        if place == len(text):
            return
        if not text.startswith("{", begin) or not text.startswith("{", place):
            raise _not_json(text, place)


def _values(
    text: str, place: int, is_entry: Callable[[Any], bool], depth: int
) -> Generator[tuple[int, Cells], None, int]:
    """Yield the entries of the value at an offset; return the offset of its end."""
    if not text.startswith(("[", "{"), place) or depth > _MOST_DEPTH:
        raise _not_json(text, place)
    value, end = _whole(text, place)
    if isinstance(value, dict) and is_entry(value):
        yield _line(text, place), list(value.items())
        return end
    inner = _inner(value)
    line, counted = _line(text, place), place
    for key, at, each, _ in _parts(text, place):
        line, counted = line + text.count("\n", counted, at), at
        if inner is not None:
            if key == inner:
                yield from _values(text, at, is_entry, depth + 1)
        else:
            yield line, _cells(key, each, line, is_entry)
    return end


def _inner(value: Any) -> str | None:
    """Return the key under which an object holds all entries; None if it is the entries itself."""
    if not isinstance(value, dict):
        return None
    held = [name for name, each in value.items() if isinstance(each, list | dict)]
    only = held[0] if len(held) == 1 else None
    if only is None or (isinstance(value[only], list) and value[only] and isinstance(value[only][0], str)):
        return None
    is_list = isinstance(value[only], list)
    return only if is_list or only.casefold() in _HOLDERS else None


_HOLDERS = frozenset(
    {"entries", "dictionary", "dict", "words", "data", "items", "list", "replacements", "lexicon", "词典"}
)


def _cells(key: str | None, value: Any, line: int, is_entry: Callable[[Any], bool]) -> Cells:
    if isinstance(value, dict):
        return list(value.items()) if key is None or is_entry(value) else [("", key), *value.items()]
    if key is not None:
        return [("", key), ("", value)]
    if isinstance(value, list):
        return [("", each) for each in value]
    raise InputError("dictionary.file_row", line=line)


def _parts(text: str, place: int) -> Iterator[tuple[str | None, int, Any, int]]:
    """Yield the members of the list or object at an offset: name, start of the value, value, end."""
    named = text.startswith("{", place)
    closing = "}" if named else "]"
    place = _skip(text, place + 1)
    while not text.startswith(closing, place):
        key: str | None = None
        if named:
            key, place = _decoded(text, place)
            place = _skip(text, _skip(text, place) + 1)
        value, end = _decoded(text, place)
        yield key, place, value, end
        place = _skip(text, end)
        if text.startswith(",", place):
            place = _skip(text, place + 1)
            if text.startswith(closing, place):
                raise _not_json(text, place)
        elif not text.startswith(closing, place):
            raise _not_json(text, place)


def _whole(text: str, place: int) -> tuple[Any, int]:
    try:
        return _PLAIN.raw_decode(text, place)
    except (ValueError, RecursionError):
        for _ in _parts(text, place):  # which gives the line
            pass
        raise _not_json(text, place) from None


def _decoded(text: str, place: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, place)
    except (ValueError, RecursionError) as error:
        raise _not_json(text, getattr(error, "pos", place)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object if its names are unique: one of two values would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a duplicate name")
    return found


_PLAIN = json.JSONDecoder()
_DECODER = json.JSONDecoder(object_pairs_hook=_once)


def _skip(text: str, place: int) -> int:
    """Return the offset of the next character that is no blank."""
    blank = _BLANK.match(text, place)
    return blank.end() if blank else place


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _not_json(text: str, place: int) -> InputError:
    return InputError("dictionary.file_json", line=_line(text, place))


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
"""Column names of other programs; under the empty name, ignored ones."""
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names.split()}
_DELIMITERS = "\t;|,="
"""In the order in which they win a tie."""
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"", "false", "no", "0"})
_YES = "yes"
"""Not ``true``, which a spreadsheet translates and then saves in its own language."""
_SHOWN = 5
"""Entries of a preview."""

_LEAD = r"((?:^|;)[ \"]*+)"
"""The beginning of a cell; also after a semicolon, for spreadsheets that separate cells there."""
_RUN = "(?=[=+\\-@＝＋－＠'])"
"""Characters that make a spreadsheet run a cell (a Japanese one also the wide forms), and the one that prevents it."""
_ONCE = "begins at a semicolon, which is no part of what it passes"
_OPEN, _STOPPED = linear(_LEAD + _RUN, _ONCE), linear(f"{_LEAD}'{_RUN}", _ONCE)
_NUMBER = re.compile(r"[+-]?\d{1,9}")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A guess, as code and facts of its sentence."""

    code: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Understood:
    """A parsed file."""

    entries: tuple[Entry, ...]
    doubts: tuple[Doubt, ...]
    """Guesses a person should confirm."""
    dead: tuple[str, ...] = ()
    """Words that never match, because cleaning removes them from every message."""

    @property
    def preview(self) -> tuple[Entry, ...]:
        """The first entries."""
        return self.entries[:_SHOWN]

    @property
    def more(self) -> int:
        """Return how many entries follow the preview."""
        return max(0, len(self.entries) - _SHOWN)


def write(entries: Iterable[Entry], form: Format) -> bytes:
    """Return entries as a file in UTF-8. CSV gets a byte order mark, without which spreadsheets guess the encoding."""
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
    """Return a file's entries, valid for the dictionary of ``owner``, and what was guessed. Takes milliseconds.

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
    """Return the column of a name; empty for an ignored one, None for an unknown one."""
    return _COLUMN_OF.get("_".join(str(name).strip().strip("\"'").casefold().replace("-", "_").split()))


def _names_entry(value: Any) -> bool:
    """Return whether an object's names are those of an entry's columns."""
    columns = set(map(_column, value))
    return {"written", "said"} <= columns and not any(isinstance(each, dict | list) for each in value.values())


def _from_json(text: str, doubts: dict[Doubt, None]) -> Iterator[tuple[int, Entry]]:
    for line, cells in items(text, is_entry=_names_entry):
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
    """Return the delimiter: from the head, else the one that splits all rows alike. A tie is a doubt."""
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
    """Return whether a character splits every row into two to four cells, the same number in each."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True) if any(row)]
    except csv.Error:
        return False
    counts = {len(_trimmed(row)) for row in rows}
    return bool(rows) and max(counts) > 1 and counts <= {2, 3, 4} and (len(counts) == 1 or counts <= {2, 3})


def _trimmed(row: Sequence[str]) -> Sequence[str]:
    """Return a row without trailing empty cells, which spreadsheets write; at least two stay."""
    end = len(row)
    while end > 2 and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _spaced(text: str, sign: str) -> bool:
    """Return whether a blank follows a character, which then belongs to a sentence."""
    return f"{sign} " in text


def _is_head(cells: Sequence[str]) -> bool:
    columns = list(map(_column, _trimmed(cells)))
    return len(columns) > 1 and {"written", "said"} <= set(columns)


def _head(cells: Sequence[str], doubts: dict[Doubt, None]) -> tuple[str, ...] | None:
    """Return the columns named by the first row; None if it is an entry. Ambiguity is a doubt."""
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
    """Return word, replacement, pattern; a number in the third column is a priority, and may also come first."""
    if len(row) == 4 and _NUMBER.fullmatch(row[0].strip()) and len(row[1].strip()) == 1:
        doubts[Doubt("dictionary.doubt.numbers")] = None
        return ("", "", "written", "said")
    if len(row) == 3 and _NUMBER.fullmatch(row[2].strip()) and row[2].strip() not in _TRUE | _FALSE:
        doubts[Doubt("dictionary.doubt.numbers")] = None
        return ("written", "said", "")
    return _COLUMNS


def _guarded(cell: str) -> str:
    return _OPEN.sub(r"\1'", _on_one_line(cell))


def _unguarded(cell: str) -> str:
    return _STOPPED.sub(r"\1", _on_one_line(cell))


def _on_one_line(cell: str) -> str:
    """Return a single-spaced line, as it is stored; the expressions would be slow on many blanks."""
    return " ".join(cell.split())


_MOST_WAITING = 50
"""Files of all people that wait for an answer; the oldest is dropped first."""
_WAITS = 15 * 60.0
"""Seconds until a question expires."""
_MOST_NAMED = 5
_LONGEST_SHOWN = 60
"""Characters of a word or a replacement in a preview."""


@dataclass(frozen=True, slots=True)
class Import:
    """A file that waits for confirmation."""

    account: Account
    """The person who may answer."""
    owner: Account | Space
    found: Understood
    keep: bool
    """Whether existing entries stay."""


class Imports:
    """Waiting files, in memory: after a restart the file has to be imported again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Set up; ``clock`` gives monotonic seconds."""
        self._waiting: TTLCache[str, Import] = TTLCache(_MOST_WAITING, _WAITS, clock)

    def ask(self, waiting: Import) -> str:
        """Keep a file. Return the token for its buttons."""
        token = secrets.token_urlsafe(9)
        self._waiting[token] = waiting
        return token

    def answer(self, token: str, account: Account) -> Import:
        """Take the file of an answered question.

        Raises InputError ``dictionary.ask_gone``, ``dictionary.ask_others`` for anybody but its owner.
        """
        if (waiting := self._waiting.get(token)) is None:
            raise InputError("dictionary.ask_gone")
        if waiting.account != account:
            raise InputError("dictionary.ask_others")
        self._waiting.pop(token, None)
        return waiting


def needs_question(found: Understood, *, keep: bool) -> bool:
    """Return whether a person should confirm the import: something was guessed, or it would replace all by nothing."""
    return bool(found.doubts) or not (found.entries or keep)


def question(found: Understood, language: str, *, keep: bool) -> str:
    """Return the preview, the guesses, and the question."""
    code = "dictionary.ask" if keep else "dictionary.ask_replace"
    return "\n".join([preview(found, language), say(code, language, count=len(found.entries))])


def imported(found: Understood, language: str) -> str:
    """Return the number of imported entries, and the first of them."""
    head = say("dictionary.imported", language, count=len(found.entries))
    lines = [preview(found, language)] if found.entries else []
    return "\n".join([head, *lines, *warning(found.dead, language)])


def warning(dead: Sequence[str], language: str) -> list[str]:
    """Return a line about words that never match, if there are any."""
    if not dead:
        return []
    words = ", ".join(map(_short, dead[:_MOST_NAMED])) + (" …" if len(dead) > _MOST_NAMED else "")
    return [say("dictionary.dead", language, words=words)]


def dead_words(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return words that never match, because cleaning removes them: tried with a message of the word alone."""
    return tuple(entry.written for entry in entries if not entry.pattern and not _is_found(entry.written))


def _is_found(written: str) -> bool:
    for language in ("en", "zh"):
        reading = Reading(
            "zh" if language == "zh" else "en",
            dictionary=((written, "said"),),
            delivery=VocalCues.off(),
            max_characters=10_000,
        )
        if any(each.rule == "dictionary" for each in clean_message(ChatMessage(written), reading).rules):
            return True
    return False


def preview(found: Understood, language: str) -> str:
    """Return the first entries as they were parsed, and the guesses."""
    lines = [say("dictionary.preview", language)]
    for entry in found.preview:
        code = "dictionary.line_pattern" if entry.pattern else "dictionary.line"
        lines.append(say(code, language, written=_short(entry.written), said=_short(entry.said) or "–"))
    if not found.entries:
        lines.append(say("dictionary.preview_none", language))
    if found.more:
        lines.append(say("dictionary.preview_more", language, count=found.more))
    if found.doubts:
        doubts = " ".join(say(doubt.code, language, **dict(doubt.facts)) for doubt in found.doubts)
        lines.append(say("dictionary.doubt", language, doubts=doubts))
    return "\n".join(lines)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


__all__ = ["MOST_BYTES", "Format", "Lexicon"]

_MOST_LISTED = 40
"""Entries shown in a chat; a file has all."""


class Lexicon:
    """The dictionary commands of a front end."""

    def __init__(self, dictionaries: Dictionaries) -> None:
        self._dictionaries = dictionaries

    async def add(self, owner: Account | Space, written: str, said: str, *, pattern: bool = False) -> Entry:
        """Add an entry. Return it in its stored form. ``dead_words`` shows whether it ever matches.

        Raises InputError as ``Dictionaries.put`` and ``check_pattern``; StoreError.
        """
        entry = check(owner, Entry(written, said, pattern))
        if pattern:
            check_pattern(entry.written)
            await self._refuse_costly(owner, [entry])
        await self._dictionaries.put(owner, entry)
        return entry

    async def remove(self, owner: Account | Space, written: str) -> None:
        """Remove a word. Raises InputError ``dictionary.unknown``, StoreError."""
        if not await self._dictionaries.remove(owner, written):
            raise InputError("dictionary.unknown", word=written)

    async def lines(self, owner: Account | Space, language: str) -> str:
        """Return the entries as text, and the limit. Raises StoreError."""
        entries = await self._dictionaries.get(owner)
        shown = [_listed(entry, language) for entry in entries[-_MOST_LISTED:]]
        head = say("dictionary.count", language, count=len(entries), limit=most_of(owner))
        more = len(entries) - len(shown)
        return "\n".join([head, *([say("dictionary.earlier", language, count=more)] if more else []), *shown])

    async def exported(self, owner: Account | Space, form: Format) -> bytes:
        """Return all entries as a file. Raises StoreError."""
        return write(await self._dictionaries.get(owner), form)

    async def imported(self, owner: Account | Space, data: bytes, name: str, *, keep: bool) -> int:
        """Import a file, whole or not at all; ``keep``: existing entries stay, unless the file changes them.

        Returns how many entries the file held. Raises InputError ``dictionary.file_…`` and as ``add``; StoreError.
        """
        found = await self.understood(owner, data, name, keep=keep)
        await self.take_in(owner, found, keep=keep)
        return len(found.entries)

    async def understood(self, owner: Account | Space, data: bytes, name: str, *, keep: bool) -> Understood:
        """Return a parsed file. Raises as ``imported``."""
        found = await asyncio.to_thread(_understood, data, name, owner)
        await self._refuse_costly(owner, found.entries, keep=keep)
        return found

    async def take_in(self, owner: Account | Space, found: Understood, *, keep: bool) -> None:
        """Import a parsed file, whole or not at all. Raises as ``imported``."""
        await self._refuse_costly(owner, found.entries, keep=keep)
        await (self._dictionaries.merge if keep else self._dictionaries.replace)(owner, found.entries)

    async def _refuse_costly(self, owner: Account | Space, entries: Sequence[Entry], *, keep: bool = True) -> None:
        """Refuse patterns that are too expensive together, rather than skip them while reading."""
        new = [entry.written for entry in entries if entry.pattern]
        if not new:
            return
        words = {entry.written.casefold() for entry in entries}
        before = await self._dictionaries.get(owner) if keep else ()
        kept = [entry.written for entry in before if entry.pattern and entry.written.casefold() not in words]
        check_patterns([*kept, *new])


def _understood(data: bytes, name: str, owner: Account | Space) -> Understood:
    found = understand(data, name, owner)
    return replace(found, dead=dead_words(found.entries))


def _listed(entry: Entry, language: str) -> str:
    code = "dictionary.line_pattern" if entry.pattern else "dictionary.line"
    return say(code, language, written=entry.written, said=entry.said or "–")
