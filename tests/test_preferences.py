"""What a person likes, in the real database."""

import asyncio
from typing import Any

import pytest

from bot.errors import InputError
from bot.model import Account
from bot.store.database import Database
from bot.store.settings import MOST_FAVOURITES, MOST_RECENT, Preference, Preferences

pytest_plugins = ["tests.ledger_fixtures"]

ANN = Account("discord", "1")
BOB = Account("telegram", "1")


@pytest.fixture
def preferences(database: Database) -> Preferences:
    return Preferences(database)


async def test_nobody_has_preferences_at_first(preferences: Preferences) -> None:
    assert await preferences.get(ANN) == Preference()


async def test_what_is_set_stays_and_the_rest_is_left(preferences: Preferences, database: Database) -> None:
    await preferences.set(ANN, voice="Mia", language="zh")
    await preferences.set(ANN, style="Happy, Slow down")
    await preferences.set(BOB, voice="Dean")
    assert await Preferences(database).get(ANN) == Preference("Mia", "Happy, Slow down", "zh")
    await preferences.set(ANN, voice="")
    assert await preferences.get(ANN) == Preference("", "Happy, Slow down", "zh")
    assert await preferences.get(BOB) == Preference("Dean")


async def test_nothing_to_set_makes_no_row(preferences: Preferences, database: Database) -> None:
    await preferences.set(ANN)
    assert await database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM preference").scalar()) == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [({"voice": "x" * 97}, "name.too_long"), ({"style": "x" * 201}, "name.too_long"), ({"language": "de"}, "language")],
)
async def test_what_does_not_fit_is_refused_and_nothing_changes(
    preferences: Preferences, change: dict[str, Any], code: str
) -> None:
    await preferences.set(ANN, voice="Mia")
    with pytest.raises(InputError, match=code):
        await preferences.set(ANN, **change)
    assert await preferences.get(ANN) == Preference("Mia")


async def test_hostile_names_are_stored_harmlessly(preferences: Preferences) -> None:
    await preferences.set(ANN, voice="Mi\x00a\ud800\n '; DROP TABLE preference;--")
    assert (await preferences.get(ANN)).voice == "Mia '; DROP TABLE preference;--"


async def test_the_last_used_come_first_each_once_and_only_so_many(preferences: Preferences) -> None:
    await preferences.used(ANN, "Mia", ["Happy", "Slow down"])
    await preferences.used(ANN, "Dean", ["Slow down"])
    await preferences.used(ANN, "", ["Sad"])
    await preferences.used(ANN, "Mia", [])
    found = await preferences.get(ANN)
    assert (found.recent_voices, found.recent_styles) == (("Mia", "Dean"), ("Sad", "Slow down", "Happy"))
    for number in range(2 * MOST_RECENT):
        await preferences.used(ANN, f"v{number}", [f"s{number}"])
    found = await preferences.get(ANN)
    assert found.recent_voices == tuple(f"v{n}" for n in range(19, 9, -1))
    assert found.recent_styles == tuple(f"s{n}" for n in range(19, 9, -1))


async def test_what_cannot_be_a_name_is_not_remembered(preferences: Preferences) -> None:
    await preferences.used(ANN, "x" * 97, ["a long sentence that a person wrote in place of a style", " "])
    assert await preferences.get(ANN) == Preference()


async def test_uses_at_the_same_time_are_all_remembered(preferences: Preferences) -> None:
    await asyncio.gather(*(preferences.used(ANN, f"v{n}", []) for n in range(8)))
    assert sorted((await preferences.get(ANN)).recent_voices) == [f"v{n}" for n in range(8)]


async def test_favourites_are_added_and_taken_out(preferences: Preferences) -> None:
    await preferences.favourite(ANN, "voice", "Mia", True)
    await preferences.favourite(ANN, "voice", "Dean", True)
    await preferences.favourite(ANN, "voice", " Mia ", True)
    await preferences.favourite(ANN, "style", "Whisper", True)
    found = await preferences.get(ANN)
    assert (found.favourite_voices, found.favourite_styles) == (("Mia", "Dean"), ("Whisper",))
    await preferences.favourite(ANN, "voice", "Mia", False)
    await preferences.favourite(ANN, "voice", "never there", False)
    assert (await preferences.get(ANN)).favourite_voices == ("Dean",)


@pytest.mark.parametrize("kind", ["voice", "style"])
async def test_favourites_are_bounded(preferences: Preferences, kind: str) -> None:
    for number in range(MOST_FAVOURITES):
        await preferences.favourite(ANN, kind, f"n{number}", True)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=rf"favourite\.{kind}s_full"):
        await preferences.favourite(ANN, kind, "one more", True)  # type: ignore[arg-type]
    await preferences.favourite(ANN, kind, "n3", True)  # type: ignore[arg-type]
    found = await preferences.get(ANN)
    assert len(found.favourite_voices + found.favourite_styles) == MOST_FAVOURITES


async def test_a_favourite_needs_a_name(preferences: Preferences) -> None:
    for name, code in (("\x00 ", r"name\.empty"), ("x" * 49, r"name\.too_long")):
        with pytest.raises(InputError, match=code):
            await preferences.favourite(ANN, "style", name, True)
    assert await preferences.get(ANN) == Preference()


async def test_a_person_is_forgotten_and_others_are_not(preferences: Preferences) -> None:
    for account in (ANN, BOB):
        await preferences.set(account, voice="Mia")
        await preferences.favourite(account, "style", "Sad", True)
    await preferences.forget(ANN)
    assert await preferences.get(ANN) == Preference()
    assert (await preferences.get(BOB)).voice == "Mia"


async def test_how_somebody_is_read_aloud_is_remembered(preferences: Preferences) -> None:
    await preferences.set(ANN, nickname=" Annie  B ", speed="fast", spoken_language="zh", opted_out=True)
    kept = await preferences.get(ANN)
    assert (kept.nickname, kept.speed, kept.spoken_language, kept.opted_out) == ("Annie B", "fast", "zh", True)
    await preferences.set(ANN, nickname="", speed="", spoken_language="", opted_out=False)
    assert await preferences.get(ANN) == Preference()


@pytest.mark.parametrize("change", [{"nickname": "x" * 65}, {"speed": "warp"}, {"spoken_language": "tlh"}])
async def test_how_nobody_can_be_read_aloud_is_refused(preferences: Preferences, change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        await preferences.set(ANN, **change)
    assert await preferences.get(ANN) == Preference()
