"""Reading a Telegram group aloud: what people write becomes voices, proven by what the speech service was sent."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.model import Account, Space
from bot.platforms.reading.judge import Reader
from bot.platforms.telegram.delivery import MOST
from bot.platforms.telegram.reading.chat import CLOSED, RESERVED_FOR_COMMANDS
from bot.text.split import expected_seconds
from bot.texts import say
from tests.conftest import BuildHouse, House, until
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, Person
from tests.fakes.telegram_server import BOT, Fault, TelegramServer
from tests.telegram_case import (  # noqa: F401  the fixtures of this file
    Launch,
    fixture_launch,
    fixture_server,
    heard,
    spent,
)
from tests.telegram_reading_case import GROUP, Village, fixture_village, open_village, spoken  # noqa: F401

SPACE = Space("telegram", str(GROUP))
NAMES = (
    "Ash Birch Cedar Dale Elm Fern Gale Hazel Iris Jade Kay Lark Moss Nell Opal Pine Quill Rose Sage Thorn Una Vale "
    "Wren Xan Yew Zed Amber Basil Clove Dill"
)
CROWD = [Person(2000 + number, f"Villager {name}") for number, name in enumerate(NAMES.split())]


async def test_what_is_written_becomes_a_voice(village: Village, mimo: MimoServer) -> None:
    message = await village.write("The ship has landed.")
    (voice,) = await village.voices()
    heard(voice)
    assert spoken(mimo) == ["Bo says: The ship has landed."]
    assert voice.json("reply_parameters")["message_id"] == message["message_id"]
    assert not voice.params.keys() & {"caption", "reply_markup", "message_thread_id"}
    await village.write("Good.")
    await village.voices(2)
    own = {key: value for key, value in voice.result.items() if key != "reply_to_message"}
    assert str(BO.id) in await village.said("/who", reply_to=own), "nobody speaks anonymously"


async def test_who_is_said_again_only_when_somebody_else_writes(village: Village, mimo: MimoServer) -> None:
    for number, (text, user) in enumerate([("First.", BO), ("Second.", BO), ("Third.", LI), ("Fourth.", BO)], 1):
        await village.write(text, user)
        await village.voices(number)
    assert spoken(mimo) == ["Bo says: First.", "Second.", "Li says: Third.", "Bo says: Fourth."]


async def test_what_somebody_writes_in_one_go_is_one_voice(
    village: Village, mimo: MimoServer, mimo_house: House
) -> None:
    village.time.running = False
    texts = ["Hello everyone.", "I am late today.", "Save me a seat."]
    first = await village.write(texts[0])
    for text in texts[1:]:
        await village.write(text)
    await village.settled()
    village.time.pass_by(1)
    (voice,) = await village.voices()
    assert spoken(mimo) == ["Bo says: " + "\n".join(texts)]
    assert voice.json("reply_parameters")["message_id"] == first["message_id"]
    usage = await mimo_house.ledger.usage(f"account:telegram:{BO.id}")
    assert usage.requests == 3, "a row of the ledger for each message"
    assert usage.characters == len("Bo says: ") + sum(map(len, texts))


async def test_a_minute_of_thirty_people_fits_into_what_telegram_takes(village: Village, mimo: MimoServer) -> None:
    for number, person in enumerate(CROWD):
        await village.write(f"I am number {number} here.", person)
    await village.settled()
    await until(lambda: all(f"number {number} here" in "".join(spoken(mimo)) for number in range(30)), 30)
    await village.server.until(lambda: len(village.server.done("sendVoice")) * 2 >= 30)
    voices = village.server.done("sendVoice")
    assert 15 <= len(voices) <= MOST, "nothing is lost, and some voices hold two people"
    for voice in voices:
        heard(voice)
    said = "\n".join(spoken(mimo))
    assert all(f"{person.name} says: I am number {number} here." in said for number, person in enumerate(CROWD))


async def test_without_room_messages_wait_and_are_said_together(village: Village, mimo: MimoServer) -> None:
    village.time.running = False
    village.time.pass_by(30)  # after /read on was answered
    for number in range(MOST - RESERVED_FOR_COMMANDS - 1):
        await village.tell("/read", (ANN, BO)[number % 2])  # one person alone does not get so many answers
    for person in CROWD[:4]:
        await village.write(f"Good evening from {person.name}.", person)
    await village.settled()
    village.time.pass_by(1)
    await until(lambda: [at for at, _ in village.time.asleep] == [1060])
    assert not mimo.calls, "the minute is full: nothing is synthesized"
    village.time.pass_by(29)
    (voice,) = await village.voices()
    heard(voice)
    assert len(spoken(mimo)) == 4
    assert voice.sound is not None
    alone = sum(expected_seconds(text)[0] for text in spoken(mimo))
    assert voice.sound.seconds > alone, "four people in one voice"
    await village.settled()
    assert len(village.server.done("sendVoice")) == 1


async def test_topics_are_read_one_by_one(
    launch: Launch, server: TelegramServer, mimo_house: House, mimo: MimoServer
) -> None:
    server.group(GROUP, threads={7, 8})
    async with open_village(launch, server, mimo_house.services) as village:
        on = await village.said("/read on", thread=7)
        assert on == say("telegram.read.on.topic", "en")
        await village.write("Not read.", thread=8)
        await village.write("In the general topic.")
        await village.write("Read.", thread=7)
        (voice,) = await village.voices()
        assert voice.params["message_thread_id"] == "7"
        assert spoken(mimo) == ["Bo says: Read."]
        assert say("telegram.read.is_off", "en") in await village.said("/read", thread=8)
        assert say("telegram.read.is_on.topic", "en") in await village.said("/read", thread=7)
        assert await village.said("/read on all", thread=8) == say("telegram.read.on", "en")
        await village.write("Everything is read.", thread=8)
        assert (await village.voices(2))[1].params["message_thread_id"] == "8"
        assert await village.said("/read off", thread=8) == say("telegram.read.whole", "en")
        assert await village.said("/read off all") == say("telegram.read.off", "en")
        assert await village.said("/read off") == say("telegram.read.was_off", "en")
        await village.write("Silence.", thread=7)
        await village.settled()
        assert len(spoken(mimo)) == 2


async def test_only_administrators_say_what_is_read(village: Village, mimo: MimoServer) -> None:
    assert await village.said("/read off", BO) == say("telegram.admins_only", "en")
    assert await village.said("/read on", LI) == say("telegram.admins_only", "zh")
    assert say("telegram.read.is_on", "zh") in await village.said("/read", LI)
    assert await village.said("/read 关") == say("telegram.read.off", "en")
    await village.write("Quiet now.")
    await village.settled()
    assert not mimo.calls
    private = village.server.world.private(ANN)
    assert await village.said("/read on", chat=private) == say("telegram.read.private", "en")


async def test_a_voice_for_those_without_one(village: Village, mimo: MimoServer) -> None:
    unknown = await village.said("/read on voice:Nobody")
    assert "Nobody" in unknown
    await village.tell("/read on voice:Dean style:Happy")
    await village.write("Who is this?")
    await village.voices()
    assert mimo.calls[0]["audio"]["voice"] == "Dean"
    assert "Happy" in spoken(mimo)[0]
    await village.tell("/voice Mia", BO)
    await village.write("And this?")
    await village.voices(2)
    assert mimo.calls[1]["audio"]["voice"] == "Mia"


async def test_privacy_mode_is_explained_where_it_blocks(
    launch: Launch, server: TelegramServer, mimo_house: House, mimo: MimoServer
) -> None:
    async with open_village(launch, server, mimo_house.services) as village:
        server.world.bot["can_read_all_group_messages"] = False
        on = await village.said("/read on")
        assert say("telegram.read.privacy", "en") in on
        message = await village.write("Nobody tells the bot of this.")
        await village.settled()
        assert not mimo.calls
        why = await village.said("/why", reply_to=message)
        assert why == say("telegram.unread.no_content", "en")
        village.group.admins.add(BOT["id"])
        assert say("telegram.read.privacy", "en") not in await village.said("/read on")
        await village.write("But of this.")
        await village.voices()
        assert spoken(mimo) == ["Bo says: But of this."]


def at_noon(house: House) -> Any:
    """What a front end is given, with a reader for whom it is twelve o'clock UTC."""
    core = house.core
    reader = Reader(
        house.services.requests, core.policy, readings=core.readings, dictionaries=core.dictionaries,
        bindings=core.bindings,
        markers=core.markers, language="en", now=lambda: datetime(2026, 11, 21, 12, tzinfo=UTC),
    )  # fmt: skip
    return replace(house.services, reader=reader)


