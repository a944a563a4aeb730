"""Settings of reading aloud on Telegram: each by its command in both languages, kept over a restart, obeyed."""

from typing import Any

import pytest

from bot.model import Account, Space
from bot.platforms.reading.settings import OWN, PLACE, own_lines, place_lines
from bot.store.settings import ReadingSettings
from bot.texts import say
from tests.conftest import BuildHouse, House, until
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, Person
from tests.fakes.telegram_server import BOT, Fault, TelegramServer
from tests.telegram_case import Launch, fixture_launch, fixture_server  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import GROUP, Village, fixture_village, open_village, spoken  # noqa: F401

SPACE = Space("telegram", str(GROUP))
ON_TELEGRAM: dict[str, tuple[str, str, dict[str, Any]]] = {
    "names": ("off", "关", {"names": False}),
    "template": ("{name} writes", "{name}写道", {}),
    "language": ("zh", "中文", {"language": "zh"}),
    "length": ("200", "200", {"max_characters": 200}),
    "prefix": ("!", "!", {"skip_prefix": "!"}),
    "bots": ("on", "开", {"bots": True}),
    "webhooks": ("on", "开", {"webhooks": True}),
    "emoji": ("off", "关", {"skip_emoji": True}),
    "slang": ("off", "关", {"expand_slang": False}),
    "laugh": ("off", "关", {"laugh": False}),
    "emphasis": ("off", "关", {"emphasis": False}),
    "whisper": ("off", "关", {"whisper": False}),
    "actions": ("off", "关", {"actions": False}),
    "quiet": ("22:00-07:00", "22:00至07:00", {"quiet_from": 22 * 60, "quiet_until": 7 * 60}),
    "timezone": ("Asia/Shanghai", "Asia/Shanghai", {"timezone": "Asia/Shanghai"}),
}
OWN_ON_TELEGRAM: dict[str, tuple[str, str, dict[str, Any]]] = {
    "nickname": ("Sam", "小明", {}),
    "speed": ("fast", "快", {"speed": "fast"}),
    "tongue": ("zh", "中文", {"spoken_language": "zh"}),
    "readme": ("off", "关", {"opted_out": True}),
}
OF_CALLS = {"everyone", "silent", "come", "alone"}


def test_every_setting_of_the_table_is_tried() -> None:
    assert {each.key for each in PLACE} == set(ON_TELEGRAM) | OF_CALLS
    assert {each.key for each in OWN} == set(OWN_ON_TELEGRAM)


@pytest.mark.parametrize(("language", "admin"), [("en", ANN), ("zh", LI)])
async def test_every_setting_of_a_group_has_its_command_and_outlives_a_restart(
    launch: Launch, server: TelegramServer, build_house: BuildHouse, language: str, admin: Person
) -> None:
    house = await build_house(speech={"providers": ["espeak"]})
    server.group(GROUP).admins.add(admin.id)
    settings = list(ON_TELEGRAM.items())
    for some in (settings[:8], settings[8:]):  # the library lets 20 messages a minute into a group
        async with open_village(launch, server, house.services) as village:
            for key, (english, chinese, _) in some:
                name = say(f"reading.{key}.name", language)
                refused = await village.said(f"/reading {name} {english}", BO)
                assert refused == say("telegram.admins_only", "en")
                said = await village.said(f"/reading {name} {english if language == 'en' else chinese}", admin)
                assert f"({key})" in said
                assert "\n" not in said
    again = await build_house(speech={"providers": ["espeak"]})
    kept = await again.core.readings.get(SPACE)
    for _, _, changes in ON_TELEGRAM.values():
        assert {field: getattr(kept, field) for field in changes} == changes
    assert kept.name_template == ("{name} writes" if language == "en" else "{name}写道")
    async with open_village(launch, server, again.services) as village:
        shown = await village.said("/reading", admin)
        for key, line in zip((each.key for each in PLACE), place_lines(kept, language), strict=False):
            assert (line in shown) == (key not in OF_CALLS | {"webhooks"}), key
        assert say("telegram.reading.webhooks", language) in shown
        assert say("telegram.reading.usage.group", language).strip() in shown


