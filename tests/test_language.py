"""Which language a text is in, and where it changes: lines from chats, as people write them."""

import asyncio
import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import language
from bot.text.language import LATIN, detect, detect_stretches, identify, language_of, stretches

ALL = LATIN | {"zh", "ko", "ru"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hey, anyone up for a game tonight?", "en"),
        ("lol nice one mate", "en"),
        ("imo ranked is dead this season tbh", "en"),
        ("pizza margherita and pasta tonight", "en"),
        ("bonjour guys, how are you", "en"),
        ("I'm eating tacos al pastor", "en"),
        ("uwu senpai noticed me", "en"),
        ("haha omg stop it", "en"),
        ("deploy the docker container to prod", "en"),
        ("gg wp everyone", "en"),
        ("ich habe heute leider keine Zeit", "de"),
        ("kommst du heute abend auch?", "de"),
        ("je ne sais pas quoi dire", "fr"),
        ("c'est trop bien ce jeu", "fr"),
        ("no puedo jugar esta noche", "es"),
        ("non ho voglia di giocare stasera", "it"),
        ("vou jogar mais tarde com vocês", "pt"),
        ("ik heb vandaag geen zin", "nl"),
        ("nie mam dzisiaj czasu", "pl"),
        ("jag orkar inte spela ikväll", "sv"),
        ("bugün oyun oynayamam", "tr"),
        ("saya tidak bisa main malam ini", "id"),
        ("今晚有人打游戏吗？", "zh"),
        ("我今天 meeting 好多", "zh"),
        ("我的の天啊", "zh"),
        ("人々が来た、ありがとう", "ja"),
        ("안녕하세요 여러분", "ko"),
        ("привет, как дела", "ru"),
        ("Καλημέρα σε όλους", "el"),
        ("ok", "en"),
        ("20:40", "en"),
        ("", "en"),
        ("[laughs] 好的", "zh"),
        ("[whispering] dankeschön", "en"),
    ],
)
def test_a_line_is_in_a_language(text: str, found: str) -> None:
    assert identify(text, ALL) == found


@pytest.mark.parametrize(
    ("text", "fallback", "found"),
    [
        ("ok", "zh", "zh"),
        ("20:40", "zh", "zh"),
        ("hallo zusammen", "de", "de"),
        ("uwu senpai noticed me", "zh", "en"),
        ("今晚", "en", "zh"),
        ("ich habe heute leider keine Zeit", "zh", "de"),
    ],
)
def test_what_is_short_is_in_the_language_of_the_place(text: str, fallback: str, found: str) -> None:
    assert identify(text, ALL, fallback) == found


def test_a_language_that_nobody_speaks_is_not_found() -> None:
    text = "ich habe heute leider keine Zeit"
    assert identify(text, {"en", "zh"}) == "en"
    assert identify(text, {"en", "fr", "de"}) == "de"
    assert identify("sou feliz quando jogo com vocês", {"en", "es"}) in {"es", "en"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hello there, my friend.", [("Hello there, my friend.", "en")]),
        ("I really love 火锅 so much.", [("I really love 火锅 so much.", "en")]),
        ("deadline 是明天", [("deadline 是明天", "zh")]),
        ("看video吧", [("看video吧", "zh")]),
        ("我的 boss 说 OK 了", [("我的 boss 说 OK 了", "zh")]),
        (
            "See you there, 你今天晚上有空一起打游戏吗? See you later then!",
            [("See you there,", "en"), (" 你今天晚上有空一起打游戏吗?", "zh"), (" See you later then!", "en")],
        ),
        ("我喜欢你(I really love you)真的", [("我喜欢你", "zh"), ("(I really love you)真的", "en")]),
        (
            "I love this song. Ich habe heute keine Zeit für dich. ok?",
            [("I love this song.", "en"), (" Ich habe heute keine Zeit für dich. ok?", "de")],
        ),
        (
            "c'est trop bien ce jeu\nno puedo jugar esta noche\nlol",
            [("c'est trop bien ce jeu", "fr"), ("\nno puedo jugar esta noche\nlol", "es")],
        ),
        (
            "[laughs] that was great [whispering] 你知道我想说什么吗",
            [("[laughs] that was great", "en"), (" [whispering] 你知道我想说什么吗", "zh")],
        ),
        (
            "we start at eight, привет всем друзья",
            [("we start at eight,", "en"), (" привет всем друзья", "ru")],
        ),
        ("我有 20 apples in my bag", [("我有 20 apples in my bag", "en")]),
        ("好的没问题 20 apples in my bag", [("好的没问题", "zh"), (" 20 apples in my bag", "en")]),
    ],
)
def test_a_text_is_cut_where_its_language_changes(text: str, parts: list[tuple[str, str]]) -> None:
    found = stretches(text, ALL)
    assert [(text[one.start : one.end], one.language) for one in found] == parts


_MIXED = st.lists(
    st.sampled_from(
        ["hello ", "my dear friend ", "你好 ", "今天天气很好。", "привет ", "[laughs] ", "ありがとう", "(", ") ",
         "3 ", ". ",
         "\n", "ich habe keine Zeit ", "\ud800", "é", "안녕하세요 ", "*sighs*", "「", "」"]
    ),
    max_size=20,
).map("".join)  # fmt: skip


@given(_MIXED | st.text(max_size=60), st.sampled_from(["", "en", "zh", "de"]))
def test_the_parts_are_the_text_and_no_tag_is_cut(text: str, fallback: str) -> None:
    found = stretches(text, ALL, fallback)
    assert "".join(text[one.start : one.end] for one in found) == text
    assert all(before.language != after.language for before, after in pairwise(found))
    assert identify(text, ALL, fallback)
    for tag in ("[laughs]", "*sighs*"):
        assert sum(text[one.start : one.end].count(tag) for one in found) == text.count(tag)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each use of the model was on the main thread."""
    seen: list[bool] = []
    model = language._model

    def noted() -> object:
        seen.append(threading.current_thread() is threading.main_thread())
        return model()

    monkeypatch.setattr(language, "_model", noted)
    return seen


async def test_the_model_is_asked_off_the_event_loop_and_only_where_it_has_to_be(threads: list[bool]) -> None:
    for text in ("hello there, my friend, how are you", "今晚有人打游戏吗？", "привет, как дела", "ok", "20:40"):
        assert await detect(text, ALL)
        assert await detect_stretches(text, ALL)
    assert await detect("ich habe heute leider keine Zeit", {"en", "zh"}) == "en"
    assert threads == []
    assert await detect("ich habe heute leider keine Zeit", ALL) == "de"
    assert (await detect_stretches("ich habe heute leider keine Zeit", ALL))[0].language == "de"
    assert threads == [False, False]


async def test_the_model_is_loaded_once_for_many_at_a_time() -> None:
    language._loaded.cache_clear()
    found = await asyncio.gather(*(detect("ich habe heute leider keine Zeit", ALL) for _ in range(4)))
    assert found == ["de"] * 4
    assert language._loaded.cache_info().misses == 1


def test_the_old_rule_of_two_languages_stands() -> None:
    assert [language_of(text) for text in ("hello", "你好", "你好 my dear friend there", "")] == [
        "en",
        "zh",
        "en",
        "en",
    ]
