"""Telegram's groups: what administrators set, topics, who speaks there, and what is nobody's command."""

from typing import Any

import pytest

from bot.model import Account, Space
from bot.platforms.telegram.messages import GENERAL
from bot.store.accounts import BlockedAccounts
from bot.store.entries import Override
from bot.texts import say
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, Chat, Json, Person
from tests.fakes.telegram_requests import Call
from tests.fakes.telegram_server import BOT, Fault, TelegramServer
from tests.telegram_case import (  # noqa: F401  the fixtures of this file
    Launch,
    Line,
    buttons,
    fixture_launch,
    fixture_line,
    fixture_server,
    heard,
    spent,
)

WORDS = "Come a little closer."


@pytest.fixture(name="group")
def fixture_group(server: TelegramServer) -> Chat:
    """A forum with two topics; Ann and Li administer it."""
    group = server.group(-1010, threads={7, 8})
    group.admins |= {ANN.id, LI.id}
    return group


async def told(line: Line, order: str, group: Chat, user: Person = ANN, thread: int | None = None) -> Call:
    """What the bot says to ``/settings order``."""
    count = len(line.server.done("sendMessage"))
    await line.server.text(f"/settings {order}", chat=group, user=user, thread=thread)
    return (await line.server.wait_for("sendMessage", count + 1))[-1]


async def toast(line: Line, n: int) -> str:
    return (await line.server.wait_for("answerCallbackQuery", n))[-1].params.get("text", "")


async def test_a_groups_settings_are_its_administrators(line: Line, house: House, group: Chat) -> None:
    space = Space("telegram", "-1010")
    refused = await told(line, "cooldown 5", group, BO)
    assert refused.params["text"] == say("telegram.admins_only", "en")
    for order in (
        "cooldown 7",
        "admins_cooldown 0",
        "voice en-f",
        "block banana, kiwi",
        "unblock kiwi",
        "words on",
        "language zh",
    ):
        await told(line, order, group)
    assert "zh" in (await told(line, "language auto", group)).params["text"]
    kept = await house.services.requests.spaces.get(space)
    assert (kept.cooldown, kept.default_voice, kept.blocked_words, kept.show_words) == (7, "en-f", ("banana",), True)
    assert kept.language == ""
    assert kept.role_cooldowns == {"role:telegram:-1010": 0}
    assert "for administrators: –" in (await told(line, "admins_cooldown -", group)).params["text"]
    assert (await house.services.requests.spaces.get(space)).role_cooldowns == {}
    assert (await told(line, "cooldown x", group)).params["text"] == say("telegram.settings.number", "en")
    unknown = (await told(line, "what 1", group)).params["text"]
    assert unknown.startswith(say("telegram.settings.unknown", "en", keys="voice").rstrip("."))


async def test_a_switch_says_what_it_switches_to(line: Line, house: House, group: Chat) -> None:
    space = Space("telegram", "-1010")
    shown = (await told(line, "", group)).result
    await line.server.press(shown, "g:words:off", user=BO)
    assert await toast(line, 1) == say("telegram.admins_only", "en")
    update = await line.server.press(shown, "g:words:off")
    await line.server.wait_for("editMessageText")
    await line.server.all_acknowledged()
    line.server.redeliver(update)
    await line.server.all_acknowledged()
    await line.server.press(shown, "g:context:on", user=LI)
    await line.server.wait_for("editMessageText", 2)
    kept = await house.services.requests.spaces.get(space)
    assert (kept.show_words, kept.reply_context) == (False, True), "delivered twice it does nothing more"
    assert len(line.server.asked("editMessageText")) == 2
    changed = line.server.world.messages[group.id, shown["message_id"]]
    assert f"☐ {say('telegram.switch.words', 'zh')}" in buttons(changed), "as Li, who pressed last, reads it"


async def test_who_cannot_be_asked_for_allows_nothing(line: Line, house: House, group: Chat) -> None:
    line.server.faults = [Fault("getChatMember", code=400, description="Bad Request: member list is inaccessible")]
    refused = await told(line, "words off", group, LI)
    assert refused.params["text"] == say("telegram.admins_only", "zh")
    assert (await house.services.requests.spaces.get(Space("telegram", "-1010"))).show_words


