"""What is said in a language for what cannot be read: the shape of the word lists ``english`` and ``chinese``.

Used by every rule of this package; sentences for people to read are in ``bot.texts``, these are for people to hear.
"""

from collections.abc import Mapping
from dataclasses import dataclass


def table(rows: str, *, last: bool = False) -> dict[str, str]:
    """``sign words|sign words`` over any number of lines; with ``last`` the words are the one word at the end."""
    entries = [entry.strip() for line in rows.strip().splitlines() for entry in line.split("|")]
    parts = (entry.rsplit(" ", 1) if last else entry.split(" ", 1) for entry in entries)
    found: dict[str, str] = dict(parts)
    return found


def pairs(rows: str, plural: str) -> dict[str, tuple[str, str]]:
    """Return the same with ``one`` or ``one,several`` as words; several is one and ``plural`` where it is left out."""
    halves = ((sign, words.split(",")) for sign, words in table(rows).items())
    return {sign: (words[0], words[1] if len(words) > 1 else words[0] + plural) for sign, words in halves}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One language."""

    language: str
    phrases: Mapping[str, str]
    """Templates by name, with ``{blanks}``."""
    tags: Mapping[str, str]
    """The audio tag of each kind of cue."""
    aloud: Mapping[str, str]
    """What is said with a tag that would stand alone: a tag by itself is not spoken."""
    actions: Mapping[str, str]
    """What people write between asterisks, and the kind of cue it is."""
    slang: Mapping[str, str]
    """Abbreviations and chat words in lower case, and what they stand for."""
    masked: frozenset[str]
    """Words that people write with signs in place of letters; in Chinese as they are written: ``他*的``."""
    numbers: Mapping[str, str]
    """Numbers that are words when they are a whole line: ``88``."""
    laughter: Mapping[str, str]
    """``ha``, ``he``: syllable and the laugh it stands for."""
    emoji: Mapping[str, str]
    """Short names of emoji, where the official name is not what people say."""
    emoticons: Mapping[str, str]
    """What is said for each kind of ``:)``."""
    sites: Mapping[str, str]
    """Names of web sites by domain, which counts for what is below it too; ``google.*`` is one in every country.

    Schemes that programs have for their links are among them.
    """
    units: Mapping[str, tuple[str, str]]
    """Name for one and for several, by sign."""
    money: Mapping[str, tuple[str, str]]
    signs: Mapping[str, str]
    """What is said for a sign that stands by itself."""
    kinds: Mapping[str, tuple[str, str]]
    """Attachments: one, and several with ``{count}``."""
    places: Mapping[str, str]
    """Discord's own pages: ``<id:guide>``."""
    months: tuple[str, ...]
    days: tuple[str, ...]
    """Monday first."""
    spans: Mapping[str, tuple[str, str]]
    """Seconds, minutes … years: one, and several with ``{count}``."""

    def say(self, name: str, /, **facts: object) -> str:
        """Return a phrase with its blanks filled."""
        return self.phrases[name].format(**facts)

    def apart(self, word: str) -> str:
        """Return a word between others: with blanks around it where the language has them."""
        return f" {word} " if self.language == "en" else word

    def joined(self, parts: list[str]) -> str:
        """``a, b and c``."""
        if len(parts) < 2:
            return "".join(parts)
        return self.phrases["comma"].join(parts[:-1]) + self.phrases["and"] + parts[-1]
