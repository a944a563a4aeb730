"""The command line, as a real process: what it prints, returns and leaves behind."""

import asyncio
import importlib
import json
import re
import subprocess
import sys

import pytest

from bot.audio import ogg
from bot.audio.opus import decode
from tests.fakes.mimo_answers import Fault
from tests.fakes.mimo_server import MimoServer
from tests.fakes.openai_speech_server import OpenAISpeechServer
from tests.fakes.telegram_server import TelegramServer
from tests.shell import ENVIRONMENT, ROOT, Done, Shell


async def test_say_makes_a_voice_message(shell: Shell) -> None:
    path = shell.folder / "hello.ogg"
    done = await shell("say", "Hello", "--style", "Whisper", "--voice", "Mia", "-o", str(path))
    assert (done.code, done.err) == (0, "")
    clip, tags = ogg.read(path.read_bytes())
    sound = decode(clip.packets, clip.pre_skip, clip.samples)
    assert 0.2 < sound.seconds == clip.seconds < 3
    assert max(sound.samples) > 50
    assert any("synthetic" in f"{key}={value}".casefold() for key, value in tags.items())
    assert f"{path}: {clip.seconds:.1f} s" in done.out


async def test_standard_input_has_a_grammar(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    done = await shell("say", "-", "-o", str(shell.folder / "a.ogg"), stdin='style:"Taiwanese accent" voice:Mia 你好\n')
    assert done.code == 0
    assert mimo.calls[0]["messages"][-1]["content"] == "(台湾腔)你好"
    assert mimo.calls[0]["audio"]["voice"] == "Mia"


async def test_explain_prints_what_would_be_sent_and_calls_nobody(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo, price_per_1k_tokens=2.0)
    out = shell.folder / "a.ogg"
    done = await shell("say", "<style>Sad</style> Hello", "--style", "Whisper", "--explain", "--json", "-o", str(out))
    found = json.loads(done.out)
    assert found["spoken"] == "Sad Hello"
    assert found["segments"] == ["Sad Hello"]
    assert found["characters"] == 9
    assert found["requests"][0]["messages"][-1]["content"] == "(Whisper)Sad Hello"
    assert found["price"] > 0
    plain = await shell("say", "Hello", "--explain")
    assert "Hello" in plain.out
    assert (mimo.requests, out.exists()) == ([], False)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["say", ""], 3, "nothing that can be spoken"),
        (["say", "[cough]"], 3, "nothing that can be spoken"),
        (["say", "word " * 2000], 3, "The limit is 4,000"),
        (["say", "Hello", "--voice", "Bob"], 3, "Mia"),
        (["say", "Hello", "--clone", "README.md"], 3, "MP3 or WAV"),
        (["say", "Hello", "--clone", "no-such-file.wav"], 3, "Could not read"),
    ],
)
async def test_what_cannot_be_spoken_is_refused_in_one_sentence(
    shell: Shell, mimo: MimoServer, arguments: list[str], code: int, words: str
) -> None:
    shell.mimo(mimo)
    out = shell.folder / "a.ogg"
    done = await shell(*arguments, "-o", str(out))
    assert (done.code, done.out, out.exists()) == (code, "", False)
    assert words in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert list(shell.folder.glob(".*.ogg*")) == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("500", "is having problems"),
        ("402", "out of credit"),
        ("no_audio", "no usable audio"),
        ("not_json", "no usable audio"),
    ],
)
async def test_a_failing_provider_is_told_in_one_sentence(
    shell: Shell, mimo: MimoServer, fault: str, words: str
) -> None:
    shell.mimo(mimo)
    mimo.faults.append(Fault(fault, times=99))
    out = shell.folder / "a.ogg"
    done = await shell("--log", "error", "say", "Hello", "-o", str(out))
    assert (done.code, out.exists()) == (6, False)
    assert words in done.err
    assert len(done.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"api_key": ""}, 2, "MOUTHPIECE_PROVIDERS__MIMO__API_KEY"),
        ({"api_key": "sk-wrong"}, 6, "rejected the key"),
        ({"model": "no-such-tts"}, 6, "does not know this model"),
        ({"base_url": "http://127.0.0.1:9"}, 6, "cannot be reached"),
        ({"base_url": "nonsense"}, 2, "is invalid"),
    ],
)
async def test_a_wrong_set_up_is_told_in_one_sentence(
    shell: Shell, mimo: MimoServer, settings: dict[str, str], code: int, words: str
) -> None:
    whole = {"base_url": mimo.base_url, "api_key": "sk-test"} | settings
    table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in whole.items())
    shell.configure(f'[speech]\nproviders = ["mimo"]\n[providers.mimo]\n{table}')
    done = await shell("--log", "error", "say", "Hello", "-o", str(shell.folder / "a.ogg"))
    assert done.code == code
    assert words in done.err
    assert "sk-wrong" not in done.err
    assert len(done.err.strip().splitlines()) == 1


