"""``mouthpiece say --message``: the text taken as a chat message that is read aloud."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.arguments import Arguments
from bot.config import Config
from bot.errors import InputError
from bot.model import Space
from bot.normalization.clean import clean_message
from bot.normalization.message import ChatMessage, Reading, Spoken
from bot.normalization.reader import text_language
from bot.platforms.reading import dictionary
from bot.platforms.reading.dictionary import dead_words, needs_question, preview, warning
from bot.platforms.reading.why import changes
from bot.store.dictionary import Entry
from bot.texts import spoken


def dictionary_entries(name: str, language: str, *, sure: bool) -> tuple[Entry, ...]:
    """Return a file's dictionary entries; guesses, and words that never match, go to stderr.

    ``sure``: guesses are confirmed. Raises InputError ``dictionary.file_unreadable`` (path),
    ``dictionary.file_doubtful`` (shown), and as ``dictionary.understand``.
    """
    try:
        with Path(name).open("rb") as file:
            data = file.read(dictionary.MOST_BYTES + 1)
    except (OSError, ValueError):
        raise InputError("dictionary.file_unreadable", path=name) from None
    found = dictionary.understand(data, name, Space("cli", "here"))
    if needs_question(found, keep=True) and not sure:
        raise InputError("dictionary.file_doubtful", shown=preview(found, language))
    for line in warning(dead_words(found.entries), language):
        print(line, file=sys.stderr)
    return found.entries


def read_aloud(text: str, asked: Arguments, config: Config, entries: Sequence[Entry] = ()) -> Spoken:
    """Return what would be spoken of a message, up to the longest text of one command.

    ``entries``: pronunciation dictionary.
    """
    reading = Reading(
        language=asked.language or text_language(text, spoken(config.language)),
        dictionary=tuple((each.written, each.said) for each in entries if not each.pattern),
        patterns=tuple((each.written, each.said) for each in entries if each.pattern),
        max_characters=config.speech.max_characters,
        now=datetime.now(UTC),
        zone=config.quota.zone,
    )
    return clean_message(ChatMessage(text), reading)


def rules(spoken: Spoken) -> list[dict[str, str]]:
    """Return the changes for a program to read."""
    return [{"rule": each.rule, "before": each.before, "after": each.after} for each in spoken.rules]


def print_rules(spoken: Spoken, language: str) -> None:
    """Print the changes for a person, one line each."""
    for line in changes(spoken.rules, language):
        print(line)
