"""The same stories on both front ends, from one table: what a person does, what is told, what is charged.

What is heard.

The sound that was delivered is decoded and held against what the speech service's stand-in said.
"""

from collections.abc import Awaitable, Callable

import pytest

from bot import texts
from tests.fakes.mimo_answers import Fault
from tests.fakes.mimo_rules import DESIGN, FRAME
from tests.fakes.openai_speech_server import OpenAISpeechServer
from tests.fakes.tones import RATE, pitch
from tests.story_doors import opened
from tests.story_town import Town, sounds_like

TEXT = "Good evening, everybody, and welcome."
TEXTS = {"en": TEXT, "zh": "大家晚上好，欢迎你们来到这里。"}
MORE = {"en": "And once more, please.", "zh": "请再说一遍。"}
LIMIT = 5000

pytest_plugins = ["tests.story_fixtures"]


async def say(town: Town) -> None:
    text = TEXTS[town.front_end.language]
    house = await town.house()
    async with opened(town.front_end, house.services):
        await town.front_end.say(text, voice="Mia")
        (sound,) = await town.front_end.sounds(1)
    (job,) = town.said()
    sounds_like(sound, job)
    assert job.text == text
    assert await town.used(house) == len(text)


async def reply(town: Town) -> None:
    house = await town.house()
    async with opened(town.front_end, house.services):
        await town.front_end.reply(TEXT)
        (sound,) = await town.front_end.sounds(1)
    sounds_like(sound, *town.said())
    assert (await town.used(house), await town.used(house, other=True)) == (len(TEXT), 0)  # whoever asked pays


async def change_of_style(town: Town) -> None:
    house = await town.house()
    async with opened(town.front_end, house.services):
        await town.front_end.say(TEXT, voice="Dean")
        await town.front_end.sounds(1)
        await town.front_end.restyle("Whisper")
        first, second = await town.front_end.sounds(2)
    plain, styled = town.said()
    sounds_like(first, plain)
    sounds_like(second, styled)
    assert plain.hertz == styled.hertz
    assert styled.text != plain.text
    assert styled.text.endswith(TEXT)
    assert await town.used(house) == 2 * len(TEXT)


async def long_text(town: Town) -> None:
    house = await town.house()
    sentence = "This sentence is one of very many, and all of them are said. "
    async with opened(town.front_end, house.services):
        await town.front_end.say(sentence * 40, voice="Mia")
        (sound,) = await town.front_end.sounds(1)
    jobs = town.said()
    assert len(jobs) == 2  # the service takes 2000 characters at once
    assert " ".join(job.text for job in jobs).split() == (sentence * 40).split()
    seconds = sum(job.frames for job in jobs) * FRAME / RATE
    assert seconds - 0.021 <= sound.seconds <= seconds + 0.5, "both, with a breath in between"
    assert pitch(sound.pcm, sound.rate) == pytest.approx(jobs[0].hertz, rel=0.02)
    assert await town.used(house) == len(sentence * 40) - 1


async def quota_used_up(town: Town) -> None:
    text, more = TEXTS[town.front_end.language], MORE[town.front_end.language]
    limit = len(text) + 5
    house = await town.house(quota={"account_characters_per_day": limit})
    async with opened(town.front_end, house.services):
        await town.front_end.say(text)
        await town.front_end.sounds(1)
        refused = await town.front_end.say(more)
        midnight = town.front_end.clock((await house.speech.balance(town.front_end.account())).resets)
        if town.front_end.language == "zh":
            told = f"这次需要 {len(more)} 个字符，你今天还剩 5 个（共 {limit}）。重置时间："
        else:
            told = f"This takes {len(more)} characters, but you have 5 of {limit} left today. Your quota resets at "
        await town.front_end.told(refused, told + midnight)
        other = await town.front_end.say("I have my own.", other=True)
        await town.front_end.sounds(2)
        assert other.other
    assert len(town.mimo.calls) == 2
    assert await town.used(house) == len(text)


async def blocked_word(town: Town) -> None:
    text, word = TEXTS[town.front_end.language], {"en": "everybody", "zh": "大家"}[town.front_end.language]
    house = await town.house()
    await house.core.spaces.set(town.front_end.space(), blocked_words=[word])
    async with opened(town.front_end, house.services):
        refused = await town.front_end.say(text, among_others=True)
        sentence = {
            "en": "This contains a word that is blocked here.",
            "zh": "其中含有这里屏蔽的词。",
        }
        await town.front_end.told(refused, sentence[town.front_end.language])
    assert (town.mimo.calls, town.front_end.delivered(), await town.used(house)) == ([], 0, 0)


