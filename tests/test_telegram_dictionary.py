"""``/dictionary`` on Telegram: one's own in private, the group's in the group; files, refusals."""

import json

import pytest

from bot.model import Account, Space
from bot.store.dictionary import Entry
from bot.texts import say
from tests.conftest import House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, Chat, Json, Person
from tests.fakes.telegram_server import Fault, TelegramServer
from tests.telegram_case import Launch, buttons, fixture_launch, fixture_server  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import GROUP, Village, fixture_village, open_village, spoken  # noqa: F401

SPACE = Space("telegram", str(GROUP))


async def exported(village: Village, order: str, user: Person = ANN, chat: Chat | None = None) -> tuple[str, bytes]:
    """The file that comes for ``/dictionary export``."""
    count = len(village.server.done("sendDocument"))
    await village.server.text(f"/dictionary {order}", user=user, chat=chat or village.group)
    (upload,) = (await village.server.wait_for("sendDocument", count + 1))[-1].files.values()
    return upload.filename, upload.data


async def test_words_of_ones_own_and_of_the_group_are_spoken(village: Village, mimo: MimoServer) -> None:
    private = village.server.world.private(BO)
    added = await village.said("/dictionary add zorp = good game", BO, chat=private)
    assert added == say("dictionary.added", "en", written="zorp", said="good game")
    await village.said("/dictionary add Xiaomi = shao me")
    await village.said(r"/dictionary add pattern: (\d+)k = \1 thousand")
    await village.said("/dictionary add a=b = equals")
    await village.write("zorp, my Xiaomi has 5k photos, so a=b")
    await village.voices()
    assert spoken(mimo) == ["Bo says: good game, my shao me has 5 thousand photos, so equals"]
    await village.write("zorp Xiaomi", LI)
    await village.voices(2)
    assert spoken(mimo)[1] == "Li says: zorp shao me", "his words are his own, the group's are everyone's"
    assert await village.said("/dictionary remove XIAOMI") == say("dictionary.removed", "en", written="XIAOMI")
    assert await village.said("/dictionary remove XIAOMI") == say("dictionary.unknown", "en", word="XIAOMI")
    await village.said(r"/dictionary remove pattern: (\d+)k")
    listed = await village.said("/dictionary list", BO)
    assert listed.startswith(say("dictionary.count", "en", count=1, limit=500))
    assert say("dictionary.line", "en", written="a=b", said="equals") in listed


async def test_it_is_said_in_chinese_too(village: Village, mimo: MimoServer) -> None:
    private = village.server.world.private(LI)
    usage = await village.said("/dictionary", LI, chat=private)
    assert usage == say("telegram.dictionary.usage", "zh")
    assert await village.said("/dictionary", LI) == say("telegram.dictionary.usage.group", "zh")
    added = await village.said("/dictionary 添加 冲鸭＝冲啊", LI, chat=private)
    assert added == say("dictionary.added", "zh", written="冲鸭", said="冲啊")
    await village.write("大家冲鸭！", LI)
    await village.voices()
    assert "冲啊" in spoken(mimo)[0]
    assert "冲鸭" in await village.said("/dictionary 列表", LI, chat=private)
    assert await village.said("/dictionary 删除 冲鸭", LI, chat=private) == say(
        "dictionary.removed", "zh", written="冲鸭"
    )
    assert (await exported(village, "导出 csv", LI, private))[0] == "dictionary.csv"


@pytest.mark.parametrize("form", ["json", "csv"])
async def test_a_file_comes_back_as_it_went(village: Village, mimo_house: House, form: str) -> None:
    dictionaries = mimo_house.core.dictionaries
    for order in ("add btw = by the way", "add 冲鸭 = 冲啊", r"add pattern: x+ = \0", "add shh ="):
        await village.said(f"/dictionary {order}")
    before = await dictionaries.get(SPACE)
    assert len(before) == 4
    name, data = await exported(village, f"export {form}")
    assert name == f"dictionary.{form}"
    await dictionaries.forget(SPACE)
    message = (await village.server.document(data, name, village.group, user=ANN))["message"]
    said = await village.said("/dictionary import", reply_to=message)
    assert said.startswith(say("dictionary.imported", "en", count=4))
    assert say("dictionary.line", "en", written="btw", said="by the way") in said
    assert await dictionaries.get(SPACE) == before


async def test_a_file_may_bring_the_command_along(village: Village, mimo_house: House, mimo: MimoServer) -> None:
    dictionaries, private = mimo_house.core.dictionaries, village.server.world.private(BO)
    await dictionaries.put(Account("telegram", str(BO.id)), Entry("old", "former"))
    for caption in ("/dictionary import", "/dictionary@mouthpiece_bot import replace", "/dictionary@other_bot import"):
        count = len(village.server.done("sendMessage"))
        data = json.dumps([{"written": "gg", "said": caption}]).encode()
        await village.server.document(data, "words.json", private, user=BO, caption=caption)
        if "other" not in caption:
            await village.server.wait_for("sendMessage", count + 1)
    await village.settled()
    (entry,) = await dictionaries.get(Account("telegram", str(BO.id)))
    assert entry == Entry("gg", "/dictionary@mouthpiece_bot import replace")
    assert not mimo.calls, "a command below a file is not read aloud"


