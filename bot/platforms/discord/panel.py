"""The private panel next to a voice message: labels and data of its buttons, and the text above them.

Shown by ``responses.py``, handled in ``cogs/panel.py``. A button carries everything in its ``custom_id`` (a token for
the text, message ids), so that it works after a restart.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.model import Receipt
from bot.platforms.discord.voice_message import SentClip
from bot.platforms.requests import Answer
from bot.speech.quota import Balance
from bot.texts import of_note, say

PREFIX = "mp"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MOST_IDS = 6
"""Message ids that fit a button's 100 characters."""
_LONGEST_ID = 100
"""Characters of a custom id, by Discord's rule."""
_VERB, _FACT, _BASE_36 = re.compile(r"[a-z]+"), re.compile(r"[A-Za-z0-9_.-]*"), re.compile(r"[0-9a-z]{1,13}")


class Buttons(discord.ui.View):
    """Rows of components whose presses are answered by their ``custom_id`` alone.

    The library does not store it: otherwise every panel ever shown would stay in memory.
    """

    def __init__(self, *items: discord.ui.Item[Any]) -> None:
        super().__init__(timeout=None)
        for item in items:
            self.add_item(item)

    def is_dispatchable(self) -> bool:
        """Return False: the library stores only dispatchable views."""
        return False


@dataclass(frozen=True, slots=True)
class Press:
    """The data of a button."""

    verb: str
    """``again``, ``style``, ``files``, ``file``, ``delete``, ``cancel``, ``preview``."""
    facts: tuple[str, ...] = ()
    """By verb. None contains a colon."""

    @property
    def custom_id(self) -> str:
        """The custom id of the button."""
        return ":".join((PREFIX, self.verb, *self.facts))

    @classmethod
    def parse(cls, custom_id: str) -> "Press | None":
        """Return a button's data; None if no button of ours can carry it."""
        if len(custom_id) > _LONGEST_ID:
            return None
        prefix, _, rest = custom_id.partition(":")
        verb, *facts = rest.split(":")
        if prefix != PREFIX or not _VERB.fullmatch(verb) or not all(map(_FACT.fullmatch, facts)):
            return None
        return cls(verb, tuple(facts))


def ids_to_text(ids: Iterable[int]) -> str:
    """Return message ids in base 36, joined by dots."""
    return ".".join(_to_base(number) for number in ids)


def ids_of_text(text: str) -> list[int]:
    """Return the ids of such a list. Raises ValueError for anything else: ``int`` alone accepts ``1_0`` and ``１``."""
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
    """Return a button with a sentence on it; ``looks``: emoji, style, row, and the sentence's facts under ``facts``."""
    label = say(code, language, **looks.pop("facts", {}))[:80]
    looks.setdefault("style", discord.ButtonStyle.secondary)
    return discord.ui.Button(label=label, custom_id=press.custom_id, **looks)


def style_menu(
    options: Sequence[discord.SelectOption], language: str, press: Press, *, characters: int
) -> discord.ui.Select[Any]:
    """Return a menu of styles, with the price of a choice; 0: it is free."""
    code = "discord.panel.style" if characters else "discord.panel.style_free"
    placeholder = say(code, language, characters=characters)[:150]
    return discord.ui.Select(custom_id=press.custom_id, placeholder=placeholder, options=list(options))


def free_voice(token: str, language: str, *, private: bool) -> Buttons:
    """Return the button that speaks the text of a token with the free voice."""
    press = Press("free", (token, "p" if private else "c"))
    return Buttons(button("free.use", language, press, style=discord.ButtonStyle.primary))


def panel(
    answer: Answer,
    deliveries: Sequence[SentClip],
    options: Sequence[discord.SelectOption],
    language: str,
    *,
    private: bool,
) -> Buttons | None:
    """Return Again · As file · Delete, and a menu of styles; None if there is nothing to press."""
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
    deliveries: Sequence[SentClip],
    language: str,
    *,
    private: bool,
    why: str = "",
) -> str:
    """Return the private text next to the sound: length, cost, what is left, and notes.

    ``why``: code of the sentence that says why it came as a file, if that is to be explained.
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
    """Return one line, or none if there is no limit, or it is unknown.

    The time is shown in the reader's time zone.
    """
    if balance is None or balance.limit is None or balance.left is None:
        return []
    resets = discord.utils.format_dt(balance.resets, "R")
    whole = balance.limit + balance.granted
    return [say("discord.left", language, left=balance.left, limit=whole, resets=resets)]
