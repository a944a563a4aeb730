"""The command line: the same service as the chats, and the host's tools.

Exit codes: 0 done; 2 wrong use or configuration; 3 this text, voice or sample cannot be spoken; 4 quota used up;
5 busy; 6 the provider refused or failed; 7 sound; 8 database or data folder; 9 chat network; 70 a fault of ours;
130 interrupted.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any

from bot.cli.parser import read
from bot.config import Config, load
from bot.errors import BotError, ConfigError, StoreError
from bot.log import Redactor, protect
from bot.texts import of_error, say

_FAULT = 70
_INTERRUPTED = 130
_OUTPUT = "-"
"""The name of standard output."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; argparse itself exits with 2 on wrong use."""
    _speak_plainly()
    asked = read(arguments)
    config = Config()
    protect(())
    try:
        config = load(asked.config_path)
        protect(config.secrets, config.log.level if asked.verbose is None else asked.verbose)
        asked.read_input()
        return _written(asyncio.run(_until_told(asked.command(config, asked))))
    except BotError as error:
        return _tell(error, config)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _INTERRUPTED
    except OSError as error:
        return _refused(error, config)
    except Exception:
        logging.getLogger("mouthpiece").exception("the command broke off")
        print(say("fault", config.language), file=sys.stderr)
        return _FAULT


async def _until_told(command: Coroutine[Any, Any, int]) -> int:
    """Run a command that SIGTERM cancels, so that its quota is given back.

    Not by way of SIGINT, which shells have ignored in whatever they start in the background.
    """
    task = asyncio.current_task()
    assert task is not None
    with suppress(
        NotImplementedError, RuntimeError, ValueError
    ):  # Windows, or not in the main thread, as in some tests
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await command


class _Output(FileIO):
    """Standard output, whose errors bear its name: they could not be told from those of a connection."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = _OUTPUT
            raise


def _speak_plainly() -> None:
    """A terminal that lacks a sign shows its code; SIGTERM before a command has begun ends it as Ctrl+C does."""
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


def _written(code: int) -> int:
    """The exit code, once standard output has taken everything. Raises OSError."""
    if sys.stdout is not None:
        sys.stdout.flush()
    return code


def _refused(error: OSError, config: Config) -> int:
    """A refusal of the system that no command expected: of standard output, or of whatever it names."""
    if error.filename == _OUTPUT:
        with suppress(OSError):  # what is left for it must not be tried again, at the end of the process
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # whoever read it has enough
            return 0
        return _tell(StoreError("output.write", path=_OUTPUT, problem=error.strerror or ""), config)
    named = (error.strerror or type(error).__name__, error.filename)
    return _tell(StoreError("system.refused", problem=": ".join(str(part) for part in named if part)), config)


def _tell(error: BotError, config: Config) -> int:
    """One sentence on standard error, secrets masked; of a configuration, one for each fault."""
    for each in (error, *(error.more if isinstance(error, ConfigError) else ())):
        sentence = Redactor(config.secrets).mask(of_error(each, config.language))
        print(f"mouthpiece: {sentence}", file=sys.stderr)
    return error.exit_code
