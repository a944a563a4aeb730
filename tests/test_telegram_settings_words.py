"""``/settings``, ``/voice`` and ``/style`` on Telegram as they are typed: in both languages, kept and obeyed."""

import pytest

from bot.model import Account, Space
from bot.platforms.telegram.messages import admins_of
from bot.texts import say
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, Person
from tests.fakes.telegram_server import TelegramServer
from tests.telegram_case import Launch, buttons, fixture_launch, fixture_server  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import GROUP, Village, fixture_village, open_village, spoken  # noqa: F401

SPACE = Space("telegram", str(GROUP))
OF_GROUP = {
    "voice": ("Mia", "冰糖", "default_voice", "Mia", "冰糖"),
    "style": ("Happy", "开心", "default_style", "Happy", "开心"),
    "language": ("zh", "中文", "language", "zh", "zh"),
    "cooldown": ("5", "5", "cooldown", 5, 5),
    "words": ("on", "开", "show_words", True, True),
    "context": ("on", "开", "reply_context", True, True),
    "block": ("banana, kiwi", "香蕉，猕猴桃", "blocked_words", ("banana", "kiwi"), ("香蕉", "猕猴桃")),
    "unblock": ("kiwi", "猕猴桃", "blocked_words", ("banana",), ("香蕉",)),
    "admins_cooldown": ("0", "0", "role_cooldowns", {admins_of(SPACE): 0}, {admins_of(SPACE): 0}),
    "admins": ("on", "开", "allowed_roles", (admins_of(SPACE),), (admins_of(SPACE),)),
}


