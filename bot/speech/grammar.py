"""The grammar of a typed command: ``style:Whisper voice:Mia text to say``.

One for Telegram, standard input and every door without fields. Leading ``key:value`` pairs are options; the first word
that is none ends them. A bare first word is never an option. A value with spaces stands in quotes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.model import Voice

KEYS = {
    "style": "style", "styles": "style", "风格": "style",
    "voice": "voice", "声音": "voice", "音色": "voice",
    "design": "design", "设计": "design", "描述": "design",
    "instruction": "instruction", "how": "instruction", "指令": "instruction",
    "take": "take",
}  # fmt: skip
"""What a person may type, and the option that is meant."""
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "「": "」", "„": "“", "«": "»"}
_KEY = re.compile(r"([^\W\d_]{1,16})[:：]")


@dataclass(frozen=True, slots=True)
class Command:
    """A command taken apart."""

    text: str
    style: str = ""
    voice: str = ""
    design: str = ""
    instruction: str = ""
    take: int = 0

    @property
    def whose(self) -> Voice:
        """The voice that is named, or described in its stead."""
        return Voice.typed(self.voice, self.design)


def parse(line: str, takes: Callable[[str, str, str], bool] | None = None) -> Command:
    """Take a command apart; what is no option is text. Never raises.

    ``takes``: whether what was typed for an option is one with this value, where people also write what only looks
    like one; called with the key as typed, the option, the value.
    """
    options: dict[str, str] = {}
    rest = line.lstrip()
    while (match := _KEY.match(rest)) and (key := KEYS.get(match[1].casefold())):
        value, after = _value(rest[match.end() :])
        if not value or key in options or (key == "take" and not re.fullmatch(r"\d{1,6}", value)):
            break
        if takes is not None and not takes(match[1], key, value):
            break
        options[key], rest = value, after.lstrip()
    take = int(options.pop("take", "0"))
    return Command(rest.strip(), take=take, **options)


def _value(rest: str) -> tuple[str, str]:
    """The value that stands first, and what follows it."""
    closing = _QUOTES.get(rest[:1])
    end = rest.find(closing, 1) if closing else -1
    if end > 0:
        return rest[1:end].strip(), rest[end + 1 :]
    bare = next(iter(rest.split(maxsplit=1)), "") if rest[:1].strip() else ""
    return bare, rest[len(bare) :]
