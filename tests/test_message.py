"""``say --message``: a text taken as a chat message, on the command line as a real process."""

import json

import pytest

from bot.audio import ogg
from bot.cli.arguments import Arguments
from bot.cli.message import read_aloud
from bot.config import Config
from bot.texts import say as sentence
from tests.fakes.mimo_server import MimoServer
from tests.shell import Shell


async def test_the_rules_are_told_as_one_object(shell: Shell) -> None:
    done = await shell("say", "btw, look: https://youtu.be/x ||Bob||", "--message", "--explain", "--json")
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    assert told["spoken"] == "by the way, look: a link to YouTube [whispering] spoiler"
    assert told["segments"] == [told["spoken"]]
    assert told["characters"] == len(told["spoken"])
    assert len(told["requests"]) == 1
    assert told["rules"] == [
        {"rule": "spoiler", "before": "||…||", "after": "[whispering] spoiler"},
        {"rule": "link", "before": "https://youtu.be/x", "after": "a link to YouTube"},
        {"rule": "slang", "before": "btw", "after": "by the way"},
    ]


async def test_the_rules_are_told_in_words(shell: Shell) -> None:
    done = await shell("say", "**hi** (there) \u200bhttps://youtu.be/x", "--message", "--explain")
    assert done.code == 0
    assert done.out.splitlines()[:6] == [
        "Spoken:",
        "hi, there, a link to YouTube",
        "  invisible characters: U+200B left out",
        "  link: https://youtu.be/x → a link to YouTube",
        "  formatting: **hi** (there) a link to YouTube → hi (there) a link to YouTube",
        "  brackets: hi (there) a link to YouTube → hi , there, a link to YouTube",
    ]


async def test_the_language_and_the_voice_of_each_part_are_told(shell: Shell) -> None:
    text = "See you there, my friend. 你今天晚上有空一起打游戏吗? Ich habe heute leider keine Zeit."
    told = json.loads((await shell("say", text, "--message", "--explain", "--json", "--voice", "en-f")).out)
    assert told["voices"] == [
        {"language": language, "voice": "en-f", "provider": "espeak"} for language in ("en", "zh", "de")
    ]
    assert told["segments"][1] == "你今天晚上有空一起打游戏吗?"
    words = (await shell("say", text, "--message", "--explain", "--voice", "en-f")).out
    assert "Request 3 (33 characters; language de, voice en-f of espeak):" in words


async def test_a_dictionary_is_tried(shell: Shell) -> None:
    words = shell.folder / "words.csv"
    words.write_text("written,said,pattern\nbrb,back in a flash,\nv(\\d+),version \\1,yes\n", encoding="utf-8")
    done = await shell("say", "BRB with v3", "--message", "--dictionary", str(words), "--explain", "--json")
    told = json.loads(done.out)
    assert told["spoken"] == "back in a flash with version 3"
    assert {"rule": "dictionary", "before": "BRB", "after": "back in a flash"} in told["rules"]
    out = shell.folder / "a.ogg"
    spoken = await shell("say", "brb", "--message", "--dictionary", str(words), "--json", "-o", str(out))
    assert json.loads(spoken.out)["spoken"] == "back in a flash"
    assert ogg.read(out.read_bytes())[0].seconds > 0.5


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        (b"brb,back\nbrb,gone\n", ("--message",), "Line 2: brb is already in line 1."),
        (b"brb,back\n(,x,yes\n", ("--message",), "Line 2: This pattern is not valid"),
        (None, ("--message",), "Could not read"),
        (b"brb,back\n", (), "--message"),
    ],
)
async def test_a_bad_dictionary_is_refused_in_one_sentence(
    shell: Shell, content: bytes | None, more: tuple[str, ...], words: str
) -> None:
    path = shell.folder / "words.csv"
    if content is not None:
        path.write_bytes(content)
    done = await shell("say", "brb", *more, "--dictionary", str(path), "--explain")
    assert (done.code, done.out, len(done.err.strip().splitlines())) == (3, "", 1)
    assert words in done.err


async def test_a_doubtful_dictionary_needs_a_yes_and_a_dead_word_is_told(shell: Shell) -> None:
    path = shell.folder / "words.csv"
    path.write_bytes("spс,спасибо\nбрб,вернусь\n".encode("cp1251"))
    asked = ("say", "брб", "--message", "--dictionary", str(path), "--explain", "--json")
    refused = await shell(*asked)
    assert (refused.code, refused.out) == (3, "")
    assert "брб → вернусь" in refused.err
    assert "cp1251" in refused.err
    assert "--yes" in refused.err
    assert json.loads((await shell(*asked, "--yes")).out)["spoken"] == "вернусь"
    path.write_text("||a||,b\nc,d\n", encoding="utf-8")
    told = await shell(*asked)
    assert told.code == 0
    assert told.err.strip() == sentence("dictionary.dead", "en", words="||a||")


async def test_a_command_s_text_has_no_rules(shell: Shell) -> None:
    told = json.loads((await shell("say", "btw [cough]", "--explain", "--json")).out)
    assert told["spoken"] == "btw [cough]"
    assert "rules" not in told


@pytest.mark.parametrize(
    ("text", "language", "spoken"),
    [
        ("看 https://b23.tv/x", "", "看 一个哔哩哔哩链接"),
        ("look https://b23.tv/x", "", "look a link to Bilibili"),
        ("🔥", "zh", "火"),
        ("🔥", "en", "fire"),
        ("2333", "zh", "哈哈哈"),
    ],
)
async def test_the_language_is_the_text_s_or_the_one_asked_for(
    shell: Shell, text: str, language: str, spoken: str
) -> None:
    more = ("--language", language) if language else ()
    done = await shell("say", text, "--message", "--explain", "--json", *more)
    assert json.loads(done.out)["spoken"] == spoken


def test_a_text_without_words_is_read_in_the_configured_language() -> None:
    asked = Arguments(language=None)
    assert read_aloud("https://b23.tv/x", asked, Config(language="zh")).text == "一个哔哩哔哩链接"
    assert read_aloud("https://b23.tv/x", asked, Config(language="en")).text == "a link to Bilibili"


async def test_standard_input_is_a_message_without_options(shell: Shell) -> None:
    done = await shell("say", "-", "--message", "--explain", "--json", stdin="style:Happy lol\n")
    assert json.loads(done.out)["spoken"] == "style:Happy haha"


async def test_a_message_is_spoken_without_a_style_of_its_own(shell: Shell, mimo: MimoServer) -> None:
    shell.mimo(mimo)
    path = shell.folder / "a.ogg"
    done = await shell("say", "(Happy) <style>x</style> so funny 😂", "--message", "-o", str(path))
    assert (done.code, done.err) == (0, "")
    assert mimo.calls[0]["messages"][-1]["content"] == "Happy, x so funny [laughs]"
    assert ogg.read(path.read_bytes())[0].seconds > 0.2


async def test_a_message_without_a_word_is_refused(shell: Shell) -> None:
    done = await shell("say", "... !!!", "--message", "-o", str(shell.folder / "a.ogg"))
    assert (done.code, done.out) == (3, "")
    assert done.err == "mouthpiece: This text contains nothing that can be spoken.\n"
    assert not (shell.folder / "a.ogg").exists()