async def unknown_voice(town: Town) -> None:
    house = await town.house()
    async with opened(town.front_end, house.services):
        refused = await town.front_end.say(TEXTS[town.front_end.language], voice="Nobody")
        sentence = {"en": "No voice called Nobody.", "zh": "没有名为 Nobody 的声音。"}
        await town.front_end.told(refused, sentence[town.front_end.language])
    assert (town.front_end.delivered(), await town.used(house)) == (0, 0)


async def described_voice(town: Town) -> None:
    text, pirate = TEXTS[town.front_end.language], "A gruff old pirate with a cold."
    house = await town.house()
    async with opened(town.front_end, house.services):
        await town.front_end.say(text, design=pirate)
        await town.front_end.sounds(1)
        await town.front_end.restyle("Whisper")
        for sound, job in zip(await town.front_end.sounds(2), town.said(), strict=True):
            sounds_like(sound, job)
            assert (job.model, job.text) == (DESIGN, text)
            assert job.user.startswith(pirate)
    assert "whisper" in town.said()[1].user.casefold()
    assert await town.used(house) == 2 * len(text)


async def nobody_can_make_a_voice(town: Town) -> None:
    house = await town.house(speech={"providers": ["espeak"]})
    async with opened(town.front_end, house.services):
        refused = await town.front_end.say(TEXTS[town.front_end.language], design="A gruff old pirate.")
        await town.front_end.told(
            refused, {"en": "espeak does not support this (", "zh": "espeak 不支持这个功能（"}[town.front_end.language]
        )
    assert town.front_end.delivered() == 0


async def sing(town: Town) -> None:
    text = TEXTS[town.front_end.language]
    house = await town.house()
    async with opened(town.front_end, house.services):
        await town.front_end.sing(text)
        (sound,) = await town.front_end.sounds(1)
    (job,) = town.said()
    sounds_like(sound, job)
    assert job.text == {"en": f"(sing){text}", "zh": f"(唱歌){text}"}[town.front_end.language]
    assert await town.used(house) == len(text)


async def nobody_else_hears(town: Town) -> None:
    text = TEXTS[town.front_end.language]
    house = await town.house()
    async with opened(town.front_end, house.services):
        sound = await town.front_end.alone(text)
    sounds_like(sound, *town.said())
    assert await town.used(house) == len(text)


async def refund_on_failure(town: Town) -> None:
    house = await town.house()
    town.mimo.moderated.add("evening")
    async with opened(town.front_end, house.services):
        refused = await town.front_end.say(TEXT)
        await town.front_end.told(refused, "mimo")
    assert town.front_end.delivered() == 0
    assert await town.used(house) == 0
    assert (await house.speech.balance(town.front_end.account())).left == LIMIT


async def backup_voice_is_named(town: Town) -> None:
    async with OpenAISpeechServer() as backup:
        providers = {
            "mimo": {"base_url": town.mimo.base_url, "api_key": "sk-test"},
            "spare": {"type": "openai-speech", "base_url": backup.base_url, "api_key": backup.key},
        }
        house = await town.house(providers=providers, speech={"providers": ["mimo", "spare"]})
        town.mimo.faults.append(Fault("402", times=9))
        async with opened(town.front_end, house.services):
            request = await town.front_end.say(TEXT)
            (sound,) = await town.front_end.sounds(1)
            await town.front_end.told(request, "spare spoke this, because mimo could not")
        assert sound.level > 0.05
        assert len(backup.requests) == 1
    assert await town.used(house) == len(TEXT)


async def cancel(town: Town) -> None:
    house = await town.house()
    gate = town.mimo.hold_after(1)
    async with opened(town.front_end, house.services):
        first = await town.front_end.say(TEXT, other=True)
        await gate.reached.wait()
        waiting = await town.front_end.say("Never mind.")
        await town.front_end.cancel(waiting)
        gate.set()
        await town.front_end.sounds(1)
        assert first.other
    assert len(town.mimo.calls) == 1
    assert town.front_end.delivered() == 1
    assert (await town.used(house), await town.used(house, other=True)) == (0, len(TEXT))


