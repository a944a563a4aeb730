"""What people may spend, seen and changed on the command line; who pays there."""

import asyncio
import json
import sys

import pytest

from tests.fakes.mimo_server import MimoServer
from tests.shell import ENVIRONMENT, ROOT, Shell


async def test_an_account_pays_and_the_operator_does_not(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    out = str(shell.folder / "a.ogg")
    assert (await shell("say", "Hello there", "--account", "sam", "-o", out)).code == 0
    assert (await shell("say", "Hello again", "-o", out)).code == 0
    rows = json.loads((await shell("quota", "show", "sam", "--json")).out)
    paid = next(row for row in rows["account"] if row["meter"] == "paid")
    assert (paid["used"], paid["left"], paid["limit"]) == (11, 39, 50)
    assert rows["providers"][0]["calls"] == 2
    assert rows["providers"][0]["tokens"] > 0


async def test_a_used_up_quota_says_what_is_left_and_when_it_resets(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    out = shell.folder / "a.ogg"
    await shell("say", "x" * 45, "--account", "sam", "-o", str(out))
    out.unlink()
    done = await shell("say", "Hello there", "--account", "sam", "-o", str(out))
    assert (done.code, done.out, out.exists()) == (4, "", False)
    assert "5 of 50 left" in done.err
    assert "00:00 UTC" in done.err
    assert (await shell("quota", "grant", "sam", "10")).code == 0
    assert (await shell("say", "Hello there", "--account", "sam", "-o", str(out))).code == 0
    assert (await shell("quota", "reset", "sam")).code == 0
    assert json.loads((await shell("quota", "show", "sam", "--json")).out)["account"][0]["left"] == 50
    assert (await shell("quota", "grant", "sam", "70", "--per-day")).code == 0
    assert json.loads((await shell("quota", "show", "sam", "--json")).out)["account"][0]["left"] == 70


async def test_the_same_again_is_free(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    out = str(shell.folder / "a.ogg")
    first = json.loads((await shell("say", "Hello", "--account", "sam", "--json", "-o", out)).out)
    again = json.loads((await shell("say", "Hello", "--account", "sam", "--json", "-o", out)).out)
    assert (first["charged"], first["cached"], again["charged"], again["cached"]) == (5, False, 0, True)
    assert len(mimo.calls) == 1


async def test_a_price_that_nobody_set_is_not_called_nothing(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    assert "price unknown (set price_per_1k_tokens)" in (await shell("say", "Hello", "--explain")).out


@pytest.mark.parametrize("amount", ["-1", "99999999999999999999999"])
async def test_a_grant_has_a_measure(shell: Shell, amount: str) -> None:
    assert (await shell("quota", "grant", "sam", "--", amount)).code == 3


async def test_limits_of_its_own_are_set_one_by_one_shown_and_removed(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    said = ("say", "Hello there", "--account", "sam", "-o", str(shell.folder / "a.ogg"))
    assert "characters per day: 70" in (await shell("quota", "set", "cli:sam", "--per-day", "70")).out
    assert (await shell("quota", "grant", "sam", "60", "--per-day")).code == 0
    done = await shell("quota", "set", "sam", "--per-minute", "1", "--cooldown", "30")
    assert all(part in done.out for part in ("characters per day: 60", "requests per minute: 1", "two requests: 30"))
    assert (await shell(*said)).code == 0
    done = await shell("say", "Hello again", *said[2:])
    assert (done.code, "You can send 1 requests per minute" in done.err) == (4, True)
    shown = json.loads((await shell("quota", "show", "sam", "--json")).out)
    assert shown["limits"] == [
        {"scope": "account:cli:sam", "characters_per_day": 60, "requests_per_minute": 1, "unlimited": False,
         "cooldown": 30}
    ]  # fmt: skip
    assert "unlimited" in (await shell("quota", "set", "sam", "--unlimited")).out
    assert (await shell("say", "Hello again", *said[2:])).code == 0
    assert "unlimited" not in (await shell("quota", "set", "sam", "--no-unlimited")).out
    assert (await shell("quota", "reset", "sam", "--all")).code == 0
    assert json.loads((await shell("quota", "show", "sam", "--json")).out)["limits"] == []


async def test_a_role_has_limits_of_its_own(shell: Shell) -> None:
    done = await shell("quota", "set", "role:discord:77", "--per-day", "9000", "--cooldown", "0")
    assert (done.code, "characters per day: 9,000, seconds between two requests: 0" in done.out) == (0, True)
    assert "characters per day: 9,000" in (await shell("quota", "show", "role:discord:77")).out
    done = await shell("quota", "set", "role:discord:77", "--cooldown", "2 min")
    assert (done.code, "seconds between two requests: 120" in done.out) == (0, True)
    done = await shell("quota", "set", "role:discord:77", "--cooldown", "soon")
    assert (done.code, "not a number of seconds: 'soon'" in done.err) == (2, True)


async def test_a_role_has_no_day_that_could_begin_anew(shell: Shell) -> None:
    await shell("quota", "set", "role:discord:77", "--per-day", "9000")
    done = await shell("quota", "reset", "role:discord:77")
    assert (done.code, done.out, "--all" in done.err) == (3, "", True)
    done = await shell("quota", "reset", "role:discord:77", "--all")
    assert (done.code, done.out.strip()) == (0, "role:discord:77 has its own limits: none.")


async def test_every_command_knows_the_same_names(shell: Shell) -> None:
    whole, short = "account:discord:5", "discord:5"
    assert (await shell("quota", "grant", whole, "7")).code == 0
    assert (await shell("block", whole)).code == 0
    assert "was already blocked" in (await shell("block", short)).out
    shown = [json.loads((await shell("quota", "show", name, "--json")).out) for name in (whole, short)]
    assert shown[0] == shown[1]
    assert shown[0]["account"][0]["account"] == short
    done = await shell(
        "say", "Hi", "--account", "account:sam", "--space", "space:discord:9", "-o", str(shell.folder / "a.ogg")
    )
    assert (done.code, done.err) == (0, "")
    for wrong in ("account:role:discord:5", "space:account:discord:5", "role:space:discord:5", "discord:²"):
        assert (await shell("quota", "show", wrong)).code == 3


async def test_the_help_says_what_0_means(shell: Shell) -> None:
    done = await shell("quota", "set", "--help")
    assert "0 means nothing is allowed; for no limit use --unlimited" in " ".join(done.out.split())


@pytest.mark.parametrize(
    "typed",
    [
        ("sam",),
        ("space:discord:9", "--cooldown", "5"),
        ("sam", "--cooldown", "3601"),
        ("sam", "--per-day", "-1"),
        ("role:discord:x", "--per-day", "1"),
    ],
)
async def test_limits_that_cannot_be_set(shell: Shell, typed: tuple[str, ...]) -> None:
    done = await shell("quota", "set", *typed)
    assert (done.code, done.out, len(done.err.strip().splitlines())) == (3, "", 1)


async def test_a_space_has_a_balance(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    out = str(shell.folder / "a.ogg")
    assert (await shell("say", "Hello", "--account", "sam", "--space", "discord:9", "-o", out)).code == 0
    row = json.loads((await shell("quota", "show", "space:discord:9", "--json")).out)["account"][0]
    assert (row["used"], row["limit"]) == (5, 50_000)


async def test_an_account_without_a_name_is_none(shell: Shell) -> None:
    done = await shell("say", "Hello", "--account", "", "-o", str(shell.folder / "a.ogg"))
    assert done.code == 3


async def test_a_killed_say_gives_the_quota_back(shell: Shell, mimo: MimoServer) -> None:
    """As a shell starts it in the background: with SIGINT ignored."""
    shell.mimo(mimo)
    gate = mimo.hold_after(chunks=1)
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", "trap '' INT; exec \"$@\"", "sh",
        sys.executable, "-m", "bot", "--config", str(shell.config), "say", "Hello there", "--account", "sam", "-o",
        str(shell.folder / "a.ogg"), cwd=ROOT, env=ENVIRONMENT, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(30):
        await gate.reached.wait()
        process.terminate()
        assert await process.wait() == 130
    gate.set()
    rows = json.loads((await shell("quota", "show", "sam", "--json")).out)
    assert rows["account"][0]["used"] == 0
    assert list(shell.folder.glob("*.ogg")) == []


async def test_the_built_in_voice_is_called_free(shell: Shell) -> None:
    said = await shell("say", "Hello there", "--account", "cli:sam", "-o", str(shell.folder / "a.ogg"))
    assert "free" in said.out.splitlines()[-1]
    assert "charged" not in said.out
    shown = (await shell("quota", "show", "cli:sam")).out
    assert "cli:sam (built-in voice, free): 11 of 100 characters used today" in shown
