"""What is set for reading aloud, in the real database: settings, dictionaries, bound channels, calls under way."""

import asyncio
import string
from pathlib import Path
from typing import Any

import pytest

from bot.errors import InputError
from bot.model import Account, Space
from bot.normalization import lexicon
from bot.store.database import Database
from bot.store.dictionary import MOST_OWN, MOST_PATTERNS, MOST_SHARED, Dictionaries, Entry
from bot.store.sessions import MOST_BINDINGS, Binding, Bindings, Marker, Markers
from bot.store.settings import MOST_IGNORED, Readings, ReadingSettings
from tests.ledger_case import FakeClock

pytest_plugins = ["tests.ledger_fixtures"]

ANN = Account("discord", "1")
GUILD = Space("discord", "9")
CHAT = Space("telegram", "-1009")
_A = Entry("a+", "x", pattern=True)
WHOLE: dict[str, Any] = {
    "names": False,
    "name_template": "{name} meint",
    "language": "zh",
    "skip_prefix": "!",
    "max_characters": 100,
    "required_roles": ("role:discord:7",),
    "priority_roles": ("role:discord:8",),
    "blocked_roles": ("role:discord:6",),
    "ignored": ("account:discord:5",),
    "bots": True,
    "webhooks": True,
    "in_call_only": False,
    "read_silent": True,
    "skip_emoji": True,
    "expand_slang": False,
    "laugh": False,
    "emphasis": False,
    "whisper": False,
    "actions": False,
    "auto_join": False,
    "alone_seconds": 0,
    "quiet_from": 22 * 60,
    "quiet_until": 7 * 60,
    "timezone": "Europe/Berlin",
}


async def test_every_setting_is_stored_and_survives(database: Database, tmp_path: Path) -> None:
    readings = Readings(database)
    assert await readings.get(GUILD) == ReadingSettings()
    assert await readings.set(GUILD, **WHOLE) == ReadingSettings(**WHOLE)
    assert await Readings(database).get(GUILD) == ReadingSettings(**WHOLE)
    assert await readings.get(CHAT) == ReadingSettings()
    await readings.forget(GUILD)
    assert await readings.get(GUILD) == ReadingSettings()


@pytest.mark.parametrize("name", sorted(WHOLE))
async def test_each_setting_alone_leaves_the_others(database: Database, name: str) -> None:
    assert WHOLE[name] != getattr(ReadingSettings(), name)
    assert await Readings(database).set(GUILD, **{name: WHOLE[name]}) == ReadingSettings(**{name: WHOLE[name]})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name_template": "says"}, "reading.bad_template"),
        ({"name_template": "{name} {name}"}, "reading.bad_template"),
        ({"name_template": "{name.__class__}"}, "reading.bad_template"),
        ({"name_template": "{name} {"}, "reading.bad_template"),
        ({"name_template": "{name}" + "x" * 80}, "name.too_long"),
        ({"language": "tlh"}, "language.unknown"),
        ({"skip_prefix": "x" * 9}, "name.too_long"),
        ({"max_characters": 19}, "reading.characters"),
        ({"max_characters": 2001}, "reading.characters"),
        ({"alone_seconds": -1}, "reading.bad_alone"),
        ({"quiet_from": 1440}, "reading.bad_hour"),
        ({"timezone": "Middle/Earth"}, "reading.zone"),
        ({"timezone": "../etc/passwd"}, "reading.zone"),
        ({"required_roles": [f"role:discord:{n}" for n in range(51)]}, "space.roles_full"),
        ({"ignored": [f"account:discord:{n}" for n in range(MOST_IGNORED + 1)]}, "reading.ignored_full"),
    ],
)
async def test_what_cannot_be_set_is_refused(database: Database, change: dict[str, Any], code: str) -> None:
    readings = Readings(database)
    with pytest.raises(InputError, match=code.replace(".", r"\.")):
        await readings.set(GUILD, bots=True, **change)
    assert await readings.get(GUILD) == ReadingSettings()


async def test_people_ignored_at_the_same_time_are_all_ignored(database: Database) -> None:
    readings = Readings(database)
    scopes = [f"account:discord:{n}" for n in range(20)]
    await asyncio.gather(*(readings.adjust(GUILD, add={"ignored": [scope]}) for scope in scopes))
    assert sorted((await readings.get(GUILD)).ignored) == sorted(scopes)
    assert (await readings.adjust(GUILD, remove={"ignored": scopes[1:]})).ignored == (scopes[0],)