async def test_speaking_can_be_limited_to_topics(line: Line, house: House, group: Chat) -> None:
    await told(line, "here on", group, thread=7)
    for thread in (8, None):
        count = len(line.server.done("sendMessage"))
        await line.server.text(f"/say {WORDS}", chat=group, user=BO, thread=thread)
        refused = (await line.server.wait_for("sendMessage", count + 1))[-1]
        assert refused.params["text"] == say("guard.channel", "en")
        assert refused.params.get("message_thread_id") == (str(thread) if thread else None)
    await line.server.text(f"/say {WORDS}", chat=group, user=BO, thread=7)
    (voice,) = await line.server.wait_for("sendVoice")
    heard(voice)
    assert voice.params["message_thread_id"] == "7"
    await told(line, "here on", group)
    kept = await house.services.requests.spaces.get(Space("telegram", "-1010"))
    assert kept.channels == ("7", GENERAL)
    await line.server.text(f"/say {WORDS}", chat=group, user=BO)
    assert "message_thread_id" not in (await line.server.wait_for("sendVoice", 2))[1].params
    shown = (await told(line, "", group, thread=7)).result
    await line.server.press(shown, "g:here:off")
    await line.server.wait_for("editMessageText")
    assert (await house.services.requests.spaces.get(Space("telegram", "-1010"))).channels == (GENERAL,)
    await told(line, "everywhere", group)
    await line.server.text(f"/say {WORDS}", chat=group, user=BO, thread=8)
    assert (await line.server.wait_for("sendVoice", 3))[2].params["message_thread_id"] == "8"
    assert await spent(house, BO) == len(WORDS)


async def test_a_group_without_topics_says_so(line: Line) -> None:
    plain = line.server.group(-1013)
    plain.admins.add(ANN.id)
    assert (await told(line, "here on", plain)).params["text"] == say("telegram.settings.no_topics", "en")
    assert "g:here:on" not in buttons((await told(line, "", plain)).result).values()


async def test_speaking_can_be_left_to_administrators(line: Line, house: House, group: Chat) -> None:
    await told(line, "admins on", group)
    await line.server.text(f"/say {WORDS}", chat=group, user=BO)
    refused = (await line.server.wait_for("sendMessage", 2))[1]
    assert refused.params["text"] == say("guard.role", "en")
    await line.server.text(f"/say {WORDS}", chat=group, user=LI)
    heard((await line.server.wait_for("sendVoice"))[0])
    assert [await spent(house, person) for person in (BO, LI)] == [0, len(WORDS)]
    assert len([call for call in line.server.asked("getChatMember") if call.params["user_id"] == str(ANN.id)]) == 1


async def test_a_quota_of_a_groups_administrators_and_the_groups_share(
    mimo: MimoServer, build_house: BuildHouse, server: TelegramServer, launch: Launch, group: Chat
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo"]},
        quota={"account_characters_per_day": 5, "space_characters_per_day": 30},
    )
    await house.ledger.set_override(Override("role:telegram:-1010", characters_per_day=500))
    async with launch(house.services):
        await server.text(f"/say {WORDS}", chat=group, user=BO)
        refused = (await server.wait_for("sendMessage"))[0].params["text"]
        assert "5" in refused
        await server.text(f"/say {WORDS}", chat=group)
        heard((await server.wait_for("sendVoice"))[0])
        await server.text("/quota", chat=group)
        shown = (await server.wait_for("sendMessage", 2))[1].params["text"]
        assert f"{len(WORDS)} of 500" in shown
        assert f"{len(WORDS)} of 30" in shown
        await server.text(f"/say {WORDS} And more.", chat=group)
        refused = (await server.wait_for("sendMessage", 3))[2].params["text"]
        assert refused != shown
    assert len(server.asked("sendVoice")) == 1


async def test_who_waits_in_a_group_is_told_once_and_may_give_up(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch, group: Chat
) -> None:
    gate = mimo.hold_after(1)
    async with launch(mimo_house.services, queue=0.02):
        for number, person in enumerate((BO, LI, Person(1004, "Di"), Person(1005, "Ed"), Person(1006, "Flo"))):
            await server.text(f"/say {WORDS} Number {number}.", chat=group, user=person)
        await server.until(lambda: bool(server.done("sendMessage")))
        told = server.done("sendMessage")[0]
        ((button, data),) = buttons(told.result).items()
        asker = told.result["reply_to_message"]["from"]
        assert button in {say("waiting.cancel", "en"), say("waiting.cancel", "zh")}
        await server.press(told.result, data, user=ANN)
        await server.wait_for("answerCallbackQuery")
        await server.press(told.result, data, user=Person(asker["id"], asker["first_name"]))
        assert "ancel" in (await server.wait_for("answerCallbackQuery", 2))[1].params["text"]
        gate.set()
        await server.wait_for("sendVoice", 4)
    assert server.asked("editMessageText") == [], "a group is not told of every step"