async def test_bad_places_to_write_are_refused_before_anything_is_spent(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    for name, code in (("a.wav", 3), ("no/such/folder/a.ogg", 3)):
        assert (await shell("say", "Hello", "-o", str(shell.folder / name))).code == code
    assert mimo.calls == []


async def test_a_failure_leaves_an_older_file_as_it_was(shell: Shell) -> None:
    path = shell.folder / "a.ogg"
    path.write_bytes(b"older")
    assert (await shell("say", "[cough]", "-o", str(path))).code == 3
    assert path.read_bytes() == b"older"


async def test_lists(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    voices = json.loads((await shell("voices", "--json")).out)
    assert {"Mia", "冰糖", "Dean"} <= {row["voice"] for row in voices}
    styles = json.loads((await shell("styles", "whsiper", "--json")).out)
    assert styles[0]["en"] == "Whisper"
    models = json.loads((await shell("models", "--json")).out)
    assert "mimo-v2.5-tts" in {row["model"] for row in models}
    assert "东北话" in (await shell("styles")).out


async def test_health_tells_good_from_bad(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    assert (await shell("health")).code == 0
    shell.mimo(mimo)
    done = await shell("health", environment={"MOUTHPIECE_PROVIDERS__MIMO__API_KEY": "tp-planted-key-123"})
    assert done.code == 6
    assert "sk-" in done.out
    assert "planted" not in done.out + done.err


async def test_health_and_doctor_say_what_was_spoken_and_ask_paid_ones_only_if_told(
    shell: Shell, mimo: MimoServer
) -> None:
    async with OpenAISpeechServer() as engine:
        engine.really = "mp3"
        shell.configure(
            f'[speech]\nproviders = ["mimo", "own", "espeak"]\n[providers.mimo]\nbase_url = "{mimo.base_url}"\n'
            f'api_key = "sk-test"\n[providers.own]\ntype = "openai-speech"\nbase_url = "{engine.base_url}"\n'
        )
        rows = {row["provider"]: row for row in json.loads((await shell("health", "--json")).out)}
        assert "mp3, 24000 Hz" in rows["own"]["detail"]
        assert "pcm16, 22050 Hz" in rows["espeak"]["detail"]
        assert mimo.calls == []
        spoken = (await shell("doctor", "--speak")).out
        assert len(mimo.calls) == 1
        for words in (
            "mimo: speaking works (pcm16, 24000 Hz",
            "own: speaking works (mp3, 24000 Hz",
            "espeak: speaking works (pcm16",
        ):
            assert words in spoken
        voices = (await shell("voices")).out
        assert "zf_xiaobei" in voices
        engine.really, engine.media_type, engine.faults = "", "audio/wav", ["not_audio"]
        done = await shell("health")
        assert (done.code, "does not speak" in done.out) == (6, True)


async def test_config_check(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    assert (await shell("config", "check")).code == 0
    done = await shell("config", "check", environment={"MIMO_API_KEY": "tp-planted-key-123"})
    assert "forbids" in done.out
    shell.configure("[quota]\naccount_charcters_per_day = 3")
    done = await shell("config", "check")
    assert done.code == 2
    assert "account_characters_per_day" in done.err
    shell.configure("languag = 'en'\n[quota]\naccount_charcters_per_day = 3\n[speech]\nbitrate = 1")
    done = await shell("config", "check")
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 3


async def test_config_check_says_what_it_read_and_finds_a_voice_that_nobody_has(shell: Shell) -> None:
    done = await shell("config", "check")
    assert f"Configuration: {shell.config}" in done.out
    other = shell.folder / "other.toml"
    other.write_text('\ufeff[speech]\ndefault_voice = "Nonesuch"\n', encoding="utf-8")
    done = await shell("config", "check", "--config", str(other))  # the option behind the command
    assert done.code == 2
    assert f"Configuration: {other}" in done.out
    assert "No provider offers the voice Nonesuch (speech.default_voice). Available: " in done.err


@pytest.mark.parametrize("holds", [None, "no PEM certificate"])
async def test_config_check_names_a_certificate_file_that_is_none(shell: Shell, holds: str | None) -> None:
    path = shell.folder / "ca.pem"
    if holds is not None:
        path.write_text(holds, encoding="utf-8")
    shell.configure(f'[endpoints]\nca_file = "{path}"\n')
    done = await shell("config", "check")
    assert (done.code, str(path) in done.err) == (2, True)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(["sya", "hi"], "say"), (["say", "hi", "--stlye", "Sad"], "--style"), (["db", "upgrde"], "upgrade")],
)
async def test_a_typing_error_gets_a_suggestion(shell: Shell, typed: list[str], meant: str) -> None:
    done = await shell(*typed)
    assert done.code == 2
    assert f"Did you mean {meant}?" in done.err


async def test_an_interrupt_while_the_parts_are_loaded_is_no_fault() -> None:
    script = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'bot.cli': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from bot.__main__ import main\n"
        "sys.exit(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")


async def test_the_doctor_looks_at_everything_once(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    async with TelegramServer() as server:
        token = {"TELEGRAM_TOKEN": server.token, "MOUTHPIECE_TELEGRAM__API_URL": server.root}
        done = await shell("doctor", "--json", environment=token)
    assert done.code == 0
    rows = json.loads(done.out)
    assert {row["check"] for row in rows} >= {"store", "opus", "dave", "provider", "quota", "telegram"}
    assert {row["state"] for row in rows} <= {"good", "warning"}
    rows = json.loads((await shell("doctor", "--json")).out)
    assert [row["check"] for row in rows if row["state"] == "bad"] == ["platform"], "without a token nothing starts"


async def test_the_doctor_finds_a_damaged_store_and_a_refused_token(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    assert (await shell("db", "upgrade")).code == 0
    async with TelegramServer() as server:
        environment = {
            "MOUTHPIECE_TELEGRAM__TOKEN": "123:wrongTokenThatNobodyKnows",
            "MOUTHPIECE_TELEGRAM__API_URL": server.root,
        }
        done = await shell("doctor", environment=environment)
    assert done.code == 1
    assert "✗ telegram" in done.out
    assert "wrongToken" not in done.out + done.err
    for path in shell.folder.rglob("mouthpiece.db*"):
        path.write_bytes(b"no database" * 1000)
    done = await shell("doctor")
    assert (done.code, done.out.startswith("✗ store")) == (1, True)
    for words in ("✓ Opus", "✓ DAVE", "✓ Provider mimo: answering."):  # the rest is looked at all the same
        assert words in done.out


@pytest.mark.parametrize("whole", [True, False])
async def test_the_doctor_warns_of_a_key_that_is_forbidden_for_bots(
    shell: Shell, mimo: MimoServer, whole: bool
) -> None:
    shell.mimo(mimo)
    mimo.keys["tp-planted-key-123"] = "ok"
    if not whole:
        shell.without_data().write_bytes(b"no folder")
    done = await shell("doctor", environment={"MOUTHPIECE_PROVIDERS__MIMO__API_KEY": "tp-planted-key-123"})
    assert done.code == 1, "there is no token to run with"
    assert "! The key of mimo belongs to a token plan" in done.out
    assert "planted" not in done.out + done.err


@pytest.mark.parametrize("unbuffered", ["", "1"])
async def test_standard_output_that_is_full_is_told_and_one_that_nobody_reads_is_not(
    shell: Shell, unbuffered: str
) -> None:
    environment = ENVIRONMENT | {"PYTHONUNBUFFERED": unbuffered}
    for target, code, words in (("> /dev/full", 8, "Could not write -: No space left"), ("| true", 0, "")):
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", f'set -o pipefail; "$@" {target}', "bash",
            sys.executable, "-m", "bot", "--config", str(shell.config), "styles",
            cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == code
        assert words in err.decode()
        assert len(err.decode().splitlines()) == bool(words)


async def test_what_the_system_refuses_elsewhere_is_named(shell: Shell) -> None:
    done = await shell("config", "check", "--config", "x" * 300)
    assert done.code == 2
    done = await shell("db", "upgrade", environment={"MOUTHPIECE_DATA_DIR": "x" * 300})
    assert done.code == 8
    assert "x" * 300 in done.err
    done = await _run("os.stat('/no/such/thing')")
    assert (done.code, done.out) == (8, "")
    assert "No such file or directory: /no/such/thing." in done.err


async def test_what_a_connection_refuses_leaves_standard_output_alone() -> None:
    done = await _run("raise ConnectionResetError(errno.ECONNRESET, 'Connection reset by peer')")
    assert (done.code, done.out) == (8, "")
    assert "Connection reset by peer." in done.err


async def test_more_than_fits_a_full_standard_output_at_once_is_told() -> None:
    done = await _run("print('x' * 100_000)", "> /dev/full")
    assert (done.code, done.err) == (8, "mouthpiece: Could not write -: No space left on device.\n")


async def _run(body: str, redirection: str = "") -> Done:
    """A command that does this, perhaps with its standard output sent elsewhere."""
    script = (
        "import errno, os, sys\nfrom bot.cli import main, operate\n"
        f"async def run(config, asked): {body}; return 0\n"
        "operate.run = run\n"
        "sys.exit(main(['run']))\n"
    )
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", f'"$@" {redirection}', "bash",
        sys.executable, "-W", "error", "-c", script,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


async def test_the_invite_has_exactly_the_permissions_needed(shell: Shell) -> None:
    done = await shell(
        "invite", environment={"MOUTHPIECE_DISCORD__TOKEN": "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDE.x" + "y" * 37}
    )
    assert "client_id=123456789012345678&" in done.out
    assert (
        f"permissions={(1 << 10) | (1 << 11) | (1 << 15) | (1 << 20) | (1 << 21) | (1 << 32) | (1 << 38) | (1 << 46)}"
        in done.out
    )
    assert (await shell("invite")).code == 2
    assert (await shell("invite", "--application-id", "²")).code == 2


async def test_db_upgrade_and_help(shell: Shell) -> None:
    assert "up to date" in (await shell("db", "upgrade")).out
    helped = await shell("--help")
    assert helped.code == 0
    for command in ("say", "voices", "styles", "models", "health", "quota", "config", "db", "invite", "run", "demo"):
        assert command in helped.out
    assert (await shell("say")).code == 2


async def test_run_without_a_token_is_one_clear_sentence(shell: Shell) -> None:
    done = await shell("run")
    assert done.code == 2
    assert "MOUTHPIECE_DISCORD__TOKEN" in done.err


async def test_neither_a_key_nor_a_sentence_is_in_the_log(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    mimo.keys["sk-planted-key-777"] = "ok"
    sentence = "The planted sentence about marmalade."
    mimo.faults.extend([Fault("500"), Fault("bad_base64")])
    done = await shell(
        "--log", "debug", "say", sentence, "--account", "sam", "-o", str(shell.folder / "a.ogg"),
        environment={"MOUTHPIECE_PROVIDERS__MIMO__API_KEY": "sk-planted-key-777"},
    )  # fmt: skip
    assert done.code == 0
    assert done.err, "at this level something is logged"
    assert "planted" not in done.err
    assert "marmalade" not in done.err
    files = [path for path in (shell.folder / "data").rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert b"marmalade" not in path.read_bytes(), f"{path} keeps what was said"


@pytest.mark.parametrize(
    "text",
    ['data_dir = "~nosuchperson/x"', 'data_dir = "a\\u0000b"', "speech = 3", "providers.mimo = 3",
     '[providers.mimo]\nbase_url = "http://[::1"', "[clips]\nmax_age_days = inf", "[clips]\nmax_age_days = 1e300",
     f"x = {'9' * 5000}", "x = " + "[" * 5000 + "]" * 5000],
)  # fmt: skip
async def test_no_configuration_ends_in_a_fault(shell: Shell, text: str) -> None:
    shell.configure(text)
    done = await shell("config", "check", environment={"MOUTHPIECE_SPEECH__BITRATE": "24000", "MIMO_API_KEY": "sk-x"})
    assert done.code == 2
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1


async def test_a_terminal_that_knows_no_chinese_is_no_fault(shell: Shell) -> None:
    plain = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    assert (await shell("styles", environment=plain)).code == 0
    done = await shell("say", "Hi.", "-o", str(shell.folder / "你.ogg"), environment=plain)
    assert done.code == 0


def test_every_command_of_the_parser_is_a_function() -> None:
    text = (ROOT / "bot" / "cli" / "parser.py").read_text(encoding="utf-8")
    names = set(re.findall(r'"((?:block|database|doctor|info|operate|quota|speak)\.\w+)"', text))
    assert len(names) > 15
    for name in names:
        module, _, function = name.partition(".")
        assert callable(getattr(importlib.import_module(f"bot.cli.{module}"), function)), name


def test_help_loads_none_of_the_bot() -> None:
    code = (
        "import sys\nfrom bot.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([n for n in ('pydantic', 'sqlalchemy', 'numpy', 'discord', 'telegram', 'asyncio') if n in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.splitlines()[-1] == "[]"