async def test_a_dictionary_keeps_its_order_and_one_entry_for_a_word(database: Database) -> None:
    dictionaries = Dictionaries(database)
    for written, said in (("brb", "be right back"), ("GG", "good game"), ("你懂的", "你知道")):
        await dictionaries.put(GUILD, Entry(written, said))
    await dictionaries.put(GUILD, Entry("gg", "well played"))
    assert await Dictionaries(database).get(GUILD) == (
        Entry("brb", "be right back"), Entry("你懂的", "你知道"), Entry("gg", "well played"),
    )  # fmt: skip
    assert await dictionaries.remove(GUILD, "BRB")
    assert not await dictionaries.remove(GUILD, "BRB")
    assert await dictionaries.get(ANN) == ()


async def test_a_dictionary_grows_whole_or_not_at_all(database: Database) -> None:
    dictionaries = Dictionaries(database)
    await dictionaries.put(GUILD, Entry("gg", "good game"))
    await dictionaries.merge(GUILD, [Entry("brb", "be right back"), Entry("GG", "well played"), Entry("afk", "away")])
    grown = (Entry("brb", "be right back"), Entry("GG", "well played"), Entry("afk", "away"))
    assert await dictionaries.get(GUILD) == grown
    with pytest.raises(InputError, match=r"dictionary\.full"):
        await dictionaries.merge(GUILD, [Entry(f"word{n}", "x") for n in range(MOST_SHARED - 2)])
    patterns = [Entry(f"{n}+", "x", pattern=True) for n in range(MOST_PATTERNS)]
    await dictionaries.merge(GUILD, patterns)
    for more in (dictionaries.put(GUILD, Entry("a+", "x", pattern=True)), dictionaries.replace(GUILD, [*patterns, _A])):
        with pytest.raises(InputError, match=r"dictionary\.patterns_full"):
            await more
    await dictionaries.put(GUILD, Entry("7+", "y", pattern=True))
    assert await Dictionaries(database).get(GUILD) == (
        *grown, *(each for each in patterns if each.written != "7+"), Entry("7+", "y", pattern=True),
    )  # fmt: skip


def test_as_many_patterns_are_kept_as_are_used() -> None:
    assert MOST_PATTERNS == lexicon.MOST_PATTERNS


async def test_a_dictionary_is_replaced_whole_or_not_at_all(database: Database) -> None:
    dictionaries = Dictionaries(database)
    await dictionaries.put(GUILD, Entry("old", "x"))
    with pytest.raises(InputError, match=r"dictionary\.empty"):
        await dictionaries.replace(GUILD, [Entry("new", "y"), Entry("  ", "z")])
    assert await dictionaries.get(GUILD) == (Entry("old", "x"),)
    await dictionaries.replace(GUILD, [Entry("a", "1"), Entry("A", "2"), Entry(r"\d+", "", pattern=True)])
    assert await dictionaries.get(GUILD) == (Entry("A", "2"), Entry(r"\d+", "", pattern=True))
    await dictionaries.forget(GUILD)
    assert await dictionaries.get(GUILD) == ()


@pytest.mark.parametrize(("owner", "most"), [(ANN, MOST_OWN), (GUILD, MOST_SHARED)])
async def test_a_dictionary_has_a_size(database: Database, owner: Account | Space, most: int) -> None:
    dictionaries = Dictionaries(database)
    await dictionaries.replace(owner, [Entry(f"word{n}", "x") for n in range(most)])
    with pytest.raises(InputError, match=r"dictionary\.full"):
        await dictionaries.put(owner, Entry("one more", "x"))
    await dictionaries.put(owner, Entry("WORD1", "changed"))
    with pytest.raises(InputError, match=r"dictionary\.full"):
        await dictionaries.replace(owner, [Entry(f"word{n}", "x") for n in range(most + 1)])
    assert len(await dictionaries.get(owner)) == most


@pytest.mark.parametrize(
    ("owner", "entry", "code"),
    [
        (ANN, Entry("a+", "b", pattern=True), "dictionary.patterns_shared"),
        (ANN, Entry("\x00 \ud800", "b"), "dictionary.empty"),
        (ANN, Entry("x" * 65, "b"), "dictionary.too_long"),
        (GUILD, Entry("x" * 129, "b", pattern=True), "dictionary.too_long"),
        (GUILD, Entry("x", "b" * 201), "dictionary.too_long"),
    ],
)
async def test_a_bad_entry_is_refused(database: Database, owner: Account | Space, entry: Entry, code: str) -> None:
    dictionaries = Dictionaries(database)
    with pytest.raises(InputError, match=code.replace(".", r"\.")):
        await dictionaries.put(owner, entry)
    assert await dictionaries.get(owner) == ()


async def test_hostile_words_are_only_words(database: Database) -> None:
    dictionaries = Dictionaries(database)
    hostile = "'; DROP TABLE dictionary_entry;--"
    await dictionaries.put(GUILD, Entry(hostile, string.printable[:60]))
    assert (await dictionaries.get(GUILD))[0].written == hostile


