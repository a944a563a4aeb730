"""Rules that hold for the whole house."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_SOURCES = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "cogs").rglob("*.py")])
_BORDERS = {
    "bot/app.py": "one platform's fault must not take the other down",
    "bot/cli/__init__.py": "the outermost border of the command line",
    "bot/store/driver.py": "SQLAlchemy's own border with a driver, which raises the error again, sorted",
    "bot/store/ledger.py": "one bad batch must not stop the ledger",
    "cogs/errors.py": "Discord's commands",
    "bot/platforms/discord/call/link.py": "a call that nobody watches would end without a word",
    "bot/platforms/discord/call/session.py": "one message's fault must not end a voice call",
    "bot/platforms/telegram/handlers.py": "Telegram's commands",
    "bot/platforms/telegram/updates.py": "one update that the library cannot parse must not stop the others",
    "bot/platforms/telegram/chat_reading.py": "one message's fault must not end the reading of a chat",
}
"""Files that may catch everything, and what border each of them is."""
_NAMES_TO_AVOID = {"utils", "helpers", "manager", "common", "misc"}


def _ids(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def _functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", _SOURCES, ids=_ids(_SOURCES))
def test_files_and_functions_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for function in _functions(ast.parse(text)):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= 60 or "migrations" in path.parts, f"{function.name} has {length} lines"


@pytest.mark.parametrize("path", _SOURCES, ids=_ids(_SOURCES))
def test_everything_is_caught_only_at_a_border(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "BaseException"
            lets_go = any(isinstance(leaf, ast.Raise) for leaf in ast.walk(node))
            if re.search(r"\b(Base)?Exception\b", caught) and not lets_go:
                assert name in _BORDERS, f"{name}:{node.lineno}"


@pytest.mark.parametrize("path", _SOURCES, ids=_ids(_SOURCES))
def test_every_module_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert path.stem not in _NAMES_TO_AVOID


def test_every_cog_can_be_loaded_and_is_listed() -> None:
    from bot.app import EXTENSIONS  # noqa: PLC0415  the application is imported by this test alone

    cogs = {f"cogs.{path.stem}" for path in (ROOT / "cogs").glob("*.py") if path.stem != "__init__"}
    assert cogs == set(EXTENSIONS)
    for path in (ROOT / "cogs").glob("[!_]*.py"):
        names = {node.name for node in _functions(ast.parse(path.read_text(encoding="utf-8")))}
        assert "setup" in names, path


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_index_and_hashes_everything(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index|--find-links", text)
    pinned = re.findall(r"^([a-z0-9-]+(?:\[[a-z,]+\])?)==", text, re.MULTILINE)
    assert len(pinned) > 30
    assert text.count("--hash=sha256:") > len(pinned)


def test_the_image_is_built_as_the_readme_says() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements.lock" in text
    assert re.search(r"^USER mouthpiece$", text, re.MULTILINE)
    assert 'ENTRYPOINT ["mouthpiece"]' in text
    assert 'CMD ["run"]' in text
    for copied in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        for name in copied.split():
            assert (ROOT / name).exists(), name
