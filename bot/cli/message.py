"""``mouthpiece say --message``: the text taken as a chat message that is read aloud. Used by ``speak``."""

from datetime import UTC, datetime

from bot.cli.arguments import Arguments
from bot.config import Config
from bot.speech.chat.message import ChatMessage, Reading, Spoken
from bot.speech.chat.tongue import tongue
from bot.speech.clean import clean_message
from bot.texts import say as sentence


def read_aloud(text: str, asked: Arguments, config: Config) -> Spoken:
    """What would be said of a message, up to the longest text of one command."""
    reading = Reading(
        language=asked.language or tongue(text, config.language),
        max_characters=config.speech.max_characters,
        now=datetime.now(UTC),
        zone=config.quota.zone,
    )
    return clean_message(ChatMessage(text), reading)


def rules(spoken: Spoken) -> list[dict[str, str]]:
    """What was changed, for a program to read."""
    return [{"rule": each.rule, "before": each.before, "after": each.after} for each in spoken.rules]


def print_rules(spoken: Spoken, language: str) -> None:
    """The same for a person, a line for each change."""
    for each in spoken.rules:
        code = "explain.rule" if each.after else "explain.rule_out"
        name = sentence(f"rule.{each.rule}", language)
        print(sentence(code, language, rule=name, before=each.before, after=each.after))
