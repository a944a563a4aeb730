"""The command line: the same service as the chats, and the host's tools.

Exit codes: 0 done; 2 wrong use or configuration; 3 this text, voice or sample cannot be spoken; 4 quota used up;
5 busy; 6 the provider refused or failed; 7 sound; 8 database or data folder; 9 chat network; 70 a fault of ours;
130 interrupted.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper

from bot.cli.parser import read
from bot.config import Config, load
from bot.errors import BotError, StoreError
from bot.log import Redactor, protect
from bot.texts import of_error, say

_FAULT = 70
_INTERRUPTED = 130


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
        return asyncio.run(asked.command(config, asked))
    except BotError as error:
        return _tell(error, config)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _INTERRUPTED
    except BrokenPipeError:
        return 0
    except OSError as error:  # standard output that is full or closed
        return _tell(StoreError("output.write", path="-", problem=error.strerror or ""), config)
    except Exception:
        logging.getLogger("mouthpiece").exception("the command broke off")
        print(say("fault", config.language), file=sys.stderr)
        return _FAULT


def _speak_plainly() -> None:
    """A terminal that lacks a sign shows its code; SIGTERM ends a command as Ctrl+C does, with its quota given back."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with suppress(ValueError):  # not in the main thread, as in some tests
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def _tell(error: BotError, config: Config) -> int:
    """One sentence on standard error, secrets masked."""
    sentence = Redactor(config.secrets).mask(of_error(error, config.language))
    print(f"mouthpiece: {sentence}", file=sys.stderr)
    return error.exit_code
