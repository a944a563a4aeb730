"""Words of chat, units and signs are said otherwise only in a language whose words we have, run by run."""

import pytest

from bot.normalization.clean import clean_message
from bot.normalization.languages import FOREIGN, MARK, mark
from bot.normalization.message import ChatMessage, Language, Reading, VocalCues
from bot.normalization.reader import text_language

_LEFT = [
    "jeg går til skole", "det er 20:40 til 5m", "hej jag är 5m bort", "mä oon afk",
    "co ty robisz", "ty jesteś moim przyjacielem", "nie wiem co robić, ez",
    "3 kg de pommes @ la maison", "mdr tkt je rentre", "merci bcp tmr", "c'est 3kg",
    "ich bin kurz afk", "hast du 5 kg mehl", "Das kostet $5 + mehr", "danke ty",
    "#5 ist gut", "er ist 90s fan", "100€ für das?", "Wo bist du? 5km weg.",
    "k haces tu", "no se k hacer hoy", "tengo 5kg de arroz", "hola gg wp", "jajaja que risa",
    "vc tem 10kg", "kkk muito bom", "ma dove vai? 5 km", "u bent er bijna", "ff wachten, 5m nog", "ez nem jó",
    "gw lagi di rumah btw", "ako ay 5kg", "napıyorsun ya 5kg", "slm nbr",
    "bạn thấu hiểu", "không có gì u", "ko biết r",
    "これは5kgです", "ごめん brb", "さっき 3:1 で勝った @ 家", "오늘 5kg 샀어", "5 кг картошки", "привет lol как дела",
]  # fmt: skip


@pytest.mark.parametrize("hint", ["en", "zh"])
@pytest.mark.parametrize("text", _LEFT)
def test_a_text_in_another_language_is_left_to_the_engine(text: str, hint: Language) -> None:
    for language in (hint, text_language(text, hint)):
        assert clean_message(ChatMessage(text), Reading(language, VocalCues.off())).text == text


@pytest.mark.parametrize(
    ("hint", "text", "said"),
    [
        ("en", "btw", "by the way"),
        ("zh", "btw", "顺便说一句"),
        ("en", "Van is 5km away", "Van is 5 kilometres away"),
        ("en", "Gdańsk is 5km away tbh", "Gdańsk is 5 kilometres away to be honest"),
        ("en", "café is 5km away", "café is 5 kilometres away"),
        ("en", "José u there", "José you there"),
        ("en", "la la land is gr8", "la la land is great"),
        ("en", "my friend Müller says ty", "my friend Müller says thank you"),
        ("en", "vive la france lol", "vive la france haha"),
        ("en", "til u can do that", "today I learned you can do that"),
        ("en", "de_dust2 btw", "de dust2 by the way"),
        ("zh", "how are you btw my friend", "how are you by the way my friend"),
        ("en", "我 btw 走了5km", "我 顺便说一句 走了5公里"),
        ("zh", "好的btw我走了", "好的顺便说一句我走了"),
        ("en", "The train is 5km away. Der Zug ist 5km weg. It is 5km.",
         "The train is 5 kilometres away. Der Zug ist 5km weg. It is 5 kilometres."),
        ("en", "Danke! I am afk btw. bis gleich, ich bin afk",
         "Danke! I am away from the keyboard by the way. bis gleich, ich bin afk"),
        ("en", "I have 5kg\n我有5kg\njeg har 5kg", "I have 5 kilograms\n我有5公斤\njeg har 5kg"),
        ("en", "jeg går hjem. 5kg", "jeg går hjem. 5kg"),
        ("en", "ellǫlol", "ellǫlol"),
        ("en", "ạu ngôu", "ạu ngôu"),
    ],
)  # fmt: skip
def test_each_run_has_the_words_of_its_language(hint: Language, text: str, said: str) -> None:
    reading = Reading(hint, VocalCues.off())
    spoken = clean_message(ChatMessage(text), reading)
    assert spoken.text == said
    assert not any(MARK.search(change.before + change.after) for change in spoken.rules)


def test_what_stands_for_signs_in_another_language_is_still_said() -> None:
    said = clean_message(ChatMessage("jeg er her https://youtu.be/x *nu* (ja) 😂"), Reading("en", VocalCues.off())).text
    assert said == "jeg er her a link to YouTube nu, ja, laughing"
    said = clean_message(ChatMessage("Müller & Söhne GmbH ist gut"), Reading("en")).text
    assert said == "Müller + Söhne GmbH ist gut", "an entity must not come of it"


def test_runs_that_tell_nothing_go_with_those_beside_them() -> None:
    assert mark("5kg", "en") == ("en", "5kg")
    assert mark("5kg", "zh") == ("zh", "5kg")
    assert mark("jeg er her. 5kg", "en") == (FOREIGN, "jeg er her. 5kg")
    first, text = mark("jeg er her. this is it", "en")
    assert first == FOREIGN
    assert MARK.sub("", text) == "jeg er her. this is it"
    assert MARK.search(text)
