"""What moderators set, in the real database, and how soon it holds."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.errors import InputError
from bot.model import Space
from bot.store.database import Database
from bot.store.settings import MOST_CHANNELS, MOST_ROLES, MOST_WORDS, Spaces, SpaceSettings
from tests.ledger_case import FakeClock

pytest_plugins = ["tests.ledger_fixtures"]

GUILD = Space("discord", "9")
CHAT = Space("telegram", "-1009")
WHOLE: dict[str, Any] = {
    "default_voice": "Mia",
    "default_style": "Happy, Slow down",
    "language": "zh",
    "show_words": True,
    "allowed_roles": ("role:discord:7", "role:discord:8"),
    "blocked_roles": ("role:discord:6",),
    "channels": ("77",),
    "cooldown": 30,
    "blocked_words": ("darn", "该死", "two words"),
    "reply_context": True,
}


@pytest.fixture
def spaces(database: Database) -> Spaces:
    return Spaces(database)


async def test_a_new_space_has_the_defaults(spaces: Spaces) -> None:
    assert await spaces.get(GUILD) == SpaceSettings()


async def test_all_settings_are_stored(spaces: Spaces, database: Database) -> None:
    assert await spaces.set(GUILD, **WHOLE) == SpaceSettings(**WHOLE)
    assert await spaces.get(GUILD) == SpaceSettings(**WHOLE)
    assert await Spaces(database).get(GUILD) == SpaceSettings(**WHOLE)
    assert await spaces.get(CHAT) == SpaceSettings()


@pytest.mark.parametrize("name", sorted(WHOLE))
async def test_each_setting_alone_leaves_the_others(spaces: Spaces, name: str) -> None:
    await spaces.set(GUILD, **{name: WHOLE[name]})
    assert await spaces.get(GUILD) == SpaceSettings(**{name: WHOLE[name]})
    await spaces.set(GUILD, cooldown=5)
    assert await spaces.get(GUILD) == SpaceSettings(**{name: WHOLE[name], "cooldown": 5})
    await spaces.set(GUILD, **{name: getattr(SpaceSettings(), name)})
    assert getattr(await spaces.get(GUILD), name) == getattr(SpaceSettings(), name)


async def test_changes_at_the_same_time_do_not_undo_each_other(spaces: Spaces) -> None:
    await asyncio.gather(*(spaces.set(GUILD, **{name: value}) for name, value in WHOLE.items()))
    assert await spaces.get(GUILD) == SpaceSettings(**WHOLE)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"default_voice": "x" * 97}, "name.too_long"),
        ({"default_style": "x" * 201}, "name.too_long"),
        ({"language": "tlh"}, "language.unknown"),
        ({"allowed_roles": [f"role:discord:{n}" for n in range(MOST_ROLES + 1)]}, "space.roles_full"),
        ({"blocked_roles": ["role:discord:" + "9" * 200]}, "name.too_long"),
        ({"channels": [str(n) for n in range(MOST_CHANNELS + 1)]}, "space.channels_full"),
        ({"cooldown": -1}, "space.cooldown"),
        ({"cooldown": 3601}, "space.cooldown"),
        ({"blocked_words": [f"w{n}" for n in range(MOST_WORDS + 1)]}, "space.words_full"),
        ({"blocked_words": ["x" * 65]}, "space.word_too_long"),
        ({"blocked_words": ["fine", "\u200b \x00"]}, "space.word_empty"),
    ],
)
async def test_what_does_not_fit_is_refused_and_nothing_changes(
    spaces: Spaces, change: dict[str, Any], code: str
) -> None:
    await spaces.set(GUILD, **WHOLE)
    with pytest.raises(InputError) as caught:
        await spaces.set(GUILD, show_words=False, **change)
    assert caught.value.code == code
    assert await spaces.get(GUILD) == SpaceSettings(**WHOLE)


async def test_as_much_as_is_allowed_fits(spaces: Spaces) -> None:
    words = [f"{n:064}" for n in range(MOST_WORDS)]
    channels = [str(n) for n in range(MOST_CHANNELS)]
    found = await spaces.set(GUILD, blocked_words=words, channels=channels, cooldown=3600)
    assert (len(found.blocked_words), len(found.channels), found.cooldown) == (MOST_WORDS, MOST_CHANNELS, 3600)


async def test_lists_are_tidied(spaces: Spaces) -> None:
    found = await spaces.set(GUILD, blocked_words=[" two\n words ", "b\ud800ad", "bad", "bad"], channels=["7", "7", ""])
    assert (found.blocked_words, found.channels) == (("two words", "bad"), ("7",))


async def test_a_space_is_forgotten_and_others_are_not(spaces: Spaces) -> None:
    for space in (GUILD, CHAT):
        await spaces.set(space, cooldown=7)
        assert (await spaces.get(space)).cooldown == 7
    await spaces.forget(GUILD)
    assert await spaces.get(GUILD) == SpaceSettings()
    assert (await spaces.get(CHAT)).cooldown == 7


async def test_what_this_process_changes_holds_at_once_and_what_another_does_within_ten_seconds(tmp_path: Path) -> None:
    clock = FakeClock(0)
    async with Database.open(tmp_path) as ours, Database.open(tmp_path) as theirs:
        here, there = Spaces(ours, clock=clock), Spaces(theirs, clock=clock)
        assert (await here.get(GUILD)).cooldown == 0
        await there.set(GUILD, cooldown=7)
        assert (await here.get(GUILD)).cooldown == 0
        clock.now = 10
        assert (await here.get(GUILD)).cooldown == 7
        await here.set(GUILD, cooldown=8)
        assert (await here.get(GUILD)).cooldown == 8


async def test_settings_that_are_remembered_are_not_read_again(tmp_path: Path) -> None:
    async with Database.open(tmp_path) as database:
        spaces = Spaces(database, clock=FakeClock(0))
        await spaces.set(GUILD, cooldown=7)
        await spaces.get(GUILD)
    # The database is closed: only what is remembered can be told.
    (tmp_path / "mouthpiece.db").unlink()
    assert (await spaces.get(GUILD)).cooldown == 7


async def test_lists_changed_at_the_same_time_lose_nothing(spaces: Spaces, database: Database) -> None:
    other = Spaces(database)
    channels = [str(number) for number in range(20)]
    await asyncio.gather(
        *(
            store.adjust(GUILD, add={"channels": [channel]})
            for channel, store in zip(channels, [spaces, other] * 10, strict=True)
        )
    )
    assert sorted((await Spaces(database).get(GUILD)).channels) == sorted(channels)
    await asyncio.gather(*(spaces.adjust(GUILD, remove={"channels": [channel]}) for channel in channels[:15]))
    assert sorted((await Spaces(database).get(GUILD)).channels) == sorted(channels[15:])


async def test_a_role_moves_from_one_list_to_the_other_in_one_step(spaces: Spaces) -> None:
    await spaces.set(GUILD, blocked_roles=["role:discord:7"])
    kept = await spaces.adjust(
        GUILD, add={"allowed_roles": ["role:discord:7"]}, remove={"blocked_roles": ["role:discord:7"]}
    )
    assert (kept.allowed_roles, kept.blocked_roles) == (("role:discord:7",), ())


async def test_a_word_is_taken_out_however_it_is_spaced(spaces: Spaces) -> None:
    await spaces.adjust(GUILD, add={"blocked_words": ["two  words", "darn"]})
    assert (await spaces.adjust(GUILD, remove={"blocked_words": [" two words "]})).blocked_words == ("darn",)


async def test_more_can_be_taken_out_than_a_list_holds(spaces: Spaces) -> None:
    full = [f"role:discord:{number}" for number in range(MOST_ROLES)]
    await spaces.set(GUILD, allowed_roles=full)
    kept = await spaces.adjust(
        GUILD, add={"allowed_roles": ["role:x:1"]}, remove={"allowed_roles": ["role:x:1", *full]}
    )
    assert kept.allowed_roles == ("role:x:1",)


async def test_a_full_list_stays_as_it_was(spaces: Spaces) -> None:
    await spaces.set(GUILD, channels=[str(number) for number in range(MOST_CHANNELS)])
    with pytest.raises(InputError, match=r"space\.channels_full"):
        await spaces.adjust(GUILD, add={"channels": ["one more"]})
    assert len((await spaces.get(GUILD)).channels) == MOST_CHANNELS
