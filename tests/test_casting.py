"""In a call each language of a message is said by a voice that speaks it; what is kept is kept for that cast alone."""

from dataclasses import replace

import pytest

from bot.audio.opus import decode
from bot.errors import InputError
from bot.model import Account, Lane, Space, Utterance, Voice, VoiceKind
from bot.providers.base import Provider, SpeechRequest
from bot.providers.builtin.espeak import _LANGUAGES, EspeakProvider
from bot.providers.mimo import MimoProvider, MimoSettings
from bot.providers.openai import OpenAISpeechProvider, OpenAISpeechSettings
from bot.speech.sink import Recording
from bot.speech.voices import cast
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_answers import Fault
from tests.fakes.mimo_server import MimoServer
from tests.live_sink import Listener

SAM = Account("discord", "1")
_LETTERS = {
    "zh": "你好", "ko": "안녕", "ru": "да", "el": "ναι", "ar": "نعم", "hi": "हाँ", "bn": "হ্যাঁ", "ta": "ஆம்", "te": "అవును",
    "kn": "ಹೌದು", "ml": "അതെ", "gu": "હા", "pa": "ਹਾਂ", "ka": "დიახ", "hy": "այո",
}  # fmt: skip
MIXED = "See you there, my friend. 你今天晚上有空一起打游戏吗? That would be really nice!"
GERMAN = "Ich habe heute leider keine Zeit für dich."


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.speech.fallback._FIRST_PAUSE", 0.001)


def utterance(text: str, key: str = "k", **more: object) -> Utterance:
    whole = Utterance(text, key, account=SAM, space=Space("discord", "9"), lane=Lane.CALL)
    return replace(whole, **more)  # type: ignore[arg-type]


def said(mimo: MimoServer) -> list[tuple[str, str]]:
    """Voice and text of each request."""
    return [(call["audio"]["voice"], call["messages"][-1]["content"]) for call in mimo.calls]


def providers() -> dict[str, Provider]:
    return {
        "mimo": MimoProvider("mimo", MimoSettings(api_key="sk-test")),
        "espeak": EspeakProvider("espeak"),
        "kokoro": OpenAISpeechProvider("kokoro", OpenAISpeechSettings()),
    }


@pytest.mark.parametrize(
    ("chain", "voice", "text", "roles"),
    [
        ("mimo espeak", "", "Hello there, my friend.", [("en", "", "")]),
        ("mimo espeak", "Dean", "Hello there, my friend.", [("en", "", "")]),
        ("mimo espeak", "Dean", "今天晚上我们去吃火锅吧", [("zh", "mimo", "苏打")]),
        ("mimo espeak", "Mia", "今天晚上我们去吃火锅吧", [("zh", "mimo", "冰糖")]),
        ("mimo espeak", "白桦", GERMAN, [("de", "espeak", "en")]),
        ("mimo espeak", "Chloe", GERMAN, [("de", "espeak", "en-f")]),
        ("mimo", "Mia", GERMAN, [("en", "", "")]),
        ("mimo espeak", "mimo_default", MIXED, [("", "", "")]),
        ("mimo espeak", "", MIXED, [("en", "", ""), ("zh", "", ""), ("en", "", "")]),
        ("mimo espeak", "Mia", MIXED, [("en", "", ""), ("zh", "mimo", "冰糖"), ("en", "", "")]),
        ("espeak mimo", "en-f", MIXED, [("en", "", ""), ("zh", "", ""), ("en", "", "")]),
        ("kokoro espeak", "", GERMAN, [("", "", "")]),
        ("mimo espeak", "Mia", "日本語を話します、ありがとう", [("ja", "", "")]),
    ],
)
async def test_who_says_which_part(chain: str, voice: str, text: str, roles: list[tuple[str, str, str]]) -> None:
    able = providers()
    found = await cast(text, utterance(text, voice=Voice(id=voice)), [able[name] for name in chain.split()], mixed=True)
    assert [(role.language, role.provider, role.voice.id) for role in found] == roles
    assert "".join(role.text for role in found) == text
    assert all(text.startswith(role.text, role.start) for role in found)


