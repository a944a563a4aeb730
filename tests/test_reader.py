"""Whether a message is read and what is said of it, on the real store: each gate, each setting, names, dictionaries."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot import texts
from bot.errors import InputError
from bot.model import Account, Lane, Space
from bot.normalization.message import ChatMessage
from bot.platforms.reading.judge import PreparedReadings, Reader, ReadingKey
from bot.platforms.reading.messages import Heard, NameMemory, Readable, Unread
from bot.store.accounts import BlockedAccounts
from bot.store.dictionary import Entry
from bot.store.settings import ReadingSettings
from tests.conftest import BuildHouse, House

SAM = Account("discord", "1")
ANN = Account("discord", "2")
GUILD = Space("discord", "9")


def heard(text: str = "hello there", *, message: ChatMessage | None = None, **more: Any) -> Heard:
    shown = message or ChatMessage(text, author="Sam")
    return replace(Heard(shown, "77", "discord:message:77", SAM, GUILD, "5"), **more)


async def read(reader: Reader, what: Heard) -> Readable:
    judged = await reader.judge(what)
    assert isinstance(judged, Readable), judged
    return judged


def aloud(reader: Reader, *items: Readable, **how: Any) -> list[str]:
    return [utterance.text for utterance in reader.compose(items, NameMemory(lambda: 0.0), **how)]


async def test_a_plain_message_passes(house: House) -> None:
    readable = await read(house.services.reader, heard())
    assert (readable.utterance.text, readable.utterance.lane, readable.name) == ("hello there", Lane.CALL, "Sam")
    assert (readable.utterance.account, readable.utterance.space, readable.utterance.key) == (
        SAM, GUILD, "discord:message:77",
    )  # fmt: skip
    assert aloud(house.services.reader, readable) == ["Sam says: hello there"]


LONG = "the quick brown fox jumps over a lazy dog and then goes home to sleep, " * 4
GATES: dict[str, tuple[dict[str, Any], Heard]] = {
    "webhook": ({}, heard(is_bot=True, is_webhook=True)),
    "bot": ({}, heard(is_bot=True)),
    "ignored": ({"ignored": [SAM.scope]}, heard()),
    "role": ({"required_roles": ["role:discord:7"]}, heard(roles=("role:discord:8",))),
    "muted": ({}, heard(muted=True)),
    "not_in_call": ({}, heard(in_call=False)),
    "prefix": ({"skip_prefix": "!"}, heard(" !play music")),
    "silent": ({}, heard(message=ChatMessage("psst", silent=True))),
    "quiet_hours": ({"quiet_from": 23 * 60, "quiet_until": 13 * 60}, heard()),
    "empty": ({}, heard("...")),
}


@pytest.mark.parametrize("gate", sorted(GATES))
async def test_each_gate_stops_a_message_and_says_why(house: House, gate: str) -> None:
    changes, what = GATES[gate]
    reader = noon(house)
    await reader.readings.set(GUILD, **changes)
    unread = await reader.judge(what)
    assert isinstance(unread, Unread)
    assert unread.code == f"unread.{gate}"
    for language in ("en", "zh"):
        sentence = texts.say(unread.code, language, **dict(unread.facts))
        assert sentence != unread.code
        assert "…" not in sentence
    assert (await reader.explain(what)).unread == unread


OPEN: dict[str, tuple[dict[str, Any], Heard]] = {
    "webhook": ({"webhooks": True}, GATES["webhook"][1]),
    "bot": ({"bots": True}, GATES["bot"][1]),
    "role": ({"required_roles": ["role:discord:7"]}, heard(roles=("role:discord:7",))),
    "not_in_call": ({"in_call_only": False}, GATES["not_in_call"][1]),
    "prefix": ({"skip_prefix": "?"}, GATES["prefix"][1]),
    "silent": ({"read_silent": True}, GATES["silent"][1]),
    "quiet_hours": ({"quiet_from": 13 * 60, "quiet_until": 23 * 60}, heard()),
}


@pytest.mark.parametrize("gate", sorted(OPEN))
async def test_each_gate_opens(house: House, gate: str) -> None:
    changes, what = OPEN[gate]
    reader = noon(house)
    await reader.readings.set(GUILD, **changes)
    await read(reader, what)


def noon(house: House) -> Reader:
    """The house's reader, at twelve o'clock UTC."""
    core = house.core
    return Reader(
        house.services.requests, core.policy, readings=core.readings, dictionaries=core.dictionaries,
        bindings=core.bindings,
        markers=core.markers, language="en", now=lambda: datetime(2026, 11, 21, 12, tzinfo=UTC),
    )  # fmt: skip


async def test_quiet_hours_are_those_of_the_place(house: House) -> None:
    reader = noon(house)
    await reader.readings.set(GUILD, quiet_from=20 * 60 + 1, quiet_until=22 * 60, timezone="Asia/Shanghai")
    await read(reader, heard())
    await reader.readings.set(GUILD, quiet_from=19 * 60 + 59)
    assert await reader.judge(heard()) == Unread("unread.quiet_hours", (("since", "19:59"), ("until", "22:00")))


async def test_a_blocked_role_counts_whatever_else_is_held(house: House) -> None:
    await house.core.readings.set(GUILD, required_roles=["role:discord:7"], blocked_roles=["role:discord:8"])
    judged = await house.services.reader.judge(heard(roles=("role:discord:7", "role:discord:8")))
    assert judged == Unread("unread.role")


async def test_who_opted_out_is_never_read(house: House) -> None:
    await house.core.preferences.set(SAM, opted_out=True)
    assert await house.services.reader.judge(heard()) == Unread("unread.opted_out")


async def test_what_the_guard_refuses_is_told_as_a_gate(house: House) -> None:
    reader = house.services.reader
    await house.core.spaces.set(GUILD, channels=["6"])
    assert await reader.judge(heard()) == Unread("unread.channel")
    await house.core.spaces.set(GUILD, channels=[], allowed_roles=["role:discord:3"])
    assert await reader.judge(heard()) == Unread("unread.role")
    await house.core.spaces.set(GUILD, allowed_roles=[])
    await read(reader, heard())


async def test_an_account_that_the_host_blocked_is_not_read(house: House) -> None:
    await BlockedAccounts(house.core.database).block(SAM)
    assert await house.services.reader.judge(heard()) == Unread("unread.blocked_account")
    await read(house.services.reader, heard(account=ANN))


@pytest.mark.parametrize(("word", "text"), [("🍆", "have an 🍆"), ("(╯°□°）╯", "well (╯°□°）╯")])
async def test_a_blocked_sign_is_not_read_by_its_name(house: House, word: str, text: str) -> None:
    reader = house.services.reader
    assert "party" in (await read(reader, heard("have a 🎉"))).utterance.text
    await house.core.spaces.set(GUILD, blocked_words=[word])
    assert await reader.judge(heard(text)) == Unread("unread.word")
    assert (await reader.explain(heard(text))).unread == Unread("unread.word")
    await read(reader, heard("have a 🎉"))


async def test_what_only_the_guard_would_find_is_told_beforehand(house: House) -> None:
    """The policy looks through accents that reading keeps; what it would refuse is not offered to it."""
    await house.core.spaces.set(GUILD, blocked_words=["darn"])
    found = [text for text in ("d\u00adarn", "ＤＡＲＮ", "daarn", "d a r n") if await _would_be_refused(house, text)]
    assert found == []


async def _would_be_refused(house: House, text: str) -> bool:
    judged = await house.services.reader.judge(heard(text))
    if isinstance(judged, Unread):
        return judged.code != "unread.word"
    try:
        await house.core.policy.check(judged.utterance, judged.utterance.text)
    except InputError:
        return True
    return False


async def test_a_blocked_word_is_bleeped(house: House) -> None:
    await house.core.spaces.set(GUILD, blocked_words=["darn"])
    readable = await read(house.services.reader, heard("well darn it"))
    assert "darn" not in readable.utterance.text
    assert readable.utterance.text.startswith("well")


async def test_a_priority_role_has_priority(house: House) -> None:
    await house.core.readings.set(GUILD, priority_roles=["role:discord:7"])
    assert (await read(house.services.reader, heard(roles=("role:discord:7",)))).priority
    assert not (await read(house.services.reader, heard())).priority


async def test_a_person_s_own_voice_goes_before_the_channel_s_and_that_before_the_place_s(house: House) -> None:
    reader = house.services.reader
    await house.core.spaces.set(GUILD, default_voice="Mia", default_style="Sad")
    assert (await read(reader, heard())).utterance.voice.id == "Mia"
    bound = heard(voice="Dean", style="Happy")
    assert ((await read(reader, bound)).utterance.voice.id, (await read(reader, bound)).utterance.styles) == (
        "Dean", ("Happy",),
    )  # fmt: skip
    await house.core.preferences.set(SAM, voice="Chloe", style="Whisper")
    own = (await read(reader, bound)).utterance
    assert (own.voice.id, own.styles) == ("Chloe", ("Whisper",))


@pytest.mark.parametrize(
    ("setting", "text", "on", "off"),
    [
        ("skip_emoji", "nice 🎉", "nice", "nice, party"),
        ("expand_slang", "btw yes", "by the way yes", "btw yes"),
        ("laugh", "good one 😂", "good one [laughs]", None),
        ("emphasis", "this is GREAT", "this is [stressed] great", None),
        ("actions", "*sighs* fine", "[sighs] fine", None),
        ("whisper", "so ||he dies|| yes", None, "so spoiler yes"),
    ],
)
async def test_each_way_of_writing_is_switchable(
    house: House, setting: str, text: str, on: str | None, off: str | None
) -> None:
    said = {}
    for value in (True, False):
        change: Any = {setting: value}
        await house.core.readings.set(GUILD, **change)
        said[value] = (await read(house.services.reader, heard(text))).utterance.text
    assert said[True] != said[False]
    for value, expected in ((True, on), (False, off)):
        if expected is not None and setting in {"skip_emoji", "expand_slang"}:
            assert said[value] == expected
    if setting not in {"skip_emoji", "expand_slang"}:
        assert "[" in said[True]
        assert "[" not in said[False]


async def test_a_name_is_said_by_the_template_by_the_nickname_or_not_at_all(house: House) -> None:
    reader = house.services.reader
    await house.core.readings.set(GUILD, name_template="{name} reckons")
    assert aloud(reader, await read(reader, heard())) == ["Sam reckons: hello there"]
    await house.core.preferences.set(SAM, nickname="Captain Samuel")
    assert aloud(reader, await read(reader, heard())) == ["Captain Samuel reckons: hello there"]
    await house.core.readings.set(GUILD, names=False)
    assert aloud(reader, await read(reader, heard())) == ["hello there"]


@pytest.mark.parametrize(
    ("name", "text", "said"), [("🔥🔥", "hi you", "someone says: "), ("░▒▓", "你好", "某人说："), ("", "hi", "someone")]
)
async def test_a_name_that_cannot_be_said_is_someone(house: House, name: str, text: str, said: str) -> None:
    reader = house.services.reader
    (spoken,) = aloud(reader, await read(reader, heard(message=ChatMessage(text, author=name))))
    assert spoken.startswith(said)


@pytest.mark.parametrize(
    ("name", "said"), [("8839201938", "someone"), ("s̶a̶m", "sam"), ("प्रिया", "प्रिया"), ("1337", "1337")]
)
async def test_a_name_of_signs_and_digits_is_made_sayable(house: House, name: str, said: str) -> None:
    reader = house.services.reader
    assert aloud(reader, await read(reader, heard(message=ChatMessage("hi", author=name)))) == [f"{said} says: hi"]


async def test_who_is_mentioned_is_called_as_they_wish(house: House) -> None:
    reader = house.services.reader
    message = ChatMessage("<@2> and <@3> look", author="Sam", users={"2": "annie_99", "3": "Bo"})
    assert (await read(reader, heard(message=message))).utterance.text == "annie 99 and Bo look"
    await house.core.preferences.set(ANN, nickname="Doctor Ann")
    item = await read(reader, heard(message=message))
    assert aloud(reader, item) == ["Sam says: Doctor Ann and Bo look"]


async def test_who_is_answered_is_called_as_they_wish(house: House) -> None:
    reader = house.services.reader
    answer = heard(message=ChatMessage("me too", author="Sam", reply_to="annie_99"), answered=ANN)
    assert aloud(reader, await read(reader, answer)) == ["Sam to annie 99: me too"]
    await house.core.preferences.set(ANN, nickname="Lady A")
    assert aloud(reader, await read(reader, answer)) == ["Sam to Lady A: me too"]
    assert (await reader.explain(answer)).text == "Sam to Lady A: me too"
    plain = heard(message=ChatMessage("me too", author="Sam"), answered=ANN)
    assert aloud(reader, await read(reader, plain)) == ["Sam says: me too"], "nothing shows that it is an answer"


async def test_how_fast_somebody_speaks_is_remembered(house: House) -> None:
    assert (await read(house.services.reader, heard())).utterance.speed == ""
    await house.core.preferences.set(SAM, speed="fast")
    assert (await read(house.services.reader, heard())).utterance.speed == "fast"


async def test_a_burst_names_its_author_once(house: House) -> None:
    reader = house.services.reader
    items = [await read(reader, heard(text, id=text, key=text)) for text in ("so", "about lunch")]
    utterances = reader.compose(items, NameMemory(lambda: 0.0))
    assert [utterance.text for utterance in utterances] == ["Sam says: so", "about lunch"]
    assert [utterance.key for utterance in utterances] == ["so", "about lunch"]


@pytest.mark.parametrize(("text", "more"), [("hello", "and 4 more from Sam"), ("你好呀", "Sam另有 4 条")])
async def test_those_left_out_are_counted_aloud(house: House, text: str, more: str) -> None:
    reader = house.services.reader
    (spoken,) = aloud(reader, await read(reader, heard(text)), left_out=4)
    assert spoken.endswith("\n" + more)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("[laughs] Sam (whisper)", "and 2 more from laughs Sam whisper"),
        ("<style>Sam</style>", "and 2 more from style Sam style"),
        ("✨", "and 2 more"),
        ("darn", "and 2 more"),
    ],
)
async def test_a_name_cannot_smuggle_anything_into_the_count(house: House, name: str, more: str) -> None:
    await house.core.spaces.set(GUILD, blocked_words=["darn"])
    reader = house.services.reader
    (spoken,) = aloud(reader, await read(reader, heard(message=ChatMessage("hi", author=name))), left_out=2)
    assert spoken.splitlines()[1] == more
    await house.core.policy.check(replace((await read(reader, heard())).utterance, text=spoken), spoken)


async def test_who_is_behind_reads_less_and_says_so(house: House) -> None:
    reader = house.services.reader
    item = await read(reader, heard(LONG))
    (whole,), (short,) = aloud(reader, item), aloud(reader, item, shorter=True)
    assert len(short) <= 150 < len(whole)
    assert short.split()[:4] == whole.split()[:4]


async def test_the_longest_reading_is_the_channel_s_or_the_place_s(house: House) -> None:
    reader = house.services.reader
    await house.core.readings.set(GUILD, max_characters=100)
    assert len((await read(reader, heard(LONG * 2))).utterance.text) <= 100
    assert len((await read(reader, heard(LONG * 2, max_characters=40))).utterance.text) <= 40


async def test_dictionaries_of_a_place_and_of_a_person(house: House) -> None:
    reader, dictionaries = house.services.reader, house.core.dictionaries
    await dictionaries.replace(GUILD, [Entry("gg", "good game"), Entry("mp", "mouthpiece")])
    await dictionaries.replace(SAM, [Entry("GG", "golly gosh")])
    assert (await read(reader, heard("gg mp"))).utterance.text == "golly gosh mouthpiece"
    other = heard("gg mp", account=Account("discord", "2"))
    assert (await read(reader, other)).utterance.text == "good game mouthpiece"
    await dictionaries.put(GUILD, Entry("mp", "the bot"))
    assert (await read(reader, other)).utterance.text == "good game the bot"


async def test_patterns_of_a_place_are_read_by_and_a_person_s_word_goes_before(house: House) -> None:
    reader, dictionaries = house.services.reader, house.core.dictionaries
    await dictionaries.put(GUILD, Entry(r"ep(\d+)", r"episode \1", pattern=True))
    assert (await read(reader, heard("ep7 now"))).utterance.text == "episode 7 now"
    await dictionaries.put(SAM, Entry("now", "this minute"))
    assert (await read(reader, heard("ep7 now"))).utterance.text == "episode 7 this minute"


async def test_a_full_dictionary_is_prepared_off_the_loop_and_once(house: House) -> None:
    await house.core.dictionaries.replace(GUILD, [Entry(f"word{number}", f"number {number}") for number in range(500)])
    reader = house.services.reader
    first, second = await asyncio.gather(read(reader, heard("word499")), read(reader, heard("hm word7")))
    assert (first.utterance.text, second.utterance.text) == ("number 499", "hm number 7")
    assert first.reading is second.reading
    assert "says" in first.reading.__dict__
    short = reader.compose([first], NameMemory(lambda: 0.0), shorter=True)
    assert short[0].text == "Sam says: number 499"


async def test_what_is_kept_prepared_is_bounded() -> None:
    kept = PreparedReadings(most=3, most_entries=50)
    entries = tuple(Entry(f"w{number}", "x") for number in range(20))
    manners = [ReadingKey(ReadingSettings(max_characters=100 + n), (), entries, "en", 100) for n in range(3)]
    first = await kept.get(manners[0])
    assert await kept.get(manners[0]) is first
    await kept.get(manners[1])
    await kept.get(manners[0])
    await kept.get(manners[2])
    assert len(kept) == 2
    assert await kept.get(manners[0]) is first
    for number in range(10):
        await kept.get(ReadingKey(ReadingSettings(), (), (), "en", number))
    assert len(kept) == 3
    await kept.get(ReadingKey(ReadingSettings(), (), tuple(Entry(f"w{number}", "x") for number in range(60)), "en", 1))
    assert len(kept) == 0


@pytest.mark.parametrize(
    ("text", "own", "place", "word"),
    [
        ("https://example.com/x", "", "zh", "链接"),
        ("https://example.com/x", "en", "zh", "link"),
        ("你好 https://example.com/x", "en", "en", "链接"),
        ("hello https://example.com/x", "zh", "zh", "link"),
    ],
)
async def test_signs_are_named_in_the_language_of_the_text(
    house: House, text: str, own: str, place: str, word: str
) -> None:
    await house.core.readings.set(GUILD, language=place)
    await house.core.preferences.set(SAM, spoken_language=own)
    assert word in (await read(house.services.reader, heard(text))).utterance.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yyds", "永远的神"),
        ("awsl xswl", "啊我死了 笑死我了"),
        ("hhhh", "哈哈哈"),
        ("3k", "3千"),
        ("btw ok", "by the way ok"),
        ("orz", "跪了"),
        ("QAQ", "大哭"),
        ("@sam_green_87 lol", "sam green 87 哈哈"),
        ("www.bilibili.com/video/1 yyds", "一个哔哩哔哩链接 永远的神"),
        ("gg <@1>", "打得不错 某人"),
        ("nice 👍", "nice，赞"),
        ("спасибо 🔥", "спасибо，火"),
        ("btw that is it", "by the way that is it"),
        ("hello 🔥", "hello, fire"),
        ("I like it 👍", "I like it, thumbs up"),
        ("nobody ever scored 3k before", "nobody ever scored 3 thousand before"),
        ("btw 这个好", "顺便说一句 这个好"),
    ],
)
async def test_what_is_too_short_to_tell_is_read_in_the_language_of_the_place(
    house: House, text: str, said: str
) -> None:
    reader = house.services.reader
    await house.core.readings.set(GUILD, language="zh")
    assert (await read(reader, heard(text))).utterance.text == said
    await house.core.preferences.set(SAM, spoken_language="en")
    own = (await read(reader, heard("btw ok"))).utterance.text
    assert own == "by the way ok", "a person's own language goes before the place's"


async def test_what_would_be_said_is_explained_with_its_rules(house: House) -> None:
    explained = await house.services.reader.explain(heard("btw look: https://youtu.be/x"))
    assert explained.text.startswith("Sam says: by the way look")
    assert {"slang", "link", "name"} <= {each.rule for each in explained.rules}
    assert explained.unread is None


async def test_settings_survive_a_restart(build_house: BuildHouse) -> None:
    sections: dict[str, Any] = {"speech": {"providers": ["espeak"]}}
    first = await build_house(**sections)
    await first.core.readings.set(GUILD, names=False)
    await first.core.dictionaries.put(GUILD, Entry("gg", "good game"))
    second = await build_house(**sections)
    assert aloud(second.services.reader, await read(second.services.reader, heard("gg"))) == ["good game"]
