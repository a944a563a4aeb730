"""Every expression of the package takes time in proportion to the text: a count of its steps, or a reason, says so."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
import cogs
from bot.errors import InputError
from bot.normalization.clean import clean, clean_message
from bot.normalization.message import ChatMessage, Reading
from bot.normalization.numbers import _money, _twice, _units
from bot.normalization.reader import VOCABULARIES
from bot.patterns import PROVED, linear
from tests.pattern_steps import steps
from tests.trees import tree_of

ROOT = Path(__file__).parent.parent
_MOST_STEPS = 6_000
"""From one place. It is a count from above: what it really is, ``python -m bench linear`` shows."""
_CALLS = {"compile", "sub", "subn", "match", "search", "fullmatch", "split", "findall", "finditer"}
_ALLOWED = {"bot/patterns.py", "bot/normalization/lexicon.py"}
"""Files that compile what is not written in them: ``linear`` itself, and the word lists of people."""

_MADE = {"_money_patterns", "_units_pattern", "_twice_pattern", "_compiled"}
"""Functions that make expressions of a vocabulary, which are counted here."""


def _within(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, dict | tuple | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _within(each)


def _compiled() -> Iterator[tuple[str, re.Pattern[str]]]:
    """The expressions that modules of the package keep, by name."""
    for package in (bot, cogs):
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not info.name.endswith("__main__") and ".migrations" not in info.name:
                for name, value in vars(importlib.import_module(info.name)).items():
                    for number, each in enumerate(_within(value)):
                        yield f"{info.name}.{name}.{number}", each
    for language, words in VOCABULARIES.items():
        for each in (*_money(words), _units(words), _twice(words)):
            yield f"units and money, {language}", each


def test_every_expression_is_bounded_or_proved() -> None:
    found = dict(_compiled())
    assert len(found) > 100
    unproved = {
        name: steps(each.pattern, each.flags)
        for name, each in found.items()
        if (each.pattern, each.flags) not in PROVED and steps(each.pattern, each.flags) > _MOST_STEPS
    }
    assert not unproved, "compile these with bot.patterns.linear and say why they are linear"
    assert all(len(because.split()) > 5 for because in PROVED.values())


def test_no_expression_is_made_where_nobody_counts_it() -> None:
    """Those within functions are literals with few steps; all others are kept by their module."""
    for path in (*sorted((ROOT / "bot").rglob("*.py")), *sorted((ROOT / "cogs").rglob("*.py"))):
        name = str(path.relative_to(ROOT))
        if name in _ALLOWED:
            continue
        tree = tree_of(path)
        kept = {id(leaf) for node in tree.body if _is_counted(node) for leaf in ast.walk(node)}
        for node in ast.walk(tree):
            if _is_call(node) and id(node) not in kept:
                assert isinstance(node, ast.Call)
                first = node.args[0]
                assert isinstance(first, ast.Constant), f"{name}:{node.lineno}: use bot.patterns.linear"
                assert isinstance(first.value, str)
                assert steps(first.value) <= _MOST_STEPS, f"{name}:{node.lineno}"


def _is_counted(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) or (isinstance(node, ast.FunctionDef) and node.name in _MADE)


def _is_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in _CALLS
    )


@pytest.mark.parametrize(
    ("expression", "most"),
    [
        ("[a-z]+", 2),
        (r"(?:\.\w)*", 2),
        (r"<a?:\w{1,32}+:\d{1,25}+>", 140),
        (r"a{1,9}b", 20),
        ("(ab|cd){2}", 20),
        (r"(\w)\1{3,}", 5),
    ],
)
def test_the_count_of_what_is_linear(expression: str, most: int) -> None:
    assert steps(expression) <= most


@pytest.mark.parametrize(
    "expression", [r"\s+=", "(a+)+b", ".*x", r"[.!?]+(?=\s)", r"([a-z])\1{2,}$", "(?=.*[0-9])", r"\w*?x", r"(a|b)*c"]
)
def test_the_count_of_what_runs_away(expression: str) -> None:
    assert steps(expression) > 1e9


def test_a_reason_is_kept() -> None:
    assert PROVED[linear("x+y", "only here, for this test alone, and never used").pattern, re.UNICODE.value]
    del PROVED["x+y", re.UNICODE.value]


_LONG = 4_000


@pytest.mark.parametrize(
    "unit",
    [
        "👨\u200d👩\u200d",
        "👨\u200d👩\u200d👧",
        "🇩🇪",
        "©",
        "1\ufe0f\u20e3",
        "👍🏽",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    ],
)
def test_say_names_long_chains_of_emoji_once(unit: str) -> None:
    said = clean("hello " + unit * _LONG)
    assert said.startswith("hello")
    assert len(said) < 80
    with pytest.raises(InputError, match=r"text\.empty"):
        clean("\u200d" * _LONG)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a" + "." * _LONG + "b", "a"),
        ("x" * _LONG + "1", "xxx"),
        ("http://x.com/" + ")" * _LONG, "a link to X"),
        ("`" * 5 + "a\n" * _LONG, "a"),
        ("|| a" * 2 + " `" * _LONG, ""),
    ],
)
def test_what_took_time_in_the_square_is_read(text: str, start: str) -> None:
    spoken = clean_message(ChatMessage(text), Reading("en", max_characters=20_000)).text
    assert spoken.startswith(start)
