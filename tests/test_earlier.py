"""Databases made by the code of earlier revisions: each opens, and every value in it is read back by the stores."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.model import Account
from bot.store import clips
from bot.store.accounts import BlockedAccounts
from bot.store.clips import ClipStore, StoredClip
from bot.store.commands import Commands
from bot.store.database import FILE_NAME, Database
from bot.store.deliveries import Left, Next
from bot.store.dictionary import Dictionaries
from bot.store.ledger import Ledger
from bot.store.provider_calls import CallTotals, Full, ProviderCalls, ProviderLimits
from bot.store.schema import HEAD, metadata
from bot.store.sessions import Bindings, Markers
from bot.store.settings import Preference, Preferences, Readings, ReadingSettings, Spaces, SpaceSettings
from bot.store.words import KeptWords, Words
from tests import earlier
from tests.ledger_case import FakeClock

EARLIER = sorted(path.stem.partition("_")[2] for path in earlier.DATA.glob("revision_*.sql"))
ANN, BO = earlier.ANN, earlier.BO


@pytest.fixture(params=EARLIER)
async def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with the databases of an earlier revision."""
    earlier.load(earlier.DATA / f"revision_{request.param}.sql", tmp_path / FILE_NAME)
    earlier.load(earlier.DATA / f"clips_{request.param}.sql", tmp_path / clips.FILE_NAME)
    return tmp_path


@pytest.fixture
async def database(folder: Path) -> AsyncIterator[Database]:
    """The same, opened with the present code a second later."""
    async with Database.open(folder, clock=FakeClock(earlier.NOW + 1)) as opened:
        assert await opened.revision() == HEAD
        assert await opened.faults() == []
        yield opened


