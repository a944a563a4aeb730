"""The keyboard of ``/settings`` on Telegram: a person's own in private, the group's for its administrators."""

import pytest

from bot.model import Account, Space
from bot.texts import say
from tests.conftest import House
from tests.fakes.telegram_chats import ANN, BO, Chat, Json
from tests.telegram_case import (  # noqa: F401  the fixtures of this file
    ACCOUNT,
    Line,
    buttons,
    fixture_launch,
    fixture_line,
    fixture_server,
)

GROUP = Space("telegram", "-1040")


@pytest.fixture
def group(line: Line) -> Chat:
    """Ann administers it, Bo does not."""
    group = line.server.group(-1040)
    group.admins.add(ANN.id)
    return group


async def shown(line: Line, chat: Chat | None = None) -> Json:
    before = len(line.server.asked("sendMessage"))
    await line.server.text("/settings", chat=chat)
    message: Json = (await line.server.wait_for("sendMessage", before + 1))[before].result
    return message


async def test_a_person_s_own_settings_are_buttons(line: Line, house: House) -> None:
    message = await shown(line)
    assert [*buttons(message).values()] == ["o:voice", "o:style", "l:", "l:en", "l:zh", "l:zh-Hant", "p:readme:off"]
    await line.server.press(message, "o:voice")
    (voices,) = await line.server.wait_for("editMessageText")
    assert "v:en-f" in buttons(voices.result).values()
    await line.server.press(message, "v:en-f")
    await line.server.wait_for("editMessageText", 2)
    await line.server.press(message, "o:back" if "o:back" in buttons(message).values() else "v:en-f")
    await line.server.text("/settings")
    again = (await line.server.wait_for("sendMessage", 2))[1].result
    assert "🗣 Voice: en-f" in buttons(again)
    await line.server.press(again, "p:readme:off")
    await line.server.until(lambda: "p:readme:on" in buttons(again).values())
    assert (await house.services.requests.preferences.get(ACCOUNT)).opted_out


async def test_the_way_back_shows_all_settings(line: Line) -> None:
    message = await shown(line)
    await line.server.press(message, "o:style")
    await line.server.until(lambda: "o:back" in buttons(message).values())
    await line.server.press(message, "o:back")
    await line.server.until(lambda: "p:readme:off" in buttons(message).values())


@pytest.mark.parametrize(
    ("page", "data", "key", "value"),
    [
        ("voice", "g:voice:zh-f", "default_voice", "zh-f"),
        ("style", "g:style:northeastern_dialect", "default_style", "Northeastern Mandarin"),
        ("language", "g:language:zh", "language", "zh"),
        ("cooldown", "g:cooldown:30", "cooldown", 30),
    ],
)
async def test_administrators_choose_the_values_of_a_group(
    line: Line, house: House, group: Chat, page: str, data: str, key: str, value: object
) -> None:
    message = await shown(line, group)
    await line.server.press(message, f"o:{page}", user=BO)
    await line.server.wait_for("answerCallbackQuery")
    assert line.server.asked("answerCallbackQuery")[0].params["text"] == say("telegram.admins_only", "en")
    await line.server.press(message, f"o:{page}")
    await line.server.until(lambda: data in buttons(message).values())
    await line.server.press(message, data, user=BO)
    await line.server.wait_for("answerCallbackQuery", 3)
    await line.server.press(message, data)
    await line.server.until(lambda: f"o:{page}" in buttons(message).values())
    kept = await house.services.requests.spaces.get(GROUP)
    assert getattr(kept, key) == value
    assert any(str(value) in name or value == "zh" for name in buttons(message))
    if page != "cooldown":
        await line.server.press(message, f"o:{page}")
        await line.server.until(lambda: f"g:{page}:-" in buttons(message).values())
        await line.server.press(message, f"g:{page}:-")
        await line.server.until(lambda: f"o:{page}" in buttons(message).values())
        assert getattr(await house.services.requests.spaces.get(GROUP), key) == ""


async def test_reading_is_switched_by_a_button(line: Line, house: House, group: Chat) -> None:
    message = await shown(line, group)
    await line.server.press(message, "g:read:on")
    await line.server.until(lambda: "g:read:off" in buttons(message).values())
    assert [each.channel for each in await house.services.reader.bindings.of(GROUP)] == [""]
    await line.server.press(message, "g:read:off")
    await line.server.until(lambda: "g:read:on" in buttons(message).values())
    assert await house.services.reader.bindings.of(GROUP) == ()
    assert (await house.services.requests.preferences.get(Account("telegram", str(BO.id)))).opted_out is False
