"""A person's usual speed: a style of the catalogue at every provider, unless the styles name a speed themselves."""

import pytest

from bot.model import Speed, Utterance, Voice, VoiceKind
from bot.providers.base import Provider, SpeechRequest
from bot.providers.builtin.espeak import EspeakProvider
from bot.providers.mimo import MimoProvider, MimoSettings
from bot.providers.openai import OpenAISpeechProvider, OpenAISpeechSettings
from tests.at_once import script_of


def request(text: str, speed: Speed, *styles: str, voice: Voice = Voice()) -> SpeechRequest:  # noqa: B008  frozen
    utterance = Utterance(text, "k", speed=speed, styles=styles, voice=voice)
    script = script_of(utterance, short=False)
    return script.request(script.segments[0])


@pytest.mark.parametrize(
    ("speed", "styles", "meant"),
    [
        ("", (), ()),
        ("slow", (), ("Slow down",)),
        ("fast", ("Happy",), ("Happy", "Speed up")),
        ("slow", ("快", "Happy"), ("快", "Happy")),
        ("fast", ("Slow down",), ("Slow down",)),
        ("slow", ("a", "b", "c", "d", "e", "f", "g"), ("a", "b", "c", "d", "e", "f", "Slow down")),
    ],
)
def test_a_style_that_names_a_speed_goes_first(speed: Speed, styles: tuple[str, ...], meant: tuple[str, ...]) -> None:
    assert request("Hello there.", speed, *styles).styles == meant


def _mimo(model: str = "") -> Provider:
    return MimoProvider("mimo", MimoSettings(api_key="sk-test", model=model))


def test_each_provider_renders_it() -> None:
    assert _mimo().plan(request("Hello there.", "slow")).body["messages"][-1]["content"] == "(Slow down)Hello there."
    assert _mimo().plan(request("你好啊朋友。", "fast")).body["messages"][-1]["content"] == "(变快)你好啊朋友。"
    designed = request("Hello there.", "fast", voice=Voice(VoiceKind.DESIGNED, description="An old sailor."))
    assert "Style: Speed up." in _mimo("mimo-v2.5-tts-voicedesign").plan(designed).body["messages"][0]["content"]
    engine = OpenAISpeechProvider("kokoro", OpenAISpeechSettings())
    assert engine.plan(request("Hello there.", "slow")).body["speed"] == 0.8
    assert engine.plan(request("Hello there.", "")).body["speed"] == 1.0
    built_in = EspeakProvider("espeak")
    rates = [built_in.plan(request("Hello there.", speed)).body["rate"] for speed in ("slow", "", "fast")]
    assert rates == sorted(rates)
    assert len(set(rates)) == 3
