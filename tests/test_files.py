"""The data folder: for its owner alone, made whole, and refused by name when it is damaged."""

import asyncio
import os
import random
import signal
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.model import Account
from bot.store import files
from bot.store.accounts import BlockedAccounts
from bot.store.clips import ClipStore
from bot.store.database import FILE_NAME, Database
from bot.store.files import folder_lock
from bot.store.schema import HEAD
from bot.texts import LANGUAGES, of_error
from tests.shell import ROOT, Shell

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights elsewhere")
_ANN = Account("discord", "42")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture(autouse=True)
def _usual_mask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


async def _made(folder: Path) -> Path:
    """A database with a blocked account."""
    async with Database.open(folder) as database:
        await BlockedAccounts(database).block(_ANN)
    return folder / FILE_NAME


async def _refusal(folder: Path) -> StoreError:
    with pytest.raises(StoreError) as refused:
        async with Database.open(folder, wait=0.1):
            pass
    return refused.value


# Rights


async def test_everything_that_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "data"
    async with Database.open(folder) as database, ClipStore.open(folder) as clips:
        await BlockedAccounts(database).block(_ANN)
        await clips.put("a", b"OggS", provider="test")
        with folder_lock(folder):
            made = {path.name: _mode(path) for path in folder.iterdir()}
    assert made.keys() >= {
        "mouthpiece.db",
        "mouthpiece.db-wal",
        "mouthpiece.db-shm",
        "clips.db",
        "clips.db-wal",
        "run.lock",
    }
    assert set(made.values()) == {0o600}, made
    assert _mode(folder) == 0o700


async def test_what_others_could_read_is_narrowed_at_the_start_backups_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "data"
    path = await _made(folder)
    backup, foreign, diary = folder / "evening.sqlite", folder / "foreign.db", folder / "diary.txt"
    backup.write_bytes(path.read_bytes())
    with closing(sqlite3.connect(foreign)) as plain:
        plain.execute("CREATE TABLE cats (name)")
    diary.write_text("not ours", encoding="utf-8")
    lock = folder / "run.lock"
    lock.touch()
    for each in (path, backup, foreign, diary, lock):
        each.chmod(0o644)
    folder.chmod(0o755)
    assert set(files.wide(folder)) == {folder, path, backup, lock}
    async with Database.open(folder):
        pass
    assert [_mode(each) for each in (path, backup, lock)] == [0o600] * 3
    assert [_mode(each) for each in (foreign, diary)] == [0o644] * 2, "what is not ours is left alone"
    assert _mode(folder) == 0o755, "and so is a folder with other things in it"
    assert "others could read evening.sqlite; now only its owner can" in caplog.text
    for other in (foreign, diary):
        other.unlink()
    async with Database.open(folder):
        pass
    assert _mode(folder) == 0o700
    assert files.wide(folder) == []


async def test_narrowing_follows_no_link(tmp_path: Path) -> None:
    target = tmp_path / "victim"
    target.write_text("x", encoding="utf-8")
    target.chmod(0o644)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "clips.db-old").symlink_to(target)
    files.narrow(folder)
    assert _mode(target) == 0o644


async def test_doctor_tells_what_is_wider(shell: Shell) -> None:
    data = shell.folder / "data"
    assert (await shell("db", "upgrade")).code == 0
    (data / "mouthpiece.db").chmod(0o640)
    (data / "diary.txt").touch()
    data.chmod(0o755)
    told = (await shell("doctor")).out
    assert f"! Files: other users of this machine can access {data}, mouthpiece.db." in told
    data.chmod(0o700)
    assert "Files:" not in (await shell("doctor")).out, "the file was narrowed when it was opened"


# The lock


