"""Buttons of Telegram that were sent before: what they carry is written here as it was, and still works.

Nothing of it comes from the code, so that no change of the code changes it too. A message keeps its buttons for years:
add new forms here, and take none away.
"""

from collections.abc import Callable
from typing import Any

import pytest

from bot.model import Space, Utterance
from bot.store.sessions import Binding
from bot.store.settings import Preference, SpaceSettings
from bot.texts import say
from tests.conftest import House
from tests.fakes.telegram_chats import ANN, Chat, Json
from tests.telegram_case import ACCOUNT, Line, fixture_launch, fixture_line, fixture_server  # noqa: F401

GROUP = Space("telegram", "-1041")
TOPIC = "7"
VOICES = ("s:whisper:TOKEN", "s:happy:TOKEN", "s:northeastern_dialect:TOKEN", "s:sing:TOKEN", "r:TOKEN", "q:TOKEN")
OWN: dict[str, tuple[str, Any]] = {
    "v:en-f": ("voice", "en-f"),
    "v:": ("voice", ""),
    "t:whisper": ("style", "Whisper"),
    "t:": ("style", ""),
    "f:v:on:en-f": ("favourite_voices", ("en-f",)),
    "f:v:off:en-f": ("favourite_voices", ()),
    "f:t:on:whisper": ("favourite_styles", ("Whisper",)),
    "f:t:off:whisper": ("favourite_styles", ()),
    "l:zh": ("language", "zh"),
    "l:en": ("language", "en"),
    "l:": ("language", ""),
    "p:readme:off": ("opted_out", True),
    "p:readme:on": ("opted_out", False),
}
"""Data of buttons in private, and what they set for a person."""
SHARED: dict[str, Callable[[SpaceSettings], bool]] = {
    "g:words:off": lambda kept: not kept.show_words,
    "g:words:on": lambda kept: kept.show_words,
    "g:context:on": lambda kept: kept.reply_context,
    "g:context:off": lambda kept: not kept.reply_context,
    "g:admins:on": lambda kept: kept.allowed_roles == ("role:telegram:-1041",),
    "g:admins:off": lambda kept: kept.allowed_roles == (),
    "g:here:on": lambda kept: kept.channels == (TOPIC,),
    "g:here:off": lambda kept: kept.channels == (),
    "g:voice:en-f": lambda kept: kept.default_voice == "en-f",
    "g:voice:-": lambda kept: kept.default_voice == "",
    "g:style:whisper": lambda kept: kept.default_style == "Whisper",
    "g:style:-": lambda kept: kept.default_style == "",
    "g:language:zh": lambda kept: kept.language == "zh",
    "g:language:en": lambda kept: kept.language == "en",
    "g:language:-": lambda kept: kept.language == "",
    "g:cooldown:300": lambda kept: kept.cooldown == 300,
    "g:cooldown:0": lambda kept: kept.cooldown == 0,
}
"""The same in a group."""
PAGES = ("o:voice", "o:style", "o:back")
SHARED_PAGES = ("o:voice", "o:style", "o:language", "o:cooldown", "o:back")
GONE = {
    "x:AAAAAAAAAAAA": "waiting.over",
    "i:yes:AAAAAAAAAAAA": "dictionary.ask_gone",
    "i:no:AAAA": "dictionary.ask_gone",
}
"""What waits, and a file, are forgotten by a restart."""
LINKS = ("make-whisper-TOKEN", "make--TOKEN")


async def _sent(line: Line, chat: Chat | None = None, **more: Any) -> Json:
    """A message of the bot."""
    before = len(line.server.asked("sendMessage"))
    await line.server.text("/settings", chat=chat, **more)
    message: Json = (await line.server.wait_for("sendMessage", before + 1))[before].result
    return message


async def _press(line: Line, message: Json, data: str) -> str:
    """Press a button under a message; returns what is shown over the chat."""
    before = len(line.server.asked("answerCallbackQuery"))
    keyboard = {"inline_keyboard": [[{"text": "sent before", "callback_data": data}]]}
    await line.server.press({**message, "reply_markup": keyboard}, data)
    answers = await line.server.wait_for("answerCallbackQuery", before + 1)
    return str(answers[before].params.get("text", ""))


async def _token(house: House) -> str:
    return await house.services.requests.words.keep(Utterance("Come a little closer.", "telegram:1", account=ACCOUNT))


async def test_what_was_sent_is_spoken(line: Line, house: House) -> None:
    message, token = await _sent(line), await _token(house)
    for number, data in enumerate(VOICES, 1):
        await _press(line, message, data.replace("TOKEN", token))
        await line.server.wait_for("sendVoice", number)
    assert await _press(line, message, f"w:{token}") == "Come a little closer."


async def test_links_that_were_sent_are_spoken(line: Line, house: House) -> None:
    token = await _token(house)
    for number, link in enumerate(LINKS, 1):
        await line.server.text(f"/start {link.replace('TOKEN', token)}")
        await line.server.wait_for("sendVoice", number)


async def test_what_was_sent_sets_a_person_s_own(line: Line, house: House) -> None:
    message = await _sent(line)
    for data, (field, value) in OWN.items():
        await _press(line, message, data)
        assert getattr(await house.services.requests.preferences.get(ACCOUNT), field) == value, data
    assert (await house.services.requests.preferences.get(ACCOUNT)).favourite_voices == Preference().favourite_voices


async def test_what_was_sent_sets_a_group_s(line: Line, house: House) -> None:
    group = line.server.group(-1041)
    group.admins.add(ANN.id)
    message = {**await _sent(line, group), "message_thread_id": int(TOPIC), "is_topic_message": True}
    for data, holds in SHARED.items():
        await _press(line, message, data)
        assert holds(await house.services.requests.spaces.get(GROUP)), data
    await _press(line, message, "g:read:on")
    assert await house.services.reader.bindings.of(GROUP) == (Binding(GROUP, TOPIC),)
    await _press(line, message, "g:read:off")
    assert await house.services.reader.bindings.of(GROUP) == ()


@pytest.mark.parametrize("shared", [False, True])
async def test_pages_that_were_sent_open(line: Line, shared: bool) -> None:
    group = line.server.group(-1041) if shared else None
    if group is not None:
        group.admins.add(ANN.id)
    message = await _sent(line, group)
    for number, data in enumerate(SHARED_PAGES if shared else PAGES, 1):
        await _press(line, message, data)
        assert len((await line.server.wait_for("editMessageText", number))[-1].params["reply_markup"]) > 2


async def test_what_is_forgotten_is_answered(line: Line) -> None:
    message = await _sent(line)
    for data, code in GONE.items():
        assert await _press(line, message, data) == say(code, "en"), data
