"""Every command of the README and of the pages is run; every path and link in them exists."""

import asyncio
import os
import re
import shutil
import sys
from array import array
from pathlib import Path

import pytest

from bot.audio import ogg, opus
from bot.cli.speak import DEMO
from bot.errors import ConfigError
from tests.fakes.discord_server import DiscordServer
from tests.fakes.mimo_server import MimoServer
from tools import configuration, pictures

ROOT = Path(__file__).parent.parent
_PAGES = {
    path: path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
                 *sorted((ROOT / "docs").glob("*.md")))
}  # fmt: skip
_README = _PAGES[ROOT / "README.md"]
_LINES = list(
    dict.fromkeys(
        line
        for page in _PAGES.values()
        for block in re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
        if line.strip()
    )
)
_COMMANDS = [line for line in _LINES if "mouthpiece" in line and not line.startswith(("docker", "export"))]
_MAKE = [line.split()[1] for line in _LINES if line.startswith("make ")]


def test_every_line_is_of_a_kind_that_is_tested() -> None:
    known = {*_COMMANDS, *(f"make {word}" for word in _MAKE)}
    assert [line for line in _LINES if line not in known and not line.startswith(("docker ", "export "))] == []
    assert len(_COMMANDS) > 10


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with ``.venv/bin/mouthpiece`` as ``make install`` leaves it."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    script = tmp_path / ".venv" / "bin" / "mouthpiece"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m bot "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return tmp_path


async def _run(line: str, home: Path, environment: dict[str, str]) -> tuple[int, str, str]:
    # MAKEFLAGS and the like: where the tests run under make, it would pass its own switches on to the make of a test.
    ours = ("MOUTHPIECE_", "MIMO_", "DISCORD_", "TELEGRAM_", "MAKE", "MFLAGS")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    process = await asyncio.create_subprocess_shell(
        line, cwd=home, env=clean | environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.parametrize("line", [line for line in _COMMANDS if not line.endswith(" run")])
async def test_a_command_does_what_it_is_shown_for(line: str, home: Path, mimo: MimoServer) -> None:
    environment = {
        "MIMO_API_KEY": "sk-test",
        "MOUTHPIECE_PROVIDERS__MIMO__BASE_URL": mimo.base_url,
        "MOUTHPIECE_DISCORD__TOKEN": "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDE." + "y" * 38,
    }
    async with DiscordServer(token=environment["MOUTHPIECE_DISCORD__TOKEN"]) as discord:
        environment["MOUTHPIECE_ENDPOINTS__DISCORD_API"] = discord.api
        if "db backup" in line:  # it makes no database of its own
            await _run(".venv/bin/mouthpiece db upgrade", home, environment)
        code, out, err = await _run(line, home, environment)
    assert (code, err) == (0, "")
    assert out
    if written := re.search(r"-o (\S+)", line):
        clip, _ = ogg.read((home / written[1]).read_bytes())
        assert clip.seconds > 0.3


async def test_run_is_shown_with_a_token(home: Path) -> None:
    assert any(line.endswith(" run") for line in _COMMANDS)
    code, _, err = await _run(".venv/bin/mouthpiece run", home, {})
    assert code == 2
    assert "TOKEN" in err


@pytest.mark.parametrize("word", sorted({*_MAKE, "lock", "clean"}))
@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
async def test_make_knows_the_word(word: str) -> None:
    code, out, _ = await _run(f"make -n {word}", ROOT, {})
    assert code == 0
    assert out


async def test_the_demo_speaks_and_tells_where(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "demo", tmp_path / "demo", ignore=shutil.ignore_patterns("out", "data"))
    line = f'"{sys.executable}" -m bot --config "{tmp_path}/demo/config.toml" demo'
    for _ in range(2):
        code, out, err = await _run(line, ROOT, {})
        assert (code, err) == (0, "")
        files = re.findall(r"^ +(\S+\.ogg) +([\d.]+) s$", out, re.MULTILINE)
        assert len(files) == 5
        for name, seconds in files:
            clip, _ = ogg.read(Path(name).read_bytes())
            assert abs(clip.seconds - float(seconds)) < 0.06
        assert "left today" in out


def test_every_path_in_the_pages_exists() -> None:
    form = re.compile(r"`((?:bot|cogs|tests|bench|demo|deploy|docs)/[\w./-]+|config\.example\.toml)`")
    named = [name for page in _PAGES.values() for name in form.findall(page)]
    assert len(named) > 15
    assert [name for name in named if name != "deploy/secrets.env" and not (ROOT / name).exists()] == []


def test_every_link_leads_somewhere() -> None:
    links = [
        (path.parent, link)
        for path, page in _PAGES.items()
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page)
        if not link.startswith("http")
    ]
    assert len(links) > 20
    assert [link for folder, link in links if not (folder / link).exists()] == []


def test_the_readme_is_short() -> None:
    assert len(_README.splitlines()) <= 130


def test_the_samples_are_those_of_the_demo_and_sound() -> None:
    named = {f"docs/samples/{name}.ogg" for name, _, _ in DEMO}
    assert set(re.findall(r"docs/samples/[\w-]+\.ogg", _README)) == named
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/samples").iterdir()} == named
    for name in named:
        clip, _ = ogg.read((ROOT / name).read_bytes())
        sound = opus.decode(clip.packets, clip.pre_skip, clip.samples)
        assert 1.5 < clip.seconds < 6
        assert max(map(abs, array("h", sound.samples))) > 3000


def test_the_page_of_the_configuration_is_that_of_the_model() -> None:
    assert configuration.PAGE.read_text(encoding="utf-8") == configuration.page(), "run make docs"


def test_the_drawings_are_those_of_the_program() -> None:
    for name, make in pictures.DRAWINGS.items():
        assert (pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8") == make(), "run make docs"


async def test_the_pictures_show_what_the_bot_answers() -> None:
    drawn = await pictures.draw()
    for name in ("discord", "telegram"):
        kept = (pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
        words = [re.findall(r">([^<>\n]+)</text>", picture) for picture in (kept, drawn[name])]
        assert words[0] == words[1], "run make docs"
        assert drawn[name].count("<animate") > 30


def test_the_unit_runs_what_the_readme_runs_and_stays_down_where_a_restart_cannot_help() -> None:
    unit = (ROOT / "deploy" / "mouthpiece.service").read_text(encoding="utf-8")
    assert "ExecStart=/srv/mouthpiece/.venv/bin/mouthpiece run" in unit
    assert f"RestartPreventExitStatus={ConfigError.exit_code}" in unit


def test_links_in_the_picture_of_the_path_name_real_functions() -> None:
    for name in ("SpeechService", "provider_of", "platforms_of", "EXTENSIONS", "PROVIDER_TYPES"):
        assert any(name in path.read_text(encoding="utf-8") for path in (ROOT / "bot").rglob("*.py")), name