def _rows(path: Path) -> dict[str, tuple[list[str], set[tuple[Any, ...]]]]:
    with contextlib.closing(sqlite3.connect(path)) as plain:
        tables = [name for (name,) in plain.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found = {name: plain.execute(f"SELECT * FROM {name}") for name in tables if not name.startswith("sqlite_")}
        return {name: ([column[0] for column in rows.description], set(rows)) for name, rows in found.items()}


def test_every_table_has_rows_with_values_of_their_own(tmp_path: Path) -> None:
    earlier.load(earlier.DATA / "revision_0009.sql", tmp_path / FILE_NAME)
    rows = _rows(tmp_path / FILE_NAME)
    empty = {(table, column) for table, (columns, found) in rows.items() for column in columns if not found}
    for table, (columns, found) in rows.items():
        for place, column in enumerate(columns):
            if all(row[place] in (None, "", 0, "[]", "{}") for row in found):
                empty.add((table, column))
    assert empty == {("counter", "folded_granted")}


@pytest.mark.parametrize("kind", [SpaceSettings, ReadingSettings, Preference])
def test_every_setting_of_that_revision_has_a_value_of_its_own(kind: type[Any]) -> None:
    stored = [*earlier.SPACES.values(), *earlier.READINGS.values(), *earlier.PEOPLE.values()]
    mine = [each for each in stored if isinstance(each, kind)]
    for field in fields(kind):
        assert any(getattr(each, field.name) != getattr(kind(), field.name) for each in mine), field.name


async def test_rows_of_tables_that_stayed_the_same_are_untouched(folder: Path) -> None:
    before = _rows(folder / FILE_NAME)
    async with Database.open(folder, clock=FakeClock(earlier.NOW + 1)):
        pass
    after = _rows(folder / FILE_NAME)
    assert after["alembic_version"][1] == {(HEAD,)}
    del before["alembic_version"]
    kept = {name for name in before if name in after and after[name][0] == before[name][0]}
    assert kept >= {"ledger", "counter", "words", "journal", "delivery", "provider_call", "dictionary_entry"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert set(after) == {*metadata.tables, "alembic_version"}


async def test_settings_of_servers_and_chats(database: Database) -> None:
    for space, settings in earlier.SPACES.items():
        assert await Spaces(database).get(space) == settings
    for space, reading in earlier.READINGS.items():
        assert await Readings(database).get(space) == reading


async def test_what_people_prefer(database: Database) -> None:
    for account, preference in earlier.PEOPLE.items():
        assert await Preferences(database).get(account) == preference
    assert await Preferences(database).get(Account("discord", "unknown")) == Preference()


async def test_dictionaries_channels_calls_and_blocked_accounts(database: Database) -> None:
    for owner, entries in earlier.ENTRIES.items():
        assert await Dictionaries(database).get(owner) == entries
    for space, bound in earlier.BOUND.items():
        assert await Bindings(database).of(space) == bound
    assert await Markers(database).recent("discord", 3600) == earlier.CALLS
    for account, blocked in (*((each, True) for each in earlier.BLOCKED), (ANN, False)):
        assert await BlockedAccounts(database).is_blocked(account) is blocked


async def test_quota(database: Database) -> None:
    async with Ledger.open(database) as ledger:
        scopes = [override.scope for override in earlier.OVERRIDES]
        assert set(await ledger.overrides(scopes)) == set(earlier.OVERRIDES)
        for scope, used in earlier.USED.items():
            usage = await ledger.usage(scope)
            assert (usage.characters, usage.requests, usage.granted) == used
        assert (await ledger.usage(BO.scope, "builtin")).characters == 8
        assert await ledger.audit() == []
        assert await ledger.reap(owner="bot") == 2  # the holds that were open
        assert (await ledger.usage(ANN.scope)).characters == 96
        assert await ledger.audit() == []


async def test_commands_that_were_under_way(database: Database) -> None:
    async with Ledger.open(database) as ledger:
        commands = Commands(ledger)
        expected = {
            "discord:11": Next.DELIVER,
            "discord:12": Next.UNCERTAIN,
            "discord:13": Next.NOTHING,
            "telegram:14": Next.NOTHING,
            "telegram:16": Next.NOTHING,
            "telegram:17": Next.ANSWER,
            "discord:19": Next.GIVE_UP,
        }
        stands = {key: await commands.command_state(key) for key in expected}
        assert {key: command_state.next for key, command_state in stands.items()} == expected
        owed = stands["discord:11"].owed
        assert owed is not None
        assert (owed.clip, owed.charged) == ("a1" * 20, 31)
        assert await commands.left("discord") == [
            Left(key, f"what was sent for {key}", f"token of {key}") for key in ("discord:11", "discord:12")
        ]
        assert await commands.left("telegram") == [Left("telegram:15", '{"update_id": 15}', "")]
        assert await commands.progress_left("telegram") == [earlier.PROGRESS[1:]]
        assert await commands.begun() == {"discord:11", "discord:12", "discord:19", "telegram:15"}


async def test_calls_of_providers(database: Database) -> None:
    calls = ProviderCalls(database)
    assert await calls.totals("mimo") == CallTotals(calls=3, tokens=194, failed=1, estimated=2)
    with pytest.raises(Full) as full:
        await calls.hold("bot:b:1", "mimo", ProviderLimits(), 1)
    assert full.value.retry_at == datetime.fromtimestamp(earlier.PAUSED, UTC)


async def test_words_and_who_had_them_spoken(database: Database) -> None:
    words = Words(database)
    for account, said in earlier.KEPT.items():
        kept = KeptWords(said.text, said.styles, said.voice, said.instruction, account, said.space, said.take)
        assert await words.newest(account, 5) == (kept,)
    for platform, chat, message, account in earlier.SPOKEN:
        assert await words.said_by(platform, chat, message) == account


async def test_clips(folder: Path) -> None:
    async with ClipStore.open(folder, clock=FakeClock(earlier.NOW + 1)) as store:
        for key, (provider, files) in earlier.CLIPS.items():
            assert await store.get(key) == StoredClip(earlier.OGG + key.encode(), provider)
            assert await store.file_id(key, "telegram") == files.get("telegram")
