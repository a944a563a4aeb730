"""The command line, run as a real process in a folder of its own."""

import asyncio
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.mimo_server import MimoServer

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("MOUTHPIECE_", "MIMO_", "DISCORD_", "TELEGRAM_"))
} | {"MOUTHPIECE_PROVIDERS__ESPEAK__NATURAL": "false"}
"""Ours, without what would configure the command, and with espeak-ng alone, which costs a test no time."""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


class Shell:
    """Runs ``mouthpiece`` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.configure('[speech]\nproviders = ["espeak"]\n[quota]\nbuiltin_characters_per_day = 100\n')

    def configure(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")

    def without_data(self) -> Path:
        """Take its databases away, and their folder: as before the first command. Returns where they would be."""
        data = self.folder / "data"
        shutil.rmtree(data)
        return data

    async def __call__(self, *arguments: str, stdin: str = "", environment: dict[str, str] | None = None) -> Done:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-m", "bot", "--config", str(self.config), *arguments,
            cwd=ROOT, env=ENVIRONMENT | {"PYTHONWARNINGS": ""} | (environment or {}),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(stdin.encode("utf-8", "surrogateescape")), 60)
        assert process.returncode is not None
        return Done(process.returncode, out.decode(), err.decode())

    def mimo(self, server: MimoServer, **more: object) -> None:
        """A configuration with the stand-in alone."""
        extra = "".join(f"{key} = {json.dumps(value)}\n" for key, value in more.items())
        self.configure(
            f'[speech]\nproviders = ["mimo"]\n[quota]\naccount_characters_per_day = 50\n'
            f'[providers.mimo]\nbase_url = "{server.base_url}"\napi_key = "sk-test"\n{extra}'
        )
