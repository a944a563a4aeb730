"""The longest files and functions of the project, for review. Called by ``make check``; fails nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_FILES, _FUNCTIONS = 8, 8


def run() -> Iterator[str]:
    """Yield a line for each."""
    files: list[tuple[int, str]] = []
    functions: list[tuple[int, str]] = []
    for path in [*(_ROOT / "bot").rglob("*.py"), *(_ROOT / "cogs").rglob("*.py")]:
        name, text = str(path.relative_to(_ROOT)), path.read_text(encoding="utf-8")
        files.append((text.count("\n"), name))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "migrations" not in path.parts:
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                functions.append((length, f"{name}:{node.lineno} {node.name}"))
    yield "The longest files and functions, in lines"
    for length, name in [*sorted(files, reverse=True)[:_FILES], *sorted(functions, reverse=True)[:_FUNCTIONS]]:
        yield f"{length:5}  {name}"


if __name__ == "__main__":
    for line in run():
        print(line)