async def test_quiet_hours_are_kept(
    launch: Launch, server: TelegramServer, mimo_house: House, mimo: MimoServer
) -> None:
    async with open_village(launch, server, at_noon(mimo_house)) as village:
        await village.tell("/read on")
        await village.tell("/reading timezone Asia/Shanghai")
        await village.tell("/reading quiet 19:30-07:00")
        message = await village.write("Sleep well.")
        await village.settled()
        why = await village.said("/why", reply_to=message)
        assert why == say("telegram.unread.quiet_hours", "en", since="19:30", until="07:00")
        await village.tell("/reading quiet 20:30-07:00")
        await village.write("Still awake.")
        await village.voices()
        assert spoken(mimo) == ["Bo says: Still awake."]


async def test_what_was_edited_is_spoken_as_it_is_now_and_charged_once(
    village: Village, mimo: MimoServer, mimo_house: House
) -> None:
    village.time.running = False
    first, second = await village.write("Meet at sevven."), await village.write("Never mind.")
    await village.settled()
    await village.server.edit(first, "Meet at seven.")
    await village.server.edit(second, "…")
    await village.settled()
    village.time.pass_by(1)
    await village.voices()
    assert spoken(mimo) == ["Bo says: Meet at seven."]
    charged = await mimo_house.ledger.usage(f"account:telegram:{BO.id}")
    await village.server.edit(first, "Meet at eight.")
    await village.settled()
    village.time.pass_by(5)
    await village.tell("/read")
    assert len(mimo.calls) == 1
    assert await mimo_house.ledger.usage(f"account:telegram:{BO.id}") == charged
    assert await village.said("/why", reply_to=second) == say("telegram.unread.empty", "en")


