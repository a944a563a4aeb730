"""Kinds of messages that were read wrongly once: each with inputs that were seen, and others of the same kind."""

import pytest

from bot.speech.chat.message import ChatMessage, Delivery, Reading
from bot.speech.clean import clean, clean_message

_EN, _ZH = Reading("en", Delivery.off()), Reading("zh", Delivery.off())


def en(text: str) -> str:
    return clean_message(ChatMessage(text), _EN).text


def zh(text: str) -> str:
    return clean_message(ChatMessage(text), _ZH).text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("use <name> and <email> here", "use name and email here"),
        ("<eos>", "eos"),
        ("sudo dpkg-reconfigure <package>", "sudo dpkg-reconfigure package"),
        ("mount <source> <target>", "mount source target"),
        ("press <enter> or <esc>", "press enter or esc"),
        ("vector<int> v", "vector int v"),
        ("git clone <url>", "git clone url"),
        ("<i think so>", "i think so"),
        ("</foo>bar", "foo bar"),
        ("x <y", "x y"),
        ("&lt;name&gt; is", "name is"),
        ("＜name＞ is", "name is"),
        ("<na\u200bme> is", "name is"),
        ("<名字>你好", "名字你好"),
        ("〈红楼梦〉很好", "红楼梦很好"),
        ("<b>bold</b>ly <i>so</i>", "boldly so"),
        ("one<br>two", "one two"),
        ("<title>Hi</title>", "Hi"),
        ("<font color=red>hi</font>", "hi"),
        ("<img src=x onerror=alert>hi", "hi"),
        ("<name><style>x</style>", "name x"),
        ("<st<b>yle>x", "x"),
        ("<name <style>x", "name x"),
    ],
)
def test_words_in_angle_brackets_stay_and_elements_go(text: str, said: str) -> None:
    assert clean(text) == said
    assert en(text) == said


def test_a_comparison_written_like_an_element_is_one() -> None:
    assert clean("if a<b and c>d then stop") == "if a < b and c > d then stop"
    assert en("if a<b and c>d then stop") == "if a less than b and c greater than d then stop"
    assert zh("如果a<b and c>d就停") == "如果a小于b and c大于d就停"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("back in 10m, 3h 20m left", "back in 10 minutes, 3 hours 20 minutes left"),
        ("5m ago", "5 minutes ago"),
        ("brb 5m", "be right back 5 minutes"),
        ("1h 5m 3s", "1 hour 5 minutes 3 seconds"),
        ("it took 1m30s", "it took 1 minute 30 seconds"),
        ("10m of cable", "10 metres of cable"),
        ("I ran 100m", "I ran 100 metres"),
        ("a 100m sprint", "a 100 metre sprint"),
        ("about 10m", "about 10m"),
        ("5g phone", "5g phone"),
        ("802.11g", "802.11g"),
        ("160g drive", "160 gigabyte drive"),
        ("30g of sugar", "30 grams of sugar"),
        ("my 6s died", "my 6s died"),
        ("+2s", "plus 2s"),
        ("wait 5s", "wait 5 seconds"),
        ("1.5s", "1.5 seconds"),
        ("60MB binary", "60 megabyte binary"),
        ("60MB free", "60 megabytes free"),
    ],
)
def test_a_letter_behind_a_number_is_a_unit_where_its_neighbours_say_so(text: str, said: str) -> None:
    assert en(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("等我10m", "等我10分钟"),
        ("5m后见", "5分钟后见"),
        ("身高1.8m", "身高1.8米"),
        ("100m短跑", "100米短跑"),
        ("刚充了1g", "刚充了1g"),
        ("5g手机", "5g手机"),
        ("加5g糖", "加5克糖"),
        ("还剩1g流量", "还剩1G流量"),
        ("我的6s坏了", "我的6s坏了"),
        ("10s后", "10秒后"),
        ("3h20m", "3小时20分钟"),
        ("5m", "5m"),
    ],
)
def test_the_same_in_chinese(text: str, said: str) -> None:
    assert zh(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$100 dollars", "100 dollars"), ("$5 USD", "5 dollars"), ("5€ EUR", "5 euros"), ("£20 quid", "20 pounds"),
        ("$5k dollars", "5 thousand dollars"), ("$5 AUD", "5 AUD"), ("¥500 yen", "500 yen"),
        ("5kg kilograms", "5 kilograms"),
        ("20℃ degrees", "20 degrees Celsius"), ("$5 and 5 dollars", "5 dollars and 5 dollars"),
    ],
)  # fmt: skip
def test_a_currency_or_a_unit_is_said_once(text: str, said: str) -> None:
    assert en(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("价格¥100元", "价格100元"), ("￥5元钱", "5元"), ("$100美元", "100美元"), ("¥100日元", "100日元"),
        ("¥5万元", "5万元"),
        ("20℃度", "20摄氏度"), ("5kg公斤", "5公斤"), ("百分之50%", "百分之50"),
    ],
)  # fmt: skip
def test_the_same_once_in_chinese(text: str, said: str) -> None:
    assert zh(text) == said
