"""Rules that hold for the whole house."""

import ast
import re
from pathlib import Path

import pytest

from tests.trees import tree_of

ROOT = Path(__file__).parent.parent
_TREES = {
    str(path.relative_to(ROOT)): tree_of(path)
    for path in sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "cogs").rglob("*.py")])
}
_BORDERS = {
    "bot/app.py": "one platform's fault must not take the other down",
    "bot/log.py": "a record that cannot be formatted must not break off what it tells of",
    "bot/cli/execute.py": "the outermost border of the command line",
    "bot/store/database.py": "SQLAlchemy's own border with a driver, which raises the error again, sorted",
    "bot/store/ledger.py": "one bad batch must not stop the ledger",
    "cogs/errors.py": "Discord's commands",
    "bot/platforms/discord/call/link.py": "a call that nobody watches would end without a word",
    "bot/platforms/discord/call/session.py": "one message's fault must not end a voice call",
    "bot/platforms/telegram/handlers.py": "Telegram's commands",
    "bot/platforms/telegram/updates.py": "one update that the library cannot parse must not stop the others",
    "bot/providers/builtin/natural_worker.py": "a text that a library stumbles over must not end the worker process",
    "bot/platforms/telegram/reading/chat.py": "one message's fault must not end the reading of a chat",
}
"""Files that may catch everything, and what border each of them is."""
_NAMES_TO_AVOID = {"utils", "helpers", "manager", "common", "misc"}


def _functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_everything_is_caught_only_at_a_border() -> None:
    offenders = []
    for name, tree in _TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else "BaseException"
                lets_go = any(isinstance(leaf, ast.Raise) for leaf in ast.walk(node))
                if re.search(r"\b(Base)?Exception\b", caught) and not lets_go and name not in _BORDERS:
                    offenders.append(f"{name}:{node.lineno}")
    assert offenders == []


def test_every_module_says_what_it_is() -> None:
    assert [name for name, tree in _TREES.items() if not ast.get_docstring(tree)] == []


_NO_VERBS = {"What", "Who", "Whether", "How", "Where", "As", "Somebody"}
"""First words of a docstring that describe a function instead of saying what it does."""
_NOUN_PHRASES = {"The", "A", "An", "Every", "All", "One", "Each", "Those", "Its", "Some", "No"}
"""First words of a noun phrase, which suits a property only."""


def test_a_function_s_docstring_begins_with_a_verb() -> None:
    offenders = []
    for path in sorted(path for folder in ("bot", "cogs", "bench", "tools") for path in (ROOT / folder).rglob("*.py")):
        for node in _functions(tree_of(path)):
            words = (ast.get_docstring(node) or "").split()
            is_property = any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
            forbidden = _NO_VERBS if is_property else _NO_VERBS | _NOUN_PHRASES
            if words and words[0].strip(",.:;") in forbidden:
                offenders.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {words[0]} …")
    assert offenders == []


def test_no_module_is_called_after_nothing() -> None:
    assert [name for name in _TREES if Path(name).stem in _NAMES_TO_AVOID] == []


def test_every_cog_can_be_loaded_and_is_listed() -> None:
    from bot.app import EXTENSIONS  # noqa: PLC0415  the application is imported by this test alone

    cogs = {f"cogs.{path.stem}" for path in (ROOT / "cogs").glob("*.py") if path.stem != "__init__"}
    assert cogs == set(EXTENSIONS)
    for path in (ROOT / "cogs").glob("[!_]*.py"):
        names = {node.name for node in _functions(tree_of(path))}
        assert "setup" in names, path


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "requirements-natural.lock"])
def test_a_lock_names_no_index_and_hashes_everything(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index|--find-links", text)
    pinned = re.findall(r"^([a-z0-9-]+(?:\[[a-z,]+\])?)==", text, re.MULTILINE)
    assert len(pinned) > 30
    assert text.count("--hash=sha256:") > len(pinned)


def test_the_image_is_built_as_the_readme_says() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements.lock" in text
    assert "--require-hashes -r requirements-natural.lock" in text
    assert re.search(r"^USER mouthpiece$", text, re.MULTILINE)
    assert 'ENTRYPOINT ["mouthpiece"]' in text
    assert 'CMD ["run"]' in text
    for copied in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        for name in copied.split():
            assert (ROOT / name).exists(), name