@pytest.mark.parametrize(("language", "person"), [("en", BO), ("zh", LI)])
async def test_every_setting_of_ones_own_has_its_command_and_outlives_a_restart(
    launch: Launch, server: TelegramServer, build_house: BuildHouse, language: str, person: Person
) -> None:
    house = await build_house(speech={"providers": ["espeak"]})
    async with open_village(launch, server, house.services) as village:
        private = server.world.private(person)
        for number, (key, (english, chinese, _)) in enumerate(OWN_ON_TELEGRAM.items()):
            name = say(f"reading.{key}.name", language)
            where = {"chat": private} if number % 2 else {}
            said = await village.said(f"/reading {name} {english if language == 'en' else chinese}", person, **where)
            assert f"({key})" in said
    again = await build_house(speech={"providers": ["espeak"]})
    kept = await again.core.preferences.get(Account("telegram", str(person.id)))
    for _, _, changes in OWN_ON_TELEGRAM.values():
        assert {field: getattr(kept, field) for field in changes} == changes
    assert kept.nickname == ("Sam" if language == "en" else "小明")
    async with open_village(launch, server, again.services) as village:
        shown = await village.said("/reading", person, chat=server.world.private(person))
        assert shown.startswith("\n".join(own_lines(kept, language)))
        assert say("telegram.reading.usage", language).strip() in shown


async def test_what_cannot_be_set_is_said(launch: Launch, server: TelegramServer, house: House) -> None:
    async with open_village(launch, server, house.services) as village:
        unknown = await village.said("/reading nothing on")
        assert unknown.startswith(say("reading.unknown", "en", keys="names")[:-1])
        for key in OF_CALLS:
            assert await village.said(f"/reading {key} on") == say("telegram.reading.call_only", "en", key=key)
        assert await village.said("/reading names maybe") == say("reading.wanted.switch", "en", key="names")
        assert await village.said("/reading quiet never") == say("reading.wanted.hours", "en", key="quiet")
        assert await village.said("/reading timezone Mars/Base") == say("reading.zone", "en")
        assert await village.said("/reading speed warp") == say("speed.unknown", "en", speeds=("slow", "fast"))
        private = server.world.private(ANN)
        assert await village.said("/reading names off", chat=private) == say("telegram.groups_only", "en")
        assert await village.said("/reading ignore", chat=private) == say("telegram.groups_only", "en")
        assert await village.said("/reading ignore") == say("telegram.reading.ignore_whom", "en")
        assert (await village.said("/reading names")) == place_lines(await house.core.readings.get(SPACE), "en")[0]


async def test_a_refused_value_is_told_by_the_name_that_was_typed(village: Village, mimo_house: House) -> None:
    village.group.admins.add(LI.id)
    for key, kind, value in (("names", "switch", "也许"), ("length", "number", "很多"), ("quiet", "hours", "夜里")):
        name = say(f"reading.{key}.name", "zh")
        assert await village.said(f"/reading {name} {value}", LI) == say(f"reading.wanted.{kind}", "zh", key=name)
    await village.said("/reading 长度 ２５０", LI)
    assert (await mimo_house.core.readings.get(SPACE)).max_characters == 250, "as Chinese keyboards write it"


async def test_a_dash_goes_back_to_the_usual_for_every_setting(village: Village, mimo_house: House) -> None:
    await mimo_house.core.readings.set(SPACE, max_characters=200, names=False, skip_emoji=True, name_template="{name}:")
    for key in ("length", "names", "emoji", "template"):
        await village.said(f"/reading {key} -")
    await village.said("/reading readme off", BO)
    await village.said("/reading readme -", BO)
    assert await mimo_house.core.readings.get(SPACE) == ReadingSettings()
    assert not (await mimo_house.core.preferences.get(Account("telegram", str(BO.id)))).opted_out