@pytest.mark.parametrize("kind", ["symlink", "hard link", "dangling", "pipe"])
def test_the_lock_follows_no_link(tmp_path: Path, kind: str) -> None:
    folder, victim = tmp_path / "data", tmp_path / "victim"
    folder.mkdir()
    lock = folder / "run.lock"
    if kind != "dangling":
        victim.write_text("precious", encoding="utf-8")
    if kind == "pipe":
        os.mkfifo(lock)
    elif kind == "hard link":
        lock.hardlink_to(victim)
    else:
        lock.symlink_to(victim)
    with pytest.raises(StoreError) as refused, folder_lock(folder):
        pass
    assert refused.value.code == "store.lock_link"
    assert str(lock) in of_error(refused.value, "en")
    if kind == "dangling":
        assert not victim.exists()
    else:
        assert victim.read_text(encoding="utf-8") == "precious"


# Creation

_KILLED = """
import asyncio, os, pathlib, signal, sys
from bot.store import database, files

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

state = sys.argv[2]
if state == "empty":
    database._upgrade = die
elif state == "filled":
    files._sync = die
elif state == "named":
    files._publish = lambda new, path: (os.link(new, path), die())
else:
    from sqlalchemy import event, engine
    steps = iter(range(10_000))
    event.listen(engine.Engine, "before_cursor_execute", lambda *_: die() if next(steps) == int(state) else None)

async def main():
    async with database.Database.open(pathlib.Path(sys.argv[1])):
        print("open")
asyncio.run(main())
"""


@pytest.mark.parametrize("state", ["empty", "filled", "named", "3", "12", "25"])
async def test_killed_while_it_is_made_there_is_no_database_or_a_whole_one(tmp_path: Path, state: str) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KILLED, str(tmp_path), state, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate()
    assert (child.returncode, out) == (-signal.SIGKILL, b"")
    assert (tmp_path / FILE_NAME).exists() == (state == "named")
    (left,) = (path for path in tmp_path.glob(".mouthpiece.new.*") if not path.name.endswith("-journal"))
    assert _mode(left) == 0o600
    os.utime(left, (0, 0))
    (tmp_path / FILE_NAME).unlink(missing_ok=True)
    async with Database.open(tmp_path) as database:
        assert await database.revision() == HEAD
    assert not left.exists(), "what was left unfinished is removed after a while"


