"""A Telegram group that becomes a supergroup: what was set, read, counted there goes on under the new id."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from bot.model import Account, Space, Utterance
from bot.platforms.telegram.reading.groups import WHOLE
from bot.store.dictionary import Entry
from bot.store.entries import Charge, Override
from bot.store.sessions import Binding
from bot.texts import say
from tests.conftest import House, until
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, Chat
from tests.fakes.telegram_server import TelegramServer
from tests.telegram_case import Launch, fixture_launch, fixture_server, heard  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import GROUP, open_village, spoken

NEW = -1001234567890
OLD_SPACE, NEW_SPACE = Space("telegram", str(GROUP)), Space("telegram", str(NEW))


@pytest.fixture(name="small")
def fixture_small(server: TelegramServer) -> Chat:
    """A group of the kind that groups begin as."""
    group = server.group(GROUP)
    group.basic = True
    return group


async def test_all_that_is_set_goes_along_and_is_obeyed(
    launch: Launch, server: TelegramServer, mimo_house: House, mimo: MimoServer, small: Chat
) -> None:
    house = mimo_house
    async with open_village(launch, server, house.services) as village:
        for order in (
            "/settings cooldown 1",
            "/settings admins_cooldown 0",
            "/settings block banana",
            "/settings words on",
            "/settings admins on",
            "/reading names off",
            "/reading template {name} writes",
            "/dictionary add GIMP = the image editor",
            "/read on voice:Mia style:Happy",
        ):
            await village.tell(order)
        await house.ledger.set_override(Override(OLD_SPACE.scope, characters_per_day=9000))
        await village.tell("/settings block kiwi", LI)
        await village.write("Before we grew.", ANN)
        await village.voices()
        used = await house.ledger.usage(OLD_SPACE.scope)
        assert used.characters > 0
        village.group = await server.upgrade(small, NEW)
        await village.settled()
        await _all_of_it_is_under_the_new_id(house, used.characters)
        await village.write("GIMP is great.", ANN)
        await until(lambda: len(mimo.calls) == 2, 20)
        assert spoken(mimo)[1] == "(Happy)the image editor is great."
        voices = await village.voices(2)
        heard(voices[1])
        assert voices[1].params["chat_id"] == str(NEW)
        await village.tell("/settings admins_cooldown -")
        assert (await house.core.spaces.get(NEW_SPACE)).role_cooldowns == {}
        refused = await village.said("/say I am no administrator.", BO)
        assert refused == say("guard.role", "en")
        assert await house.ledger.audit() == []


async def _all_of_it_is_under_the_new_id(house: House, used: int) -> None:
    core, role = house.core, f"role:telegram:{NEW}"
    kept = await core.spaces.get(NEW_SPACE)
    assert (kept.cooldown, kept.role_cooldowns, kept.blocked_words) == (1, {role: 0}, ("banana",))
    assert (kept.show_words, kept.allowed_roles) == (True, (role,))
    readings = await core.readings.get(NEW_SPACE)
    assert (readings.names, readings.name_template) == (False, "{name} writes")
    assert await core.dictionaries.get(NEW_SPACE) == (Entry("GIMP", "the image editor"),)
    assert await core.bindings.of(NEW_SPACE) == (Binding(NEW_SPACE, WHOLE, voice="Mia", style="Happy"),)
    assert (await house.ledger.usage(NEW_SPACE.scope)).characters == used
    assert [each.scope for each in await house.ledger.overrides((OLD_SPACE.scope, NEW_SPACE.scope))] == [
        NEW_SPACE.scope
    ]
    assert (await house.ledger.usage(OLD_SPACE.scope)).characters == 0
    assert await core.bindings.of(OLD_SPACE) == ()
    assert await core.dictionaries.get(OLD_SPACE) == ()
    assert (await core.spaces.get(OLD_SPACE)).cooldown == 0


async def test_either_word_of_telegram_is_enough_and_a_repetition_changes_nothing(
    launch: Launch, server: TelegramServer, house: House, small: Chat
) -> None:
    spaces = house.core.spaces
    for number in (0, 1):
        old, new = Space("telegram", str(GROUP - number)), Space("telegram", str(NEW - number))
        await spaces.set(old, cooldown=7)
        group = server.group(GROUP - number)
        group.basic = True
        said = await _words_of_the_service(server, group, NEW - number)
        async with launch(house.services):
            server.redeliver(said[number])
            await server.all_acknowledged()
            assert (await spaces.get(new)).cooldown == 7
            await spaces.set(new, cooldown=9)
            await spaces.set(old, cooldown=3)
            server.redeliver(said[1 - number] | {"update_id": 5000 + number})
            await server.all_acknowledged()
            assert (await spaces.get(new)).cooldown == 9


async def _words_of_the_service(server: TelegramServer, group: Chat, new_id: int) -> list[dict[str, Any]]:
    """Both updates, of which the bot has got none yet."""
    await server.upgrade(group, new_id)
    said, server.updates.pending = server.pending, []
    return said


async def test_what_the_new_chat_has_stays(launch: Launch, server: TelegramServer, house: House, small: Chat) -> None:
    core = house.core
    await core.spaces.set(OLD_SPACE, cooldown=5, default_style="Happy", blocked_words=["banana"])
    await core.spaces.adjust(OLD_SPACE, add={"allowed_roles": [f"singing@role:telegram:{GROUP}", "role:x:1"]})
    await core.spaces.set(NEW_SPACE, cooldown=9)
    await core.readings.adjust(
        OLD_SPACE, add={"ignored": [f"account:telegram:{GROUP}"], "priority_roles": [f"role:telegram:{GROUP}"]}
    )
    await core.dictionaries.merge(OLD_SPACE, [Entry("btw", "by the way"), Entry("brb", "be back")])
    await core.dictionaries.merge(NEW_SPACE, [Entry("BTW", "besides")])
    await core.bindings.bind(Binding(OLD_SPACE, WHOLE, voice="Mia"))
    await core.bindings.bind(Binding(NEW_SPACE, WHOLE, voice="Bo"))
    await core.preferences.set(Account("telegram", str(GROUP)), voice="en-f")
    async with launch(house.services):
        await server.upgrade(small, NEW)
        await server.all_acknowledged()
    kept = await core.spaces.get(NEW_SPACE)
    assert (kept.cooldown, kept.default_style, kept.blocked_words) == (9, "Happy", ("banana",))
    assert kept.allowed_roles == (f"singing@role:telegram:{NEW}", "role:x:1")
    readings = await core.readings.get(NEW_SPACE)
    assert readings.ignored == (f"account:telegram:{NEW}",)
    assert readings.priority_roles == (f"role:telegram:{NEW}",)
    assert await core.dictionaries.get(NEW_SPACE) == (Entry("BTW", "besides"), Entry("brb", "be back"))
    assert [each.voice for each in await core.bindings.of(NEW_SPACE)] == ["Bo"]
    assert (await core.preferences.get(Account("telegram", str(NEW)))).voice == "en-f"


async def test_an_answer_to_the_old_chat_goes_to_the_new_one(
    launch: Launch, server: TelegramServer, house: House, small: Chat
) -> None:
    async with open_village(launch, server, house.services) as village:
        small.migrated_to = server.group(NEW).id
        await server.text("/say Where did everybody go?", chat=small, user=BO)
        (voice,) = await village.voices()
        heard(voice)
        assert voice.params["chat_id"] == str(NEW)
        assert "reply_parameters" not in voice.params, "numbers of messages are others there"
        assert len(server.asked("sendVoice")) == 2


async def test_what_waited_in_the_old_chat_is_said_in_the_new_one(
    launch: Launch, server: TelegramServer, mimo_house: House, mimo: MimoServer, small: Chat
) -> None:
    async with open_village(launch, server, mimo_house.services) as village:
        await village.tell("/read on")
        village.time.running = False
        waiting = await village.write("We are growing.")
        await village.settled()
        new = await server.upgrade(small, NEW)
        await village.settled()
        village.time.pass_by(1)
        (voice,) = await village.voices()
        assert (voice.params["chat_id"], "reply_parameters" in voice.params) == (str(NEW), False)
        await village.known(waiting)
        own = {key: value for key, value in voice.result.items() if key != "reply_to_message"}
        assert str(BO.id) in await village.said("/who", chat=new, reply_to=own), "nobody speaks anonymously"
    assert spoken(mimo) == ["Bo says: We are growing."]


async def test_rows_that_name_the_group_are_found_under_its_new_id(house: House) -> None:
    core, ledger = house.core, house.ledger
    writer, role = Account("telegram", str(GROUP)), f"role:telegram:{GROUP}"
    token = await core.words.keep(Utterance("Hello.", key="k1", account=writer, space=OLD_SPACE))
    await ledger.set_override(Override(role, unlimited=True))
    await ledger.set_override(Override(NEW_SPACE.scope, characters_per_day=5))
    await ledger.set_override(Override(OLD_SPACE.scope, characters_per_day=9))
    charges = (Charge(writer.scope), Charge(OLD_SPACE.scope))
    await ledger.hold("k2", charges=charges, characters=40, lease=60)
    await house.services.moves.move(OLD_SPACE, NEW_SPACE)
    await house.services.moves.move(OLD_SPACE, NEW_SPACE)
    assert await ledger.settle("k2", characters=30), "what was under way goes on"
    new_writer = Account("telegram", str(NEW))
    assert [(await ledger.usage(each.scope)).characters for each in (new_writer, NEW_SPACE)] == [30, 30]
    assert [(await ledger.usage(each.scope)).characters for each in (writer, OLD_SPACE)] == [0, 0]
    assert await ledger.audit() == []
    kept = await core.words.get(token)
    assert kept is not None
    assert (kept.account, kept.space) == (new_writer, NEW_SPACE)
    found = await ledger.overrides((role, f"role:telegram:{NEW}", OLD_SPACE.scope, NEW_SPACE.scope))
    assert sorted(each.scope for each in found) == [f"role:telegram:{NEW}", NEW_SPACE.scope]
    assert next(each for each in found if each.scope == NEW_SPACE.scope).characters_per_day == 5


async def test_a_store_that_is_busy_is_tried_again(
    launch: Launch, server: TelegramServer, house: House, small: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    await house.core.spaces.set(OLD_SPACE, cooldown=7)
    with closing(sqlite3.connect(house.core.database.path, isolation_level=None)) as other:
        async with launch(house.services, pause_first=0.01):
            other.execute("BEGIN IMMEDIATE")
            await server.upgrade(small, NEW)
            await until(lambda: "store.busy" in caplog.text, 20)
            other.execute("ROLLBACK")
            await server.all_acknowledged()
            assert (await house.core.spaces.get(NEW_SPACE)).cooldown == 7
