"""The Telegram stand-in refuses what Telegram refuses; driven by the unmodified library and by bare requests."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiohttp import web
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultCachedVoice,
    InlineQueryResultsButton,
    InputTextMessageContent,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.request import HTTPXRequest

from bot.audio import ogg
from bot.audio.pcm import Pcm
from bot.platforms.telegram import client as _  # noqa: F401  sets how the library shows spans of time
from bot.web import WebServer
from tests.at_once import encode
from tests.fakes import tones
from tests.fakes.gate import Gate
from tests.fakes.telegram_chats import ANN, Json
from tests.fakes.telegram_server import BOT, TOKEN, Fault, TelegramServer
from tests.fakes.telegram_sound import checksum


def voice(seconds: float, hertz: float = 440.0) -> bytes:
    """A real voice message that holds a tone."""
    return ogg.write(encode(Pcm(tones.tone(hertz, round(seconds * tones.RATE)), tones.RATE)), {})


def not_opus() -> bytes:
    """Whole Ogg pages whose first one announces something else."""
    data = bytearray(voice(1.0))
    data[28:36] = b"Speex   "
    data[22:26] = bytes(4)
    data[22:26] = checksum(bytes(data[:47])).to_bytes(4, "little")
    return bytes(data)


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as started:
        started.world.private(ANN)
        yield started


def library(server: TelegramServer, token: str = TOKEN) -> Bot:
    return Bot(
        token,
        base_url=f"{server.root}/bot",
        base_file_url=f"{server.root}/file/bot",
        request=HTTPXRequest(httpx_kwargs={"trust_env": False}),
        get_updates_request=HTTPXRequest(httpx_kwargs={"trust_env": False}),
    )


@pytest.fixture
async def client(server: TelegramServer) -> AsyncIterator[Bot]:
    async with library(server) as started:
        yield started


async def bare(server: TelegramServer, method: str, token: str = TOKEN, **params: Any) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(f"{server.root}/bot{token}/{method}", json=params)


async def test_says_who_it_is_and_refuses_other_tokens(server: TelegramServer, client: Bot) -> None:
    assert (client.username, client.id) == (BOT["username"], BOT["id"])
    answer = await bare(server, "getMe", token="1:wrong")
    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    stranger = library(server, "1:wrong")
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.request.shutdown()


async def test_unknown_methods_are_not_found(server: TelegramServer) -> None:
    answer = await bare(server, "sendVioce")
    assert (answer.status_code, answer.json()["ok"]) == (404, False)
    assert (await bare(server, "getme")).json()["result"] == BOT


async def test_a_poll_waits_for_an_update_and_the_next_one_acknowledges_it(server: TelegramServer, client: Bot) -> None:
    poll = asyncio.create_task(client.get_updates(timeout=30))
    await server.until(lambda: server.updates.polls == 1)
    assert not poll.done()
    update = await server.text("/say Hello")
    (got,) = await poll
    assert got.update_id == update["update_id"]
    assert got.message is not None
    assert got.message.parse_entities() == {got.message.entities[0]: "/say"}
    assert [again.update_id for again in await client.get_updates(timeout=0)] == [got.update_id]
    assert await client.get_updates(offset=got.update_id + 1, timeout=0) == ()
    assert server.pending == []
    server.redeliver(update)
    assert [again.update_id for again in await client.get_updates(timeout=0)] == [got.update_id]


async def test_a_second_poll_ends_the_first(server: TelegramServer, client: Bot) -> None:
    first = asyncio.create_task(client.get_updates(timeout=30))
    await server.until(lambda: server.updates.polls == 1)
    async with library(server) as other:
        second = asyncio.create_task(other.get_updates(timeout=30))
        with pytest.raises(Conflict):
            await first
        await server.text("Hello")
        assert len(await second) == 1


async def test_only_the_kinds_asked_for_arrive(server: TelegramServer, client: Bot) -> None:
    await client.get_updates(timeout=0, allowed_updates=["message"])
    await server.text("written")
    await server.text("corrected", edited=True)
    updates = await client.get_updates(timeout=0)
    assert [update.message.text for update in updates if update.message] == ["written"]
    assert len(updates) == 1


async def test_nothing_can_be_fetched_beside_a_webhook(server: TelegramServer, client: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)https"):
        await client.set_webhook("http://example.org/hook")
    await client.set_webhook("https://example.org/hook")
    assert (await client.get_webhook_info()).url == "https://example.org/hook"
    with pytest.raises(Conflict, match="webhook"):
        await client.get_updates(timeout=0)
    await client.delete_webhook()
    assert await client.get_updates(timeout=0) == ()


async def test_privacy_mode_keeps_other_words_of_a_group_back(server: TelegramServer, client: Bot) -> None:
    group = server.group()
    own = await client.send_message(group.id, "I am here")
    await server.text("just talk", chat=group)
    await server.text("/say@other_bot Hello", chat=group)
    await server.text("/say@mouthpiece_bot Hello", chat=group)
    await server.text("an answer", chat=group, reply_to=server.world.messages[group.id, own.message_id])
    got = [update.message.text for update in await client.get_updates(timeout=0) if update.message]
    assert got == ["/say@mouthpiece_bot Hello", "an answer"]


@pytest.mark.parametrize(
    ("text", "refusal"), [("", "empty"), (" \n", "empty"), ("x" * 4097, "too long"), ("😀" * 2049, "too long")]
)
async def test_texts_that_are_refused(server: TelegramServer, client: Bot, text: str, refusal: str) -> None:
    with pytest.raises(BadRequest, match=rf"(?i){refusal}"):
        await client.send_message(ANN.id, text)
    await client.send_message(ANN.id, "😀" * 2048)


async def test_places_that_do_not_exist_are_refused(server: TelegramServer, client: Bot) -> None:
    forum = server.group(-1002, threads={7})
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await client.send_message(4711, "Hello")
    with pytest.raises(BadRequest, match=r"(?i)thread not found"):
        await client.send_message(forum.id, "Hello", message_thread_id=8)
    with pytest.raises(BadRequest, match=r"(?i)replied not found"):
        await client.send_message(ANN.id, "Hello", reply_parameters=ReplyParameters(99))
    sent = await client.send_message(
        forum.id, "Hello", message_thread_id=7, reply_parameters=ReplyParameters(99, allow_sending_without_reply=True)
    )
    assert sent.message_thread_id == 7
    assert sent.reply_to_message is None
    server.world.private(ANN).blocked = True
    with pytest.raises(Forbidden, match="blocked"):
        await client.send_message(ANN.id, "Hello")


async def test_a_voice_is_heard_kept_and_sent_again_by_its_name(server: TelegramServer, client: Bot) -> None:
    data = voice(2.4, 660.0)
    sent = await client.send_voice(ANN.id, data, filename="voice.ogg", duration=2)
    (call,) = await server.wait_for("sendVoice")
    assert call.sound is not None
    assert call.sound.seconds == pytest.approx(2.4, abs=1e-4)
    assert call.sound.pitch == pytest.approx(660, abs=2)
    assert call.sound.level > 0.5
    assert call.files["voice"].content_type == "audio/ogg"
    assert sent.voice is not None
    file = await client.get_file(sent.voice.file_id)
    assert await file.download_as_bytearray() == data
    again = await client.send_voice(ANN.id, sent.voice.file_id)
    assert again.voice == sent.voice
    with pytest.raises(BadRequest, match=r"(?i)file identifier"):
        await client.send_voice(ANN.id, "voice-file-99")
    with pytest.raises(BadRequest, match=r"(?i)can't use file"):
        await client.send_audio(ANN.id, sent.voice.file_id)


@pytest.mark.parametrize(
    ("data", "duration", "refusal"),
    [
        (voice(2.4), 4, "duration"),
        (voice(2.4), 1, "duration"),
        (tones.wav(tones.tone(440, 24_000)), 1, "not Ogg"),
        (not_opus(), 1, "OpusHead"),
        (voice(2.4)[:-40], 2, "damaged"),
        (b"", 1, "non-empty"),
    ],
)
async def test_voices_that_are_refused(
    server: TelegramServer, client: Bot, data: bytes, duration: int, refusal: str
) -> None:
    with pytest.raises(BadRequest, match=rf"(?i){refusal}"):
        await client.send_voice(ANN.id, data, filename="voice.ogg", duration=duration)
    assert server.done("sendVoice") == []


async def test_a_voice_of_a_megabyte_is_no_voice_message(server: TelegramServer, client: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)too large"):
        await client.send_voice(ANN.id, bytes(1_000_000), filename="voice.ogg", duration=1)


async def test_a_voice_is_refused_where_none_are_wanted(server: TelegramServer, client: Bot) -> None:
    server.world.private(ANN).no_voices = True
    with pytest.raises(BadRequest, match=r"(?i)voice_messages_forbidden"):
        await client.send_voice(ANN.id, voice(1.0), duration=1)
    sent = await client.send_audio(ANN.id, voice(1.0), duration=1, caption="words")
    assert sent.audio is not None
    with pytest.raises(BadRequest, match=r"(?i)caption"):
        await client.send_document(ANN.id, b"data", caption="x" * 1025)


async def test_commands_have_limits(server: TelegramServer, client: Bot) -> None:
    await client.set_my_commands([("say", "Speak")], language_code="zh")
    assert server.methods.commands["default", "zh"] == [{"command": "say", "description": "Speak"}]
    for wrong in ([("Say", "Speak")], [("say", "")], [("say", "x" * 257)], [("say", "x")] * 101):
        with pytest.raises(BadRequest):
            await client.set_my_commands(wrong)


async def test_buttons_have_limits_and_are_answered_once(server: TelegramServer, client: Bot) -> None:
    def keys(data: str) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup([[InlineKeyboardButton("again", callback_data=data)]])

    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        await client.send_message(ANN.id, "Hello", reply_markup=keys("é" * 33))
    sent = await client.send_message(ANN.id, "Hello", reply_markup=keys("é" * 32))
    with pytest.raises(AssertionError, match="no button"):
        await server.press(server.world.messages[ANN.id, sent.message_id], "again")
    await server.press(server.world.messages[ANN.id, sent.message_id], "é" * 32)
    (update,) = await client.get_updates(timeout=0)
    assert update.callback_query is not None
    with pytest.raises(BadRequest, match=r"(?i)too_long"):
        await client.answer_callback_query(update.callback_query.id, "x" * 201)
    await client.answer_callback_query(update.callback_query.id, "done")
    with pytest.raises(BadRequest, match=r"(?i)too old"):
        await client.answer_callback_query(update.callback_query.id, "done")
    await client.edit_message_text("Bye", ANN.id, sent.message_id)
    with pytest.raises(BadRequest, match=r"(?i)not modified"):
        await client.edit_message_text("Bye", ANN.id, sent.message_id)
    mine: Json = (await server.text("mine"))["message"]
    with pytest.raises(BadRequest, match=r"(?i)can't be edited"):
        await client.edit_message_text("yours", ANN.id, mine["message_id"])


@pytest.mark.parametrize(
    ("rows", "refusal"),
    [
        ([[{"text": " ", "callback_data": "a"}]], "unallowed"),
        ([[{"text": "a"}]], "unallowed"),
        ([[{"text": "a", "callback_data": "a", "url": "https://t.me"}]], "unallowed"),
        ([[{"text": "a", "url": "javascript:alert(1)"}]], "BUTTON_URL_INVALID"),
        ([[{"text": "a", "switch_inline_query": "x" * 257}]], "SWITCH_INLINE_QUERY_INVALID"),
        ([[{"text": "a", "callback_data": "a"}] * 9], "REPLY_MARKUP_TOO_LONG"),
    ],
)
async def test_keyboards_that_are_refused(server: TelegramServer, rows: Any, refusal: str) -> None:
    markup = json.dumps({"inline_keyboard": rows})
    answer = await bare(server, "sendMessage", chat_id=ANN.id, text="Hello", reply_markup=markup)
    assert answer.status_code == 400
    assert refusal in answer.json()["description"]


async def test_entities_stay_inside_their_text(client: Bot) -> None:
    whole = [MessageEntity(MessageEntity.SPOILER, 0, 5)]
    assert (await client.send_message(ANN.id, "Hello", entities=whole)).entities[0].type == "spoiler"
    with pytest.raises(BadRequest, match="ends after the end of the text"):
        await client.send_message(ANN.id, "Hell", entities=whole)


async def test_an_inline_query_is_answered_once_with_what_there_is(server: TelegramServer, client: Bot) -> None:
    sent = await client.send_voice(ANN.id, voice(1.0), filename="voice.ogg", duration=1)
    assert sent.voice is not None
    known = InlineQueryResultCachedVoice("1", sent.voice.file_id, "Hello")
    card = InlineQueryResultArticle("2", "Card", InputTextMessageContent("Hello"))
    identity = await server.inline("Hello")
    (update,) = await client.get_updates(timeout=0, allowed_updates=["inline_query"])
    assert update.inline_query is not None
    assert (update.inline_query.id, update.inline_query.query) == (identity, "Hello")
    for wrong, refusal in (
        ([InlineQueryResultCachedVoice("1", "voice-file-99", "Hello")], "wrong file"),
        ([InlineQueryResultCachedVoice("1", sent.voice.file_id, "")], "title"),
        ([card, card], "duplicate"),
        ([InlineQueryResultArticle("x" * 65, "Card", InputTextMessageContent("Hello"))], "id_invalid"),
        ([InlineQueryResultArticle("1", "Card", InputTextMessageContent(""))], "empty"),
        ([InlineQueryResultArticle(str(n), "Card", InputTextMessageContent("Hello")) for n in range(51)], "too_much"),
    ):
        with pytest.raises(BadRequest, match=f"(?i){refusal}"):
            await client.answer_inline_query(identity, wrong)
    with pytest.raises(BadRequest, match=r"(?i)start_parameter"):
        await client.answer_inline_query(identity, [], button=InlineQueryResultsButton("Go", start_parameter="a b"))
    await client.answer_inline_query(identity, [known, card])
    with pytest.raises(BadRequest, match="too old"):
        await client.answer_inline_query(identity, [known])


async def test_messages_are_taken_back_and_administrators_named(server: TelegramServer, client: Bot) -> None:
    sent = await client.send_message(ANN.id, "Hello")
    await client.delete_message(ANN.id, sent.message_id)
    with pytest.raises(BadRequest, match="not found"):
        await client.delete_message(ANN.id, sent.message_id)
    group = server.group()
    theirs = await server.text("/hello", chat=group)
    with pytest.raises(BadRequest, match="can't be deleted"):
        await client.delete_message(group.id, theirs["message"]["message_id"])
    group.admins.add(ANN.id)
    assert (await client.get_chat_member(group.id, ANN.id)).status == "administrator"
    assert (await client.get_chat_member(group.id, 1002)).status == "member"
    with pytest.raises(BadRequest, match=r"(?i)participant"):
        await client.get_chat_member(group.id, group.id)


async def test_a_webhook_has_rules_and_is_brought_what_waits(server: TelegramServer, client: Bot) -> None:
    for url, secret, refusal in (
        ("https://example.org:9000/", "", "ports"),
        ("https://example.org/", "no spaces", "unallowed"),
    ):
        with pytest.raises(BadRequest, match=refusal):
            await client.set_webhook(url, secret_token=secret)
    came: list[tuple[str, Json]] = []

    async def take(request: web.Request) -> web.Response:
        came.append((request.headers["X-Telegram-Bot-Api-Secret-Token"], await request.json()))
        return web.Response(status=503 if len(came) == 1 else 200)

    hook = WebServer("127.0.0.1", 0)
    async with hook.route("POST", "/hook", take):
        server.updates.proxied = hook.root
        await client.set_webhook("https://example.org/hook", secret_token="mine", allowed_updates=["message"])
        update = await server.text("Hello")
        await server.until(lambda: not server.pending)
    assert came == [("mine", update), ("mine", update)], "what was refused is brought again"
    assert server.updates.brought == [503, 200]


async def test_misbehaves_on_demand(server: TelegramServer, client: Bot) -> None:
    server.faults = [
        Fault("sendMessage", code=429, description="Too Many Requests: retry after 7", retry_after=7),
        Fault("sendMessage", code=500, description="Internal Server Error"),
        Fault("sendMessage", reset=True),
    ]
    with pytest.raises(RetryAfter, match="7"):
        await client.send_message(ANN.id, "one")
    with pytest.raises(NetworkError, match="Internal"):
        await client.send_message(ANN.id, "two")
    with pytest.raises(NetworkError):
        await client.send_message(ANN.id, "three")
    assert server.done("sendMessage") == []
    gate = Gate()
    server.faults = [Fault("sendMessage", gate=gate)]
    sending = asyncio.create_task(client.send_message(ANN.id, "four", read_timeout=30))
    await gate.reached.wait()
    assert [call.params["text"] for call in server.done("sendMessage")] == ["four"]
    assert not sending.done()
    gate.open()
    assert (await sending).text == "four"
    assert len(server.asked("sendMessage")) == 4
