"""What is said of everything that people send in a Telegram group, proven by what the speech service was sent."""

from typing import Any

import pytest

from tests.conftest import until
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, NOW, PHOTO, Json, units
from tests.fakes.telegram_server import BOT
from tests.telegram_case import fixture_launch, fixture_server, heard  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import GROUP, Village, fixture_village, spoken  # noqa: F401


def marked(text: str, **marks: str) -> Json:
    """A text with stretches of it marked, as Telegram tells it: in UTF-16 units."""
    entities = [
        {"type": kind, "offset": units(text[: text.index(words)]), "length": units(words)}
        | ({"url": "https://example.org"} if kind == "text_link" else {})
        | ({"language": "python"} if kind == "pre" else {})
        | ({"user": ANN.json} if kind == "text_mention" else {})
        for kind, words in marks.items()
    ]
    return {"text": text, "entities": entities}


def thing(kind: str, **about: Any) -> Json:
    return {kind: {"file_id": "f", "file_unique_id": "u", **about}}


STICKER = thing("sticker", type="regular", width=512, height=512, is_animated=False, is_video=False, emoji="😂")


def poll(question: str, *options: str) -> Json:
    listed = [{"text": each, "voter_count": 0, "persistent_id": each} for each in options]
    kind = {"type": "regular", "is_closed": False, "is_anonymous": True, "allows_multiple_answers": False}
    of_98 = {"allows_revoting": True, "members_only": False}
    return {"id": "1", "question": question, "total_voter_count": 0, "options": listed, **kind, **of_98}


