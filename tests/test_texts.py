"""Every sentence stands in both languages, with the same blanks, and every code that is used has one."""

import ast
import re
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from bot import texts
from bot.errors import ErrorKind, InputError, ProviderError, StoreError
from bot.model import Note
from bot.texts import codes, en, zh, zh_hant
from tests.conftest import House
from tests.trees import tree_of

ROOT = Path(__file__).parent.parent
_CODED = {"say", "sentence", "Note", "localized", "Unread"}


def _blanks(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("language", ["zh", "zh-Hant"])
def test_every_language_has_the_same_codes(language: str) -> None:
    assert set(texts.LANGUAGES["en"]) == set(texts.LANGUAGES[language])


@pytest.mark.parametrize("language", [en, zh, zh_hant])
def test_a_code_stands_in_one_part_alone(language: ModuleType) -> None:
    assert len(language.SENTENCES) == sum(len(part.SENTENCES) for part in language.PARTS)


@pytest.mark.parametrize("language", ["zh", "zh-Hant"])
def test_every_language_has_the_same_placeholders(language: str) -> None:
    english, chinese = texts.LANGUAGES["en"], texts.LANGUAGES[language]
    assert [code for code in english if _blanks(english[code]) != _blanks(chinese[code])] == []


def _codes_in_use() -> set[str]:
    """First arguments, written out, of errors, notes and sentences anywhere in the code."""
    codes: set[str] = set()
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "cogs").rglob("*.py")]:
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in _CODED or (name.endswith("Error") and name != "ProviderError"):
                codes |= {
                    leaf.value
                    for leaf in ast.walk(node.args[0])
                    if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
                    if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", leaf.value)
                }
    return codes


def test_every_code_in_use_has_a_sentence() -> None:
    used = _codes_in_use()
    assert len(used) > 50
    assert used - set(texts.LANGUAGES["en"]) == set()


@pytest.mark.parametrize("kind", list(ErrorKind))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_kind_of_provider_failure_has_a_sentence(kind: ErrorKind, language: str) -> None:
    said = texts.of_error(ProviderError("mimo", kind, detail="no more"), language)
    assert said.startswith(("mimo", "The", "已", "无")) or "mimo" in said
    assert "…" not in said


def test_a_clause_without_its_fact_is_left_out() -> None:
    error = ProviderError("mimo", ErrorKind.SERVER)
    assert texts.of_error(error, "en") == "mimo is having problems. Please try again later."


def test_facts_are_shown_as_people_read_them() -> None:
    error = InputError("text.too_long", length=12345, limit=4000)
    assert texts.of_error(error, "en") == "The text has 12,345 characters. The limit is 4,000."
    assert "Mia, Dean" in texts.say("voice.unknown", "en", voice="x", voices=["Mia", "Dean"])


def test_a_moment_is_told_with_its_distance() -> None:
    moment = datetime.now(UTC) + timedelta(hours=2, minutes=30, seconds=30)
    said = texts.say("quota.account_characters", "en", left=1, limit=2, asked=3, resets=moment)
    assert "UTC, in 2 h 30 min" in said


def test_braces_in_what_a_person_wrote_are_only_braces() -> None:
    assert "{x}{0.__class__}" in texts.say("voice.unknown", "en", voice="{x}{0.__class__}", voices=[])


def test_a_note_names_its_reason_in_words() -> None:
    note = Note("note.backup", (("provider", "espeak"), ("instead", "mimo"), ("reason", "timeout")))
    assert texts.of_note(note, "en") == "espeak spoke this, because mimo could not (it did not answer in time)."


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-CN", "zh"),
        ("ZH", "zh"),
        ("zh-hans", "zh"),
        ("zh-Hans-HK", "zh"),
        ("zh-SG", "zh"),
        ("zh-TW", "zh-Hant"),
        ("zh_HK", "zh-Hant"),
        ("zh-MO", "zh-Hant"),
        ("zh-hant", "zh-Hant"),
        ("zh-Hant-TW", "zh-Hant"),
        ("en-GB", "en"),
        ("de", "en"),
        (None, "en"),
    ],
)
def test_the_language_of_a_locale(locale: str | None, language: str) -> None:
    assert texts.language(locale) == language


async def test_every_voice_of_ours_is_described_in_chinese(mimo_house: House) -> None:
    described = [info.description for info in mimo_house.speech.voices() if info.description]
    assert len(described) > 10
    for description in described:
        assert not re.search("[A-Za-z]", texts.of_voice(description, "zh"))
        assert texts.of_voice(description, "en") == description


def test_a_chat_does_not_hear_where_files_of_the_host_lie() -> None:
    error = StoreError("store.full", path="/home/somebody/data/mouthpiece.db")
    assert texts.in_chat(error, "en") == "The disk that holds mouthpiece.db is full."
    assert texts.of_error(error, "en") == "The disk that holds /home/somebody/data/mouthpiece.db is full."


