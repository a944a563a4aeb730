"""Fetch Kokoro's 54 published voices: style vectors from the npm package kokoro-js, checked by its hash.

Run by ``make voices``. Nothing of the package is run; the arrays are put into one file, which the bot finds by itself.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bot.providers.builtin.natural import MORE_VOICES

_PACKAGE = "kokoro-js@1.2.1"
_SHA256 = "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860"
_MEMBER = re.compile(r"package/voices/([a-z]{2}_[a-z]{1,20})\.bin")
_ROWS, _VALUES = 510, 256
_SECONDS = 300


class VoicesError(Exception):
    """The voices cannot be had; the text says why and what to do."""


def fetch(folder: Path) -> Path:
    """Download the package with npm into a folder. Raises VoicesError."""
    npm = shutil.which("npm")
    if npm is None:
        raise VoicesError(
            "npm is not here. Install it (it comes with Node.js), or download voices-v1.0.bin from the releases of "
            "kokoro-onnx and name it as voices_path in [providers.builtin]."
        )
    try:
        command = [npm, "pack", "--silent", "--ignore-scripts", _PACKAGE]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603  ours alone
        (package,) = folder.glob("*.tgz")
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise VoicesError(f"npm could not download {_PACKAGE}: {type(error).__name__}.") from error
    return package


def unpack(package: Path, expected: str = _SHA256) -> dict[str, "np.ndarray[tuple[int, int], np.dtype[np.float32]]"]:
    """Return the style vectors of a package by the voices' names. Raises VoicesError."""
    if hashlib.sha256(package.read_bytes()).hexdigest() != expected:
        raise VoicesError(f"{_PACKAGE} is not the package that was tested: its hash is another one.")
    voices = {}
    with tarfile.open(package) as archive:
        for member in archive:
            name = _MEMBER.fullmatch(member.name)
            if member.isfile() and name and member.size == 4 * _ROWS * _VALUES:
                file = archive.extractfile(member)
                assert file is not None
                voices[name[1]] = np.frombuffer(file.read(), "<f4").reshape(_ROWS, _VALUES)
    if not voices:
        raise VoicesError(f"{_PACKAGE} has no voices.")
    return voices


def main() -> int:
    """Fetch, check and keep the voices."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            voices = unpack(fetch(Path(folder)))
    except VoicesError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    MORE_VOICES.parent.mkdir(parents=True, exist_ok=True)
    with MORE_VOICES.open("wb") as file:
        save: Callable[..., None] = np.savez  # its type takes the voices' names for options
        save(file, **voices)
    sys.stdout.write(
        f"{len(voices)} voices are in {MORE_VOICES}. `mouthpiece voices` lists those for English and Chinese.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
