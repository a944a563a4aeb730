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
from bot.texts import en, zh
from tests.conftest import House
from tests.trees import tree_of

ROOT = Path(__file__).parent.parent
_CODED = {"say", "sentence", "Note", "localized", "Unread"}


def _blanks(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_both_languages_have_the_same_codes() -> None:
    assert set(texts.LANGUAGES["en"]) == set(texts.LANGUAGES["zh"])


@pytest.mark.parametrize("language", [en, zh])
def test_a_code_stands_in_one_part_alone(language: ModuleType) -> None:
    assert len(language.SENTENCES) == sum(len(part.SENTENCES) for part in language.PARTS)


def test_both_languages_have_the_same_blanks() -> None:
    english, chinese = texts.LANGUAGES["en"], texts.LANGUAGES["zh"]
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
    assert texts.of_error(error, "en") == "mimo is out of order; please try again later."


def test_facts_are_shown_as_people_read_them() -> None:
    error = InputError("text.too_long", length=12345, limit=4000)
    assert texts.of_error(error, "en") == "The text has 12,345 characters; at most 4,000 can be spoken at once."
    assert "Mia, Dean" in texts.say("voice.unknown", "en", voice="x", voices=["Mia", "Dean"])


def test_a_moment_is_told_with_its_distance() -> None:
    moment = datetime.now(UTC) + timedelta(hours=2, minutes=30, seconds=30)
    said = texts.say("quota.account_characters", "en", left=1, limit=2, asked=3, resets=moment)
    assert "UTC, in 2 h 30 min" in said


def test_braces_in_what_a_person_wrote_are_only_braces() -> None:
    assert "{x}{0.__class__}" in texts.say("voice.unknown", "en", voice="{x}{0.__class__}", voices=[])


def test_a_note_names_its_reason_in_words() -> None:
    note = Note("note.backup", (("provider", "espeak"), ("instead", "mimo"), ("reason", "timeout")))
    assert texts.of_note(note, "en") == "espeak spoke this, because mimo could not (no answer in time)."


@pytest.mark.parametrize(
    ("locale", "language"), [("zh-CN", "zh"), ("ZH", "zh"), ("en-GB", "en"), ("de", "en"), (None, "en")]
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
    assert texts.in_chat(error, "en") == "The disk of mouthpiece.db is full."
    assert texts.of_error(error, "en") == "The disk of /home/somebody/data/mouthpiece.db is full."