async def test_a_second_delivery_is_not_spoken_again(village: Village, mimo: MimoServer) -> None:
    gate = mimo.hold_after(0)
    update = await village.server.text("Once only.", user=BO, chat=village.group)
    await gate.reached.wait()
    await village.settled()
    village.server.redeliver(update)  # while it is being spoken
    await village.settled()
    gate.set()
    await village.known(update["message"])
    assert await village.said("/why", reply_to=update["message"]) == say("unread.read", "en")
    village.server.redeliver(update)
    await village.settled()
    await village.write("And on.")
    await village.voices(2)
    assert spoken(mimo) == ["Bo says: Once only.", "And on."]


async def test_a_restart_goes_on_reading_and_drops_what_waited(
    launch: Launch, server: TelegramServer, mimo_house: House, mimo: MimoServer
) -> None:
    async with open_village(launch, server, mimo_house.services) as village:
        await village.tell("/read on")
        village.time.running = False
        waiting = await village.write("I still wait.")
        await village.settled()
    assert not mimo.calls
    assert (await mimo_house.ledger.usage(f"account:telegram:{BO.id}")).characters == 0
    async with open_village(launch, server, mimo_house.services) as village:
        await village.write("Back again.")
        await village.voices()
        assert spoken(mimo) == ["Bo says: Back again."]
        assert await village.said("/why", reply_to=waiting) == say("telegram.unread.skipped", "en")


async def test_a_voice_that_is_being_made_when_the_bot_stops_arrives(
    launch: Launch, server: TelegramServer, mimo_house: House, mimo: MimoServer
) -> None:
    gate = mimo.hold_after(1)
    async with open_village(launch, server, mimo_house.services) as village:
        await village.tell("/read on")
        await village.write("Almost done.")
        await gate.reached.wait()
        gate.set()
    (voice,) = server.done("sendVoice")
    heard(voice)


async def test_the_built_in_engine_goes_on_and_says_so_once(
    launch: Launch, server: TelegramServer, build_house: BuildHouse, mimo: MimoServer
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo", "espeak"]},
        quota={"account_characters_per_day": 40},
    )
    async with open_village(launch, server, house.services) as village:
        await village.tell("/read on")
        for number, text in enumerate(
            ["It is a fine day.", "The quota ends with this.", "The other voice goes on."], 1
        ):
            await village.write(text)
            heard((await village.voices(number))[-1])
        notes = [voice.params.get("caption") for voice in server.done("sendVoice")]
        assert notes == [None, say("note.quota_built_in", "en", provider="espeak"), None]
        assert len(mimo.calls) == 1


