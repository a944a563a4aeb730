"""Telegram's guest mode: the bot is named where it is no member, and answers once, at once and for nothing."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.model import Space
from bot.texts import say
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, Json
from tests.fakes.telegram_server import BOT, TelegramServer
from tests.telegram_case import (  # noqa: F401  the fixtures of this file
    ACCOUNT,
    Launch,
    Line,
    fixture_launch,
    fixture_line,
    fixture_server,
    heard,
    spent,
)

WORDS = "Come a little closer."
NAME = f"@{BOT['username']}"


async def result(server: TelegramServer, n: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((await server.wait_for("answerGuestQuery", n))[-1].params["result"])
    return found


def link(card: dict[str, Any]) -> str:
    url = urlsplit(card["reply_markup"]["inline_keyboard"][0][0]["url"])
    return str(parse_qs(url.query)["start"][0])


def said(text: str) -> Json:
    """A message of Bo in the other chat."""
    chat = {"id": -2001, "type": "supergroup", "title": "Elsewhere"}
    return {"message_id": 77, "date": 1_760_000_000, "chat": chat, "from": BO.json, "text": text}


async def test_a_style_beside_the_name_is_for_the_message_replied_to(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    async with launch(mimo_house.services) as line:
        await server.guest(f"{NAME} whisper", reply_to=said(WORDS))
        card = await result(server)
        assert card["input_message_content"]["message_text"] == f"whisper: {WORDS}"
        assert [seen for seen in mimo.requests if seen.method == "POST"] == [], "nothing is made before it is wanted"
        await server.text(f"/start {link(card)}")
        (voice,) = await server.wait_for("sendVoice")
        heard(voice)
        await line.server.guest(f"{NAME} Whisper", reply_to=said(WORDS), user=LI)
        again = await result(server, 2)
        await line.platform.stop(20)
    assert (again["type"], again["voice_file_id"]) == ("voice", voice.result["voice"]["file_id"])
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == len(WORDS)
    assert (await mimo_house.ledger.usage(f"account:telegram:{LI.id}")).characters == 0


async def test_a_card_that_is_spoken_in_private_is_nothing_of_the_other_chats(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    elsewhere = Space("telegram", "-2001")
    async with launch(mimo_house.services):
        await server.guest(f"{NAME} {WORDS}")
        token = link(await result(server))
        await mimo_house.services.requests.spaces.set(elsewhere, blocked_words=("closer",), channels=("7",))
        await server.text(f"/start {token}")
        heard((await server.wait_for("sendVoice"))[0])
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == len(WORDS)
    assert (await mimo_house.ledger.usage(elsewhere.scope)).characters == 0


async def test_words_beside_the_name_go_before_those_replied_to(line: Line, house: House) -> None:
    for n, (typed, reply, spoken) in enumerate(
        [
            (f"{NAME} Hello there.", said(WORDS), "Hello there."),
            (f"Hello, {NAME}", None, "Hello,"),
            (NAME, said(WORDS), WORDS),
            (f"{NAME} style:Happy", said(WORDS), f"Happy: {WORDS}"),
        ],
        1,
    ):
        await line.server.guest(typed, reply_to=reply)
        assert (await result(line.server, n))["input_message_content"]["message_text"] == spoken
    await line.server.text(f"/start {link(await result(line.server, 4))}", user=BO)
    heard((await line.server.wait_for("sendVoice"))[0])
    await line.platform.stop(20)
    assert [await spent(house, person) for person in (ANN, BO)] == [0, len(WORDS)]


async def test_what_cannot_be_spoken_is_told_in_the_persons_language(line: Line) -> None:
    await line.server.guest(NAME, user=LI)
    first = await result(line.server)
    assert first["input_message_content"]["message_text"] == say("telegram.usage.guest", "zh", bot=BOT["username"])
    await line.server.guest(f"{NAME} voice:nobody Hello")
    assert "nobody" in (await result(line.server, 2))["input_message_content"]["message_text"]
    assert line.server.asked("sendMessage") == [], "nothing else can be sent there"


async def test_where_no_words_are_kept_there_is_no_button_that_leads_nowhere(
    build_house: BuildHouse, server: TelegramServer, launch: Launch
) -> None:
    house = await build_house(speech={"providers": ["espeak"], "words_hours": 0})
    async with launch(house.services):
        await server.guest(f"{NAME} {WORDS}")
        given = await result(server)
    assert given["input_message_content"]["message_text"] == say("telegram.guest.not_kept", "en", bot=BOT["username"])
    assert "reply_markup" not in given


async def test_a_voice_that_telegram_forgot_becomes_a_card(line: Line) -> None:
    await line.server.text(WORDS)
    (voice,) = await line.server.wait_for("sendVoice")
    await line.server.guest(f"{NAME} {WORDS}")
    assert (await result(line.server))["type"] == "voice"
    del line.server.world.files[voice.result["voice"]["file_id"]]
    await line.server.guest(f"{NAME} {WORDS}")
    assert (await result(line.server, 2))["type"] == "article"


async def test_a_second_delivery_disturbs_nobody(line: Line) -> None:
    await line.server.guest(f"{NAME} {WORDS}")
    (update,) = line.server.pending
    await result(line.server)
    await line.server.all_acknowledged()
    line.server.redeliver(update)
    await line.server.until(lambda: len(line.server.asked("answerGuestQuery")) == 2)
    await line.server.text("/help")
    await line.server.wait_for("sendMessage")
    assert len(line.server.done("answerGuestQuery")) == 1
