"""What the built-in engines' worker processes have in common: limits, private output, and the loop over requests.

Only the standard library is imported: a worker sets its limits before it loads its engine.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from bot.providers.builtin.protocol import FAILED, MAX_REQUEST, READY, SOUND, pack

_MESSAGE = 1 << 15
"""Bytes of sound in a message."""


class Output:
    """The messages of a worker to the bot."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def send(self, kind: bytes, content: bytes = b"") -> None:
        """Send one message at once. Raises OSError if the bot is gone."""
        self._out.write(pack(kind, content))
        self._out.flush()

    def send_sound(self, samples: bytes) -> None:
        """Send samples in messages of 32 kB at most. Raises OSError."""
        for start in range(0, len(samples), _MESSAGE):
            self.send(SOUND, samples[start : start + _MESSAGE])


def begin(*, open_files: int, memory_bytes: int = 0) -> Output:
    """Ignore signals, limit the process and reserve its standard output for messages.

    A library's own prints go to standard error. ``memory_bytes``: of address space; 0 sets no limit.
    """
    # A signal to the whole process group must not interrupt speech; the bot closes standard input when it is done.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    _limit_process(open_files, memory_bytes)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return Output(out)


def _limit_process(open_files: int, memory_bytes: int) -> None:
    """Limit the process' resources, where the system supports it."""
    try:
        import resource  # noqa: PLC0415 - Windows has no such module
    except ImportError:
        return
    for limit, value in (
        *(((resource.RLIMIT_AS, memory_bytes),) if memory_bytes else ()),
        (resource.RLIMIT_NOFILE, open_files),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(limit, (value, value))
        except (OSError, ValueError):
            continue  # macOS refuses some; the others still hold


def limit_cpu(seconds: int) -> None:
    """Let the system end this process if what begins now takes more processor time than this.

    The bot ends a hung worker itself; this also works when the bot is gone.
    """
    try:
        import resource  # noqa: PLC0415 - Windows has no such module
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or until < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def serve(
    output: Output, version: str, answer: Callable[[dict[str, Any]], None], *, is_over: Callable[[], bool] | None = None
) -> int:
    """Answer requests until standard input closes, or ``is_over`` after one of them. Return the exit code."""
    output.send(READY, version.encode())
    try:
        while line := sys.stdin.buffer.readline(MAX_REQUEST + 1):
            if not line.endswith(b"\n"):
                return 1
            request = json.loads(line)
            if request.get("version"):
                output.send(READY, version.encode())
            else:
                answer(request)
            if is_over is not None and is_over():
                return 0
    except OSError:
        return 1  # the reader is gone
    return 0


def refuse(output: Output, why: str) -> int:
    """Say why the engine cannot be loaded. Return the exit code."""
    output.send(FAILED, why.encode())
    return 1


def leave(code: int) -> None:
    """End the process at once: the bot may be gone, and there is nothing to flush into its closed pipe."""
    sys.stderr.flush()
    os._exit(code)