async def test_where_the_quota_ends_within_a_burst_the_rest_is_read_and_it_is_told(
    launch: Launch, server: TelegramServer, build_house: BuildHouse, mimo: MimoServer
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"]},
        quota={"account_characters_per_day": 30},
    )
    async with open_village(launch, server, house.services) as village:
        await village.tell("/read on")
        village.time.running = False
        await village.write("Short enough.")
        long = await village.write("This one is too long for what is left of it.")
        await village.settled()
        village.time.pass_by(1)
        told = (await server.wait_for("sendMessage", 2))[-1]
        assert told.json("reply_parameters")["message_id"] == long["message_id"]
        await village.known(long)
        assert spoken(mimo) == ["Bo says: Short enough."]
        assert await village.said("/why", reply_to=long) == say("unread.quota", "en")


async def test_a_failure_is_told_once_until_it_works_again(
    launch: Launch, server: TelegramServer, build_house: BuildHouse, mimo: MimoServer
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}, speech={"providers": ["mimo"]}
    )
    async with open_village(launch, server, house.services) as village:
        await village.tell("/read on")
        told = len(server.done("sendMessage"))
        for number in range(3):
            mimo.moderated.add(f"bad{number}")
            message = await village.write(f"This is bad{number} thing.")
            await village.known(message)
        assert await village.said("/why", reply_to=message) == say("unread.provider", "en")
        assert len(server.done("sendMessage")) - told == 2, "one for the failures, one for /why"
        assert (await house.ledger.usage(f"account:telegram:{BO.id}")).characters == 0
        await village.write("It works again.")
        await village.voices()
        await village.write("And bad1 again.")
        await server.wait_for("sendMessage", told + 3)


async def test_what_is_told_is_told_in_the_language_that_holds_now(
    launch: Launch, server: TelegramServer, build_house: BuildHouse, mimo: MimoServer
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}, speech={"providers": ["mimo"]}
    )
    mimo.moderated.add("bad thing")
    async with open_village(launch, server, house.services) as village:
        await village.tell("/read on")
        told: list[str] = []
        for language in ("en", "zh"):
            await village.tell(f"/settings language {language}")
            count = len(server.done("sendMessage"))
            await village.known(await village.write("This is a bad thing."))
            told.append((await server.wait_for("sendMessage", count + 1))[-1].params["text"])
            await village.write("It works again.")
            await village.voices(len(told))
    assert [re.search("[\u4e00-\u9fff]", sentence) is not None for sentence in told] == [False, True]


async def test_a_group_that_takes_no_voices_is_told_once(
    launch: Launch, server: TelegramServer, mimo_house: House, mimo: MimoServer
) -> None:
    async with open_village(launch, server, mimo_house.services) as village:
        village.group.no_voices = True
        assert say("telegram.doctor.voices.off", "en") in await village.said("/read on")
        await village.write("As a file.")
        (audio,) = await server.wait_for("sendAudio")
        assert "As a file." in audio.params["caption"], "music with the words, where voices are not taken"
        village.group.no_files = True
        told = len(server.done("sendMessage"))
        message = await village.write("Not at all.")
        refused = (await server.wait_for("sendMessage", told + 1))[-1].params["text"]
        assert "ot enough rights" in refused
        message = await village.write("Nor this.")
        await village.known(message)
        assert await village.said("/why", reply_to=message) == say("telegram.unread.no_speak", "en")
        assert len(server.done("sendMessage")) == told + 2
        assert spoken(mimo) == ["Bo says: As a file.", "Not at all."], "nothing is paid for that nobody would hear"
        village.group.no_files = village.group.no_voices = False
        village.time.now += CLOSED
        await village.write("Like this, perhaps.")
        await village.voices()


async def test_a_voice_that_telegram_may_have_taken_is_not_sent_again(village: Village, mimo: MimoServer) -> None:
    village.server.faults = [Fault("sendVoice", reset=True, accept=True)]
    await village.write("Only once.")
    await village.server.until(lambda: len(village.server.asked("sendVoice")) == 1)
    told = await village.server.wait_for("sendMessage", 2)
    assert told[-1].params["text"] == say("telegram.read.unconfirmed", "en")
    await village.write("The next one.")
    await village.voices(2)
    assert len(village.server.asked("sendVoice")) == 2


@pytest.mark.parametrize("person", [ANN, LI])
async def test_who_is_limited_to_nothing_pays_for_nothing(village: Village, mimo_house: House, person: Person) -> None:
    await mimo_house.services.requests.preferences.set(Account("telegram", str(person.id)), opted_out=True)
    message = await village.write("Not me.", person)
    await village.settled()
    assert await village.said("/why", BO, reply_to=message) == say("telegram.unread.opted_out", "en")
    assert await spent(mimo_house, person) == 0
