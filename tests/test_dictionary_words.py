"""A dictionary's word and the text pass the same steps, and the word goes before what makes names of its signs."""

import pytest

from bot.normalization.clean import clean_message
from bot.normalization.message import ChatMessage, Language, Reading


def said(text: str, *entries: tuple[str, str], language: Language = "en", **more: str) -> str:
    reading = Reading(language, dictionary=entries, say_names="author" in more)
    return clean_message(ChatMessage(text, users={"7": "Bo"}, **more), reading).text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "written", "heard"),
    [
        ("the NPC ran", "ＮＰＣ", "the SAID ran"),
        ("the ＮＰＣ ran", "ＮＰＣ", "the SAID ran"),
        ("the ＮＰＣ ran", "npc", "the SAID ran"),
        ("the 𝐍𝐏𝐂 ran", "npc", "the SAID ran"),
        ("I don’t know", "don't", "I SAID know"),
        ("I don't know", "don’t", "I SAID know"),
        ("ok 👍", "👍", "ok SAID"),
        ("ok 👍🏽👍 👍 x", "👍🏿", "ok SAID x"),
        ("❤️ you", "❤", "SAID you"),
        ("❤ you", "❤️", "SAID you"),
        ("1️⃣ x", "1️⃣", "SAID x"),
        ("hi <:blob_fox:123456789012345678> x", "blob_fox", "hi SAID x"),
        ("hi <a:blob_fox:123456789012345678>", ":blob_fox:", "hi SAID"),
        ("hi <:blob_fox:123>", "<:blob_fox:123>", "hi SAID"),
        ("x :joy: y", ":joy:", "x SAID y"),
        ("set my_var = 5", "my_var", "set SAID equals 5"),
        ("set **my_var** up", "my_var", "set SAID up"),
        ("set `my_var` up", "my_var", "set SAID up"),
        ("run hello_world.py now", "hello_world.py", "run SAID now"),
        ("nice :)", ":)", "nice SAID"),
        ("nice ：）", ":)", "nice SAID"),
        ("①打开 1 x", "①", "SAID 打开 1 x"),
        ("５月到了", "５月", "SAID 到了"),
        ("5月到了", "５月", "SAID 到了"),
        ("mail me@x.com!", "me@x.com", "mail SAID!"),
        ("mail <me@x.com>!", "ME@x.com", "mail SAID!"),
        ("see https://x.org/a.", "https://x.org/a", "see SAID."),
        ("<@7> come", "Bo", "SAID come"),
        ("hi @Bo", "bo", "hi SAID"),
        ("<@7> come", "<@7>", "SAID come"),
        ("a -> b", "->", "a SAID b"),
        ("C++ rocks", "C++", "SAID rocks"),
        ("24/7 open", "24/7", "SAID open"),
        ("#off-topic now", "#off-topic", "SAID now"),
        ("ＲＯＦＬ！ yes", "rofl!", "SAID yes"),
        ("the “best” one", '"best"', "the SAID one"),
    ],
)
def test_a_word_is_found_as_it_is_written(text: str, written: str, heard: str) -> None:
    spoken = said(text, (written, "SAID"))
    assert spoken.replace("[emphasis] ", "") == heard


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("see https://youtu.be/my_var now", "my_var"),
        ("mail me@x.com now", "x.com"),
        ("hi <@7>", "7"),
        ("family 👨\u200d👩\u200d👧", "👨"),
        ("hi <:my_var_fox:123456789012345678>", "my_var"),
        ("||my_var|| x", "my_var"),
        ("1 and ①", "②"),
    ],
)
def test_a_part_of_something_else_is_not_found(text: str, written: str) -> None:
    assert said(text, (written, "SAID")) == said(text)


def test_names_are_said_as_the_dictionary_says() -> None:
    assert said("hello", ("Bo", "Beau"), author="Bo") == "Beau says: hello"
    assert said("hello", ("xX_Bo_Xx", "Beau"), author="xX_Bo_Xx") == "Beau says: hello"
    assert said("hello", ("bo", "Beau"), author="Bo Smith", reply_to="Bo") == "Beau Smith to Beau: hello"
    assert said("hello", ("Bo", "Beau"), author="Ann", forwarded_from="Bo") == "Ann forwards Beau: hello"
    assert said("hello", ("Bo", ""), author="Bo") == "someone says: hello"


def test_letters_that_match_each_other_make_no_list_slow() -> None:
    """They are one letter to a pattern: side by side and stretched, each could have matched in countless ways."""
    reading = Reading("en", blocklist=("sſ" * 32, "iı" * 32, "σς" * 32))
    for letter in "siσ":
        assert clean_message(ChatMessage(letter * 3000 + "!"), reading).text
    assert clean_message(ChatMessage("ſet"), Reading("en", dictionary=(("set", "put"),))).text == "put"
