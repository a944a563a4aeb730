"""The syntax tree of a file."""

import ast
import gc
from pathlib import Path


def tree_of(path: Path) -> ast.Module:
    """Parse a file with the garbage collector off.

    A finalizer that logs a traceback parses source lines too, and Python 3.11 takes no parser within the parser.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    finally:
        if enabled:
            gc.enable()
