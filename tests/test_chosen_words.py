"""A message that somebody chose or answered is spoken by the rules of reading aloud: both front ends.

Both languages.
"""

import pytest

from bot.model import Space
from bot.texts import say
from tests.conftest import House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import BO, Json, units
from tests.fakes.telegram_server import TelegramServer
from tests.story_doors import opened
from tests.story_town import Town
from tests.telegram_case import Launch, fixture_launch, fixture_server  # noqa: F401  the fixtures of this file
from tests.test_telegram_guest import NAME, result, said

pytest_plugins = ["tests.story_fixtures"]

CHOSEN = [
    ("The end: ||Snape kills Dumbledore||, sorry.", "The end: spoiler, sorry."),
    ("结局是||斯内普杀了邓布利多||，抱歉。", "结局是剧透，抱歉。"),
    ("Run `rm -rf /tmp/x && ls` now", "Run a bit of code now"),
    ("先运行 `rm -rf /tmp/x && ls` 再说", "先运行 一小段代码 再说"),
    ("Look: ```py\nprint(1)\n```", "Look: a block of Python code"),
    ("**Really** good, [laughs] oh [whispering]", "Really good, laughs, oh, whispering"),
    ("see https://example.com/a?b=c please", "see a link to example please"),
]


@pytest.mark.parametrize(("written", "words"), CHOSEN)
async def test_what_was_chosen_is_spoken_and_shown_as_it_is_read_aloud(town: Town, written: str, words: str) -> None:
    house = await town.house()
    await house.services.requests.spaces.set(town.front_end.space(), show_words=True)
    async with opened(town.front_end, house.services):
        request = await town.front_end.reply(written)
        await town.front_end.sounds(1)
        await town.front_end.told(request, words)
    assert [job.text for job in town.said()] == [words]
    assert await town.used(house) == len(words)


def hidden(text: str, kind: str, words: str) -> list[Json]:
    """A stretch of a text marked, as Telegram tells it: in UTF-16 units."""
    return [{"type": kind, "offset": units(text[: text.index(words)]), "length": units(words)}]


@pytest.mark.parametrize(
    ("text", "kind", "inside", "words"),
    [
        (
            "🎬 The end: Snape kills Dumbledore.",
            "spoiler",
            "Snape kills Dumbledore",
            "clapper board, The end: spoiler.",
        ),
        ("🎬 结局是斯内普杀了邓布利多。", "spoiler", "斯内普杀了邓布利多", "场记板，结局是剧透。"),
        ("Run rm -rf / now", "code", "rm -rf /", "Run a bit of code now"),
        ("看看这个 print(1)", "pre", "print(1)", "看看这个 一段代码"),
    ],
)
async def test_what_telegram_marks_beside_the_text_stays_hidden(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch,
    text: str, kind: str, inside: str, words: str,
) -> None:  # fmt: skip
    marks = hidden(text, kind, inside)
    group = server.group()
    await mimo_house.services.requests.spaces.set(Space("telegram", str(group.id)), show_words=True, reply_context=True)
    async with launch(mimo_house.services) as line:
        whole = (await server.write(BO.json, group, text=text, entities=marks))["message"]
        picture = (await server.write(BO.json, group, caption=text, caption_entities=marks))["message"]
        for answered in (whole, picture):
            await server.text("/say@mouthpiece_bot", chat=group, reply_to=answered)
        for n, call in enumerate(await server.wait_for("sendVoice", 2)):
            assert call.params["caption"] == words, n
        await server.text("/say@mouthpiece_bot What a story.", chat=group, reply_to=whole)
        await server.wait_for("sendVoice", 3)
        await server.guest(NAME, reply_to=said(text) | {"entities": marks})
        card = await result(server)
        await line.platform.stop(20)
    assert inside not in str(card)
    assert all(inside not in str(call) for call in mimo.calls), "nor is it told the service as a hint for the tone"
    assert say("telegram.tone", "en", quoted=words) in str(mimo.calls[-1])


async def test_of_a_quoted_part_the_spoiler_stays_hidden(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    text = "he dies in the end"
    group = server.group()
    quote = {"text": text, "position": 0, "entities": hidden(text, "spoiler", "dies")}
    async with launch(mimo_house.services):
        answered = (await server.text(f"Well, {text}.", user=BO, chat=group))["message"]
        command: list[Json] = [{"type": "bot_command", "offset": 0, "length": 4}]
        await server.write(BO.json, group, text="/say", entities=command, reply_to_message=answered, quote=quote)
        await server.wait_for("sendVoice")
    assert [call["messages"][-1]["content"] for call in mimo.calls] == ["he spoiler in the end"]