THINGS: dict[str, Json] = {
    "picture": {"photo": [PHOTO]},
    "voice": thing("voice", duration=7),
    "round": thing("video_note", duration=12, length=240),
    "video": thing("video", duration=12, width=8, height=8),
    "gif": {**thing("animation", duration=2, width=8, height=8), **thing("document")},
    "song": thing("audio", duration=200),
    "document": thing("document", file_name="plan.pdf", mime_type="application/pdf"),
    "archive": thing("document", file_name="all.zip"),
    "sticker": STICKER,
    "contact": {"contact": {"phone_number": "+491234", "first_name": "Zoe"}},
    "place": {"location": {"longitude": 1.5, "latitude": 2.5}},
    "dice": {"dice": {"emoji": "🎲", "value": 4}},
    "forward": {"text": "OK.", "forward_origin": {"type": "user", "date": NOW, "sender_user": LI.json}},
    "forward of somebody hidden": {"text": "OK.", "forward_origin": {
        "type": "hidden_user", "date": NOW, "sender_user_name": "Zoe"}},
    "hidden caption": {"photo": [PHOTO], "caption": "Carl!", "caption_entities": [
        {"type": "spoiler", "offset": 0, "length": 4}]},
    "reply": {"text": "OK.", "reply_to_message": {
        "message_id": 1, "date": NOW, "chat": {"id": GROUP, "type": "supergroup", "title": "V"}, "from": ANN.json,
        "text": "Coming?"}},
    "reply to the bot's voice": {"text": "OK.", "reply_to_message": {
        "message_id": 1, "date": NOW, "chat": {"id": GROUP, "type": "supergroup", "title": "V"}, "from": BOT,
        **thing("voice", duration=7)}},
    "somebody who writes as the group": {"text": "OK.", "sender_chat": {
        "id": GROUP, "type": "supergroup", "title": "The village"}},
}  # fmt: skip
"""What both languages are asked."""
ENGLISH: list[tuple[Json, str]] = [
    ({"text": "Nice 😂😂 work 🚀"}, "Bo says: Nice [laughs] work, rocket"),
    ({"text": "Look: https://www.youtube.com/watch?v=1"}, "Bo says: Look: a link to YouTube"),
    ({"text": "See you at 20:40."}, "Bo says: See you at 20:40."),
    (marked("Read this now.", text_link="this"), "Bo says: Read this now."),
    (marked("🎬 The killer is 🧑‍🍳 Carl!", spoiler="🧑‍🍳 Carl"),
     "Bo says: clapper board, The killer is [whispering] spoiler!"),
    (marked("Type rm -rf / now", code="rm -rf /"), "Bo says: Type a bit of code now"),
    (marked("So:\nprint(1)", pre="print(1)"), "Bo says: So:\na block of Python code"),
    (marked("Very *important*", bold="important"), "Bo says: Very important"),
    ({"text": "Thanks @river_song!"}, "Bo says: Thanks river song!"),
    (marked("Try /help@mouthpiece_bot now", bot_command="/help@mouthpiece_bot"),
     "Bo says: Try /help mouthpiece bot now"),
    (marked("Thanks Ann!", text_mention="Ann"), "Bo says: Thanks Ann!"),
    ({"text": "I love #MondayMorning"}, "Bo says: I love hashtag Monday Morning"),
    ({"text": "this is REALLY good"}, "Bo says: this is [emphasis] REALLY good"),
    ({"text": "*sighs* fine"}, "Bo says: [sighs] fine"),
    ({"text": "hello [shouting] there"}, "Bo says: hello, shouting, there"),
    ({"text": "sooooooo goooood"}, "Bo says: sooo goood"),
    ({"text": "btw, brb"}, "Bo says: by the way, be right back"),
    ({"text": "h̷̢̛̤͉̲̃̈́e̸̢͙̲̓̐l̴̛̲̆̽l̷̨͕̑̍ö̶̖̣́"}, "Bo says: hello"),
    ({"text": "asdfghjklasdf"}, "Bo says: keyboard smash"),
    ({"text": "call 4915112345678901"}, "Bo says: call a number of 16 digits"),
    ({"text": "he\u200bllo \u202eworld\u202c"}, "Bo says: hello world"),
    ({"text": "no no no no no"}, "Bo says: no no no"),
    ({"text": "- milk\n- eggs"}, "Bo says: milk\neggs"),
    (marked("It is over, is it?", strikethrough="over"), "Bo says: It is over, is it?"),
    (marked("We shall see.\nIndeed.", blockquote="We shall see."), "Bo says: We shall see.\nIndeed."),
    ({"poll": poll("Pizza or pasta?", "Pizza", "Pasta")},
     "Bo sent a poll: Pizza or pasta? The choices: Pizza or Pasta"),
    (THINGS["picture"], "Bo sent a picture"),
    (THINGS["picture"] | {"caption": "My cat"}, "Bo says: My cat, with a picture"),
    (THINGS["hidden caption"], "Bo says: [whispering] spoiler! with a picture"),
    (THINGS["voice"], "Bo sent a 7-second voice message"),
    (THINGS["round"], "Bo sent a video message of 12 seconds"),
    (THINGS["video"], "Bo sent a video"),
    (THINGS["gif"], "Bo sent a gif"),
    (THINGS["song"], "Bo sent a sound file"),
    (THINGS["document"], "Bo sent a document"),
    (THINGS["archive"], "Bo sent an archive"),
    (THINGS["sticker"], "Bo sent a sticker, laughing"),
    (THINGS["contact"], "Bo sent a contact"),
    (THINGS["place"], "Bo sent a place on the map"),
    (THINGS["dice"], "Bo sent a sticker, game die"),
    (THINGS["forward"], "Bo forwards Li: OK."),
    (THINGS["forward of somebody hidden"], "Bo forwards Zoe: OK."),
    (THINGS["reply"], "Bo to Ann: OK."),
    (THINGS["reply to the bot's voice"], "Bo to Mouthpiece: OK."),
    (THINGS["somebody who writes as the group"], "The village says: OK."),
]  # fmt: skip


def chinese(name: str) -> Json:
    """One of the things with Chinese words."""
    thing = THINGS[name]
    return {
        key: {"OK.": "好的。", "Carl!": "卡尔！"}.get(value, value) if isinstance(value, str) else value
        for key, value in thing.items()
    } | ({"caption_entities": [{"type": "spoiler", "offset": 0, "length": 2}]} if "caption" in thing else {})