@pytest.mark.parametrize("first", [True, False])
async def test_of_an_album_of_files_the_one_with_the_command_is_obeyed(
    launch: Launch, server: TelegramServer, house: House, first: bool
) -> None:
    files = [server.world.store("document", b"[]", {"file_name": "words.json"}).about for _ in range(3)]
    captions = ["/dictionary list", None, None]
    async with launch(house.services, gather=0.2):
        for file, caption in zip(files, captions if first else reversed(captions), strict=True):
            private = server.world.private(BO)
            await server.write(BO.json, private, document=file, caption=caption, media_group_id="album-1")
        await server.all_acknowledged()
    (call,) = server.done("sendMessage")
    assert call.params["text"] != say("telegram.no_words", "en")


async def test_what_cannot_be_taken_is_refused_with_a_sentence(
    launch: Launch, server: TelegramServer, house: House
) -> None:
    async with open_village(launch, server, house.services) as village:
        for order in ("add btw = by the way", "remove btw", "import"):
            assert await village.said(f"/dictionary {order}", BO) == say("telegram.dictionary.admins_only", "en")
        private = server.world.private(BO)
        assert await village.said("/dictionary add btw", BO, chat=private) == say("telegram.dictionary.equals", "en")
        own = await village.said("/dictionary add pattern: x+ = y", BO, chat=private)
        assert own == say("dictionary.patterns_shared", "en")
        assert await village.said("/dictionary add  = y", BO, chat=private) == say("dictionary.empty", "en")
        broken = await village.said("/dictionary add pattern: (x = y")
        assert broken.startswith(say("dictionary.pattern", "en", problem="").split(":")[0])
        assert await village.said("/dictionary import") == say("telegram.dictionary.no_file", "en")
        files: list[tuple[bytes, str, str]] = [
            (b"[", "words.json", say("dictionary.file_json", "en", line=1)),
            (b"x", "words.exe", say("dictionary.file_kind", "en")),
            (b"\xff\xfe", "words.csv", say("dictionary.file_encoding", "en")),
            (bytes(512_001), "words.csv", say("dictionary.file_size", "en", limit=512)),
        ]
        for data, name, sentence in files:
            message: Json = (await server.document(data, name, village.group, user=ANN))["message"]
            assert await village.said("/dictionary import", reply_to=message) == sentence
        server.faults = [Fault("getFile", code=400, description="Bad Request: wrong file_id")]
        assert await village.said("/dictionary import", reply_to=message) == sentence, "too large: not even asked for"
        message = (await server.document(b"[]", "words.json", village.group, user=ANN))["message"]
        assert await village.said("/dictionary import", reply_to=message) == say("telegram.file.unread", "en")
        server.faults = [Fault("sendDocument", code=400, description="Bad Request: not enough rights")]
        assert "ot enough rights" in await village.said("/dictionary export")
        assert not await house.core.dictionaries.get(SPACE)


async def test_a_doubtful_file_is_taken_in_when_who_asked_says_so(village: Village, mimo_house: House) -> None:
    dictionaries, server = mimo_house.core.dictionaries, village.server
    data = "你懂的,你知道\ngg,好局\n".encode("gb18030")

    async def asked() -> Json:
        message = (await server.document(data, "words.csv", village.group, user=ANN))["message"]
        shown = await village.said("/dictionary import", reply_to=message)
        assert say("dictionary.line", "en", written="你懂的", said="你知道") in shown
        assert "gb18030" in shown
        assert shown.endswith(say("dictionary.ask", "en", count=2))
        return dict(server.done("sendMessage")[-1].result)

    async def toast(question: Json, word: str, user: Person) -> str:
        pressed = buttons(question)[say(f"dictionary.{word}", "en")]
        count = len(server.done("answerCallbackQuery"))
        await server.press(question, pressed, user=user)
        return str((await server.wait_for("answerCallbackQuery", count + 1))[-1].params.get("text", ""))

    question = await asked()
    assert await toast(question, "yes", BO) == say("dictionary.ask_others", "en")
    assert not await dictionaries.get(SPACE)
    await toast(question, "yes", ANN)
    assert server.done("editMessageText")[-1].params["text"].startswith(say("dictionary.imported", "en", count=2))
    assert await dictionaries.get(SPACE) == (Entry("你懂的", "你知道"), Entry("gg", "好局"))
    await dictionaries.forget(SPACE)
    await toast(await asked(), "no", ANN)
    assert server.done("editMessageText")[-1].params["text"] == say("dictionary.not_imported", "en")
    assert not await dictionaries.get(SPACE)


async def test_a_word_that_no_message_can_hold_is_told(village: Village) -> None:
    added = await village.said("/dictionary add ||x|| = y")
    assert added.splitlines()[1] == say("dictionary.dead", "en", words="||x||")
    for written in ("👍", "my_var", "ＮＰＣ", "me@x.com", ":)", "①", "don’t"):
        assert "\n" not in await village.said(f"/dictionary add {written} = y"), written


async def test_a_hostile_word_list_is_bounded(village: Village, mimo_house: House) -> None:
    many = json.dumps([{"written": f"w{n}", "said": "x"} for n in range(501)]).encode()
    message = (await village.server.document(many, "words.json", village.group, user=ANN))["message"]
    assert await village.said("/dictionary import", reply_to=message) == say("dictionary.full", "en", limit=500)
    assert not await mimo_house.core.dictionaries.get(SPACE)
