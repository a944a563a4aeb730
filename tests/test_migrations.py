"""Databases of earlier versions: brought up to date with everything that is in them, and back."""

import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path

from alembic import command
from sqlalchemy import Connection, create_engine

from bot.model import Account, Space
from bot.store.database import FILE_NAME, Database
from bot.store.entries import Override
from bot.store.ledger import Ledger
from bot.store.migrations.upgrade import settings
from bot.store.schema import HEAD
from bot.store.settings import Preference, Preferences, Spaces

ANN = Account("discord", "1")


def _at(folder: Path, revision: str) -> None:
    """A new database at an earlier revision, with an override in it."""
    engine = create_engine(f"sqlite:///{folder / FILE_NAME}")

    def fill(connection: Connection) -> None:
        command.upgrade(settings(connection), revision)
        connection.exec_driver_sql(
            "INSERT INTO quota_override (scope, unlimited, characters_per_day) VALUES (?, 0, 77)", (ANN.scope,)
        )

    with engine.begin() as connection:
        fill(connection)
    engine.dispose()


async def test_a_database_of_the_first_version_is_brought_up_to_date_with_what_is_in_it(tmp_path: Path) -> None:
    _at(tmp_path, "0001")
    async with Database.open(tmp_path) as database, Ledger.open(database) as ledger:
        assert await database.revision() == HEAD
        assert await ledger.overrides([ANN.scope]) == [Override(ANN.scope, 77)]
        await Preferences(database).set(ANN, voice="Mia")
        assert (await Preferences(database).get(ANN)).voice == "Mia"


async def test_what_people_had_set_before_messages_were_read_aloud_stays(tmp_path: Path) -> None:
    _at(tmp_path, "0002")
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as plain:
        row = (ANN.scope, "Mia", "Happy", "zh", '["Mia"]', "[]", '["Dean"]', "[]")
        plain.execute(f"INSERT INTO preference VALUES ({', '.join('?' * len(row))})", row)
        plain.commit()
    async with Database.open(tmp_path) as database:
        before = Preference("Mia", "Happy", "zh", favourite_voices=("Mia",), recent_voices=("Dean",))
        assert await Preferences(database).get(ANN) == before
        await Preferences(database).set(ANN, nickname="Annie", opted_out=True)
        assert await Preferences(database).get(ANN) == replace(before, nickname="Annie", opted_out=True)


async def test_words_are_shown_where_only_another_setting_was_made(tmp_path: Path) -> None:
    """A row got the old default with its first setting: it takes the new one, and can be switched off."""
    _at(tmp_path, "0004")
    space = Space("discord", "1")
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as plain:
        names = "space, default_voice, default_style, language, show_words, allowed_roles, blocked_roles, channels"
        row = (space.scope, "Mia", "", "", 0, "[]", "[]", "[]", 5, "[]", 0)
        plain.execute(
            f"INSERT INTO space_setting ({names}, cooldown, blocked_words, reply_context)"
            f" VALUES ({', '.join('?' * len(row))})",
            row,
        )
        plain.commit()
    async with Database.open(tmp_path) as database:
        spaces = Spaces(database)
        kept = await spaces.get(space)
        assert (kept.show_words, kept.default_voice, kept.cooldown) == (True, "Mia", 5)
        await spaces.set(space, show_words=False)
        assert not (await spaces.set(space, cooldown=6)).show_words


def test_every_revision_can_be_taken_back(tmp_path: Path) -> None:
    _at(tmp_path, "head")
    engine = create_engine(f"sqlite:///{tmp_path / FILE_NAME}")
    with engine.begin() as connection:
        command.downgrade(settings(connection), "0001")
        command.upgrade(settings(connection), "head")
        command.downgrade(settings(connection), "base")
    engine.dispose()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as plain:
        left = plain.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        assert left.fetchall() == [("alembic_version",)]
