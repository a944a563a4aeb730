"""The private panel beside a voice message: what its buttons are called, what they carry, what stands above them.

Shown by answer.py, pressed in cogs/panel.py. A button carries all it needs in its ``custom_id`` (a token for the words,
ids of messages), so that it works after a restart.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.model import Receipt
from bot.platforms.discord.voice_message import Delivery
from bot.platforms.requests import Answer
from bot.speech.quota import Balance
from bot.texts import of_note, say

PREFIX = "mp"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MOST_IDS = 6
"""Messages that one button can name within 100 characters."""
_LONGEST_ID = 100
"""Characters of a custom id, by Discord's rule."""
_VERB, _FACT, _BASE_36 = re.compile(r"[a-z]+"), re.compile(r"[A-Za-z0-9_.-]*"), re.compile(r"[0-9a-z]{1,13}")


class Buttons(discord.ui.View):
    """Rows of components whose presses are answered by their ``custom_id`` alone.

    The library keeps no note of it: else every panel ever shown would stay in memory.
    """

    def __init__(self, *items: discord.ui.Item[Any]) -> None:
        super().__init__(timeout=None)
        for item in items:
            self.add_item(item)

    def is_dispatchable(self) -> bool:
        """Asked by the library before it keeps a view."""
        return False


@dataclass(frozen=True, slots=True)
class Press:
    """What a button carries."""

    verb: str
    """``again``, ``style``, ``files``, ``file``, ``delete``, ``cancel``, ``preview``."""
    facts: tuple[str, ...] = ()
    """By verb. None holds a colon."""

    @property
    def custom_id(self) -> str:
        """As Discord keeps it."""
        return ":".join((PREFIX, self.verb, *self.facts))

    @classmethod
    def parse(cls, custom_id: str) -> "Press | None":
        """Return what a button carries; None for what no button of ours can carry, whoever made it up."""
        if len(custom_id) > _LONGEST_ID:
            return None
        prefix, _, rest = custom_id.partition(":")
        verb, *facts = rest.split(":")
        if prefix != PREFIX or not _VERB.fullmatch(verb) or not all(map(_FACT.fullmatch, facts)):
            return None
        return cls(verb, tuple(facts))


def ids_to_text(ids: Iterable[int]) -> str:
    """Message ids in base 36, joined by dots."""
    return ".".join(_to_base(number) for number in ids)


def ids_of_text(text: str) -> list[int]:
    """Return the ids of such a list. Raises ValueError for anything else: ``int`` alone reads ``1_0`` and ``１``."""
    parts = text.split(".")
    if len(parts) > _MOST_IDS or not all(map(_BASE_36.fullmatch, parts)):
        raise ValueError("no list of message ids")
    ids = [int(part, 36) for part in parts]
    if not all(0 < number < 1 << 63 for number in ids):
        raise ValueError("no message ids")
    return ids


def _to_base(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"


def button(code: str, language: str, press: Press, **looks: Any) -> discord.ui.Button[Any]:
    """Return a button with a sentence on it; ``looks``: emoji, style.

    Row and the facts of the sentence under ``facts``.
    """
    label = say(code, language, **looks.pop("facts", {}))[:80]
    looks.setdefault("style", discord.ButtonStyle.secondary)
    return discord.ui.Button(label=label, custom_id=press.custom_id, **looks)


def style_menu(
    options: Sequence[discord.SelectOption], language: str, press: Press, *, characters: int
) -> discord.ui.Select[Any]:
    """Styles to choose from, with the price of a choice; 0: it is free."""
    code = "discord.panel.style" if characters else "discord.panel.style_free"
    placeholder = say(code, language, characters=characters)[:150]
    return discord.ui.Select(custom_id=press.custom_id, placeholder=placeholder, options=list(options))


def free_voice(token: str, language: str, *, private: bool) -> Buttons:
    """Return the button that has the words behind a token spoken by the free voice."""
    press = Press("free", (token, "p" if private else "c"))
    return Buttons(button("free.use", language, press, style=discord.ButtonStyle.primary))


def panel(
    answer: Answer,
    deliveries: Sequence[Delivery],
    options: Sequence[discord.SelectOption],
    language: str,
    *,
    private: bool,
) -> Buttons | None:
    """Again · As file · Delete, and a menu of styles; None where there is nothing to press."""
    items: list[discord.ui.Item[Any]] = []
    facts, price = (answer.token, "p" if private else "c"), {"characters": len(answer.receipt.spoken)}
    if answer.is_free:
        price["characters"] = 0
    if answer.token:
        again = "discord.panel.again_free" if answer.is_free else "discord.panel.again"
        items.append(button(again, language, Press("again", facts), emoji="🔁", facts=price))
        items.append(button("discord.panel.files", language, Press("files", facts), emoji="💾"))
    named = [number for one in deliveries if not one.private for number in (one.message_id, one.line_id) if number]
    if named and not private:
        press = Press("delete", (ids_to_text(named[:_MOST_IDS]),))
        items.append(button("discord.panel.delete", language, press, style=discord.ButtonStyle.danger))
    if answer.token and options:
        items.append(style_menu(options, language, Press("style", facts), **price))
    return Buttons(*items) if items else None


def report(
    receipt: Receipt,
    balance: Balance | None,
    deliveries: Sequence[Delivery],
    language: str,
    *,
    private: bool,
    why: str = "",
) -> str:
    """Return the private lines beside the sound: its length and cost, what is left, and whatever is to be known of it.

    ``why``: code of the sentence that says why it came as a file, where that is to be told.
    """
    seconds, characters = receipt.clip.seconds, receipt.paid
    spoken = "discord.spoken" if characters else "discord.spoken_free"
    lines = [say(spoken, language, seconds=seconds, characters=characters), *what_is_left(balance, language)]
    lines += [of_note(note, language) for note in receipt.notes]
    if any(delivery.private for delivery in deliveries) and not private:
        lines.append(say("discord.only_you", language))
    elif why:
        lines.append(say(why, language))
    return "\n".join(lines)


def what_is_left(balance: Balance | None, language: str) -> list[str]:
    """Return one line, or none where there is no limit, or nobody knows.

    The moment is shown in the reader's own time.
    """
    if balance is None or balance.limit is None or balance.left is None:
        return []
    resets = discord.utils.format_dt(balance.resets, "R")
    whole = balance.limit + balance.granted
    return [say("discord.left", language, left=balance.left, limit=whole, resets=resets)]
