"""A dictionary as a file, JSON or CSV: pure, strict, and the same when it comes back. Used by both doors and the host.

JSON is a list of objects with ``written``, ``said`` and, where it is one, ``pattern: true``. CSV has these columns and
a head line; with the head, semicolons and tabs may part them as well, since spreadsheets of many countries save so.
A cell that a spreadsheet would take for a formula gets an apostrophe, which is taken off again.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from bot.errors import InputError
from bot.patterns import linear
from bot.speech.chat.lexicon import check_pattern, check_patterns
from bot.store.dictionaries import Entry, Owner, check, most_of

Format = Literal["json", "csv"]
MOST_BYTES = 512_000
_COLUMNS = ("written", "said", "pattern")
_HEADS = (_COLUMNS, _COLUMNS[:2])
_DELIMITERS = (",", ";", "\t")
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"", "false", "no", "0"})
_YES = "yes"
"""Not ``true``, which a spreadsheet translates and then saves in its own language."""

_LEAD = r"((?:^|;)[ \"]*+)"
"""Where a cell begins; behind a semicolon as well, for a spreadsheet that parts cells there."""
_RUN = "(?=[=+\\-@＝＋－＠'])"
"""What a spreadsheet may run (a Japanese one the wide signs, too), and the sign that stops it from doing so."""
_ONCE = "begins at a semicolon, which is no part of what it passes"
_OPEN, _STOPPED = linear(_LEAD + _RUN, _ONCE), linear(f"{_LEAD}'{_RUN}", _ONCE)

_BLANK = re.compile(r"[ \t\r\n]*")


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


def read(data: bytes, name: str, owner: Owner) -> tuple[Entry, ...]:
    """The entries of a file, fit for the dictionary of ``owner``; ``name`` tells its kind. Some milliseconds.

    Raises InputError ``dictionary.file_size`` (limit), ``dictionary.file_kind``, ``dictionary.file_encoding``,
    ``dictionary.file_json`` (line), ``dictionary.file_row`` (line), ``dictionary.file_twice`` (line, word, first),
    ``dictionary.file_entry`` (line, problem: what ``check`` and ``check_pattern`` raise), ``dictionary.full`` (limit),
    ``dictionary.patterns_too_costly``.
    """
    if len(data) > MOST_BYTES:
        raise InputError("dictionary.file_size", limit=MOST_BYTES // 1000)
    ending = name.rpartition(".")[2].casefold()
    if ending not in {"json", "csv"}:
        raise InputError("dictionary.file_kind")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("dictionary.file_encoding") from None
    return _checked(_from_json(text) if ending == "json" else _from_csv(text), owner)


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


def _from_json(text: str) -> Iterator[tuple[int, Entry]]:
    """Each entry with the line where it begins: taken one by one, since the whole list would not tell."""
    place = _skip(text, 0)
    if not text.startswith("[", place):
        raise _no_list(text, place)
    place = _skip(text, place + 1)
    line, counted, more = 1, 0, not text.startswith("]", place)
    while more:
        line += text.count("\n", counted, place)
        counted = place
        try:
            row, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise _no_list(text, getattr(error, "pos", place)) from None
        yield line, _entry(row, line)
        place = _skip(text, place)
        more = text.startswith(",", place)
        if more:
            place = _skip(text, place + 1)
    if not text.startswith("]", place) or _skip(text, place + 1) < len(text):
        raise _no_list(text, place)


def _skip(text: str, place: int) -> int:
    """Where something stands again."""
    blank = _BLANK.match(text, place)
    return blank.end() if blank else place


def _no_list(text: str, place: int) -> InputError:
    return InputError("dictionary.file_json", line=text.count("\n", 0, place) + 1)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names stand there once: of two values one would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_once)


def _entry(row: Any, line: int) -> Entry:
    if not isinstance(row, dict) or not set(row) <= set(_COLUMNS):
        raise InputError("dictionary.file_row", line=line)
    written, said, pattern = row.get("written"), row.get("said"), row.get("pattern", False)
    if not (isinstance(written, str) and isinstance(said, str) and isinstance(pattern, bool)):
        raise InputError("dictionary.file_row", line=line)
    return Entry(written, said, pattern)


def _from_csv(text: str) -> Iterator[tuple[int, Entry]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows, None)
        except csv.Error:
            raise InputError("dictionary.file_row", line=line) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells) and not (line == 1 and _is_head(cells)):
            yield line, _from_cells(cells, line)


def _delimiter(text: str) -> str:
    """What parts the cells of the head; a file without one is parted by commas."""
    head = text.partition("\n")[0].replace('"', "")
    return next((sign for sign in _DELIMITERS if _is_head(head.split(sign))), ",")


def _is_head(cells: Sequence[str]) -> bool:
    return tuple(cell.strip().casefold() for cell in cells) in _HEADS


def _from_cells(cells: Sequence[str], line: int) -> Entry:
    written, said, pattern, *more = [*cells, "", ""] if len(cells) > 1 else ["", "", ""]
    word = pattern.strip().casefold()
    if not written.strip() or word not in _TRUE | _FALSE or any(cell.strip() for cell in more):
        raise InputError("dictionary.file_row", line=line)
    return Entry(_unguarded(written), _unguarded(said), word in _TRUE)


def _guarded(cell: str) -> str:
    return _OPEN.sub(r"\1'", _line(cell))


def _unguarded(cell: str) -> str:
    return _STOPPED.sub(r"\1", _line(cell))


def _line(cell: str) -> str:
    """Single-spaced, as it is stored; the expressions would take long over many blanks."""
    return " ".join(cell.split())
