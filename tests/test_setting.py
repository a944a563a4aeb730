"""Settings by key: two who change two at once both keep theirs, what nobody set follows the defaults, each is whole."""

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import Connection

from bot import values
from bot.errors import InputError
from bot.model import Account, Space
from bot.platforms.telegram.settings import SHARED_SETTINGS
from bot.store.database import FILE_NAME, Database
from bot.store.migrate_space import Moves
from bot.store.schema import space_setting
from bot.store.setting_fields import Checked, Kept, Kind, Names, Setting, Switch, Who, setting, settings_of
from bot.store.settings import Preference, Preferences, Readings, ReadingSettings, Rows, Spaces, SpaceSettings
from bot.texts import LANGUAGES, of_error
from tests import earlier
from tests.conftest import House
from tests.discord_case import Start
from tests.fakes.discord_server import DiscordServer
from tests.prepared import Prepare

pytest_plugins = ["tests.discord_fixtures"]

GUILD = Space("discord", "9")
ANN = Account("discord", "1")
EVERY = [each for model in (SpaceSettings, ReadingSettings, Preference) for each in settings_of(model)]
TYPED = [each for each in EVERY if each.key]
BAD = {
    "Switch": "perhaps", "Number": "99999", "Seconds": "99999 h", "Text": "x" * 300, "Voice": "x" * 300,
    "Style": "x" * 300, "Template": "nobody", "Word": "warp", "Language": "tlh", "Hours": "late",
    "SpokenLanguage": "tlh", "Zone": "Middle/Earth",
}  # fmt: skip
"""What no setting of a kind takes."""


# Stored by key


@pytest.mark.parametrize("lists", [False, True])
async def test_a_change_between_reading_and_writing_is_kept(tmp_path: Path, prepare: Prepare, lists: bool) -> None:
    """Another process changes a setting while ours is between reading and writing: it waits, and both are there."""
    prepare(tmp_path)
    read, inside, done = threading.Event(), threading.Event(), threading.Event()
    rows = Rows(space_setting, SpaceSettings)

    async def change() -> None:
        async with Database.open(tmp_path) as database:
            assert await Spaces(database).get(GUILD) == SpaceSettings()
            read.set()
            assert await asyncio.to_thread(inside.wait, 5)
            if lists:
                await Spaces(database).adjust(GUILD, add={"channels": ["2"]})
            else:
                await Spaces(database).set(GUILD, language="zh")
            done.set()

    def ours(connection: Connection) -> None:
        assert rows.get(connection, GUILD.scope) == SpaceSettings()
        inside.set()
        assert not done.wait(0.05), "the other one waits for us"
        if lists:
            rows.adjust(connection, GUILD.scope, {"channels": ["1"]}, {})
        else:
            rows.put(connection, GUILD.scope, rows.check({"cooldown": 30}))

    theirs = threading.Thread(target=lambda: asyncio.run(change()))
    async with Database.open(tmp_path) as database:
        theirs.start()
        assert await asyncio.to_thread(read.wait, 5)
        await database.write(ours)
        await asyncio.to_thread(theirs.join, 5)
        both = SpaceSettings(channels=("1", "2")) if lists else SpaceSettings(cooldown=30, language="zh")
        assert await Spaces(database).get(GUILD) == both


async def test_two_writers_at_once_lose_nothing(tmp_path: Path, prepare: Prepare) -> None:
    prepare(tmp_path)
    wanted = earlier.READINGS[earlier.SERVER]
    async with Database.open(tmp_path) as one, Database.open(tmp_path) as other:
        stores = [Readings(one), Readings(other)]
        changes = [{each.field: getattr(wanted, each.field)} for each in settings_of(ReadingSettings)]
        await asyncio.gather(*(stores[at % 2].set(GUILD, **change) for at, change in enumerate(changes)))
        assert await Readings(one).get(GUILD) == wanted
        people = [Preferences(one), Preferences(other)]
        await asyncio.gather(
            *(people[at % 2].favourite(ANN, "voice", f"voice {at}", True) for at in range(20)),
            *(people[at % 2].set(ANN, speed="slow", nickname=f"Ann {at}") for at in range(20)),
            *(people[at % 2].used(ANN, f"voice {at}", ()) for at in range(20)),
        )
        kept = await people[0].get(ANN)
        assert (len(kept.favourite_voices), len(kept.recent_voices), kept.speed) == (20, 10, "slow")


@dataclass(frozen=True, slots=True)
class Later:
    """The settings of a space as a later version has them: another default, one more, fewer of the others."""

    WHO: ClassVar[Who] = Who.MANAGERS
    show_words: bool = setting(False, Switch())
    loud: bool = setting(True, Switch())


async def test_what_nobody_set_follows_the_defaults_and_what_somebody_set_does_not(
    tmp_path: Path, prepare: Prepare
) -> None:
    async with Database.open(prepare(tmp_path)) as database:
        spaces, later = Spaces(database), Rows(space_setting, Later)
        await spaces.set(GUILD, show_words=True, cooldown=7)
        await spaces.set(Space("discord", "10"), cooldown=7)
        assert await database.read(lambda connection: later.get(connection, GUILD.scope)) == Later(show_words=True)
        assert await database.read(lambda connection: later.get(connection, "space:discord:10")) == Later()
        await database.write(lambda connection: later.put(connection, GUILD.scope, {"loud": False}))
        spaces.drop(GUILD.scope)
        assert await spaces.get(GUILD) == SpaceSettings(cooldown=7), "what a later version set is passed over"
        await spaces.set(GUILD, show_words=None, cooldown=None)
        assert await database.read(lambda connection: later.get(connection, GUILD.scope)) == Later(loud=False)


