"""What is said in a call of everything that people write on Discord, word for word, as the speech service was asked."""

import time
from typing import Any

import pytest

from bot.platforms.discord.call.session import Item
from bot.store.dictionary import Entry
from tests.call_evening import Evening
from tests.conftest import BuildHouse, until
from tests.fakes.discord_world import Role, User
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]

BO, ROLE = User("Bo Green"), Role("regulars")
EMOJI = f"{10**17}"
FORWARD = {
    "type": 0, "embeds": [], "attachments": [], "flags": 0, "mentions": [], "mention_roles": [], "components": [],
    "timestamp": "2026-01-01T00:00:00.000000+00:00", "edited_timestamp": None,
}  # fmt: skip

Row = tuple[str | dict[str, Any], str]
"""What is written, and the words sent to the service; ``|`` parts what is sent for itself."""


def forward(words: str) -> dict[str, Any]:
    return {"text": "", "snapshots": [{"message": {**FORWARD, "content": words}}]}


ENGLISH: list[Row] = [
    ("hello <@BO>, how are you?", "Ada says: hello Bo Green, how are you?"),
    ("who of <@&ROLE> is here?", "Ada says: who of regulars is here?"),
    ("come to <#CHAT> please", "Ada says: come to the general channel please"),
    ("@everyone dinner! @here too", "Ada says: everyone dinner!|everyone here too"),
    ("<@99> and <@&98> and <#97>", "Ada says: someone and a role and a channel"),
    (f"good job <:party_blob:{EMOJI}>", "Ada says: good job, party blob"),
    ("nice 🚀🚀🚀 work 🎉", "Ada says: nice rocket work, party"),
    ("watch https://www.youtube.com/watch?v=1 now", "Ada says: watch a link to YouTube now"),
    ("look at [the plan](https://example.org/x) and steam://run/1", "Ada says: look at the plan and a link to Steam"),
    ("we meet at 20:40 then", "Ada says: we meet at 20:40 then"),
    ("run `rm -rf /tmp && ls` twice", "Ada says: run a bit of code twice"),
    ("press `Enter` now", "Ada says: press Enter now"),
    ("so:\n```py\nprint(1)\n```", "Ada says: so:|a block of Python code"),
    ("the killer is ||Carl the cook||!", "Ada says: the killer is [whispering] spoiler!"),
    ("**bold** and *italic* and ~~struck~~ and __under__", "Ada says: bold and italic and struck and under"),
    ("# A heading\n- one\n- two\n-# small print", "Ada says: A heading|one\ntwo\nsmall print"),
    ("> it was me\nno it was not", "Ada says: quote: it was me|no it was not"),
    ("it starts <t:SOON:R>", "Ada says: it starts in 2 hours"),
    ("it was on <t:978307200:D>", "Ada says: it was on January 1, 2001"),
    (f"try </say:{EMOJI}> and </settings mine:{EMOJI}>", "Ada says: try slash say and slash settings mine"),
    ("read <id:guide> first", "Ada says: read Server Guide first"),
    ({"text": "Coming.", "reply": True}, "Ada to Bo Green: Coming."),
    (forward("As it was said."), "Ada forwards: As it was said."),
    (
        {"text": "", "poll": "Pizza or pasta?", "choices": ("Pizza", "Pasta")},
        "Ada sent a poll: Pizza or pasta?|The choices: Pizza or Pasta",
    ),
    ({"text": "", "stickers": ["Wave"]}, "Ada sent a sticker, Wave"),
    (
        {"text": "", "files": ["a.png", "b.jpg", "c.pdf", "d.zip", "e.py", "f.mp4", "g.gif"]},
        "Ada sent 2 pictures, a document, an archive, a program text, a video and a gif",
    ),
    ({"text": "my cat", "files": ["a.png"]}, "Ada says: my cat, with a picture"),
    ({"text": "", "voice": 12.4}, "Ada sent a 12-second voice message"),
    ("sooooooo goooood", "Ada says: sooo goood"),
    ("no no no no no no no", "Ada says: no no no"),
    ("asdfghjkl what", "Ada says: keyboard smash what"),
    ("my number is 4915112345678901234", "Ada says: my number is a number of 19 digits"),
    ("h\u0300\u0301\u0302\u0303e\u0304\u0305\u0306llo z\u0335\u0336algo", "Ada says: hello zalgo"),
    ("in\u200bvis\u200dible \u202eback\u202c", "Ada says: invisible back"),
    ("btw, brb", "Ada says: by the way, be right back"),
    ("idk tbh, ngl it is gg", "Ada says: I don't know to be honest, not going to lie it is good game"),
    ("hahahahahaha so good", "Ada says: hahaha so good"),
    ("lol, that was mean", "Ada says: haha, that was mean"),
    ("5km in 20min on 2026-03-04 for $3.50", "Ada says: 5 kilometres in 20 minutes on March 4, 2026 for 3 dollars 50"),
    ("nice 😂😂 work", "Ada says: nice [laughs] work"),
    ("this is REALLY good", "Ada says: this is [emphasis] REALLY good"),
    ("*sighs* fine then", "Ada says: [sighs] fine then"),
    ("hello [shouting] there (angry)", "Ada says: hello, shouting, there, angry"),
    ("mp is great", "Ada says: mouthpiece is great"),
]
CHINESE: list[Row] = [
    ("你好<@BO>，最近好吗？", "Ada说：你好 Bo Green，最近好吗？"),
    ("<@&ROLE>有谁在？", "Ada说：regulars 有谁在？"),
    ("请到<#CHAT>来", "Ada说：请到 general频道来"),
    ("@everyone 吃饭了！", "Ada说：所有人 吃饭了！"),
    ("找<@99>、<@&98>或者<#97>", "Ada说：找某人、某个身份组或者某个频道"),
    (f"真是个<:party_blob:{EMOJI}>", "Ada说：真是个，party blob"),
    ("干得好🚀🚀🚀继续🎉", "Ada说：干得好火箭继续，撒花"),
    ("现在看 https://www.bilibili.com/video/1 吧", "Ada说：现在看 一个哔哩哔哩链接 吧"),
    ("看[这个计划](https://example.org/x)再说", "Ada说：看这个计划再说"),
    ("晚上20:40见", "Ada说：晚上20:40见"),
    ("先运行 `rm -rf /tmp && ls` 两次", "Ada说：先运行 一小段代码 两次"),
    ("这样：\n```py\nprint(1)\n```", "Ada说：这样：|一段Python代码"),
    ("凶手是||厨师卡尔||！", "Ada说：凶手是 [低语] 剧透！"),
    ("**粗体**和*斜体*和~~划掉~~的字", "Ada说：粗体和斜体和划掉的字"),
    ("# 标题\n- 第一\n- 第二\n-# 小字", "Ada说：标题|第一\n第二\n小字"),
    ("> 是我\n不是你", "Ada说：引用：是我|不是你"),
    ("<t:SOON:R>开始", "Ada说：2小时后开始"),
    ("那是<t:978307200:D>的事", "Ada说：那是 2001年1月1日的事"),
    (f"试试</say:{EMOJI}>吧", "Ada说：试试 say命令 吧"),
    ("先看<id:guide>吧", "Ada说：先看服务器指南吧"),
    ({"text": "来了。", "reply": True}, "Ada对Bo Green说：来了。"),
    (forward("原话如此。"), "Ada转发：原话如此。"),
    ({"text": "", "poll": "吃什么？", "choices": ("披萨", "面条")}, "Ada发了投票：吃什么？|选项：披萨、面条"),
    ({"text": "", "stickers": ["挥手"]}, "Ada发了贴纸挥手"),
    (
        {"text": "", "files": ["a.png", "b.jpg", "c.pdf", "d.zip", "e.py", "f.mp4", "g.gif"]},
        "Ada发了2张图片、一个文档、一个压缩包、一个代码文件、一个视频和一张动图",
    ),
    ({"text": "我的猫", "files": ["a.png"]}, "Ada说：我的猫，附一张图片"),
    ({"text": "", "voice": 12.4}, "Ada发了一条12秒的语音"),
    ("好好好好好好好好", "Ada说：好好好"),
    ("快来快来快来快来快来快来", "Ada说：快来快来快来"),
    ("啊asdfghjkl什么", "Ada说：啊一通乱打什么"),
    ("号码是4915112345678901234", "Ada说：号码是一个19位数字"),
    ("你\u0300\u0301\u0302\u0303好\u0304\u0305\u0306呀", "Ada说：你好呀"),
    ("看\u200b不\u200d见 \u202e反的\u202c", "Ada说：看不见 反的"),
    ("u1s1，不错", "Ada说：有一说一，不错"),
    ("这本书yyds，xswl", "Ada说：这本书永远的神，笑死我了"),
    ("笑死2333 hhh 哈哈哈哈哈哈哈", "Ada说：笑死哈哈哈 哈哈哈 哈哈哈"),
    ("20分钟跑5km，2026-03-04，¥3.50", "Ada说：20分钟跑5公里，2026年3月4日，3.50元"),
    ("干得好😂😂继续", "Ada说：干得好 [笑] 继续"),
    ("这个真的 AMAZING 啊", "Ada说：这个真的 [强调] AMAZING 啊"),
    ("*叹气* 好吧", "Ada说： [叹气] 好吧"),
    ("你好【大喊】大家（生气）", "Ada说：你好，大喊，大家，生气"),
    ("mp很棒", "Ada说：mouthpiece 很棒"),
]