CHINESE: list[tuple[Json, str]] = [
    ({"text": "干得好😂😂继续🚀"}, "Bo说：干得好 [笑] 继续，火箭"),
    ({"text": "看这个：https://www.bilibili.com/video/1"}, "Bo说：看这个：一个哔哩哔哩链接"),
    ({"text": "晚上20:40见。"}, "Bo说：晚上20:40见。"),
    (marked("现在读这个吧。", text_link="这个"), "Bo说：现在读这个吧。"),
    (marked("🎬凶手是🧑‍🍳Carl！", spoiler="🧑‍🍳Carl"), "Bo说：场记板，凶手是 [低语] 剧透！"),
    (marked("输入 rm -rf / 试试", code="rm -rf /"), "Bo说：输入 一小段代码 试试"),
    (marked("这样：\nprint(1)", pre="print(1)"), "Bo说：这样：\n一段Python代码"),
    (marked("非常*重要*", bold="重要"), "Bo说：非常重要"),
    ({"text": "谢谢 @小明！"}, "Bo说：谢谢 小明！"),
    (marked("试试 /help@mouthpiece_bot 吧", bot_command="/help@mouthpiece_bot"), "Bo说：试试 /help mouthpiece bot 吧"),
    (marked("多亏 小明！", text_mention="小明"), "Bo说：多亏 小明！"),
    ({"text": "我喜欢 #周末"}, "Bo说：我喜欢 话题周末"),
    ({"text": "*叹气* 好吧"}, "Bo说： [叹气] 好吧"),
    ({"text": "你好【大喊】大家"}, "Bo说：你好，大喊，大家"),
    ({"text": "好好好好好好好好"}, "Bo说：好好好"),
    ({"text": "这本书yyds，笑死2333"}, "Bo说：这本书永远的神，笑死哈哈哈"),
    ({"text": "我在乱按键盘asdfghjkl"}, "Bo说：我在乱按键盘一通乱打"),
    ({"text": "打4915112345678901"}, "Bo说：打一个16位数字"),
    ({"text": "你\u200b好 \u202e世界\u202c"}, "Bo说：你好 世界"),
    ({"text": "快快 快快 快快 快快"}, "Bo说：快快 快快 快快"),
    ({"text": "- 牛奶\n- 鸡蛋"}, "Bo说：牛奶\n鸡蛋"),
    ({"text": "你̷͇͈好̸̡̛吗"}, "Bo说：你好吗"),
    (marked("这算完了吧", strikethrough="完了"), "Bo说：这算完了吧"),
    (marked("等着瞧。\n确实。", blockquote="等着瞧。"), "Bo说：等着瞧。\n确实。"),
    ({"poll": poll("吃什么？", "披萨", "面条")}, "Bo发了投票：吃什么？ 选项：披萨、面条"),
    (THINGS["picture"], "Bo发了一张图片"),
    (chinese("hidden caption"), "Bo说： [低语] 剧透！附一张图片"),
    (THINGS["voice"], "Bo发了一条7秒的语音"),
    (THINGS["round"], "Bo发了一段12秒的视频消息"),
    (THINGS["video"], "Bo发了一个视频"),
    (THINGS["gif"], "Bo发了一张动图"),
    (THINGS["song"], "Bo发了一段音频"),
    (THINGS["document"], "Bo发了一个文档"),
    (THINGS["archive"], "Bo发了一个压缩包"),
    (THINGS["sticker"], "Bo发了贴纸笑哭"),
    (THINGS["contact"], "Bo发了一张名片"),
    (THINGS["place"], "Bo发了一个位置"),
    (THINGS["dice"], "Bo发了贴纸骰子"),
    (chinese("forward"), "Bo转发Li的消息：好的。"),
    (chinese("forward of somebody hidden"), "Bo转发Zoe的消息：好的。"),
    (chinese("reply"), "Bo对Ann说：好的。"),
    (chinese("reply to the bot's voice"), "Bo对Mouthpiece说：好的。"),
    (chinese("somebody who writes as the group"), "The village说：好的。"),
]  # fmt: skip


FEW = 15
"""Lines for one run of the bot: python-telegram-bot lets 20 messages a minute into a group, in real time."""


@pytest.mark.parametrize(
    ("language", "table"),
    [
        pytest.param(language, table[at : at + FEW], id=f"{language}-{at}")
        for language, table in (("en", ENGLISH), ("zh", CHINESE))
        for at in range(0, len(table), FEW)
    ],
)
async def test_a_message_with_every_item_is_spoken_as_expected(
    village: Village, mimo: MimoServer, language: str, table: list[tuple[Json, str]]
) -> None:
    await village.tell(f"/reading language {language}")
    for number, (content, said) in enumerate(table, 1):
        village.time.now += 61  # a new minute: the name is said again
        await village.server.write(BO.json, village.group, **content)
        await until(lambda number=number: len(mimo.calls) >= number, 20)  # type: ignore[misc]
        assert spoken(mimo)[-1] == said
    for voice in await village.voices(len(table)):
        heard(voice)
    assert not any("Carl" in text for text in spoken(mimo)), "what is hidden is never spoken"