async def test_killed_after_it_was_named_it_is_whole(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", _KILLED, str(tmp_path), "named", cwd=ROOT)
    assert await child.wait() == -signal.SIGKILL
    async with Database.open(tmp_path) as database:
        assert await database.revision() == HEAD


def test_a_file_system_without_links_gets_its_database_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "a"
    for words in ("first", "second"):

        def fill(path: Path, words: str = words) -> None:
            path.write_text(words, encoding="utf-8")

        files.make_whole(target, fill)
    assert target.read_text(encoding="utf-8") == "first"
    assert list(tmp_path.iterdir()) == [target]


# Damage


async def _damage(kind: str, path: Path) -> None:
    data = bytearray(path.read_bytes())
    noise = random.Random(4)
    if kind == "empty":
        data = bytearray()
    elif kind.startswith("cut to "):
        del data[int(kind.removeprefix("cut to ")) :]
    elif kind == "half":
        del data[len(data) // 2 :]
    elif kind == "header":
        data[:16] = noise.randbytes(16)
    elif kind == "format":
        data[18:20] = b"\x07\x07"
    elif kind == "page size":
        data[16:18] = b"\x12\x34"
    elif kind == "pages":
        for page in range(1, len(data) // 4096):
            data[page * 4096 : page * 4096 + 40] = noise.randbytes(40)
    elif kind == "schema":
        place = data.index(b"CREATE TABLE ledger")
        data[place + 7 : place + 12] = b"\xff\xfe\xfd\xfc\xfb"
    elif kind == "zeros":
        data = bytearray(len(data))
    elif kind == "diary":
        data = bytearray(b"this is a diary " * 1000)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("empty", "store.empty"),
        *((f"cut to {size}", "store.corrupt") for size in (1, 15, 16, 99, 100, 511, 512, 4095, 4096, 8192)),
        *(
            (kind, "store.corrupt")
            for kind in ("half", "header", "format", "page size", "pages", "schema", "zeros", "diary")
        ),
    ],
)
async def test_a_damaged_database_is_refused_by_name_and_left_as_it_is(tmp_path: Path, kind: str, code: str) -> None:
    path = await _made(tmp_path)
    await _damage(kind, path)
    before = path.read_bytes()
    error = await _refusal(tmp_path)
    assert error.code == code
    for language in LANGUAGES:
        sentence = of_error(error, language)
        assert str(path) in sentence
        assert "…" not in sentence
    assert path.read_bytes() == before


async def test_random_damage_ends_in_a_sentence_or_in_nothing(tmp_path: Path) -> None:
    """A seed for each of 60 files: bytes changed anywhere, in the header, or in the schema."""
    whole = (await _made(tmp_path / "whole")).read_bytes()
    codes = set()
    for seed in range(60):
        noise, data = random.Random(seed), bytearray(whole)
        first, last = ((0, len(data)), (0, 100), (100, 12_288))[seed % 3]
        for _ in range(noise.choice([1, 20, 300])):
            data[noise.randrange(first, last)] = noise.randrange(256)
        folder = tmp_path / str(seed)
        files.make_folder(folder)
        (folder / FILE_NAME).write_bytes(data)
        try:
            async with Database.open(folder) as database:
                await BlockedAccounts(database).block(Account("discord", "7"))
        except StoreError as error:
            codes.add(error.code)
    assert codes <= {"store.corrupt", "store.newer", "store.empty"}, codes


async def test_other_things_in_its_place_are_refused(tmp_path: Path) -> None:
    made = {
        name: tmp_path / name for name in ("nothing", "foreign", "no revision", "lost table", "log alone", "folder")
    }
    for folder in made.values():
        folder.mkdir()
    with closing(sqlite3.connect(made["nothing"] / FILE_NAME)) as plain:
        plain.execute("PRAGMA journal_mode = WAL").fetchall()  # as a version before was killed while it made one
    with closing(sqlite3.connect(made["foreign"] / FILE_NAME)) as plain:
        plain.execute("CREATE TABLE cats (name)")
    for name, statement in (
        ("no revision", "DELETE FROM alembic_version"),
        ("lost table", "DROP TABLE blocked_account"),
    ):
        with closing(sqlite3.connect(await _made(made[name]))) as plain, plain:
            plain.execute(statement)
    (made["log alone"] / f"{FILE_NAME}-wal").write_bytes(b"the last quotas")
    (made["folder"] / FILE_NAME).mkdir()
    assert {name: (await _refusal(folder)).code for name, folder in made.items()} == {
        "nothing": "store.empty",
        "foreign": "store.foreign",
        "no revision": "store.corrupt",
        "lost table": "store.corrupt",
        "log alone": "store.orphan_log",
        "folder": "store.no_file",
    }
    assert (made["log alone"] / f"{FILE_NAME}-wal").read_bytes() == b"the last quotas"


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("empty", "run"),
        ("half", "say hi -o x.ogg"),
        ("schema", "quota show"),
        ("pages", "db check"),
        ("half", "doctor"),
    ],
)
async def test_no_command_breaks_off_over_a_damaged_database(shell: Shell, kind: str, command: str) -> None:
    shell.configure('[speech]\nproviders = ["espeak"]\n[telegram]\ntoken = "1:a"\n')
    path = await _made(shell.folder / "data")
    await _damage(kind, path)
    done = await shell(*command.split())
    said = done.out + done.err
    assert done.code == (1 if command == "doctor" else 8)
    assert str(path) in said
    assert "backup" in said
    assert "Traceback" not in said


async def test_a_backup_of_an_empty_database_is_refused(shell: Shell) -> None:
    path = await _made(shell.folder / "data")
    path.write_bytes(b"")
    done = await shell("db", "backup", str(shell.folder / "kept.db"))
    assert (done.code, "is empty" in done.err) == (8, True)
    assert not (shell.folder / "kept.db").exists()
