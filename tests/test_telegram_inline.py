"""Telegram's inline mode, end to end: what is typed costs nothing, what was made is brought back."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.model import Account
from bot.platforms.telegram.ready import ReadyVoice, ReadyVoices
from bot.texts import say
from tests.conftest import House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO
from tests.fakes.telegram_methods import Call
from tests.fakes.telegram_server import Fault, TelegramServer
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


async def answers(server: TelegramServer, n: int = 1) -> list[Call]:
    return await server.wait_for("answerInlineQuery", n)


def results(call: Call, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [result for result in json.loads(call.params["results"]) if result["type"] == kind]
    return found


async def ready(server: TelegramServer, typed: str, n: int) -> list[dict[str, Any]]:
    """Ask until ``n`` voices are offered: what was just sent is remembered a moment after it was seen."""
    for _ in range(200):
        before = len(server.done("answerInlineQuery"))
        await server.inline(typed)
        found = results((await answers(server, before + 1))[-1], "voice")
        if len(found) == n:
            return found
    raise AssertionError(f"never {n} voices for {typed!r}, but {found}")


async def test_typing_asks_nobody_and_costs_nothing(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    async with launch(mimo_house.doors):
        for end in range(5, len(WORDS)):
            await server.inline(WORDS[:end])
            await answers(server, end - 4)
    assert [seen for seen in mimo.requests if seen.method == "POST"] == []
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == 0
    for call in server.done("answerInlineQuery"):
        assert (call.params["is_personal"], call.params["cache_time"]) == ("true", "0")
        assert [card["title"] for card in results(call, "article")] == ["Whisper", "Happy", "东北话", "Sing"]


async def test_who_types_on_gets_one_answer(server: TelegramServer, house: House, launch: Launch) -> None:
    for end in range(5, len(WORDS)):
        newest = await server.inline(WORDS[:end])
    async with launch(house.doors, typing=0.2):
        (call,) = await answers(server)
        await server.inline("Something new.")
        await answers(server, 2)
    assert call.params["inline_query_id"] == newest
    assert len(server.asked("answerInlineQuery")) == 2


async def test_the_button_makes_it_in_private_and_there_it_is_brought_back(line: Line, house: House) -> None:
    group = line.server.group()
    await line.server.inline(f"style:Whisper {WORDS}")
    (call,) = await answers(line.server)
    assert results(call, "voice") == []
    button = json.loads(call.params["button"])
    assert button["text"] == say("telegram.inline.make", "en")
    await line.server.text(f"/start {button['start_parameter']}")
    (voice,) = await line.server.wait_for("sendVoice")
    heard(voice)
    (elsewhere,) = [
        key["switch_inline_query"]
        for row in voice.result["reply_markup"]["inline_keyboard"]
        for key in row
        if "switch_inline_query" in key
    ]
    (offered,) = await ready(line.server, elsewhere, 1)
    assert offered["voice_file_id"] == voice.result["voice"]["file_id"]
    assert offered["title"] == f"{WORDS} (Whisper)"
    brought = await line.server.choose(offered, group)
    assert brought["voice"]["file_id"] == offered["voice_file_id"]
    await line.platform.stop(20)
    assert await spent(house) == len(WORDS)
    assert len(line.server.asked("sendVoice")) == 1


async def test_voices_are_found_by_their_words_and_shown_to_their_person(line: Line) -> None:
    for text in ("Good morning to you.", "Good night to you."):
        before = len(line.server.done("sendVoice"))
        await line.server.text(text)
        await line.server.wait_for("sendVoice", before + 1)
        await ready(line.server, "", before + 1)
    asked = {}
    for typed, user in (("", ANN), ("good  NIGHT", ANN), ("nothing like it", ANN), ("", BO)):
        asked[await line.server.inline(typed, user=user)] = typed
        await line.server.until(lambda: all(line.server.world.inline_queries.values()))
    by_query = {call.params["inline_query_id"]: call for call in line.server.done("answerInlineQuery")}
    shown = [[voice["title"] for voice in results(by_query[name], "voice")] for name in asked]
    assert shown == [["Good night to you.", "Good morning to you."], ["Good night to you."], [], []]
    assert "button" not in by_query[next(iter(asked))].params, "nothing typed, nothing to make"


async def test_a_card_is_a_message_that_anyone_may_hear(line: Line, house: House) -> None:
    group = line.server.group()
    await line.server.inline(WORDS)
    (call,) = await answers(line.server)
    card = results(call, "article")[0]
    message = await line.server.choose(card, group)
    assert message["text"] == f"Whisper: {WORDS}"
    link = urlsplit(message["reply_markup"]["inline_keyboard"][0][0]["url"])
    assert (link.netloc, link.path) == ("t.me", "/mouthpiece_bot")
    await line.server.text(f"/start {parse_qs(link.query)['start'][0]}", user=BO)
    (voice,) = await line.server.wait_for("sendVoice")
    heard(voice)
    assert voice.params["chat_id"] == str(BO.id)
    await line.platform.stop(20)
    assert [await spent(house, person) for person in (ANN, BO)] == [0, len(WORDS)]


async def test_a_result_taken_into_the_bots_own_chat_is_no_command(line: Line, house: House) -> None:
    await line.server.inline(WORDS)
    (call,) = await answers(line.server)
    await line.server.choose(results(call, "article")[0], line.server.world.private(ANN))
    await line.server.until(lambda: not line.server.pending)
    await line.platform.stop(20)
    assert line.server.asked("sendVoice") == []
    assert await spent(house) == 0


async def test_what_cannot_be_spoken_is_not_offered(line: Line) -> None:
    await line.server.inline("style:Whisper")
    (call,) = await answers(line.server)
    assert "button" not in call.params
    await line.server.inline("voice:nobody Hello")
    second = (await answers(line.server, 2))[1]
    assert "button" not in second.params
    assert results(second, "article") == []


async def test_a_query_that_is_too_old_disturbs_nobody(line: Line) -> None:
    old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    line.server.faults = [Fault("answerInlineQuery", code=400, description=old)]
    await line.server.inline(WORDS)
    await line.server.until(lambda: bool(line.server.asked("answerInlineQuery")))
    await line.server.inline("Another one.")
    await answers(line.server)
    assert len(line.server.asked("answerInlineQuery")) == 2
    assert line.server.asked("sendMessage") == []


async def test_words_that_are_gone_are_not_offered(line: Line, house: House) -> None:
    await line.server.text(WORDS)
    await line.server.wait_for("sendVoice")
    await ready(line.server, "", 1)
    await house.doors.desk.words.forget(ACCOUNT)
    await ready(line.server, "", 0)


def test_a_few_voices_are_remembered_of_the_people_who_spoke_last() -> None:
    ready = ReadyVoices()
    first = Account("telegram", "1")
    for number in range(30):
        ready.add(first, ReadyVoice(f"token{number}", f"file{number % 25}", 1.0))
    assert len(ready.of(first)) == 20
    assert ready.of(first)[0] == ReadyVoice("token29", "file4", 1.0)
    for number in range(2, 2002):
        ready.add(Account("telegram", str(number)), ReadyVoice("t", "f", 1.0))
    assert ready.of(first) == ()
