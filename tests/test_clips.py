"""The clip cache: what was put in comes out, within bounds of size and age, and no damage reaches anybody."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.clips import FILE_NAME, ClipStore, StoredClip
from tests.ledger_case import FakeClock

KILOBYTE = 1000


def ogg(number: int, size: int = 10 * KILOBYTE) -> bytes:
    return b"OggS" + number.to_bytes(4, "big") * (size // 4 - 1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def clips(tmp_path: Path, clock: FakeClock) -> AsyncIterator[ClipStore]:
    async with ClipStore.open(tmp_path, max_bytes=1000 * KILOBYTE, max_age=3600 * 24, clock=clock) as store:
        yield store


def size(clips: ClipStore) -> int:
    """Bytes of all clips."""
    with contextlib.closing(sqlite3.connect(clips.path)) as plain:
        return int(plain.execute("SELECT sum(size) FROM clip_2").fetchone()[0])


async def kept(clips: ClipStore, keys: range) -> list[int]:
    return [key for key in keys if await clips.get(str(key)) is not None]


async def test_what_is_put_in_comes_out(clips: ClipStore, tmp_path: Path) -> None:
    assert await clips.get("a") is None
    await clips.put("a", ogg(1), provider="mimo")
    assert await clips.get("a") == StoredClip(ogg(1), "mimo")
    await clips.put("a", ogg(2), provider="espeak")
    assert await clips.get("a") == StoredClip(ogg(2), "espeak")
    async with ClipStore.open(tmp_path, clock=FakeClock()) as again:
        assert await again.get("a") is not None
    await clips.delete("a")
    assert await clips.get("a") is None


@pytest.mark.parametrize("data", [b"", b"RIFF....WAVE", b"some text", b"oggs"])
async def test_nothing_but_ogg_is_kept(clips: ClipStore, data: bytes) -> None:
    with pytest.raises(ValueError, match="only Ogg"):
        await clips.put("a", data, provider="mimo")


async def test_the_least_recently_used_go_first(clips: ClipStore, clock: FakeClock) -> None:
    for key in range(100):
        await clips.put(str(key), ogg(key), provider="mimo")
        clock.now += 1
    assert size(clips) == 1000 * KILOBYTE
    clock.now += 3600
    assert await kept(clips, range(10)) == list(range(10))
    clock.now += 1
    for key in range(100, 120):
        await clips.put(str(key), ogg(key), provider="mimo")
    assert size(clips) == 1000 * KILOBYTE
    assert await kept(clips, range(120)) == [*range(10), *range(30, 120)]


async def test_many_small_ones_make_room_for_a_big_one(clips: ClipStore) -> None:
    for key in range(400):
        await clips.put(str(key), ogg(key, 1 * KILOBYTE), provider="mimo")
    await clips.put("big", ogg(1, 900 * KILOBYTE), provider="mimo")
    assert await clips.get("big") is not None
    assert size(clips) <= 1000 * KILOBYTE


async def test_what_is_larger_than_the_cache_is_not_kept(clips: ClipStore) -> None:
    await clips.put("small", ogg(1), provider="mimo")
    await clips.put("huge", ogg(1, 1001 * KILOBYTE), provider="mimo")
    assert await clips.get("huge") is None
    assert await clips.get("small") is not None


async def test_age_is_bounded(clips: ClipStore, clock: FakeClock) -> None:
    for key in range(100):
        await clips.put(str(key), ogg(key), provider="mimo")
    clock.now += 3600 * 24 - 1
    assert await clips.get("0") is not None
    await clips.put("new", ogg(1), provider="mimo")
    clock.now += 1
    assert await clips.get("0") is None
    assert await clips.expire() == 98
    assert await clips.get("new") is not None
    assert size(clips) == 10 * KILOBYTE


async def test_reading_writes_once_an_hour_at_most(clips: ClipStore, clock: FakeClock, tmp_path: Path) -> None:
    def used() -> int:
        with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as plain:
            return int(plain.execute("SELECT used FROM clip_2").fetchone()[0])

    await clips.put("a", ogg(1), provider="mimo")
    first = used()
    clock.now += 3599
    await clips.get("a")
    assert used() == first
    clock.now += 1
    await clips.get("a")
    assert used() == first + 3_600_000


async def test_a_platforms_name_for_a_clip(clips: ClipStore) -> None:
    await clips.remember_file("a", "telegram", "too early")
    await clips.put("a", ogg(1), provider="mimo")
    assert await clips.file_id("a", "telegram") is None
    await clips.remember_file("a", "telegram", "AwACAgIAAx")
    await clips.remember_file("a", "telegram", "BwACAgIAAx")
    assert await clips.file_id("a", "telegram") == "BwACAgIAAx"
    assert await clips.file_id("a", "discord") is None
    await clips.put("a", ogg(2), provider="mimo")
    assert await clips.file_id("a", "telegram") is None


async def test_a_file_that_is_no_database_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database" * 500)
    async with ClipStore.open(tmp_path) as clips:
        await clips.put("a", ogg(1), provider="mimo")
        assert await clips.get("a") is not None


async def test_a_file_of_another_version_is_made_anew(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as plain:
        plain.execute("CREATE TABLE clip_0 (key TEXT)")
    async with ClipStore.open(tmp_path) as clips:
        await clips.put("a", ogg(1), provider="mimo")
        assert await clips.get("a") is not None
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as plain:
        tables = {row[0] for row in plain.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"clip_2", "platform_file_2"}


async def test_damage_found_while_running_costs_the_cache_only(tmp_path: Path) -> None:
    async with ClipStore.open(tmp_path) as clips:
        for key in range(100):
            await clips.put(str(key), ogg(key), provider="mimo")
    path = tmp_path / FILE_NAME
    data = bytearray(path.read_bytes())
    for page in range(1, len(data) // 8192):
        data[page * 8192 : page * 8192 + 512] = b"\xee" * 512
    path.write_bytes(data)
    async with ClipStore.open(tmp_path) as clips:
        answers = await asyncio.gather(*(clips.get(str(key)) for key in range(100)))
        assert set(answers) == {None}
        await clips.put("a", ogg(1), provider="mimo")
        assert await clips.get("a") == StoredClip(ogg(1), "mimo")


async def test_a_locked_cache_is_an_empty_one(
    tmp_path: Path, clips: ClipStore, caplog: pytest.LogCaptureFixture
) -> None:
    await clips.put("a", ogg(1), provider="mimo")
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        await clips.put("b", ogg(2), provider="mimo")
        assert await clips.get("a") is not None
    assert await clips.get("b") is None
    assert "store.busy" in caplog.text


async def test_a_folder_that_cannot_be_used_is_an_empty_cache(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with ClipStore.open(tmp_path / "file") as clips:
        await clips.put("a", ogg(1), provider="mimo")
        assert await clips.get("a") is None
