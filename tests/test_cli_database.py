"""``mouthpiece db``: damage, sums that are wrong, and backups."""

import contextlib
import itertools
import json
import resource
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.cli.database import count_again
from bot.errors import StoreError
from bot.store.database import Database, back_up
from bot.store.ledger import Ledger
from bot.store.schema import counter
from tests.ledger_case import ANN, NOON
from tests.shell import Shell


async def test_a_damaged_database_is_refused(shell: Shell) -> None:
    data = shell.without_data()
    data.mkdir()
    (data / "mouthpiece.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    done = await shell("say", "Hello", "-o", str(shell.folder / "a.ogg"))
    assert done.code == 8
    assert "damaged" in done.err


async def test_a_sound_database_is_called_so(shell: Shell) -> None:
    assert (await shell("say", "Hello", "-o", str(shell.folder / "a.ogg"), "--account", "ann")).code == 0
    done = await shell("db", "check")
    assert (done.code, done.err) == (0, "")
    assert "sound" in done.out


async def test_a_sum_that_is_wrong_is_told_and_set_right(shell: Shell) -> None:
    assert (await shell("say", "Hello", "-o", str(shell.folder / "a.ogg"), "--account", "ann")).code == 0
    with contextlib.closing(sqlite3.connect(shell.folder / "data" / "mouthpiece.db")) as plain, plain:
        plain.execute("UPDATE counter SET characters = 66 WHERE scope = 'account:cli:ann'")
    told = await shell("db", "check")
    assert told.code == 8
    assert "account:cli:ann (builtin)" in told.out
    assert "66 characters" in told.out
    assert "the ledger has 5," in told.out
    assert "--repair" in told.out
    row = json.loads((await shell("db", "check", "--json")).out)["wrong"][0]
    assert (row["counted"][0], row["summed"][0]) == (66, 5)
    assert (await shell("db", "check", "--repair")).code == 0
    assert (await shell("db", "check")).code == 0
    shown = json.loads((await shell("quota", "show", "ann", "--json")).out)
    assert {row["used"] for row in shown["account"] if row["meter"] == "builtin"} == {5}


async def test_an_index_that_does_not_fit_its_table_is_told_and_built_anew(shell: Shell) -> None:
    assert (await shell("block", "discord:42")).code == 0
    path = shell.folder / "data" / "mouthpiece.db"
    columns = "type, name, tbl_name, rootpage, sql"
    with contextlib.closing(sqlite3.connect(path)) as plain, plain:
        plain.execute("PRAGMA writable_schema = ON")
        (index,) = plain.execute(f"SELECT {columns} FROM sqlite_schema WHERE name = 'spoken_age'").fetchall()
        plain.execute("DELETE FROM sqlite_schema WHERE name = 'spoken_age'")
    with contextlib.closing(sqlite3.connect(path)) as plain, plain:  # this one does not know the index
        plain.execute("INSERT INTO spoken VALUES ('discord', '1', '2', 'account:discord:42', 3)")
        plain.execute("PRAGMA writable_schema = ON")
        plain.execute(f"INSERT INTO sqlite_schema ({columns}) VALUES (?, ?, ?, ?, ?)", index)
    told = await shell("db", "check")
    assert (told.code, told.err) == (8, "")
    assert "spoken_age" in told.out
    assert "--repair" in told.out
    assert "intact" not in told.out
    assert "spoken_age" in "".join(json.loads((await shell("db", "check", "--json")).out)["faults"])
    mended = await shell("db", "check", "--repair")
    assert (mended.code, "rebuilt" in mended.out) == (0, True)
    assert "intact" in (await shell("db", "check")).out


@pytest.mark.parametrize(("language", "words"), [("en", "Restore a backup"), ("zh", "请恢复备份")])
async def test_indexes_that_cannot_be_built_anew_are_told_all_the_same(shell: Shell, language: str, words: str) -> None:
    shell.configure(f'language = "{language}"\n[speech]\nproviders = ["espeak"]')
    assert (await shell("db", "upgrade")).code == 0
    with contextlib.closing(sqlite3.connect(shell.folder / "data" / "mouthpiece.db")) as plain, plain:
        rows = [("discord", "1", place, "account:discord:42", 3) for place in "23"]
        plain.executemany("INSERT INTO spoken VALUES (?, ?, ?, ?, ?)", rows)
        plain.execute("PRAGMA writable_schema = ON")
        unique = "UPDATE sqlite_schema SET sql = replace(sql, 'CREATE INDEX', 'CREATE UNIQUE INDEX') WHERE name = ?"
        plain.execute(unique, ("spoken_age",))
    done = await shell("db", "check", "--repair")
    assert (done.code, done.err) == (8, "")
    assert "non-unique entry in index spoken_age" in done.out
    assert words in done.out
    assert "--repair" not in done.out
    found = json.loads((await shell("db", "check", "--repair", "--json")).out)
    assert found["faults"] == found["faults_left"] != []


async def test_a_sum_that_goes_out_of_sight_while_it_is_set_right_is_not_left_wrong(tmp_path: Path) -> None:
    seconds = itertools.count(NOON, 120)  # two minutes go by between one look at the clock and the next
    async with Database.open(tmp_path, clock=lambda: NOON) as database, Ledger.open(database) as book:
        row = {"scope": ANN, "meter": "", "window": "minute", "start": NOON * 1000}
        amounts = {"characters": 66, "requests": 1, "granted": 0}
        await database.write(lambda connection: connection.execute(insert(counter).values(row | amounts)))
        assert [len(each) for each in (await count_again(book, repair=False))[::2]] == [1, 1]
        database.clock = lambda: next(seconds)
        wrong, repaired, left = await count_again(book, repair=True)
    assert (len(wrong), repaired, left) == (1, 0, [])


async def test_a_backup_is_the_database_and_only_its_owner_may_read_it(shell: Shell, tmp_path: Path) -> None:
    assert (await shell("block", "discord:42")).code == 0
    target = tmp_path / "kept.db"
    # A bot at work: the row stands in the write-ahead log alone, which a copy of the file would lack.
    with contextlib.closing(sqlite3.connect(shell.folder / "data" / "mouthpiece.db")) as writer:
        with writer:
            writer.execute("INSERT INTO blocked_account SELECT 'telegram:7', since FROM blocked_account")
        done = await shell("db", "backup", str(target))
    assert (done.code, done.err) == (0, "")
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    with contextlib.closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT count(*) FROM blocked_account").fetchone() == (2,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize(("name", "words"), [("here.db", "already exists"), ("no/such/a.db", "does not exist")])
async def test_a_backup_overwrites_nothing(shell: Shell, name: str, words: str) -> None:
    assert (await shell("db", "upgrade")).code == 0
    (shell.folder / "here.db").write_bytes(b"older")
    done = await shell("db", "backup", str(shell.folder / name))
    assert done.code == 8
    assert words in done.err
    assert (shell.folder / "here.db").read_bytes() == b"older"


@pytest.mark.parametrize("name", ["x" * 300, f"{'x' * 300}/a.db"])
async def test_a_backup_that_the_system_refuses_names_the_file(shell: Shell, name: str) -> None:
    assert (await shell("db", "upgrade")).code == 0
    done = await shell("db", "backup", str(shell.folder / name))
    assert (done.code, done.out) == (8, "")
    assert f"Could not write {shell.folder / name}: File name too long." in done.err


async def test_a_backup_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "source.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError) as failed:
        back_up(tmp_path / "source.db", tmp_path / "kept.db")
    assert failed.value.code == "store.corrupt"
    assert [path.name for path in tmp_path.iterdir()] == ["source.db"]
    assert failed.value.facts["path"] == str(tmp_path / "source.db")


async def test_a_backup_leaves_an_older_database_as_it_is(shell: Shell, tmp_path: Path) -> None:
    data = shell.without_data()
    data.mkdir()
    with contextlib.closing(sqlite3.connect(data / "mouthpiece.db")) as plain, plain:
        plain.execute("CREATE TABLE older (words TEXT)")
    done = await shell("db", "backup", str(tmp_path / "kept.db"))
    assert (done.code, done.err) == (0, "")
    for path in (data / "mouthpiece.db", tmp_path / "kept.db"):
        with contextlib.closing(sqlite3.connect(path)) as plain:
            assert plain.execute("SELECT name FROM sqlite_schema").fetchall() == [("older",)]


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_where_there_is_no_database_none_is_made_and_copied(shell: Shell, tmp_path: Path, language: str) -> None:
    shell.configure(f'language = "{language}"\ndata_dir = "elsewhere"')
    done = await shell("db", "backup", str(tmp_path / "kept.db"))
    assert (done.code, done.out) == (8, "")
    assert str(shell.folder / "elsewhere" / "mouthpiece.db") in done.err
    assert not (shell.folder / "elsewhere").exists()
    assert not (tmp_path / "kept.db").exists()


def test_a_lock_is_told_of_the_file_that_is_locked(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "source.db")) as writer:
        writer.execute("CREATE TABLE held (words TEXT)")
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError) as failed:
            back_up(tmp_path / "source.db", tmp_path / "kept.db", busy_seconds=0)
    assert (failed.value.code, failed.value.facts) == ("store.busy", {"path": str(tmp_path / "source.db")})


def test_what_cannot_be_written_is_told_of_the_copy(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "source.db")) as plain, plain:
        plain.execute("CREATE TABLE long (words BLOB)")
        plain.execute("INSERT INTO long VALUES (zeroblob(200000))")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(StoreError) as failed:
            back_up(tmp_path / "source.db", tmp_path / "kept.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert failed.value.facts == {"path": str(tmp_path / "kept.db")}
    assert [path.name for path in tmp_path.iterdir()] == ["source.db"]
