"""The entries of a JSON file, in any of the shapes in which bots and speech programs keep them: pure.

A list of objects or of pairs, an object of words, an object of objects, either of them within another object, and one
object on each line. Each entry is taken with the line where it begins. Used by ``dictionary_file``.
"""

import json
import re
from collections.abc import Callable, Generator, Iterator
from typing import Any

from bot.errors import InputError

_BLANK = re.compile(r"[ \t\r\n]*+")
_MOST_DEPTH = 4
Cells = list[tuple[str, Any]]
"""Names and values of an entry; a pair's and a word's have no names."""


def items(text: str, *, is_entry: Callable[[Any], bool]) -> Iterator[tuple[int, Cells]]:
    """Each entry with its line. ``is_entry``: whether an object holds an entry rather than entries.

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
    """The entries of the value at a place; returns where it ends."""
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
    """The name under which an object holds all entries; None for one that is the entries itself."""
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
    """What stands in the list or object at a place: name, where the value begins, the value, where it ends."""
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
        for _ in _parts(text, place):  # which tells the line
            pass
        raise _not_json(text, place) from None


def _decoded(text: str, place: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, place)
    except (ValueError, RecursionError) as error:
        raise _not_json(text, getattr(error, "pos", place)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose names stand in it once: of two values one would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


_PLAIN = json.JSONDecoder()
_DECODER = json.JSONDecoder(object_pairs_hook=_once)


def _skip(text: str, place: int) -> int:
    """Where something stands again."""
    blank = _BLANK.match(text, place)
    return blank.end() if blank else place


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _not_json(text: str, place: int) -> InputError:
    return InputError("dictionary.file_json", line=_line(text, place))
