"""What people send to the bot in private besides commands: words as they are, words below pictures, no words at all."""

from typing import Any

import pytest

from bot.model import Space
from bot.texts import say
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.openai_speech_server import OpenAISpeechServer
from tests.fakes.telegram_chats import ANN, BO, LI, PHOTO, Json, Person
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
from tests.telegram_reading_case import Time, spoken

WORDS = "Come a little closer."
STICKER: Json = {
    "file_id": "sticker-1",
    "file_unique_id": "s1",
    "type": "regular",
    "width": 8,
    "height": 8,
    "is_animated": False,
    "is_video": False,
    "emoji": "🙂",
}


async def send(server: TelegramServer, user: Person = ANN, **content: Any) -> None:
    await server.write(user.json, server.world.private(user), **content)


@pytest.mark.parametrize(
    "typed",
    [
        *("how:ever you want", "Take:5 minutes", "instruction:s are below", "voice:mail is full", "style:guide first"),
        *("声音：很好听，我喜欢这个。", "风格：现代简约", "style:Whisper", "voice:Mia style:Happy", "style:, what"),
    ],
)
async def test_words_that_look_like_an_option_are_words(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch, typed: str
) -> None:
    async with launch(mimo_house.services):
        await server.text(typed)
        await server.wait_for("sendVoice")
    assert spoken(mimo) == [typed]
    assert server.asked("sendMessage") == []


