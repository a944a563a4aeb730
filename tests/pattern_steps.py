"""Counts the steps that an expression of ``re`` can take from one place of a text, at most. Used by ``test_linear``.

An expression whose steps are bounded takes time in proportion to the text, whatever the text. The count is one from
above: each choice is multiplied with all that follows it, as if every one of them failed at the very end. Signs that
are taken where nothing behind them can fail any more cost nothing: they belong to the match, and are not seen again.
"""

import math
from dataclasses import dataclass
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_ONE = {codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN, codes.AT}
_LOOKS = {codes.ASSERT, codes.ASSERT_NOT, codes.AT}


@dataclass(frozen=True)
class _Cost:
    ways: float
    """In how many ways it can match at a place."""
    steps: float
    """Until all of them have failed."""


def steps(pattern: str, flags: int = 0) -> float:
    """Steps from one place at most; infinite when they grow with the text."""
    widths: dict[int, float] = {}
    return _sequence(list(parser.parse(pattern, flags)), widths, ends=True).steps


def _sequence(items: list[Any], widths: dict[int, float], *, ends: bool) -> _Cost:
    """``ends``: whether nothing that can fail follows."""
    ways, total = 1.0, 0.0
    for place, (code, value) in enumerate(items):
        each = _item(code, value, widths, ends=ends and all(map(_is_optional, items[place + 1 :])))
        total += ways * each.steps if each.steps else 0
        ways *= each.ways
    return _Cost(ways, total)


def _is_optional(item: Any) -> bool:
    code, value = item
    return code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT) and value[0] == 0


def _item(code: Any, value: Any, widths: dict[int, float], *, ends: bool) -> _Cost:
    if code in _ONE:
        return _Cost(1, 1)
    if code is codes.GROUPREF:
        return _Cost(1, widths.get(value, math.inf))
    if code is codes.SUBPATTERN:
        widths[value[0]] = float(value[3].getwidth()[1])
        return _sequence(list(value[3]), widths, ends=ends)
    if code is codes.ATOMIC_GROUP:
        return _Cost(1, _sequence(list(value), widths, ends=ends).steps)
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return _Cost(1, _sequence(list(value[1]), widths, ends=False).steps)
    if code is codes.BRANCH:
        found = [_sequence(list(branch), widths, ends=ends) for branch in value[1]]
        return _Cost(sum(each.ways for each in found), sum(each.steps for each in found))
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        return _repeat(code, value, widths, ends=ends)
    raise AssertionError(f"unknown part of an expression: {code}")


def _repeat(code: Any, value: Any, widths: dict[int, float], *, ends: bool) -> _Cost:
    least, most, items = value
    if ends and code is not codes.MIN_REPEAT:
        each = _sequence(list(items), widths, ends=True)
        return _Cost(1, (least + 1) * each.steps)
    each = _sequence(list(items), widths, ends=False)
    times = math.inf if most is codes.MAXREPEAT else float(most)
    if code is codes.POSSESSIVE_REPEAT:
        return _Cost(1, times * each.steps)
    if each.ways <= 1:
        return _Cost(times - least + 1, times * each.steps + 1)
    ways = sum(each.ways**count for count in range(least, int(times) + 1)) if times < 50 else math.inf
    return _Cost(ways, ways * each.steps)