async def test_settings_are_obeyed(village: Village, mimo: MimoServer) -> None:
    async def says(text: str, user: Person = BO) -> str:
        count = len(mimo.calls)
        await village.write(text, user)
        await until(lambda: len(mimo.calls) > count, 20)
        return spoken(mimo)[-1]

    await village.tell("/reading nickname Bobby Tables", BO)
    await village.tell("/reading speed fast", BO)
    assert await says("Hello there.") == "(Speed up)Bobby Tables says: Hello there."
    asked = await village.write("Who comes along?")
    await village.voices(2)
    await village.server.text("I do.", user=ANN, chat=village.group, reply_to=asked)
    await village.voices(3)
    assert spoken(mimo)[-1] == "Ann to Bobby Tables: I do."
    await village.tell("/reading template {name} whispers")
    assert await says("Good evening, all.", LI) == "Li whispers: Good evening, all."
    await village.tell("/reading names off")
    await village.tell("/reading emoji off")
    assert await says("Nice 🚀 work", LI) == "Nice work"
    message = await village.write("Now me.")
    await village.voices(6)
    assert await village.said("/reading ignore", BO, reply_to=message) == say("telegram.admins_only", "en")
    assert await village.said("/reading ignore", reply_to=message) == say("telegram.reading.ignored", "en")
    await village.write("Nobody hears me.")
    assert await village.said("/reading 取消忽略", reply_to=message) == say("telegram.reading.unignored", "en")
    assert await says("Here I am again.") == "(Speed up)Here I am again."
    assert not any("Nobody hears" in text for text in spoken(mimo))


async def test_explain_shows_the_words_and_the_rules(village: Village, mimo: MimoServer) -> None:
    for person, language in ((BO, "en"), (LI, "zh")):
        message = await village.write("btw see https://youtu.be/1 ||no|| 😂", LI)
        said = await village.said("/explain", person, reply_to=message)
        head, *rules = said.split("\n")
        words = "Li says: by the way see a link to YouTube [whispering] spoiler [laughs]"
        assert head == say("reading.would_say", language, said=words)
        for rule in ("link", "spoiler", "slang"):
            assert any(line.strip().startswith(say(f"rule.{rule}", language)) for line in rules), rule
        assert "||no" not in said, "what is hidden is not shown"
    prefixed = await village.write("…", BO)
    said = await village.said("/explain", reply_to=prefixed)
    assert said.startswith(say("reading.would_say_nothing", "en"))
    assert said.endswith(say("telegram.unread.empty", "en"))


async def test_explain_counts_the_changes_that_it_does_not_show(village: Village) -> None:
    words = (
        "btw and idk and imo and tbh and omw and brb and afk and gtg and omg and fyi and asap and irl and ngl and smh"
    )
    message = await village.write(f"{words} and rn and nvm and ty and lmk")
    head, *rules, last = (await village.said("/explain", reply_to=message)).splitlines()
    assert "by the way" in head
    assert len(rules) == 15
    assert last == say("reading.more_rules", "en", count=4)


async def test_the_doctor_is_for_administrators_and_knows_the_group(
    launch: Launch, server: TelegramServer, mimo_house: House
) -> None:
    async with open_village(launch, server, mimo_house.services) as village:
        assert await village.said("/doctor", BO) == say("telegram.admins_only", "en")
        assert await village.said("/doctor", chat=server.world.private(ANN)) == say("telegram.groups_only", "en")
        well = await village.said("/doctor")
        good, warning, bad = (say(f"doctor.{state}", "en") for state in ("good", "warning", "bad"))
        assert f"{good} {say('doctor.telegram.groups', 'en')}" in well
        assert f"{good} {say('telegram.doctor.voices', 'en')}" in well
        assert "mimo" in well
        server.world.bot["can_read_all_group_messages"] = False
        village.group.no_voices = True
        ill = await village.said("/doctor")
        assert f"{warning} {say('doctor.telegram.groups.off', 'en')}" in ill
        assert f"{warning} {say('telegram.doctor.voices.off', 'en')}" in ill
        village.group.admins |= {BOT["id"], LI.id}
        assert say("telegram.doctor.voices", "zh") in await village.said("/doctor", LI)
        village.group.admins.discard(BOT["id"])
        server.faults = [Fault(name, code=400, description="Bad Request: no") for name in ("getChat", "getMe")]
        silent = await village.said("/doctor")
        assert silent.count(f"{bad} {say('telegram.doctor.silent', 'en')}") == 2
