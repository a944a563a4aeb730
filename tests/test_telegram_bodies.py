"""The Telegram stand-in answers bots of any library: every kind of body, marks in texts, keyboards, common methods."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.audio import ogg
from bot.audio.pcm import Pcm
from tests.at_once import encode
from tests.fakes import tones
from tests.fakes.telegram_chats import ANN, BO, Json
from tests.fakes.telegram_markup import parse
from tests.fakes.telegram_server import BOT, TOKEN, TelegramServer

VOICE = ogg.write(encode(Pcm(tones.tone(440, 2 * tones.RATE), tones.RATE)), {})


class Bare:
    """Requests without a library."""

    def __init__(self, server: TelegramServer, http: httpx.AsyncClient) -> None:
        self.server = server
        self._http = http

    async def ask(self, method: str, body: Json | None = None, **more: Any) -> Json:
        """The whole answer; ``body``: as JSON."""
        given: Json = {"json": body} if body is not None else {}
        answer = await self._http.post(f"{self.server.root}/bot{TOKEN}/{method}", **given, **more)
        found: Json = answer.json()
        assert answer.status_code == found.get("error_code", 200)
        return found

    async def done(self, method: str, body: Json | None = None, **more: Any) -> Any:
        """The result of what was accepted."""
        answer = await self.ask(method, body, **more)
        assert answer["ok"], answer["description"]
        return answer["result"]

    async def refused(self, method: str, body: Json | None = None, **more: Any) -> str:
        """Why it was refused."""
        answer = await self.ask(method, body, **more)
        assert not answer["ok"], answer
        return str(answer["description"])


@pytest.fixture
async def bare() -> AsyncIterator[Bare]:
    async with TelegramServer() as server, httpx.AsyncClient(trust_env=False) as http:
        server.world.private(ANN)
        yield Bare(server, http)


BOLD = [{"type": "bold", "offset": 0, "length": 5}]


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"chat_id": ANN.id, "text": "Hello", "entities": BOLD}},
        {"data": {"chat_id": str(ANN.id), "text": "Hello", "entities": json.dumps(BOLD)}},
        {"files": {"chat_id": (None, str(ANN.id)), "text": (None, "Hello"), "entities": (None, json.dumps(BOLD))}},
        {"params": {"chat_id": ANN.id, "text": "Hello", "entities": json.dumps(BOLD)}},
        {"params": {"text": "Hello"}, "json": {"chat_id": ANN.id, "text": "other", "entities": BOLD}},
        {"content": json.dumps({"chat_id": "1001", "text": "Hello", "entities": json.dumps(BOLD)}).encode(),
         "headers": {"Content-Type": "application/json; charset=utf-8"}},
    ],
    ids=["json", "form", "multipart", "address", "address-wins", "json-in-json"],
)  # fmt: skip
async def test_every_kind_of_body_says_the_same(bare: Bare, request_: Json) -> None:
    message = await bare.done("sendMessage", **request_)
    assert (message["text"], message["entities"]) == ("Hello", BOLD)


@pytest.mark.parametrize(
    ("body", "why"), [(b"{'a': 1}", "can't parse"), (b"[1]", "JSON object expected"), (b"{", "can't")]
)
async def test_what_is_no_json_is_refused(bare: Bare, body: bytes, why: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert why in await bare.refused("sendMessage", content=body, headers=headers)
    assert (await bare.done("getMe", content=b"", headers=headers))["id"] == BOT["id"]


async def test_a_poll_with_a_json_body_gets_the_kinds_it_asks_for(bare: Bare) -> None:
    asked = {"offset": 0, "limit": 100, "timeout": 0, "allowed_updates": ["message"]}
    assert await bare.done("getUpdates", asked) == []
    await bare.server.text("written")
    await bare.server.text("corrected", edited=True)
    (update,) = await bare.done("getUpdates", asked)
    assert update["message"]["text"] == "written"
    assert await bare.done("deleteWebhook", {"drop_pending_updates": True}) is True
    assert await bare.done("getUpdates", {"timeout": 0}) == []


async def test_a_voice_needs_no_duration(bare: Bare) -> None:
    files = {"voice": ("voice.ogg", VOICE, "audio/ogg")}
    sent = await bare.done("sendVoice", data={"chat_id": ANN.id}, files=files)
    assert sent["voice"]["duration"] == 2
    attached = {"chat_id": ANN.id, "voice": "attach://x1", "caption": "<i>a</i>", "parse_mode": "HTML"}
    sent = await bare.done("sendVoice", data=attached, files={"x1": ("v.ogg", VOICE)})
    assert (sent["caption"], sent["caption_entities"]) == ("a", [{"type": "italic", "offset": 0, "length": 1}])
    assert [call.sound is not None for call in bare.server.done("sendVoice")] == [True, True]


Marks = list[tuple[Any, ...]]


@pytest.mark.parametrize(
    ("mode", "text", "plain", "marks"),
    [
        ("HTML", "🏟<b>a <i>b</i></b> &lt;&amp;&#33;&nbsp;", "🏟a b <&!&nbsp;", [("bold", 2, 3), ("italic", 4, 1)]),
        ("html", '<a href="example.org">x</a>', "x", [("text_link", 0, 1, "http://example.org/")]),
        ("HTML", '<a href="tg://user?id=1001">x</a>', "x", [("text_mention", 0, 1, 1001)]),
        ("HTML", "<a>x</a><u></u>", "x", []),
        ("HTML", '<span class="tg-spoiler">x</span><tg-spoiler>y</>', "xy", [("spoiler", 0, 1), ("spoiler", 1, 1)]),
        ("HTML", '<pre><code class="language-py">x</code></pre>', "x", [("pre", 0, 1, "py")]),
        ("HTML", "<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)]),
        ("MarkdownV2", "*a _b_* __c__ ~d~ ||e|| `f.` 1\\.", "a b c d e f. 1.",
         [("bold", 0, 3), ("italic", 2, 1), ("underline", 4, 1), ("strikethrough", 6, 1), ("spoiler", 8, 1),
          ("code", 10, 2)]),
        ("MarkdownV2", "[a](https://b.c/d\\)) ![👍](tg://emoji?id=5)", "a 👍",
         [("text_link", 0, 1, "https://b.c/d)"), ("custom_emoji", 2, 2, "5")]),
        ("MarkdownV2", ">a\n>b\nc", "a\nb\nc", [("blockquote", 0, 4)]),
        ("MarkdownV2", ">a||", "a", [("expandable_blockquote", 0, 1)]),
        ("MarkdownV2", "```py\nx*y```", "x*y", [("pre", 0, 3, "py")]),
        ("Markdown", "*a* _b_ `c.d` [e](f.org) g\\_h.", "a b c.d e g_h.",
         [("bold", 0, 1), ("italic", 2, 1), ("code", 4, 3), ("text_link", 8, 1, "http://f.org/")]),
        ("", "*a* <b>", "*a* <b>", []),
    ],
)  # fmt: skip
def test_marks_become_entities(mode: str, text: str, plain: str, marks: Marks) -> None:
    said, entities = parse(text, mode)
    assert said == plain
    assert [tuple(value for value in entity.values() if value != "") for entity in map(_ordered, entities)] == marks


def _ordered(entity: Json) -> Json:
    first = {name: entity[name] for name in ("type", "offset", "length")}
    return first | entity


@pytest.mark.parametrize(
    ("mode", "text", "why"),
    [
        ("HTML", "🏟<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("HTML", "🏟<foo>x", 'Unsupported start tag "foo" at byte offset 4'),
        ("HTML", "<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("HTML", "x</b>", "Unexpected end tag at byte offset 1"),
        ("HTML", "a <b", "Unclosed start tag at byte offset 2"),
        ("HTML", "<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("MarkdownV2", "a.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "🏟*a", "Can't find end of Bold entity at byte offset 4"),
        ("MarkdownV2", "__a_", "Can't find end of Italic entity at byte offset 3"),
        ("MarkdownV2", "```py a", "Can't find end of PreCode entity at byte offset 0"),
        ("MarkdownV2", "[a](b", "Can't find end of a URL at byte offset 4"),
        ("MarkdownV2", "![a]", "Custom emoji entity must contain a tg://emoji URL"),
        ("Markdown", "a_b", "Can't find end of the entity starting at byte offset 1"),
    ],
)
async def test_bad_marks_are_refused_in_the_service_s_words(bare: Bare, mode: str, text: str, why: str) -> None:
    asked = {"chat_id": ANN.id, "text": text, "parse_mode": mode}
    assert await bare.refused("sendMessage", asked) == f"Bad Request: can't parse entities: {why}"
    assert bare.server.done("sendMessage") == []


async def test_marks_count_without_themselves_and_blanks(bare: Bare) -> None:
    sent = await bare.done("sendMessage", {"chat_id": ANN.id, "text": " \n<b> a /say</b> ", "parse_mode": "HTML"})
    assert sent["text"] == "a /say"
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 6}]
    assert await bare.done("sendMessage", {"chat_id": ANN.id, "text": f"*{'a' * 4096}*", "parse_mode": "Markdown"})
    for text, mode, why in (
        ("<b></b>", "HTML", "message text is empty"),
        ("a" * 4097, "HTML", "message is too long"),
        ("a", "markdown3", "unsupported parse_mode"),
    ):
        asked = {"chat_id": ANN.id, "text": text, "parse_mode": mode}
        assert await bare.refused("sendMessage", asked) == f"Bad Request: {why}"
    sent = await bare.done("sendMessage", {"chat_id": ANN.id, "text": "/say <b>", "parse_mode": "None"})
    assert sent["entities"] == [{"type": "bot_command", "offset": 0, "length": 4}]


async def test_a_message_shows_inline_keyboards_alone(bare: Bare) -> None:
    inline = {"inline_keyboard": [[{"text": "x", "callback_data": "y", "hide": False}]]}
    sent = await bare.done("sendMessage", {"chat_id": ANN.id, "text": "a", "reply_markup": inline})
    assert sent["reply_markup"] == {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}
    others: list[Json] = [
        {"keyboard": [["a"], [{"text": "b"}]], "resize_keyboard": True},
        {"remove_keyboard": True},
        {"force_reply": True},
    ]
    for markup in others:
        message = await bare.done("sendMessage", {"chat_id": ANN.id, "text": "a", "reply_markup": markup})
        assert "reply_markup" not in message
        asked = {"chat_id": ANN.id, "message_id": sent["message_id"], "text": "b", "reply_markup": markup}
        assert await bare.refused("editMessageText", asked) == "Bad Request: inline keyboard expected"


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        (None, "object expected as reply markup"),
        ([], "object expected as reply markup"),
        ({"keyboard": "a"}, 'field "keyboard" of the ReplyKeyboardMarkup must be an Array'),
        ({"keyboard": ["a"]}, 'field "keyboard" of the ReplyKeyboardMarkup must be an Array of Arrays'),
        ({"keyboard": [[{}]]}, "can't parse keyboard button: Can't find field \"text\""),
        ({"inline_keyboard": [{}]}, 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'),
        ({"inline_keyboard": [["a"]]}, "can't parse inline keyboard button: InlineKeyboardButton must be an Object"),
    ],
)
async def test_keyboards_that_are_none_are_refused(bare: Bare, markup: Any, why: str) -> None:
    asked = {"chat_id": ANN.id, "text": "a", "reply_markup": markup}
    assert await bare.refused("sendMessage", asked) == f"Bad Request: {why}"


async def test_marks_count_in_inline_results_too(bare: Bare) -> None:
    query = await bare.server.inline("Hello")
    content = {"message_text": "<b>Hello</b>", "parse_mode": "HTML"}
    card: Json = {"type": "article", "id": "1", "title": "Card", "input_message_content": content}
    broken = card | {"input_message_content": content | {"message_text": "<b>Hello"}}
    why = await bare.refused("answerInlineQuery", {"inline_query_id": query, "results": [broken]})
    assert "Can't find end tag" in why
    assert await bare.done("answerInlineQuery", {"inline_query_id": query, "results": [card]}) is True
    message = await bare.server.choose(card, bare.server.group())
    assert (message["text"], message["entities"]) == ("Hello", BOLD)


async def test_messages_are_copied_forwarded_changed_and_deleted(bare: Bare) -> None:
    voice = await bare.done("sendVoice", data={"chat_id": ANN.id}, files={"voice": ("v.ogg", VOICE)})
    number = {"chat_id": ANN.id, "message_id": voice["message_id"]}
    changed = await bare.done("editMessageCaption", number | {"caption": "*a*", "parse_mode": "Markdown"})
    assert (changed["caption"], changed["caption_entities"][0]["type"]) == ("a", "bold")
    buttons = {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}
    assert (await bare.done("editMessageReplyMarkup", number | {"reply_markup": buttons}))["reply_markup"] == buttons
    assert "message is not modified" in await bare.refused("editMessageReplyMarkup", number | {"reply_markup": buttons})
    assert "reply_markup" not in await bare.done("editMessageReplyMarkup", number)
    again = number | {"from_chat_id": ANN.id}
    copied = await bare.done("copyMessage", again | {"caption": "other"})
    assert set(copied) == {"message_id"}
    copy = bare.server.world.messages[ANN.id, copied["message_id"]]
    assert (copy["caption"], copy["voice"]) == ("other", voice["voice"])
    forwarded = await bare.done("forwardMessage", again)
    assert forwarded["forward_origin"]["sender_user"]["id"] == BOT["id"]
    gone = {"chat_id": ANN.id, "message_ids": [copied["message_id"], forwarded["message_id"], 99]}
    assert await bare.done("deleteMessages", gone) is True
    assert await bare.refused("copyMessage", again | {"message_id": 99}) == "Bad Request: message to copy not found"
    assert (
        await bare.refused("forwardMessage", again | {"message_id": 99}) == "Bad Request: message to forward not found"
    )


async def test_pictures_and_albums(bare: Bare) -> None:
    photo = await bare.done("sendPhoto", data={"chat_id": ANN.id, "caption": "a"}, files={"photo": ("a.jpg", b"abc")})
    again = await bare.done("sendPhoto", {"chat_id": ANN.id, "photo": photo["photo"][0]["file_id"]})
    assert again["photo"] == photo["photo"]
    media = [{"type": "photo", "media": "attach://a", "caption": "x"}, {"type": "document", "media": "attach://b"}]
    asked = {"chat_id": ANN.id, "media": json.dumps(media)}
    album = await bare.done("sendMediaGroup", data=asked, files={"a": ("a.jpg", b"a"), "b": ("b.txt", b"b")})
    assert [sorted({"photo", "document"} & set(message)) for message in album] == [["photo"], ["document"]]
    assert "2-10" in await bare.refused("sendMediaGroup", {"chat_id": ANN.id, "media": media[:1]})
    assert "HTTP URL" in await bare.refused("sendPhoto", {"chat_id": ANN.id, "photo": "https://example.org/a.jpg"})


async def test_what_bots_ask_at_start(bare: Bare) -> None:
    listed = [{"command": "say", "description": "Speak"}]
    for body in ({"commands": listed}, {"commands": listed[:0], "language_code": "zh"}):
        await bare.done("setMyCommands", body)
    assert await bare.done("getMyCommands", {}) == listed
    assert await bare.done("deleteMyCommands", {}) is True
    assert await bare.done("getMyCommands") == []
    assert await bare.done("getMyName") == {"name": BOT["first_name"]}
    for name, words in (("Name", "name"), ("Description", "description"), ("ShortDescription", "short_description")):
        assert await bare.done(f"setMy{name}", {words: "Hello"}) is True
        assert await bare.done(f"getMy{name}") == {words: "Hello"}
        assert "TOO_LONG" in await bare.refused(f"setMy{name}", {words: "x" * 600})
    assert await bare.done("getChatMenuButton") == {"type": "default"}
    await bare.done("setChatMenuButton", {"menu_button": {"type": "commands"}})
    assert await bare.done("getChatMenuButton") == {"type": "commands"}
    assert not (await bare.done("getMyDefaultAdministratorRights"))["can_manage_chat"]
    assert (await bare.done("getWebhookInfo"))["pending_update_count"] == 0


async def test_people_reactions_and_pins(bare: Bare) -> None:
    group = bare.server.group()
    group.admins.add(ANN.id)
    said = (await bare.server.text("/hello", user=BO, chat=group))["message"]
    number = {"chat_id": group.id, "message_id": said["message_id"]}
    assert await bare.done("getChatMemberCount", number) == 3
    assert [each["user"]["id"] for each in await bare.done("getChatAdministrators", number)] == [ANN.id]
    assert await bare.done("getUserProfilePhotos", {"user_id": BO.id}) == {"total_count": 0, "photos": []}
    assert await bare.done("setMessageReaction", number | {"reaction": [{"type": "emoji", "emoji": "👍"}]}) is True
    wrong = [{"type": "emoji", "emoji": "🦷"}]
    assert await bare.refused("setMessageReaction", number | {"reaction": wrong}) == "Bad Request: REACTION_INVALID"
    assert "not enough rights" in await bare.refused("pinChatMessage", number)
    group.admins.add(BOT["id"])
    assert await bare.done("pinChatMessage", number) is True
    assert await bare.done("unpinChatMessage", number) is True
    assert await bare.done("sendMessageDraft", {"chat_id": ANN.id, "draft_id": 1, "text": "wri"}) is True
    assert await bare.done("leaveChat", number) is True
    assert "kicked" in (await bare.refused("sendMessage", number | {"text": "a"}))


async def test_after_logging_out_nothing_is_done(bare: Bare) -> None:
    assert await bare.done("close") is True
    assert await bare.done("logOut") is True
    assert await bare.refused("getMe") == "Logged out"
