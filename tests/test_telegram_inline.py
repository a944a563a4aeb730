"""Telegram's inline mode, end to end: what is typed costs nothing, what was made is brought back."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.texts import say
from tests.conftest import House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO
from tests.fakes.telegram_requests import Call
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
    async with launch(mimo_house.services):
        for end in range(5, len(WORDS)):
            await server.inline(WORDS[:end])
            await answers(server, end - 4)
    assert [seen for seen in mimo.requests if seen.method == "POST"] == []
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == 0
    for call in server.done("answerInlineQuery"):
        assert (call.params["is_personal"], call.params["cache_time"]) == ("true", "0")
        assert [card["title"] for card in results(call, "article")] == [
            "Whisper",
            "Happy",
            "Northeastern Mandarin",
            "Sing",
        ]


async def test_who_types_on_gets_one_answer(server: TelegramServer, house: House, launch: Launch) -> None:
    for end in range(5, len(WORDS)):
        newest = await server.inline(WORDS[:end])
    async with launch(house.services, typing=0.2):
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
    await house.services.requests.words.forget(ACCOUNT)
    await ready(line.server, "", 0)


async def test_ready_voices_outlive_a_restart(line: Line, house: House, launch: Launch) -> None:
    await line.server.text(f"/say style:Whisper {WORDS}")
    (voice,) = await line.server.wait_for("sendVoice")
    await line.platform.stop(20)
    async with launch(house.services):
        (offered,) = await ready(line.server, "closer", 1)
    assert offered["voice_file_id"] == voice.result["voice"]["file_id"]
    assert offered["title"] == f"{WORDS} (Whisper)"


async def test_a_voice_that_telegram_forgot_does_not_hide_the_rest(line: Line) -> None:
    await line.server.text(WORDS)
    (voice,) = await line.server.wait_for("sendVoice")
    await ready(line.server, "", 1)
    del line.server.world.files[voice.result["voice"]["file_id"]]
    before = len(line.server.done("answerInlineQuery"))
    await line.server.inline(WORDS)
    answer = (await answers(line.server, before + 1))[-1]
    assert results(answer, "voice") == []
    assert len(results(answer, "article")) == 4


async def kept(house: House) -> list[str]:
    """The words that are kept of Ann, oldest first."""
    return [words.text for words in (await house.services.requests.words.newest(ACCOUNT, 100))[::-1]]


async def starts(line: Line, typed: str, n: int) -> str:
    """What the button carries once so much is typed."""
    await line.server.inline(typed)
    button = json.loads((await answers(line.server, n))[-1].params["button"])
    return str(button["start_parameter"])


async def test_an_unfinished_query_is_kept_once(line: Line, house: House) -> None:
    typed = [WORDS[:4], WORDS[:9], WORDS, WORDS[:12], WORDS]
    links = {await starts(line, words, n) for n, words in enumerate(typed, 1)}
    assert await kept(house) == [WORDS]
    assert len(links) == 1, "also what was offered before is still there"
    await line.server.inline("")  # a client asks so when a new one is begun
    await answers(line.server, len(typed) + 1)
    await starts(line, f"{WORDS} And more.", len(typed) + 2)
    await line.server.inline("Something else.", user=BO)
    await answers(line.server, len(typed) + 3)
    assert sorted(await kept(house)) == [WORDS, f"{WORDS} And more."]
    await starts(line, "Other words.", len(typed) + 4)
    assert len(await kept(house)) == 3, "what is no part of it is another one"


async def test_a_card_that_was_taken_keeps_its_words(line: Line, house: House) -> None:
    await line.server.inline("Hello there")
    (call,) = await answers(line.server)
    card = results(call, "article")[0]
    await line.server.choose(card, line.server.group(), typed="Hello there")
    await line.server.until(lambda: line.server.updates.waiting == 1)
    await starts(line, "Hello there again", 2)
    assert sorted(await kept(house)) == ["Hello there", "Hello there again"]