async def test_a_voice_of_ones_own_says_all_of_it() -> None:
    able = providers()
    wanted = utterance(MIXED, voice=Voice(VoiceKind.DESIGNED, description="An old sailor."))
    assert len(await cast(MIXED, wanted, [able["mimo"], able["espeak"]], mixed=True)) == 1


async def test_a_mixed_message_is_spoken_by_segments(mimo_house: House, mimo: MimoServer) -> None:
    listener = Listener()
    receipt = await mimo_house.speech.speak(utterance(MIXED, voice=Voice(id="Mia")), listener)
    assert said(mimo) == [
        ("Mia", "See you there, my friend."),
        ("冰糖", "你今天晚上有空一起打游戏吗?"),
        ("Mia", "That would be really nice!"),
    ]
    assert listener.packets == list(receipt.clip.packets)
    assert receipt.charged == len(MIXED)


async def test_it_is_switched_off_and_a_command_keeps_its_voice(mimo_house: House, mimo: MimoServer) -> None:
    await mimo_house.speech.speak(utterance(MIXED, "a", voice=Voice(id="Mia"), mixed=False), Recording())
    await mimo_house.speech.speak(utterance(MIXED, "b", voice=Voice(id="Mia"), lane=Lane.SAY, take=1), Recording())
    assert said(mimo) == [("Mia", MIXED), ("Mia", MIXED)]


async def test_the_host_switches_it_off(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}, speech={"mixed_languages": False}
    )
    await house.speech.speak(utterance(MIXED, voice=Voice(id="Mia")), Recording())
    assert said(mimo) == [("Mia", MIXED)]


async def test_a_language_of_the_built_in_engine_alone_costs_nothing(mimo_house: House, mimo: MimoServer) -> None:
    text = f"I really have to tell you this. {GERMAN}"
    receipt = await mimo_house.speech.speak(utterance(text, voice=Voice(id="Dean")), Listener())
    assert said(mimo) == [("Dean", "I really have to tell you this.")]
    paid = (await mimo_house.ledger.usage(SAM.scope)).characters
    free = (await mimo_house.ledger.usage(SAM.scope, "builtin")).characters
    assert (paid, free) == (len("I really have to tell you this."), len(GERMAN))
    assert receipt.charged == paid + free
    assert await mimo_house.ledger.audit() == []


async def test_a_mixed_clip_is_kept_for_its_cast_and_for_no_other(mimo_house: House, mimo: MimoServer) -> None:
    text = f"I really have to tell you this. {GERMAN}"
    first = await mimo_house.speech.speak(utterance(text, "a", voice=Voice(id="Dean")), Recording())
    again = await mimo_house.speech.speak(utterance(text, "b", voice=Voice(id="Dean")), Recording())
    assert (again.cached, again.clip, again.charged) == (True, first.clip, 0)
    other = await mimo_house.speech.speak(utterance(text, "c", voice=Voice(id="Milo")), Recording())
    whole = await mimo_house.speech.speak(utterance(text, "d", voice=Voice(id="Dean"), mixed=False), Recording())
    assert (other.cached, whole.cached) == (False, False)
    assert len({first.clip_key, other.clip_key, whole.clip_key}) == 3


async def test_when_the_service_is_down_nothing_is_kept_under_its_name(mimo_house: House, mimo: MimoServer) -> None:
    mimo.faults.append(Fault("500", times=3))
    text = f"{GERMAN} But I really have to tell you this."
    broken = await mimo_house.speech.speak(utterance(text, "a", voice=Voice(id="Dean")), Recording())
    assert "note.backup" in [note.code for note in broken.notes]
    whole = await mimo_house.speech.speak(utterance("One two three four.", "b"), Recording())
    assert whole.provider == "espeak", "the breaker is open"
    other = await mimo_house.speech.speak(utterance(text, "c", voice=Voice(id="Dean")), Recording())
    assert (other.cached, other.clip_key) == (True, broken.clip_key), "all by the built-in engine, as before"
    assert len(mimo.calls) == 3