def is_made(item: Item) -> bool:
    return item.task is not None and item.task.done()


@pytest.mark.parametrize(("language", "table"), [("en", ENGLISH), ("zh", CHINESE)])
async def test_a_message_with_every_item_is_spoken_word_for_word(
    evening: Evening, mimo: MimoServer, build_house: BuildHouse, language: str, table: list[Row]
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo"]},
    )
    evening.server.world.home.roles.append(ROLE)
    await evening.move_in(house)
    await house.services.reader.readings.set(evening.space, names=True, language=language, max_characters=300)
    await house.core.dictionaries.put(evening.space, Entry("mp", "mouthpiece"))
    asked = await evening.write("Is anybody there?", BO)
    await evening.join()
    marks = {"BO": BO.id, "ROLE": ROLE.id, "CHAT": evening.general.id, "SOON": int(time.time()) + 7500}
    for written, said in table:
        more: dict[str, Any] = dict(written) if isinstance(written, dict) else {"text": written}
        text = more.pop("text")
        for mark, value in marks.items():
            text = text.replace(f"{mark}>", f"{value}>").replace(f":{mark}:", f":{value}:")
        if more.pop("reply", False):
            more["reply_to"] = asked
        before = len(mimo.calls)
        message = await evening.write(text, mentions=[BO], mention_roles=[str(ROLE.id)], **more)
        await until(lambda before=before: len(mimo.calls) > before)  # type: ignore[misc]
        await until(lambda: all(map(is_made, evening.session._items.values())))
        assert "|".join(call["messages"][-1]["content"] for call in mimo.calls[before:]) == said
        evening.session.skip_all()  # nobody waits for its end, and the name is said again
        await evening.outcomes(message)
