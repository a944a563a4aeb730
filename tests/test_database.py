"""The database file: made, migrated, refused when unusable; transactions that are whole or not at all."""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, insert, select, text

from bot.errors import InputError, StoreError
from bot.store.database import FILE_NAME, Database
from bot.store.migrations.upgrade import settings
from bot.store.schema import HEAD, metadata, quota_override


def _add(connection: Connection, scope: str = "account:cli:a") -> None:
    connection.execute(insert(quota_override), [{"scope": scope, "unlimited": True}])


def _count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(quota_override)).scalar_one()


async def _code(folder: Path) -> str:
    with pytest.raises(StoreError) as caught:
        async with Database.open(folder, wait=0.1):
            pass
    return caught.value.code


async def test_a_new_folder_gets_a_database_with_exactly_the_schema(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "deep" / "data") as database:
        assert await database.revision() == HEAD
        drift = await database.read(lambda c: compare_metadata(MigrationContext.configure(c), metadata))
        assert drift == []
    assert (tmp_path / "deep" / "data" / FILE_NAME).is_file()
    assert ScriptDirectory.from_config(settings()).get_heads() == [HEAD]


async def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    async with Database.open(tmp_path) as database:
        await database.write(_add)
    async with Database.open(tmp_path) as database:
        assert await database.read(_count) == 1


async def test_commits_are_forced_to_disk_and_logged_ahead(tmp_path: Path) -> None:
    async with Database.open(tmp_path) as database:
        assert await database.read(lambda c: c.execute(text("PRAGMA synchronous")).scalar()) == 2
        assert await database.read(lambda c: c.execute(text("PRAGMA journal_mode")).scalar()) == "wal"


async def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    async with Database.open(tmp_path) as database:
        await database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    assert await _code(tmp_path) == "store.newer"
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as plain:
        assert plain.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"this is a diary" * 1000)
    assert await _code(tmp_path) == "store.corrupt"


async def test_a_damaged_page_is_noticed_at_the_start(tmp_path: Path) -> None:
    async with Database.open(tmp_path) as database:
        for number in range(300):
            await database.write(lambda c, n=number: _add(c, f"account:cli:{n}"))  # type: ignore[misc]
    path = tmp_path / FILE_NAME
    data = bytearray(path.read_bytes())
    page = data.index(b"account:cli:7") // 4096
    data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)
    assert await _code(tmp_path) == "store.corrupt"


async def test_a_folder_that_cannot_be_made_is_told_as_read_only(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert await _code(tmp_path / "file" / "data") == "store.read_only"


async def test_a_folder_in_the_files_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    assert await _code(tmp_path) == "store.no_file"


async def test_a_write_that_the_engine_refuses_as_read_only(tmp_path: Path) -> None:
    def body(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        try:
            _add(connection)
        finally:
            connection.exec_driver_sql("PRAGMA query_only = OFF")

    async with Database.open(tmp_path) as database:
        with pytest.raises(StoreError, match=r"store\.read_only"):
            await database.write(body)


@contextlib.contextmanager
def _small_disk(folder: Path, *, options: str) -> Iterator[None]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not root or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_disk_mounted_read_only(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with _small_disk(disk, options="size=2m"):
        async with Database.open(disk) as database:
            await database.write(_add)
        await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,ro", str(disk)], check=True)
        assert await _code(disk) == "store.read_only"


async def test_a_disk_that_runs_full_loses_nothing_and_works_on_with_space(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with _small_disk(disk, options="size=1m"):
        async with Database.open(disk) as database:
            (disk / "ballast").write_bytes(bytes(512 * 1024))
            written = 0
            with pytest.raises(StoreError, match=r"store\.full"):  # noqa: PT012 - the write that fails is not known
                for written in range(5000):
                    await database.write(lambda c, n=written: _add(c, f"account:cli:{n:0150}"))  # type: ignore[misc]
            assert await database.read(_count) == written
            (disk / "ballast").unlink()
            await database.write(_add)
            assert await database.read(_count) == written + 1


async def test_a_file_that_may_not_grow_is_full(tmp_path: Path) -> None:
    def body(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        for number in range(2000):
            _add(connection, f"account:cli:{number}")

    async with Database.open(tmp_path) as database:
        with pytest.raises(StoreError, match=r"store\.full"):
            await database.write(body)
        assert await database.read(_count) == 0


async def test_a_foreign_lock_is_waited_for_a_bounded_time(tmp_path: Path) -> None:
    async with Database.open(tmp_path, wait=0.1) as database:
        with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as foreign:
            foreign.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match=r"store\.busy"):
                await database.write(_add)
            assert await database.read(_count) == 0
            foreign.execute("ROLLBACK")
        await database.write(_add)
        assert await database.read(_count) == 1


async def test_writers_of_one_process_wait_for_each_other_a_bounded_time(tmp_path: Path) -> None:
    async with Database.open(tmp_path, wait=0.1) as database:
        with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as foreign:
            foreign.execute("BEGIN IMMEDIATE")
            answers = await asyncio.gather(
                *(database.write(lambda c, n=n: _add(c, str(n))) for n in range(5)),  # type: ignore[misc]
                return_exceptions=True,
            )
        assert [str(answer) for answer in answers] == ["store.busy"] * 5


async def test_a_body_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    def body(connection: Connection) -> None:
        _add(connection)
        raise InputError("text.empty")

    async with Database.open(tmp_path) as database:
        with pytest.raises(InputError):
            await database.write(body)
        assert await database.read(_count) == 0


async def test_a_transaction_ends_whole_when_its_caller_is_cancelled(tmp_path: Path) -> None:
    begun = asyncio.Event()

    def body(connection: Connection) -> None:
        begun.set()
        _add(connection)

    async with Database.open(tmp_path) as database:
        task = asyncio.create_task(database.write(body))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await database.write(lambda c: _add(c, "account:cli:b"))
        assert await database.read(_count) == 2


async def test_closing_waits_for_what_is_under_way(tmp_path: Path) -> None:
    async with Database.open(tmp_path) as database:
        task = asyncio.create_task(database.write(_add))
        await asyncio.sleep(0)
    await task
    async with Database.open(tmp_path) as database:
        assert await database.read(_count) == 1


async def test_whoever_comes_after_closing_opens_nothing(tmp_path: Path) -> None:
    async with Database.open(tmp_path) as database:
        await database.write(_add)
    for late in (database.read(_count), database.write(_add)):
        with pytest.raises(StoreError, match=r"store\.failed"):
            await late
    assert database._engine.pool.status().startswith("Pool size: 4  Connections in pool: 0")


async def test_errors_do_not_carry_what_was_written(tmp_path: Path) -> None:
    async with Database.open(tmp_path) as database:
        await database.write(lambda c: _add(c, "account:discord:planted"))
        with pytest.raises(StoreError, match=r"store\.failed") as caught:
            await database.write(lambda c: _add(c, "account:discord:planted"))
        assert "planted" not in str(caught.value)
        assert "planted" not in str(caught.value.__cause__)


async def test_processes_that_start_at_once_on_a_new_folder_agree(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys\n"
        "from bot.store.database import Database\n"
        "async def main():\n"
        "    async with Database.open(pathlib.Path(sys.argv[1])) as database:\n"
        "        print(await database.revision())\n"
        "asyncio.run(main())\n"
    )
    children = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for child in children:
        out, err = await child.communicate()
        assert (out.decode().strip(), err.decode()) == (HEAD, "")
