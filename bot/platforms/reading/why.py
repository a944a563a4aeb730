"""Why a message was not read aloud, and what would be spoken of it, in sentences. Shared by the front ends."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from bot.normalization.message import Applied
from bot.platforms.reading.messages import Explained, Outcomes, Unread
from bot.texts import codes, say

_MOST_RULES = 15
_MOST = 1600
"""Characters of all lines, above which further changes are only counted."""
_CHARACTERS = 1000
"""Characters of the spoken text, escapes included."""
_SHOWN = 100
"""Characters of each side of a change."""

Escape = Callable[[str], str]
"""Keeps a platform from formatting a text."""


async def reason(
    outcomes: Outcomes, message_id: str, now: Callable[[], Awaitable[Unread | None]], *, held: str = ""
) -> Unread:
    """Return why a message is not read: what holds it up, its remembered outcome, or what would stop it ``now``.

    ``held``: the code of what holds it up, if it still waits. ``unread.read`` if it was read. Raises StoreError.
    """
    outcome = Unread(held) if held else outcomes.get(message_id)
    if outcome == "read":
        return Unread("unread.read")
    return outcome or await now() or Unread("unread.unknown")


def sentence(unread: Unread, language: str, own: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the sentence for a reason; ``own``: codes of a platform's own sentences."""
    return say(own.get(unread.code, unread.code), language, **dict(unread.facts))


def explanation(explained: Explained, language: str, escape: Escape = str) -> list[str]:
    """Return lines that show the spoken text, and each change with its rule; bounded, whatever was written."""
    words = _cut(explained.text, _CHARACTERS, escape)
    lines = [say("reading.would_say" if words else "reading.would_say_nothing", language, said=words)]
    shown = changes(explained.rules, language, lambda text: _cut(text, _SHOWN, escape))
    for number, line in enumerate(shown):
        if number == _MOST_RULES or sum(map(len, lines)) + len(lines) + len(line) > _MOST:
            lines.append(say("reading.more_rules", language, count=len(explained.rules) - number))
            break
        lines.append(line)
    return lines


def changes(rules: Iterable[Applied], language: str, shown: Escape = str) -> Iterator[str]:
    """Yield a line for each change; ``shown`` makes either side of it fit."""
    for each in rules:
        code = "explain.rule" if each.after else "explain.rule_out"
        rule = say(codes.RULE[each.rule], language)
        yield say(code, language, rule=rule, before=shown(each.before), after=shown(each.after))


def _cut(text: str, most: int, escape: Escape) -> str:
    """Return a text on one line, escaped, cut between two characters."""
    line = " ".join(text.split())
    shown = escape(line)
    while len(shown) > most:
        line = line[: min(len(line) - 1, most * len(line) // len(shown))]
        shown = escape(line) + "…"
    return shown
