"""What was typed, as the commands get it. Filled in by ``parser.py``."""

import argparse
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bot.config import Config


class Arguments(argparse.Namespace):
    """One command with its options."""

    config: str | None
    verbose: str | None
    command: "Command"

    @property
    def config_path(self) -> Path | None:
        """The configuration file: --config, MOUTHPIECE_CONFIG, or config.toml here when there is one."""
        named = self.config or os.environ.get("MOUTHPIECE_CONFIG")
        if named:
            return Path(named)
        usual = Path("config.toml")
        return usual if usual.exists() else None


Command = Callable[[Config, Arguments], Coroutine[Any, Any, int]]
"""A command: does its work, returns the exit code."""