_MAINLAND = {
    "服务器": "伺服器", "身份组": "身分組", "频道": "頻道", "账号": "帳號", "设置": "設定", "默认": "預設",
    "语音": "語音", "消息": "訊息", "信息": "資訊", "配置": "設定", "数据库": "資料庫", "数据": "資料", "文件": "檔案",
    "链接": "連結", "网络": "網路", "屏幕": "螢幕", "视频": "影片", "音频": "音訊", "缓存": "快取", "运行": "執行",
    "服務器": "伺服器", "身份組": "身分組", "賬號": "帳號", "賬戶": "帳號", "設置": "設定", "默認": "預設",
    "信息技術": "資訊", "數據": "資料", "文件夾": "資料夾", "鏈接": "連結", "網絡": "網路",
    "緩存": "快取", "運行": "執行", "字符": "字元", "字節": "位元組", "用戶": "使用者", "登錄": "登入", "打開": "開啟",
    "支持": "支援", "導入": "匯入", "導出": "匯出", "添加": "新增", "隊列": "佇列", "查看": "檢視", "內置": "內建",
    "許可權": "權限", "語音訊道": "語音頻道", "令牌": "權杖", "協議": "協定", "克隆": "複製", "屏蔽": "封鎖",
    "遮蔽": "封鎖", "質量": "品質", "磁盤": "磁碟", "端口": "連接埠", "代碼": "程式碼", "軟件": "軟體",
    "硬件": "硬體", "鼠標": "滑鼠", "刷新": "重新整理", "回復": "回覆", "發送": "傳送", "當前": "目前", "平臺": "平台",
}  # fmt: skip
"""Words that Traditional Chinese does not use, and its own for them."""
_SIMPLIFIED = set(
    "与丢两个为么乐书乱于仅从们众优会传体余储儿关内写决减几则创删别剧办务动区协单占却发变叠号叹后吗听启员响哑图坏声处备复头夹对导将属带帮并库应开异强当录径户报拥择挡损换据数断无时昵显暂机杂权条来标样检气没"
    "泼测满点独环现监盗盘码确离种称稳签类紧约级纸组经绑结给络绝统继绪续缀编缩网联脸腾节荐装见规计认让议记许设访证识词试话该详语误说请读谁调负账贴费赖赠赢赶转软载较输边达过运还这进远连适选邮采里钟钥钮链锁错"
    "键长门闭问闲间队阳随隐静页项须频题额风马齐"
)
"""Characters of the sentences in Simplified Chinese that Traditional Chinese writes otherwise."""


def test_traditional_chinese_has_no_term_of_the_mainland() -> None:
    found = [(code, word) for code, text in zh_hant.SENTENCES.items() for word in _MAINLAND if word in text]
    assert found == []


def test_traditional_chinese_has_no_simplified_character() -> None:
    used = set("".join(zh_hant.SENTENCES.values()))
    assert used & _SIMPLIFIED == set()
    assert set("".join(zh.SENTENCES.values())) & _SIMPLIFIED, "the list holds characters that are in use"


_TABLES = {ROOT / "bot" / "texts" / name for name in ("en", "zh", "zh_hant")}
_FAMILIES = {code.partition(".")[0] for code in en.SENTENCES}
_OTHERS = {"dictionary.x", "bot.cli.x"}
"""Names of files and modules that look like codes."""


def _sources() -> list[Path]:
    found = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "cogs").rglob("*.py")]
    return [path for path in found if path.parent not in _TABLES]


def _built(node: ast.AST) -> bool:
    """Return if a code is put together from parts here."""
    return any(isinstance(part, ast.JoinedStr | ast.BinOp) for part in ast.walk(node))


def _template(node: ast.JoinedStr) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)


def test_no_code_is_built_from_parts() -> None:
    found = []
    for path in _sources():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if (name in _CODED or name in ("InputError", "ConfigError", "PlatformError")) and _built(node.args[0]):
                    found.append(f"{path.name}:{node.lineno}")
            if isinstance(node, ast.JoinedStr):
                words = _template(node)
                if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", words) and words.partition(".")[0] in _FAMILIES:
                    found += [f"{path.name}:{node.lineno} {words}"] if words not in _OTHERS else []
    assert found == []


def test_every_sentence_is_in_use() -> None:
    constants = {
        node.value
        for path in _sources()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(set(en.SENTENCES) - constants) == []


def test_every_code_that_is_looked_up_by_a_name_has_a_sentence() -> None:
    tables = [table for table in vars(codes).values() if isinstance(table, dict) and table.get("__name__") is None]
    assert len(tables) > 20
    assert {code for table in tables for code in table.values()} - set(en.SENTENCES) == set()
