"""A dictionary as a file, JSON or CSV: pure, strict, and the same when it comes back.

JSON is a list of objects with ``written``, ``said`` and, where it is one, ``pattern: true``. CSV has these columns and
a head line. A cell that a spreadsheet would take for a formula gets an apostrophe, which is taken off again.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from bot.errors import InputError
from bot.store.dictionaries import MOST_SHARED, Entry

Format = Literal["json", "csv"]
MOST_BYTES = 512_000
_COLUMNS = ("written", "said", "pattern")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a spreadsheet may run, and the sign that stops it from doing so."""
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"", "false", "no", "0"})


def write(entries: Iterable[Entry], form: Format) -> bytes:
    """UTF-8."""
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
        writer.writerow([_guarded(each.written), _guarded(each.said), "true" if each.pattern else ""])
    return out.getvalue().encode()


def read(data: bytes, name: str) -> tuple[Entry, ...]:
    """The entries of a file; ``name`` tells its kind.

    Raises InputError ``dictionary.file_size`` (limit), ``dictionary.file_kind``, ``dictionary.file_encoding``,
    ``dictionary.file_json`` (line), ``dictionary.file_row`` (row), ``dictionary.file_twice`` (row, word),
    ``dictionary.full`` (limit).
    """
    if len(data) > MOST_BYTES:
        raise InputError("dictionary.file_size", limit=MOST_BYTES // 1000)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("dictionary.file_encoding") from None
    ending = name.rpartition(".")[2].casefold()
    if ending not in {"json", "csv"}:
        raise InputError("dictionary.file_kind")
    entries = _from_json(text) if ending == "json" else _from_csv(text)
    if len(entries) > MOST_SHARED:
        raise InputError("dictionary.full", limit=MOST_SHARED)
    _refuse_twice(entries)
    return tuple(entries)


def _from_json(text: str) -> list[Entry]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("dictionary.file_json", line=getattr(error, "lineno", 1)) from None
    if not isinstance(rows, list):
        raise InputError("dictionary.file_json", line=1)
    return [_entry(row, number) for number, row in enumerate(rows, 1)]


def _entry(row: Any, number: int) -> Entry:
    if not isinstance(row, dict) or not set(row) <= set(_COLUMNS):
        raise InputError("dictionary.file_row", row=number)
    written, said, pattern = row.get("written"), row.get("said"), row.get("pattern", False)
    if (
        not isinstance(written, str)
        or not isinstance(said, str)
        or not isinstance(pattern, bool)
        or not written.strip()
    ):
        raise InputError("dictionary.file_row", row=number)
    return Entry(written, said, pattern)


def _from_csv(text: str) -> list[Entry]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise InputError("dictionary.file_row", row=text.count("\n") + 1) from None
    if rows and [cell.strip().casefold() for cell in rows[0]] in ([*_COLUMNS], [*_COLUMNS[:2]]):
        first, rows = 2, rows[1:]
    else:
        first = 1
    return [_from_cells(cells, number) for number, cells in enumerate(rows, first) if cells]


def _from_cells(cells: Sequence[str], number: int) -> Entry:
    written, said, pattern = ([*cells, "", ""])[:3] if cells else ("", "", "")
    word = pattern.strip().casefold()
    if not 2 <= len(cells) <= 3 or not written.strip() or word not in _TRUE | _FALSE:
        raise InputError("dictionary.file_row", row=number)
    return Entry(_unguarded(written), _unguarded(said), word in _TRUE)


def _refuse_twice(entries: Iterable[Entry]) -> None:
    seen: set[str] = set()
    for number, entry in enumerate(entries, 1):
        word = " ".join(entry.written.split()).casefold()
        if word in seen:
            raise InputError("dictionary.file_twice", row=number, word=entry.written)
        seen.add(word)


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
