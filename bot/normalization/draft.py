"""A message on its way through the rules: its text, the inserts, and a note of every change.

Inserted words and tags are single private-use characters in the text until the end, so that no rule mistakes them for
what a person wrote, and nothing a person wrote can pass for one of our tags. Made by ``reader`` for each message.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from bot.normalization.languages import FOREIGN, LANGUAGES, MARK, TECHNICAL, mark
from bot.normalization.message import Applied, Cue, Reading, VocalCues
from bot.normalization.vocabulary import Vocabulary

_MOST_NOTES = 100
"""Changes that are noted; more are made."""
_NOTE_CHARACTERS = 80
_FIRST_WORDS = 0xF0000
_LAST_WORDS = 0xFFFFD
_FIRST_TAG = 0x100000
_LAST_TAG = 0x10FFFD

PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
"""Private-use characters and non-characters of the upper planes: a person's are removed before ours are inserted."""
INSERTS = "\U000f0000-\U000ffffd\U00100000-\U0010fffd"
"""The inserts, as part of a character class."""
_WORDS = re.compile("[\U000f0000-\U000ffffd]")
TAGS = re.compile("[\U00100000-\U0010fffd]")
_UNSPACED = "\u3000-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_TIGHT = re.compile(f"[{_UNSPACED}]")
_OPENS = frozenset(" \n=“‘«\"'-–—/#$€£¥…")
_CLOSES = frozenset(" \n=,.;:!?…”’»\"'%-–—/")

Change = Callable[[re.Match[str]], str]


def shortened(text: str) -> str:
    """Return a part of a message as notes show it."""
    text = " ".join(text.split())
    return text if len(text) <= _NOTE_CHARACTERS else text[: _NOTE_CHARACTERS - 1] + "…"


