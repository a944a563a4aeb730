"""Shape of the word lists ``english`` and ``chinese``: what is said in a language for what cannot be read.

Used by every rule of this package; sentences to be read are in ``bot.texts``, these are to be heard.
"""

from collections.abc import Mapping
from dataclasses import dataclass


def table(rows: str, *, last: bool = False) -> dict[str, str]:
    """Parse ``sign words|sign words`` over any number of lines; with ``last`` the words are the single last word."""
    entries = [entry.strip() for line in rows.strip().splitlines() for entry in line.split("|")]
    parts = (entry.rsplit(" ", 1) if last else entry.split(" ", 1) for entry in entries)
    found: dict[str, str] = dict(parts)
    return found


def pairs(rows: str, plural: str) -> dict[str, tuple[str, str]]:
    """Parse the same with ``one`` or ``one,several`` as words; several is one and ``plural`` if left out."""
    halves = ((sign, words.split(",")) for sign, words in table(rows).items())
    return {sign: (words[0], words[1] if len(words) > 1 else words[0] + plural) for sign, words in halves}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One language."""

    language: str
    phrases: Mapping[str, str]
    """Templates by name, with ``{blanks}``."""
    tags: Mapping[str, str]
    """The audio tag by kind of cue."""
    aloud: Mapping[str, str]
    """Words for a lone tag: a tag by itself is not spoken."""
    actions: Mapping[str, str]
    """Words between asterisks, and their kind of cue."""
    slang: Mapping[str, str]
    """Abbreviations and chat words in lower case, and their meaning."""
    masked: frozenset[str]
    """Words that people mask with symbols; in Chinese as they are written: ``他*的``."""
    numbers: Mapping[str, str]
    """Numbers that are words when they are a whole line: ``88``."""
    laughter: Mapping[str, str]
    """``ha``, ``he``: syllable and the laugh it stands for."""
    emoji: Mapping[str, str]
    """Short names of emoji whose official name is unusual."""
    emoticons: Mapping[str, str]
    """Words for each kind of ``:)``."""
    sites: Mapping[str, str]
    """Names of web sites by domain, including its subdomains; ``google.*`` is one in every country. Link schemes of
    programs are among them.
    """
    units: Mapping[str, tuple[str, str]]
    """Singular and plural, by symbol."""
    money: Mapping[str, tuple[str, str]]
    signs: Mapping[str, str]
    """Words for a symbol by itself."""
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
        """Return a phrase with its placeholders filled."""
        return self.phrases[name].format(**facts)

    def apart(self, word: str) -> str:
        """Return a word between others: with blanks around it if the language has them."""
        return f" {word} " if self.language == "en" else word

    def joined(self, parts: list[str]) -> str:
        """Return ``a, b and c``."""
        if len(parts) < 2:
            return "".join(parts)
        return self.phrases["comma"].join(parts[:-1]) + self.phrases["and"] + parts[-1]
