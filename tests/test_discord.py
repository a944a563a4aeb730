"""The Discord front end: real commands through the unmodified library, the built core behind it.

The stand-in before it.
"""

import pytest

from bot.audio import ogg
from bot.model import Receipt
from bot.platforms.discord.suggestions import style_options, suggest_styles, suggest_voices
from bot.providers.base import VoiceInfo
from bot.store.entries import Override
from bot.store.settings import Preference
from bot.text import styles
from bot.texts import say
from tests.conftest import BuildHouse, House
from tests.discord_case import TEXT, Start, account, voices_of, words_of
from tests.fakes.discord_rules import check_choices
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import EVERYTHING_WE_NEED, SEND_VOICE_MESSAGES, Role, User
from tests.fakes.mimo_rules import TONES
from tests.fakes.mimo_server import MimoServer
from tests.fakes.tones import pitch

pytest_plugins = ["tests.discord_fixtures"]


# The story


async def test_say_becomes_a_voice_message(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        exchange = await server.slash("say", {"text": TEXT, "style": "Slow down"})
        message = await server.message()
        answer = await exchange.answered()
    sound = message.files[0].sound
    assert message.voice
    assert sound is not None
    assert 0.8 < sound.seconds < 10
    assert sound.level > 0.01
    assert message.channel is server.world.general
    assert answer.private
    assert answer.content.startswith(say("discord.spoken_free", "en", seconds=sound.seconds))
    used = await house.ledger.usage(account(server).scope, "builtin")
    assert used.characters == len(TEXT)
    assert server.refusals == []


async def test_a_voice_is_heard(server: DiscordServer, mimo_house: House, start: Start) -> None:
    async with start(mimo_house.services):
        exchange = await server.slash("say", {"text": TEXT, "voice": "Mia"})
        sound = (await server.message()).files[0].sound
        await exchange.answered()
    assert sound is not None
    assert pitch(sound.pcm, sound.rate) == pytest.approx(TONES["Mia"], rel=0.02)
    used = await mimo_house.ledger.usage(account(server).scope)
    assert used.characters == len(TEXT)


async def test_the_answer_is_deferred_before_anybody_speaks(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    gate = mimo.hold_after(1)
    async with start(mimo_house.services):
        exchange = await server.slash("say", {"text": TEXT})
        await gate.reached.wait()
        assert exchange.callback == {"type": 5, "data": {"flags": 64}}
        assert server.messages == []
        gate.set()
        assert (await server.message()).voice
        await exchange.answered()


async def test_again_costs_nothing(server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start) -> None:
    async with start(mimo_house.services):
        for _ in range(2):
            exchange = await server.slash("say", {"text": TEXT})
            answer = await exchange.answered()
    first, second = voices_of(server)
    assert first.files[0].data == second.files[0].data
    assert answer.content.startswith(
        say("discord.spoken_free", "en", seconds=ogg.read(second.files[0].data)[0].seconds)
    )
    assert len(mimo.calls) == 1
    assert (await mimo_house.ledger.usage(account(server).scope)).characters == len(TEXT)


async def test_a_redelivered_command_is_spoken_once(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    async with start(mimo_house.services):
        exchange = await server.slash("say", {"text": TEXT})
        await exchange.answered()
        await server.redeliver(exchange)
        await server.until(lambda: server.statuses("callback") == [200, 400])
    assert len(voices_of(server)) == 1
    assert len(mimo.calls) == 1
    assert (await mimo_house.ledger.usage(account(server).scope)).characters == len(TEXT)


async def test_a_duplicate_that_discord_lets_through_stays_silent(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    async with start(mimo_house.services):
        exchange = await server.slash("say", {"text": TEXT})
        await exchange.answered()
        exchange.callback = exchange.original = None  # as if the first answer had never arrived
        await server.redeliver(exchange)
        await exchange.withdrawn()
    assert len(voices_of(server)) == 1
    assert len(mimo.calls) == 1
    assert exchange.followups == []


async def test_too_late_nothing_is_spoken(
    server: DiscordServer, house: House, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    gate = server.hold("callback")
    async with start(house.services):
        await server.slash("say", {"text": TEXT})
        await gate.reached.wait()
        server.clock.advance(3.5)
        gate.open()
        await server.message()
    assert server.statuses("callback") == [404]
    [apology] = server.messages
    assert apology.content == say("discord.too_late", "en", who=f"<@{server.world.ada.id}>")
    assert [record.exc_info for record in caplog.records if record.name == "mouthpiece.discord"] == [None]
    assert (await house.ledger.usage(account(server).scope, "builtin")).characters == 0


async def test_long_speech_comes_in_parts(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        exchange = await server.slash("say", {"text": "One two three four five. " * 12}, file_limit=40_000)
        await exchange.answered()
    assert len(voices_of(server)) > 1
    assert len(words_of(server)) == 1
    assert all(len(message.files[0].data) < 40_000 for message in voices_of(server))
    assert server.refusals == []


async def test_without_the_permission_it_is_a_file(server: DiscordServer, house: House, start: Start) -> None:
    server.world.general.permissions = EVERYTHING_WE_NEED & ~SEND_VOICE_MESSAGES
    async with start(house.services):
        exchange = await server.slash("say", {"text": TEXT})
        followup = await exchange.followup()
    assert exchange.original is not None
    assert exchange.original.files[0].sound is not None
    assert followup.private
    assert followup.content.endswith(say("discord.why_file.permission", "en"))


async def test_the_backup_is_named(server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start) -> None:
    mimo.keys.clear()
    async with start(mimo_house.services):
        exchange = await server.slash("say", {"text": TEXT})
        answer = await exchange.answered()
    assert (await server.message()).voice
    assert "espeak" in answer.content


# What is refused


async def test_refusals_are_private_sentences(server: DiscordServer, mimo_house: House, start: Start) -> None:
    async with start(mimo_house.services):
        empty = await server.slash("say", {"text": "\u200b\u200b"})
        assert (await empty.answered()).content == say("text.empty", "en")
        chinese = await server.slash("say", {"text": "<style>"}, locale="zh-CN")
        assert (await chinese.answered()).content == say("text.empty", "zh")
    assert all(exchange.original and exchange.original.private for exchange in server.exchanges)
    assert server.messages == []


async def test_a_quota_is_kept(server: DiscordServer, build_house: BuildHouse, mimo: MimoServer, start: Start) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo"]},
        quota={"account_characters_per_day": 10},
    )
    rich, patron = User("bo"), Role("patron")
    server.world.add_member(server.world.home, rich, patron)
    await house.ledger.set_override(Override(f"role:discord:{patron.id}", unlimited=True))
    async with start(house.services):
        poor_exchange = await server.slash("say", {"text": TEXT})
        refusal = (await poor_exchange.answered()).content
        await (await server.slash("say", {"text": TEXT}, user=rich)).answered()
    assert "10" in refusal
    assert refusal != "quota.account_characters"
    assert len(voices_of(server)) == 1


async def test_outside_of_guilds(server: DiscordServer, house: House, start: Start) -> None:
    world = server.world
    direct = world.add_direct(world.ada)
    elsewhere = world.add_channel(world.add_guild("elsewhere", bot_is_member=False), "general")
    async with start(house.services):
        await (await server.slash("say", {"text": TEXT}, channel=direct)).answered()
        exchange = await server.slash("say", {"text": TEXT}, channel=elsewhere)
        assert (await exchange.answered()).voice
        assert not (await exchange.followup(1)).private  # who asked
        assert (await exchange.followup(2)).private
        refused = await server.slash("say", {"text": "\u200b"}, channel=elsewhere)
        await refused.withdrawn()
        assert (await refused.followup()).content == say("text.empty", "en")
    assert [message.channel for message in server.messages] == [direct, direct]
    assert server.refusals == []


@pytest.mark.parametrize("channel", ["general", "elsewhere"])
async def test_a_mistake_of_ours_is_logged_without_words(
    server: DiscordServer,
    house: House,
    start: Start,
    caplog: pytest.LogCaptureFixture,
    channel: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: object, **__: object) -> Receipt:
        raise RuntimeError("the planted sentence")

    monkeypatch.setattr(house.services.requests, "speak", broken)
    world = server.world
    places = {
        "general": world.general,
        "elsewhere": world.add_channel(world.add_guild("elsewhere", bot_is_member=False), "general"),
    }
    async with start(house.services):
        exchange = await server.slash("say", {"text": TEXT}, channel=places[channel])
        answer = await (exchange.answered() if channel == "general" else exchange.followup())
    assert answer.content == say("discord.failed", "en")
    assert answer.private
    ours = [record for record in caplog.records if record.name == "mouthpiece.discord" and record.exc_info]
    assert len(ours) == 1
    assert TEXT not in ours[0].getMessage()


async def test_when_discord_takes_no_upload_the_person_is_told(
    server: DiscordServer, house: House, start: Start
) -> None:
    server.fail("message", "40005")
    async with start(house.services):
        exchange = await server.slash("say", {"text": TEXT})
        assert (await exchange.answered()).content == say("discord.too_large", "en")


async def test_too_many_at_a_time_are_put_off(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.discord.client.MOST_RUNNING", 1)
    gate = mimo.hold_after(1)
    async with start(mimo_house.services):
        first = await server.slash("say", {"text": TEXT})
        await gate.reached.wait()
        second = await server.slash("say", {"text": TEXT})
        assert (await second.answered()).content == say("bot.full", "en")
        gate.set()
        await first.answered()
    assert len(voices_of(server)) == 1


async def test_many_at_once(server: DiscordServer, mimo: MimoServer, build_house: BuildHouse, start: Start) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo"]},
        quota={"account_requests_per_minute": 0},
    )
    async with start(house.services):
        exchanges = [await server.slash("say", {"text": f"Number {number}."}) for number in range(25)]
        for exchange in exchanges:
            assert (await exchange.answered()).private
    assert len(voices_of(server)) == len(words_of(server)) == 25
    assert len(mimo.calls) == 25
    assert (await house.ledger.usage(account(server).scope)).requests == 25


async def test_a_command_of_yesterday(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        old = {"name": "old", "id": "1", "options": [{"name": "text", "type": 3, "autocomplete": True}]}
        server.state.commands[None].append(old)
        await server.autocomplete("old", "text", "x")
        exchange = await server.slash("old", {"text": "x"})
        assert (await exchange.answered()).content == say("discord.changed", "en")
    assert server.statuses("callback") == [200]  # an unknown command's suggestions are left unanswered
    assert server.refusals == []


# What is suggested


async def test_suggestions(server: DiscordServer, mimo_house: House, start: Start) -> None:
    async with start(mimo_house.services):
        english = await (await server.autocomplete("say", "style", "whis")).suggestions()
        chinese = await (await server.autocomplete("say", "style", "whis", locale="zh-CN")).suggestions()
        everything = await (await server.autocomplete("say", "style", "")).suggestions()
        voices = await (await server.autocomplete("say", "voice", "mia")).suggestions()
        hostile = await (await server.autocomplete("say", "style", "@everyone" * 600)).suggestions()
    assert english[0] == {"name": "Whisper", "value": "Whisper"}
    assert chinese[0] == {"name": "悄悄话", "value": "悄悄话"}
    assert len(everything) == 25
    assert [voice["value"] for voice in voices] == ["Mia"]
    assert len(hostile) <= 25
    assert server.refusals == []


@pytest.mark.parametrize("command", ["say", "setup", "settings mine"])
async def test_voices_are_described_in_the_reader_s_language(
    server: DiscordServer, mimo_house: House, start: Start, command: str
) -> None:
    async with start(mimo_house.services):
        english = await (await server.autocomplete(command, "voice", "mia")).suggestions()
        chinese = await (await server.autocomplete(command, "voice", "mia", locale="zh-CN")).suggestions()
    assert [voice["name"] for voice in english] == ["Mia · English, female"]
    assert [voice["name"] for voice in chinese] == ["Mia · 英文、女声"]


async def test_what_was_used_last_is_suggested_first(server: DiscordServer, mimo_house: House, start: Start) -> None:
    async with start(mimo_house.services):
        await (await server.slash("say", {"text": TEXT, "style": "悄悄话, my own way", "voice": "Dean"})).answered()
        for locale, label in (("en-US", "Whisper"), ("zh-CN", "悄悄话")):
            everything = await (await server.autocomplete("say", "style", "", locale=locale)).suggestions()
            assert (everything[0]["value"], len(everything)) == (label, 25)
            for typed in ("wihsper", "Whispr", "悄话"):
                meant = await (await server.autocomplete("say", "style", typed, locale=locale)).suggestions()
                assert meant[0]["value"] == label
        voices = await (await server.autocomplete("sing", "voice", "")).suggestions()
    assert voices[0]["value"] == "Dean"
    assert words_of(server)[0].endswith(f"悄悄话, my own way\n> {TEXT}")


async def test_free_words_reach_the_service(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    async with start(mimo_house.services):
        free = {"text": TEXT, "style": "Wistful, like a pirate", "instruction": "as if it rained", "voice": "Dean"}
        await (await server.slash("say", free)).answered()
        wrong = await (await server.slash("say", {"text": TEXT, "voice": "Nobody at all"})).answered()
    sent = str(mimo.calls[0]["messages"])
    assert "like a pirate" in sent
    assert "as if it rained" in sent
    assert "Nobody at all" in wrong.content


async def test_suggestions_stay_within_the_limits(mimo_house: House) -> None:
    typed = ["", "a", ",", "Happy,", "Happy, slo", "开心，变", "x" * 6000, "Happy, " * 30 + "s"]
    own = Preference(favourite_styles=("Whisper", "like a pirate"), recent_styles=("sad",), recent_voices=("Mia",))
    for language in ("en", "zh"):
        for text in typed:
            choices = [choice.to_dict() for choice in suggest_styles(text, language, own)]
            check_choices(choices)
            assert all(styles.parse(str(choice["value"])) for choice in choices)
        assert len(style_options(language, own)) == 25
    for typed_so_far in ("Happy, slo", "Happy、slo", "Happy；slo"):
        assert suggest_styles(typed_so_far, "en", own)[0].value == "Happy, Slow down"
    for alike in ("pirate", "lkie a priate", "Happy, like a p"):
        assert suggest_styles(alike, "en", own)[0].value.endswith("like a pirate")
    for text in typed:
        check_choices([choice.to_dict() for choice in suggest_voices(mimo_house.speech.voices(), text, own)])


def test_ones_own_come_first() -> None:
    own = Preference(favourite_styles=("Whisper", "like a pirate"), recent_styles=("sad",))
    assert [choice.value for choice in suggest_styles("", "en", own)][:4] == [
        "Whisper",
        "like a pirate",
        "Sad",
        "Slow down",
    ]
    assert [choice.value for choice in suggest_styles("", "zh", own)][:3] == ["悄悄话", "like a pirate", "悲伤"]
    assert suggest_styles("like", "en", own)[0].value == "like a pirate"
    voices = [VoiceInfo(name, "en", "female, lively") for name in ("Anna", "Bella", "Chloe")]
    own = Preference(favourite_voices=("Chloe", "gone"), recent_voices=("Bella",))
    assert [choice.value for choice in suggest_voices(voices, "", own)] == ["Chloe", "Bella", "Anna"]
    assert [choice.value for choice in suggest_voices(voices, "Chole", Preference())] == ["Chloe"]
    told = [VoiceInfo("Mia", "en", "female, lively"), VoiceInfo("Own", "", "somewhat odd")]
    assert [choice.name for choice in suggest_voices(told, "", Preference(), "zh")] == [
        "Own · somewhat odd",
        "Mia · 英文、女声",
    ]
    assert [choice.value for choice in suggest_voices(told, "活泼", Preference(), "zh")] == ["Mia"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [("robot voice", ["robot voice"]), ("a robot", ["a robot"]), ("Happy, toy voice", ["Happy, toy voice"]),
     ("WHISPER", ["Whisper"]), ("whisper softly", ["whisper softly"]), ("young", ["Young boy", "young"]),
     ("hapy", ["Happy", "hapy"]), ("old", ["old", "Elderly"]), ("机器人", ["机器人"])],
)  # fmt: skip
def test_the_typed_style_is_suggested_before_all_that_is_merely_like_it(typed: str, first: list[str]) -> None:
    assert [choice.value for choice in suggest_styles(typed, "en", Preference())][: len(first)] == first


async def test_the_typed_voice_is_suggested_first_and_those_of_the_reader_s_language_before_others(
    mimo_house: House,
) -> None:
    voices = mimo_house.speech.voices()
    english = [choice.name for choice in suggest_voices(voices, "", Preference(), "en")]
    chinese = [choice.name for choice in suggest_voices(voices, "", Preference(), "zh")]
    assert english[:5] == [
        "Mia · English, female", "Chloe · English, female", "Milo · English, male", "Dean · English, male",
        "en · English, male · built-in",
    ]  # fmt: skip
    assert chinese[0] == "冰糖 · 中文、女声"
    assert chinese.index("zh · 中文、男声 · 内置") < chinese.index("Mia · 英文、女声")
    own = Preference(favourite_voices=("en-f", "Mia"))
    assert [choice.value for choice in suggest_voices(voices, "en", own)][:2] == ["en", "en-f"]
    assert suggest_voices(voices, "custom-7", own, more=True)[0].value == "custom-7"
    assert suggest_voices(voices, "qqqqqq", own) == []


def test_many_voices_are_suggested_in_part() -> None:
    choir = [VoiceInfo(f"Voice{number}", "en", "x" * 200) for number in range(40)]
    choices = [choice.to_dict() for choice in suggest_voices(choir, "", Preference())]
    check_choices(choices)
    assert len(choices) == 25
    assert suggest_voices(choir, "E39", Preference())[0].value == "Voice39"
