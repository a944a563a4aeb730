"""What a host meets on the command line: names without a platform, voices that are not there, links, prices."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_server import TelegramServer
from tests.shell import ROOT, Shell

_COMMANDS = (
    ("block",),
    ("unblock",),
    ("quota", "show"),
    ("quota", "grant"),
    ("quota", "set"),
    ("quota", "reset"),
)
_MORE = {"grant": ("10",), "set": ("--per-day", "5")}


@pytest.mark.parametrize("command", _COMMANDS, ids=" ".join)
async def test_a_name_without_a_platform_is_refused_unless_it_is_known(shell: Shell, command: tuple[str, ...]) -> None:
    more = _MORE.get(command[-1], ())
    assert (await shell("block", "discord:123")).code == 0
    for typed, hint in (("sam", ""), ("123", " Did you mean discord:123?"), ("account:sam", "")):
        refused = await shell(*command, typed, *more)
        assert (refused.code, refused.out) == (3, "")
        assert "discord:ID or telegram:ID" in refused.err
        assert refused.err.rstrip().endswith(hint or "command-line account.")
    assert (await shell("quota", "grant", "cli:sam", "10")).code == 0
    assert (await shell(*command, "sam", *more)).code == 0, "known, and meant by its name from now on"
    refused = await shell(*command, "samm", *more)
    assert (refused.code, "Did you mean cli:sam?" in refused.err) == (3, True)


async def test_who_speaks_on_the_command_line_and_who_is_configured_is_known(shell: Shell) -> None:
    shell.configure('[speech]\nproviders = ["espeak"]\n[quota]\nadmins = ["cli:root"]\n')
    assert (await shell("say", "hi", "--account", "ann", "-o", str(shell.folder / "a.ogg"))).code == 0
    for name in ("ann", "root"):
        assert (await shell("quota", "show", name)).code == 0


@pytest.mark.parametrize(
    ("typed", "said"), [("Miaa", "No voice called Miaa. Did you mean Mia?"), ("qqq", "Available:")]
)
@pytest.mark.parametrize("providers", [["mimo", "espeak"], ["espeak"]], ids=len)
async def test_a_voice_that_is_not_there_is_refused(shell: Shell, providers: list[str], typed: str, said: str) -> None:
    """Also where another provider than its own would speak: there is no key for mimo here."""
    shell.configure(f"[speech]\nproviders = {providers}\n".replace("'", '"'))
    out = shell.folder / "a.ogg"
    done = await shell("say", "Hello", "--voice", typed, "-o", str(out))
    assert (done.code, done.out, out.exists()) == (3, "", False)
    assert said in done.err
    assert (await shell("say", "Hello", "--voice", "mia", "-o", str(out))).code == 0


async def test_a_price_that_nobody_set_is_not_shown(shell: Shell, mimo: MimoServer) -> None:
    for priced in (False, True):
        shell.mimo(mimo, **({"price_per_1k_tokens": 2.0} if priced else {}))
        shown = [await shell("quota", "show"), await shell("say", "Hello", "--explain")]
        assert [done.code for done in shown] == [0, 0]
        assert ("price" in shown[0].out) == priced
        assert ("0.0000" in shown[0].out) == priced
        assert ("set price_per_1k_tokens" in shown[1].out) != priced
    shell.configure('[speech]\nproviders = ["espeak"]')
    for command in (("quota", "show"), ("say", "Hello", "--explain")):
        done = await shell(*command)
        assert (done.code, "0.0000" in done.out) == (0, False)


async def test_the_invite_has_a_link_for_each_platform(shell: Shell) -> None:
    async with TelegramServer() as server:
        telegram = f'[telegram]\ntoken = "{server.token}"\napi_url = "{server.root}"\n'
        shell.configure(telegram)
        alone = await shell("invite")
        both = await shell("invite", "--application-id", "123")
        shell.configure(telegram.replace("AAtest", "AAxxxx"))
        refused = await shell("invite", "--application-id", "123")
    assert (refused.code, len(refused.out.splitlines())) == (2, 1), "Discord's link is printed all the same"
    assert "telegram rejected the token" in refused.err
    link = f"https://t.me/{server.world.bot['username']}?startgroup=true"
    assert (alone.code, alone.out) == (0, f"{link}\n")
    assert both.code == 0
    discord, last = both.out.splitlines()
    assert discord.startswith("https://discord.com/oauth2/authorize?client_id=123&")
    assert last == link


async def test_doctor_fails_where_the_bot_could_not_start(shell: Shell) -> None:
    done = await shell("doctor")
    assert done.code == 1
    assert "✗ Platforms: no token is set" in done.out


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_the_tests_pass_under_a_silent_make(tmp_path: Path) -> None:
    """``make -s`` passes its switches on by the environment; a make that a test runs must not take them over."""
    (tmp_path / "Makefile").write_text(
        f"test:\n\t@cd {ROOT} && .venv/bin/python -m pytest -q tests/test_readme.py -k make_knows\n", encoding="utf-8"
    )
    python = ROOT / ".venv" / "bin" / "python"
    if not python.exists():
        pytest.skip("the tests run elsewhere than in .venv")
    done = subprocess.run(
        ["make", "-s", "test"], cwd=tmp_path, capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stdout
