"""The command line: the same service as the chats, and the host's tools.

Exit codes: 0 done; 2 wrong usage or configuration; 3 this text, voice or sample cannot be spoken; 4 quota used up; 5
busy; 6 the provider refused or failed; 7 sound; 8 database or data folder; 9 chat network; 70 a bug of ours; 130
interrupted.
"""

import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any

from bot.cli.parser import read

OUTPUT = "-"
"""The name of standard output."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Return the exit code; argparse itself exits with 2 on wrong usage."""
    _speak_plainly()
    asked = read(arguments)
    from bot.cli.execute import execute  # noqa: PLC0415  loads the bot, which --help does not need

    return execute(asked)


class _Output(FileIO):
    """Standard output whose errors carry its name, to tell them from those of a connection."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = OUTPUT
            raise


def _speak_plainly() -> None:
    """Escape characters the terminal lacks; let SIGTERM before a command begins end it as Ctrl+C does."""
    out = sys.stdout
    if isinstance(out, TextIOWrapper) and isinstance(getattr(out.buffer, "raw", out.buffer), FileIO):
        raw = _Output(out.fileno(), "wb", closefd=False)
        sys.stdout = TextIOWrapper(
            raw if out.write_through else BufferedWriter(raw),
            encoding=out.encoding,
            line_buffering=out.line_buffering,
            write_through=out.write_through,
        )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with suppress(ValueError):  # not in the main thread, as in some tests
        signal.signal(signal.SIGTERM, signal.default_int_handler)