async def two_at_once(town: Town) -> None:
    mimo = {"base_url": town.mimo.base_url, "api_key": "sk-test", "max_concurrency": 2}
    house = await town.house(providers={"mimo": mimo})
    gate = town.mimo.hold_after(1)
    async with opened(town.front_end, house.services):
        await town.front_end.say(TEXT, voice="Mia")
        await gate.reached.wait()
        await town.front_end.say(TEXT, voice="Mia", other=True)  # the same: one call does for both
        await town.front_end.say("Something else entirely, my friend.", voice="Dean", other=True)
        gate.set()
        sounds = await town.front_end.sounds(3)
    jobs = {job.hertz: job for job in town.said()}
    assert len(town.mimo.calls) == len(jobs) == 2
    for sound in sounds:
        sounds_like(sound, min(jobs.values(), key=lambda job: abs(job.hertz - pitch(sound.pcm, sound.rate))))
    shared = (await town.used(house), await town.used(house, other=True))
    assert sum(shared) == len(TEXT) + len("Something else entirely, my friend.")  # what came off the clip cache is free


async def delivered_twice(town: Town) -> None:
    house = await town.house()
    async with opened(town.front_end, house.services):
        request = await town.front_end.say(TEXT)
        await town.front_end.sounds(1)
        await town.front_end.redeliver(request)
        await town.front_end.say("Something else.", other=True)
        await town.front_end.sounds(2)
    assert town.front_end.delivered() == 2
    assert await town.used(house) == len(TEXT)


async def restart_in_the_middle(town: Town) -> None:
    first = await town.house()
    async with opened(town.front_end, first.services):
        await town.front_end.say(TEXT, voice="Mia")
        await town.front_end.sounds(1)
    gate = town.mimo.hold_after(1)
    async with opened(town.front_end, first.services) as platform:
        broken = await town.front_end.say("This will be broken off.")
        await gate.reached.wait()
        await platform.stop(0.0)
        await town.front_end.told(broken, "again")
    gate.set()
    assert await town.used(first) == len(TEXT)
    second = await town.house()
    async with opened(town.front_end, second.services):
        await town.front_end.say("This will be broken off.")
        await town.front_end.sounds(2)
        await town.front_end.restyle("Happy")  # a button of before the restart
        sounds = await town.front_end.sounds(3)
    assert town.front_end.delivered() == 3
    sounds_like(sounds[2], town.said()[-1])
    assert await town.used(second) == 2 * len(TEXT) + len("This will be broken off.")


async def group_s_share(town: Town) -> None:
    house = await town.house(quota={"space_characters_per_day": len(TEXT)})
    async with opened(town.front_end, house.services):
        await town.front_end.reply(TEXT)
        await town.front_end.sounds(1)
        again = await town.front_end.reply("The others have nothing left.")
        await town.front_end.told(again, f"0 of {len(TEXT)} left today")


async def quota_is_shown(town: Town) -> None:
    limits = {"account_characters_per_day": 2 * len(TEXT), "space_characters_per_day": 4 * len(TEXT)}
    house = await town.house(quota=limits)
    async with opened(town.front_end, house.services):
        await town.front_end.reply(TEXT)
        await town.front_end.sounds(1)
        own, own_bar, own_words, place, place_bar, place_words = (await town.front_end.quota()).splitlines()
    assert (own, place) == (texts.say("share.paid", "en"), texts.say("share.place", "en"))
    assert (own_bar.count("▰"), place_bar.count("▰"), len(own_bar), len(place_bar)) == (6, 3, 12, 12)
    for words, limit in ((own_words, 2), (place_words, 4)):
        facts = {"used": len(TEXT), "limit": limit * len(TEXT), "left": (limit - 1) * len(TEXT), "requests": 1}
        assert words.startswith(texts.say("share.line", "en", **facts, resets=""))


STORIES: tuple[Callable[[Town], Awaitable[None]], ...] = (
    say, sing, nobody_else_hears, blocked_word, unknown_voice, described_voice, nobody_can_make_a_voice,
    long_text, reply, change_of_style, quota_used_up,
    refund_on_failure, backup_voice_is_named, cancel,
    two_at_once, delivered_twice, restart_in_the_middle, group_s_share, quota_is_shown,
)  # fmt: skip

IN_BOTH_LANGUAGES = (say, sing, nobody_else_hears, quota_used_up, blocked_word, unknown_voice)


@pytest.mark.parametrize("story", IN_BOTH_LANGUAGES, ids=lambda story: story.__name__)
async def test_it_is_the_same_for_who_speaks_chinese(story: Callable[[Town], Awaitable[None]], town: Town) -> None:
    town.front_end.language = "zh"
    await story(town)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_the_same_story_on_both_doors(story: Callable[[Town], Awaitable[None]], town: Town) -> None:
    await story(town)