async def test_options_that_are_some_hold_for_plain_words_too(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    async with launch(mimo_house.services):
        await server.text(f'style:"Happy, Slow down" voice:mia how:ever {WORDS}')
        await server.wait_for("sendVoice")
    (call,) = mimo.calls
    assert call["audio"]["voice"] == "Mia"
    assert call["messages"][-1]["content"].endswith(f"how:ever {WORDS}")
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == len(f"how:ever {WORDS}")


async def test_options_alone_hold_for_the_words_of_an_answered_message(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    async with launch(mimo_house.services):
        photo = await server.photo(WORDS)
        await server.text("voice:Mia", reply_to=photo)
        await server.wait_for("sendVoice")
        wordless = await server.photo("")
        await server.text("voice:Mia", reply_to=wordless)
        await server.wait_for("sendVoice", 2)
    assert mimo.calls[0]["audio"]["voice"] == "Mia"
    assert spoken(mimo) == [WORDS, "voice:Mia"]


@pytest.mark.parametrize(
    ("typed", "voice", "words"),
    [
        ("voice:af_heart Hello.", "af_heart", "Hello."),
        ("Voice：af_heart Hello.", "af_heart", "Hello."),
        *(
            (typed, "alloy", typed)
            for typed in ("voice:mail is full", "voice:over. Then", "声音：很好听，我喜欢这个。", "声音：af_heart 你好")
        ),
    ],
)
async def test_where_no_voices_are_listed_what_looks_like_an_id_is_one(
    server: TelegramServer, build_house: BuildHouse, launch: Launch, typed: str, voice: str, words: str
) -> None:
    async with OpenAISpeechServer() as engine:
        engine.has_lists = False
        house = await build_house(
            providers={"local": {"type": "openai-speech", "base_url": engine.base_url}},
            speech={"providers": ["local"], "default_voice": "alloy"},
        )
        async with launch(house.services):
            await server.text(typed)
            await server.wait_for("sendVoice")
        spoken_there = [body for path, _, body in engine.requests if path == "/v1/audio/speech"]
        assert [(body["voice"], body["input"]) for body in spoken_there] == [(voice, words)]


async def test_words_below_a_picture_are_spoken_and_commands_there_are_obeyed(line: Line, house: House) -> None:
    await send(line.server, photo=[PHOTO], caption=WORDS)
    heard((await line.server.wait_for("sendVoice"))[0])
    await send(line.server, BO, photo=[PHOTO], caption=f"/say@{BOT['username']} style:Happy {WORDS}")
    heard((await line.server.wait_for("sendVoice", 2))[1])
    await send(line.server, photo=[PHOTO], caption="/HELP")
    await send(line.server, LI, photo=[PHOTO], caption="/say@another_bot Hello.")
    told = {call.params["chat_id"]: call.params["text"] for call in await line.server.wait_for("sendMessage", 2)}
    assert told == {str(ANN.id): say("telegram.help", "en"), str(LI.id): say("telegram.hint", "zh")}
    await send(line.server, photo=[PHOTO], caption=f"/say {WORDS}", forward_origin=_from_bo())
    await line.server.all_acknowledged()
    assert len(line.server.asked("sendVoice")) == 2, "a command that somebody forwards is nobody's"
    assert [await spent(house, person) for person in (ANN, BO)] == [len(WORDS), len(WORDS)]


async def test_a_command_in_bold_is_one(line: Line) -> None:
    marks = [{"type": kind, "offset": 0, "length": 5} for kind in ("bold", "bot_command")]
    await send(line.server, text="/help", entities=marks)
    assert (await line.server.wait_for("sendMessage"))[0].params["text"] == say("telegram.help", "en")


@pytest.mark.parametrize("first", [True, False])
async def test_of_an_album_the_item_with_the_words_is_spoken(
    server: TelegramServer, house: House, launch: Launch, first: bool
) -> None:
    items: list[Json] = [{"caption": WORDS}, {}, {}]
    async with launch(house.services, gather=0.2):
        for words in items if first else reversed(items):
            await send(server, photo=[PHOTO], media_group_id="album-1", **words)
        heard((await server.wait_for("sendVoice"))[0])
        await server.all_acknowledged()
    assert server.asked("sendMessage") == []


async def test_what_has_no_words_gets_a_hint_once_in_a_while(
    server: TelegramServer, house: House, launch: Launch
) -> None:
    time = Time()
    hint = say("telegram.no_words", "en")
    async with launch(house.services, gather=0.0, clock=time):
        for _ in range(3):
            await send(server, photo=[PHOTO], media_group_id="album-2")
        await server.all_acknowledged()
        await send(server, sticker=STICKER)
        await send(server, photo=[PHOTO], caption=WORDS)
        await server.wait_for("sendVoice")
        await server.all_acknowledged()
        assert [call.params["text"] for call in server.done("sendMessage")] == [hint]
        time.pass_by(601)
        await send(server, sticker=STICKER)
        assert (await server.wait_for("sendMessage", 2))[1].params["text"] == hint
        await send(server, LI, sticker=STICKER)
        assert (await server.wait_for("sendMessage", 3))[2].params["text"] == say("telegram.no_words", "zh")
    assert await spent(house) == len(WORDS)


async def test_where_no_voices_are_listed_any_may_be_saved(
    server: TelegramServer, build_house: BuildHouse, launch: Launch
) -> None:
    async with OpenAISpeechServer() as engine:
        engine.has_lists = False
        house = await build_house(
            providers={"local": {"type": "openai-speech", "base_url": engine.base_url}},
            speech={"providers": ["local"], "default_voice": "alloy"},
        )
        group = server.group(-1010)
        group.admins.add(ANN.id)
        async with launch(house.services):
            for number, (order, chat) in enumerate(
                [
                    ("/voice af_heart", None),
                    ("/settings voice af_heart", None),
                    ("/settings voice af_heart", group),
                    ("/read on voice:af_heart", group),
                ],
                1,
            ):
                await server.text(order, chat=chat)
                said = (await server.wait_for("sendMessage", number))[-1]
                assert "af_heart" in said.params["text"]
            requests, space = house.services.requests, Space("telegram", "-1010")
            assert (await requests.preferences.get(ACCOUNT)).voice == "af_heart"
            assert (await requests.spaces.get(space)).default_voice == "af_heart"
            assert [each.voice for each in await house.services.reader.bindings.of(space)] == ["af_heart"]
            favourite = server.done("sendMessage")[0]
            await server.press(favourite.result, "f:v:on:af_heart")
            (told,) = await server.wait_for("answerCallbackQuery")
            assert told.params["text"] == say("telegram.favourite.on", "en", name="af_heart")
            await server.text("/voice")
            offered = (await server.wait_for("sendMessage", 5))[-1]
            rows = offered.result["reply_markup"]["inline_keyboard"]
            assert "v:af_heart" in [button["callback_data"] for row in rows for button in row]


def _from_bo() -> Json:
    return {"type": "user", "date": 1_760_000_000, "sender_user": BO.json}