async def test_an_empty_text_unsets(tmp_path: Path, prepare: Prepare) -> None:
    async with Database.open(prepare(tmp_path)) as database:
        await Readings(database).set(GUILD, timezone="Europe/Berlin", language="zh")
        assert await Readings(database).set(GUILD, timezone="", language="") == ReadingSettings()
        await Readings(database).set(GUILD, names=True)
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as plain:
        rows = plain.execute("SELECT name, value FROM reading_setting").fetchall()
    assert rows == [("names", "true")], "set to what is the default, too"


async def test_a_group_of_an_earlier_revision_takes_everything_along(tmp_path: Path) -> None:
    earlier.load(earlier.DATA / "revision_0009.sql", tmp_path / FILE_NAME)
    new, admins = Space("telegram", "-1004002"), ("role:telegram:-1004002",)
    async with Database.open(tmp_path) as database:
        spaces, readings = Spaces(database), Readings(database)
        await spaces.set(new, default_voice="Mia", show_words=True)
        await Moves(database, [spaces, readings]).move(earlier.GROUP, new)
        moved = SpaceSettings(default_voice="Mia", allowed_roles=admins, channels=("12",), cooldown=11)
        assert await spaces.get(new) == moved
        ignored = ("account:telegram:-1004002",)
        read = ReadingSettings(blocked_roles=admins, ignored=ignored, quiet_from=1, bots=True)
        assert await readings.get(new) == read
        assert (await Preferences(database).get(Account("telegram", "-1004002"))).voice == "Mia"
        assert await spaces.get(earlier.GROUP) == SpaceSettings()
        assert await readings.get(earlier.GROUP) == ReadingSettings()


# What there is to know of each


def test_every_field_says_what_it_takes() -> None:
    for each in EVERY:
        assert type(each.kind) is not Kind, each.field
        default = list(each.default) if isinstance(each.default, tuple) else each.default
        assert isinstance(each.kind, Kept) or each.kind.check(each.default) == default, each.field
        if not each.key:  # it goes with another one, or has commands of its own
            assert isinstance(each.kind, Names | Checked | Kept) or each.field == "quiet_until", each.field


def test_every_setting_has_its_sentences_in_every_language() -> None:
    for each in TYPED:
        assert each.discord or each.telegram, each.field
        for texts in filter(None, (each.discord, each.telegram)):
            assert texts.name, each.field
            codes = [code for code in (texts.name, texts.about, texts.button) if code]
            missing = [code for code in codes for sentences in LANGUAGES.values() if not sentences.get(code)]
            assert missing == [], each.field


def _taken(each: Setting, typed: str) -> None:
    for field, value in each.change("its name", typed).items():
        if value is not None:
            next(other for other in EVERY if other.field == field).kind.check(value)


def test_a_value_out_of_bounds_is_refused_in_words() -> None:
    for each in TYPED:
        with pytest.raises(InputError) as caught:
            _taken(each, BAD[type(each.kind).__name__])
        for language in LANGUAGES:
            said = of_error(caught.value, language)
            assert said != caught.value.code, each.field
            assert "…" not in said, each.field


def test_what_is_offered_and_the_sign_for_the_default_is_taken() -> None:
    for each in TYPED:
        for offered in (*each.kind.offered(), "-"):
            _taken(each, offered)


@pytest.mark.parametrize(
    ("typed", "seconds"), [("90", 90), ("90 s", 90), ("2min", 120), ("１ h", 3600), ("5 分钟", 300), ("0", 0)]
)
def test_a_duration_is_typed_as_people_write_it(typed: str, seconds: int) -> None:
    assert values.seconds("cooldown", typed) == seconds


@pytest.mark.parametrize("typed", ["", "soon", "1.5", "-1", "5 days", "²", "9" * 10, "٣"])
def test_no_duration(typed: str) -> None:
    with pytest.raises(InputError):
        values.seconds("cooldown", typed)


async def test_each_is_set_on_discord_and_telegram(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        commands = {each["name"]: each["options"] for each in server.state.commands[None] if each.get("type", 1) == 1}

    def options(name: str) -> dict[str, Any]:
        group, command = name.split()
        found = next(each for each in commands[group] if each["name"] == command)
        return {each["name"]: each for each in found["options"]}

    for model, group, command in (
        (SpaceSettings, "server", "server settings"),
        (Preference, "mine", "settings mine"),
        (Preference, "aloud", "settings aloud"),
    ):
        wanted = {each.key for each in settings_of(model) if each.group == group}
        assert set(options(command)) == wanted
        assert len(wanted) <= 25
    choices = {each["value"] for each in options("reading set")["setting"]["choices"]}
    assert choices == {each.key for each in settings_of(ReadingSettings) if each.key}
    assert len(choices) <= 25
    assert options("server settings")["cooldown"]["max_value"] == 3600
    assert set(SHARED_SETTINGS) == {each.key for each in settings_of(SpaceSettings) if each.key and each.telegram}


def test_a_new_setting_is_a_field_and_its_sentences(tmp_path: Path, prepare: Prepare) -> None:
    """Nothing else is touched: no migration, no command, no keyboard, no check."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.new_setting_child", str(prepare(tmp_path / "data"))],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert all("siren" in names for names in found["discord"])
    assert found["typed"] == {"siren": 9}
    assert "A siren: … (siren): 5" in found["read"]
    assert (found["telegram"][0], "siren" in found["telegram"]) == ("siren", True)
    assert (found["button"], found["line"]) == (True, "A siren: yes")
    assert found["stored"] == [False, 7, True]