async def test_who_is_blocked_what_is_blocked_and_who_is_too_quick(line: Line, house: House, group: Chat) -> None:
    await BlockedAccounts(house.core.database).block(Account("telegram", str(BO.id)))
    await told(line, "block banana", group)
    await told(line, "cooldown 600", group)

    async def refused(text: str, user: Person) -> str:
        count = len(line.server.done("sendMessage"))
        await line.server.text(f"/say {text}", chat=group, user=user)
        return str((await line.server.wait_for("sendMessage", count + 1))[-1].params["text"])

    assert await refused(WORDS, BO) == say("guard.blocked_account", "en")
    assert await refused("A BANANA split.", LI) == say("guard.word", "zh")
    await line.server.text(f"/say {WORDS}", chat=group, user=LI)
    heard((await line.server.wait_for("sendVoice"))[0])
    assert "600" in await refused("Once more.", LI)
    assert [await spent(house, person) for person in (BO, LI)] == [0, len(WORDS)]


async def test_nobody_speaks_anonymously(line: Line, group: Chat) -> None:
    await line.server.text(f"/say {WORDS}", chat=group, user=LI)
    (voice,) = await line.server.wait_for("sendVoice")
    await line.server.press(voice.result, buttons(voice.result)["悄悄话"], user=BO)
    pressed = (await line.server.wait_for("sendVoice", 2))[1]
    assert pressed.params["caption"].splitlines()[0] == say("telegram.pressed_by", "en", name="Bo")
    group.anonymous.add(ANN.id)
    await line.server.press(voice.result, buttons(voice.result)["开心"], user=ANN)
    third = (await line.server.wait_for("sendVoice", 3))[2]
    assert third.params["caption"].splitlines()[0] == say("telegram.pressed_by", "en", name=group.title), (
        "Ann hides behind the group"
    )
    await line.server.all_acknowledged()

    async def asks(user: Person, about: Json | None, chat: Chat | None = group) -> str:
        count = len(line.server.done("sendMessage"))
        await line.server.text("/who", chat=chat, user=user, reply_to=about)
        return (await line.server.wait_for("sendMessage", count + 1))[-1].params["text"]

    assert await asks(BO, pressed.result) == say("telegram.admins_only", "en")
    assert str(BO.id) in await asks(ANN, pressed.result)
    assert str(LI.id) in await asks(ANN, voice.result)
    other = (await line.server.text("Hello.", chat=group, user=BO))["message"]
    assert await asks(ANN, other) == say("telegram.who.unknown", "en")
    assert await asks(ANN, None) == say("telegram.who.usage", "en")
    assert await asks(ANN, None, None) == say("telegram.who.usage", "en")


@pytest.mark.parametrize("private", [True, False])
async def test_a_forwarded_command_is_nobodys_command(line: Line, house: House, group: Chat, private: bool) -> None:
    chat = None if private else group
    await line.server.text(f"/say {WORDS}", chat=chat, forwarded_from=BO)
    await line.server.text("/unknown", chat=chat, forwarded_from=BO)
    await line.server.text("/help", chat=chat)
    await line.server.wait_for("sendMessage")
    assert line.server.asked("sendVoice") == []
    assert await spent(house) == 0


async def test_words_forwarded_in_private_are_spoken(line: Line) -> None:
    await line.server.text(WORDS, forwarded_from=BO)
    heard((await line.server.wait_for("sendVoice"))[0])


def _kinds() -> list[tuple[str, dict[str, Any]]]:
    channel = {"id": -1002, "type": "channel", "title": "News"}
    text = {"text": f"/say {WORDS}", "entities": [{"type": "bot_command", "offset": 0, "length": 4}]}
    message: Json = {"message_id": 900, "date": 1_760_000_000, **text}
    private = {"chat": {"id": ANN.id, "type": "private", "first_name": "Ann"}, "from": ANN.json}
    return [
        ("channel_post", {**message, "chat": channel, "sender_chat": channel}),
        ("edited_channel_post", {**message, "chat": channel, "sender_chat": channel, "edit_date": 1_760_000_001}),
        ("edited_message", {**message, **private, "edit_date": 1_760_000_001}),
        ("business_message", {**message, **private, "business_connection_id": "b1"}),
        ("edited_business_message", {**message, **private, "business_connection_id": "b1", "edit_date": 1_760_000_001}),
        ("message", {**message, **private, "is_automatic_forward": True}),
        ("message", {**message, **private, "via_bot": BOT}),
        ("message", {**message, **private, "from": {**BO.json, "is_bot": True}}),
    ]


@pytest.mark.parametrize(("kind", "content"), _kinds())
async def test_nothing_but_a_message_just_written_is_a_command(
    line: Line, house: House, kind: str, content: dict[str, Any]
) -> None:
    line.server.updates.put({"update_id": 5000, kind: content})
    line.server.updates.put({"update_id": 5001, "message": (await line.server.text("/help"))["message"]})
    await line.server.wait_for("sendMessage", 2)
    assert line.server.asked("sendVoice") == []
    assert await spent(house) == 0