async def test_channels_are_bound_changed_and_unbound(database: Database) -> None:
    bindings = Bindings(database)
    await bindings.bind(Binding(GUILD, "2", "20", voice="Mia", style="Happy", max_characters=100))
    await bindings.bind(Binding(GUILD, "1", "20"))
    await bindings.bind(Binding(CHAT, ""))
    await bindings.bind(Binding(GUILD, "1", "21"))
    assert await Bindings(database).of(GUILD) == (
        Binding(GUILD, "1", "21"),
        Binding(GUILD, "2", "20", "Mia", "Happy", 100),
    )
    assert await bindings.of(CHAT) == (Binding(CHAT, ""),)
    assert await bindings.unbind(GUILD, "1")
    assert not await bindings.unbind(GUILD, "1")
    await bindings.forget(GUILD)
    assert (await bindings.of(GUILD), len(await bindings.of(CHAT))) == ((), 1)


async def test_no_more_channels_than_may_be(database: Database) -> None:
    bindings = Bindings(database)
    for number in range(MOST_BINDINGS):
        await bindings.bind(Binding(GUILD, str(number), "20"))
    with pytest.raises(InputError, match=r"binding\.full"):
        await bindings.bind(Binding(GUILD, "more", "20"))
    await bindings.bind(Binding(GUILD, "7", "21"))
    with pytest.raises(InputError, match=r"reading\.characters"):
        await bindings.bind(Binding(GUILD, "7", "21", max_characters=5))


async def test_a_mark_is_believed_for_a_while(database: Database, clock: FakeClock) -> None:
    markers = Markers(database)
    await markers.put(Marker(GUILD, "20", ("1", "2")))
    await markers.put(Marker(Space("discord", "10"), "30", ()))
    await markers.put(Marker(CHAT, "", ()))
    clock.now += 300
    await markers.put(Marker(GUILD, "21", ("1",)))
    await markers.drop(Space("discord", "10"))
    (found,) = await markers.recent("discord", 600)
    assert (found.space, found.voice_channel, found.channels) == (GUILD, "21", ("1",))
    clock.now += 601
    assert await markers.recent("discord", 600) == ()
    clock.now -= 700
    assert await markers.recent("discord", 600) == ()
    assert len(await markers.recent("telegram", 10_000)) == 1


async def test_all_of_it_outlives_the_process(tmp_path: Path) -> None:
    bound, entry = Binding(GUILD, "1", "20", voice="Mia"), Entry(r"v(\d+)", r"version \1", pattern=True)
    async with Database.open(tmp_path) as database:
        await Readings(database).set(GUILD, **WHOLE)
        await Dictionaries(database).put(GUILD, entry)
        await Bindings(database).bind(bound)
        await Markers(database).put(Marker(GUILD, "20", ("1",)))
    async with Database.open(tmp_path) as database:
        assert await Readings(database).get(GUILD) == ReadingSettings(**WHOLE)
        assert await Dictionaries(database).get(GUILD) == (entry,)
        assert await Bindings(database).of(GUILD) == (bound,)
        assert [mark.channels for mark in await Markers(database).recent("discord", 600)] == [("1",)]


async def test_another_process_hears_within_ten_seconds(tmp_path: Path) -> None:
    clock, entry, bound = FakeClock(0), Entry("gg", "good game"), Binding(GUILD, "1", "20")
    async with Database.open(tmp_path) as ours, Database.open(tmp_path) as theirs:
        here = Readings(ours, clock=clock), Dictionaries(ours, clock=clock), Bindings(ours, clock=clock)

        async def known() -> tuple[bool, int, int]:
            readings, dictionaries, bindings = here
            return (await readings.get(GUILD)).bots, len(await dictionaries.get(GUILD)), len(await bindings.of(GUILD))

        assert await known() == (False, 0, 0)
        await Readings(theirs).set(GUILD, bots=True)
        await Dictionaries(theirs).put(GUILD, entry)
        await Bindings(theirs).bind(bound)
        assert await known() == (False, 0, 0)
        clock.now = 10
        assert await known() == (True, 1, 1)
        await here[2].unbind(GUILD, "1")
        assert await known() == (True, 1, 0)


async def test_two_processes_change_one_list_and_lose_nothing(tmp_path: Path) -> None:
    async with Database.open(tmp_path) as ours, Database.open(tmp_path) as theirs:
        both = Readings(ours), Readings(theirs)
        scopes = [f"account:discord:{n}" for n in range(20)]
        await asyncio.gather(*(both[n % 2].adjust(GUILD, add={"ignored": [scopes[n]]}) for n in range(20)))
        words = Dictionaries(ours), Dictionaries(theirs)
        await asyncio.gather(*(words[n % 2].put(ANN, Entry(f"word{n}", "x")) for n in range(20)))
    async with Database.open(tmp_path) as later:
        assert sorted((await Readings(later).get(GUILD)).ignored) == sorted(scopes)
        assert len(await Dictionaries(later).get(ANN)) == 20
