"""The CPU cost of starting: ``--help`` against a bare interpreter, and a cached ``say``. Called by ``bench``.

CPU seconds of whole processes, the least of several runs that take turns; the ratio is what counts.
"""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

GOAL = 6.0
"""Times the CPU of the bare interpreter that ``--help`` may take."""
SAY_GOAL = 0.7
"""CPU seconds that a cached ``say`` may take."""
_RUNS = 7


def _cpu(*command: str, folder: Path) -> float:
    """Return the CPU seconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    subprocess.run([sys.executable, *command], cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def run() -> Iterator[str]:
    """Yield the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say = ("-m", "bot", "say", "Hello again.", "-o", "hello.ogg")
        (folder / "config.toml").write_text('[speech]\nproviders = ["espeak"]\n', encoding="utf-8")
        _cpu(*say, folder=folder)
        bare, helped, cached = [], [], []
        for _ in range(_RUNS):
            bare.append(_cpu("-c", "import argparse", folder=folder))
            helped.append(_cpu("-m", "bot", "--help", folder=folder))
            cached.append(_cpu(*say, folder=folder))
        yield f"--help {min(helped) / min(bare):.1f} x import argparse (goal {GOAL:g})"
        yield f"cached say {min(cached):.2f} s of CPU (goal {SAY_GOAL:g})"
