"""The shared requests that both front ends share: defaults, kept words, another take, the language to answer in."""

import asyncio
from dataclasses import replace

import pytest

from bot.errors import InputError
from bot.model import Account, Space, Utterance, Voice
from bot.platforms.requests import Presses
from bot.speech.limits import Waiting
from bot.speech.sink import Recording
from tests.conftest import House
from tests.fakes.mimo_server import MimoServer

SAM = Account("telegram", "1")
VILLAGE = Space("telegram", "-5")
WISH = Utterance("Hello there.", "k", account=SAM, space=VILLAGE)


async def test_the_person_s_own_comes_before_the_place_s_and_a_named_one_before_both(mimo_house: House) -> None:
    requests = mimo_house.services.requests
    assert await requests.with_defaults(WISH) == WISH
    await requests.spaces.set(VILLAGE, default_voice="Dean", default_style="Sad")
    filled = await requests.with_defaults(WISH)
    assert (filled.voice, filled.styles) == (Voice(id="Dean"), ("Sad",))
    await requests.preferences.set(SAM, voice="Mia", style="Happy")
    filled = await requests.with_defaults(WISH)
    assert (filled.voice, filled.styles) == (Voice(id="Mia"), ("Happy",))
    named = replace(WISH, voice=Voice(id="Chloe"), styles=("Whisper",))
    assert await requests.with_defaults(named) == named


async def test_speaking_leaves_words_for_the_buttons_and_recents(mimo_house: House, mimo: MimoServer) -> None:
    requests = mimo_house.services.requests
    answer = await requests.speak(replace(WISH, voice=Voice(id="Mia"), styles=("Whisper",)), Recording(), Waiting())
    assert answer.balance is not None
    assert answer.balance.used == answer.receipt.charged == len("Hello there.")
    assert (await requests.preferences.get(SAM)).recent_voices[0] == "Mia"
    again = await requests.again(answer.token, "k2", SAM)
    assert (again.text, again.styles, again.voice) == ("Hello there.", ("Whisper",), Voice(id="Mia"))
    assert again.take > 0
    other = await requests.again(answer.token, "k3", SAM, styles=("Happy",))
    assert (other.take, other.styles) == (0, ("Happy",))
    spoken = await requests.speak(other, Recording())
    assert mimo.calls[-1]["messages"][-1]["content"] == "(Happy)Hello there."
    assert spoken.balance is not None
    assert spoken.balance.used == 2 * len("Hello there.")


async def test_words_that_are_gone_are_gone(mimo_house: House) -> None:
    with pytest.raises(InputError, match=r"words\.gone"):
        await mimo_house.services.requests.again("abcdefghijkl", "k", SAM)
    with pytest.raises(InputError, match=r"words\.gone"):
        await mimo_house.services.requests.again("'; drop table words", "k", SAM)


async def test_the_language_to_answer_in(mimo_house: House) -> None:
    requests = mimo_house.services.requests
    assert await requests.language(SAM, VILLAGE, None, "en") == "en"
    await requests.spaces.set(VILLAGE, language="zh")
    assert await requests.language(SAM, VILLAGE, None, "en") == "zh"
    assert await requests.language(SAM, VILLAGE, "en-GB", "zh") == "en"
    await requests.preferences.set(SAM, language="zh")
    assert await requests.language(SAM, VILLAGE, "en-GB", "en") == "zh"


def test_one_press_at_a_time_for_each_account_and_each_thing() -> None:
    presses = Presses()
    with presses.alone(SAM, "token", "again"):
        with pytest.raises(InputError, match=r"press\.under_way"), presses.alone(SAM, "token", "again"):
            pytest.fail("the second press went ahead")
        with (
            presses.alone(replace(SAM, id="2"), "token", "again"),
            presses.alone(SAM, "other", "again"),
            presses.alone(SAM, "token", "style", "Sad"),
        ):
            pass
        with pytest.raises(InputError, match=r"press\.under_way"), presses.alone(SAM, "token", "again"):
            pytest.fail("a press that was refused freed the one under way")
    with pytest.raises(asyncio.CancelledError), presses.alone(SAM, "token", "again"):
        raise asyncio.CancelledError
    with presses.alone(SAM, "token", "again"):
        pass
