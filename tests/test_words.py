"""The words behind buttons and who said what: kept, given back, forgotten in time, in the real database."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.app import _chores
from bot.model import Account, Lane, Sample, Space, Utterance, Voice, VoiceKind
from bot.store.database import Database
from bot.store.schema import metadata, spoken, words
from bot.store.words import LONGEST, MOST_KEPT, KeptWords, Words
from tests.conftest import BuildHouse, House
from tests.ledger_case import FakeClock

pytest_plugins = ["tests.ledger_fixtures"]

ANN = Account("discord", "1")
BOB = Account("discord", "2")
ROOM = Space("telegram", "-100:7")
HOUR, DAY = 3600, 86_400


def request(text: str = "Hello there.", account: Account | None = ANN) -> Utterance:
    return Utterance(text, "k", account)


@pytest.fixture
def store(database: Database) -> Words:
    return Words(database)


async def count(database: Database, table: str) -> int:
    return await database.read(
        lambda c: c.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one()
    )


async def test_words_come_back_as_they_were(store: Words) -> None:
    voice = Voice(VoiceKind.DESIGNED, description="An old man,\nslow and kind.")
    said = Utterance(
        "“Hi”\n你好 🙂 {x} %s", "k", ANN, ROOM, styles=("Whisper", "唱歌"), voice=voice, instruction="Softly.", take=7
    )
    token = await store.keep(said)
    assert re.fullmatch(r"[\w-]{12}", token)
    assert await store.get(token) == KeptWords(said.text, said.styles, voice, "Softly.", ANN, ROOM, 7)


async def test_the_operators_words_belong_to_nobody_and_to_no_space(store: Words) -> None:
    kept = await store.get(await store.keep(request(account=None)))
    assert kept is not None
    assert (kept.account, kept.space, kept.voice) == (None, None, Voice())


async def test_kept_words_become_a_new_wish_of_whoever_asks(store: Words) -> None:
    said = Utterance("Hi.", "old", ANN, ROOM, styles=("Sad",), voice=Voice(id="Mia"), instruction="Low.", take=3)
    kept = await store.get(await store.keep(said))
    assert kept is not None
    assert kept.utterance("new", BOB) == Utterance(
        "Hi.", "new", BOB, ROOM, styles=("Sad",), voice=Voice(id="Mia"), instruction="Low.", take=3
    )
    again = kept.utterance("new", BOB, styles=("Happy",), roles=("role:discord:7",), channel="5", lane=Lane.JOB, take=9)
    assert (again.styles, again.roles, again.channel, again.lane, again.take) == (
        ("Happy",), ("role:discord:7",), "5", Lane.JOB, 9,
    )  # fmt: skip


async def test_every_keeping_has_a_token_of_its_own(store: Words) -> None:
    tokens = {await store.keep(request()) for _ in range(20)}
    assert len(tokens) == 20


async def test_what_was_unfinished_goes_on_under_its_name(store: Words) -> None:
    token = await store.keep(request("Hel"))
    assert await store.keep(request("Hello"), instead_of=token) == token
    assert [kept.text for kept in await store.newest(ANN, 10)] == ["Hello"]
    assert await store.keep(request("Mine.", BOB), instead_of=token) != token, "nobody writes over another's words"
    assert await store.keep(request("Late."), instead_of="AAAAAAAAAAAA") != "AAAAAAAAAAAA"
    assert {kept.text for kept in await store.newest(ANN, 10)} == {"Hello", "Late."}


async def test_the_newest_words_come_first_and_only_while_they_are_kept(store: Words, clock: FakeClock) -> None:
    for number in range(4):
        await store.keep(request(f"Number {number}."))
        clock.now += HOUR
    assert [kept.text for kept in await store.newest(ANN, 2)] == ["Number 3.", "Number 2."]
    assert await store.newest(BOB, 2) == ()
    clock.now += DAY - 3 * HOUR
    assert [kept.text for kept in await store.newest(ANN, 9)] == ["Number 3.", "Number 2."]


@pytest.mark.parametrize("token", ["", "A" * 12, "A" * 4000, "' OR 1=1 --x", "\x00" * 12, "\ud800" * 12, "你" * 12])
async def test_what_is_no_token_finds_nothing(store: Words, token: str) -> None:
    await store.keep(request())
    assert await store.get(token) is None


async def test_words_that_no_database_takes_are_made_storable(store: Words) -> None:
    said = Utterance("a\ud800b\x00c", "k", ANN, styles=("St\udfffyle\x00",), voice=Voice(id="M\ud800ia"))
    kept = await store.get(await store.keep(said))
    assert kept is not None
    assert (kept.text, kept.styles, kept.voice.id) == ("abc", ("Style",), "Mia")


async def test_what_is_too_long_or_needs_a_recording_is_not_kept(store: Words, database: Database) -> None:
    cloned = Voice(VoiceKind.CLONED, sample=Sample.of(b"RIFF", "audio/wav"))
    assert await store.keep(request("x" * (LONGEST + 1))) == ""
    assert await store.keep(Utterance("Hi.", "k", ANN, voice=cloned)) == ""
    assert await count(database, "words") == 0
    assert await store.keep(request("x" * LONGEST)) != ""


async def test_words_are_gone_after_a_day_even_before_they_are_removed(
    store: Words, database: Database, clock: FakeClock
) -> None:
    token = await store.keep(request())
    clock.now += 24 * HOUR - 1
    assert await store.get(token) is not None
    assert await store.expire() == 0
    clock.now += 1
    assert await store.get(token) is None
    assert await count(database, "words") == 1
    assert await store.expire() == 1
    assert await count(database, "words") == 0


async def test_removing_takes_all_that_is_old_and_nothing_young(
    store: Words, database: Database, clock: FakeClock
) -> None:
    old = words.insert().values(
        [
            {
                "token": f"t{n}", "account": "", "space": "", "text": "x", "styles": [], "voice_kind": "preset",
                "voice": "", "description": "", "instruction": "", "take": 0, "created": 1,
            }
            for n in range(1201)
        ]
    )  # fmt: skip
    await database.write(lambda c: c.execute(old))
    young = await store.keep(request())
    assert await store.expire() == 1201
    assert await store.get(young) is not None


async def test_a_shorter_retention_holds_for_what_was_kept_before(database: Database, clock: FakeClock) -> None:
    token = await Words(database, hours=24).keep(request())
    clock.now += 2 * HOUR
    assert await Words(database, hours=1).get(token) is None
    assert await Words(database, hours=3).get(token) is not None


async def test_without_retention_nothing_is_kept_and_the_old_goes(database: Database) -> None:
    token = await Words(database).keep(request())
    store = Words(database, hours=0)
    assert await store.keep(request()) == ""
    assert await store.get(token) is None
    assert await store.expire() == 1
    assert await count(database, "words") == 0


async def test_one_account_keeps_only_its_latest(store: Words, database: Database, clock: FakeClock) -> None:
    others = await store.keep(request(account=BOB))
    tokens = []
    for number in range(MOST_KEPT + 3):
        clock.now += 0.01
        tokens.append(await store.keep(request(str(number))))
    assert await count(database, "words") == MOST_KEPT + 1
    assert [await store.get(token) for token in tokens[:3]] == [None, None, None]
    assert await store.get(tokens[3]) is not None
    assert await store.get(others) is not None


async def test_a_persons_words_are_forgotten_and_others_are_not(store: Words) -> None:
    mine, theirs = await store.keep(request()), await store.keep(request(account=BOB))
    await store.remember_message("discord", "5", "99", ANN)
    await store.forget(ANN)
    assert await store.get(mine) is None
    assert await store.get(theirs) is not None
    assert await store.said_by("discord", "5", "99") == ANN


async def test_who_said_a_message(store: Words) -> None:
    await store.remember_message("telegram", "-100", "7", ANN)
    await store.remember_message("telegram", "-200", "7", BOB)
    await store.remember_message("telegram", "-200", "7", ANN)
    assert await store.said_by("telegram", "-100", "7") == ANN
    assert await store.said_by("telegram", "-200", "7") == BOB
    assert await store.said_by("discord", "-100", "7") is None
    assert await store.said_by("telegram", "-100", "8") is None


async def test_who_said_a_message_is_known_for_thirty_days(store: Words, database: Database, clock: FakeClock) -> None:
    await store.remember_message("discord", "5", "99", ANN)
    clock.now += 30 * DAY - 1
    assert await store.expire() == 0
    assert await store.said_by("discord", "5", "99") == ANN
    clock.now += 1
    assert await store.said_by("discord", "5", "99") is None
    assert await store.expire() == 1
    assert await count(database, "spoken") == 0


async def test_who_spoke_is_known_by_ids_alone(store: Words, database: Database) -> None:
    await store.remember_message("discord", "5", "99", ANN)
    row = await database.read(lambda c: c.execute(select(spoken)).one())
    assert set(row._mapping) == {"platform", "chat", "message", "account", "created"}


async def test_words_survive_a_restart_and_stand_in_one_table(tmp_path: Path) -> None:
    async with Database.open(tmp_path) as database:
        token = await Words(database).keep(request("A planted sentence."))
    async with Database.open(tmp_path) as database:
        assert await Words(database).get(token) is not None
        for table in metadata.sorted_tables:
            rows = await database.read(lambda c, t=table: c.execute(select(t)).all())  # type: ignore[misc]
            assert ("planted" in json.dumps([list(row) for row in rows], default=str)) == (table is words)


async def test_the_configuration_says_how_long(build_house: BuildHouse) -> None:
    house = await build_house(speech={"providers": ["espeak"], "words_hours": 0})
    assert await house.core.words.keep(request()) == ""


async def test_the_running_bot_removes_what_is_old(house: House) -> None:
    database = house.ledger._database
    young = await house.core.words.keep(request())
    old = await house.core.words.keep(request())
    await database.write(lambda c: c.execute(words.update().where(words.c.token == old).values(created=1)))
    chores = asyncio.create_task(_chores(house.core))
    try:
        async with asyncio.timeout(10):
            while await count(database, "words") > 1:
                assert not chores.done()
    finally:
        chores.cancel()
        await asyncio.gather(chores, return_exceptions=True)
    assert await house.core.words.get(young) is not None
