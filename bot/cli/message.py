"""``mouthpiece say --message``: the text taken as a chat message that is read aloud. Used by ``speak``."""

import re
from datetime import UTC, datetime

from bot.cli.arguments import Arguments
from bot.config import Config
from bot.speech.chat.message import ChatMessage, Language, Reading, Spoken
from bot.speech.clean import clean_message
from bot.speech.language import language_of
from bot.texts import say as sentence

_NO_WORDS = re.compile(r"\S{1,40}://\S+|<[^<>\s]+>|```[\s\S]*?```")
"""Addresses, references and code: their letters are of no language."""


def read_aloud(text: str, asked: Arguments, config: Config) -> Spoken:
    """What would be said of a message, up to the longest text of one command."""
    reading = Reading(
        language=asked.language or _language(text, config),
        max_characters=config.speech.max_characters,
        now=datetime.now(UTC),
        zone=config.quota.zone,
    )
    return clean_message(ChatMessage(text), reading)


def _language(text: str, config: Config) -> Language:
    """That of its words; the configured one where it has none."""
    words = _NO_WORDS.sub(" ", text)
    if not any(map(str.isalpha, words)):
        return config.language
    return "zh" if language_of(words) == "zh" else "en"


def rules(spoken: Spoken) -> list[dict[str, str]]:
    """What was changed, for a program to read."""
    return [{"rule": each.rule, "before": each.before, "after": each.after} for each in spoken.rules]


def print_rules(spoken: Spoken, language: str) -> None:
    """The same for a person, a line for each change."""
    for each in spoken.rules:
        code = "explain.rule" if each.after else "explain.rule_out"
        name = sentence(f"rule.{each.rule}", language)
        print(sentence(code, language, rule=name, before=each.before, after=each.after))
