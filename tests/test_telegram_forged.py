"""Forged buttons of Telegram: whatever they carry ends in a sentence and one quiet line, never in a traceback."""

import logging

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.platforms.telegram.handlers import _FORMS, PRESSES
from bot.texts import LANGUAGES
from tests.fakes.telegram_chats import Person
from tests.telegram_case import Line, fixture_launch, fixture_line, fixture_server  # noqa: F401  fixtures of this file

FOREIGN = "AAAAAAAAAAAA"
"""A token of the right form that names nothing."""
TELEGRAM = (
    "s", "s:", "s::", "s:whisper", "s:nobody:" + FOREIGN, "s:whisper:" + FOREIGN, "s:whisper:é", "s:whisper:a:b", "r",
    "r:", "r:" + FOREIGN, "r:²", "w", "w:", "w:" + FOREIGN, "v", "v:Nobody", "v:\x00", "t", "t:²", "t:nobody", "f",
    "f:", "f:v", "f:v:on", "f:v:on:", "f:v:on:Nobody", "f:x:on:Mia", "f:v:maybe:Mia", "f:t:on:nobody", "f:t:on:²", "l",
    "l:xx", "l:²", "l:en:", "g", "g:", "g:words", "g:words:on", "g:words:on:on", "g:words:²", "g:nothing:on", "x",
    "x:", "x:" + FOREIGN, "x:²", "z:1", "", ":", "é", "💥", "s:whisper:" + "a" * 54,
)  # fmt: skip
"""Callback data; in private, where a button of a group has no business either."""
_SAYS = {"telegram.old_button", "words.gone", "voice.unknown", "waiting.over"}


def _begins(code: str) -> str:
    return LANGUAGES["en"][code].partition("{")[0]


async def test_each_is_answered_with_a_sentence(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    server = line.server
    await server.text("/voice")
    (call,) = await server.wait_for("sendMessage")
    said = {_begins(code): code for code in _SAYS}
    for number, data in enumerate(TELEGRAM, 1):
        caplog.clear()
        forged = {**call.result, "reply_markup": {"inline_keyboard": [[{"text": "?", "callback_data": data}]]}}
        with caplog.at_level(logging.INFO):
            await server.press(forged, data, user=Person(2000 + number % 12))  # one alone would be told to slow down
            toast = (await server.wait_for("answerCallbackQuery", number))[-1].params.get("text", "")
        assert any(toast.startswith(begin) for begin in said), (data, toast)
        loud = [record for record in caplog.records if record.levelno >= logging.WARNING or record.exc_info]
        assert not loud, [record.getMessage() for record in loud]
    await server.all_acknowledged()


@pytest.mark.parametrize("link", ["make", "make-", "make--", "make-²-é", f"make-whisper-{FOREIGN}", "voice-", "x-1"])
async def test_a_deep_link_that_names_nothing_is_answered(
    line: Line, caplog: pytest.LogCaptureFixture, link: str
) -> None:
    await line.server.text(f"/start {link}")
    (call,) = await line.server.wait_for("sendMessage")
    codes = ("words.gone", "telegram.help")
    assert any(call.params["text"].startswith(_begins(code)[:30]) for code in codes), call.params["text"]
    assert not [record for record in caplog.records if record.exc_info]


@given(st.text(max_size=64))
@example("f:v:on")
@example("s")
@example("g:words:on\n")
def test_telegrams_forms_split_as_their_answers_do(data: str) -> None:
    assert set(_FORMS) == set(PRESSES)
    fitting = [letter for letter, form in _FORMS.items() if form.fullmatch(data)]
    assert fitting in ([], [data[:1]])
    if fitting in (["s"], ["g"]):
        assert data.count(":") == 2
    if fitting == ["f"]:
        assert data.count(":") >= 3