def _paid(mimo: MimoServer) -> dict[str, dict[str, str]]:
    return {"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}


@pytest.mark.parametrize(("language", "admin"), [("en", ANN), ("zh", LI)])
async def test_a_groups_settings_are_kept_over_a_restart(
    launch: Launch, server: TelegramServer, build_house: BuildHouse, mimo: MimoServer, language: str, admin: Person
) -> None:
    house = await build_house(providers=_paid(mimo))
    server.group(GROUP).admins.add(admin.id)
    at = 0 if language == "en" else 1
    async with open_village(launch, server, house.services) as village:
        for key, row in OF_GROUP.items():
            await village.said(f"/settings {say(f'telegram.setting.{key}', language)} {row[at]}", admin)
            kept = await house.core.spaces.get(SPACE)
            assert getattr(kept, str(row[2])) == row[3 + at], key
    again = await build_house(providers=_paid(mimo))
    assert await again.core.spaces.get(SPACE) == kept
    async with open_village(launch, server, again.services) as village:
        assert str(OF_GROUP["voice"][at]) in await village.said("/settings", admin)
        words = ("hello", "你好")[at]
        await village.server.text(f"/say {words}", user=admin, chat=village.group)
        (voice,) = await village.voices()
        assert words in voice.params["caption"], "words are on"
        assert mimo.calls[-1]["audio"]["voice"] == OF_GROUP["voice"][at]
        assert spoken(mimo)[-1] == f"({OF_GROUP['style'][at]}){words}"
        assert await village.said("/say banana 香蕉", admin) == say("guard.word", language)


@pytest.mark.parametrize(("language", "person"), [("en", BO), ("zh", LI)])
async def test_ones_own_settings_are_kept_over_a_restart(
    launch: Launch, server: TelegramServer, build_house: BuildHouse, mimo: MimoServer, language: str, person: Person
) -> None:
    house = await build_house(providers=_paid(mimo))
    private = server.world.private(person)
    voice, style = ("Mia", "Happy") if language == "en" else ("冰糖", "开心")
    async with open_village(launch, server, house.services) as village:
        for command, said in (
            (f"/voice {voice.lower()}", say("telegram.voice.set", language, voice=voice)),
            (f"/style {style}", say("telegram.style.set", language, style=style)),
        ):
            answer = await village.tell(command, person, chat=private)
            assert answer.params["text"] == said
            (favourite,) = [data for data in buttons(answer.result).values() if data.startswith("f:")]
            await village.server.press(answer.result, favourite, user=person)
        await village.settled()
    again = await build_house(providers=_paid(mimo))
    own = await again.core.preferences.get(Account("telegram", str(person.id)))
    assert (own.favourite_voices, own.favourite_styles) == ((voice,), ("Happy",))
    async with open_village(launch, server, again.services) as village:
        words = "hello" if language == "en" else "你好"
        await village.server.text(words, user=person, chat=private)
        await village.voices()
        assert (mimo.calls[-1]["audio"]["voice"], spoken(mimo)[-1]) == (voice, f"({style}){words}")
        assert await village.said("/voice -", person, chat=private) == say("telegram.voice.reset", language)
        assert await village.said("/style -", person, chat=private) == say("telegram.style.reset", language)
        own = await again.core.preferences.get(Account("telegram", str(person.id)))
        assert (own.voice, own.style) == ("", "")
        forget = say("telegram.setting.forget", language)
        said = await village.said(f"/settings {forget}", person, chat=private)
        assert said == say("telegram.settings.forgotten", language)
    assert (await again.core.preferences.get(Account("telegram", str(person.id)))).favourite_voices == ()


async def test_nothing_is_guessed(village: Village, mimo_house: House) -> None:
    spaces = mimo_house.core.spaces
    village.group.admins.add(LI.id)
    await village.said("/settings admins on")
    await village.said("/settings voice Mia")
    before = await spaces.get(SPACE)
    for key in ("admins", "words", "context"):
        assert await village.said(f"/settings {key} maybe") == say("reading.wanted.switch", "en", key=key)
        name = say(f"telegram.setting.{key}", "zh")
        assert await village.said(f"/settings {name} 也许", LI) == say("reading.wanted.switch", "zh", key=name)
    assert await village.said("/settings here perhaps") == say("telegram.settings.no_topics", "en")
    assert await spaces.get(SPACE) == before
    await village.said("/settings voice -")
    await village.said("/settings style -")
    await village.said("/settings language auto")
    kept = await spaces.get(SPACE)
    assert (kept.default_voice, kept.default_style, kept.language) == ("", "", "")


async def test_a_setting_without_a_value_is_shown(village: Village, mimo_house: House) -> None:
    for order in ("voice Mia", "cooldown 5", "admins_cooldown 0", "block kiwi", "words on", "language 中文"):
        await village.said(f"/settings {order}")
    before = await mimo_house.core.spaces.get(SPACE)
    for typed, key, facts in (
        ("voice", "voice", {"value": "Mia"}),
        ("admins_cooldown", "cooldown", {"value": 5, "rest": 0}),
        ("unblock", "block", {"value": 1}),
        ("here", "here", {"value": "–"}),
        ("文字", "words", {"value": True}),
    ):
        assert await village.said(f"/settings {typed}", BO) == say(f"telegram.settings.{key}", "en", **facts)
    assert await village.said("/settings 语言", LI) == say("telegram.settings.language", "zh", value="中文")
    assert await mimo_house.core.spaces.get(SPACE) == before


async def test_ones_own_settings_are_typed_in_private(village: Village, mimo_house: House) -> None:
    private = village.server.world.private(ANN)

    async def said(order: str) -> str:
        return await village.said(f"/settings {order}", chat=private)

    assert await said("voice mia") == say("telegram.voice.set", "en", voice="Mia")
    assert await said("风格 开心") == say("telegram.style.set", "en", style="Happy")
    assert await said("style -") == say("telegram.style.reset", "en")
    assert await said("language 中文") == say("telegram.language.set", "zh")
    assert await said("语言 fr") == say("language.unknown", "zh", languages=("en", "zh", "zh-Hant"))
    assert await said("语言 自动") == say("telegram.language.set", "en")
    assert await said("cooldown 5") == say("telegram.groups_only", "en")
    keys = ("voice", "style", "language", "forget")
    assert await said("what 5") == say("telegram.settings.unknown", "en", keys=keys)
    own = await mimo_house.core.preferences.get(Account("telegram", str(ANN.id)))
    assert (own.voice, own.style, own.language) == ("Mia", "", "")


async def test_administrators_are_read_first_alone_or_not_at_all(village: Village, mimo_house: House) -> None:
    readings, admins = mimo_house.core.readings, (admins_of(SPACE),)
    fields = {"required": "required_roles", "first": "priority_roles", "屏蔽": "blocked_roles"}
    for word, field in fields.items():
        said = await village.said(f"/reading admins {word}")
        assert said == say("telegram.reading.admins", "en", rank=say(f"telegram.reading.{field}", "en"))
        kept = await readings.get(SPACE)
        assert {name: getattr(kept, name) for name in fields.values()} == dict.fromkeys(fields.values(), ()) | {
            field: admins
        }
    assert await village.said("/reading admins perhaps") == say("telegram.reading.wanted_admins", "en")
    message = await village.write("Am I read?", ANN)
    await village.known(message)
    assert await village.said("/why", reply_to=message) == say("telegram.unread.role", "en")
    await village.said("/reading admins none")
    assert await village.said("/reading admins") == say(
        "telegram.reading.admins", "en", rank=say("telegram.reading.no_role", "en")
    )


@pytest.mark.parametrize(
    ("typed", "zone", "shown"),
    [
        ("europe/berlin", "Europe/Berlin", "Europe/Berlin"),
        ("america/port-au-prince", "America/Port-au-Prince", "America/Port-au-Prince"),
        ("EUROPE/ISLE OF MAN", "Europe/Isle_of_Man", "Europe/Isle_of_Man"),
        ("utc", "UTC", "UTC"),
        ("-", "UTC", "UTC"),
        ("UTC+0", "UTC", "UTC"),
        ("UTC+8", "Etc/GMT-8", "UTC+8"),
        ("UTC＋08:00", "Etc/GMT-8", "UTC+8"),
        ("gmt -3", "Etc/GMT+3", "UTC-3"),
    ],
)
async def test_time_zones_as_people_write_them(
    village: Village, mimo_house: House, typed: str, zone: str, shown: str
) -> None:
    await mimo_house.core.readings.set(SPACE, timezone="Asia/Shanghai")
    assert (await village.said(f"/reading timezone {typed}")).endswith(f": {shown}")
    assert (await mimo_house.core.readings.get(SPACE)).timezone == zone


async def test_what_is_no_time_zone_is_refused(village: Village, mimo_house: House) -> None:
    for typed in ("UTC+5:30", "UTC+15", "UTC-13", "Berlin", "../Europe/Berlin", "UTC+٨"):
        assert await village.said(f"/reading timezone {typed}") == say("reading.zone", "en")
    assert (await mimo_house.core.readings.get(SPACE)).timezone == "UTC"
