"""Runs one command of the command line: errors become one sentence on standard error and an exit code."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from bot.cli import OUTPUT
from bot.cli.arguments import Arguments
from bot.config import Config, load
from bot.errors import BotError, ConfigError, StoreError
from bot.log import Redactor, protect
from bot.texts import of_error, say

_FAULT = 70
_INTERRUPTED = 130


def execute(asked: Arguments) -> int:
    """Run a command with its configuration. Return the exit code."""
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
    """Run a command that SIGTERM cancels, so that its quota is released.

    Not through SIGINT, which shells ignore for background processes.
    """
    task = asyncio.current_task()
    assert task is not None
    with suppress(
        NotImplementedError, RuntimeError, ValueError
    ):  # Windows, or not in the main thread, as in some tests
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await command


def _written(code: int) -> int:
    """Return the exit code once standard output is flushed. Raises OSError."""
    if sys.stdout is not None:
        sys.stdout.flush()
    return code


def _refused(error: OSError, config: Config) -> int:
    """Report an OSError that no command expected, of standard output or of a file it names. Return the exit code."""
    if error.filename == OUTPUT:
        with suppress(OSError):  # the remaining output must not be tried again at the end of the process
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader has closed the pipe
            return 0
        return _tell(StoreError("output.write", path=OUTPUT, problem=error.strerror or ""), config)
    named = (error.strerror or type(error).__name__, error.filename)
    return _tell(StoreError("system.refused", problem=": ".join(str(part) for part in named if part)), config)


def _tell(error: BotError, config: Config) -> int:
    """Print one sentence to standard error, secrets masked; one per configuration problem. Return the exit code."""
    for each in (error, *(error.more if isinstance(error, ConfigError) else ())):
        sentence = Redactor(config.secrets).mask(of_error(each, config.language))
        print(f"mouthpiece: {sentence}", file=sys.stderr)
    return error.exit_code
