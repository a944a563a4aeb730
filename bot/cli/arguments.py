"""Parsed arguments of one command. Filled in by ``parser.py``."""

import argparse
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the settings load what --help does not need
    from bot.config import Config

_MOST_INPUT = 1_000_000
"""Bytes read from standard input: far more than can be spoken at once."""


class Arguments(argparse.Namespace):
    """One command and its options."""

    config: str | None
    verbose: str | None
    command: "Command"
    typed: str = ""
    """What standard input held, where it was asked for."""

    def read_input(self) -> None:
        """Read the text from standard input if it is ``-``: before anything runs, so that Ctrl+C ends it."""
        if getattr(self, "text", "") == "-":
            data = sys.stdin.buffer.read(_MOST_INPUT) if sys.stdin is not None else b""
            self.typed = data.decode("utf-8", "replace")

    @property
    def config_path(self) -> Path | None:
        """The configuration file: --config, MOUTHPIECE_CONFIG, or config.toml here when there is one."""
        named = self.config or os.environ.get("MOUTHPIECE_CONFIG")
        if named:
            return Path(named)
        usual = Path("config.toml")
        return usual if usual.exists() else None


Command = Callable[["Config", Arguments], Coroutine[Any, Any, int]]
"""A command: does its work, returns the exit code."""