class Draft:
    """A text being normalized."""

    __slots__ = (
        "_cues", "_first", "_inserted", "_kept", "_mixed", "_notes", "_rules", "_there",
        "delivery", "evidence", "foreign", "reading", "technical", "text", "verbatim", "vocabularies", "words",
    )  # fmt: skip

    def __init__(
        self,
        text: str,
        reading: Reading,
        vocabularies: Mapping[str, Vocabulary],
        delivery: VocalCues | None = None,
    ) -> None:
        self.text = text
        self.delivery = delivery or reading.delivery
        self.reading = reading
        self.vocabularies = vocabularies
        self.words = vocabularies[reading.language]
        """Vocabulary of the place; within ``in_runs`` of the run."""
        self.foreign = False
        """Within ``in_runs``: there is no vocabulary for the run's language."""
        self.verbatim = False
        """Within ``in_runs``: the run is technical, its words and numbers stay as written."""
        self.technical: tuple[str, list[tuple[int, bool]]] = ("", [])
        """Technical lines of a text, as ``technical`` last saw it."""
        self.evidence: tuple[str, list[int], set[int]] = ("", [], set())
        """Ends of a text's runs and the technical ones of them, as ``technical`` last saw them."""
        self._first: str = reading.language
        self._mixed = False
        self._notes: list[tuple[str, Applied]] = []
        self._inserted: list[str] = []
        self._rules: list[str] = []
        self._cues: list[Cue] = []
        self._there: set[str] = set()
        self._kept: dict[str, str] = {}

    def note(self, rule: str, before: str, after: str, sign: str = "") -> None:
        """Note a change; one that belongs to an insert counts only if the insert is still there at the end."""
        if len(self._notes) < _MOST_NOTES:
            self._notes.append((sign, Applied(rule, shortened(self.shown(before)), shortened(after))))

    def put(self, rule: str, before: str, after: str, *, keep: bool = False) -> str:
        """Return the character for inserted words; with ``keep`` no later rule may change them: names."""
        code = _FIRST_WORDS + len(self._inserted)
        if keep and after in self._kept:
            self.note(rule, before, after, self._kept[after])
            return self._kept[after]
        if code > _LAST_WORDS:
            return " "
        sign = chr(code)
        self._inserted.append(after)
        self._rules.append(rule)
        if keep:
            self._kept[after] = sign
        self.note(rule, before, after, sign)
        return sign

    def keep(self, written: str) -> str:
        """Return the character for written text that no rule may change."""
        if written not in self._kept:
            code = _FIRST_WORDS + len(self._inserted)
            if code > _LAST_WORDS:
                return written
            self._inserted.append(written)
            self._rules.append("")
            self._kept[written] = chr(code)
        return self._kept[written]

    def tag(self, rule: str, before: str, kind: str, more: str = "") -> str:
        """Return the character for an audio tag; ``more`` follows it in the note."""
        code = _FIRST_TAG + len(self._cues)
        if code > _LAST_TAG:
            return " "
        cue = Cue(kind, f"[{self.words.tags[kind]}]")
        self._cues.append(cue)
        self.note(rule, before, cue.tag + (" " + more if more else ""), chr(code))
        return chr(code)

    def change(self, pattern: re.Pattern[str], rule: str, words: Change) -> None:
        """Replace each match by what ``words`` returns, visible to later rules."""

        def changed(match: re.Match[str]) -> str:
            after = words(match)
            if after != match[0]:
                self.note(rule, match[0], self.shown(after))
            return after

        self.text = pattern.sub(changed, self.text)

    def whole(self, rule: str, after: str) -> None:
        """Replace the whole text, with one note if it differs."""
        if after != self.text:
            self.note(rule, self.text, self.shown(after))
            self.text = after

    def replace(self, pattern: re.Pattern[str], change: Change) -> None:
        """Replace each match; ``change`` makes notes and inserts by itself."""
        self.text = pattern.sub(change, self.text)

    def tell_languages(self, evidence: Sequence[int] = ()) -> None:
        """Mark the runs of each language, before inserts come among them; ``evidence``: what programs read."""
        self._first, self.text = mark(self.text, self.reading.language, evidence)
        self._mixed = bool(MARK.search(self.text))

    def forget_languages(self) -> None:
        """Remove the marks between runs of different languages."""
        self.text = MARK.sub("", self.text)

    def in_runs(self, step: Callable[["Draft"], None]) -> None:
        """Run a step on each run separately, with the vocabulary of its language."""
        own = self.words
        if not self._mixed and self._first in self.vocabularies:
            self.words = self.vocabularies[self._first]
            step(self)
            self.words = own
            return
        signs = MARK.findall(self.text) if self._mixed else []
        languages = [self._first, *(LANGUAGES[sign] for sign in signs)]
        done: list[str] = []
        for language, run in zip(languages, MARK.split(self.text) if signs else (self.text,), strict=True):
            self._enter(language, own)
            self.text = run
            step(self)
            done += self.text, signs[len(done) // 2] if len(done) // 2 < len(signs) else ""
        self.text = "".join(done)
        self.words, self.foreign, self.verbatim = own, False, False

    def _enter(self, language: str, own: Vocabulary) -> None:
        """Take the vocabulary for a run of a language."""
        self.foreign, self.verbatim = language == FOREIGN, language == TECHNICAL
        self.words = own if self.foreign else self.vocabularies["en" if self.verbatim else language]

    def shown(self, text: str) -> str:
        """Return text with the inserts spelled out, for a note."""
        if self._mixed:
            text = MARK.sub("", text)
        text = TAGS.sub(lambda match: self._cues[ord(match[0]) - _FIRST_TAG].tag, text)
        return _WORDS.sub(lambda match: self._inserted[ord(match[0]) - _FIRST_WORDS], text)

    @property
    def applied(self) -> tuple[Applied, ...]:
        """The changes, except those to words that were dropped later."""
        return tuple(applied for sign, applied in self._notes if not sign or sign in self._there)

    @property
    def keeps(self) -> bool:
        """Return whether there are words that no rule may change."""
        return bool(self._kept)

    def only(self, rule: str) -> bool:
        """Return whether the text is one insert of this rule and nothing else."""
        sign = self.text.strip()
        return len(sign) == 1 and bool(_WORDS.match(sign)) and self._rules[ord(sign) - _FIRST_WORDS] == rule

    def settle_words(self, *, all_of_them: bool = False) -> None:
        """Spell the inserted words out, spaced; those that no rule may change only for ``all``."""
        self._there.update(self.text)
        if all_of_them:
            self._kept.clear()
        if self._inserted:
            self.text = _WORDS.sub(self._spaced, self.text)

    def settle_tags(self) -> tuple[Cue, ...]:
        """Spell the tags out. Return those in the text, in order."""
        cues = []

        def written(match: re.Match[str]) -> str:
            cue = self._cues[ord(match[0]) - _FIRST_TAG]
            cues.append(cue)
            return f" {cue.tag} "

        if self._cues:
            self.text = TAGS.sub(written, self.text)
        return tuple(cues)

    def rule_of(self, sign: str) -> str | None:
        """Return the rule of an insert, empty for text kept as written; None for any other character."""
        return self._rules[ord(sign) - _FIRST_WORDS] if _WORDS.match(sign) else None

    def kind_at(self, place: int) -> str:
        """Return the kind of the tag at an offset; empty for anything else."""
        sign = self.text[place : place + 1]
        return self._cues[ord(sign) - _FIRST_TAG].kind if TAGS.match(sign) else ""

    def kinds(self) -> list[str]:
        """Return the kinds of the tags in the text, in order."""
        return [self._cues[ord(sign) - _FIRST_TAG].kind for sign in TAGS.findall(self.text)]

    def _spaced(self, match: re.Match[str]) -> str:
        """Return an insert with blanks where it would merge with its neighbours; none between unspaced scripts."""
        words = self._inserted[ord(match[0]) - _FIRST_WORDS]
        if words in self._kept and self._kept[words] == match[0]:
            return match[0]
        if not words:
            return " "
        before = match.string[match.start() - 1] if match.start() else " "
        after = match.string[match.end() : match.end() + 1] or " "
        if _WORDS.match(before):
            before = self._inserted[ord(before) - _FIRST_WORDS][-1:] or " "
        left = "" if before in _OPENS or (_TIGHT.match(before) and _TIGHT.match(words[0])) else " "
        if _WORDS.match(after):  # that one adds it
            return left + words
        right = "" if after in _CLOSES or (_TIGHT.match(after) and _TIGHT.match(words[-1])) else " "
        return left + words + right