async def test_the_quota_ends_before_anything_of_a_mixed_message_is_heard(
    build_house: BuildHouse, mimo: MimoServer
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}, quota={"account_characters_per_day": 5}
    )
    listener = Listener()
    text = f"{GERMAN} But I really have to tell you this."
    receipt = await house.speech.speak(utterance(text, voice=Voice(id="Dean")), listener)
    assert (receipt.provider, mimo.calls) == ("espeak", [])
    assert [note.code for note in receipt.notes if "quota" in note.code] == ["note.quota_built_in"]
    assert (await house.ledger.usage(SAM.scope, "builtin")).characters > len(GERMAN)
    assert await house.ledger.audit() == []


async def test_a_burst_of_two_languages_is_two_requests(mimo_house: House, mimo: MimoServer) -> None:
    texts = ("hello there you", "how are you this evening", "今天晚上我们去吃火锅吧", "好不好")
    burst = [utterance(text, f"m{number}") for number, text in enumerate(texts)]
    receipt = await mimo_house.speech.speak_together(burst, Listener())
    assert said(mimo) == [("Mia", "\n".join(texts[:2])), ("冰糖", "\n".join(texts[2:]))]
    assert receipt.charged == sum(map(len, texts))


async def test_the_place_tells_the_language_of_a_short_text(mimo_house: House, mimo: MimoServer) -> None:
    await mimo_house.speech.speak(utterance("OK 20:40", "a", language="zh"), Recording())
    await mimo_house.speech.speak(utterance("OK 20:41", "b", language="en"), Recording())
    assert [voice for voice, _ in said(mimo)] == ["冰糖", "Mia"]


async def test_explain_shows_the_language_and_the_voice_of_each_segment(mimo_house: House) -> None:
    found = await mimo_house.speech.explain(utterance(f"{MIXED} {GERMAN}", voice=Voice(id="Mia")))
    assert found.roles == (
        ("en", "Mia", "mimo"),
        ("zh", "冰糖", "mimo"),
        ("en", "Mia", "mimo"),
        ("de", "en-f", "espeak"),
    )
    assert [request["provider"] for request in found.requests] == ["mimo", "mimo", "mimo", "espeak"]
    assert len(found.segments) == 4


async def test_the_built_in_engine_has_a_voice_for_each_language_it_claims() -> None:
    """Asked for real: a voice that is not there would be an error."""
    engine = EspeakProvider("espeak")
    try:
        for language in sorted(_LANGUAGES):
            heard = bytearray()
            text = _LETTERS.get(language, "abc 123")
            async for item in engine.synthesize(SpeechRequest(text, language=language)):
                heard += getattr(item, "samples", b"")
            assert any(heard), language
    finally:
        await engine.close()


async def test_german_sounds_german(house: House) -> None:
    """Two voices of one engine read the same words: what is heard differs, and so do the keys."""
    german = await house.speech.speak(utterance(GERMAN, "a"), Recording())
    found = await house.speech.explain(utterance(GERMAN, "a"))
    assert found.requests[0]["runs"][0]["voice"] == "de"
    assert found.roles == (("de", "en", "espeak"),)
    forced = EspeakProvider("espeak").plan(SpeechRequest(GERMAN, language="en"))
    assert forced.body["runs"][0]["voice"] == "en-us"
    assert any(decode(german.clip.packets, german.clip.pre_skip, german.clip.samples).samples)


def test_a_request_tells_no_other_provider_its_voice() -> None:
    """A voice that was chosen at one provider would be unknown to the next."""
    with pytest.raises(InputError):
        EspeakProvider("espeak").plan(SpeechRequest("Hello", voice=Voice(id="nobody")))
