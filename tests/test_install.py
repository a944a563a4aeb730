"""``make install``: natural voices on request, left out, or not to be had."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.shell import ENVIRONMENT, ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run make with an environment in which everything but the natural voices is installed."""
    return subprocess.run(
        ["make", f"VENV={folder}", *words], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an environment whose ``python -m pip`` notes what it is asked, and fails when there is a file ``off``."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin/python"
    python.write_text(
        f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n! test -e {tmp_path}/off || {{ echo no route >&2; exit 1; }}\n'
    )
    python.chmod(0o755)
    (tmp_path / ".runtime").touch()
    return tmp_path


def test_the_natural_voices_are_installed_once(folder: Path) -> None:
    assert make(folder, "install").returncode == 0
    assert "--require-hashes -r requirements-natural.lock" in (folder / "asked").read_text()
    assert "Nothing to be done" in make(folder, "install").stdout
    assert len((folder / "asked").read_text().splitlines()) == 1


def test_light_leaves_them_out(folder: Path) -> None:
    assert make(folder, "install", "LIGHT=1").returncode == 0
    assert not (folder / "asked").exists()


def test_without_their_wheels_the_installation_goes_on_and_says_so(folder: Path) -> None:
    (folder / "off").touch()
    done = make(folder, "install")
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert "natural voices could not be installed" in line
    assert "no route" in (folder / ".natural.log").read_text()
    (folder / "off").unlink()
    assert make(folder, "install").returncode == 0, "the next installation tries again"
    assert (folder / ".natural").exists()
    assert not (folder / ".natural.log").exists()
